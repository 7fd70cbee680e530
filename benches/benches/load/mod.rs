//! What is put on the brokers.

pub(crate) mod judging;
pub(crate) mod recovery;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sanbai_core::rules::Rules;
use sanbai_core::shard::input::{Behaviour, Tick};
use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::{Choice, KafkaLog, KafkaSettings, Plan, Topics};
use sanbai_engine::local::Retention;
use sanbai_engine::log::{Append as _, Message, Topic};
use sanbai_engine::node::Node;
use sanbai_engine::objects::Objects;
use sanbai_engine::parcel::control_message;
use sanbai_engine::registry::message_of_record;
use sanbai_sim::world::{self, Told, World};
use sanbai_wire::control::Control;
use sanbai_wire::{Decoder, Encoding, TokenKeys, encode_batch, encode_protobuf};

/// Partitions of events.
pub(crate) const PARTITIONS: u32 = 12;
/// Partitions of sections.
pub(crate) const SCOPES: u32 = 3;
/// Seconds between two ticks of the world.
const TICK: i64 = 5;
/// Events of a parcel of the world, about.
const EVENTS_A_PARCEL: u64 = 6;

fn world(events: u64) -> World {
    World::new(&world::Plan {
        parcels: (events / EVENTS_A_PARCEL).max(1),
        ..world::Plan::default()
    })
}

/// The end of the day that a world tells of.
pub(crate) fn last_of_world(events: u64) -> Timestamp {
    let mut last = Timestamp::default();
    let world = world(events.min(5_000));
    for told in world.stream() {
        if let Told::Event(event) = told {
            let at = event.intake_at.as_ref().or(event.occurred_at.as_ref());
            let at = at.and_then(|at| Timestamp::from_parts(at.seconds, at.nanos));
            last = last.max(at.unwrap_or_default());
        }
    }
    last
}

fn client(brokers: &str, prefix: &str, clock: Clock, is_live: bool) -> KafkaLog {
    let settings = KafkaSettings {
        prefix: prefix.to_owned(),
        assignment: Choice::List {
            parcels: Vec::new(),
            scopes: Vec::new(),
        },
        ..KafkaSettings::new(brokers)
    };
    let plan = Plan {
        parcels: PARTITIONS,
        scopes: SCOPES,
        replication: None,
        is_rehearsal: !is_live,
        retention: Retention::default(),
    };
    Topics::new(settings.clone())
        .and_then(|topics| topics.create(&plan))
        .expect("topics are made");
    KafkaLog::open(settings, clock).expect("topics")
}

/// Appends messages, and counts what is not durable yet.
struct Appender {
    log: KafkaLog,
    waiting: Arc<AtomicU64>,
}

impl Appender {
    fn new(log: KafkaLog) -> Self {
        Self {
            log,
            waiting: Arc::default(),
        }
    }

    fn put(&self, messages: Vec<Message>) {
        let signal = self.log.signal();
        loop {
            let seen = signal.now();
            let waiting = Arc::clone(&self.waiting);
            let done = Box::new(move |done: Result<(), _>| {
                done.expect("durable");
                waiting.fetch_sub(1, Ordering::AcqRel);
            });
            self.waiting.fetch_add(1, Ordering::AcqRel);
            if self.log.append(messages.clone(), done).is_ok() {
                return;
            }
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            signal.wait(seen, Duration::from_millis(2));
        }
    }

    fn finish(&self) {
        while self.waiting.load(Ordering::Acquire) > 0 {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

fn message(partition: u32, key: Option<String>, value: Vec<u8>) -> Message {
    Message {
        topic: Topic::ParcelEvents,
        partition,
        key: key.map(String::into_bytes),
        headers: vec![("content-type".to_owned(), b"application/protobuf".to_vec())],
        value,
    }
}

/// Puts a generated day on topics of their own, with its registers and a tick every 5 s; so many events a record. Says how
/// many events that are.
pub(crate) fn fill(brokers: &str, prefix: &str, events: u64, each: usize) -> u64 {
    let world = world(events);
    // Stamped with the day after: a tick that is ahead of its own record is not believed.
    let stamped = last_of_world(events).plus(Span::hours(24));
    let log = client(brokers, prefix, Clock::fast(stamped, 1), false);
    let appender = Appender::new(log);
    let registers = world.registers();
    appender.put(registers.iter().map(message_of_record).collect());
    let known = registers.len() as u64;
    let control = |control: &Control| {
        (0..PARTITIONS)
            .map(|partition| control_message(partition, control))
            .collect()
    };
    appender.put(control(&Control::Activate(Behaviour::CURRENT)));
    let rules = Rules::builtin();
    let keys = TokenKeys::single("1", [7; 32]).expect("a version of one digit");
    let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
    let mut piles: BTreeMap<u32, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    let flush = |partition: u32, pile: &mut Vec<(String, Vec<u8>)>| {
        if each == 1 {
            let messages = pile.drain(..).map(|(key, bytes)| message(partition, Some(key), bytes));
            appender.put(messages.collect());
        } else if !pile.is_empty() {
            let batch = encode_batch(pile.iter().map(|(_, bytes)| bytes.as_slice()));
            pile.clear();
            appender.put(vec![message(partition, None, batch)]);
        }
    };
    let (mut clock, mut made): (Option<Timestamp>, u64) = (None, 0);
    for told in world.stream() {
        let Told::Event(event) = told else { continue };
        let decoded = decoder
            .decode(&encode_protobuf(&event), Encoding::Protobuf)
            .expect("a generated event is right");
        let now = decoded.intake_at();
        if clock.is_none_or(|clock| clock.plus(Span::seconds(TICK)) <= now) {
            clock = Some(now);
            // Whoever fills batches knows nothing of ticks.
            if each == 1 {
                piles.iter_mut().for_each(|(partition, pile)| flush(*partition, pile));
            }
            let tick = Control::Tick(Tick {
                time: now,
                registry_offset: known,
                reset: false,
                recorded_at: now,
            });
            appender.put(control(&tick));
        }
        let partition = decoded.partition(PARTITIONS).expect("there are some");
        let pile = piles.entry(partition).or_default();
        pile.push((decoded.key(), decoded.as_bytes().to_vec()));
        made += 1;
        if pile.len() >= 100 {
            flush(partition, pile);
        }
    }
    piles.iter_mut().for_each(|(partition, pile)| flush(*partition, pile));
    appender.finish();
    appender.log.close(Duration::from_secs(10));
    made
}

/// How many messages lie on each topic.
pub(crate) fn ends(brokers: &str, prefix: &str) -> Vec<(&'static str, u64)> {
    let log = client(brokers, prefix, Clock::SYSTEM, false);
    let layout = log.layout();
    let ends = Topic::ALL.map(|topic| {
        let partitions = 0..layout.partitions(topic);
        let ends = partitions.map(|partition| log.range(topic, partition).expect("a broker").end);
        (topic.name(), ends.sum())
    });
    log.close(Duration::from_secs(5));
    ends.to_vec()
}

/// An event of a parcel that happens now.
fn event(number: u64, step: u32, what: &str) -> String {
    let now = Clock::SYSTEM.now();
    format!(
        r#"{{"eventId":"01957d3c-{step:04x}-7000-8000-{number:012x}","brand":"SF","waybill":"SF{number:013}","site":"GZ-0001","operator":"C-{:02}","occurredAt":"{now}",{what}}}"#,
        number % 20
    )
}

/// From a message to the urgent alert that follows from it, while a daemon takes so many events a second.
pub(crate) fn latency(brokers: &str, rate: u64, time: Duration, node: impl FnOnce(&KafkaLog, &Objects, Clock) -> Node) {
    let prefix = format!("live{rate}.");
    let sender = client(brokers, &prefix, Clock::SYSTEM, true);
    let settings = KafkaSettings {
        prefix,
        group: format!("live-{rate}"),
        ..KafkaSettings::new(brokers)
    };
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let objects = Objects::local(directory.path(), runtime.handle().clone()).expect("a directory");
    let log = KafkaLog::open(settings, Clock::SYSTEM).expect("topics");
    let node = node(&log, &objects, Clock::SYSTEM);
    let appender = Appender::new(sender);
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        scope.spawn(|| background(&appender, rate, &stop, &sent));
        let times = probes(&log, &appender, time);
        stop.store(true, Ordering::Release);
        times
    });
    times.sort_unstable();
    let reached = sent.load(Ordering::Relaxed) as f64 / time.as_secs_f64();
    println!(
        "from a message to its urgent alert, at {reached:.0} events/s ({rate} asked for), {} alerts: p50 {:.1?}, p99 {:.1?}",
        times.len(),
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
    appender.finish();
    node.stop(&log, Duration::ZERO);
    log.close(Duration::from_secs(5));
    appender.log.close(Duration::from_secs(5));
}

fn decoded(text: &str) -> (u32, String, Vec<u8>) {
    thread_local! {
        static RULES: Rules = Rules::builtin();
    }
    RULES.with(|rules| {
        let keys = TokenKeys::single("1", [7; 32]).expect("a version of one digit");
        let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
        let decoder = decoder.stamp("local", Clock::SYSTEM.now());
        let decoded = decoder.decode(text.as_bytes(), Encoding::Json).expect("an event");
        let partition = decoded.partition(PARTITIONS).expect("there are some");
        (partition, decoded.key(), decoded.as_bytes().to_vec())
    })
}

const ACCEPTED: &str = r#""accepted":{"itemKind":"ITEM_KIND_PARCEL","transport":"TRANSPORT_ROAD","route":"ROUTE_INTER_PROVINCE","declaredItem":"书籍"}"#;
const PROHIBITED: &str = r#""inspected":{"result":"INSPECTION_RESULT_PROHIBITED","prohibitedClass":12}"#;

/// Events of ordinary parcels, single records, in slices of 10 ms.
fn background(appender: &Appender, rate: u64, stop: &AtomicBool, sent: &AtomicU64) {
    let (begun, mut number) = (Instant::now(), 0_u64);
    while !stop.load(Ordering::Acquire) {
        let due = (begun.elapsed().as_secs_f64() * rate as f64) as u64;
        let messages: Vec<Message> = (number..due)
            .map(|number| {
                let (partition, key, bytes) = decoded(&event(number, 0, ACCEPTED));
                message(partition, Some(key), bytes)
            })
            .collect();
        if !messages.is_empty() {
            appender.put(messages);
        }
        sent.fetch_add(due.saturating_sub(number), Ordering::Relaxed);
        number = due.max(number);
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// One parcel with prohibited goods after the other, each timed.
fn probes(log: &KafkaLog, appender: &Appender, time: Duration) -> Vec<Duration> {
    let browser = log.browser().expect("a consumer");
    let end = |scope: u32| log.range(Topic::Alerts, scope).expect("a broker").end;
    let mut next: Vec<u64> = (0..SCOPES).map(end).collect();
    let (begun, mut times, mut number) = (Instant::now(), Vec::new(), 900_000_000_u64);
    while begun.elapsed() < time || times.len() < 3 {
        number += 1;
        let waybill = format!("SF{number:013}");
        let (partition, key, first) = decoded(&event(number, 0, ACCEPTED));
        let (_, _, second) = decoded(&event(number, 1, PROHIBITED));
        appender.put(vec![message(partition, Some(key.clone()), first)]);
        let started = Instant::now();
        appender.put(vec![message(partition, Some(key), second)]);
        let signal = log.signal();
        'waiting: loop {
            let seen = signal.now();
            for scope in 0..SCOPES {
                let at = &mut next[scope as usize];
                for record in browser.follow(Topic::Alerts, scope, *at, 100).expect("a broker") {
                    *at = record.offset + 1;
                    let value = record.value.unwrap_or_default();
                    if value.windows(waybill.len()).any(|bytes| bytes == waybill.as_bytes()) {
                        times.push(started.elapsed());
                        break 'waiting;
                    }
                }
            }
            assert!(started.elapsed() < Duration::from_secs(30), "no alert came");
            signal.wait(seen, Duration::from_millis(50));
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    times
}
