//! A log on brokers is handed over to another build: the old one stops exactly there with a snapshot, and the new one goes
//! on from it.

use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use sanbai_core::registry::Registry;
use sanbai_core::shard::input::Behaviour;
use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::{KafkaLog, KafkaSettings, Plan, Topics};
use sanbai_engine::local::Retention;
use sanbai_engine::log::{Append as _, Message, Topic};
use sanbai_engine::node::{Node, NodeSettings, State};
use sanbai_engine::objects::Objects;
use sanbai_engine::parcel::{ParcelSettings, control_message};
use sanbai_engine::task::Parked;
use sanbai_wire::control::Control;
use sanbai_wire::snapshot::ShardKind;
use sanbai_wire::{RawValues, TokenKeys};

const PATIENCE: Duration = Duration::from_secs(120);
const PARTITIONS: u32 = 3;
const OLD: Behaviour = Behaviour::CURRENT;
const NEW: Behaviour = Behaviour(OLD.0 + 1);

fn append(log: &KafkaLog, messages: Vec<Message>) {
    let (done, is_done) = sync_channel(1);
    let told = Box::new(move |delivery| done.send(delivery).expect("somebody waits"));
    log.append(messages, told).expect("there is room");
    is_done.recv_timeout(PATIENCE).expect("in time").expect("durable");
}

fn activate(behaviour: Behaviour) -> Vec<Message> {
    let control = Control::Activate(behaviour);
    (0..PARTITIONS)
        .map(|partition| control_message(partition, &control))
        .collect()
}

/// Something that no build can read, and all pass over.
fn records(count: u32) -> Vec<Message> {
    let record = |number: u32| Message {
        topic: Topic::ParcelEvents,
        partition: number % PARTITIONS,
        key: None,
        headers: Vec::new(),
        value: format!("{{{number}").into_bytes(),
    };
    (0..count).map(record).collect()
}

/// Runs a build on the log until all its parcel shards are as wanted.
fn run(brokers: &str, objects: &Objects, build: Behaviour, is_done: impl Fn(State, u64) -> bool) {
    let log = KafkaLog::open(settings(brokers), Clock::SYSTEM).expect("the topics are there");
    let parcel = ParcelSettings {
        keys: TokenKeys::single("1", [7; 32]).expect("a version of one digit"),
        raw_values: RawValues::Forbid,
        profile: None,
        behaviour: build,
    };
    let settings = NodeSettings::new(parcel);
    let node = Node::start(&log, objects, Registry::default(), Clock::SYSTEM, &settings).expect("a node");
    let begun = Instant::now();
    loop {
        let tasks = node.tasks();
        let parcels = tasks.iter().filter(|task| task.shard == ShardKind::Parcel);
        if parcels.filter(|task| is_done(task.state, task.next)).count() == PARTITIONS as usize {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{tasks:#?}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    node.stop(&log, Duration::ZERO);
    log.close(PATIENCE);
}

fn settings(brokers: &str) -> KafkaSettings {
    KafkaSettings {
        prefix: "handover.".to_owned(),
        ..KafkaSettings::new(brokers)
    }
}

#[test]
fn a_build_goes_on_where_the_one_before_it_stopped() {
    let Some(brokers) = sanbai_rig::brokers_or_say_why(1) else {
        return;
    };
    let address = brokers.bootstrap();
    let plan = Plan {
        parcels: PARTITIONS,
        scopes: 1,
        replication: None,
        is_rehearsal: true,
        retention: Retention::default(),
    };
    let topics = Topics::new(settings(&address)).expect("settings");
    topics.create(&plan).expect("topics are made");
    let log = KafkaLog::open(settings(&address), Clock::SYSTEM).expect("the topics are there");
    append(&log, activate(OLD));
    append(&log, records(300));
    append(&log, activate(NEW));
    append(&log, records(300));
    log.close(PATIENCE);

    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let objects = Objects::local(directory.path(), runtime.handle().clone()).expect("a directory");
    let is_changed = |state, _| state == State::Parked(Parked::BehaviourChanged(NEW));
    run(&address, &objects, OLD, is_changed);
    // One `activate`, then a third of the records; and the same once more.
    run(&address, &objects, NEW, |_, next| next >= 202);
    // The old one does not take it back.
    run(&address, &objects, OLD, |state, _| {
        matches!(state, State::Parked(Parked::BehaviourChanged(_)))
    });
}
