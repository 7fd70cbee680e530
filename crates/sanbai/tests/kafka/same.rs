//! One recorded log, read by one daemon and by three, in large and small pieces, with stops at many places: the same comes of it.

use std::collections::BTreeSet;
use std::thread::park_timeout;
use std::time::Duration;

use sanbai_core::shard::position::Position;
use sanbai_engine::clock::Clock;
use sanbai_engine::log::{Message, Topic};
use sanbai_rig::Brokers;
use sanbai_sim::simulation::Records as _;

use crate::alone_with_brokers;
use crate::feed::{self, Feed, Form};
use crate::fleet::{Fleet, seconds};
use crate::recorded::{Output, Recorded};
use crate::rig::{Place, append};
use crate::smoke::verdict_of;
use crate::story::{Story, next, setting};

/// Partitions of events and of sections.
const PARTITIONS: (u32, u32) = (6, 2);
/// Twelve hours take seven seconds.
const SPEED: u32 = 6_000;

/// How a recorded log is read.
struct Variant {
    name: &'static str,
    daemons: usize,
    batch: usize,
    stops: u64,
}

#[test]
fn the_same_comes_of_one_log_however_it_is_read() {
    let Some((_alone, brokers)) = alone_with_brokers(1) else {
        return;
    };
    let stops = setting("SANBAI_KAFKA_STOPS", 8);
    let mut seed = setting("SANBAI_KAFKA_SEED", 7);
    println!("SANBAI_KAFKA_STOPS={stops} SANBAI_KAFKA_SEED={seed}");
    let (input, now) = record(&brokers, &mut seed);
    let expected = [Topic::Verdicts, Topic::Rejects].map(|topic| before_the_end(&input, &input, topic));
    assert!(
        expected.iter().all(|outputs| !outputs.is_empty()),
        "something comes of it"
    );
    let variants = [
        ("one", 1, 1, 0),
        ("seven", 1, 7, 0),
        ("large", 1, 5_000, 0),
        ("three", 3, 7, 0),
        ("stopped", 1, 7, stops),
    ];
    for (name, daemons, batch, stops) in variants {
        let variant = Variant {
            name,
            daemons,
            batch,
            stops,
        };
        let output = read(&brokers, &input, now, &variant, &mut seed);
        let found = [Topic::Verdicts, Topic::Rejects].map(|topic| before_the_end(&input, &output, topic));
        for (found, expected) in found.iter().zip(&expected) {
            let (more, less) = (found.difference(expected), expected.difference(found));
            let (more, less) = (more.collect::<Vec<_>>(), less.collect::<Vec<_>>());
            assert!(more.is_empty() && less.is_empty(), "{name}: {more:?} and not {less:?}");
        }
        // Rows and standing alerts too: versions aside, they are what the oracle says.
        let seen = output.as_the_oracle_says();
        let seen = seen.unwrap_or_else(|difference| panic!("{name}: {difference}"));
        println!(
            "{name}: {} revisions, {} repeated",
            seen.revisions, seen.repeated_verdicts
        );
    }
}

/// A day as one daemon recorded it, ticks and hits among its events; and what its clock said in the end.
fn record(brokers: &Brokers, seed: &mut u64) -> (Recorded, u64) {
    let story = Story::new(2_000, *seed).first_hours(12);
    let place = Place::new(brokers, "recorded", PARTITIONS, &story);
    let mut fleet = Fleet::new(&place, 1, story.start, SPEED).start();
    let mut due = feed::messages(&story.told, PARTITIONS.0, Form::Single, seed);
    let start = story.start.cast_signed();
    due.extend(feed::rubbish(20, PARTITIONS.0, (start, start + 12 * 3_600), seed));
    Feed::begin(place.log(fleet.clock()), due, fleet.world).finish();
    fleet.let_all_fall_due(&place);
    let recorded = place.read();
    recorded.as_the_oracle_says().expect("all is as the oracle says");
    (recorded, fleet.daemons[0].now())
}

/// The same records on other topics, read in another way.
fn read(brokers: &Brokers, input: &Recorded, now: u64, variant: &Variant, seed: &mut u64) -> Recorded {
    let place = Place::bare(brokers, variant.name, PARTITIONS);
    let log = place.log(Clock::fast(seconds(now), 1));
    for topic in [Topic::Registry, Topic::ParcelEvents] {
        for partition in 0..input.layout.partitions(topic) {
            let records = input.records(topic, partition).iter();
            let messages = records.map(|record| Message {
                topic,
                partition,
                key: record.key.clone(),
                headers: record.headers.clone(),
                value: record.value.clone().unwrap_or_default(),
            });
            append(&log, messages.collect());
        }
    }
    let fleet = Fleet::new(&place, variant.daemons, now, 1);
    let mut fleet = fleet.with("NODE__BATCH_MAX", &variant.batch.to_string()).start();
    for stop in 0..variant.stops {
        park_timeout(Duration::from_millis(50 + next(seed) % 700));
        if stop % 2 == 0 {
            fleet.daemons[0].kill();
        } else {
            fleet.daemons[0].ask_to_end(1);
        }
        fleet.again_all();
    }
    fleet.let_holds_pass(&log);
    log.close(Duration::from_secs(10));
    place.read()
}

/// What comes of the records of `input`, and of none that came after them.
fn before_the_end(input: &Recorded, output: &Recorded, topic: Topic) -> BTreeSet<Output> {
    let is_before = |output: &Output| {
        let end = input.records(Topic::ParcelEvents, output.partition).len() as u64;
        offset_of(output, topic) < end
    };
    output.outputs(topic).into_iter().filter(is_before).collect()
}

fn offset_of(output: &Output, topic: Topic) -> u64 {
    if topic == Topic::Verdicts {
        return Position::parse(&verdict_of(output).version).expect("a position").offset;
    }
    let key = String::from_utf8(output.key.clone().expect("a key")).expect("text");
    let offset = key.rsplit('-').nth(1).expect("an offset");
    offset.parse().expect("a number")
}
