//! A directory of this machine.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use object_store::local::LocalFileSystem;
use tokio::runtime::Handle;

use super::Objects;

/// What has not been written to for so long is written by nobody any more.
const TORN_AGE_MIN: Duration = Duration::from_secs(60);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crash_left_of_an_object_is_removed() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .expect("a runtime");
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
}
