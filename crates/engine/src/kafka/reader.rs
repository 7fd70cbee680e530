//! Reading: one thread polls one consumer for all partitions, and waits for nobody but room; whoever wants records takes them from lanes.
//!
//! The consumer is told explicitly what to read and from where. What librdkafka is known to do wrong, and how it is met:
//! offsets are ours, none is stored or committed by the reader, so none can be committed too early or for a partition that
//! was lost; an offset that is not there is an error, and looked into, never a reason to begin elsewhere; partitions are
//! never paused, but taken off and put back at the offset that is expected next, because a pause near an assignment loses
//! its offset; what comes before that offset is dropped, and a record that comes in place of the expected one is believed
//! when it comes again; queues are not split, for splitting loses wake-ups; a poll that gives nothing says nothing about
//! the end of a partition; nobody polls on a thread for requests. Where there is no room it polls no more: a partition that
//! is taken off loses what the client has read ahead of it.

mod room;
mod still;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::topic_partition_list::TopicPartitionList;
use sanbai_core::time::Timestamp;

use super::context::{Context, Pulse};
use super::lane::{Delivered, Fetch, Lane, Taken};
use super::settings::KafkaSettings;
use crate::log::{ReadError, Record, Topic};
use crate::signal::Signal;
use room::Full;

/// How long a poll waits where nothing comes.
const POLL: Duration = Duration::from_millis(20);

/// How long a broker may take to say where a partition begins and ends.
const ANSWER: Duration = Duration::from_secs(2);

/// How long it waits before it asks again.
const AGAIN: Duration = Duration::from_millis(50);

/// How long whoever browses at a new place waits for the first record.
pub(super) const FIRST: Duration = Duration::from_secs(2);

/// Messages after which the reader looks at the clock again: asked for each, it would cost as much as the rest.
const MESSAGES_A_LOOK: u32 = 64;

/// How often it is looked for partitions that stand still.
const LOOK: Duration = Duration::from_secs(10);

/// What nobody asked for in so long is read no more.
const FORGOTTEN: Duration = Duration::from_secs(60);

type Place = (Topic, u32);

/// A consumer with the thread that polls it.
pub(super) struct Reader {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Looks at partitions that stand still.
    watch: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    consumer: BaseConsumer<Context>,
    names: Vec<(Topic, String)>,
    lanes: Mutex<BTreeMap<Place, Arc<Mutex<Lane>>>>,
    /// Some lane is to be begun or stopped.
    is_wanted: AtomicBool,
    stop: AtomicBool,
    signal: Arc<Signal>,
    pulse: Arc<Pulse>,
    /// Bytes that all lanes may hold together.
    buffer_bytes: usize,
    /// Bytes that they hold.
    held: AtomicUsize,
    rewinds: AtomicU64,
    gaps: AtomicU64,
    sheds: AtomicU64,
    stuck: AtomicUsize,
}

/// What a reader has seen since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Records that came again.
    pub(super) rewinds: u64,
    /// Times that something was missing, and read again.
    pub(super) gaps: u64,
    /// Times that what waited was given up for want of room.
    pub(super) sheds: u64,
    /// Bytes that wait to be taken.
    pub(super) bytes: usize,
    /// Partitions that are not read though there is more.
    pub(super) stuck: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reader {
    /// Makes a consumer and begins to poll it.
    ///
    /// # Errors
    /// Where librdkafka refuses its settings, or a thread cannot be started.
    pub(super) fn start(
        settings: &KafkaSettings,
        pulse: &Arc<Pulse>,
        signal: &Arc<Signal>,
    ) -> Result<Self, KafkaError> {
        let consumer = settings.consumer().create_with_context(Context(Arc::clone(pulse)))?;
        let shared = Arc::new(Shared {
            consumer,
            names: Topic::ALL.map(|topic| (topic, settings.name(topic))).to_vec(),
            lanes: Mutex::default(),
            is_wanted: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            signal: Arc::clone(signal),
            pulse: Arc::clone(pulse),
            buffer_bytes: settings.buffer_bytes,
            held: AtomicUsize::new(0),
            rewinds: AtomicU64::new(0),
            gaps: AtomicU64::new(0),
            sheds: AtomicU64::new(0),
            stuck: AtomicUsize::new(0),
        });
        let polling = Arc::clone(&shared);
        let thread = Builder::new()
            .name("kafka-reader".to_owned())
            .spawn(move || polling.poll());
        let thread = thread.map_err(|error| KafkaError::Subscription(error.to_string()))?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
            watch: Mutex::new(None),
        })
    }

    /// Has partitions looked at that stand still though there is more.
    ///
    /// # Errors
    /// Where librdkafka refuses its settings, or a thread cannot be started.
    pub(super) fn watch(&self, settings: &KafkaSettings) -> Result<(), KafkaError> {
        let context = Context(Arc::clone(&self.shared.pulse));
        let consumer: BaseConsumer<Context> = settings.consumer().create_with_context(context)?;
        let shared = Arc::clone(&self.shared);
        let thread = Builder::new().name("kafka-watch".to_owned()).spawn(move || {
            let mut behind = BTreeMap::new();
            while !shared.stop.load(Ordering::Acquire) {
                shared.look_at_still(&consumer, &mut behind);
                shared.rest(LOOK);
            }
        });
        *lock(&self.watch) = Some(thread.map_err(|error| KafkaError::Subscription(error.to_string()))?);
        Ok(())
    }

    /// The next records of a partition. At a place where nobody has read, waits for the first one for so long at most.
    pub(super) fn read(
        &self,
        topic: Topic,
        partition: u32,
        from: u64,
        max: usize,
        first: Duration,
    ) -> Result<Vec<Record>, ReadError> {
        let lane = self.shared.lane((topic, partition));
        let bytes_max = self.shared.lane_bytes();
        let mut until = None;
        loop {
            let seen = self.shared.signal.now();
            match self.shared.with(&lane, |lane| lane.take(from, max, bytes_max)) {
                Taken::Records(records) => return Ok(records),
                Taken::Damaged(to) => return Err(ReadError::Damaged { from, to }),
                Taken::Elsewhere => {
                    let (start, end) = self.range(topic, partition)?;
                    if from < start {
                        return Err(ReadError::Gone { start });
                    }
                    if from > end {
                        return Err(ReadError::Beyond { end });
                    }
                    self.shared.with(&lane, |lane| lane.put(from, end));
                    until.get_or_insert_with(|| Instant::now() + first);
                }
                Taken::OnItsWay => {
                    let left = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
                    if left.is_zero() || self.shared.stop.load(Ordering::Acquire) {
                        return Err(ReadError::Unavailable);
                    }
                    self.shared.signal.wait(seen, left);
                }
            }
        }
    }

    /// Takes back what was read and is wanted again.
    pub(super) fn give_back(&self, topic: Topic, partition: u32, records: Vec<Record>) {
        let lane = self.shared.lane((topic, partition));
        self.shared.with(&lane, |lane| lane.give_back(records));
    }

    /// Where a partition begins, and where it ends, as its leader says now.
    pub(super) fn range(&self, topic: Topic, partition: u32) -> Result<(u64, u64), ReadError> {
        self.shared.range(topic, partition)
    }

    /// Name of a topic on the brokers.
    pub(super) fn name(&self, topic: Topic) -> &str {
        self.shared.name(topic)
    }

    /// A partition is read no more, until it is asked for again.
    pub(super) fn forget(&self, topic: Topic, partition: u32) {
        if let Some(lane) = lock(&self.shared.lanes).get(&(topic, partition)) {
            self.shared.with(lane, Lane::forget);
        }
    }

    /// What it has seen.
    pub(super) fn seen(&self) -> Seen {
        Seen {
            rewinds: self.shared.rewinds.load(Ordering::Relaxed),
            gaps: self.shared.gaps.load(Ordering::Relaxed),
            sheds: self.shared.sheds.load(Ordering::Relaxed),
            bytes: self.shared.held.load(Ordering::Relaxed),
            stuck: self.shared.stuck.load(Ordering::Relaxed),
        }
    }

    /// Stops polling, and closes the consumer on the thread that polled it.
    pub(super) fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.signal.bump();
        for thread in [&self.thread, &self.watch] {
            if lock(thread).take().is_some_and(|thread| thread.join().is_err()) {
                tracing::error!("a thread of the reader had panicked");
            }
        }
    }

    /// Whether its thread polls.
    pub(super) fn runs(&self) -> bool {
        lock(&self.thread).as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn name(&self, topic: Topic) -> &str {
        let mut names = self.names.iter();
        names.find(|(known, _)| *known == topic).map_or("", |(_, name)| name)
    }

    fn lane(&self, place: Place) -> Arc<Mutex<Lane>> {
        let mut lanes = lock(&self.lanes);
        let lane = lanes.entry(place).or_insert_with(|| Arc::new(Mutex::new(Lane::new())));
        Arc::clone(lane)
    }

    fn poll(&self) {
        let mut last: Option<(Place, Arc<Mutex<Lane>>)> = None;
        let mut full: Option<Full> = None;
        let (mut bytes_max, mut swept) = (self.lane_bytes(), Instant::now());
        let (mut now, mut looks_in) = (swept, MESSAGES_A_LOOK);
        while !self.stop.load(Ordering::Acquire) {
            if self.is_wanted.swap(false, Ordering::AcqRel) {
                self.arrange();
                bytes_max = self.lane_bytes();
            }
            if looks_in == 0 {
                (now, looks_in) = (Instant::now(), MESSAGES_A_LOOK);
                if now - swept >= FORGOTTEN {
                    swept = now;
                    self.sweep();
                }
            }
            if !self.has_room(&mut full) {
                looks_in = 0;
                continue;
            }
            looks_in -= 1;
            match self.consumer.poll(POLL) {
                None => looks_in = 0,
                Some(Ok(message)) => self.deliver(&message, &mut last, bytes_max, now),
                Some(Err(error)) => self.fail(&error),
            }
        }
        self.consumer.unassign().ok();
    }

    /// Begins and stops partitions as their lanes want it. Only this thread does: nothing that an earlier assignment
    /// delivered can be taken for what a later one does.
    fn arrange(&self) {
        let lanes: Vec<(Place, Arc<Mutex<Lane>>)> = lock(&self.lanes)
            .iter()
            .map(|(place, lane)| (*place, Arc::clone(lane)))
            .collect();
        for ((topic, partition), lane) in lanes {
            let mut lane = lock(&lane);
            let was_off = lane.fetch == Fetch::Start;
            if matches!(lane.fetch, Fetch::Stop | Fetch::Again) {
                let list = self.list(topic, partition, Offset::Invalid);
                self.tell(list.and_then(|list| self.consumer.incremental_unassign(&list)));
                lane.fetch = if lane.fetch == Fetch::Again {
                    Fetch::Start
                } else {
                    Fetch::Off
                };
            }
            if lane.fetch == Fetch::Start {
                let from = i64::try_from(lane.expected()).unwrap_or(i64::MAX);
                let list = self.list(topic, partition, Offset::Offset(from));
                self.tell(list.and_then(|list| self.consumer.incremental_assign(&list)));
                lane.fetch = Fetch::On;
                // One that is begun anew where it stood still has stood still all the time.
                if was_off {
                    lane.moved = Instant::now();
                }
            }
        }
    }

    fn range(&self, topic: Topic, partition: u32) -> Result<(u64, u64), ReadError> {
        let partition = i32::try_from(partition).map_err(|_| ReadError::Beyond { end: 0 })?;
        let name = self.name(topic);
        let until = Instant::now() + ANSWER;
        loop {
            let seen = self.signal.now();
            let left = until.saturating_duration_since(Instant::now());
            match self.consumer.fetch_watermarks(name, partition, left) {
                Ok((low, high)) => {
                    let offset = |offset: i64| u64::try_from(offset).unwrap_or(0);
                    return Ok((offset(low), offset(high)));
                }
                // A topic that was just made has no leaders for a moment.
                Err(_) if left > AGAIN => {
                    self.signal.wait(seen, AGAIN);
                }
                Err(error) => {
                    let why = "a broker does not say where a partition ends";
                    self.pulse.error(&error, why);
                    return Err(ReadError::Unavailable);
                }
            }
        }
    }

    fn list(&self, topic: Topic, partition: u32, offset: Offset) -> Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::with_capacity(1);
        let partition = i32::try_from(partition).unwrap_or(i32::MAX);
        list.add_partition_offset(self.name(topic), partition, offset)?;
        Ok(list)
    }

    fn tell(&self, result: Result<(), KafkaError>) {
        if let Err(error) = result {
            self.pulse.error(&error, "a partition cannot be begun or stopped");
        }
    }

    /// Forgets lanes that nobody asks for.
    fn sweep(&self) {
        let lanes = lock(&self.lanes);
        for lane in lanes.values() {
            self.with(lane, |lane| {
                if lane.asked.elapsed() >= FORGOTTEN {
                    lane.forget();
                }
            });
        }
    }

    fn deliver(
        &self,
        message: &BorrowedMessage<'_>,
        last: &mut Option<(Place, Arc<Mutex<Lane>>)>,
        bytes_max: usize,
        now: Instant,
    ) {
        let Some(place) = self.place(message) else { return };
        if last.as_ref().is_none_or(|(known, _)| *known != place) {
            *last = Some((place, self.lane(place)));
        }
        let Some((_, lane)) = last else { return };
        let offset = u64::try_from(message.offset()).unwrap_or(0);
        let delivered = self.with(lane, |lane| lane.deliver(offset, bytes_max, now, || record(message)));
        match delivered {
            Delivered::Taken { is_first: true } => self.signal.bump(),
            Delivered::Taken { is_first: false } => {}
            Delivered::Rewind => {
                self.rewinds.fetch_add(1, Ordering::Relaxed);
            }
            Delivered::Gap => {
                self.gaps.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn place(&self, message: &BorrowedMessage<'_>) -> Option<Place> {
        let name = message.topic();
        let (topic, _) = self.names.iter().find(|(_, known)| known == name)?;
        Some((*topic, u32::try_from(message.partition()).ok()?))
    }

    fn fail(&self, error: &KafkaError) {
        let code = error.rdkafka_error_code();
        let is_out_of_range = matches!(
            code,
            Some(
                RDKafkaErrorCode::AutoOffsetReset
                    | RDKafkaErrorCode::OffsetOutOfRange
                    | RDKafkaErrorCode::NoOffset
                    | RDKafkaErrorCode::LogTruncation
            )
        );
        if is_out_of_range {
            // Which partition it is, is not said: each looks at its own when it has nothing more.
            for lane in lock(&self.lanes).values() {
                lock(lane).doubt();
            }
            self.signal.bump();
        }
        self.pulse.error(error, "a record cannot be read");
    }
}

/// A message as a record.
fn record(message: &BorrowedMessage<'_>) -> Record {
    let millis = message.timestamp().to_millis().unwrap_or(0);
    let timestamp = Timestamp::from_nanos(millis.saturating_mul(1_000_000));
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        let headers = headers.iter();
        headers
            .map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
            .collect()
    });
    Record {
        offset: u64::try_from(message.offset()).unwrap_or(0),
        timestamp,
        key: message.key().map(<[u8]>::to_vec),
        headers,
        value: message.payload().map(<[u8]>::to_vec),
    }
}
