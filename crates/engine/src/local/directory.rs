//! The directory: its lock, its layout, the folders of its partitions.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::disk::{Disk, replace};
use super::settings::LocalSettings;
use crate::log::Topic;
use crate::stage::Layout;

/// The format that this build reads and writes.
const FORMAT: u64 = 1;

/// Why a log cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it open.
    Locked {
        /// The process, where its lock tells.
        pid: Option<u32>,
    },
    /// The disk does not let us.
    Io {
        /// What of it.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// The layout cannot be read: it is damaged, of another format, or impossible.
    Layout {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Something that was created with the log is gone. Nothing is created in its place, for its records would be missing.
    Missing {
        /// What.
        path: PathBuf,
    },
}

impl OpenError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "log_locked",
            Self::Io { .. } => "log_io",
            Self::Layout { .. } => "log_layout",
            Self::Missing { .. } => "log_incomplete",
        }
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |error| Self::Io {
            path: path.to_owned(),
            error,
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { pid: Some(pid) } => write!(f, "process {pid} has the data directory open"),
            Self::Locked { pid: None } => f.write_str("another process has the data directory open"),
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Layout { path, what } => write!(f, "{}: {what}", path.display()),
            Self::Missing { path } => write!(f, "{}: is gone, and its records with it", path.display()),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// A directory that this process has locked.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) path: PathBuf,
    /// Holds the lock until it is dropped.
    pub(super) lock: File,
    pub(super) id: String,
    /// What checksums begin with.
    pub(super) salt: u32,
    pub(super) layout: Layout,
}

impl Directory {
    /// Locks a directory, and reads or makes its layout.
    pub(super) fn open(path: &Path, settings: &LocalSettings, disk: &dyn Disk) -> Result<Self, OpenError> {
        disk.create_folder(path).map_err(OpenError::io(path))?;
        let lock = lock(path)?;
        let file = path.join("layout.json");
        let stored = match fs::read(&file) {
            Ok(bytes) => Stored::read(&bytes).map_err(|what| OpenError::Layout {
                path: file.clone(),
                what,
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path, &file, settings, disk)?,
            Err(error) => return Err(OpenError::Io { path: file, error }),
        };
        Ok(Self {
            path: path.to_owned(),
            lock,
            id: stored.id,
            salt: stored.salt,
            layout: stored.layout,
        })
    }

    /// The folder of a partition.
    pub(super) fn folder(&self, topic: Topic, partition: u32) -> PathBuf {
        folder(&self.path, topic, partition)
    }
}

/// The file of a segment, by the offset of its first record.
pub(super) fn segment_name(base: u64) -> String {
    format!("{base:020}.log")
}

fn folder(path: &Path, topic: Topic, partition: u32) -> PathBuf {
    path.join("log").join(topic.name()).join(partition.to_string())
}

/// Locks a directory, which is made if it is not there: no other process uses it as long as the file is open.
///
/// # Errors
/// Where another process has it, or it cannot be made.
pub fn lock_directory(path: &Path) -> Result<File, OpenError> {
    fs::create_dir_all(path).map_err(OpenError::io(path))?;
    lock(path)
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let path = path.join("lock");
    let io = OpenError::io;
    let mut options = OpenOptions::new();
    // Not emptied: it may say who has it.
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(&path).map_err(io(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            file.read_to_string(&mut text).map_err(io(&path))?;
            return Err(OpenError::Locked {
                pid: text.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(OpenError::Io { path, error }),
    }
    file.set_len(0).map_err(io(&path))?;
    file.rewind().map_err(io(&path))?;
    writeln!(file, "{}", std::process::id()).map_err(io(&path))?;
    Ok(file)
}

/// Makes the folders first and the layout last: a log without a layout was never used.
fn create(path: &Path, file: &Path, settings: &LocalSettings, disk: &dyn Disk) -> Result<Stored, OpenError> {
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|error| OpenError::Io {
        path: path.to_owned(),
        error: io::Error::other(error.to_string()),
    })?;
    let (id, salt) = random.split_at(16);
    let stored = Stored {
        id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
        salt: salt.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)),
        layout: Layout {
            generation: 1,
            parcels: settings.parcels,
            scopes: settings.scopes,
        },
    };
    // Reads what it will write, so that nothing is made that cannot be opened.
    Stored::read(stored.text().as_bytes()).map_err(|what| OpenError::Layout {
        path: file.to_owned(),
        what,
    })?;
    for topic in Topic::ALL {
        for partition in 0..stored.layout.partitions(topic) {
            let folder = folder(path, topic, partition);
            disk.create_folder(&folder).map_err(OpenError::io(&folder))?;
            let first = folder.join(segment_name(0));
            if fs::metadata(&first).is_ok_and(|first| first.len() > 0) {
                let what = "is gone, and there are records".to_owned();
                return Err(OpenError::Layout {
                    path: file.to_owned(),
                    what,
                });
            }
            disk.create(&first).map_err(OpenError::io(&first))?;
            disk.sync_folder(&folder).map_err(OpenError::io(&folder))?;
        }
        let topic = path.join("log").join(topic.name());
        disk.sync_folder(&topic).map_err(OpenError::io(&topic))?;
    }
    let log = path.join("log");
    disk.sync_folder(&log).map_err(OpenError::io(&log))?;
    replace(disk, file, stored.text().as_bytes()).map_err(OpenError::io(file))?;
    Ok(stored)
}

/// What `layout.json` says.
#[derive(Debug)]
struct Stored {
    id: String,
    salt: u32,
    layout: Layout,
}

impl Stored {
    fn text(&self) -> String {
        let text = json!({
            "format": FORMAT,
            "id": self.id,
            "salt": self.salt,
            "generation": self.layout.generation,
            "parcels": self.layout.parcels,
            "scopes": self.layout.scopes,
        });
        format!("{text:#}\n")
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let number = |name: &str, least: u64, most: u64| {
            let number = value.get(name).and_then(Value::as_u64);
            number
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| format!("`{name}` is not a number from {least} to {most}"))
        };
        let format = number("format", 0, u64::MAX)?;
        if format != FORMAT {
            return Err(format!("is of format {format}, this build reads {FORMAT}"));
        }
        let small = |name: &str, least: u64, most: u32| {
            let number = number(name, least, most.into())?;
            u32::try_from(number).map_err(|error| error.to_string())
        };
        let id = value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        Ok(Self {
            id: id.ok_or("`id` is missing")?.to_owned(),
            salt: small("salt", 0, u32::MAX)?,
            layout: Layout {
                generation: u16::try_from(small("generation", 1, u16::MAX.into())?)
                    .map_err(|error| error.to_string())?,
                parcels: small("parcels", 1, 4096)?,
                scopes: small("scopes", 1, 4096)?,
            },
        })
    }
}
