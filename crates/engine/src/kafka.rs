//! The log on Apache Kafka.
//!
//! ```text
//! member ──assignment──▶ node           reader: one consumer, one thread ──lanes──▶ tasks, registry
//!   ▲ group                             producers: one for each thread that sends ──▶ outputs, ticks
//! announce: offsets, snapshots          outside: one for what comes from outside
//! ```
//!
//! No transactions: whoever applies the same log sends the same outputs, and readers keep the highest version.

mod context;
mod describe;
mod lane;
mod member;
mod producer;
mod reader;
mod settings;
mod stuck;
mod topics;
mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use sanbai_wire::snapshot::ShardKind;

pub use member::Standing;
pub use producer::KafkaProducer;
pub use settings::{Choice, KafkaSettings, Sasl, Security, Tls};
pub use topics::{Finding, Plan, Topics};

use crate::assignment::Assignment;
use crate::clock::Clock;
use crate::log::{ReadError, Record, Ticket, Topic};
use crate::signal::Signal;
use crate::stage::Layout;
use context::Pulse;
use member::Member;
use producer::Outside;
use reader::{FIRST, Reader};
use watch::{Watch, find, layout};

/// How long whoever reads beside the shards waits for a record that is there.
const BROWSE: Duration = Duration::from_secs(10);

/// Why a Kafka log cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KafkaOpenError {
    /// A setting is refused.
    Setting(String),
    /// No broker answers.
    Unavailable(String),
    /// Topics are not there: `sanbai topics create` makes them.
    Missing(Vec<String>),
    /// A topic has another number of partitions than those that belong to it.
    Partitions {
        /// The topic.
        topic: String,
        /// How many it has.
        found: u32,
        /// How many it must have.
        wanted: u32,
    },
}

impl fmt::Display for KafkaOpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(reason) => write!(f, "a setting of Kafka is refused: {reason}"),
            Self::Unavailable(reason) => write!(f, "no broker answers: {reason}"),
            Self::Missing(topics) => write!(
                f,
                "topics are missing: {}; `sanbai topics create` makes them",
                topics.join(", ")
            ),
            Self::Partitions { topic, found, wanted } => {
                write!(f, "{topic} has {found} partitions, and must have {wanted}")
            }
        }
    }
}

impl std::error::Error for KafkaOpenError {}

impl From<KafkaError> for KafkaOpenError {
    fn from(error: KafkaError) -> Self {
        Self::Setting(error.to_string())
    }
}

/// The log on Kafka, as one process sees it. Handles are cheap.
#[derive(Clone)]
pub struct KafkaLog {
    open: Arc<Open>,
}

struct Open {
    settings: KafkaSettings,
    clock: Clock,
    layout: Layout,
    reader: Reader,
    member: Member,
    outside: Outside,
    pulse: Arc<Pulse>,
    signal: Arc<Signal>,
    tickets: AtomicU64,
    is_closing: AtomicBool,
    watch: Arc<Watch>,
    watching: Mutex<Option<JoinHandle<()>>>,
}

/// How the log is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KafkaHealth {
    /// Since when no broker answers, and why.
    pub down: Option<(Duration, String)>,
    /// Why a client cannot go on: the process must be started again.
    pub fatal: Option<String>,
    /// Partitions that are ours: of parcel shards, of scope shards.
    pub ours: (usize, usize),
    /// Times that the group was rebalanced.
    pub rebalances: u64,
    /// Times that partitions were lost, not given back.
    pub lost: u64,
    /// Records that came again, and were dropped.
    pub rewinds: u64,
    /// Times that a record was missing, and was read again.
    pub gaps: u64,
    /// Times that what was read of a partition was given up, for it filled the memory and nobody took it.
    pub sheds: u64,
    /// Partitions that have more records, of which none comes.
    pub stuck: usize,
    /// Bytes of records that wait to be applied.
    pub read_bytes: usize,
    /// Bytes and messages from outside that wait to be acknowledged.
    pub outside: (u64, u64),
    /// Errors of the clients, by code.
    pub errors: BTreeMap<String, u64>,
}

impl KafkaLog {
    /// Connects, and finds the topics.
    ///
    /// # Errors
    /// Where no broker answers within 20 s, topics are missing, or a setting is refused.
    pub fn open(settings: KafkaSettings, clock: Clock) -> Result<Self, KafkaOpenError> {
        if let Some(name) = settings.forbidden() {
            let reason = format!("{name}: it rests on ours that nothing is lost");
            return Err(KafkaOpenError::Setting(reason));
        }
        let (pulse, signal) = (Arc::<Pulse>::default(), Arc::<Signal>::default());
        let found = find(&settings, &pulse)?;
        let layout = layout(&settings, &found)?;
        let reader = Reader::start(&settings, &pulse, &signal)?;
        reader.watch(&settings)?;
        let member = Member::start(&settings, layout, &pulse, &signal)?;
        let outside = Outside::new(&settings, &pulse)?;
        let watch = Arc::new(Watch::new(&settings, &pulse, found)?);
        let watching = watch.begin(Arc::clone(&signal));
        let watching = watching.map_err(|error| KafkaOpenError::Unavailable(error.to_string()))?;
        Ok(Self {
            open: Arc::new(Open {
                settings,
                clock,
                layout,
                reader,
                member,
                outside,
                pulse,
                signal,
                tickets: AtomicU64::new(0),
                is_closing: AtomicBool::new(false),
                watch,
                watching: Mutex::new(Some(watching)),
            }),
        })
    }

    /// How topics are laid out.
    pub fn layout(&self) -> Layout {
        self.open.layout
    }

    /// The id of a topic.
    pub fn topic_id(&self, topic: Topic) -> &str {
        self.open.watch.id(topic)
    }

    /// Which partitions are ours.
    pub fn assignment(&self) -> Arc<Assignment> {
        Arc::clone(self.open.member.assignment())
    }

    /// What is bumped whenever there is something new.
    pub fn signal(&self) -> Arc<Signal> {
        Arc::clone(&self.open.signal)
    }

    /// What reads and sends outputs.
    pub fn producer(&self) -> KafkaProducer {
        KafkaProducer::new(self.clone())
    }

    /// What reads beside the shards: a consumer of its own.
    ///
    /// # Errors
    /// Where librdkafka makes none.
    pub fn browser(&self) -> Result<KafkaBrowser, KafkaOpenError> {
        let open = &self.open;
        let reader = Reader::start(&open.settings, &open.pulse, &open.signal)?;
        Ok(KafkaBrowser {
            log: self.clone(),
            reader,
        })
    }

    /// Where a partition begins and ends, as its leader says now.
    ///
    /// # Errors
    /// Where nobody answers.
    pub fn range(&self, topic: Topic, partition: u32) -> Result<Range<u64>, ReadError> {
        let (start, end) = self.open.reader.range(topic, partition)?;
        Ok(start..end)
    }

    /// Where a partition ended when its leader said so last; `None` where it is not read here.
    pub fn known_end(&self, topic: Topic, partition: u32) -> Option<u64> {
        let partition = i32::try_from(partition).ok()?;
        self.open.pulse.end(&self.open.settings.name(topic), partition)
    }

    /// Announces how far shards are, for tools that show lag, and for whoever takes a partition over.
    pub fn announce(&self, standings: &[Standing]) {
        self.open.member.announce(standings);
    }

    /// How it is.
    pub fn health(&self) -> KafkaHealth {
        let (open, seen) = (&self.open, self.open.reader.seen());
        let counts = open.member.counts();
        let fatal = open.pulse.fatal();
        let is_dead = !open.reader.runs() || !open.member.runs();
        KafkaHealth {
            down: open.pulse.down(),
            fatal: fatal.or_else(|| (is_dead && !self.is_closing()).then(|| "a thread has ended".to_owned())),
            ours: open.member.assignment().count(),
            rebalances: counts.rebalances.load(Ordering::Relaxed),
            lost: counts.lost.load(Ordering::Relaxed),
            rewinds: seen.rewinds,
            gaps: seen.gaps,
            sheds: seen.sheds,
            stuck: seen.stuck,
            read_bytes: seen.bytes,
            outside: open.outside.load(),
            errors: open.pulse.errors(),
        }
    }

    /// Takes no more messages, and lets go whoever waits for room: what they hand over is not delivered.
    pub fn take_nothing_more(&self) {
        self.open.is_closing.store(true, Ordering::Release);
        self.open.signal.bump();
    }

    /// Leaves the group, and sends what was handed over, for so long at most. Says how many messages were not acknowledged.
    pub fn close(&self, most: Duration) -> u64 {
        self.take_nothing_more();
        let open = &self.open;
        open.member.stop();
        open.reader.stop();
        open.watch.stop();
        open.signal.bump();
        let watching = open.watching.lock().unwrap_or_else(PoisonError::into_inner).take();
        if watching.is_some_and(|watching| watching.join().is_err()) {
            tracing::error!("the thread that watches topics had panicked");
        }
        open.outside.flush(most)
    }

    /// Reads for shards. It waits for no record, so that others on the same thread can go on; at a new place for its leader.
    fn read(&self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        self.watched(topic, || {
            self.open.reader.read(topic, partition, from, max, Duration::ZERO)
        })
    }

    /// The first record of a partition from an offset on, for shards, waited for where there is one.
    fn look_up(&self, topic: Topic, partition: u32, from: u64) -> Result<Option<Record>, ReadError> {
        let records = self.watched(topic, || self.browse(&self.open.reader, topic, partition, from, 1));
        Ok(records?.into_iter().next())
    }

    /// Reads from a topic if it is still the one that it was.
    fn watched(
        &self,
        topic: Topic,
        read: impl FnOnce() -> Result<Vec<Record>, ReadError>,
    ) -> Result<Vec<Record>, ReadError> {
        self.open.watch.look(topic)?;
        match read() {
            // An offset that is not there may be one of a topic of that name that is gone: asked at once.
            Err(error @ (ReadError::Gone { .. } | ReadError::Beyond { .. })) => {
                self.open.watch.ask(&self.open.signal)?;
                self.open.watch.look(topic)?;
                Err(error)
            }
            read => read,
        }
    }

    /// The next records of a partition from an offset on, waited for where there are any; none at its end.
    fn browse(
        &self,
        reader: &Reader,
        topic: Topic,
        partition: u32,
        from: u64,
        max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let until = Instant::now() + BROWSE;
        let mut end = None;
        loop {
            let seen = self.open.signal.now();
            let records = reader.read(topic, partition, from, max, FIRST)?;
            if !records.is_empty() {
                return Ok(records);
            }
            // None came: because there are none, or because they are on their way?
            let end = match end {
                Some(end) => end,
                None => *end.insert(reader.range(topic, partition)?.1),
            };
            if from >= end {
                return Ok(records);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_closing() {
                return Err(ReadError::Unavailable);
            }
            self.open.signal.wait(seen, left);
        }
    }

    fn announced(&self, topic: Topic, partition: u32) -> Result<Option<u64>, ReadError> {
        match topic {
            Topic::ParcelEvents => self.open.member.announced(ShardKind::Parcel, partition),
            Topic::Sightings => self.open.member.announced(ShardKind::Scope, partition),
            _ => Ok(None),
        }
    }

    /// Name of a topic on the brokers.
    fn name(&self, topic: Topic) -> &str {
        self.open.reader.name(topic)
    }

    fn settings(&self) -> &KafkaSettings {
        &self.open.settings
    }

    fn pulse(&self) -> &Arc<Pulse> {
        &self.open.pulse
    }

    fn reader(&self) -> &Reader {
        &self.open.reader
    }

    fn outside(&self) -> &Outside {
        &self.open.outside
    }

    /// What a message is stamped with, where its topic keeps what producers say: milliseconds since 1970.
    fn stamp(&self) -> i64 {
        self.open.clock.now().as_nanos() / 1_000_000
    }

    fn ticket(&self) -> Ticket {
        Ticket(self.open.tickets.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn is_closing(&self) -> bool {
        self.open.is_closing.load(Ordering::Acquire)
    }
}

impl fmt::Debug for KafkaLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaLog")
            .field("brokers", &self.open.settings.brokers)
            .field("layout", &self.open.layout)
            .finish_non_exhaustive()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.watch.stop();
        self.signal.bump();
    }
}

/// Reads beside the shards.
pub struct KafkaBrowser {
    log: KafkaLog,
    reader: Reader,
}

impl fmt::Debug for KafkaBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaBrowser").finish_non_exhaustive()
    }
}

impl KafkaBrowser {
    /// What has come of a partition from an offset on, without waiting for more.
    ///
    /// # Errors
    /// Where the offset is gone or was never there, or nobody answers.
    pub fn follow(&self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        self.reader.read(topic, partition, from, max, FIRST)
    }

    /// The next records of a partition from an offset on; none at its end.
    ///
    /// # Errors
    /// Where the offset is gone or was never there, or nobody answers.
    pub fn read(&self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        self.log.browse(&self.reader, topic, partition, from, max)
    }
}
