//! The parcel stage is a function of its log: however a log is cut into batches, and from wherever its state is restored,
//! the same bytes come out.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;
use sanbai_core::shard::input::Behaviour;
use sanbai_engine::log::{Message, Record, Topic};
use sanbai_engine::parcel::{ParcelSettings, ParcelStage};
use sanbai_engine::registry::RegistryCopy;
use sanbai_engine::stage::{Layout, Stage, Step};
use sanbai_sim::simulation::recorded;
use sanbai_wire::proto::sighting::{Entry, Sightings};
use sanbai_wire::{RawValues, TokenKeys};

/// A log with the registry by which it is read.
struct Recorded {
    records: Vec<Record>,
    registry: RegistryCopy,
    layout: Layout,
}

fn log() -> Recorded {
    let count = |records: &[Record], kind: &[u8]| {
        let is_of = |record: &&Record| record.headers.iter().any(|(_, value)| value == kind);
        records.iter().filter(is_of).count()
    };
    // The first run with a crowd whose hits are among the records.
    let (records, known, layout) = (0..60)
        .map(|seed| recorded(seed, 500))
        .find(|(records, ..)| count(records, b"hit") > 5)
        .expect("many a seed has a crowd");
    assert!(count(&records, b"tick") > 50, "without ticks nothing expires");
    let mut registry = RegistryCopy::default();
    known.iter().for_each(|record| registry.apply(record));
    Recorded {
        records,
        registry,
        layout,
    }
}

fn settings() -> ParcelSettings {
    ParcelSettings {
        keys: TokenKeys::single("1", [7; 32]).expect("a version of one digit"),
        raw_values: RawValues::Forbid,
        profile: None,
        behaviour: Behaviour::CURRENT,
    }
}

/// What came out: sections by what they hold, everything else by its bytes.
#[derive(Debug, Default, PartialEq)]
struct Out {
    messages: Vec<Message>,
    entries: BTreeMap<u32, Vec<Entry>>,
}

impl Out {
    fn take(&mut self, messages: Vec<Message>) {
        for message in messages {
            if message.topic == Topic::Sightings {
                let read: Sightings = prost::Message::decode(message.value.as_slice()).expect("it was just written");
                let entries = read.sections.into_iter().flat_map(|section| section.entries);
                self.entries.entry(message.partition).or_default().extend(entries);
            } else {
                self.messages.push(message);
            }
        }
    }
}

/// Applies records and flushes after those of which `ends` says so, and after the last.
fn apply(stage: &mut ParcelStage, log: &Recorded, from: usize, ends: impl Fn(usize) -> bool) -> Out {
    let mut out = Out::default();
    for (place, record) in log.records.iter().enumerate().skip(from) {
        let mut messages = Vec::new();
        let (registry, known) = (log.registry.registry(), log.registry.next());
        assert_eq!(stage.apply(record, registry, known, &mut messages), Step::Applied);
        if ends(place) || place + 1 == log.records.len() {
            stage.flush(false, registry, &mut messages);
        }
        out.take(messages);
    }
    out
}

#[test]
fn from_every_offset_the_rest_is_the_same() {
    let log = log();
    let settings = settings();
    let mut whole = ParcelStage::new(&settings, 0, log.layout);
    let mut outs: Vec<Out> = Vec::new();
    let mut rows = Vec::new();
    for (place, record) in log.records.iter().enumerate() {
        rows.push(whole.rows().collect::<Vec<_>>());
        let one = Recorded {
            records: vec![record.clone()],
            registry: log.registry.clone(),
            layout: log.layout,
        };
        outs.push(apply(&mut whole, &one, 0, |_| true));
        assert_eq!(outs.len(), place + 1);
    }
    let end: Vec<_> = whole.rows().collect();
    for (place, rows) in rows.into_iter().enumerate() {
        let next = log.records[place].offset;
        let restored = ParcelStage::restore(&settings, 0, log.layout, next, &mut rows.into_iter());
        let mut restored = restored.expect("rows are read as they were written");
        let mut expected = Out::default();
        for out in &outs[place..] {
            expected.messages.extend(out.messages.iter().cloned());
            for (scope, entries) in &out.entries {
                expected
                    .entries
                    .entry(*scope)
                    .or_default()
                    .extend(entries.iter().cloned());
            }
        }
        assert_eq!(
            apply(&mut restored, &log, place, |_| true),
            expected,
            "from record {place}"
        );
        assert!(restored.rows().eq(end.iter().cloned()), "state from record {place}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn however_it_is_cut_the_same_comes_out(cuts in prop::collection::vec(any::<Index>(), 0..200)) {
        let log = log();
        let settings = settings();
        let cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(log.records.len())).collect();
        let mut one_by_one = ParcelStage::new(&settings, 0, log.layout);
        let expected = apply(&mut one_by_one, &log, 0, |_| true);
        let mut cut = ParcelStage::new(&settings, 0, log.layout);
        let found = apply(&mut cut, &log, 0, |place| cuts.contains(&place));
        prop_assert_eq!(found, expected);
        prop_assert!(cut.rows().eq(one_by_one.rows()));
    }
}
