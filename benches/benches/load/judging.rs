//! What parcel shards alone need on these cores: nothing is read, counted or sent.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use sanbai_core::registry::Registry;
use sanbai_engine::clock::Clock;
use sanbai_engine::log::{Message, Record, Topic};
use sanbai_engine::parcel::{ParcelSettings, ParcelStage};
use sanbai_engine::registry::RegistryCopy;
use sanbai_engine::stage::{Layout, Outbox, Stage as _, Step};

use super::{PARTITIONS, SCOPES, client};
use crate::used;

/// Records that are applied after they were brought near together, as a task does.
const TOGETHER: usize = 500;

/// Applies what lies on the topics, on all cores: it lies in memory before, and what follows is written and thrown away. Says
/// how many seconds that took, and how many on cores.
pub(crate) fn judge(brokers: &str, prefix: &str, settings: &ParcelSettings) -> (f64, f64) {
    let log = client(brokers, prefix, Clock::SYSTEM, false);
    let browser = log.browser().expect("a consumer");
    let all = |topic, partition| -> Vec<Record> {
        let range = log.range(topic, partition).expect("a broker");
        let (mut records, mut next) = (Vec::new(), range.start);
        while next < range.end {
            let more = browser.follow(topic, partition, next, 5_000).expect("a broker");
            next = more.last().map_or(next, |record| record.offset + 1);
            records.extend(more);
        }
        records
    };
    let mut registers = RegistryCopy::new(Registry::default());
    all(Topic::Registry, 0)
        .iter()
        .for_each(|record| registers.apply(record));
    let partitions: Vec<(u32, Vec<Record>)> = (0..PARTITIONS)
        .map(|partition| (partition, all(Topic::ParcelEvents, partition)))
        .collect();
    drop(browser);
    log.close(Duration::from_secs(5));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (waiting, done) = (Mutex::new(partitions.iter()), Mutex::new(Vec::new()));
    let next = || waiting.lock().expect("no thread panics").next();
    let (started, before) = (Instant::now(), used().0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((partition, records)) = next() {
                    let stage = apply(*partition, records, &registers, settings);
                    // A daemon has its shards still when it has caught up.
                    done.lock().expect("no thread panics").push(stage);
                }
            });
        }
    });
    (started.elapsed().as_secs_f64(), used().0 - before)
}

fn apply(partition: u32, records: &[Record], registers: &RegistryCopy, settings: &ParcelSettings) -> ParcelStage {
    let layout = Layout {
        generation: 1,
        parcels: PARTITIONS,
        scopes: SCOPES,
    };
    let mut stage = ParcelStage::new(settings, partition, layout);
    let (registry, known) = (registers.registry(), registers.next());
    let mut out = Nowhere::default();
    for records in records.chunks(TOGETHER) {
        stage.warm(records);
        for record in records {
            let step = stage.apply(record, registry, known, &mut out);
            assert_eq!(step, Step::Applied, "nothing is waited for");
        }
    }
    stage.flush(false, registry, &mut out);
    assert!(out.messages > 0, "something follows");
    let ledger = stage.ledger();
    assert!(ledger.events > 0 && ledger.rejected.is_empty(), "{ledger:?}");
    stage
}

/// Takes what follows, and counts it.
#[derive(Default)]
struct Nowhere {
    messages: u64,
}

impl Outbox for Nowhere {
    fn put(&mut self, message: Message) {
        drop(message);
        self.messages += 1;
    }
}
