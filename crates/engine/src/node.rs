//! A node: the tasks of one process on its threads, with a clock that ticks and a registry that is followed.
//!
//! ```text
//! follower ──registry──▶ workers, each with some tasks and a producer of its own ──▶ log, snapshots
//! ticker ──ticks──▶ log                    └── status of each task ──▶ metrics, operators
//! ```
//!
//! What shards compute does not depend on how many workers there are, nor on their speed.

mod follower;
mod seat;
mod status;
mod summary;
mod ticker;
mod worker;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::shard::input::Behaviour;
use sanbai_wire::control::Control;
use sanbai_wire::snapshot::ShardKind;

use crate::assignment::Assignment;
use crate::clock::Clock;
use crate::kafka::{KafkaLog, KafkaProducer};
use crate::local::{LocalLog, LocalProducer};
use crate::log::{NotDelivered, Producer, ReadError, Ticket, Topic};
use crate::objects::Objects;
use crate::parcel::{ParcelSettings, control_message};
use crate::registry::RegistryCopy;
use crate::signal::Signal;
use crate::stage::Layout;
use seat::Seat;
use status::Board;
pub use status::{Parcels, State, TaskStatus};
pub use summary::{DaySummary, DutyFigures, Figures, Ranked, Ranking, Summary, SummarySettings};
use worker::Worker;

/// How long the log may take at the start.
const START: Duration = Duration::from_secs(20);

/// How a node runs.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    /// Threads that tasks are spread over, at least 1.
    pub workers: usize,
    /// What the parcel stage is made from.
    pub parcel: ParcelSettings,
    /// How long a recovery may take: as much work lies between two snapshots.
    pub recovery: Duration,
    /// A snapshot is taken after this time, however little there was to do.
    pub snapshot_at_most: Duration,
    /// Snapshots that are kept of each shard, at least 1.
    pub snapshots_kept: usize,
    /// Records that are read at once.
    pub batch_max: usize,
    /// Messages of a shard that may be unacknowledged before it reads nothing more.
    pub unacknowledged_max: usize,
    /// Time between two ticks of a partition, by the clock of the process.
    pub tick_every: Duration,
    /// How scope shards are summed up for whoever watches.
    pub summary: SummarySettings,
}

impl NodeSettings {
    /// What is right for most: a worker for each processor, a recovery within 10 s, a tick every 5 s.
    pub fn new(parcel: ParcelSettings) -> Self {
        Self {
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            parcel,
            recovery: Duration::from_secs(10),
            snapshot_at_most: Duration::from_secs(3_600),
            snapshots_kept: 3,
            batch_max: 1_024,
            unacknowledged_max: 20_000,
            tick_every: Duration::from_secs(5),
            summary: SummarySettings::default(),
        }
    }
}

/// A log on which a node can stand.
pub trait NodeLog: Clone + Send + Sync + 'static {
    /// What its threads read and send with.
    type Producer: Producer + Send;

    /// One of them.
    fn producer(&self) -> Self::Producer;

    /// How its topics are laid out.
    fn layout(&self) -> Layout;

    /// First offset of a partition that is not there yet.
    ///
    /// # Errors
    /// Where nobody can tell now.
    fn end(&self, topic: Topic, partition: u32) -> Result<u64, ReadError>;

    /// Is raised when there is something new to read, or to learn of deliveries.
    fn signal(&self) -> Arc<Signal>;

    /// Which partitions are ours.
    fn assignment(&self) -> Arc<Assignment>;

    /// Takes no more messages, and lets go whoever waits for room: what they hand over is not delivered.
    fn take_nothing_more(&self);
}

/// So long threads get at the end to finish what they are at, before the log takes nothing more from them.
const FINISH_MOST: Duration = Duration::from_secs(2);

impl NodeLog for LocalLog {
    type Producer = LocalProducer;

    fn producer(&self) -> LocalProducer {
        Self::producer(self)
    }

    fn layout(&self) -> Layout {
        Self::layout(self)
    }

    fn end(&self, topic: Topic, partition: u32) -> Result<u64, ReadError> {
        Ok(self.range(topic, partition).end)
    }

    fn signal(&self) -> Arc<Signal> {
        Self::signal(self)
    }

    /// Nobody else has the directory open.
    fn assignment(&self) -> Arc<Assignment> {
        Arc::new(Assignment::new(Self::layout(self), true))
    }

    fn take_nothing_more(&self) {
        Self::take_nothing_more(self);
    }
}

impl NodeLog for KafkaLog {
    type Producer = KafkaProducer;

    fn producer(&self) -> KafkaProducer {
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
        Self::assignment(self)
    }

    fn take_nothing_more(&self) {
        Self::take_nothing_more(self);
    }
}

impl Producer for LocalProducer {
    fn deliveries(&mut self) -> Vec<(Ticket, Result<(), NotDelivered>)> {
        Self::deliveries(self)
    }

    fn reopen(&mut self) {
        // Nothing is handed over by halves: what it sent is written in its order, or the log is closed.
    }
}

/// What all threads of a node share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// No more ticks: what is there is finished.
    drain: AtomicBool,
    stop: AtomicBool,
    /// Workers hold it while they work. Whoever must not wait for them looks at `rules` and `registry_next`.
    registry: RwLock<RegistryCopy>,
    rules: RwLock<Arc<Rules>>,
    registry_next: AtomicU64,
    board: Board,
    assignment: Arc<Assignment>,
    signal: Arc<Signal>,
    clock: Clock,
}

/// The tasks of one process, running.
#[derive(Debug)]
pub struct Node {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Node {
    /// Starts the threads. A partition that holds nothing yet begins with the behaviour of this build.
    ///
    /// # Errors
    /// Where a thread cannot be started, or the log does not say where it ends.
    pub fn start<L: NodeLog>(
        log: &L,
        objects: &Objects,
        registry: Registry,
        clock: Clock,
        settings: &NodeSettings,
    ) -> io::Result<Self> {
        let layout = log.layout();
        let shared = Arc::new(Shared {
            drain: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            rules: RwLock::new(Arc::new(registry.rules().clone())),
            registry: RwLock::new(RegistryCopy::new(registry)),
            registry_next: AtomicU64::new(0),
            board: Board::new(layout),
            assignment: log.assignment(),
            signal: log.signal(),
            clock,
        });
        activate(log, layout, settings.parcel.behaviour)?;
        let mut threads = Vec::new();
        let start = |name: String, run: Box<dyn FnOnce() + Send>| Builder::new().name(name).spawn(run);
        let mut follower = follower::Follower::new(log.producer(), Arc::clone(&shared));
        follower.catch_up(end_of(log, Topic::Registry, 0)?, START);
        threads.push(start("registry".to_owned(), Box::new(move || follower.run()))?);
        let every = clock.wait(settings.tick_every).max(ticker::EVERY_MIN);
        let ticker = ticker::Ticker::new(log.producer(), layout, Arc::clone(&shared), every);
        threads.push(start("ticks".to_owned(), Box::new(move || ticker.run()))?);
        let mut settings = settings.clone();
        settings.summary.every = clock.wait(settings.summary.every).max(summary::EVERY_MIN);
        for (number, seats) in Seat::spread(layout, &settings).into_iter().enumerate() {
            let worker = Worker::new(log.producer(), objects.clone(), seats, Arc::clone(&shared), &settings);
            threads.push(start(format!("worker-{number}"), Box::new(move || worker.run()))?);
        }
        Ok(Self {
            shared,
            threads: Mutex::new(threads),
        })
    }

    /// What became of each task whose partition is ours, as of a moment ago.
    pub fn tasks(&self) -> Vec<TaskStatus> {
        self.shared.board.all()
    }

    /// What is known of the registry. Waits for workers, and they wait while it is held.
    pub fn registry(&self) -> RwLockReadGuard<'_, RegistryCopy> {
        self.shared.registry()
    }

    /// The rules as they are known now. Never waits for workers.
    pub fn rules(&self) -> Arc<Rules> {
        self.shared.rules()
    }

    /// The registry records before this offset are known now.
    pub fn registry_next(&self) -> u64 {
        self.shared.registry_next.load(Ordering::Acquire)
    }

    /// The registry records before this offset are known to every parcel shard, as of a moment ago.
    pub fn registry_known_to_all(&self) -> u64 {
        self.shared.board.registry_known_to_all()
    }

    /// Lets a parked task go on; `false` where there is none of that number.
    pub fn resume(&self, shard: ShardKind, partition: u32) -> bool {
        let told = self.shared.board.resume(shard, partition);
        self.shared.signal.bump();
        told
    }

    /// Has every shard take a snapshot as soon as it can.
    pub fn snapshot_soon(&self) {
        self.shared.board.snapshot_soon();
        self.shared.signal.bump();
    }

    /// Whether all its threads run.
    pub fn runs(&self) -> bool {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.iter().all(|thread| !thread.is_finished())
    }

    /// Whether every task got on, or had nothing to do, within a time. A disk that cannot be written holds them up.
    pub fn got_on(&self, within: Duration) -> bool {
        self.shared.board.got_on(within)
    }

    /// Stops all threads, within `drain` once everything that is on the log was applied, and what follows from it sent; after
    /// that once they have finished what they are at. Whoever waits then for room in the log, whose disk cannot be written,
    /// is let go after 2 s: the log takes nothing more. Nothing needs a last snapshot: what was not applied is applied at
    /// the next start. Says whether everything was.
    pub fn stop<L: NodeLog>(&self, log: &L, drain: Duration) -> bool {
        self.shared.drain.store(true, Ordering::Release);
        let until = Instant::now() + drain;
        // Twice, for what the one shard sends the other reads.
        let mut rests = 0;
        while rests < 2 && Instant::now() < until {
            let seen = self.shared.signal.now();
            rests = if self.is_at_rest(log) { rests + 1 } else { 0 };
            self.shared.signal.bump();
            self.shared.signal.wait(seen + 1, Duration::from_millis(50));
        }
        self.shared.stop.store(true, Ordering::Release);
        self.shared.signal.bump();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        self.let_go(log, &threads);
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the node had panicked");
            }
        }
        rests == 2
    }

    /// Waits until threads end, and where they wait for room in the log, lets them go.
    fn let_go<L: NodeLog>(&self, log: &L, threads: &[JoinHandle<()>]) {
        let is_over = || threads.iter().all(JoinHandle::is_finished);
        let until = Instant::now() + FINISH_MOST;
        while !is_over() && Instant::now() < until {
            let seen = self.shared.signal.now();
            self.shared.signal.wait(seen, Duration::from_millis(5));
        }
        if !is_over() {
            tracing::warn!("shards are still at something: the log takes nothing more from them");
            log.take_nothing_more();
        }
    }

    /// Whether everything that is on the log was applied and acknowledged, or its shard is parked.
    fn is_at_rest<L: NodeLog>(&self, log: &L) -> bool {
        self.tasks().iter().all(|task| {
            let is_read = log.end(Topic::read_by(task.shard), task.partition) == Ok(task.next);
            matches!(task.state, State::Parked(_)) || (is_read && task.unacknowledged == 0)
        })
    }
}

impl Shared {
    fn registry(&self) -> RwLockReadGuard<'_, RegistryCopy> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_draining(&self) -> bool {
        self.drain.load(Ordering::Acquire)
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// Where a partition ends. Brokers that have just begun may not know it for a moment.
fn end_of<L: NodeLog>(log: &L, topic: Topic, partition: u32) -> io::Result<u64> {
    let until = Instant::now() + START;
    loop {
        let seen = log.signal().now();
        match log.end(topic, partition) {
            Ok(end) => return Ok(end),
            Err(_) if Instant::now() < until => {
                log.signal().wait(seen, Duration::from_millis(100));
            }
            Err(_) => return Err(io::Error::other("the log does not say where it ends")),
        }
    }
}

/// Puts the behaviour of this build first into every partition that holds nothing.
fn activate<L: NodeLog>(log: &L, layout: Layout, behaviour: Behaviour) -> io::Result<()> {
    let mut producer = log.producer();
    let mut waiting = 0_usize;
    for partition in 0..layout.parcels {
        if end_of(log, Topic::ParcelEvents, partition)? == 0 {
            let first = control_message(partition, &Control::Activate(behaviour));
            crate::log::Log::send(&mut producer, first);
            waiting += 1;
        }
    }
    let (signal, until) = (log.signal(), Instant::now() + START);
    while waiting > 0 {
        if Instant::now() > until {
            return Err(io::Error::other("the first record of a partition is not acknowledged"));
        }
        let seen = signal.now();
        for (_, delivery) in producer.deliveries() {
            delivery.map_err(|_| io::Error::other("the first record of a partition was not delivered"))?;
            waiting -= 1;
        }
        if waiting > 0 {
            signal.wait(seen, Duration::from_millis(100));
        }
    }
    Ok(())
}
