//! The clock of the machine jumps by a year, forth and back, while the daemon runs on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::park_timeout;
use std::time::{Duration, SystemTime};

use sanbai_engine::log::Topic;
use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::proto::event::parcel_event::Happening;

use crate::check_all;
use crate::client::Got;
use crate::crowd::Crowd;
use crate::daemon::Daemon;
use crate::recorded::{self, Recorded};
use crate::story::{Story, intake_at, setting};

/// Longer than from one tick to the next.
const TICK: Duration = Duration::from_secs(6);
/// Two thirds of a year, in seconds.
const FAR: u64 = 240 * 86_400;

/// A year, in seconds.
const YEAR: i64 = 365 * 86_400;

/// Makes the library that lies to a process about the time. The usual one (libfaketime) cannot live with our allocator.
fn library(folder: &Path) -> PathBuf {
    let library = folder.join("lie.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kill/lie.c");
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    let made = made.expect("cc is installed: Rust links with it");
    assert!(made.success(), "the library is made");
    library
}

#[test]
fn a_clock_that_jumps_by_a_year_loses_nothing_and_hurries_no_shard() {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let story = Story::new(setting("SANBAI_FAULT_EVENTS", 4_000) as usize / 2, 7);
    let told = an_hour_before(now, story.told);
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &story.registers);
    let lies = tempfile::tempdir().expect("a directory");
    let lie = lies.path().join("seconds");
    let mut daemon = Daemon::new(directory.path(), now, 1).real();
    daemon.set_variable("LD_PRELOAD", library(lies.path()).to_str().expect("text"));
    daemon.set_variable("LIE", lie.to_str().expect("text"));
    let say = |ahead: i64| {
        let new = lies.path().join("new");
        fs::write(&new, ahead.to_string()).expect("a file");
        fs::rename(new, &lie).expect("a file");
    };
    say(0);
    daemon.begin();
    daemon.wait_until_up();
    let mut thirds = told.chunks(told.len().div_ceil(3));
    let send = |events: &[ParcelEvent]| {
        let got = Crowd::send_at_once(&daemon, events.to_vec()).finish();
        park_timeout(TICK);
        got
    };
    let (first, second, third) = (thirds.next(), thirds.next(), thirds.next());
    let [first, second, third] = [first, second, third].map(|third| third.expect("a third"));
    let mut all = send(first);
    assert!(all.refused.is_empty(), "{:?}", all.refused);
    say(YEAR);
    assert_all_refused(&send(second), second.len(), "event_time_too_old");
    say(-YEAR);
    assert_all_refused(&send(third), third.len(), "event_time_future");
    say(0);
    for events in [second, third] {
        let got = send(events);
        assert!(got.refused.is_empty(), "{:?}", got.refused);
        all.accepted.extend(got.accepted);
    }
    assert_eq!(daemon.said().matches("parked").count(), 0, "none parks");
    daemon.terminate();
    assert_jumped(directory.path(), now);
    check_all(directory.path(), &mut daemon, &all);
}

fn assert_all_refused(got: &Got, count: usize, code: &str) {
    assert!(got.accepted.is_empty(), "{} accepted", got.accepted.len());
    assert_eq!(got.refused, [(code.to_owned(), count as u64)].into());
}

/// The log was written at all three times.
fn assert_jumped(directory: &Path, now: u64) {
    let recorded = Recorded::read(directory);
    let records = recorded.all(Topic::ParcelEvents);
    let times: Vec<u64> = records
        .map(|record| record.timestamp.as_nanos().cast_unsigned() / 1_000_000_000)
        .collect();
    assert!(times.iter().any(|time| *time > now + FAR), "no time of next year");
    assert!(times.iter().any(|time| *time < now - FAR), "no time of last year");
    assert!(times.iter().any(|time| time.abs_diff(now) < 3_600), "no time of now");
}

/// The same events, the last of which reached us an hour ago. Not what brands say of days: those stay where they were.
fn an_hour_before(now: u64, mut told: Vec<ParcelEvent>) -> Vec<ParcelEvent> {
    let last = told.iter().map(intake_at).max().unwrap_or(0);
    let by = now.cast_signed() - 3_600 - last;
    let shift = |time: &mut Option<Timestamp>| {
        if let Some(time) = time {
            time.seconds += by;
        }
    };
    told.retain(|event| !matches!(event.happening, Some(Happening::DeclaredVolume(_))));
    for event in &mut told {
        shift(&mut event.occurred_at);
        shift(&mut event.uploaded_at);
        shift(&mut event.intake_at);
    }
    told
}
