//! Producers: of outputs, one for each thread that sends; and the one for what comes from outside.
//!
//! Both are idempotent, so a retry of the client neither repeats a message nor changes their order. After an error a producer
//! of outputs is of no more use: what came after the failed message may be there, so it is closed, and the shards that used
//! it go back to their newest snapshots.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::util::IntoOpaque;

use super::KafkaLog;
use super::context::{Context, Pulse};
use crate::delivery::{Appended, Deliveries, weight};
use crate::log::{Append, Busy, Done, Log, Message, NotDelivered, Producer, ReadError, Record, Ticket, Topic};
use crate::signal::Signal;

/// How long a full producer is waited for before it is asked again.
const FULL: Duration = Duration::from_millis(10);

/// Messages and bytes from outside that may wait to be acknowledged.
const OUTSIDE_MAX: (u64, u64) = (100_000, 32 << 20);

/// Who is told of a delivery.
trait Told: Send + Sync + 'static {
    type Opaque: IntoOpaque;

    /// A producer that cannot go on is closed, and another one made.
    const IS_REPLACED: bool;

    fn tell(&self, opaque: Self::Opaque, delivery: Result<(), NotDelivered>);
}

/// The context of a producer.
struct Reporting<T> {
    told: T,
    plain: Context,
}

impl<T: Told> Reporting<T> {
    fn note(&self, error: &KafkaError, reason: &str) {
        let pulse = &self.plain.0;
        if T::IS_REPLACED {
            pulse.note(error, reason);
        } else {
            pulse.error(error, reason);
        }
    }
}

impl<T: Told> ClientContext for Reporting<T> {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.plain.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.note(&error, reason);
    }
}

impl<T: Told> ProducerContext for Reporting<T> {
    type DeliveryOpaque = T::Opaque;

    fn delivery(&self, delivery: &DeliveryResult<'_>, opaque: T::Opaque) {
        let delivery = match delivery {
            Ok(_) => Ok(()),
            Err((error, _)) => {
                let is_purged = matches!(
                    error.rdkafka_error_code(),
                    Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight)
                );
                if !is_purged {
                    self.note(error, "a message was not delivered");
                }
                Err(NotDelivered)
            }
        };
        self.told.tell(opaque, delivery);
    }
}

/// Tickets of outputs.
struct Tickets {
    deliveries: Arc<Deliveries>,
    signal: Arc<Signal>,
}

impl Told for Tickets {
    type Opaque = usize;

    const IS_REPLACED: bool = true;

    fn tell(&self, ticket: usize, delivery: Result<(), NotDelivered>) {
        if self.deliveries.tell(Ticket(ticket as u64), delivery) {
            self.signal.bump();
        }
    }
}

/// Receipts of what comes from outside.
struct Receipts;

impl Told for Receipts {
    type Opaque = Arc<Appended>;

    const IS_REPLACED: bool = false;

    fn tell(&self, appended: Arc<Appended>, delivery: Result<(), NotDelivered>) {
        appended.tell(delivery);
    }
}

/// Reads, and sends outputs.
pub struct KafkaProducer {
    log: KafkaLog,
    open: Option<Open>,
    /// What could not even be handed over.
    deliveries: Arc<Deliveries>,
}

type Outputs = ThreadedProducer<Reporting<Tickets>>;

struct Open {
    producer: Outputs,
    deliveries: Arc<Deliveries>,
}

impl std::fmt::Debug for KafkaProducer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaProducer").finish_non_exhaustive()
    }
}

impl KafkaProducer {
    pub(super) fn new(log: KafkaLog) -> Self {
        Self {
            log,
            open: None,
            deliveries: Arc::default(),
        }
    }

    /// Made when it is first needed: most who read send nothing.
    fn open(&mut self) -> Result<&Open, KafkaError> {
        if self.open.is_none() {
            let deliveries = Arc::new(Deliveries::default());
            let told = Tickets {
                deliveries: Arc::clone(&deliveries),
                signal: self.log.signal(),
            };
            let plain = Context(Arc::clone(self.log.pulse()));
            let config = self.log.settings().producer();
            let producer = config.create_with_context(Reporting { told, plain })?;
            self.open = Some(Open { producer, deliveries });
        }
        // Made just now, if it was not there.
        self.open.as_ref().ok_or(KafkaError::Canceled)
    }
}

/// A message as the client takes it.
fn to_record<'m, O: IntoOpaque>(
    name: &'m str,
    message: &'m Message,
    stamp: i64,
    opaque: O,
) -> BaseRecord<'m, [u8], [u8], O> {
    let partition = i32::try_from(message.partition).unwrap_or(i32::MAX);
    let mut record = BaseRecord::with_opaque_to(name, opaque)
        .partition(partition)
        .timestamp(stamp)
        .payload(message.value.as_slice());
    if let Some(key) = &message.key {
        record = record.key(key.as_slice());
    }
    if !message.headers.is_empty() {
        let mut headers = OwnedHeaders::new_with_capacity(message.headers.len());
        for (key, value) in &message.headers {
            headers = headers.insert(Header {
                key,
                value: Some(value),
            });
        }
        record = record.headers(headers);
    }
    record
}

impl Log for KafkaProducer {
    fn read(&mut self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        self.log.read(topic, partition, from, max)
    }

    fn look_up(&mut self, topic: Topic, partition: u32, from: u64) -> Result<Option<Record>, ReadError> {
        self.log.look_up(topic, partition, from)
    }

    fn give_back(&mut self, topic: Topic, partition: u32, records: Vec<Record>) {
        self.log.reader().give_back(topic, partition, records);
    }

    fn forget(&mut self, topic: Topic, partition: u32) {
        self.log.reader().forget(topic, partition);
    }

    fn topic_id(&self, topic: Topic) -> String {
        self.log.topic_id(topic).to_owned()
    }

    fn announced(&self, topic: Topic, partition: u32) -> Result<Option<u64>, ReadError> {
        self.log.announced(topic, partition)
    }

    fn send(&mut self, message: Message) -> Ticket {
        let ticket = self.log.ticket();
        let log = self.log.clone();
        let signal = log.signal();
        let name = log.name(message.topic);
        let refused = Arc::clone(&self.deliveries);
        let open = match self.open() {
            Ok(open) => open,
            Err(error) => {
                log.pulse().error(&error, "a producer cannot be made");
                refused.tell(ticket, Err(NotDelivered));
                return ticket;
            }
        };
        let opaque = usize::try_from(ticket.0).unwrap_or(usize::MAX);
        let mut record = to_record(name, &message, log.stamp(), opaque);
        loop {
            let seen = signal.now();
            match open.producer.send(record) {
                Ok(()) => return ticket,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) if !log.is_closing() => {
                    record = again;
                    signal.wait(seen, FULL);
                }
                Err((error, _)) => {
                    log.pulse().note(&error, "a message was not taken");
                    open.deliveries.tell(ticket, Err(NotDelivered));
                    return ticket;
                }
            }
        }
    }
}

impl Producer for KafkaProducer {
    fn deliveries(&mut self) -> Vec<(Ticket, Result<(), NotDelivered>)> {
        let mut deliveries = self.deliveries.take();
        if let Some(open) = &self.open {
            deliveries.append(&mut open.deliveries.take());
        }
        deliveries
    }

    fn reopen(&mut self) {
        // What the old one reports from now on is heard by nobody.
        self.open = None;
        self.deliveries = Arc::default();
    }
}

/// What comes from outside, by whatever thread.
pub(super) struct Outside {
    producer: ThreadedProducer<Reporting<Receipts>>,
    load: Arc<Load>,
}

/// What waits to be acknowledged.
#[derive(Debug, Default)]
struct Load {
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Outside {
    pub(super) fn new(log: &super::KafkaSettings, pulse: &Arc<Pulse>) -> Result<Self, KafkaError> {
        let plain = Context(Arc::clone(pulse));
        let context = Reporting { told: Receipts, plain };
        Ok(Self {
            producer: log.appender().create_with_context(context)?,
            load: Arc::default(),
        })
    }

    /// Bytes and messages that wait to be acknowledged.
    pub(super) fn load(&self) -> (u64, u64) {
        let load = &self.load;
        (
            load.bytes.load(Ordering::Relaxed),
            load.messages.load(Ordering::Relaxed),
        )
    }

    /// Waits until everything is acknowledged, for so long at most; says how much is not.
    pub(super) fn flush(&self, most: Duration) -> u64 {
        self.producer.flush(most).ok();
        self.load().1
    }
}

impl Append for KafkaLog {
    fn append(&self, messages: Vec<Message>, done: Done) -> Result<(), Busy> {
        if self.is_closing() {
            return Err(Busy::Closing);
        }
        let layout = self.layout();
        if messages
            .iter()
            .any(|message| message.partition >= layout.partitions(message.topic))
        {
            // Nothing can ever become of it.
            done(Err(NotDelivered));
            return Ok(());
        }
        if messages.is_empty() {
            done(Ok(()));
            return Ok(());
        }
        let outside = self.outside();
        let count = messages.len() as u64;
        let bytes: u64 = messages.iter().map(weight).sum();
        let load = Arc::clone(&outside.load);
        let waiting = load.messages.fetch_add(count, Ordering::AcqRel);
        let waiting_bytes = load.bytes.fetch_add(bytes, Ordering::AcqRel);
        let release = move || {
            load.messages.fetch_sub(count, Ordering::AcqRel);
            load.bytes.fetch_sub(bytes, Ordering::AcqRel);
        };
        // What is larger than all may pass alone.
        let is_full = waiting + count > OUTSIDE_MAX.0 || waiting_bytes + bytes > OUTSIDE_MAX.1;
        if waiting > 0 && is_full {
            release();
            return Err(Busy::Full);
        }
        let done: Done = Box::new(move |whole| {
            release();
            done(whole);
        });
        let appended = Appended::new(messages.len(), done);
        let stamp = self.stamp();
        for message in &messages {
            let name = self.name(message.topic);
            let record = to_record(name, message, stamp, Arc::clone(&appended));
            if let Err((error, _)) = outside.producer.send(record) {
                self.pulse().error(&error, "a message was not taken");
                appended.tell(Err(NotDelivered));
            }
        }
        Ok(())
    }
}
