//! Tasks: one stage on one partition, with a log and a store around it.
//!
//! ```text
//! restore ──▶ run: read, apply, send … snapshot ──▶ its manifest, once everything before it is acknowledged
//!    ▲         │
//!    └─────────┘ a delivery failed: back to the newest snapshot; again at the same offset: parked
//! ```

mod restore;
mod snapshot;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sanbai_core::shard::input::Behaviour;
use sanbai_core::time::Timestamp;
use sanbai_wire::control::{self, Control};
use sha2::{Digest as _, Sha256};

use crate::log::{Log, Message, NotDelivered, ReadError, Record, Ticket, Topic};
use crate::registry::RegistryCopy;
use crate::stage::{Layout, Outbox, Stage, StageAlarm, Step, headers};
use crate::store::Store;
use restore::Restored;
use snapshot::Pending;

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

/// Why a task does nothing more, each with what puts it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// Another behaviour runs from here on: start the build that has it.
    BehaviourChanged(Behaviour),
    /// The log is not the one that the snapshot was made from.
    LogDiverged,
    /// Records are gone that were not applied.
    DataGap {
        /// First of them.
        from: u64,
        /// First that is there.
        to: u64,
    },
    /// The registry is not the one that the snapshot was made with.
    RegistryDiverged,
    /// The topic was created anew, or is laid out anew.
    TopicRecreated,
    /// The topic has another number of partitions.
    PartitionCountChanged,
    /// A message was refused twice at the same offset.
    OutputRefused(u64),
    /// The shard panicked on a record; only a `skip` lets it pass.
    Panicked(u64),
}

impl Parked {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BehaviourChanged(_) => "behaviour_changed",
            Self::LogDiverged => "log_diverged",
            Self::DataGap { .. } => "data_gap",
            Self::RegistryDiverged => "registry_diverged",
            Self::TopicRecreated => "topic_recreated",
            Self::PartitionCountChanged => "partition_count_changed",
            Self::OutputRefused(_) => "output_refused",
            Self::Panicked(_) => "panicked",
        }
    }
}

impl fmt::Display for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What an operator must know of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskAlarm {
    /// Of its stage.
    Stage(StageAlarm),
    /// A snapshot could not be read and was set aside.
    SnapshotDamaged {
        /// Its offset.
        offset: u64,
    },
    /// It was parked.
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

    /// Messages whose delivery was not reported yet.
    pub fn unacknowledged(&self) -> usize {
        self.running.as_ref().map_or(0, |running| running.unacknowledged.len())
    }

    /// Its clock.
    pub fn clock(&self) -> Option<Timestamp> {
        self.stage().and_then(Stage::clock)
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
        self.parked = None;
        self.refused_at = None;
        self.running = None;
    }

    /// Does a bounded piece of work, or says what it waits for. Never waits itself.
    pub fn step(&mut self, log: &mut impl Log, store: &mut impl Store, registry: &RegistryCopy) -> Progress {
        if let Some(parked) = self.parked {
            return match parked {
                Parked::Panicked(offset) => self.pass_over_if_told(offset, log),
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
        // A batch ends where silence ends, so that no section reaches from one into the other.
        let until_sound = running.silent_until.checked_sub(next).filter(|rest| *rest > 0);
        let most = until_sound
            .and_then(|rest| usize::try_from(rest).ok())
            .unwrap_or(usize::MAX);
        let most = most.min(self.settings.batch_max);
        let records = match log.read(S::INPUT, self.settings.partition, next, most) {
            Ok(records) => records,
            Err(ReadError::Unavailable) => return Progress::Unavailable,
            Err(ReadError::Gone { start }) => return self.park(Parked::DataGap { from: next, to: start }),
            Err(ReadError::Beyond { .. }) => return self.park(Parked::LogDiverged),
        };
        let mut applied = 0;
        let mut stopped = None;
        running.stage.warm(&records);
        for record in &records {
            if self
                .skips
                .iter()
                .any(|(from, to)| (*from..*to).contains(&record.offset))
            {
                running.stage.ledger_mut().pass_over(record.offset + 1);
                // A snapshot that is taken here is held against this record.
                running.last = Some((record.offset, digest(record)));
                applied += 1;
                continue;
            }
            match running.apply(record, log, registry) {
                Ok(Step::Applied) => applied += 1,
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
        let next = running.stage.ledger().next;
        let is_end = matches!(stopped, Some(Progress::Parked(_)));
        let is_due = next >= running.snapshot_at.saturating_add(self.settings.snapshot_every);
        let snapshots = (is_due || is_end) && next > running.snapshot_at && running.snapshot.is_none();
        if applied > 0 || snapshots {
            // Whoever restores from here, or was silent until here, goes on as if all had been told.
            running.flush(snapshots || next == running.silent_until, log);
        }
        if snapshots {
            self.take_snapshot(store, registry);
        }
        match stopped {
            // Parked only once its snapshot stands exactly there.
            Some(Progress::Parked(parked)) if applied == 0 && !self.has_pending_snapshot() => self.park(parked),
            Some(Progress::Parked(_)) => Progress::AwaitsAcknowledgements,
            Some(waits) if applied == 0 => waits,
            _ if applied > 0 => Progress::Worked(applied),
            _ => Progress::Idle,
        }
    }

    /// Looks for a `skip` of the record on which the shard panicked.
    fn pass_over_if_told(&mut self, offset: u64, log: &mut impl Log) -> Progress {
        let Ok(records) = log.read(
            S::INPUT,
            self.settings.partition,
            self.looked_until,
            self.settings.batch_max,
        ) else {
            return Progress::Unavailable;
        };
        for record in &records {
            self.looked_until = record.offset + 1;
            let headers = headers(record);
            let kind = control::kind_header(&headers).unwrap_or_default();
            let value = record.value.as_deref().unwrap_or_default();
            let Ok(control::Read {
                control: Control::Skip(skip),
                ..
            }) = control::decode(kind, value, record.timestamp)
            else {
                continue;
            };
            if (skip.from..skip.to).contains(&offset) {
                self.skips.push((skip.from, skip.to));
                self.parked = None;
                return Progress::Worked(0);
            }
        }
        if records.is_empty() {
            Progress::Parked(Parked::Panicked(offset))
        } else {
            Progress::Worked(0)
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
        let step = catch_unwind(AssertUnwindSafe(|| {
            stage.apply(record, registry.registry(), known, &mut out)
        }))
        .map_err(|_| Panicked)?;
        if step == Step::Applied {
            self.last = Some((record.offset, digest(record)));
        }
        Ok(step)
    }

    /// Sends what was held back; its cause is the last record.
    fn flush(&mut self, all: bool, log: &mut impl Log) {
        let cause = self.stage.ledger().next.saturating_sub(1);
        let mut out = Sending {
            log,
            cause,
            is_silent: cause < self.silent_until,
            unacknowledged: &mut self.unacknowledged,
        };
        self.stage.flush(all, &mut out);
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
fn folder<S: Stage>(layout: Layout, partition: u32) -> String {
    let kind = match S::INPUT {
        Topic::Sightings => "scope",
        _ => "parcel",
    };
    format!("{kind}/{:04}/{partition:05}/", layout.generation)
}
