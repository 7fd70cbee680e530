//! The log of a daemon, whichever it is.

use std::ops::Range;
use std::sync::Arc;

use crate::assignment::Assignment;
use crate::kafka::{KafkaBrowser, KafkaHealth, KafkaLog, KafkaOpenError, KafkaProducer};
use crate::local::{LocalLog, LocalProducer, LogHealth};
use crate::log::{Append, Busy, Done, Log, Message, NotDelivered, Producer, ReadError, Record, Ticket, Topic};
use crate::node::NodeLog;
use crate::registry::{BATCH, RegistryCopy};
use crate::signal::Signal;
use crate::stage::Layout;

/// The log of a daemon.
#[derive(Clone, Debug)]
pub enum AnyLog {
    /// In a directory.
    Local(LocalLog),
    /// On brokers.
    Kafka(KafkaLog),
}

/// How it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    /// In a directory.
    Local(LogHealth),
    /// On brokers.
    Kafka(KafkaHealth),
}

impl Health {
    /// Nothing can be written just now.
    pub const fn is_stalled(&self) -> bool {
        match self {
            Self::Local(health) => health.stalled.is_some(),
            Self::Kafka(health) => health.down.is_some(),
        }
    }

    /// Nothing more is taken from outside.
    pub const fn intake_stopped(&self) -> bool {
        match self {
            Self::Local(health) => health.intake_stopped,
            Self::Kafka(health) => health.down.is_some(),
        }
    }

    /// Why the process must be started again.
    pub fn fatal(&self) -> Option<&str> {
        match self {
            Self::Local(_) => None,
            Self::Kafka(health) => health.fatal.as_deref(),
        }
    }

    /// Bytes that wait to become durable, as far as they came from outside on brokers.
    pub const fn queued_bytes(&self) -> u64 {
        match self {
            Self::Local(health) => health.queued_bytes,
            Self::Kafka(health) => health.outside.0,
        }
    }
}

impl AnyLog {
    /// How topics are laid out.
    pub fn layout(&self) -> Layout {
        match self {
            Self::Local(log) => log.layout(),
            Self::Kafka(log) => log.layout(),
        }
    }

    /// The first offset of a partition, and the first that is not there yet.
    ///
    /// # Errors
    /// Where nobody can tell now.
    pub fn range(&self, topic: Topic, partition: u32) -> Result<Range<u64>, ReadError> {
        match self {
            Self::Local(log) => Ok(log.range(topic, partition)),
            Self::Kafka(log) => log.range(topic, partition),
        }
    }

    /// Where a partition ended a moment ago, as far as that is known without asking.
    pub fn known_end(&self, topic: Topic, partition: u32) -> Option<u64> {
        match self {
            Self::Local(log) => Some(log.range(topic, partition).end),
            Self::Kafka(log) => log.known_end(topic, partition),
        }
    }

    /// What is bumped whenever there is something new.
    pub fn signal(&self) -> Arc<Signal> {
        match self {
            Self::Local(log) => log.signal(),
            Self::Kafka(log) => log.signal(),
        }
    }

    /// How it is.
    pub fn health(&self) -> Health {
        match self {
            Self::Local(log) => Health::Local(log.health()),
            Self::Kafka(log) => Health::Kafka(log.health()),
        }
    }

    /// Why it cannot be written, if it cannot, and the bytes and messages that wait to be durable. On brokers those from
    /// outside.
    pub fn waiting(&self) -> (Option<String>, u64, u64) {
        match self {
            Self::Local(log) => {
                let (stall, bytes, messages) = log.waiting();
                (stall.map(|stall| stall.reason), bytes, messages)
            }
            Self::Kafka(log) => {
                let health = log.health();
                (
                    health.down.map(|(_, reason)| reason),
                    health.outside.0,
                    health.outside.1,
                )
            }
        }
    }

    /// What reads beside the shards.
    ///
    /// # Errors
    /// Where none can be made.
    pub fn browser(&self) -> Result<AnyBrowser, KafkaOpenError> {
        Ok(match self {
            Self::Local(log) => AnyBrowser::Local(log.clone()),
            Self::Kafka(log) => AnyBrowser::Kafka(log.browser()?),
        })
    }

    /// Everything that the registry holds now.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn registry(&self) -> Result<RegistryCopy, ReadError> {
        let browser = self.browser().map_err(|_| ReadError::Unavailable)?;
        let end = self.range(Topic::Registry, 0)?.end;
        let mut copy = RegistryCopy::default();
        while copy.next() < end {
            let records = browser.read(Topic::Registry, 0, copy.next(), BATCH)?;
            if records.is_empty() {
                break;
            }
            records.iter().for_each(|record| copy.apply(record));
        }
        Ok(copy)
    }

    /// What reads and sends.
    pub fn producer(&self) -> AnyProducer {
        match self {
            Self::Local(log) => AnyProducer::Local(log.producer()),
            Self::Kafka(log) => AnyProducer::Kafka(Box::new(log.producer())),
        }
    }
}

impl NodeLog for AnyLog {
    type Producer = AnyProducer;

    fn producer(&self) -> AnyProducer {
        Self::producer(self)
    }

    fn layout(&self) -> Layout {
        Self::layout(self)
    }

    fn end(&self, topic: Topic, partition: u32) -> Result<u64, ReadError> {
        Ok(self.range(topic, partition)?.end)
    }

    fn signal(&self) -> Arc<Signal> {
        Self::signal(self)
    }

    fn assignment(&self) -> Arc<Assignment> {
        match self {
            Self::Local(log) => NodeLog::assignment(log),
            Self::Kafka(log) => log.assignment(),
        }
    }

    fn take_nothing_more(&self) {
        match self {
            Self::Local(log) => log.take_nothing_more(),
            Self::Kafka(log) => log.take_nothing_more(),
        }
    }
}

impl Append for AnyLog {
    fn append(&self, messages: Vec<Message>, done: Done) -> Result<(), Busy> {
        match self {
            Self::Local(log) => log.append(messages, done),
            Self::Kafka(log) => log.append(messages, done),
        }
    }
}

/// Reads beside the shards.
#[derive(Debug)]
pub enum AnyBrowser {
    /// In a directory.
    Local(LocalLog),
    /// On brokers.
    Kafka(KafkaBrowser),
}

impl AnyBrowser {
    /// The next records of a partition from an offset on; none at its end.
    ///
    /// # Errors
    /// Where the offset is gone or was never there, is damaged, or nobody answers.
    pub fn read(&self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        match self {
            Self::Local(log) => log.read(topic, partition, from, max),
            Self::Kafka(browser) => browser.read(topic, partition, from, max),
        }
    }
}

/// Reads and sends.
#[derive(Debug)]
pub enum AnyProducer {
    /// In a directory.
    Local(LocalProducer),
    /// On brokers.
    Kafka(Box<KafkaProducer>),
}

impl Log for AnyProducer {
    fn read(&mut self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        match self {
            Self::Local(producer) => producer.read(topic, partition, from, max),
            Self::Kafka(producer) => producer.read(topic, partition, from, max),
        }
    }

    fn look_up(&mut self, topic: Topic, partition: u32, from: u64) -> Result<Option<Record>, ReadError> {
        match self {
            Self::Local(producer) => producer.look_up(topic, partition, from),
            Self::Kafka(producer) => producer.look_up(topic, partition, from),
        }
    }

    fn topic_id(&self, topic: Topic) -> String {
        match self {
            Self::Local(producer) => producer.topic_id(topic),
            Self::Kafka(producer) => producer.topic_id(topic),
        }
    }

    fn give_back(&mut self, topic: Topic, partition: u32, records: Vec<Record>) {
        match self {
            Self::Local(producer) => producer.give_back(topic, partition, records),
            Self::Kafka(producer) => producer.give_back(topic, partition, records),
        }
    }

    fn forget(&mut self, topic: Topic, partition: u32) {
        match self {
            Self::Local(producer) => producer.forget(topic, partition),
            Self::Kafka(producer) => producer.forget(topic, partition),
        }
    }

    fn announced(&self, topic: Topic, partition: u32) -> Result<Option<u64>, ReadError> {
        match self {
            Self::Local(producer) => producer.announced(topic, partition),
            Self::Kafka(producer) => producer.announced(topic, partition),
        }
    }

    fn send(&mut self, message: Message) -> Ticket {
        match self {
            Self::Local(producer) => producer.send(message),
            Self::Kafka(producer) => producer.send(message),
        }
    }
}

impl Producer for AnyProducer {
    fn deliveries(&mut self) -> Vec<(Ticket, Result<(), NotDelivered>)> {
        match self {
            Self::Local(producer) => producer.deliveries(),
            Self::Kafka(producer) => producer.deliveries(),
        }
    }

    fn reopen(&mut self) {
        match self {
            Self::Local(producer) => producer.reopen(),
            Self::Kafka(producer) => producer.reopen(),
        }
    }
}
