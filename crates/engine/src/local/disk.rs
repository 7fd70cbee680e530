//! What the log asks of a disk, in one place, so that tests can make it fail.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file that is written.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// Shared with whoever reads it.
    pub(super) file: File,
    pub(super) path: PathBuf,
}

/// How much a disk holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Room {
    /// Bytes that we may still write.
    pub(super) free: u64,
    /// Bytes of the whole.
    pub(super) total: u64,
}

impl Room {
    /// The share that is free, from 0 to 1.
    pub(super) fn share(self) -> f64 {
        if self.total == 0 {
            return 1.0;
        }
        self.free as f64 / self.total as f64
    }
}

/// Everything that changes a disk. As it stands, the disk of the machine.
pub(super) trait Disk: fmt::Debug + Send + Sync {
    /// Creates a file, in the place of one of that name; nobody else may read it.
    fn create(&self, path: &Path) -> io::Result<OpenFile> {
        let file = options().create(true).truncate(true).open(path)?;
        Ok(OpenFile {
            file,
            path: path.to_owned(),
        })
    }

    /// Opens a file that is there, to go on writing it.
    fn open(&self, path: &Path) -> io::Result<OpenFile> {
        let file = options().open(path)?;
        Ok(OpenFile {
            file,
            path: path.to_owned(),
        })
    }

    /// Creates a folder that nobody else may enter, if it is not there.
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Gives a file another name, in the place of one that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Writes some of these bytes; says how many.
    fn write(&self, file: &OpenFile, bytes: &[u8], at: u64) -> io::Result<usize> {
        file.file.write_at(bytes, at)
    }

    /// Cuts a file to a length.
    fn cut(&self, file: &OpenFile, length: u64) -> io::Result<()> {
        file.file.set_len(length)
    }

    /// Returns once the bytes of a file are safe.
    fn sync(&self, file: &OpenFile) -> io::Result<()> {
        file.file.sync_data()
    }

    /// Returns once the names in a folder are safe.
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// How much the disk of a folder holds.
    fn room(&self, path: &Path) -> io::Result<Room> {
        let all = rustix::fs::statvfs(path)?;
        Ok(Room {
            free: all.f_bavail.saturating_mul(all.f_frsize),
            total: all.f_blocks.saturating_mul(all.f_frsize),
        })
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

/// The disk of the machine.
#[derive(Debug)]
pub(super) struct RealDisk;

impl Disk for RealDisk {}

/// How long what fails is tried again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// So soon after the first failure, then after twice as long each time.
    pub(super) first: Duration,
    /// And at most so late.
    pub(super) longest: Duration,
    /// A log that is being closed gives up after so long.
    pub(super) closing: Duration,
}

impl Patience {
    pub(super) const USUAL: Self = Self {
        first: Duration::from_millis(20),
        longest: Duration::from_secs(2),
        closing: Duration::from_secs(10),
    };
}

/// Writes all of these bytes, however few the disk takes at once.
pub(super) fn write_all(disk: &dyn Disk, file: &OpenFile, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match disk.write(file, bytes, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                at += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Replaces a file, so that whoever reads it finds the old one or the new one.
pub(super) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let file = disk.create(&new)?;
    write_all(disk, &file, bytes, 0)?;
    disk.sync(&file)?;
    disk.rename(&new, path)?;
    disk.sync_folder(path.parent().unwrap_or(Path::new(".")))
}
