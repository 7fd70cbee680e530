//! Segments of the log are damaged while the daemon is down.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::park_timeout;
use std::time::Duration;

use sanbai_core::shard::input::Skip;
use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use sanbai_engine::local::{LocalLog, LocalSettings};
use sanbai_engine::log::{Message, Record, Topic};
use sanbai_engine::parcel::control_message;
use sanbai_sim::simulation::Records as _;
use sanbai_wire::control::Control;

use crate::crowd::Crowd;
use crate::daemon::{Daemon, wait};
use crate::recorded::{self, Recorded, append, event_ids, is_control};
use crate::snapshots::files;
use crate::story::next;
use crate::{SPEED, begin, check_all, check_at_rest, story};

/// Bytes of the mark that ends a segment, and where in it its form stands.
const MARK: (usize, usize, u8) = (38, 12, 0x12);

#[test]
fn a_torn_end_is_cut_and_nothing_that_was_promised_is_lost() {
    let mut seed = story::setting("SANBAI_FAULT_SEED", 7);
    let (directory, mut daemon, crowd) = begin(story());
    for round in 0..4 {
        let before = crowd.accepted();
        wait("events are accepted", || {
            crowd.accepted() > before + 150 || crowd.is_done()
        });
        daemon.kill();
        for path in newest_segments(directory.path()) {
            tear(&path, round, &mut seed);
        }
        daemon.again();
        daemon.wait_until_up();
    }
    let got = crowd.finish();
    daemon.terminate();
    assert!(!daemon.said().contains("parked"), "a torn end stops nobody");
    check_all(directory.path(), &mut daemon, &got);
}

/// What a crash may leave behind the last safe byte.
fn tear(path: &Path, round: usize, seed: &mut u64) {
    let mut bytes = fs::read(path).expect("a segment");
    let (mark, form, is_mark) = MARK;
    let has_mark = bytes.len() >= mark && bytes[bytes.len() - mark + form] == is_mark;
    match (round + next(seed) as usize) % 4 {
        // The mark was torn off, or only half of it written.
        0 if has_mark => bytes.truncate(bytes.len() - next(seed) as usize % (mark + 1)),
        // A piece of frames, without its end.
        1 => {
            let from = bytes.len().saturating_sub(700 + next(seed) as usize % 700);
            let piece = bytes[from..bytes.len().saturating_sub(45).max(from)].to_vec();
            bytes.extend(piece);
        }
        // The file was made longer, and nothing written.
        2 => bytes.resize(bytes.len() + next(seed) as usize % 5_000, 0),
        _ => bytes.extend((0..next(seed) % 3_000).map(|_| next(seed) as u8)),
    }
    fs::write(path, bytes).expect("it is written");
}

/// The last segment of each partition.
fn newest_segments(directory: &Path) -> Vec<PathBuf> {
    let all = files(&directory.join("log"));
    let is_last =
        |(place, path): &(usize, &PathBuf)| all.get(place + 1).map(|next| next.parent()) != Some(path.parent());
    all.iter()
        .enumerate()
        .filter(is_last)
        .map(|(_, path)| path.clone())
        .collect()
}

#[test]
fn a_bit_that_flipped_long_ago_parks_one_shard_until_it_is_told_to_skip() {
    let mut told = story();
    let later = told.told.split_off(told.told.len() * 3 / 4);
    let registers = told.registers.clone();
    let (source, mut daemon, crowd) = begin(told);
    let mut accepted = crowd.finish().accepted;
    daemon.terminate();
    let recorded = Recorded::read(source.path());
    // The same log, as if no shard had seen it yet.
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &registers);
    copy_events(&recorded, directory.path(), daemon.now());
    let (offset, lost) = flip_a_bit(directory.path(), 0);
    println!(
        "a bit of offset {offset} of partition 0 is flipped: {} events",
        lost.len()
    );
    let mut daemon = Daemon::start(directory.path(), daemon.now(), SPEED);
    wait("it parks", || daemon.said().contains("record_unreadable"));
    // Everybody else goes on, and what is sent is taken.
    let got = Crowd::send(&daemon, later).finish();
    accepted.extend(got.accepted);
    park_timeout(Duration::from_secs(1));
    assert_eq!(
        daemon.said().matches("parked").count(),
        1,
        "one shard parks: {}",
        daemon.said()
    );
    daemon.terminate();
    let verdicts = verdicts(directory.path());
    assert_eq!(
        verdicts.iter().map(|count| *count > 0).collect::<Vec<_>>()[1..],
        [true; 3],
        "{verdicts:?}"
    );
    skip(directory.path(), offset, daemon.now());
    daemon.again();
    daemon.terminate();
    accepted.retain(|id| !lost.contains(id));
    check_at_rest(directory.path(), &mut daemon, &accepted);
    let recorded = Recorded::read(directory.path());
    assert_eq!(recorded.damaged, [(Topic::ParcelEvents, 0, offset, offset + 1)]);
}

fn open(directory: &Path, at: u64) -> LocalLog {
    let settings = LocalSettings {
        free_min: 0.0,
        ..LocalSettings::default()
    };
    let time = Timestamp::from_nanos(at.cast_signed() * 1_000_000_000);
    LocalLog::open(directory, &settings, Clock::fast(time, 1)).expect("a log")
}

/// Events and ticks; hits come of themselves.
fn copy_events(recorded: &Recorded, directory: &Path, at: u64) {
    let log = open(directory, at);
    for partition in 0..recorded.layout.parcels {
        let is_hit = |record: &&Record| record.headers.iter().any(|(_, value)| value == b"hit");
        let records = recorded.records(Topic::ParcelEvents, partition).iter();
        for record in records.filter(|record| !is_hit(record)) {
            append(
                &log,
                vec![Message {
                    topic: Topic::ParcelEvents,
                    partition,
                    key: record.key.clone(),
                    headers: record.headers.clone(),
                    value: record.value.clone().unwrap_or_default(),
                }],
            );
        }
    }
    log.close().expect("durable");
}

/// Flips a bit of a record in the middle that holds events. Says its offset, and their ids.
fn flip_a_bit(directory: &Path, partition: u32) -> (u64, BTreeSet<String>) {
    let recorded = Recorded::read(directory);
    let records = recorded.records(Topic::ParcelEvents, partition);
    let mut later = records.iter().skip(records.len() / 2);
    let record = later.find(|record| !is_control(record)).expect("events");
    let path = directory
        .join("log")
        .join(Topic::ParcelEvents.name())
        .join(partition.to_string())
        .join(format!("{:020}.log", 0));
    let mut bytes = fs::read(&path).expect("a segment");
    let value = record.value.as_deref().expect("events");
    let at = bytes.windows(value.len()).position(|window| window == value);
    bytes[at.expect("it is there") + value.len() / 2] ^= 4;
    fs::write(&path, bytes).expect("it is written");
    (record.offset, event_ids(record).into_iter().collect())
}

fn skip(directory: &Path, offset: u64, at: u64) {
    let log = open(directory, at);
    let skip = Control::Skip(Skip {
        from: offset,
        to: offset + 1,
    });
    append(&log, vec![control_message(0, &skip)]);
    log.close().expect("durable");
}

/// How many verdicts there are in each partition.
fn verdicts(directory: &Path) -> Vec<usize> {
    let recorded = Recorded::read(directory);
    let partitions = 0..recorded.layout.parcels;
    partitions
        .map(|partition| recorded.records(Topic::Verdicts, partition).len())
        .collect()
}
