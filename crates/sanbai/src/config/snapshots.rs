//! Where snapshots are kept, and how often they are taken.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use sanbai_engine::objects::BucketSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, Duration, masked, read_secret};

/// Snapshots of shards.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Snapshots {
    /// A directory, a URL `file:///…`, or a bucket `s3://NAME/PREFIX`. Default: `snapshots` in the data directory.
    pub(crate) url: Option<String>,
    /// How long a recovery may take. As much work lies between two snapshots.
    pub(crate) recovery: Duration,
    /// A snapshot is taken after this time, however little there was to do.
    pub(crate) at_most_every: Duration,
    /// Snapshots that are kept of each shard.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) kept: usize,
    /// How the bucket is reached, where `url` names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) s3: Option<S3>,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self {
            url: None,
            recovery: Duration::seconds(10),
            at_most_every: Duration::hours(1),
            kept: 3,
            s3: None,
        }
    }
}

/// How a bucket is reached that speaks S3.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct S3 {
    /// `https://HOST:PORT`, without the bucket. Without one it is Amazon's of the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<String>,
    /// The region that requests are signed for.
    pub(crate) region: String,
    /// `path` where the bucket stands in the path of a request, `host` where it stands before the host.
    pub(crate) style: Style,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_key: Option<String>,
    /// A file that says who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_key_file: Option<PathBuf>,
    /// What proves it. Better in a file.
    #[serde(serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub(crate) secret_key: Option<String>,
    /// A file that holds what proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// A file with the certificates that are trusted, in PEM. Without one, what the system trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<PathBuf>,
    /// An endpoint beyond this machine may be reached without TLS: whoever listens on the way reads all snapshots.
    pub(crate) allow_http: bool,
    /// How long the rows of a snapshot may take to be written or read.
    pub(crate) timeout: Duration,
}

/// Where the bucket stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Style {
    /// In the path.
    Path,
    /// Before the host.
    Host,
}

impl Default for S3 {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: "us-east-1".to_owned(),
            style: Style::Path,
            access_key: None,
            access_key_file: None,
            secret_key: None,
            secret_key_file: None,
            ca: None,
            allow_http: false,
            timeout: Duration::seconds(120),
        }
    }
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// Where snapshots are kept.
#[derive(Clone, Debug)]
pub(crate) enum SnapshotStore {
    Directory(PathBuf),
    Bucket(Box<BucketSettings>),
}

/// What a URL names.
enum Place<'u> {
    Directory(PathBuf),
    Bucket { name: &'u str, prefix: &'u str },
}

impl Config {
    fn place(&self) -> anyhow::Result<Place<'_>> {
        let Some(url) = &self.snapshots.url else {
            return Ok(Place::Directory(self.data.directory.join("snapshots")));
        };
        if let Some(path) = url.strip_prefix("file://") {
            return Ok(Place::Directory(PathBuf::from(path)));
        }
        if let Some(rest) = url.strip_prefix("s3://") {
            let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            if name.is_empty() || !name.bytes().all(is_name) {
                bail!("snapshots.url: a bucket is written s3://NAME/PREFIX");
            }
            let prefix = prefix.trim_matches('/');
            return Ok(Place::Bucket { name, prefix });
        }
        if url.contains("://") {
            bail!("snapshots.url: allowed: a directory, file:///…, s3://NAME/PREFIX");
        }
        Ok(Place::Directory(PathBuf::from(url)))
    }

    /// Whether what is said of snapshots fits together.
    pub(super) fn check_snapshots(&self) -> anyhow::Result<()> {
        let (hour, second) = (Duration::hours(1), Duration::seconds(1));
        let Snapshots { kept, recovery, s3, .. } = &self.snapshots;
        if !(1..=100).contains(kept) {
            bail!("snapshots.kept: out of range; allowed: 1 to 100");
        }
        if *recovery < second || *recovery > hour {
            bail!("snapshots.recovery: out of range; allowed: 1s to 1h");
        }
        match (self.place()?, s3) {
            (Place::Directory(_), None) => Ok(()),
            (Place::Directory(_), Some(_)) => {
                bail!("snapshots.s3: is for a bucket, and snapshots.url names none")
            }
            (Place::Bucket { .. }, None) => bail!("snapshots.s3: says how the bucket of snapshots.url is reached"),
            (Place::Bucket { .. }, Some(s3)) => s3.check(),
        }
    }

    /// Where snapshots are kept, with the secrets for it.
    ///
    /// # Errors
    /// Where a secret cannot be read.
    pub(crate) fn snapshot_store(&self) -> anyhow::Result<SnapshotStore> {
        match (self.place()?, &self.snapshots.s3) {
            (Place::Directory(path), _) => Ok(SnapshotStore::Directory(path)),
            (Place::Bucket { name, prefix }, Some(s3)) => {
                let settings = s3.settings(name, prefix)?;
                Ok(SnapshotStore::Bucket(Box::new(settings)))
            }
            (Place::Bucket { .. }, None) => bail!("snapshots.s3: says how the bucket of snapshots.url is reached"),
        }
    }
}

impl S3 {
    fn check(&self) -> anyhow::Result<()> {
        if let Some(endpoint) = &self.endpoint {
            self.check_endpoint(endpoint)?;
        }
        if self.region.is_empty() {
            bail!("snapshots.s3.region: is empty");
        }
        if self.timeout < Duration::seconds(1) || self.timeout > Duration::hours(1) {
            bail!("snapshots.s3.timeout: out of range; allowed: 1s to 1h");
        }
        let pairs = [
            ("access-key", self.access_key.is_some(), self.access_key_file.is_some()),
            ("secret-key", self.secret_key.is_some(), self.secret_key_file.is_some()),
        ];
        for (name, is_there, is_in_file) in pairs {
            if is_there == is_in_file {
                bail!("snapshots.s3: wants either {name} or {name}-file");
            }
        }
        Ok(())
    }

    fn check_endpoint(&self, endpoint: &str) -> anyhow::Result<()> {
        let wrong = "snapshots.s3.endpoint: is written https://HOST or https://HOST:PORT";
        let (scheme, authority) = endpoint.trim_end_matches('/').split_once("://").context(wrong)?;
        if authority.is_empty() || authority.contains(['/', '@', '?', '#']) {
            bail!(wrong);
        }
        match scheme {
            "https" => Ok(()),
            "http" if self.allow_http || is_loopback(authority) => Ok(()),
            "http" => bail!(
                "snapshots.s3.endpoint: without TLS only on this machine; snapshots.s3.allow-http lets it be elsewhere"
            ),
            _ => bail!(wrong),
        }
    }

    fn settings(&self, bucket: &str, prefix: &str) -> anyhow::Result<BucketSettings> {
        let secret = |name: &str, value: &Option<String>, file: &Option<PathBuf>| match (value, file) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(path)) => {
                let text = read_secret(path).with_context(|| format!("snapshots.s3.{name}-file"))?;
                Ok(text.trim().to_owned())
            }
            (None, None) => bail!("snapshots.s3: wants either {name} or {name}-file"),
        };
        Ok(BucketSettings {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            access_key: secret("access-key", &self.access_key, &self.access_key_file)?,
            secret_key: secret("secret-key", &self.secret_key, &self.secret_key_file)?,
            in_path: self.style == Style::Path,
            ca: self.ca.clone(),
            rows_most: self.timeout.get(),
        })
    }
}

/// Whether a host with or without a port is this machine.
fn is_loopback(authority: &str) -> bool {
    let port = authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let host = port.map_or(authority, |(host, _)| host);
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
