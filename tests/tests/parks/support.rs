//! A log and a store in memory, and shards on them.

use std::collections::BTreeMap;

use sanbai_core::registry::Registry;
use sanbai_core::shard::input::{Behaviour, Tick};
use sanbai_core::shard::row::{RestoreError, Row};
use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::ledger::Ledger;
use sanbai_engine::log::{Log, Message, ReadError, Record, Ticket, Topic};
use sanbai_engine::parcel::{ParcelSettings, ParcelStage, control_message};
use sanbai_engine::registry::RegistryCopy;
use sanbai_engine::stage::{Layout, Outbox, Stage, StageAlarm, Step};
use sanbai_engine::store::{Make, Store, StoreError, Writing};
use sanbai_engine::task::{Progress, Task, TaskSettings};
use sanbai_wire::control::Control;
use sanbai_wire::snapshot::ShardKind;
use sanbai_wire::{RawValues, TokenKeys};

/// One partition of input, and what became of messages.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) input: Vec<Record>,
    /// Records before this offset are gone.
    pub(crate) start: u64,
    /// Records that cannot be read, from and without.
    pub(crate) damaged: Option<(u64, u64)>,
    pub(crate) sent: Vec<Ticket>,
    /// Ids of the topic of events and of the registry.
    pub(crate) ids: [&'static str; 2],
}

impl Memory {
    /// Ticks, ten minutes apart.
    pub(crate) fn ticks(&mut self, count: i64) {
        self.ticks_each(600, count);
    }

    /// Ticks, so many seconds apart.
    pub(crate) fn ticks_each(&mut self, seconds: i64, count: i64) {
        for _ in 0..count {
            let number = i64::try_from(self.input.len()).expect("few");
            let time = start().plus(Span::seconds(seconds * number));
            let tick = Tick {
                time,
                registry_offset: 0,
                reset: false,
                recorded_at: time,
            };
            self.control(&Control::Tick(tick));
        }
    }

    pub(crate) fn control(&mut self, control: &Control) {
        let message = control_message(0, control);
        let number = i64::try_from(self.input.len()).expect("few");
        self.input.push(Record {
            offset: self.input.len() as u64,
            timestamp: start().plus(Span::minutes(10 * number)),
            key: message.key,
            headers: message.headers,
            value: Some(message.value),
        });
    }
}

impl Log for Memory {
    fn topic_id(&self, topic: Topic) -> String {
        self.ids[usize::from(topic == Topic::Registry)].to_owned()
    }

    fn read(&mut self, topic: Topic, _: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        if topic != Topic::ParcelEvents {
            return Ok(Vec::new());
        }
        let end = self.input.len() as u64;
        if from < self.start {
            return Err(ReadError::Gone { start: self.start });
        }
        if from > end {
            return Err(ReadError::Beyond { end });
        }
        let damaged = self.damaged.filter(|(_, to)| from < *to);
        let until = damaged.map_or(end, |(first, _)| first);
        if let Some((_, to)) = damaged.filter(|(first, _)| *first <= from) {
            return Err(ReadError::Damaged { from, to });
        }
        let from = usize::try_from(from).expect("few");
        let records = self.input.iter().skip(from).take(max);
        Ok(records.take_while(|record| record.offset < until).cloned().collect())
    }

    fn send(&mut self, _: Message) -> Ticket {
        let ticket = Ticket(self.sent.len() as u64);
        self.sent.push(ticket);
        ticket
    }
}

/// Objects in memory, and what becomes of large ones that are written beside.
#[derive(Default)]
pub(crate) struct Objects(
    pub(crate) BTreeMap<String, Vec<u8>>,
    pub(crate) Beside,
    /// So many small ones cannot be written.
    pub(crate) usize,
);

#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Beside {
    #[default]
    AtOnce,
    Slow,
    Fails,
}

impl Store for Objects {
    fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        if name.ends_with(".manifest") && self.2 > 0 {
            self.2 -= 1;
            return Err(StoreError::Unavailable);
        }
        self.0.insert(name.to_owned(), bytes);
        Ok(())
    }

    fn get(&mut self, name: &str) -> Result<Vec<u8>, StoreError> {
        self.0.get(name).cloned().ok_or(StoreError::NotFound)
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let names = self.0.keys().filter(|name| name.starts_with(prefix));
        Ok(names.cloned().collect())
    }

    fn delete(&mut self, name: &str) -> Result<(), StoreError> {
        self.0.remove(name);
        Ok(())
    }

    fn is_busy(&self) -> bool {
        false
    }

    fn now(&self) -> Timestamp {
        now()
    }

    fn begin(&mut self, name: &str, make: Make) -> Writing {
        self.put(name, make()).expect("memory takes it");
        Writing(0)
    }

    fn written(&mut self, _: Writing) -> Option<Result<(), StoreError>> {
        match self.1 {
            Beside::AtOnce => Some(Ok(())),
            Beside::Slow => None,
            Beside::Fails => Some(Err(StoreError::Unavailable)),
        }
    }
}

/// What the clock of the machine says, years after the log.
pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2031-01-01T00:00:00+08:00").expect("a time")
}

pub(crate) fn start() -> Timestamp {
    Timestamp::parse("2026-03-10T10:00:00+08:00").expect("a time")
}

pub(crate) fn layout() -> Layout {
    Layout {
        generation: 1,
        parcels: 1,
        scopes: 1,
    }
}

pub(crate) fn task() -> Task<ParcelStage> {
    Task::new(settings(layout()))
}

pub(crate) fn settings(layout: Layout) -> TaskSettings<ParcelSettings> {
    TaskSettings {
        partition: 0,
        layout,
        stage: ParcelSettings {
            keys: TokenKeys::single("test", [7; 32]).expect("a version of letters"),
            raw_values: RawValues::Forbid,
            profile: None,
            behaviour: Behaviour::CURRENT,
        },
        snapshot_every: 4,
        snapshots_kept: 3,
        batch_max: 2,
        unacknowledged_max: 1_000,
    }
}

/// A parcel stage that panics on the record at offset 2.
#[derive(Clone, Debug)]
pub(crate) struct Fragile(pub(crate) ParcelStage);

impl Stage for Fragile {
    const SHARD: ShardKind = ParcelStage::SHARD;
    const INPUT: Topic = ParcelStage::INPUT;
    type Settings = ParcelSettings;

    fn new(settings: &ParcelSettings, partition: u32, layout: Layout) -> Self {
        Self(ParcelStage::new(settings, partition, layout))
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Row> + '_> {
        self.0.rows()
    }

    fn restore(
        settings: &ParcelSettings,
        partition: u32,
        layout: Layout,
        next: u64,
        rows: &mut dyn Iterator<Item = Row>,
    ) -> Result<Self, RestoreError> {
        ParcelStage::restore(settings, partition, layout, next, rows).map(Self)
    }

    fn apply(&mut self, record: &Record, registry: &Registry, known: u64, out: &mut impl Outbox) -> Step {
        assert!(record.offset != 2, "a record that this shard cannot bear");
        self.0.apply(record, registry, known, out)
    }

    fn flush(&mut self, all: bool, registry: &Registry, out: &mut impl Outbox) {
        self.0.flush(all, registry, out);
    }

    fn ledger(&self) -> &Ledger {
        self.0.ledger()
    }

    fn ledger_mut(&mut self) -> &mut Ledger {
        self.0.ledger_mut()
    }

    fn alarms(&mut self) -> Vec<StageAlarm> {
        self.0.alarms()
    }

    fn clock(&self) -> Option<Timestamp> {
        self.0.clock()
    }

    fn registry_offset(&self) -> u64 {
        self.0.registry_offset()
    }

    fn own_behaviour(settings: &ParcelSettings) -> Behaviour {
        ParcelStage::own_behaviour(settings)
    }

    fn behaviour(&self) -> Behaviour {
        self.0.behaviour()
    }
}

/// Steps until nothing more happens; everything that is sent is delivered.
pub(crate) fn settle<S: Stage>(
    task: &mut Task<S>,
    log: &mut Memory,
    store: &mut Objects,
    registry: &RegistryCopy,
) -> Progress {
    for _ in 0..1_000 {
        let progress = task.step(log, store, registry);
        for ticket in std::mem::take(&mut log.sent) {
            task.delivered(ticket, Ok(()));
        }
        match progress {
            Progress::Worked(_) | Progress::AwaitsAcknowledgements => {}
            other => return other,
        }
    }
    unreachable!("it never comes to rest")
}

pub(crate) fn manifests(store: &Objects) -> Vec<&str> {
    let names = store.0.keys().filter(|name| name.ends_with(".manifest"));
    names.map(String::as_str).collect()
}
