//! The local log: partitioned, append-only, checksummed, on the disk of this machine. One box, no services.
//!
//! ```text
//! intake ──append──▶┐                ┌─ writer ─▶ segment ─▶ fdatasync ─┬─▶ readers see it, the signal is bumped
//!                   ├─▶ what waits ──┤                                  └─▶ whoever handed it over is told
//! tasks ───send────▶┘                └─ writer ─▶ …
//!
//! directory/lock                                        held by one process; says its pid
//!          /layout.json                                 format, id, generation, numbers of partitions
//!          /log/<topic>/<partition>/<first offset>.log  segments; only the last one is written
//! ```
//!
//! **What it promises.** Readers see only what is safe on the disk, in its order, under offsets without gaps from 0.
//! Whoever is told that a message is durable finds it after a power cut. Writers take all that waits at once, so many
//! messages share one flush. What a crash tore off at the end was promised to nobody and is cut away when the log is opened;
//! what was promised and cannot be read is reported as [`ReadError::Damaged`], and the rest stays readable.
//!
//! **When the disk fails.** Nothing is lost and nothing is reported as failed: writers keep what they have and try again, at
//! first soon, then every 2 s; [`LocalLog::health`] says since when and why. After a failed flush nobody knows what the disk
//! has, so the same records are written once more, into a new segment. Below a share of free space nothing is taken from
//! outside, so that what follows from what was taken still finds room.
//!
//! **What it takes.** Memory: what waits, the newest records of each partition, 1 byte in 4,000 of an index. Files: one for
//! each partition that was written, and 32 for reading. Threads: the writers.

mod directory;
mod disk;
mod frame;
mod health;
mod lane;
mod partition;
mod producer;
mod queue;
mod scan;
mod segment;
mod settings;
mod shared;
mod start;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use sanbai_core::time::{Span, Timestamp};

pub use directory::{OpenError, lock_directory};
pub use health::{LogHealth, Stall};
pub use producer::LocalProducer;
pub use settings::{LocalSettings, Retention};

use crate::clock::Clock;
use crate::delivery::{Appended, Receipt};
use crate::log::{Append, Busy, Done, Message, NotDelivered, ReadError, Record, Topic};
use crate::signal::Signal;
use crate::stage::Layout;
use directory::Directory;
use disk::{Disk, Patience, RealDisk};
use health::Watch;
use lane::Lane;
use partition::Files;
use queue::{Entry, Queue};
use shared::Shared;
use writer::Writer;

/// A segment is followed by the next once it is as old as this part of the time for which its records are kept: a topic of
/// which little is written is forgotten in pieces too.
const AGES: u32 = 8;

/// A log in a directory, shared by all who hold a copy of this handle. The last one that is dropped closes it.
#[derive(Clone)]
pub struct LocalLog {
    open: Arc<Open>,
}

/// An open log.
struct Open {
    shared: Arc<Shared>,
    id: String,
    retention: Retention,
    closing: Mutex<Closing>,
}

/// What is given back when a log is closed.
#[derive(Default)]
struct Closing {
    writers: Vec<JoinHandle<u64>>,
    lock: Option<File>,
}

/// What retention has removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Segments.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The disk could not be written until the end: so many messages are not durable, and whoever waits for them was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDrained(pub u64);

impl fmt::Display for NotDrained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages could not be written", self.0)
    }
}

impl std::error::Error for NotDrained {}

impl LocalLog {
    /// Opens a log: locks its directory, reads its layout or makes one, cuts off torn ends, starts its writers.
    ///
    /// ```no_run
    /// use sanbai_engine::clock::Clock;
    /// use sanbai_engine::local::{LocalLog, LocalSettings};
    /// use sanbai_engine::log::Topic;
    ///
    /// let log = LocalLog::open("data".as_ref(), &LocalSettings::default(), Clock::SYSTEM)?;
    /// let range = log.range(Topic::ParcelEvents, 0);
    /// let records = log.read(Topic::ParcelEvents, 0, range.start, 100);
    /// # Ok::<(), sanbai_engine::local::OpenError>(())
    /// ```
    ///
    /// # Errors
    /// Where another process has it open, where it cannot be read or written, where a part of it is gone.
    pub fn open(directory: &Path, settings: &LocalSettings, clock: Clock) -> Result<Self, OpenError> {
        Self::open_on(directory, settings, clock, (Arc::new(RealDisk), Patience::USUAL))
    }

    fn open_on(
        path: &Path,
        settings: &LocalSettings,
        clock: Clock,
        (disk, patience): (Arc<dyn Disk>, Patience),
    ) -> Result<Self, OpenError> {
        let directory = Directory::open(path, settings, &*disk)?;
        let partitions = start::partitions(&directory, settings, &*disk)?;
        let writers = settings.writers.clamp(1, partitions.len().max(1));
        let shared = Arc::new(Shared {
            disk,
            patience,
            clock,
            layout: directory.layout,
            salt: directory.salt,
            segment_bytes: settings.segment_bytes,
            partitions,
            queue: Queue::new(writers, settings.queue_bytes),
            files: Files::default(),
            signal: Arc::default(),
            stalls: health::Stalls::default(),
            watch: Watch::new(&directory.path, settings.free_min),
            is_closed: AtomicBool::new(false),
            tickets: AtomicU64::new(0),
            sleep: (Mutex::default(), Condvar::new()),
        });
        // Made first, so that whatever was started ends where the rest cannot be started.
        let log = Self {
            open: Arc::new(Open {
                shared: Arc::clone(&shared),
                id: directory.id,
                retention: settings.retention,
                closing: Mutex::default(),
            }),
        };
        for number in 0..writers {
            let lanes = shared.partitions.iter().enumerate().skip(number).step_by(writers);
            let lanes = lanes.map(|(lane, partition)| {
                let keep = settings.retention.of(partition.topic);
                Lane::new(lane, Arc::clone(partition), keep.map(|keep| keep / AGES))
            });
            let writer = Writer {
                number,
                writers,
                lanes: lanes.collect(),
                buffer: Vec::new(),
            };
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("log-writer-{number}"));
            let started = thread.spawn(move || writer.run(&shared));
            let started = started.map_err(OpenError::io(path))?;
            log.open.closing().writers.push(started);
        }
        log.open.closing().lock = Some(directory.lock);
        Ok(log)
    }

    /// How the topics are laid out, as the directory has it.
    pub fn layout(&self) -> Layout {
        self.open.shared.layout
    }

    /// The id that the directory was given when it was made, in 32 hexadecimal digits. Another directory has another.
    pub fn topic_id(&self) -> &str {
        &self.open.id
    }

    /// A producer of this log, which can also read it.
    pub fn producer(&self) -> LocalProducer {
        LocalProducer::new(self.clone())
    }

    /// The first offset of a partition, and the first that is not durable yet. Nothing where there is no such partition.
    pub fn range(&self, topic: Topic, partition: u32) -> Range<u64> {
        let partition = self.open.shared.partition(topic, partition);
        partition.map_or(0..0, |partition| partition.range())
    }

    /// The next records of a partition from an offset on, at most `max` and about 4 MiB, at least one; none at its end.
    ///
    /// # Errors
    /// Where the offset is gone, was never there, or is damaged; [`ReadError::Unavailable`] where the disk does not answer,
    /// and after the log was closed.
    pub fn read(&self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        let shared = &self.open.shared;
        let Some(partition) = shared.partition(topic, partition) else {
            return Err(ReadError::Beyond { end: 0 });
        };
        if shared.is_closed.load(Ordering::SeqCst) {
            return Err(ReadError::Unavailable);
        }
        partition.read(from, max, &shared.files, shared.salt)
    }

    /// What is bumped whenever something became durable.
    pub fn signal(&self) -> Arc<Signal> {
        Arc::clone(&self.open.shared.signal)
    }

    /// How it is.
    pub fn health(&self) -> LogHealth {
        let shared = &self.open.shared;
        let room = shared.watch.look(&*shared.disk);
        let (queued_bytes, queued_messages) = shared.queue.load();
        let sizes = shared.partitions.iter().map(|partition| partition.sizes());
        let (log_bytes, damaged_offsets) = sizes.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        LogHealth {
            free_bytes: room.map_or(0, |room| room.free),
            total_bytes: room.map_or(0, |room| room.total),
            free_share: room.map_or(0.0, |room| room.share()),
            intake_stopped: self.has_no_room(),
            stalled: shared.stalls.first(),
            queued_bytes,
            queued_messages,
            log_bytes,
            damaged_offsets,
        }
    }

    fn has_no_room(&self) -> bool {
        let shared = &self.open.shared;
        shared.stalls.is_any() || !shared.watch.has_room(&*shared.disk)
    }

    /// Removes the oldest segments whose last record is older than its topic keeps records, by the log's clock. `floor` says
    /// of each partition from which offset on records are still needed, however old: 0 for all, [`u64::MAX`] for none.
    ///
    /// # Errors
    /// Where a file cannot be removed. What readers can no longer see is removed when the log is opened again.
    pub fn apply_retention(&self, floor: impl Fn(Topic, u32) -> u64) -> io::Result<Removed> {
        let shared = &self.open.shared;
        let now = shared.clock.now();
        let mut removed = Removed::default();
        for partition in &shared.partitions {
            let Some(keep) = self.open.retention.of(partition.topic) else {
                continue;
            };
            let older = before(now, keep);
            let floor = floor(partition.topic, partition.number);
            // The oldest first: what is left has no gap.
            for segment in partition.retire(older, floor, &shared.files, shared.salt) {
                shared.files.close(&segment.path);
                shared.disk.remove(&segment.path)?;
                // One after the other, or a power cut could bring back an older one without its followers.
                shared.disk.sync_folder(&partition.folder)?;
                removed.segments += 1;
                removed.bytes += segment.length();
            }
        }
        Ok(removed)
    }

    /// Takes no more messages, and lets go whoever waits for room: what they hand over is not delivered. What was handed
    /// over before still becomes durable, if it does within 10 s.
    pub fn take_nothing_more(&self) {
        self.open.shared.queue.close();
    }

    /// What cannot be written, and what waits for it: bytes and messages. Asks no disk.
    pub fn waiting(&self) -> (Option<Stall>, u64, u64) {
        let (bytes, messages) = self.open.shared.queue.load();
        (self.open.shared.stalls.first(), bytes, messages)
    }

    /// Closes the log, for all who have a handle: what was handed over becomes durable, files are closed, the lock is
    /// given back.
    ///
    /// # Errors
    /// Where something could not be written for 10 s.
    pub fn close(self) -> Result<(), NotDrained> {
        self.open.close()
    }
}

impl Append for LocalLog {
    fn append(&self, messages: Vec<Message>, done: Done) -> Result<(), Busy> {
        if self.has_no_room() {
            return Err(Busy::NoRoom);
        }
        let shared = &self.open.shared;
        let lanes: Option<Vec<usize>> = messages.iter().map(|message| shared.lane_for(message)).collect();
        let Some(lanes) = lanes else {
            // Nothing can ever become of it.
            done(Err(NotDelivered));
            return Ok(());
        };
        if messages.is_empty() {
            done(Ok(()));
            return Ok(());
        }
        let appended = Appended::new(messages.len(), done);
        let entries = lanes.into_iter().zip(messages).map(|(lane, message)| Entry {
            lane,
            message,
            receipt: Receipt::Appended(Arc::clone(&appended)),
        });
        shared.queue.offer(entries.collect())
    }
}

impl Open {
    fn closing(&self) -> MutexGuard<'_, Closing> {
        lock(&self.closing)
    }

    fn close(&self) -> Result<(), NotDrained> {
        self.shared.queue.close();
        let mut closing = self.closing();
        let writers = std::mem::take(&mut closing.writers);
        // A writer that panicked has lost nothing that was reported as durable.
        let lost = writers.into_iter().map(|writer| writer.join().unwrap_or(1)).sum();
        self.shared.is_closed.store(true, Ordering::SeqCst);
        self.shared.files.close_all();
        closing.lock = None;
        drop(closing);
        self.shared.signal.bump();
        if lost == 0 { Ok(()) } else { Err(NotDrained(lost)) }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close().ok();
    }
}

impl fmt::Debug for LocalLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalLog")
            .field("id", &self.open.id)
            .field("layout", &self.open.shared.layout)
            .finish_non_exhaustive()
    }
}

/// The moment so long before another.
fn before(now: Timestamp, span: Duration) -> Timestamp {
    let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    now.plus(Span::seconds(seconds.saturating_neg()))
}

/// Locks; whoever panicked while they had the lock left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
