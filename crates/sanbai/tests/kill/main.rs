//! The daemon is killed, starved, cut off from its disk and lied to while outlets go on sending; then everything is as if
//! nothing had happened.
//!
//! `SANBAI_KILL_EVENTS`, `SANBAI_KILL_SECONDS` and `SANBAI_KILL_SEED` make the kill test longer or another one,
//! `SANBAI_FAULT_EVENTS` and `SANBAI_FAULT_SEED` all others. Seeds are printed.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]
#![expect(clippy::print_stdout, reason = "whoever reads a failure wants to know what happened")]

mod client;
mod clock;
mod crowd;
#[expect(dead_code, reason = "shared with the tests on brokers")]
mod daemon;
mod disk;
mod due;
mod kill;
mod process;
mod recorded;
mod secrets;
mod segments;
mod small_disk;
mod snapshots;
mod story;
mod stuck;

use std::collections::BTreeSet;
use std::path::Path;

use sanbai_sim::simulation::Seen;

use client::Got;
use crowd::Crowd;
use daemon::Daemon;
use recorded::Recorded;
use story::Story;

/// How fast time goes where outlets send through a fault: twelve hours take seven seconds.
const SPEED: u32 = 6_000;

/// What outlets send through a fault.
fn story() -> Story {
    let events = story::setting("SANBAI_FAULT_EVENTS", 4_000) as usize;
    let seed = story::setting("SANBAI_FAULT_SEED", 7);
    println!("SANBAI_FAULT_EVENTS={events} SANBAI_FAULT_SEED={seed}");
    Story::new(events, seed).first_hours(12)
}

/// Lets everything fall due, and compares all that is on the log with what was answered, the oracle, and a replay.
fn check_all(directory: &Path, daemon: &mut Daemon, got: &Got) -> Seen {
    let seen = check_at_rest(directory, daemon, &got.accepted);
    assert!(
        got.refused
            .keys()
            .all(|code| code == "event_time_too_old" || code == "event_time_future"),
        "refused: {:?}",
        got.refused
    );
    println!(
        "{} events accepted, {} refused, {} requests sent again, turned away {:?}; {} revisions, {} duplicates",
        got.accepted.len(),
        got.refused.values().sum::<u64>(),
        got.again,
        got.turned_away,
        seen.revisions,
        seen.duplicates
    );
    seen
}

/// The same of the events that must be there.
fn check_at_rest(directory: &Path, daemon: &mut Daemon, accepted: &BTreeSet<String>) -> Seen {
    due::everything(directory, daemon);
    let recorded = Recorded::read(directory);
    let logged = recorded.event_ids();
    let lost: BTreeSet<_> = accepted.difference(&logged).collect();
    assert!(lost.is_empty(), "accepted, and not on the log: {lost:?}");
    let seen = recorded.as_the_oracle_says().expect("all is as the oracle says");
    recorded.as_a_replay_says();
    seen
}

/// A data directory with registers, a daemon on it, and clients that send it a story.
fn begin(story: Story) -> (tempfile::TempDir, Daemon, Crowd) {
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &story.registers);
    let daemon = Daemon::start(directory.path(), story.start, SPEED);
    let crowd = Crowd::send(&daemon, story.told);
    (directory, daemon, crowd)
}
