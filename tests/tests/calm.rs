//! An event that changes nothing is added without judging: whoever judges each in full says the same.

mod files;

use proptest::prelude::*;
use proptest::sample::Index;
use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::shard::input::{Input, Tick};
use sanbai_core::shard::output::{Output, Sink};
use sanbai_core::shard::parcel::ParcelShard;
use sanbai_core::shard::position::Position;
use sanbai_core::shard::row::Row;
use sanbai_core::time::{Span, Timestamp};
use sanbai_sim::world::{Plan, Told, World};
use sanbai_wire::proto::registry::RegistryRecord;
use sanbai_wire::{Decoder, Encoding, TokenKeys, encode_protobuf};

/// Everything that comes out, as lines.
#[derive(Default)]
struct Lines(Vec<String>);

impl Sink for Lines {
    fn put(&mut self, at: Position, output: Output<'_>) {
        self.0.push(format!("{at:?} {output:?}"));
    }
}

/// A shard as it is, and one that judges each event in full.
#[derive(Default)]
struct Both {
    registry: Registry,
    usual: ParcelShard,
    thorough: ParcelShard,
    next: u64,
    /// What is told.
    story: String,
}

impl Both {
    fn with(records: &[RegistryRecord]) -> Self {
        let mut both = Self::default();
        for (offset, record) in (0..).zip(records) {
            let record = sanbai_wire::registers::to_core(record, offset).expect("the record is right");
            record.into_iter().for_each(|record| both.registry.insert(record));
        }
        both
    }

    /// The same comes out of both.
    fn put(&mut self, input: Input<'_>) {
        let at = Position {
            generation: 1,
            offset: self.next,
            index: 0,
        };
        self.next += 1;
        let (mut usual, mut thorough) = (Lines::default(), Lines::default());
        self.usual.handle(at, input.clone(), self.registry.view(), &mut usual);
        self.thorough.judge_in_full();
        let said = format!("{input:?}");
        self.thorough.handle(at, input, self.registry.view(), &mut thorough);
        assert_eq!(usual.0, thorough.0, "{}: {said}", self.story);
    }

    fn tick(&mut self, time: Timestamp, registry_offset: u64, reset: bool) {
        self.put(Input::Tick(Tick {
            time,
            registry_offset,
            reset,
            recorded_at: time,
        }));
    }

    fn is_alike(&self) {
        let rows = |shard: &ParcelShard| shard.rows().collect::<Vec<Row>>();
        assert_eq!(rows(&self.usual), rows(&self.thorough));
    }
}

/// Days of a district while its registers come in, on a clock that is once set back.
fn days(seed: u64) {
    let world = World::new(&Plan {
        parcels: 500,
        days: 2,
        seed,
        violation_rate_per_10k: 2_000,
        ..Plan::default()
    });
    let records = world.registers();
    let all = records.len() as u64;
    let mut both = Both::with(&records);
    let rules = Rules::builtin();
    let keys = TokenKeys::single("1", [7; 32]).expect("a version of one digit");
    let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
    let (mut clock, mut ticks) = (None::<Timestamp>, 0_u64);
    for told in world.stream() {
        let Told::Event(event) = told else { continue };
        let decoded = decoder.decode(&encode_protobuf(&event), Encoding::Protobuf);
        let decoded = decoded.expect("a generated event is right");
        while clock.is_none_or(|clock| clock.plus(Span::minutes(5)) <= decoded.intake_at()) {
            let time = clock.map_or(decoded.intake_at(), |clock| clock.plus(Span::minutes(5)));
            ticks += 1;
            // Most of the registers are there from the start; the rest comes over the days.
            both.tick(time, (all * 9 / 10 + ticks / 8).min(all), false);
            if ticks == 200 {
                both.tick(time.minus(Span::hours(5)), all, true);
                (0..31).for_each(|step| both.tick(time.minus(Span::minutes(300 - step * 10)), all, false));
            }
            clock = Some(time);
        }
        if let Some(event) = decoded.event() {
            both.put(Input::Event(&event));
        }
    }
    both.is_alike();
}

#[test]
fn over_generated_days_it_makes_no_difference() {
    (1..=4).for_each(days);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn in_any_scenario_it_makes_no_difference(
        swaps in prop::collection::vec((any::<Index>(), any::<Index>()), 0..2),
        step in 1_i64..15,
    ) {
        let files = files::all().into_iter();
        let scenarios = files.flat_map(|file| file.scenarios.into_iter().map(move |scenario| (file.name.clone(), scenario)));
        for (file, mut scenario) in scenarios {
            let events = &mut scenario.events;
            events.sort_by_key(|event| (event.event().map(|event| event.occurred_at), event.intake_at()));
            for (one, other) in &swaps {
                if !events.is_empty() {
                    let (one, other) = (one.index(events.len()), other.index(events.len()));
                    events.swap(one, other);
                }
            }
            let mut both = Both::with(&scenario.registry);
            both.story = format!("{file}: {}", scenario.topic);
            for decoded in &scenario.events {
                let next = both.usual.clock().map_or(decoded.intake_at(), |clock| clock.plus(Span::minutes(step)));
                if step % 3 != 0 || both.usual.clock().is_none() {
                    both.tick(next, scenario.registry.len() as u64, false);
                }
                if let Some(event) = decoded.event() {
                    both.put(Input::Event(&event));
                }
            }
            both.is_alike();
        }
    }
}
