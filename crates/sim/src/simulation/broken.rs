//! Guarantees broken on purpose, one at a time, by what stands around the product: never by the product itself.

use std::collections::BTreeSet;

use sanbai_core::registry::Registry;
use sanbai_core::shard::input::Tick;
use sanbai_core::shard::position::Position;
use sanbai_engine::log::{Message, Record, Topic};
use sanbai_engine::parcel::control_message;
use sanbai_engine::registry::RegistryCopy;
use sanbai_wire::control::{self, Control, KIND_HEADER, Kind};
use sanbai_wire::proto::registry::RegistryRecord;
use sanbai_wire::proto::verdict::Verdict;
use sanbai_wire::registers::to_core;

use super::check::Records;
use super::log::{Place, SimLog};

/// Which guarantee is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mutant {
    /// Deliveries are reported before they were made, so a snapshot overtakes what it must wait for.
    ManifestBeforeAcknowledgement,
    /// A message is lost, and reported as delivered.
    SkippedOutput,
    /// A reader keeps what came last, not what has the highest version.
    LastValueWins,
    /// The expiries of one tick take their positions in an order of their own in every other process.
    ExpiryInTableOrder,
    /// A process knows the registry as it is when it starts, not as ticks name it.
    RegistryAsOfNow,
    /// A hit comes twice, once under another name.
    HitAppliedTwice,
    /// Events move the clock, without a tick on record.
    ClockMovedByEvents,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ManifestBeforeAcknowledgement,
        Self::SkippedOutput,
        Self::LastValueWins,
        Self::ExpiryInTableOrder,
        Self::RegistryAsOfNow,
        Self::HitAppliedTwice,
        Self::ClockMovedByEvents,
    ];

    /// Its name on a command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ManifestBeforeAcknowledgement => "manifest_before_acknowledgement",
            Self::SkippedOutput => "skipped_output",
            Self::LastValueWins => "last_value_wins",
            Self::ExpiryInTableOrder => "expiry_in_table_order",
            Self::RegistryAsOfNow => "registry_as_of_now",
            Self::HitAppliedTwice => "hit_applied_twice",
            Self::ClockMovedByEvents => "clock_moved_by_events",
        }
    }

    /// The one of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mutant| mutant.as_str() == name)
    }
}

/// One output in so many is skipped.
const SKIPPED: u64 = 150;

/// What is broken in one process.
#[derive(Debug, Default)]
pub(super) struct Broken {
    mutant: Option<Mutant>,
    /// Which life of which process.
    life: u64,
    sent: u64,
    /// Partitions and offsets of ticks that were read.
    ticks: BTreeSet<(u32, u64)>,
}

impl Broken {
    pub(super) fn new(mutant: Option<Mutant>, life: u64) -> Self {
        Self {
            mutant,
            life,
            ..Self::default()
        }
    }

    pub(super) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// What a process knows of the registry when it starts.
    pub(super) fn registry(&self, log: &SimLog) -> RegistryCopy {
        let mut registry = Registry::default();
        if self.is(Mutant::RegistryAsOfNow) {
            for record in log.records(Topic::Registry, 0) {
                let read: Result<RegistryRecord, _> =
                    prost::Message::decode(record.value.as_deref().unwrap_or_default());
                let known = read.ok().and_then(|read| to_core(&read, 0).ok());
                known.into_iter().flatten().for_each(|known| registry.insert(known));
            }
        }
        RegistryCopy::new(registry)
    }

    /// What becomes of a message; `None`: nothing, though it is said to be delivered.
    pub(super) fn sends(&mut self, message: Message) -> Option<Message> {
        let is_output = message.topic != Topic::ParcelEvents;
        self.sent += u64::from(is_output);
        if self.is(Mutant::SkippedOutput) && is_output && self.sent.is_multiple_of(SKIPPED) {
            return None;
        }
        if self.is(Mutant::ExpiryInTableOrder) && message.topic == Topic::Verdicts {
            return Some(self.in_table_order(message));
        }
        Some(message)
    }

    /// The message that is sent beside another.
    pub(super) fn sends_again(&self, message: &Message) -> Option<Message> {
        if !self.is(Mutant::HitAppliedTwice) || message.topic != Topic::ParcelEvents {
            return None;
        }
        let hit = Kind::Hit.as_str().as_bytes();
        let is_hit = message.headers.iter().any(|(_, kind)| kind == hit);
        let read = control::decode(hit, &message.value, Default::default()).ok();
        let Some(Control::Hit(mut hit)) = read.filter(|_| is_hit).map(|read| read.control) else {
            return None;
        };
        hit.id ^= 1;
        Some(control_message(message.partition, &Control::Hit(hit))).filter(is_raised)
    }

    /// What a process reads of the log.
    pub(super) fn reads(&mut self, (topic, partition): Place, from: u64, max: usize, records: &mut Vec<Record>) {
        if topic != Topic::ParcelEvents {
            return;
        }
        if self.is(Mutant::ExpiryInTableOrder) {
            let ticks = records.iter().filter(|record| is_kind(record, Kind::Tick));
            self.ticks.extend(ticks.map(|record| (partition, record.offset)));
        }
        if self.is(Mutant::ClockMovedByEvents) && self.life.is_multiple_of(2) && max > 1 && from > 0 {
            let events = std::mem::take(records);
            for record in events {
                let moves = record.headers.is_empty().then(|| tick_of(&record));
                records.push(record);
                records.extend(moves);
            }
        }
    }

    /// Neighbours change places.
    fn in_table_order(&self, mut message: Message) -> Message {
        let read: Result<Verdict, _> = prost::Message::decode(message.value.as_slice());
        let Ok(mut verdict) = read else { return message };
        let Some(at) = Position::parse(&verdict.version) else {
            return message;
        };
        if self.life.is_multiple_of(2) && self.ticks.contains(&(message.partition, at.offset)) {
            verdict.version = at.at(at.index ^ 1).to_string();
            message.value = prost::Message::encode_to_vec(&verdict);
        }
        message
    }
}

fn is_kind(record: &Record, kind: Kind) -> bool {
    let mut headers = record.headers.iter();
    headers.any(|(name, value)| name == KIND_HEADER && value == kind.as_str().as_bytes())
}

/// Whether a hit is raised, not taken back.
fn is_raised(message: &Message) -> bool {
    let read = control::decode(Kind::Hit.as_str().as_bytes(), &message.value, Default::default());
    matches!(read, Ok(control::Read { control: Control::Hit(hit), .. }) if hit.stands)
}

/// The tick that a record of events is taken for, under the offset after it.
fn tick_of(record: &Record) -> Record {
    let tick = Control::Tick(Tick {
        time: record.timestamp,
        registry_offset: 0,
        reset: false,
        recorded_at: record.timestamp,
    });
    let message = control_message(0, &tick);
    Record {
        offset: record.offset + 1,
        timestamp: record.timestamp,
        key: None,
        headers: message.headers,
        value: Some(message.value),
    }
}
