//! A worker that gets no answer, ever: opening a pipe waits until somebody writes to it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::fs::OFlags;

use crate::daemon::{Daemon, wait};
use crate::recorded;

/// A daemon whose first parcel shard reads its newest snapshot for ever, and the pipe that it reads.
fn stuck(directory: &tempfile::TempDir) -> (Daemon, PathBuf) {
    recorded::begin(directory.path(), &[]);
    let folder = directory.path().join("snapshots/parcel/0001/00000");
    fs::create_dir_all(&folder).expect("a folder");
    let pipe = folder.join("00000000000000000005.manifest");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is installed");
    assert!(made.success());
    let daemon = Daemon::start(directory.path(), 1_773_100_000, 1);
    daemon.wait_until_up();
    (daemon, pipe)
}

#[test]
fn a_worker_that_is_stuck_for_a_minute_is_no_life_until_it_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut daemon, pipe) = stuck(&directory);
    assert_eq!(daemon.asked("/livez").0, 200, "it may take a while");
    let (status, body) = daemon.asked("/readyz");
    assert!(
        status == 503 && body.contains("shards-restored failed"),
        "{status} {body}"
    );
    std::thread::park_timeout(Duration::from_secs(59));
    wait("it is known to be stuck", || daemon.asked("/livez").0 == 503);
    assert!(daemon.asked("/livez").1.contains("workers failed"));
    // Read at last, it is no manifest: it is read once more, to be set aside, and the shard begins at the start of its log.
    wait("it goes on", || {
        let without_waiting = OFlags::NONBLOCK.bits().cast_signed();
        let writer = OpenOptions::new().write(true).custom_flags(without_waiting).open(&pipe);
        // Nobody may be reading just now.
        writer.and_then(|mut writer| writer.write_all(b"no manifest")).ok();
        daemon.asked("/livez").0 == 200 && !pipe.exists()
    });
    wait("it is ready", || daemon.asked("/readyz").0 == 200);
    daemon.terminate();
}

#[test]
fn told_to_end_while_a_worker_is_stuck_it_ends_after_25_seconds() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut daemon, _) = stuck(&directory);
    let (status, took) = daemon.ask_to_end(1);
    let said = daemon.said_last();
    assert_eq!(status.code(), Some(75), "{said}");
    assert!(took < Duration::from_secs(27), "it took {took:?}");
    assert!(
        said.contains("told to stop, it does not") && said.contains("messages=0"),
        "{said}"
    );
}
