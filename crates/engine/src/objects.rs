//! Snapshots in an object store: a directory, or a bucket.

mod bucket;
mod crypto;
mod directory;
mod http;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutPayload};
use sanbai_core::time::Timestamp;
use tokio::runtime::Handle;

use crate::clock::Clock;
use crate::store::{Make, Store, StoreError, Writing};
pub use bucket::{BucketError, BucketSettings};
use trouble::Trouble;

/// Large objects that may wait to be written. Tasks ask first, so more than one each never do.
const WAITING_MAX: usize = 256;

/// Objects that several threads read and write. One large object is made and written at a time, on a thread of its own.
///
/// What cannot be written is not tried again at once, however often somebody asks: at first after half a second, then
/// ever later, up to 10 s. Whether the store reads, writes and deletes is said when it changes, and not of each request.
///
/// A bucket gets a bounded time for every request. Whoever meets the first one that fails waits for it; from then on
/// everybody is told at once that nobody answers, while a small request beside asks whether that is still so.
#[derive(Clone)]
pub struct Objects {
    shared: Arc<Shared>,
    jobs: SyncSender<Job>,
}

struct Shared {
    store: Arc<dyn ObjectStore>,
    runtime: Handle,
    /// Of a bucket.
    limits: Option<Limits>,
    begun: AtomicU64,
    failures: AtomicU64,
    /// By [`Kind`].
    trouble: [Trouble; 3],
    writing: Mutex<State>,
}

/// How long a bucket may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    answer: Duration,
    /// For the rows of a snapshot.
    rows: Duration,
}

/// What is asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Reads,
    Writes,
    Deletes,
}

/// A store that does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Since when, by the clock of the machine.
    pub since: Instant,
    /// What it was asked last, and what came of it.
    pub reason: String,
}

#[derive(Default)]
struct State {
    under_way: BTreeSet<Writing>,
    done: BTreeMap<Writing, Result<(), StoreError>>,
}

struct Job {
    writing: Writing,
    name: String,
    make: Make,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects")
            // As it names itself: its settings hold secrets.
            .field("store", &format_args!("{}", self.shared.store))
            .finish_non_exhaustive()
    }
}

impl Objects {
    /// Objects in any store. Its requests are driven by `runtime`; callers must be no threads of it.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn new(store: Arc<dyn ObjectStore>, runtime: Handle) -> std::io::Result<Self> {
        Self::with(store, runtime, None)
    }

    fn with(store: Arc<dyn ObjectStore>, runtime: Handle, limits: Option<Limits>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            store,
            runtime,
            limits,
            begun: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            trouble: Default::default(),
            writing: Mutex::default(),
        });
        let (jobs, waiting) = sync_channel(WAITING_MAX);
        let writer = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("snapshots".to_owned())
            .spawn(move || writer.write_all(&waiting))?;
        Ok(Self { shared, jobs })
    }

    /// Waits until nothing large is being written, at most so long; says whether it came to that.
    pub fn rest(&self, most: Duration) -> bool {
        let until = Instant::now() + most;
        while self.is_busy() && Instant::now() < until {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        !self.is_busy()
    }

    /// Requests that failed since the start.
    pub fn failures(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }

    /// What does not answer now, if anything does not: of several the one that began first.
    pub fn unanswered(&self) -> Option<Unanswered> {
        let each = self.shared.trouble.iter().filter_map(Trouble::unanswered);
        each.min_by_key(|unanswered| unanswered.since)
    }
}

/// What went wrong, as the store would say it.
fn failed(why: String) -> Error {
    Error::Generic {
        store: "snapshots",
        source: why.into(),
    }
}

/// Where it is not a missing object that is asked for, the bucket itself is not there.
fn missing(error: Error) -> Error {
    match error {
        Error::NotFound { source, .. } => Error::Generic {
            store: "snapshots",
            source,
        },
        error => error,
    }
}

impl Shared {
    fn write_all(self: &Arc<Self>, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            // Where it is known that nobody answers, nothing is made.
            let written = if self.is_away() {
                Err(StoreError::Unavailable)
            } else {
                self.put(&job.name, (job.make)())
            };
            let mut state = self.state();
            state.under_way.remove(&job.writing);
            // What nobody asks for any more is forgotten.
            if state.done.len() >= WAITING_MAX {
                state.done.pop_first();
            }
            state.done.insert(job.writing, written);
        }
    }

    fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let (store, path) = (Arc::clone(&self.store), Path::from(name));
        let put = self.within(name, async move { store.put(&path, PutPayload::from(bytes)).await });
        self.told(Kind::Writes, name, put.map_err(missing))?;
        Ok(())
    }

    /// Has a request carried out, in the time that it may take.
    fn within<T, R>(&self, name: &str, request: R) -> object_store::Result<T>
    where
        T: Send + 'static,
        R: Future<Output = object_store::Result<T>> + Send + 'static,
    {
        let limits = self.limits;
        let is_rows = name.ends_with(".rows");
        let most = limits.map(|limits| if is_rows { limits.rows } else { limits.answer });
        let (done, is_done) = sync_channel(1);
        self.runtime.spawn(async move {
            let answer = match most {
                None => request.await,
                Some(most) => match tokio::time::timeout(most, request).await {
                    Ok(answer) => answer,
                    Err(_) => Err(failed(format!("no answer within {most:?}"))),
                },
            };
            // Somebody waits for it.
            done.try_send(answer).ok();
        });
        is_done
            .recv()
            .unwrap_or_else(|_| Err(failed("it was not finished when everything stopped".to_owned())))
    }

    /// Whether a request may be made now, by somebody who waits for it. Where a bucket does not answer, somebody else asks
    /// whether it does again.
    fn may_ask(self: &Arc<Self>, kind: Kind) -> bool {
        let trouble = self.trouble(kind);
        if self.limits.is_none() {
            return kind != Kind::Writes || !trouble.is_too_soon(Instant::now());
        }
        if !trouble.is_failing() {
            return true;
        }
        if trouble.begins_to_ask(Instant::now()) {
            let shared = Arc::clone(self);
            self.runtime.spawn(async move { shared.ask_again(kind).await });
        }
        false
    }

    /// Asks for something small of the same kind.
    async fn ask_again(&self, kind: Kind) {
        let most = self.limits.map_or(Duration::MAX, |limits| limits.answer);
        let path = Path::from(format!("{}/{}", bucket::PROBES, "again"));
        let asked = tokio::time::timeout(most, async {
            match kind {
                Kind::Reads => self.store.get(&path).await.map(drop),
                Kind::Writes => self.store.put(&path, PutPayload::default()).await.map(drop),
                Kind::Deletes => self.store.delete(&path).await,
            }
        });
        let answer = match asked.await {
            // It answers, for somebody is there who looked.
            Ok(Err(Error::NotFound { .. })) if kind != Kind::Writes => Ok(()),
            Ok(answer) => answer,
            Err(_) => Err(failed(format!("no answer within {most:?}"))),
        };
        // Whoever wants something asks soon.
        self.told(kind, path.as_ref(), answer).ok();
        self.trouble(kind).has_asked();
    }

    /// Whether it is known that nothing can be written now.
    fn is_away(self: &Arc<Self>) -> bool {
        self.limits.is_some() && !self.may_ask(Kind::Writes)
    }

    const fn trouble(&self, kind: Kind) -> &Trouble {
        let [reads, writes, deletes] = &self.trouble;
        match kind {
            Kind::Reads => reads,
            Kind::Writes => writes,
            Kind::Deletes => deletes,
        }
    }

    fn told<T>(&self, kind: Kind, name: &str, result: object_store::Result<T>) -> Result<T, StoreError> {
        let error = match result {
            Ok(done) => {
                if self.trouble(kind).succeeds() {
                    tracing::info!(?kind, "the snapshot store answers again");
                }
                return Ok(done);
            }
            Err(Error::NotFound { .. }) => return Err(StoreError::NotFound),
            Err(error) => bucket::words(&error),
        };
        self.failures.fetch_add(1, Ordering::Relaxed);
        if self.trouble(kind).fails(Instant::now(), &error) {
            tracing::warn!(
                ?kind,
                object = name,
                error,
                "the snapshot store does not answer: it is tried again and again"
            );
        } else {
            tracing::debug!(?kind, object = name, error, "the snapshot store does not answer");
        }
        Err(StoreError::Unavailable)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Objects {
    fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        if !self.shared.may_ask(Kind::Writes) {
            return Err(StoreError::Unavailable);
        }
        self.shared.put(name, bytes)
    }

    fn get(&mut self, name: &str) -> Result<Vec<u8>, StoreError> {
        if !self.shared.may_ask(Kind::Reads) {
            return Err(StoreError::Unavailable);
        }
        let (store, path) = (Arc::clone(&self.shared.store), Path::from(name));
        let got = self
            .shared
            .within(name, async move { store.get(&path).await?.bytes().await });
        Ok(self.shared.told(Kind::Reads, name, got)?.to_vec())
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<String>, StoreError> {
        if !self.shared.may_ask(Kind::Reads) {
            return Err(StoreError::Unavailable);
        }
        let (store, path) = (Arc::clone(&self.shared.store), Path::from(prefix));
        let listed = self
            .shared
            .within(prefix, async move { store.list_with_delimiter(Some(&path)).await });
        let listed = self.shared.told(Kind::Reads, prefix, listed.map_err(missing))?;
        let mut names: Vec<String> = listed.objects.into_iter().map(|meta| meta.location.into()).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn delete(&mut self, name: &str) -> Result<(), StoreError> {
        if !self.shared.may_ask(Kind::Deletes) {
            return Err(StoreError::Unavailable);
        }
        let (store, path) = (Arc::clone(&self.shared.store), Path::from(name));
        let deleted = self.shared.within(name, async move { store.delete(&path).await });
        match self.shared.told(Kind::Deletes, name, deleted) {
            Ok(()) | Err(StoreError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn is_busy(&self) -> bool {
        !self.shared.state().under_way.is_empty() || self.is_away()
    }

    fn is_away(&self) -> bool {
        self.shared.is_away()
    }

    fn begin(&mut self, name: &str, make: Make) -> Writing {
        let writing = Writing(self.shared.begun.fetch_add(1, Ordering::Relaxed));
        self.shared.state().under_way.insert(writing);
        let job = Job {
            writing,
            name: name.to_owned(),
            make,
        };
        if self.jobs.try_send(job).is_err() {
            let mut state = self.shared.state();
            state.under_way.remove(&writing);
            state.done.insert(writing, Err(StoreError::Unavailable));
        }
        writing
    }

    fn written(&mut self, writing: Writing) -> Option<Result<(), StoreError>> {
        let mut state = self.shared.state();
        if state.under_way.contains(&writing) {
            return None;
        }
        Some(state.done.remove(&writing).unwrap_or(Err(StoreError::Unavailable)))
    }

    fn now(&self) -> Timestamp {
        Clock::SYSTEM.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_written_read_listed_and_deleted() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let mut objects = Objects::local(directory.path(), runtime.handle().clone()).expect("objects");
        assert_eq!(objects.list("parcel/0001/00000/"), Ok(Vec::new()));
        assert_eq!(objects.get("parcel/0001/00000/7.rows"), Err(StoreError::NotFound));
        objects
            .put("parcel/0001/00000/8.rows", b"eight".to_vec())
            .expect("written");
        objects
            .put("parcel/0001/00001/9.rows", b"nine".to_vec())
            .expect("written");
        let writing = objects.begin("parcel/0001/00000/7.rows", Box::new(|| b"seven".to_vec()));
        let written = loop {
            if let Some(written) = objects.written(writing) {
                break written;
            }
            std::thread::yield_now();
        };
        assert_eq!(written, Ok(()));
        assert!(!objects.is_busy());
        let names = ["parcel/0001/00000/7.rows", "parcel/0001/00000/8.rows"].map(str::to_owned);
        assert_eq!(objects.list("parcel/0001/00000/"), Ok(names.to_vec()));
        assert_eq!(objects.get("parcel/0001/00000/7.rows"), Ok(b"seven".to_vec()));
        objects.delete("parcel/0001/00000/7.rows").expect("deleted");
        objects
            .delete("parcel/0001/00000/7.rows")
            .expect("is not there any more");
        assert_eq!(objects.get("parcel/0001/00000/7.rows"), Err(StoreError::NotFound));
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_unavailable_and_counted() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let mut objects = Objects::local(directory.path(), runtime.handle().clone()).expect("objects");
        // A file stands where a directory must be made.
        std::fs::write(directory.path().join("parcel"), b"").expect("a file");
        for _ in 0..1_000 {
            assert_eq!(
                objects.put("parcel/1.manifest", Vec::new()),
                Err(StoreError::Unavailable)
            );
        }
        assert!(
            objects.failures() < 20,
            "asked at every step, it is not tried at every step"
        );
        std::fs::remove_file(directory.path().join("parcel")).expect("the file");
        let until = Instant::now() + Duration::from_secs(5);
        while objects.put("parcel/1.manifest", Vec::new()).is_err() {
            assert!(Instant::now() < until, "it can be written again");
        }
    }
}
