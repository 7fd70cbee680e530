//! Snapshots in an object store: a directory, or a bucket.

mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path as FilePath;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutPayload};
use sanbai_core::time::Timestamp;
use tokio::runtime::Handle;

use crate::clock::Clock;
use crate::store::{Make, Store, StoreError, Writing};
use trouble::Trouble;

/// Large objects that may wait to be written. Tasks ask first, so more than one each never do.
const WAITING_MAX: usize = 256;

/// What has not been written to for so long is written by nobody any more.
const TORN_AGE_MIN: Duration = Duration::from_secs(60);

/// Objects that several threads read and write. One large object is made and written at a time, on a thread of its own.
///
/// What cannot be written is not tried again at once, however often somebody asks: at first after half a second, then
/// ever later, up to 10 s. Whether the store reads, writes and deletes is said when it changes, and not of each request.
#[derive(Clone)]
pub struct Objects {
    shared: Arc<Shared>,
    jobs: SyncSender<Job>,
}

struct Shared {
    store: Arc<dyn ObjectStore>,
    runtime: Handle,
    begun: AtomicU64,
    failures: AtomicU64,
    /// By [`Kind`].
    trouble: [Trouble; 3],
    writing: Mutex<State>,
}

/// What is asked of the store.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Reads,
    Writes,
    Deletes,
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
            .field("store", &self.shared.store)
            .finish_non_exhaustive()
    }
}

impl Objects {
    /// Objects in a directory, which is made if it is not there. What is written is on the disk before it is said to be.
    ///
    /// # Errors
    /// Where the directory cannot be made or opened.
    pub fn local(directory: &FilePath, runtime: Handle) -> std::io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        if let Err(error) = remove_torn(directory) {
            tracing::warn!(%error, "what a crash left among the snapshots cannot be removed");
        }
        let store = LocalFileSystem::new_with_prefix(directory)
            .map_err(std::io::Error::other)?
            .with_fsync(true);
        Self::new(Arc::new(store), runtime)
    }

    /// Objects in any store. Its requests are driven by `runtime`; callers must be no threads of it.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn new(store: Arc<dyn ObjectStore>, runtime: Handle) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            store,
            runtime,
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
}

/// Removes what a crash left of objects that were being written: no list names them, so nobody else would.
fn remove_torn(directory: &FilePath) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        if kind.is_dir() {
            remove_torn(&entry.path())?;
            continue;
        }
        let number = name.to_str().and_then(|name| name.rsplit_once('#'));
        let is_torn = number.is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
        // Another process may be writing it.
        let is_old = || Some(entry.metadata().ok()?.modified().ok()?.elapsed().ok()? > TORN_AGE_MIN);
        if is_torn && is_old() == Some(true) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

impl Shared {
    fn write_all(&self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            let written = self.put(&job.name, (job.make)());
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
        let payload = PutPayload::from(bytes);
        let put = self.runtime.block_on(async { store.put(&path, payload).await });
        self.told(Kind::Writes, name, put)?;
        Ok(())
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
            Err(error) => error,
        };
        self.failures.fetch_add(1, Ordering::Relaxed);
        if self.trouble(kind).fails(Instant::now()) {
            tracing::warn!(?kind, object = name, %error, "the snapshot store does not answer: it is tried again and again");
        } else {
            tracing::debug!(?kind, object = name, %error, "the snapshot store does not answer");
        }
        Err(StoreError::Unavailable)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Objects {
    fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        if self.shared.trouble(Kind::Writes).is_too_soon(Instant::now()) {
            return Err(StoreError::Unavailable);
        }
        self.shared.put(name, bytes)
    }

    fn get(&mut self, name: &str) -> Result<Vec<u8>, StoreError> {
        let path = Path::from(name);
        let got = self.shared.runtime.block_on(async {
            let object = self.shared.store.get(&path).await?;
            object.bytes().await
        });
        Ok(self.shared.told(Kind::Reads, name, got)?.to_vec())
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let path = Path::from(prefix);
        let listed = self
            .shared
            .runtime
            .block_on(async { self.shared.store.list_with_delimiter(Some(&path)).await });
        let listed = self.shared.told(Kind::Reads, prefix, listed)?;
        let mut names: Vec<String> = listed.objects.into_iter().map(|meta| meta.location.into()).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn delete(&mut self, name: &str) -> Result<(), StoreError> {
        let path = Path::from(name);
        let deleted = self
            .shared
            .runtime
            .block_on(async { self.shared.store.delete(&path).await });
        match self.shared.told(Kind::Deletes, name, deleted) {
            Ok(()) | Err(StoreError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn is_busy(&self) -> bool {
        !self.shared.state().under_way.is_empty()
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
        let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
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
    fn what_a_crash_left_of_an_object_is_removed() {
        let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let folder = directory.path().join("parcel/0001");
        std::fs::create_dir_all(&folder).expect("a folder");
        let ago = std::time::SystemTime::now() - 2 * TORN_AGE_MIN;
        for (name, is_old) in [("7.rows#1", true), ("8.rows#1", false), ("9.rows", true)] {
            let file = std::fs::File::create(folder.join(name)).expect("a file");
            if is_old {
                file.set_modified(ago).expect("a time");
            }
        }
        Objects::local(directory.path(), runtime.handle().clone()).expect("objects");
        let left = ["7.rows#1", "8.rows#1", "9.rows"].map(|name| folder.join(name).exists());
        assert_eq!(left, [false, true, true]);
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_unavailable_and_counted() {
        let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
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
