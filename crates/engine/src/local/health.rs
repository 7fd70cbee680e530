//! How a log is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sanbai_core::time::Timestamp;

use super::disk::{Disk, Room};
use super::lock;

/// How long what a disk has said of its room is believed.
const ROOM_AGE_MAX: Duration = Duration::from_millis(200);

/// How a log is.
#[derive(Clone, Debug, PartialEq)]
pub struct LogHealth {
    /// Bytes that may still be written to its disk.
    pub free_bytes: u64,
    /// Bytes of its whole disk.
    pub total_bytes: u64,
    /// The first of the second, from 0 to 1.
    pub free_share: f64,
    /// Nothing more is taken from outside: the disk is nearly full, or cannot be written.
    pub intake_stopped: bool,
    /// What cannot be written, and is tried again and again.
    pub stalled: Option<Stall>,
    /// Bytes that wait to become durable.
    pub queued_bytes: u64,
    /// Messages that wait to become durable.
    pub queued_messages: u64,
    /// Bytes of all records.
    pub log_bytes: u64,
    /// Offsets that were found damaged since the log was opened.
    pub damaged_offsets: u64,
}

/// Since when something cannot be written, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Since when, by the log's clock.
    pub since: Timestamp,
    /// What the disk said last, and of which file.
    pub reason: String,
}

/// What cannot be written, by lane.
#[derive(Debug, Default)]
pub(super) struct Stalls {
    lanes: Mutex<BTreeMap<usize, Stall>>,
    is_any: AtomicBool,
}

impl Stalls {
    pub(super) fn add(&self, lane: usize, now: Timestamp, reason: String) {
        let mut lanes = lock(&self.lanes);
        let stall = lanes.entry(lane).or_insert_with(|| Stall {
            since: now,
            reason: String::new(),
        });
        stall.reason = reason;
        self.is_any.store(true, Ordering::SeqCst);
    }

    pub(super) fn remove(&self, lane: usize) {
        let mut lanes = lock(&self.lanes);
        lanes.remove(&lane);
        self.is_any.store(!lanes.is_empty(), Ordering::SeqCst);
    }

    pub(super) fn is_any(&self) -> bool {
        self.is_any.load(Ordering::SeqCst)
    }

    /// The oldest.
    pub(super) fn first(&self) -> Option<Stall> {
        lock(&self.lanes).values().min_by_key(|stall| stall.since).cloned()
    }
}

/// How much room there is, asked not too often.
#[derive(Debug)]
pub(super) struct Watch {
    path: PathBuf,
    free_min: f64,
    last: Mutex<Option<(Instant, Option<Room>)>>,
    /// There was too little room when it was asked last.
    is_short: AtomicBool,
}

impl Watch {
    pub(super) fn new(path: &Path, free_min: f64) -> Self {
        Self {
            path: path.to_owned(),
            free_min,
            last: Mutex::new(None),
            is_short: AtomicBool::new(false),
        }
    }

    /// Whether there is room for what comes from outside. Where the disk does not tell, there is not.
    pub(super) fn has_room(&self, disk: &dyn Disk) -> bool {
        let mut last = lock(&self.last);
        let room = match *last {
            Some((when, room)) if when.elapsed() < ROOM_AGE_MAX => room,
            _ => {
                let room = disk.room(&self.path).ok();
                *last = Some((Instant::now(), room));
                room
            }
        };
        drop(last);
        let has_room = room.is_some_and(|room| room.share() >= self.free_min);
        if self.is_short.swap(!has_room, Ordering::SeqCst) == has_room {
            self.say(has_room, room);
        }
        has_room
    }

    fn say(&self, has_room: bool, room: Option<Room>) {
        let (free, total) = room.map_or((0, 0), |room| (room.free, room.total));
        if has_room {
            tracing::info!(free, total, "the disk has room again: events are taken");
        } else {
            tracing::error!(
                free,
                total,
                "the disk is nearly full: events are turned away, outputs go on"
            );
        }
    }

    /// How much room there is now.
    pub(super) fn look(&self, disk: &dyn Disk) -> Option<Room> {
        let room = disk.room(&self.path).ok();
        *lock(&self.last) = Some((Instant::now(), room));
        room
    }
}
