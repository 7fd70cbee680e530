//! Brokers, and topics on them.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::{Choice, KafkaBrowser, KafkaLog, KafkaSettings, Plan, Topics};
use sanbai_engine::local::Retention;
use sanbai_engine::log::{Append as _, Message, ReadError, Record, Topic};
use sanbai_engine::registry::message_of_record;
use sanbai_rig::Brokers;

use crate::recorded::Recorded;
use crate::story::Story;

/// How long brokers may be away until something is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// One test at a time: there are few processors, and most of what is tested has a time of its own.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Topics of one test.
pub(crate) struct Place {
    pub(crate) brokers: String,
    /// What stands before the names of topics; also the name of the group.
    pub(crate) prefix: String,
}

impl Place {
    /// Makes topics for a story, with its registers on them.
    pub(crate) fn new(brokers: &Brokers, prefix: &str, partitions: (u32, u32), story: &Story) -> Self {
        let place = Self {
            brokers: brokers.bootstrap(),
            prefix: format!("{prefix}."),
        };
        place.create(partitions, story.start);
        let log = place.log(Clock::SYSTEM);
        append(&log, story.registers.iter().map(message_of_record).collect());
        log.close(PATIENCE);
        place
    }

    /// Makes topics with nothing on them.
    pub(crate) fn bare(brokers: &Brokers, prefix: &str, (parcels, scopes): (u32, u32)) -> Self {
        let place = Self {
            brokers: brokers.bootstrap(),
            prefix: format!("{prefix}."),
        };
        let plan = Plan {
            parcels,
            scopes,
            replication: None,
            is_rehearsal: true,
            retention: Retention::default(),
        };
        let topics = Topics::new(place.settings()).expect("settings");
        topics.create(&plan).expect("topics are made");
        place
    }

    /// `sanbai topics create`.
    fn create(&self, (parcels, scopes): (u32, u32), start: u64) {
        let directory = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanbai"));
        command.args(["topics", "create", "--brokers", &self.brokers]);
        command.args(["--partitions", &parcels.to_string()]);
        command.args(["--scope-partitions", &scopes.to_string()]);
        command.arg("--data-dir").arg(directory.path());
        // Records keep the time of whoever sends them.
        command
            .env("SANBAI__REHEARSAL__START", start.to_string())
            .env("SANBAI__REHEARSAL__SPEED", "1");
        command.env("SANBAI__KAFKA__TOPIC_PREFIX", &self.prefix);
        let output = command.output().expect("the binary runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "topics are not made: {said}");
    }

    /// The name of a topic.
    pub(crate) fn name(&self, topic: Topic) -> String {
        format!("{}{}", self.prefix, topic.name())
    }

    /// The log as a stranger sees it: no partition is its own.
    pub(crate) fn log(&self, clock: Clock) -> KafkaLog {
        KafkaLog::open(self.settings(), clock).expect("the topics are there")
    }

    fn settings(&self) -> KafkaSettings {
        KafkaSettings {
            prefix: self.prefix.clone(),
            group: format!("{}reader", self.prefix),
            assignment: Choice::List {
                parcels: Vec::new(),
                scopes: Vec::new(),
            },
            ..KafkaSettings::new(self.brokers.clone())
        }
    }

    /// Everything that lies on the topics.
    pub(crate) fn read(&self) -> Recorded {
        let log = self.log(Clock::SYSTEM);
        let browser = log.browser().expect("a reader");
        let layout = log.layout();
        let mut records = BTreeMap::new();
        for topic in Topic::ALL {
            for partition in 0..layout.partitions(topic) {
                records.insert((topic, partition), read_all(&log, &browser, (topic, partition)));
            }
        }
        drop(browser);
        log.close(PATIENCE);
        Recorded::of(layout, records)
    }
}

fn read_all(log: &KafkaLog, browser: &KafkaBrowser, (topic, partition): (Topic, u32)) -> Vec<Record> {
    let until = Instant::now() + PATIENCE;
    let range = loop {
        match log.range(topic, partition) {
            Ok(range) => break range,
            Err(error) => assert!(Instant::now() < until, "{topic} {partition}: {error:?}"),
        }
    };
    let (mut from, mut all) = (range.start, Vec::new());
    while from < range.end {
        match browser.read(topic, partition, from, 5_000) {
            Ok(more) => {
                from = more.last().map_or(from, |last| last.offset + 1);
                if more.is_empty() {
                    park_timeout(Duration::from_millis(5));
                }
                all.extend(more);
            }
            Err(ReadError::Unavailable) => {}
            Err(error) => panic!("{topic} {partition} {from}: {error:?}"),
        }
        assert!(
            Instant::now() < until,
            "{topic} {partition} cannot be read from {from} on"
        );
    }
    all.retain(|record| record.offset < range.end);
    all
}

/// Appends messages, again and again until they are durable; says how often they were refused meanwhile.
pub(crate) fn append(log: &KafkaLog, messages: Vec<Message>) -> u64 {
    let until = Instant::now() + PATIENCE;
    let mut refused = 0;
    while !messages.is_empty() {
        let (done, told) = sync_channel(1);
        let done = Box::new(move |delivery| {
            done.try_send(delivery).ok();
        });
        if log.append(messages.clone(), done).is_ok() && told.recv_timeout(PATIENCE) == Ok(Ok(())) {
            break;
        }
        refused += 1;
        assert!(Instant::now() < until, "nothing is taken any more");
        park_timeout(Duration::from_millis(100));
    }
    refused
}
