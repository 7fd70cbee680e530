//! What operators and metrics see of the tasks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sanbai_core::time::Timestamp;
use sanbai_wire::snapshot::ShardKind;

use super::summary::Summary;
use crate::ledger::Ledger;
use crate::stage::Layout;
use crate::task::Parked;

/// What a task is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum State {
    /// It is being restored.
    #[default]
    Restoring,
    /// It applies records, or has none to apply.
    Running,
    /// The log or the snapshot store does not answer.
    Unavailable,
    /// It waits until the registry is known up to an offset.
    AwaitsRegistry(u64),
    /// It waits until messages are acknowledged.
    AwaitsAcknowledgements,
    /// It does nothing until somebody acts.
    Parked(Parked),
    /// Its partition is not ours.
    Elsewhere,
}

/// What a parcel shard holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Parcels {
    /// Open parcels.
    pub open: usize,
    /// Retired parcels.
    pub retired: usize,
    /// Bytes for open and for retired ones.
    pub bytes: (usize, usize),
}

/// One task as it was a moment ago.
#[derive(Clone, Debug)]
pub struct TaskStatus {
    /// Which shard.
    pub shard: ShardKind,
    /// Its partition.
    pub partition: u32,
    /// What it is at.
    pub state: State,
    /// First offset that was not applied.
    pub next: u64,
    /// Offset of its newest snapshot; 0: there is none.
    pub snapshot_at: u64,
    /// When that was published, or the task restored from it.
    pub snapshot_since: Option<Instant>,
    /// Records before this offset are needed by no snapshot.
    pub needed_from: u64,
    /// Its clock.
    pub clock: Option<Timestamp>,
    /// It knows the registry before this offset.
    pub registry_offset: u64,
    /// Messages that are not acknowledged.
    pub unacknowledged: usize,
    /// What became of records and events since it was restored.
    pub ledger: Ledger,
    /// What became of them since the process started, those that were applied again among them.
    pub total: Ledger,
    /// Records that were applied again after a restore.
    pub replayed: u64,
    /// Times that it was restored.
    pub restores: u64,
    /// Time that it worked.
    pub busy: Duration,
    /// What it holds, of a parcel shard.
    pub parcels: Option<Parcels>,
    /// Alarms since the process started, by code.
    pub alarms: BTreeMap<&'static str, u64>,
    /// What its rows add up to, of a scope shard.
    pub summary: Option<Arc<Summary>>,
}

impl TaskStatus {
    /// A task of which nothing is known yet.
    pub const fn new(shard: ShardKind, partition: u32) -> Self {
        Self {
            shard,
            partition,
            state: State::Restoring,
            next: 0,
            snapshot_at: 0,
            snapshot_since: None,
            needed_from: 0,
            clock: None,
            registry_offset: 0,
            unacknowledged: 0,
            ledger: Ledger::new(),
            total: Ledger::new(),
            replayed: 0,
            restores: 0,
            busy: Duration::ZERO,
            parcels: None,
            alarms: BTreeMap::new(),
            summary: None,
        }
    }
}

/// The status of all tasks, and what they are told.
#[derive(Debug)]
pub(super) struct Board {
    posts: Vec<Arc<Post>>,
}

/// One task's place on the board.
#[derive(Debug)]
pub(super) struct Post {
    status: Mutex<(TaskStatus, Instant)>,
    resume: AtomicBool,
    snapshot: AtomicBool,
}

impl Board {
    pub(super) fn new(layout: Layout) -> Self {
        let parcels = (0..layout.parcels).map(|partition| (ShardKind::Parcel, partition));
        let scopes = (0..layout.scopes).map(|partition| (ShardKind::Scope, partition));
        let post = |(shard, partition)| {
            Arc::new(Post {
                status: Mutex::new((TaskStatus::new(shard, partition), Instant::now())),
                resume: AtomicBool::new(false),
                snapshot: AtomicBool::new(false),
            })
        };
        Self {
            posts: parcels.chain(scopes).map(post).collect(),
        }
    }

    pub(super) fn all(&self) -> Vec<TaskStatus> {
        let all = self.posts.iter().map(|post| post.status().0.clone());
        all.filter(|status| status.state != State::Elsewhere).collect()
    }

    pub(super) fn of(&self, shard: ShardKind, partition: u32) -> Option<Arc<Post>> {
        let mut posts = self.posts.iter();
        let found = posts.find(|post| {
            let status = post.status();
            (status.0.shard, status.0.partition) == (shard, partition)
        });
        found.map(Arc::clone)
    }

    pub(super) fn resume(&self, shard: ShardKind, partition: u32) -> bool {
        self.of(shard, partition).is_some_and(|post| {
            post.resume.store(true, Ordering::Release);
            true
        })
    }

    pub(super) fn snapshot_soon(&self) {
        for post in &self.posts {
            post.snapshot.store(true, Ordering::Release);
        }
    }

    pub(super) fn registry_known_to_all(&self) -> u64 {
        let parcels = self.posts.iter().map(|post| {
            let status = post.status();
            let is_ours = status.0.state != State::Elsewhere;
            (status.0.shard == ShardKind::Parcel && is_ours).then_some(status.0.registry_offset)
        });
        parcels.flatten().min().unwrap_or(0)
    }

    pub(super) fn got_on(&self, within: Duration) -> bool {
        self.posts.iter().all(|post| {
            let status = post.status();
            status.0.state == State::Elsewhere || status.1.elapsed() <= within
        })
    }
}

impl Post {
    fn status(&self) -> MutexGuard<'_, (TaskStatus, Instant)> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what became of the task.
    pub(super) fn put(&self, status: &TaskStatus) {
        *self.status() = (status.clone(), Instant::now());
    }

    /// Whether it was told to go on, since it was asked last.
    pub(super) fn takes_resume(&self) -> bool {
        self.resume.swap(false, Ordering::AcqRel)
    }

    /// Whether it was told to take a snapshot, since it was asked last.
    pub(super) fn takes_snapshot(&self) -> bool {
        self.snapshot.swap(false, Ordering::AcqRel)
    }
}
