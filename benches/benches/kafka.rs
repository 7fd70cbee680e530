//! The daemon on a real broker, against the least that any client of it can do: a loop that polls and throws away.
//!
//! `cargo bench --package sanbai-benches --bench kafka -- [EVENTS] [ROUNDS] [drain|latency|recovery …]`: 1,000,000 events and
//! 3 rounds if nothing is said. Three sides read the same topics, each in a process of its own, one after the other in each
//! round, on topics of its own; records of one event and records of a hundred. The loop. Parcel shards alone, on all cores,
//! with the records in memory and nothing sent: what any daemon needs that judges as they do. The daemon, which judges,
//! counts, alerts and sends all that follows; it has caught up when parcel shards have applied all events, scope shards all
//! that those sent, and all that both sent is acknowledged. Then: from a message to the urgent alert that follows from it,
//! under load; and from kill -9 under load until everything is applied again.

#![expect(clippy::print_stdout, reason = "a command that prints figures")]

mod load;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use load::{PARTITIONS, SCOPES, last_of_world};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use sanbai_core::registry::Registry;
use sanbai_core::shard::input::Behaviour;
use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::{KafkaLog, KafkaSettings};
use sanbai_engine::log::Topic;
use sanbai_engine::node::{Node, NodeSettings};
use sanbai_engine::objects::Objects;
use sanbai_engine::parcel::ParcelSettings;
use sanbai_rig::{Brokers, Options};
use sanbai_wire::snapshot::ShardKind;
use sanbai_wire::{RawValues, TokenKeys};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What can be asked for by name; all of it where none is named.
const GROUPS: [&str; 3] = ["drain", "latency", "recovery"];

/// What one process needed.
#[derive(Clone, Copy, Debug)]
struct Need {
    wall: f64,
    cpu: f64,
    peak_mb: f64,
}

/// The needs of the process so far: seconds on cores, and most memory in MB.
fn used() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells it");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name").split_whitespace().collect();
    let ticks: f64 = [11, 12]
        .iter()
        .map(|at| fields[*at].parse::<f64>().expect("ticks"))
        .sum();
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    (ticks / 100.0, peak.expect("a peak") / 1_000.0)
}

/// Polls everything on a topic and throws it away; what librdkafka is told is what the daemon tells it.
fn empty(brokers: &str, prefix: &str) -> Need {
    let topic = format!("{prefix}{}", Topic::ParcelEvents.name());
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "empty")
        .set("enable.auto.commit", "false")
        .set("check.crcs", "true")
        .set("queued.min.messages", "50000")
        .set("queued.max.messages.kbytes", "32768")
        .set("fetch.queue.backoff.ms", "20")
        .create()
        .expect("a consumer");
    let (started, before) = (Instant::now(), used().0);
    let mut list = TopicPartitionList::new();
    let mut left = 0_i64;
    for partition in 0..PARTITIONS as i32 {
        let (low, high) = consumer
            .fetch_watermarks(&topic, partition, Duration::from_secs(10))
            .expect("a broker");
        left += high - low;
        list.add_partition_offset(&topic, partition, Offset::Beginning)
            .expect("a partition");
    }
    consumer.assign(&list).expect("an assignment");
    let mut bytes = 0;
    while left > 0 {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            bytes += message.expect("a record").payload().map_or(0, <[u8]>::len);
            left -= 1;
        }
    }
    assert!(bytes > 0);
    let (cpu, peak_mb) = used();
    Need {
        wall: started.elapsed().as_secs_f64(),
        cpu: cpu - before,
        peak_mb,
    }
}

fn settings(brokers: &str, prefix: &str) -> KafkaSettings {
    KafkaSettings {
        prefix: prefix.to_owned(),
        group: format!("bench-{}", std::process::id()),
        ..KafkaSettings::new(brokers)
    }
}

/// A daemon without its command line.
fn node(log: &KafkaLog, objects: &Objects, clock: Clock) -> Node {
    Node::start(log, objects, Registry::default(), clock, &NodeSettings::new(parcel())).expect("a node")
}

fn parcel() -> ParcelSettings {
    ParcelSettings {
        keys: TokenKeys::single("1", [7; 32]).expect("a version of one digit"),
        raw_values: RawValues::Forbid,
        profile: None,
        behaviour: Behaviour::CURRENT,
    }
}

/// The shards of events alone.
fn judge(brokers: &str, prefix: &str) -> Need {
    let (wall, cpu) = load::judging::judge(brokers, prefix, &parcel());
    Need {
        wall,
        cpu,
        peak_mb: used().1,
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A daemon from nothing until it has caught up.
fn serve(brokers: &str, prefix: &str, snapshots: &Path, events: u64) -> Need {
    // The clock stands where the events end: ticks of now would say that years have passed.
    let clock = Clock::fast(last_of_world(events), 1);
    let (started, before) = (Instant::now(), used().0);
    let log = KafkaLog::open(settings(brokers, prefix), clock).expect("topics");
    let runtime = runtime();
    let objects = Objects::local(snapshots, runtime.handle().clone()).expect("a directory");
    let node = node(&log, &objects, clock);
    let is_there = |shard: ShardKind, ends: &[u64]| {
        let tasks = node.tasks();
        let there = tasks.iter().filter(|task| {
            let end = ends.get(task.partition as usize);
            task.shard == shard && task.unacknowledged == 0 && end.is_some_and(|end| task.next >= *end)
        });
        there.count() == ends.len()
    };
    let ends = |topic, partitions: u32| -> Vec<u64> {
        let end = |partition| log.range(topic, partition).expect("a broker").end;
        (0..partitions).map(end).collect()
    };
    let events = ends(Topic::ParcelEvents, PARTITIONS);
    while !is_there(ShardKind::Parcel, &events) {
        std::thread::park_timeout(Duration::from_millis(20));
    }
    // Nothing is added any more but by ticks of the daemon itself.
    let sections = ends(Topic::Sightings, SCOPES);
    while !is_there(ShardKind::Scope, &sections) {
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let (cpu, peak_mb) = used();
    let ignored = node
        .tasks()
        .iter()
        .map(|task| task.alarms.get("tick_ahead").copied().unwrap_or(0))
        .sum::<u64>();
    assert_eq!(ignored, 0, "a day without a clock is no day");
    let need = Need {
        wall: started.elapsed().as_secs_f64(),
        cpu: cpu - before,
        peak_mb,
    };
    node.stop(&log, Duration::ZERO);
    log.close(Duration::from_secs(5));
    need
}

/// One side in a process of its own.
fn child(arguments: &[&str]) -> Need {
    let own = std::env::current_exe().expect("its own path");
    let told = Command::new(own)
        .arg("child")
        .args(arguments)
        .output()
        .expect("it starts");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let text = String::from_utf8_lossy(&told.stdout);
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|number| number.parse().expect("a number"))
        .collect();
    Need {
        wall: numbers[0],
        cpu: numbers[1],
        peak_mb: numbers[2],
    }
}

fn be_child(arguments: &[String]) {
    if let [role, brokers, prefix, choice, snapshots] = arguments
        && role == "keep"
    {
        return load::recovery::keep((brokers, prefix, choice), Path::new(snapshots), node);
    }
    let [role, brokers, prefix, events] = arguments else {
        unreachable!("a child is told four things");
    };
    let events = events.parse().expect("a number");
    let need = match role.as_str() {
        "empty" => empty(brokers, prefix),
        "judge" => judge(brokers, prefix),
        _ => {
            let snapshots = tempfile::tempdir().expect("a directory");
            serve(brokers, prefix, snapshots.path(), events)
        }
    };
    println!("{} {} {}", need.wall, need.cpu, need.peak_mb);
}

fn median(needs: &[Need], of: fn(&Need) -> f64) -> f64 {
    let mut all: Vec<f64> = needs.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn say(name: &str, needs: &[Need], events: f64) -> (f64, f64) {
    let (wall, cpu) = (median(needs, |need| need.wall), median(needs, |need| need.cpu));
    println!(
        "  {name:<10} {wall:>7.2} s, {cpu:>7.2} s CPU, {:>8.0} events/s, {:>6.0} ns CPU an event, peak {:>5.0} MB",
        events / wall,
        cpu / events * 1e9,
        median(needs, |need| need.peak_mb)
    );
    (wall, cpu)
}

fn drains(brokers: &str, events: u64, rounds: usize) {
    for (name, each) in [("one", 1), ("hundred", 100)] {
        let (mut polled, mut judged, mut served) = (Vec::new(), Vec::new(), Vec::new());
        let (mut made, mut sent) = (0, Vec::new());
        let events_text = events.to_string();
        for round in 0..rounds {
            // What one daemon has sent, the next one would have to read.
            let prefix = format!("{name}.{round}.");
            made = load::fill(brokers, &prefix, events, each);
            polled.push(child(&["empty", brokers, &prefix, &events_text]));
            judged.push(child(&["judge", brokers, &prefix, &events_text]));
            served.push(child(&["serve", brokers, &prefix, &events_text]));
            sent = load::ends(brokers, &prefix);
        }
        println!("{made} events, {each} a record, {PARTITIONS} partitions, {rounds} rounds, medians:");
        let sent = sent.iter();
        let sent = sent.map(|(topic, messages)| format!("{topic} {:.3}", *messages as f64 / made as f64));
        println!("  messages an event: {}", sent.collect::<Vec<_>>().join(", "));
        let (wall, cpu) = say("empty loop", &polled, made as f64);
        let (judged_wall, _) = say("judging", &judged, made as f64);
        let (served_wall, served_cpu) = say("daemon", &served, made as f64);
        println!(
            "  ratio      {:>7.2} of the wall time (limit 2.5 for records of one event), {:.2} of the CPU",
            served_wall / wall,
            served_cpu / cpu
        );
        println!(
            "  of it      {:>7.2} are judging alone on all cores, without reading, counting and sending",
            judged_wall / wall
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "child") {
        return be_child(&arguments[1..]);
    }
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u64>().ok());
    let is_full = arguments.iter().any(|argument| argument == "--bench");
    let events = numbers.next().unwrap_or(if is_full { 1_000_000 } else { 2_000 });
    let rounds = numbers.next().unwrap_or(if is_full { 3 } else { 1 });
    let started = Brokers::start(Options::default());
    let brokers = match started {
        Ok(brokers) => brokers,
        Err(error) if !is_full => return println!("passed over, no Kafka: {error}"),
        Err(error) => unreachable!("a bench on Kafka needs Java and Maven: {error}"),
    };
    let address = brokers.bootstrap();
    let named = |group: &&str| arguments.iter().any(|argument| argument == group);
    let is_asked = |group: &str| !GROUPS.iter().any(named) || named(&group);
    if is_asked("drain") {
        drains(&address, events, usize::try_from(rounds).expect("a few"));
    }
    if is_asked("latency") {
        for rate in [5_000, 20_000] {
            let seconds = if is_full { 20 } else { 1 };
            load::latency(&address, rate, Duration::from_secs(seconds), |log, objects, clock| {
                node(log, objects, clock)
            });
        }
    }
    if is_asked("recovery") {
        let seconds = if is_full { 60 } else { 1 };
        load::recovery::measure(&address, 5_000, Duration::from_secs(seconds));
    }
}
