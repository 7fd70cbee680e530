//! Stages: what follows from one record, decided without touching anything else.

use std::fmt;

use sanbai_core::registry::Registry;
use sanbai_core::shard::input::Behaviour;
use sanbai_core::shard::output::Alarm;
use sanbai_core::shard::position::Position;
use sanbai_core::shard::row::{RestoreError, Row};
use sanbai_core::shard::scope::ScopeAlarm;
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::Verdict;
use sanbai_wire::snapshot::ShardKind;

use crate::ledger::Ledger;
use crate::log::{Message, Record, Topic};

/// Ordinals in one record end here.
pub const INDEX_MAX: u32 = 99_999_999;

/// How the topics are laid out. The same for every process that reads or writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Re-creations of the topics, from 1.
    pub generation: u16,
    /// Partitions of `sanbai.parcel-events`, `sanbai.verdicts` and `sanbai.rejects`.
    pub parcels: u32,
    /// Partitions of `sanbai.sightings`, `sanbai.compliance` and `sanbai.alerts`.
    pub scopes: u32,
}

impl Layout {
    /// Partitions of a topic.
    pub const fn partitions(self, topic: Topic) -> u32 {
        match topic {
            Topic::ParcelEvents | Topic::Verdicts | Topic::Rejects => self.parcels,
            Topic::Sightings | Topic::Compliance | Topic::Alerts => self.scopes,
            Topic::Registry => 1,
        }
    }
}

/// Takes messages one by one, in their order.
pub trait Outbox {
    /// Takes a message.
    fn put(&mut self, message: Message);

    /// Takes note of a parcel that was judged for the last time. For whoever sums up: no message says it.
    fn retired(&mut self, _verdict: &Verdict<'_>) {}
}

impl Outbox for Vec<Message> {
    fn put(&mut self, message: Message) {
        self.push(message);
    }
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was applied.
    Applied,
    /// The registry must be known up to an offset first. Nothing was changed.
    AwaitsRegistry(u64),
    /// Another behaviour runs from this record on. Nothing was changed.
    AnotherBehaviour(Behaviour),
}

/// One shard with its decoder and encoder.
pub trait Stage: Sized + Clone + fmt::Debug + Send + 'static {
    /// Which shard.
    const SHARD: ShardKind;
    /// What it reads.
    const INPUT: Topic;
    /// What it is made from.
    type Settings: Clone + fmt::Debug;

    /// A shard that has seen nothing.
    fn new(settings: &Self::Settings, partition: u32, layout: Layout) -> Self;

    /// Its state as rows.
    fn rows(&self) -> Box<dyn Iterator<Item = Row> + '_>;

    /// The state that rows hold; everything before `next` was applied.
    ///
    /// # Errors
    /// Where they do not hold one.
    fn restore(
        settings: &Self::Settings,
        partition: u32,
        layout: Layout,
        next: u64,
        rows: &mut dyn Iterator<Item = Row>,
    ) -> Result<Self, RestoreError>;

    /// Makes ready for records that are to be applied next. Changes nothing.
    fn warm(&self, _records: &[Record]) {}

    /// Applies a record; what follows goes to `out`. `registry` knows everything before the offset `known`.
    fn apply(&mut self, record: &Record, registry: &Registry, known: u64, out: &mut impl Outbox) -> Step;

    /// Sends what was held back to be sent together. `all`: also what says no more than that there was nothing, so that
    /// whoever goes on from here need not know what was sent before.
    fn flush(&mut self, all: bool, registry: &Registry, out: &mut impl Outbox);

    /// What became of everything since it was made or restored.
    fn ledger(&self) -> &Ledger;

    /// The same, for whoever passes over offsets.
    fn ledger_mut(&mut self) -> &mut Ledger;

    /// What an operator must know, since it was asked last.
    fn alarms(&mut self) -> Vec<StageAlarm>;

    /// Its clock.
    fn clock(&self) -> Option<Timestamp>;

    /// It uses the registry records before this offset.
    fn registry_offset(&self) -> u64;

    /// The behaviour that this build has.
    fn own_behaviour(settings: &Self::Settings) -> Behaviour;

    /// The behaviour that the log names.
    fn behaviour(&self) -> Behaviour;
}

/// What an operator must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageAlarm {
    /// Of a parcel shard.
    Parcel(Alarm),
    /// Of a scope shard.
    Scope(ScopeAlarm),
}

impl StageAlarm {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Parcel(Alarm::TickAhead { .. }) => "tick_ahead",
            Self::Parcel(Alarm::HitWithoutParcel) => "hit_without_parcel",
            Self::Parcel(Alarm::TooManyHits) => "too_many_hits",
            Self::Scope(ScopeAlarm::Gap { .. }) => "source_gap",
            Self::Scope(ScopeAlarm::GapHealed { .. }) => "source_gap_healed",
            Self::Scope(ScopeAlarm::SourceLeftOut { is_out: true, .. }) => "source_left_out",
            Self::Scope(ScopeAlarm::SourceLeftOut { is_out: false, .. }) => "source_back",
            Self::Scope(ScopeAlarm::UnknownSource { .. }) => "source_unknown",
            Self::Scope(ScopeAlarm::NegativeCount) => "negative_count",
            Self::Scope(ScopeAlarm::TooLate { .. }) => "frozen_day_changed",
        }
    }
}

/// Everything before a record, as the last position before it.
pub(crate) const fn before(generation: u16, offset: u64) -> Position {
    match offset.checked_sub(1) {
        Some(offset) => Position {
            generation,
            offset,
            index: INDEX_MAX,
        },
        None => Position::START,
    }
}

/// The headers of a record as the wire reads them.
pub(crate) fn headers(record: &Record) -> Vec<(&str, &[u8])> {
    let headers = record.headers.iter();
    headers.map(|(name, value)| (name.as_str(), value.as_slice())).collect()
}
