//! Folders of brokers: each belongs to a process and goes with it.

use std::fs;
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;

use crate::jars::workspace;
use crate::process;

/// Keeps the folders, to look into the logs of brokers after a test.
const KEEP: &str = "SANBAI_RIG_KEEP";

/// Name of the files that hold the id of a process, and the word of its command line that proves it.
pub(crate) const PID: &str = "pid";

/// A folder of our own, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new one, below `target/rig`. What processes that are gone have left there is removed first.
    pub(crate) fn new() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let all = workspace()?.join("target/rig");
        fs::create_dir_all(&all)?;
        sweep(&all)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = all.join(format!("{}-{number}", std::process::id()));
        remove(&folder)?;
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::env::var_os(KEEP).is_none() {
            // The next rig tries again.
            drop(remove(&self.0));
        }
    }
}

/// Removes folders whose processes are gone, and kills what still runs from there.
fn sweep(all: &Path) -> Result<()> {
    for entry in fs::read_dir(all)? {
        let folder = entry?.path();
        if owner(&folder).is_some_and(|owner| process::command_line(owner).is_none()) {
            for broker in fs::read_dir(&folder).into_iter().flatten().flatten() {
                kill_noted(&broker.path().join(PID));
            }
            remove(&folder)?;
        }
    }
    Ok(())
}

/// The process that a folder is named for.
fn owner(folder: &Path) -> Option<u32> {
    let (owner, _) = folder.file_name()?.to_str()?.split_once('-')?;
    owner.parse().ok()
}

/// Kills the process of a pid file, but only where its command line names the file's own folder.
fn kill_noted(file: &Path) {
    let noted = fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
    let (Some(id), Some(folder)) = (noted, file.parent()) else {
        return;
    };
    let mark = folder.display().to_string();
    if process::command_line(id).is_some_and(|line| line.contains(&mark)) {
        // It may have ended meanwhile.
        drop(process::signal_process(id, Signal::KILL));
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
