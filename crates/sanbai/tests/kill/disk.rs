//! The disk is full, or does not let us write.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::thread::park_timeout;
use std::time::Duration;

use crate::crowd::Crowd;
use crate::daemon::{Daemon, wait};
use crate::small_disk::SmallDisk;
use crate::{SPEED, check_all, recorded, story};

const STALLED: &str = "the log cannot be written";
const SHORT: &str = "the disk is nearly full";
const RESUMED: &str = "the log can be written again";

#[test]
fn a_full_disk_turns_events_away_and_goes_on_by_itself() {
    let story = story();
    let disk = SmallDisk::new(128);
    recorded::begin(&disk.outside(), &story.registers);
    let mut daemon = Daemon::new(disk.inside(), story.start, SPEED)
        .by(disk.enter())
        .with("DATA__FREE_MIN", "0.2");
    daemon.begin();
    let crowd = Crowd::send(&daemon, story.told);
    wait("events are accepted", || crowd.accepted() > 200);
    // Room enough for what follows from what was taken.
    let ballast = disk.fill(20 << 20);
    wait("events are turned away", || crowd.turned_away("no_room") > 20);
    assert!(!daemon.said().contains(STALLED), "outputs have room");
    assert_eq!(
        daemon.said().matches(SHORT).count(),
        1,
        "it says once that room is short"
    );
    drop(ballast);
    let before = crowd.accepted();
    wait("events are accepted again", || crowd.accepted() > before);
    // No room at all.
    let ballast = disk.fill(0);
    wait("it says that it cannot write", || daemon.said().contains(STALLED));
    let before = crowd.turned_away("no_room");
    wait("events are turned away", || crowd.turned_away("no_room") > before + 20);
    let (status, body) = daemon.asked("/readyz");
    assert!(status == 503 && body.contains("log-writable failed"), "{status} {body}");
    assert_eq!(daemon.asked("/livez").0, 200, "to start it again mends no disk");
    park_timeout(Duration::from_secs(2));
    drop(ballast);
    wait("it says that it can", || daemon.said().contains(RESUMED));
    wait("it is ready again", || daemon.asked("/readyz").0 == 200);
    let got = crowd.finish();
    daemon.terminate();
    let said = daemon.said();
    let warnings = said.lines().count();
    assert!(warnings < 500, "it says {warnings} lines");
    let copy = disk.copy();
    daemon.by_itself(copy.path());
    daemon.set("DATA__FREE_MIN", "0.01");
    check_all(copy.path(), &mut daemon, &got);
}

#[test]
fn told_to_end_on_a_full_disk_it_ends_in_time_and_says_what_was_left() {
    let story = story();
    let disk = SmallDisk::new(64);
    let snapshots = tempfile::tempdir().expect("a directory");
    recorded::begin(&disk.outside(), &story.registers);
    let mut daemon = Daemon::new(disk.inside(), story.start, SPEED)
        .by(disk.enter())
        .with("SNAPSHOTS__URL", snapshots.path().to_str().expect("text"));
    daemon.begin();
    let crowd = Crowd::send(&daemon, story.told);
    wait("events are accepted", || crowd.accepted() > 200);
    let ballast = disk.fill(0);
    wait("it says that it cannot write", || daemon.said_last().contains(STALLED));
    park_timeout(Duration::from_secs(1));
    let (status, took) = daemon.ask_to_end(1);
    println!("on a full disk it ended after {took:?}: {status}");
    assert_eq!(status.code(), Some(74), "{}", daemon.said_last());
    assert!(took < Duration::from_secs(25), "it took {took:?}");
    let said = daemon.said_last();
    let line = said
        .lines()
        .find(|line| line.contains("the log cannot be written: what waits"));
    let line = line.unwrap_or_else(|| panic!("it says what was left: {said}"));
    assert!(
        line.contains("messages=") && line.contains("bytes=") && line.contains("No space left"),
        "{line}"
    );
    drop(ballast);
    daemon.again();
    let got = crowd.finish();
    daemon.terminate();
    // It stood for a day, as its clock goes: holds of alerts are not yet over, so nothing is said of them here.
    let logged = recorded::Recorded::read(disk.copy().path()).event_ids();
    let lost: Vec<_> = got.accepted.difference(&logged).collect();
    assert!(lost.is_empty(), "accepted, and not on the log: {lost:?}");
}

/// The first record of each partition cannot be written, so it never comes to the end of its start.
#[test]
fn told_to_end_while_it_cannot_start_it_ends_after_25_seconds() {
    let disk = SmallDisk::new(16);
    recorded::begin(&disk.outside(), &[]);
    let keys = format!("hs256:1:{}\n", "07".repeat(32));
    fs::write(disk.outside().join("token-keys"), keys).expect("room for a key");
    fs::create_dir(disk.outside().join("snapshots")).expect("room for a folder");
    let mut daemon = Daemon::new(disk.inside(), 1_773_100_000, 1).by(disk.enter());
    let ballast = disk.fill(0);
    daemon.begin();
    wait("it says that it cannot write", || daemon.said_last().contains(STALLED));
    let (status, took) = daemon.ask_to_end(1);
    assert_eq!(status.code(), Some(75), "{}", daemon.said_last());
    assert!(took < Duration::from_secs(27), "it took {took:?}");
    assert!(daemon.said_last().contains("told to stop while it started"));
    drop(ballast);
    daemon.again();
    daemon.terminate();
}

#[test]
fn killed_on_a_full_disk_it_has_told_nobody_more_than_is_there() {
    let story = story();
    let disk = SmallDisk::new(64);
    // Snapshots have room all the while.
    let snapshots = tempfile::tempdir().expect("a directory");
    recorded::begin(&disk.outside(), &story.registers);
    let mut daemon = Daemon::new(disk.inside(), story.start, SPEED)
        .by(disk.enter())
        .with("SNAPSHOTS__URL", snapshots.path().to_str().expect("text"));
    daemon.begin();
    let crowd = Crowd::send(&daemon, story.told);
    for _ in 0..3 {
        let before = crowd.accepted();
        wait("events are accepted", || {
            crowd.accepted() > before + 200 || crowd.is_done()
        });
        let ballast = disk.fill(0);
        wait("it says that it cannot write", || daemon.said_last().contains(STALLED));
        // Long enough for snapshots, which must not be seen before what they rest on is there.
        park_timeout(Duration::from_millis(2_500));
        daemon.kill();
        drop(ballast);
        daemon.again();
    }
    let got = crowd.finish();
    daemon.terminate();
    let copy = disk.copy();
    daemon.by_itself(copy.path());
    check_all(copy.path(), &mut daemon, &got);
}

/// Nobody.
const NOBODY: u32 = 65_534;

/// Segments are small in time, so that new ones are needed all the while.
const KEEP_OUTPUTS: &str = "10h";

#[test]
fn a_directory_that_may_not_be_written_for_a_while_is_waited_for() {
    assert!(
        rustix::process::geteuid().is_root(),
        "this test runs the daemon as another user: run it as root"
    );
    let story = story();
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &story.registers);
    every(directory.path(), &|path| {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("we are root");
    });
    let ids = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
    let words = ["setpriv".to_owned()].into_iter().chain(ids);
    let mut daemon = Daemon::new(directory.path(), story.start, SPEED)
        .by(words.chain(["--clear-groups".to_owned()]))
        .with("DATA__KEEP_OUTPUTS", KEEP_OUTPUTS);
    daemon.begin();
    let crowd = Crowd::send(&daemon, story.told);
    wait("events are accepted", || crowd.accepted() > 200);
    let mode = |mode| {
        every(directory.path(), &|path| {
            if path.is_dir() {
                fs::set_permissions(path, Permissions::from_mode(mode)).expect("we are root");
            }
        });
    };
    mode(0o500);
    wait("it says that it cannot write", || daemon.said().contains(STALLED));
    wait("events are turned away", || crowd.turned_away("no_room") > 20);
    wait("it says that snapshots cannot be written", || {
        daemon.said().contains("the snapshot store does not answer")
    });
    mode(0o700);
    wait("it says that it can", || daemon.said().contains(RESUMED));
    let got = crowd.finish();
    daemon.terminate();
    let said = daemon.said().matches("the snapshot store does not answer").count();
    assert!(
        said <= 3,
        "{said} times, and not once for reading, writing and deleting"
    );
    daemon.unset("DATA__KEEP_OUTPUTS");
    daemon.by_itself(directory.path());
    check_all(directory.path(), &mut daemon, &got);
}

/// Does something with a directory and everything in it.
fn every(path: &Path, does: &dyn Fn(&Path)) {
    does(path);
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a directory") {
            every(&entry.expect("an entry").path(), does);
        }
    }
}
