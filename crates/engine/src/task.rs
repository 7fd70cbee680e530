//! Tasks: one stage on one partition, with a log and a store around it.
//!
//! ```text
//! restore ──▶ run: read, apply, send … snapshot ──▶ its manifest, once everything before it is acknowledged
//!    ▲         │
//!    └─────────┘ a delivery failed: back to the newest snapshot; again at the same offset: parked
//! ```

mod parked;
mod restore;
mod skip;
mod snapshot;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sanbai_core::time::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::log::{Log, Message, NotDelivered, ReadError, Record, Ticket, Topic};
use crate::registry::RegistryCopy;
use crate::stage::{Layout, Outbox, Stage, Step};
use crate::store::Store;
pub use parked::{Parked, TaskAlarm};
use restore::Restored;
use snapshot::Pending;
pub(crate) use snapshot::{expand, offset_of};

/// Batches after which what is held back is sent, however few records they have.
const HELD_BATCHES: usize = 16;

/// How a task runs.
#[derive(Clone, Debug)]
pub struct TaskSettings<S> {
    /// Number of the partition.
    pub partition: u32,
    /// How the topics are laid out.
    pub layout: Layout,
    /// What the stage is made from.
    pub stage: S,
    /// Records between two snapshots, at least 1.
    pub snapshot_every: u64,
    /// Snapshots that are kept, at least 1.
    pub snapshots_kept: usize,
    /// Records that are read at once, at least 1. How the log is cut into batches changes no output of the parcel stage.
    pub batch_max: usize,
    /// Messages that may be unacknowledged before nothing more is read.
    pub unacknowledged_max: usize,
}

/// What a task did, or what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It applied so many records, or got on in another way.
    Worked(usize),
    /// There is nothing to read.
    Idle,
    /// The log or the store does not answer.
    Unavailable,
    /// The registry must be known up to an offset.
    AwaitsRegistry(u64),
    /// Too many messages are unacknowledged.
    AwaitsAcknowledgements,
    /// It does nothing until somebody acts.
    Parked(Parked),
}

/// One stage on one partition.
#[derive(Debug)]
pub struct Task<S: Stage> {
    settings: TaskSettings<S::Settings>,
    /// `None` while it must be restored.
    running: Option<Running<S>>,
    parked: Option<Parked>,
    /// Offset of the last record whose messages were refused.
    refused_at: Option<u64>,
    /// Offsets that a `skip` passes over, from and without.
    skips: Vec<(u64, u64)>,
    /// Up to where a `skip` was looked for.
    looked_until: u64,
    /// An operator said that snapshots that were announced are not to be waited for.
    is_alone: bool,
    /// That no snapshot can be written was said, and none was since.
    is_unwritten: bool,
    alarms: Vec<TaskAlarm>,
}

/// A stage that was restored.
#[derive(Debug)]
struct Running<S> {
    stage: S,
    /// Offset and digest of the last record that was applied.
    last: Option<(u64, [u8; 32])>,
    /// Outputs before this offset were acknowledged before, by whoever: they are not sent again.
    silent_until: u64,
    /// Unacknowledged messages, with the offset of their cause.
    unacknowledged: BTreeMap<Ticket, u64>,
    snapshot: Option<Pending>,
    snapshot_at: u64,
    /// From this offset on the next snapshot is taken.
    snapshot_due: u64,
    /// Offset of the oldest snapshot that is kept.
    needed_from: u64,
    held: Held,
    /// Ids of the topic that it reads and of the registry, as the log gives them.
    topics: [String; 2],
}

/// What was applied since what was held back was sent.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    batches: usize,
    records: usize,
}

impl<S: Stage> Task<S> {
    /// A task that restores itself at its first step.
    pub const fn new(settings: TaskSettings<S::Settings>) -> Self {
        Self {
            settings,
            running: None,
            parked: None,
            refused_at: None,
            skips: Vec::new(),
            looked_until: 0,
            is_alone: false,
            is_unwritten: false,
            alarms: Vec::new(),
        }
    }

    /// Number of its partition.
    pub const fn partition(&self) -> u32 {
        self.settings.partition
    }

    /// First offset that was not applied; `None` while it is being restored.
    pub fn next(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.stage.ledger().next)
    }

    /// The stage; `None` while it is being restored.
    pub fn stage(&self) -> Option<&S> {
        self.running.as_ref().map(|running| &running.stage)
    }

    /// Why it does nothing.
    pub const fn parked(&self) -> Option<Parked> {
        self.parked
    }

    /// Messages whose delivery was not reported yet; what is held back counts as one.
    pub fn unacknowledged(&self) -> usize {
        self.running.as_ref().map_or(0, |running| {
            running.unacknowledged.len() + usize::from(running.held.batches > 0)
        })
    }

    /// Its clock.
    pub fn clock(&self) -> Option<Timestamp> {
        self.stage().and_then(Stage::clock)
    }

    /// Offset of its newest snapshot, 0 where there is none; `None` while it is being restored.
    pub fn snapshot_at(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.snapshot_at)
    }

    /// Records before this offset are needed by no snapshot that is kept; `None` while it is being restored.
    pub fn needed_from(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.needed_from)
    }

    /// Outputs before this offset were acknowledged by whoever had the partition before; what is applied before it was
    /// applied once already. `None` while it is being restored.
    pub fn silent_until(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.silent_until)
    }

    /// From now on so many records lie between two snapshots, at least 1.
    pub fn snapshot_every(&mut self, records: u64) {
        let records = records.max(1);
        self.settings.snapshot_every = records;
        if let Some(running) = &mut self.running {
            let pending = running.snapshot.as_ref().map(Pending::offset);
            let due = pending.unwrap_or(running.snapshot_at).saturating_add(records);
            running.snapshot_due = running.snapshot_due.min(due);
        }
    }

    /// The next snapshot is due as soon as a record was applied since the last one.
    pub fn snapshot_soon(&mut self) {
        if let Some(running) = &mut self.running {
            running.snapshot_due = 0;
        }
    }

    /// What an operator must know, since it was asked last.
    pub fn alarms(&mut self) -> Vec<TaskAlarm> {
        let stage = self.running.as_mut().map(|running| running.stage.alarms());
        let mut alarms = std::mem::take(&mut self.alarms);
        alarms.extend(stage.into_iter().flatten().map(TaskAlarm::Stage));
        alarms
    }

    /// Takes the report of a delivery; `false` where the message was none of its own.
    pub fn delivered(&mut self, ticket: Ticket, delivery: Result<(), NotDelivered>) -> bool {
        let Some(running) = &mut self.running else {
            return false;
        };
        let Some(cause) = running.unacknowledged.remove(&ticket) else {
            return false;
        };
        if delivery.is_err() {
            if self.refused_at == Some(cause) {
                self.park(Parked::OutputRefused(cause));
            }
            self.refused_at = Some(cause);
            self.producer_closed();
        }
        true
    }

    /// The producer is closed: what it had is lost, and the shard goes back to its newest snapshot.
    pub fn producer_closed(&mut self) {
        self.running = None;
    }

    /// Goes on where it was parked for something that an operator has put right.
    pub fn resume(&mut self) {
        self.is_alone |= matches!(self.parked, Some(Parked::SnapshotStoreNotShared(_)));
        self.set_down();
    }

    /// Forgets what it holds, and why it was parked: its next step restores it.
    pub fn set_down(&mut self) {
        self.parked = None;
        self.refused_at = None;
        self.running = None;
    }

    /// Does a bounded piece of work, or says what it waits for. Never waits itself.
    pub fn step(&mut self, log: &mut impl Log, store: &mut impl Store, registry: &RegistryCopy) -> Progress {
        if let Some(parked) = self.parked {
            return match parked {
                Parked::Panicked(offset) => self.pass_over_if_told(parked, (offset, offset + 1), log),
                Parked::Unreadable { from, to } => self.pass_over_if_told(parked, (from, to), log),
                _ => Progress::Parked(parked),
            };
        }
        if self.running.is_none() {
            return match self.restore(log, store, registry) {
                Ok(running) => {
                    self.running = Some(running);
                    Progress::Worked(0)
                }
                Err(Restored::Waits(progress)) => progress,
                Err(Restored::Parks(parked)) => self.park(parked),
            };
        }
        if self.publish_snapshot(store) {
            return Progress::Worked(0);
        }
        self.run(log, store, registry)
    }

    fn run(&mut self, log: &mut impl Log, store: &mut impl Store, registry: &RegistryCopy) -> Progress {
        let Some(running) = &mut self.running else {
            return Progress::Idle;
        };
        if running.unacknowledged.len() >= self.settings.unacknowledged_max {
            return Progress::AwaitsAcknowledgements;
        }
        let next = running.stage.ledger().next;
        let (mut applied, mut stopped) = (0, None);
        let most = running.sound_within(self.settings.batch_max);
        let read = log.read(S::INPUT, self.settings.partition, next, most);
        if read.is_err() && running.held.batches > 0 {
            // Whoever waits for what follows from the last records does not wait for the next one.
            running.flush(false, log, registry);
        }
        let mut records = match read {
            Ok(records) => records,
            Err(ReadError::Unavailable) => {
                stopped = Some(Progress::Unavailable);
                Vec::new()
            }
            Err(ReadError::Gone { start }) => return self.park(Parked::DataGap { from: next, to: start }),
            Err(ReadError::Beyond { .. }) => return self.park(Parked::LogDiverged),
            Err(ReadError::Recreated) => return self.park(Parked::TopicRecreated),
            Err(ReadError::PartitionCountChanged) => return self.park(Parked::PartitionCountChanged),
            Err(ReadError::Damaged { to, .. }) => {
                if !running.pass_over_damage(&self.skips, (next, to)) {
                    self.looked_until = to;
                    return self.park(Parked::Unreadable { from: next, to });
                }
                applied = 1;
                Vec::new()
            }
        };
        running.stage.warm(&records);
        let mut used = 0_usize;
        for record in &records {
            if skip::covers(&self.skips, record.offset, record.offset + 1) {
                running.stage.ledger_mut().pass_over(record.offset + 1);
                // A snapshot that is taken here is held against this record.
                applied += 1;
                used += 1;
                continue;
            }
            match running.apply(record, log, registry) {
                Ok(Step::Applied) => {
                    applied += 1;
                    used += 1;
                }
                Ok(Step::AwaitsRegistry(offset)) => stopped = Some(Progress::AwaitsRegistry(offset)),
                Ok(Step::AnotherBehaviour(behaviour)) => {
                    stopped = Some(Progress::Parked(Parked::BehaviourChanged(behaviour)));
                }
                Err(Panicked) => {
                    // What the shard left behind is of no use.
                    self.running = None;
                    self.looked_until = record.offset;
                    return self.park(Parked::Panicked(record.offset));
                }
            }
            if stopped.is_some() || running.unacknowledged.len() >= self.settings.unacknowledged_max {
                break;
            }
        }
        if let Some(record) = used.checked_sub(1).and_then(|last| records.get(last)) {
            running.last = Some((record.offset, digest(record)));
        }
        let rest = records.split_off(used.min(records.len()));
        log.give_back(S::INPUT, self.settings.partition, rest);
        self.after_batch(applied, stopped, log, store, registry)
    }

    /// Sends what was held back unless more is there to be applied at once, takes a snapshot where one is due, and says
    /// what came of the batch.
    fn after_batch(
        &mut self,
        applied: usize,
        stopped: Option<Progress>,
        log: &mut impl Log,
        store: &mut impl Store,
        registry: &RegistryCopy,
    ) -> Progress {
        let Some(running) = &mut self.running else {
            return Progress::Idle;
        };
        let next = running.stage.ledger().next;
        let is_end = matches!(stopped, Some(Progress::Parked(_)));
        let is_due = next >= running.snapshot_due || is_end;
        let is_free = running.snapshot.is_none() && !store.is_busy();
        let is_standing = next == running.snapshot_at;
        let snapshots = is_due && is_free && !is_standing;
        if applied > 0 {
            running.held.batches += 1;
            running.held.records += applied;
        }
        // Whoever restores from here, or was silent until here, goes on as if all had been told.
        let all = snapshots || (applied > 0 && next == running.silent_until);
        let is_rest = applied == 0 && running.held.batches > 0;
        let is_enough = running.held.records >= self.settings.batch_max || running.held.batches >= HELD_BATCHES;
        if all || is_rest || is_enough {
            running.flush(all, log, registry);
        }
        if snapshots {
            self.take_snapshot(store, registry);
        }
        match stopped {
            // Parked only once its snapshot stands exactly there.
            Some(Progress::Parked(parked)) if applied == 0 && is_standing => self.park(parked),
            Some(Progress::Parked(_)) => Progress::AwaitsAcknowledgements,
            Some(waits) if applied == 0 => waits,
            _ if applied > 0 || is_rest => Progress::Worked(applied),
            _ => Progress::Idle,
        }
    }

    fn park(&mut self, parked: Parked) -> Progress {
        if self.parked != Some(parked) {
            self.parked = Some(parked);
            self.alarms.push(TaskAlarm::Parked(parked));
        }
        Progress::Parked(parked)
    }
}

/// The stage panicked.
struct Panicked;

impl<S: Stage> Running<S> {
    fn apply(&mut self, record: &Record, log: &mut impl Log, registry: &RegistryCopy) -> Result<Step, Panicked> {
        let Self {
            stage,
            silent_until,
            unacknowledged,
            ..
        } = self;
        let mut out = Sending {
            log,
            cause: record.offset,
            is_silent: record.offset < *silent_until,
            unacknowledged,
        };
        let known = registry.next();
        catch_unwind(AssertUnwindSafe(|| {
            stage.apply(record, registry.registry(), known, &mut out)
        }))
        .map_err(|_| Panicked)
    }

    /// How many records of a batch are read at once: it ends where silence ends, so that no section reaches from one into
    /// the other.
    fn sound_within(&self, batch_max: usize) -> usize {
        let until_sound = self.silent_until.checked_sub(self.stage.ledger().next);
        let until_sound = until_sound.filter(|rest| *rest > 0);
        until_sound
            .and_then(|rest| usize::try_from(rest).ok())
            .map_or(batch_max, |rest| rest.min(batch_max))
    }

    /// Sends what was held back; its cause is the last record.
    fn flush(&mut self, all: bool, log: &mut impl Log, registry: &RegistryCopy) {
        self.held = Held::default();
        let cause = self.stage.ledger().next.saturating_sub(1);
        let mut out = Sending {
            log,
            cause,
            is_silent: cause < self.silent_until,
            unacknowledged: &mut self.unacknowledged,
        };
        self.stage.flush(all, registry.registry(), &mut out);
    }
}

/// Hands messages to the log, and keeps their tickets.
struct Sending<'r, L> {
    log: &'r mut L,
    cause: u64,
    is_silent: bool,
    unacknowledged: &'r mut BTreeMap<Ticket, u64>,
}

impl<L: Log> Outbox for Sending<'_, L> {
    fn put(&mut self, message: Message) {
        if !self.is_silent {
            let ticket = self.log.send(message);
            self.unacknowledged.insert(ticket, self.cause);
        }
    }
}

/// Digest of a record as it lies in its partition.
fn digest(record: &Record) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |bytes: Option<&[u8]>| {
        let length = bytes.map_or(u64::MAX, |bytes| bytes.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(bytes.unwrap_or_default());
    };
    part(Some(&record.offset.to_be_bytes()));
    part(record.key.as_deref());
    part(record.value.as_deref());
    for (name, value) in &record.headers {
        part(Some(name.as_bytes()));
        part(Some(value));
    }
    hash.finalize().into()
}

/// Where the objects of a shard are kept.
pub(crate) fn folder<S: Stage>(layout: Layout, partition: u32) -> String {
    let kind = match S::INPUT {
        Topic::Sightings => "scope",
        _ => "parcel",
    };
    format!("{kind}/{:04}/{partition:05}/", layout.generation)
}
