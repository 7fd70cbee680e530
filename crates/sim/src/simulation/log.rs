//! A log in memory that several nodes share, and one node's view of it.
//!
//! What a node sends waits in its producer. The scheduler appends it later, one partition at a time, and reports it later
//! still; or it closes the producer, and what was not appended is gone.

use std::collections::{BTreeMap, VecDeque};

use sanbai_core::time::Timestamp;
use sanbai_engine::log::{Headers, Log, Message, ReadError, Record, Ticket, Topic};

use super::broken::Broken;
use super::check::Records;
use super::trace::Trace;
use crate::world::dice::Dice;

/// A partition of a topic.
pub(super) type Place = (Topic, u32);

/// Messages that a producer may hold before it must append.
const QUEUE_MAX: usize = 120;

/// The instant of a number of milliseconds.
pub(super) const fn moment(millis: i64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

/// Everything that was ever appended.
#[derive(Debug, Default)]
pub(super) struct SimLog {
    partitions: BTreeMap<Place, Partition>,
    /// The log's own clock in milliseconds, without its jumps.
    pub(super) now: i64,
    /// Of ten thousand appends, after how many some offsets have no record.
    pub(super) gaps_per_10k: u64,
    /// Leaves an offset without a record after each record of events.
    pub(super) gap_after_events: bool,
    /// Of ten thousand reads, how many are not answered.
    pub(super) unavailable_per_10k: u64,
    /// What is refused, whoever sends it.
    pub(super) refused: Option<(Topic, Vec<u8>)>,
    pub(super) trace: Trace,
}

/// Records in their order, and the first offset that is not there yet.
#[derive(Debug, Default)]
struct Partition {
    records: Vec<Record>,
    end: u64,
}

impl Records for SimLog {
    fn records(&self, topic: Topic, partition: u32) -> &[Record] {
        let kept = self.partitions.get(&(topic, partition));
        kept.map_or(&[], |kept| &kept.records)
    }
}

impl SimLog {
    /// The first offset of a partition that is not there yet.
    pub(super) fn end(&self, topic: Topic, partition: u32) -> u64 {
        self.partitions.get(&(topic, partition)).map_or(0, |kept| kept.end)
    }

    /// Appends a record with the log's own time, which is never quite right.
    pub(super) fn append(
        &mut self,
        place: Place,
        key: Option<Vec<u8>>,
        headers: Headers,
        value: Option<Vec<u8>>,
        dice: &mut Dice,
    ) {
        let jump = if dice.chance(300) { 30_000 } else { 400 };
        let timestamp = moment(self.now + dice.between(-jump, jump));
        let is_event = place.0 == Topic::ParcelEvents && headers.is_empty();
        let kept = self.partitions.entry(place).or_default();
        let offset = kept.end;
        self.trace.record(place, offset, value.as_deref());
        kept.records.push(Record {
            offset,
            timestamp,
            key,
            headers,
            value,
        });
        kept.end = offset + 1;
        if dice.chance(self.gaps_per_10k) {
            kept.end += 1 + dice.below(3);
        } else if is_event && self.gap_after_events {
            kept.end += 1;
        }
    }

    fn take(&mut self, message: Message, dice: &mut Dice) {
        let place = (message.topic, message.partition);
        self.append(place, message.key, message.headers, Some(message.value), dice);
    }

    /// Whether a message is one of those that are refused.
    fn refuses(&self, message: &Message) -> bool {
        let refused = self.refused.as_ref();
        refused.is_some_and(|(topic, key)| *topic == message.topic && message.key.as_ref() == Some(key))
    }

    fn read(&self, place: Place, from: u64, max: usize) -> Result<&[Record], ReadError> {
        let end = self.end(place.0, place.1);
        if from > end {
            return Err(ReadError::Beyond { end });
        }
        let records = self.records(place.0, place.1);
        let start = records.partition_point(|record| record.offset < from);
        let rest = &records[start..];
        Ok(&rest[..max.min(rest.len())])
    }
}

/// The one producer of a node.
#[derive(Debug, Default)]
pub(super) struct Producer {
    queues: BTreeMap<Place, VecDeque<(Ticket, Message)>>,
    queued: usize,
    next: u64,
    /// Appended, and not yet reported.
    appended: Vec<Ticket>,
    /// The message that was refused. Nothing more comes of this producer.
    failed: Option<Ticket>,
}

impl Producer {
    pub(super) const fn queued(&self) -> usize {
        self.queued
    }

    pub(super) const fn unreported(&self) -> usize {
        self.appended.len()
    }

    pub(super) const fn failed(&self) -> Option<Ticket> {
        self.failed
    }

    /// Appends some messages of one partition, the oldest first.
    pub(super) fn append_some(&mut self, log: &mut SimLog, dice: &mut Dice, most: u64) {
        let waiting = self.queues.len() as u64;
        let Some(place) = self.queues.keys().nth(dice.below(waiting) as usize).copied() else {
            return;
        };
        for _ in 0..1 + dice.below(most) {
            if !self.append_one(place, log, dice) {
                break;
            }
        }
    }

    /// Appends everything; says whether there was anything, and stops at a message that is refused.
    pub(super) fn append_all(&mut self, log: &mut SimLog, dice: &mut Dice) -> bool {
        let before = self.queued;
        while let Some(place) = self.queues.keys().next().copied() {
            if !self.append_one(place, log, dice) {
                break;
            }
        }
        self.queued != before
    }

    fn append_one(&mut self, place: Place, log: &mut SimLog, dice: &mut Dice) -> bool {
        if self.failed.is_some() {
            return false;
        }
        let Some(queue) = self.queues.get_mut(&place) else {
            return false;
        };
        let Some((ticket, message)) = queue.pop_front() else {
            return false;
        };
        if log.refuses(&message) {
            queue.push_front((ticket, message));
            self.failed = Some(ticket);
            return false;
        }
        if queue.is_empty() {
            self.queues.remove(&place);
        }
        self.queued -= 1;
        log.take(message, dice);
        self.appended.push(ticket);
        true
    }

    /// Takes out some tickets whose messages were appended.
    pub(super) fn report_some(&mut self, dice: &mut Dice, most: u64) -> Vec<Ticket> {
        let count = (1 + dice.below(most)).min(self.appended.len() as u64) as usize;
        // Partitions answer on their own, so reports come in any order.
        let mut reported = Vec::with_capacity(count);
        for _ in 0..count {
            let place = dice.below(self.appended.len() as u64) as usize;
            reported.push(self.appended.swap_remove(place));
        }
        reported
    }

    /// Everything that waits, for whoever reports what is not done.
    pub(super) fn waiting(&self) -> Vec<Ticket> {
        let waiting = self.queues.values().flatten();
        waiting.map(|(ticket, _)| *ticket).collect()
    }

    /// Keys of what waits for some topics.
    pub(super) fn waiting_keys(&self, topics: [Topic; 2]) -> Vec<(Topic, Vec<u8>)> {
        let waiting = self.queues.iter().filter(|((topic, _), _)| topics.contains(topic));
        let messages = waiting.flat_map(|(_, queue)| queue.iter().map(|(_, message)| message));
        messages
            .filter_map(|message| Some((message.topic, message.key.clone()?)))
            .collect()
    }

    /// Takes out all of them.
    pub(super) fn report_all(&mut self) -> Vec<Ticket> {
        std::mem::take(&mut self.appended)
    }

    /// Closes the producer. Of each partition some of what waited was appended all the same: the oldest, or some that come
    /// after one that was lost. Gives a ticket whose delivery has failed, whether or not it was appended.
    pub(super) fn close(&mut self, log: &mut SimLog, dice: &mut Dice) -> Option<Ticket> {
        let mut failed = self.failed.take();
        let may_append = dice.chance(6_000);
        let has_holes = dice.chance(5_000);
        for (_, queue) in std::mem::take(&mut self.queues) {
            let appended = if may_append {
                dice.below(queue.len() as u64 + 1)
            } else {
                0
            };
            for (number, (ticket, message)) in (0..).zip(queue) {
                if number >= appended || log.refuses(&message) {
                    failed = failed.or(Some(ticket));
                    break;
                }
                if has_holes && dice.chance(3_000) {
                    failed = failed.or(Some(ticket));
                    continue;
                }
                log.take(message, dice);
                if dice.chance(3_000) {
                    failed = failed.or(Some(ticket));
                }
            }
        }
        failed = failed.or(self.appended.first().copied());
        *self = Self {
            next: self.next,
            ..Self::default()
        };
        failed
    }

    fn queue(&mut self, message: Message) -> Ticket {
        self.next += 1;
        let ticket = Ticket(self.next);
        let place = (message.topic, message.partition);
        self.queues.entry(place).or_default().push_back((ticket, message));
        self.queued += 1;
        ticket
    }

    /// A ticket for a message that nobody will ever see, reported as if it had been appended.
    fn swallow(&mut self) -> Ticket {
        self.next += 1;
        let ticket = Ticket(self.next);
        self.appended.push(ticket);
        ticket
    }
}

/// The log as one node sees it.
pub(super) struct View<'s> {
    pub(super) log: &'s mut SimLog,
    pub(super) producer: &'s mut Producer,
    pub(super) dice: &'s mut Dice,
    pub(super) broken: &'s mut Broken,
}

impl View<'_> {
    /// Queues a message; where the producer has as much as it may, the oldest of some partition goes first.
    fn queue(&mut self, message: Message) -> Ticket {
        while self.producer.queued >= QUEUE_MAX && self.producer.failed.is_none() {
            self.producer.append_some(self.log, self.dice, 8);
        }
        self.producer.queue(message)
    }
}

impl Log for View<'_> {
    fn read(&mut self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        if self.dice.chance(self.log.unavailable_per_10k) {
            return Err(ReadError::Unavailable);
        }
        let records = self.log.read((topic, partition), from, max)?;
        let is_flaky = self.log.unavailable_per_10k > 0;
        let short = if is_flaky && self.dice.chance(1_000) {
            self.dice.below(records.len() as u64 + 1) as usize
        } else {
            records.len()
        };
        let mut records = records[..short].to_vec();
        self.broken.reads((topic, partition), from, max, &mut records);
        Ok(records)
    }

    fn send(&mut self, message: Message) -> Ticket {
        let Some(message) = self.broken.sends(message) else {
            return self.producer.swallow();
        };
        if let Some(again) = self.broken.sends_again(&message) {
            self.queue(again);
        }
        self.queue(message)
    }
}
