//! Events that one of our own principals brings to the topic: stamped with the intake of the story, numbers made tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{JoinHandle, park_timeout};
use std::time::{Duration, Instant, SystemTime};

use sanbai_core::rules::Rules;
use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::KafkaLog;
use sanbai_engine::log::{Message, Topic};
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::{Decoded, Decoder, Encoding, TokenKeys, encode_batch, encode_protobuf};

use crate::rig::append;
use crate::story::{intake_at, next};

/// Whoever feeds does not do so for longer.
const MOST: Duration = Duration::from_secs(900);

/// Most events that are sent at once.
const AT_ONCE: usize = 200;

/// A message that is due at a moment, in seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) at: i64,
    pub(crate) message: Message,
}

/// How events become records.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// One by one, in protobuf.
    Single,
    /// One by one, in JSON.
    Json,
    /// Those of one partition that come one after another, together.
    Batch,
}

/// An event as the intake would have let it in at its own moment; `None` where it would have been refused.
fn admitted(rules: &Rules, event: &ParcelEvent) -> Option<Decoded> {
    let intake = Timestamp::from_nanos(intake_at(event) * 1_000_000_000);
    let keys = TokenKeys::parse(KEYS).expect("keys");
    let brands = rules.brands();
    let decoder = Decoder::new(keys, |brand: &str| brands.resolve(brand)).stamp("bridge", intake);
    decoder.decode(&encode_protobuf(event), Encoding::Protobuf).ok()
}

/// The keys of all daemons.
pub(crate) const KEYS: &str = "hs256:1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

/// Events as messages, some of which come again: five of a hundred.
pub(crate) fn messages(events: &[ParcelEvent], partitions: u32, form: Form, seed: &mut u64) -> Vec<Due> {
    let rules = Rules::builtin();
    let mut due = Vec::new();
    let admitted = events
        .iter()
        .filter_map(|event| Some((intake_at(event), admitted(&rules, event)?)));
    match form {
        Form::Single | Form::Json => {
            for (at, event) in admitted {
                let message = single(&event, partitions, form);
                if next(seed).is_multiple_of(20) {
                    let later = (next(seed) % 7_200).cast_signed();
                    due.push(Due {
                        at: at + later,
                        message: message.clone(),
                    });
                }
                due.push(Due { at, message });
            }
        }
        Form::Batch => {
            let all: Vec<(i64, Decoded)> = admitted.collect();
            for partition in 0..partitions {
                let mine: Vec<&(i64, Decoded)> = all
                    .iter()
                    .filter(|(_, event)| event.partition(partitions) == Some(partition))
                    .collect();
                due.extend(mine.chunks(7).map(|events| batch(events, partition)));
            }
        }
    }
    due.sort_by_key(|due| due.at);
    due
}

fn single(event: &Decoded, partitions: u32, form: Form) -> Message {
    let value = match form {
        Form::Json => event.to_json().into_bytes(),
        Form::Single | Form::Batch => event.as_bytes().to_vec(),
    };
    Message {
        topic: Topic::ParcelEvents,
        partition: event.partition(partitions).expect("there are partitions"),
        key: Some(event.key().into_bytes()),
        headers: Vec::new(),
        value,
    }
}

fn batch(events: &[&(i64, Decoded)], partition: u32) -> Due {
    Due {
        at: events.iter().map(|(at, _)| *at).max().expect("no batch is empty"),
        message: Message {
            topic: Topic::ParcelEvents,
            partition,
            key: None,
            headers: Vec::new(),
            value: encode_batch(events.iter().map(|(_, event)| event.as_bytes())),
        },
    }
}

/// Records that are nothing that anybody knows.
pub(crate) fn rubbish(count: usize, partitions: u32, (from, to): (i64, i64), seed: &mut u64) -> Vec<Due> {
    let kind = |kind: &str| vec![("sanbai-kind".to_owned(), kind.as_bytes().to_vec())];
    let each = (0..count).map(|_| {
        let (headers, value) = match next(seed) % 3 {
            0 => (Vec::new(), vec![0xff; 9]),
            1 => (kind("tock"), vec![1, 2, 3]),
            _ => (kind("tick"), vec![0xff; 3]),
        };
        Due {
            at: from + (next(seed) % (to - from).unsigned_abs()).cast_signed(),
            message: Message {
                topic: Topic::ParcelEvents,
                partition: (next(seed) % u64::from(partitions)) as u32,
                key: Some(b"SF:?".to_vec()),
                headers,
                value,
            },
        }
    });
    each.collect()
}

/// A thread that appends messages, each not before its time, until they are durable.
pub(crate) struct Feed {
    thread: JoinHandle<u64>,
    fed: Arc<AtomicU64>,
}

impl Feed {
    /// Begins. The clock of the world stood at `start` at a moment, and runs so fast.
    pub(crate) fn begin(log: KafkaLog, mut due: Vec<Due>, (since, start, speed): (SystemTime, u64, u32)) -> Self {
        due.sort_by_key(|due| due.at);
        let fed = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&fed);
        let now = move || start.cast_signed() + (since.elapsed().unwrap_or_default() * speed).as_secs().cast_signed();
        let thread = std::thread::spawn(move || {
            let (begun, mut refused, mut rest) = (Instant::now(), 0, due.as_slice());
            while let Some(first) = rest.first() {
                assert!(begun.elapsed() < MOST, "feeding never comes to an end");
                let (now, most) = (now(), rest.len().min(AT_ONCE));
                if first.at > now {
                    park_timeout(Duration::from_millis(5));
                    continue;
                }
                let (head, tail) = rest.split_at(rest[..most].partition_point(|due| due.at <= now));
                refused += append(&log, head.iter().map(|due| due.message.clone()).collect());
                count.fetch_add(head.len() as u64, Ordering::Relaxed);
                rest = tail;
            }
            log.close(Duration::from_secs(30));
            refused
        });
        Self { thread, fed }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// Messages that are durable so far.
    pub(crate) fn fed(&self) -> u64 {
        self.fed.load(Ordering::Relaxed)
    }

    /// Waits for its end; says how often messages were refused.
    pub(crate) fn finish(self) -> u64 {
        self.thread.join().expect("it feeds everything")
    }
}

/// The clock of a world.
pub(crate) fn clock((since, start, speed): (SystemTime, u64, u32)) -> Clock {
    let start = Timestamp::from_nanos(start.cast_signed() * 1_000_000_000);
    Clock::fast_since(since, start, speed)
}

/// An event in JSON that was let in, in protobuf.
pub(crate) fn from_json(json: &[u8]) -> Vec<u8> {
    let keys = TokenKeys::parse(KEYS).expect("keys");
    let rules = Rules::builtin();
    let brands = rules.brands();
    let decoder = Decoder::new(keys, |brand: &str| brands.resolve(brand));
    let decoded = decoder.decode(json, Encoding::Json).expect("it was let in");
    decoded.as_bytes().to_vec()
}
