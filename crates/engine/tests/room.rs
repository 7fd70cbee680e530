//! A shard takes nothing while more comes than memory has room for: the others get what is theirs all the same, and it finds
//! its own where it left off.

use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::{KafkaLog, KafkaProducer, KafkaSettings, Plan, Topics};
use sanbai_engine::local::Retention;
use sanbai_engine::log::{Append as _, Log as _, Message, ReadError, Topic};

const PATIENCE: Duration = Duration::from_secs(120);
/// Room for a third of what lies in a partition.
const ROOM: usize = 1 << 20;
const RECORDS: u64 = 3_000;
const PARTITIONS: u32 = 8;
/// The one that is taken from.
const LAST: u32 = PARTITIONS - 1;

fn append(log: &KafkaLog, messages: Vec<Message>) {
    let (done, is_done) = sync_channel(1);
    let told = Box::new(move |delivery| done.send(delivery).expect("somebody waits"));
    log.append(messages, told).expect("there is room");
    is_done.recv_timeout(PATIENCE).expect("in time").expect("durable");
}

fn record(partition: u32, number: u64) -> Message {
    Message {
        topic: Topic::ParcelEvents,
        partition,
        key: None,
        headers: Vec::new(),
        value: format!("{partition} {number:01000}").into_bytes(),
    }
}

/// Reads a partition up to an offset, in steps of at most so many records; each must be the next one.
fn read(producer: &mut KafkaProducer, partition: u32, from: u64, to: u64, step: usize) {
    let (mut next, begun) = (from, Instant::now());
    while next < to {
        assert!(begun.elapsed() < PATIENCE, "partition {partition} stands at {next}");
        let left = usize::try_from(to - next).expect("a few");
        match producer.read(Topic::ParcelEvents, partition, next, step.min(left)) {
            Ok(records) if records.is_empty() => std::thread::park_timeout(Duration::from_millis(1)),
            Ok(records) => {
                for read in records {
                    let expected = record(partition, read.offset).value;
                    assert_eq!((read.offset, read.value), (next, Some(expected)));
                    next += 1;
                }
            }
            Err(error) => assert_eq!(error, ReadError::Unavailable),
        }
    }
}

#[test]
fn who_takes_nothing_keeps_nothing_from_the_others() {
    let Some(brokers) = sanbai_rig::brokers_or_say_why(1) else {
        return;
    };
    let settings = KafkaSettings {
        prefix: "room.".to_owned(),
        buffer_bytes: ROOM,
        ..KafkaSettings::new(brokers.bootstrap())
    };
    let topics = Topics::new(settings.clone()).expect("settings");
    let plan = Plan {
        parcels: PARTITIONS,
        scopes: 1,
        replication: None,
        is_rehearsal: true,
        retention: Retention::default(),
    };
    topics.create(&plan).expect("topics are made");
    let log = KafkaLog::open(settings, Clock::SYSTEM).expect("the topics are there");
    for partition in 0..PARTITIONS {
        for first in (0..RECORDS).step_by(1_000) {
            append(
                &log,
                (first..first + 1_000).map(|number| record(partition, number)).collect(),
            );
        }
    }
    let mut producer = log.producer();
    for partition in 0..LAST {
        read(&mut producer, partition, 0, 1, 1);
    }
    // They wait for something, and look at their next records again and again; or they stand still.
    for to in 1..=RECORDS / 100 {
        for partition in (0..LAST).filter(|_| to <= 10) {
            if let Ok(records) = producer.read(Topic::ParcelEvents, partition, 1, 100) {
                producer.give_back(Topic::ParcelEvents, partition, records);
            }
        }
        read(&mut producer, LAST, (to - 1) * 100, to * 100, 7);
    }
    let health = log.health();
    assert!(health.sheds > 0, "{health:?}");
    // What is held is at most the room, and a record more.
    assert!(health.read_bytes <= ROOM + 2_000, "{health:?}");
    // In turn, so that each waits for the other.
    for to in [RECORDS / 4, RECORDS / 2, RECORDS] {
        for (partition, step) in [(0, 7), (1, 256), (LAST - 1, 1)] {
            let from = if to == RECORDS / 4 { 1 } else { to / 2 };
            read(&mut producer, partition, from, to, step);
        }
    }
    assert_eq!(log.health().gaps, 0, "{:?}", log.health());
    log.close(PATIENCE);
}
