//! A task on its worker, and what is told about it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sanbai_wire::snapshot::ShardKind;

use super::status::{Board, Parcels, Post, State, TaskStatus};
use super::summary::Summing;
use super::{NodeSettings, Shared};
use crate::ledger::Ledger;
use crate::log::{Log, NotDelivered, Ticket, Topic};
use crate::parcel::ParcelStage;
use crate::registry::RegistryCopy;
use crate::scope::ScopeStage;
use crate::stage::{Layout, Stage};
use crate::store::Store;
use crate::task::{Progress, Task, TaskAlarm, TaskSettings};

/// What is told about a task is this old at most, while it works.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// Fewest and most records between two snapshots.
const EVERY: (u64, u64) = (1_000, 50_000_000);

/// A task of either stage.
#[derive(Debug)]
enum Either {
    Parcel(Box<Task<ParcelStage>>),
    Scope(Box<Task<ScopeStage>>),
}

/// A task on its worker.
#[derive(Debug)]
pub(super) struct Seat {
    task: Either,
    post: Option<Arc<Post>>,
    status: TaskStatus,
    told: Instant,
    /// What became of records before the task was restored last.
    before: Ledger,
    /// First offset that was never applied by this process.
    reached: u64,
    /// Records that the last step applied.
    applied: u64,
    summing: Summing,
}

macro_rules! on_task {
    ($seat:expr, $task:ident => $do:expr) => {
        match &mut $seat.task {
            Either::Parcel($task) => $do,
            Either::Scope($task) => $do,
        }
    };
}

impl Seat {
    /// The tasks of a whole node, spread over its workers.
    pub(super) fn spread(layout: Layout, settings: &NodeSettings) -> Vec<Vec<Self>> {
        let parcels = (0..layout.parcels).map(|partition| {
            let task = Task::new(task_settings(partition, layout, settings.parcel.clone(), settings));
            Self::new(Either::Parcel(Box::new(task)), ShardKind::Parcel, partition, settings)
        });
        let scopes = (0..layout.scopes).map(|partition| {
            let task = Task::new(task_settings(partition, layout, (), settings));
            Self::new(Either::Scope(Box::new(task)), ShardKind::Scope, partition, settings)
        });
        let all: Vec<Self> = parcels.chain(scopes).collect();
        let workers = settings.workers.clamp(1, all.len().max(1));
        let mut spread: Vec<Vec<Self>> = (0..workers).map(|_| Vec::new()).collect();
        for (place, seat) in all.into_iter().enumerate() {
            if let Some(worker) = spread.get_mut(place % workers) {
                worker.push(seat);
            }
        }
        spread
    }

    fn new(task: Either, shard: ShardKind, partition: u32, settings: &NodeSettings) -> Self {
        Self {
            task,
            post: None,
            status: TaskStatus::new(shard, partition),
            told: Instant::now(),
            before: Ledger::new(),
            reached: 0,
            applied: 0,
            summing: Summing::new(settings.summary),
        }
    }

    /// Has it told on a board.
    pub(super) fn on(mut self, board: &Board) -> Self {
        self.post = board.of(self.status.shard, self.status.partition);
        self
    }

    /// Takes the report of a delivery; `false` where the message was none of its own.
    pub(super) fn delivered(&mut self, ticket: Ticket, delivery: Result<(), NotDelivered>) -> bool {
        let was_running = self.is_running();
        let is_mine = on_task!(self, task => task.delivered(ticket, delivery));
        if was_running && !self.is_running() {
            self.went_back();
        }
        is_mine
    }

    /// What it sent is lost; it goes back to its newest snapshot.
    pub(super) fn producer_closed(&mut self) {
        if self.is_running() {
            on_task!(self, task => task.producer_closed());
            self.went_back();
        }
    }

    fn is_running(&self) -> bool {
        match &self.task {
            Either::Parcel(task) => task.stage().is_some(),
            Either::Scope(task) => task.stage().is_some(),
        }
    }

    /// Which shard it has, and of which partition.
    pub(super) const fn place(&self) -> (ShardKind, u32) {
        (self.status.shard, self.status.partition)
    }

    /// The partition is not ours: what the shard holds is forgotten, and nothing more is sent. Its successor restores it from
    /// its newest snapshot.
    pub(super) fn leave(&mut self, log: &mut impl Log) {
        if self.status.state == State::Elsewhere {
            return;
        }
        let was_running = self.is_running();
        on_task!(self, task => task.set_down());
        if was_running {
            self.went_back();
        }
        log.forget(Topic::read_by(self.status.shard), self.status.partition);
        self.status.state = State::Elsewhere;
        self.status.summary = None;
        self.status.parcels = None;
        tracing::info!(shard = ?self.status.shard, partition = self.status.partition, "the partition is not ours");
        self.tell();
    }

    fn went_back(&mut self) {
        self.before.add(&self.status.ledger);
        self.status.ledger = Ledger::new();
        self.summing.begin_again();
    }

    /// Does a piece of work; `false` where there was none to do.
    pub(super) fn step(&mut self, log: &mut impl Log, store: &mut impl Store, registry: &RegistryCopy) -> bool {
        if let Some(post) = &self.post {
            if post.takes_resume() {
                on_task!(self, task => task.resume());
            }
            if post.takes_snapshot() {
                on_task!(self, task => task.snapshot_soon());
            }
        }
        let was_running = self.is_running();
        let progress = on_task!(self, task => task.step(log, store, registry));
        let is_running = self.is_running();
        match (was_running, is_running) {
            (false, true) => {
                self.status.restores += 1;
                self.status.snapshot_since = Some(Instant::now());
                self.say_restored();
            }
            (true, false) => self.went_back(),
            (true, true) | (false, false) => {}
        }
        self.applied = 0;
        let state = match progress {
            Progress::Worked(applied) => {
                self.applied = applied as u64;
                if is_running { State::Running } else { State::Restoring }
            }
            Progress::Idle => State::Running,
            Progress::Unavailable => State::Unavailable,
            Progress::AwaitsRegistry(offset) => State::AwaitsRegistry(offset),
            Progress::AwaitsAcknowledgements => State::AwaitsAcknowledgements,
            Progress::Parked(parked) => State::Parked(parked),
        };
        let is_news = state != self.status.state && matches!(state, State::Parked(_));
        self.status.state = state;
        if is_news {
            self.told = Instant::now() - TOLD_EVERY;
        }
        matches!(progress, Progress::Worked(_))
    }

    fn say_restored(&mut self) {
        let (shard, partition) = (self.status.shard, self.status.partition);
        match on_task!(self, task => task.snapshot_at()) {
            Some(offset) if offset > 0 => tracing::info!(?shard, partition, offset, "restored from a snapshot"),
            _ => tracing::info!(?shard, partition, "begins at the start of its log"),
        }
    }

    /// Tells what became of it, and sees to its snapshots.
    pub(super) fn after_step(&mut self, started: Instant, recovery: Duration, at_most: Duration) {
        let next = on_task!(self, task => task.next());
        if let Some(next) = next {
            let from = next.saturating_sub(self.applied);
            self.status.replayed += self.reached.min(next).saturating_sub(from);
            self.reached = self.reached.max(next);
            self.status.next = next;
        }
        if self.applied > 0 {
            self.status.busy += started.elapsed();
        } else if self.told.elapsed() < TOLD_EVERY {
            return;
        }
        self.take_alarms();
        if self.told.elapsed() >= TOLD_EVERY {
            self.see_to_snapshots(recovery, at_most);
            self.tell();
        }
    }

    /// Tells what became of it.
    pub(super) fn tell(&mut self) {
        self.told = Instant::now();
        self.look();
        if let Some(post) = &self.post {
            post.put(&self.status);
        }
    }

    /// Sums up what a scope shard's rows say, or a piece of it; `true` where there is more to do at once.
    pub(super) fn sum_up(&mut self, shared: &Shared) -> bool {
        let Either::Scope(task) = &self.task else { return false };
        let (Some(stage), Some(next)) = (task.stage(), task.next()) else {
            return false;
        };
        if !self.summing.is_due(next) {
            return false;
        }
        let registry = shared.registry();
        let piece = self.summing.piece(stage.shard(), next, registry.registry().view());
        if let Some(summary) = piece {
            self.status.summary = Some(summary);
        }
        self.summing.is_under_way()
    }

    /// As much work lies between two snapshots as a recovery may take.
    fn see_to_snapshots(&mut self, recovery: Duration, at_most: Duration) {
        let at = on_task!(self, task => task.snapshot_at());
        if let Some(at) = at.filter(|at| *at != self.status.snapshot_at) {
            self.status.snapshot_at = at;
            self.status.snapshot_since = Some(Instant::now());
        }
        let records = self.status.total.consumed();
        if records >= EVERY.0 && !self.status.busy.is_zero() {
            let each = self.status.busy.as_secs_f64() / records as f64;
            let every = (recovery.as_secs_f64() / each) as u64;
            on_task!(self, task => task.snapshot_every(every.clamp(EVERY.0, EVERY.1)));
        }
        if self
            .status
            .snapshot_since
            .is_some_and(|since| since.elapsed() >= at_most)
        {
            self.status.snapshot_since = Some(Instant::now());
            on_task!(self, task => task.snapshot_soon());
        }
    }

    /// Looks at everything that is told.
    fn look(&mut self) {
        let status = &mut self.status;
        match &self.task {
            Either::Parcel(task) => {
                look_at(task, status);
                status.parcels = task.stage().map(|stage| Parcels {
                    open: stage.shard().open(),
                    retired: stage.shard().retired(),
                    bytes: stage.shard().bytes(),
                });
            }
            Either::Scope(task) => look_at(task, status),
        }
        status.total = self.before.clone();
        status.total.add(&status.ledger);
    }

    fn take_alarms(&mut self) {
        let (shard, partition) = (self.status.shard, self.status.partition);
        for alarm in on_task!(self, task => task.alarms()) {
            *self.status.alarms.entry(alarm.code()).or_default() += 1;
            match alarm {
                TaskAlarm::Parked(parked) => {
                    tracing::error!(
                        ?shard,
                        partition,
                        code = parked.code(),
                        what_to_do = parked.what_to_do(),
                        "parked"
                    );
                }
                alarm => tracing::warn!(?shard, partition, code = alarm.code(), ?alarm, "alarm"),
            }
        }
    }
}

fn look_at<S: Stage>(task: &Task<S>, status: &mut TaskStatus) {
    status.clock = task.clock();
    status.unacknowledged = task.unacknowledged();
    status.needed_from = task.needed_from().unwrap_or(status.needed_from);
    if let Some(stage) = task.stage() {
        status.registry_offset = stage.registry_offset();
        status.ledger = stage.ledger().clone();
    }
}

fn task_settings<S>(partition: u32, layout: Layout, stage: S, settings: &NodeSettings) -> TaskSettings<S> {
    TaskSettings {
        partition,
        layout,
        stage,
        snapshot_every: EVERY.0.saturating_mul(100),
        snapshots_kept: settings.snapshots_kept,
        batch_max: settings.batch_max,
        unacknowledged_max: settings.unacknowledged_max,
    }
}
