//! What a daemon left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use prost::Message as _;
use sanbai_core::shard::input::Behaviour;
use sanbai_engine::clock::Clock;
use sanbai_engine::local::{LocalLog, LocalSettings};
use sanbai_engine::log::{Append as _, Message, ReadError, Record, Topic};
use sanbai_engine::parcel::{ParcelSettings, ParcelStage};
use sanbai_engine::registry::{RegistryCopy, message_of_record};
use sanbai_engine::stage::{Layout, Stage as _, Step};
use sanbai_sim::simulation::{Records, Seen, log_at_rest};
use sanbai_wire::proto::event::{ParcelEvent, ParcelEventBatch};
use sanbai_wire::proto::registry::RegistryRecord;
use sanbai_wire::{RawValues, TokenKeys};

/// A clock moves by at most ten minutes a tick, in nanoseconds.
const TICK_MOST: i64 = 600 * 1_000_000_000;

/// Makes the data directory, with registers on its log.
pub(crate) fn begin(directory: &Path, registers: &[RegistryRecord]) {
    let settings = LocalSettings {
        free_min: 0.01,
        ..LocalSettings::default()
    };
    let log = LocalLog::open(directory, &settings, Clock::SYSTEM).expect("a new log");
    append(&log, registers.iter().map(message_of_record).collect());
    log.close().expect("durable");
}

/// Appends messages, and waits until they are durable.
pub(crate) fn append(log: &LocalLog, messages: Vec<Message>) {
    let (done, all) = std::sync::mpsc::sync_channel(1);
    let told = Box::new(move |delivery| done.send(delivery).expect("somebody waits"));
    log.append(messages, told).expect("there is room");
    all.recv().expect("told").expect("durable");
}

/// Everything on a log.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) layout: Layout,
    records: BTreeMap<(Topic, u32), Vec<Record>>,
    /// What cannot be read: where, from and without.
    pub(crate) damaged: Vec<(Topic, u32, u64, u64)>,
}

impl Records for Recorded {
    fn records(&self, topic: Topic, partition: u32) -> &[Record] {
        self.records.get(&(topic, partition)).map_or(&[], Vec::as_slice)
    }
}

impl Recorded {
    pub(crate) fn read(directory: &Path) -> Self {
        let log = LocalLog::open(directory, &LocalSettings::default(), Clock::SYSTEM).expect("a log");
        let layout = log.layout();
        let (mut records, mut damaged) = (BTreeMap::new(), Vec::new());
        for topic in Topic::ALL {
            for partition in 0..layout.parcels {
                let (mut from, mut all) = (0, Vec::new());
                let end = log.range(topic, partition).end;
                while from < end {
                    match log.read(topic, partition, from, 1_000) {
                        Ok(more) => {
                            from = more.last().expect("it does not end here").offset + 1;
                            all.extend(more);
                        }
                        Err(ReadError::Damaged { to, .. }) => {
                            damaged.push((topic, partition, from, to));
                            from = to;
                        }
                        Err(error) => panic!("{topic} {partition} {from}: {error:?}"),
                    }
                }
                records.insert((topic, partition), all);
            }
        }
        log.close().expect("nothing waits");
        Self {
            damaged,
            ..Self::of(layout, records)
        }
    }

    /// What was read elsewhere.
    pub(crate) const fn of(layout: Layout, records: BTreeMap<(Topic, u32), Vec<Record>>) -> Self {
        Self {
            layout,
            records,
            damaged: Vec::new(),
        }
    }

    pub(crate) fn all(&self, topic: Topic) -> impl Iterator<Item = &Record> {
        let records = self.records.iter().filter(move |((of, _), _)| *of == topic);
        records.flat_map(|(_, records)| records)
    }

    /// Ids of all events.
    pub(crate) fn event_ids(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for record in self.all(Topic::ParcelEvents).filter(|record| !is_control(record)) {
            ids.extend(event_ids(record));
        }
        ids
    }

    /// Verdicts, rows, alerts, hits, sections and rejects are what the oracle reads from the events.
    pub(crate) fn as_the_oracle_says(&self) -> Result<Seen, String> {
        log_at_rest(self, self.layout, true)
    }

    /// The same stages over the same log, in one go, send the same bytes under the same versions.
    pub(crate) fn as_a_replay_says(&self) {
        let mut registry = RegistryCopy::default();
        self.all(Topic::Registry).for_each(|record| registry.apply(record));
        let settings = ParcelSettings {
            keys: TokenKeys::single("none", [0; 32]).expect("a version of letters"),
            raw_values: RawValues::Forbid,
            profile: None,
            behaviour: Behaviour::CURRENT,
        };
        let mut expected: BTreeMap<Topic, BTreeSet<Output>> = BTreeMap::new();
        for partition in 0..self.layout.parcels {
            let mut stage = ParcelStage::new(&settings, partition, self.layout);
            for record in self.records(Topic::ParcelEvents, partition) {
                if record.offset > stage.ledger().next {
                    stage.ledger_mut().pass_over(record.offset);
                }
                let before = stage.clock();
                let mut out: Vec<Message> = Vec::new();
                let step = stage.apply(record, registry.registry(), registry.next(), &mut out);
                assert_eq!(step, Step::Applied);
                if let (Some(before), Some(after)) = (before, stage.clock()) {
                    let moved = after.as_nanos() - before.as_nanos();
                    assert!(
                        (0..=TICK_MOST).contains(&moved),
                        "{partition} {}: {moved} ns",
                        record.offset
                    );
                }
                for message in out {
                    let output = Output::of(message.partition, message.key, message.headers, Some(message.value));
                    expected.entry(message.topic).or_default().insert(output);
                }
            }
            assert!(stage.ledger().adds_up());
        }
        for topic in [Topic::Verdicts, Topic::Rejects] {
            let found = self.outputs(topic);
            let expected = expected.remove(&topic).unwrap_or_default();
            assert!(
                found == expected,
                "{topic}: {} sent, {} by replay",
                found.len(),
                expected.len()
            );
        }
        // Those on outlets stand there, too.
        let urgent = expected.remove(&Topic::Alerts).unwrap_or_default();
        let missing = urgent.difference(&self.outputs(Topic::Alerts)).count();
        assert_eq!(missing, 0, "of {} urgent alerts by replay", urgent.len());
    }

    /// What lies on a topic, repetitions aside.
    pub(crate) fn outputs(&self, topic: Topic) -> BTreeSet<Output> {
        let records = self.records.iter().filter(|((of, _), _)| *of == topic);
        records
            .flat_map(|((_, partition), records)| records.iter().map(|record| (*partition, record.clone())))
            .map(|(partition, record)| Output::of(partition, record.key, record.headers, record.value))
            .collect()
    }
}

/// What a reader gets of an output, repetitions aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Output {
    pub(crate) partition: u32,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) value: Option<Vec<u8>>,
}

impl Output {
    const fn of(partition: u32, key: Option<Vec<u8>>, headers: Vec<(String, Vec<u8>)>, value: Option<Vec<u8>>) -> Self {
        Self {
            partition,
            key,
            headers,
            value,
        }
    }
}

/// Ids of the events in a record; none of what is no event in protobuf.
pub(crate) fn event_ids(record: &Record) -> Vec<String> {
    let value = record.value.as_deref().unwrap_or_default();
    if record.key.is_some() {
        let event = ParcelEvent::decode(value);
        return event.into_iter().map(|event| event.event_id).collect();
    }
    let batch = ParcelEventBatch::decode(value);
    batch
        .unwrap_or_default()
        .events
        .into_iter()
        .map(|event| event.event_id)
        .collect()
}

pub(crate) fn is_control(record: &Record) -> bool {
    record.headers.iter().any(|(name, _)| name == "sanbai-kind")
}
