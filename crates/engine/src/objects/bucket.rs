//! A bucket that speaks S3, ours or somebody else's.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};
use tokio::runtime::Handle;

use super::crypto::Digests;
use super::http::Connections;
use super::{Limits, Objects};

/// How long a bucket may take to answer, but for the rows of a snapshot. A worker that asks waits so long, once: then it is
/// known that nobody answers, and workers wait no more.
const ANSWER_MOST: Duration = Duration::from_secs(5);

/// What the self-test writes, reads and deletes stands below it, and so does what is asked while nobody answers.
pub(super) const PROBES: &str = "probe";

/// Where a bucket is, and who we are to it.
#[derive(Clone)]
pub struct BucketSettings {
    /// Its name.
    pub bucket: String,
    /// What stands before all names of objects; may be empty.
    pub prefix: String,
    /// `https://host:port`, without the bucket. Without one it is Amazon's of the region.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// Who asks.
    pub access_key: String,
    /// What proves it.
    pub secret_key: String,
    /// The bucket stands in the path of requests, and not before the host.
    pub in_path: bool,
    /// A file with the certificates that are trusted, in PEM. Without one, what the system trusts.
    pub ca: Option<PathBuf>,
    /// How long the rows of a snapshot may take.
    pub rows_most: Duration,
}

impl fmt::Debug for BucketSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketSettings")
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl BucketSettings {
    /// The endpoint as requests reach it.
    fn endpoint(&self) -> Option<String> {
        let endpoint = self.endpoint.as_ref()?.trim_end_matches('/');
        let (scheme, host) = endpoint.split_once("://")?;
        if self.in_path {
            return Some(endpoint.to_owned());
        }
        Some(format!("{scheme}://{}.{host}", self.bucket))
    }

    fn store(&self, runtime: &Handle) -> io::Result<PrefixStore<impl ObjectStore + use<>>> {
        let connections = Connections::new(self.ca.as_deref(), runtime.clone())?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_access_key_id(&self.access_key)
            .with_secret_access_key(&self.secret_key)
            .with_virtual_hosted_style_request(!self.in_path)
            .with_crypto_provider(Arc::new(Digests))
            .with_http_connector(connections)
            // Whoever asks knows when to ask again.
            .with_retry(RetryConfig {
                max_retries: 0,
                ..RetryConfig::default()
            });
        if let Some(endpoint) = self.endpoint() {
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder.build().map_err(io::Error::other)?;
        Ok(PrefixStore::new(store, self.prefix.as_str()))
    }
}

/// Why a bucket is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketError {
    /// It answers, and does not let us: something that is configured is wrong.
    Refuses(String),
    /// It does not answer, or not as it should.
    Unavailable(String),
}

impl fmt::Display for BucketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refuses(why) => write!(f, "the bucket does not let us: {why}"),
            Self::Unavailable(why) => write!(f, "the bucket does not answer as it should: {why}"),
        }
    }
}

impl std::error::Error for BucketError {}

impl BucketError {
    fn of(step: &str, error: &Error) -> Self {
        let why = format!("{step}: {}", words(error));
        match error {
            Error::NotFound { .. } | Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                Self::Refuses(why)
            }
            _ => Self::Unavailable(why),
        }
    }
}

/// Most characters of what a store says of an error.
const WORDS_MAX: usize = 400;

/// An error with its causes, on one line.
pub(super) fn words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    let one_line: Vec<&str> = words.split_whitespace().collect();
    one_line.join(" ").chars().take(WORDS_MAX).collect()
}

impl Objects {
    /// Objects in a bucket. Nothing is asked of it yet.
    ///
    /// # Errors
    /// Where the certificates cannot be read, or no thread be started.
    pub fn bucket(settings: &BucketSettings, runtime: Handle) -> io::Result<Self> {
        let store = settings.store(&runtime)?;
        let limits = Limits {
            answer: ANSWER_MOST,
            rows: settings.rows_most,
        };
        Self::with(Arc::new(store), runtime, Some(limits))
    }

    /// Writes, reads, lists and deletes a small object.
    ///
    /// # Errors
    /// What does not work, and what the store says of it.
    pub fn self_test(&self) -> Result<(), BucketError> {
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(|error| BucketError::Unavailable(error.to_string()))?;
        let name = format!("{PROBES}/{:016x}", u64::from_be_bytes(number));
        let store = Arc::clone(&self.shared.store);
        self.shared
            .within(PROBES, async move { Ok(try_all(store.as_ref(), &name).await) })
            .unwrap_or_else(|error| Err(BucketError::of("a small object", &error)))
    }
}

async fn try_all(store: &dyn ObjectStore, name: &str) -> Result<(), BucketError> {
    let (path, folder) = (Path::from(name), Path::from(PROBES));
    let of = |step: &'static str| move |error: Error| BucketError::of(step, &error);
    let wrong = |what: &str| Err(BucketError::Unavailable(what.to_owned()));
    let written = name.as_bytes().to_vec();
    let put = store.put(&path, PutPayload::from(written.clone())).await;
    put.map_err(of("writing"))?;
    let got = store.get(&path).await.map_err(of("reading"))?;
    if got.bytes().await.map_err(of("reading"))? != written {
        return wrong("what is read is not what was written");
    }
    let listed = store.list_with_delimiter(Some(&folder)).await.map_err(of("listing"))?;
    if !listed.objects.iter().any(|meta| meta.location == path) {
        return wrong("what was written is not listed");
    }
    store.delete(&path).await.map_err(of("deleting"))?;
    match store.get(&path).await {
        Err(Error::NotFound { .. }) => Ok(()),
        Ok(_) => wrong("what was deleted is still there"),
        Err(error) => Err(of("reading")(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: Option<&str>, in_path: bool) -> BucketSettings {
        BucketSettings {
            bucket: "sanbai".to_owned(),
            prefix: String::new(),
            endpoint: endpoint.map(str::to_owned),
            region: "us-east-1".to_owned(),
            access_key: "who".to_owned(),
            secret_key: "SECRET".to_owned(),
            in_path,
            ca: None,
            rows_most: ANSWER_MOST,
        }
    }

    #[test]
    fn the_bucket_stands_in_the_path_or_before_the_host() {
        let reached = |endpoint, in_path| settings(endpoint, in_path).endpoint();
        assert_eq!(reached(None, true), None);
        assert_eq!(reached(Some("http://s:9000/"), true).as_deref(), Some("http://s:9000"));
        assert_eq!(
            reached(Some("https://s.example"), false).as_deref(),
            Some("https://sanbai.s.example")
        );
    }

    #[test]
    fn no_secret_is_shown() {
        let settings = settings(Some("http://127.0.0.1:1"), true);
        assert!(!format!("{settings:?}").contains("SECRET"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let objects = Objects::bucket(&settings, runtime.handle().clone()).expect("objects");
        assert!(!format!("{objects:?}").contains("SECRET"), "{objects:?}");
        let error = objects.self_test().expect_err("nobody listens there");
        assert!(matches!(error, BucketError::Unavailable(_)), "{error}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}
