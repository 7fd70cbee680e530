//! What all threads of a log share.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::disk::{Disk, Patience};
use super::frame::BODY_MAX;
use super::health::{Stalls, Watch};
use super::lock;
use super::partition::{Files, Partition};
use super::queue::Queue;
use crate::clock::Clock;
use crate::delivery::weight;
use crate::log::{Message, Topic};
use crate::signal::Signal;
use crate::stage::Layout;

/// What all threads of a log share.
pub(super) struct Shared {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) patience: Patience,
    pub(super) clock: Clock,
    pub(super) layout: Layout,
    pub(super) salt: u32,
    pub(super) segment_bytes: u64,
    pub(super) partitions: Vec<Arc<Partition>>,
    pub(super) queue: Queue,
    pub(super) files: Files,
    pub(super) signal: Arc<Signal>,
    pub(super) stalls: Stalls,
    pub(super) watch: Watch,
    /// Nothing is read any more.
    pub(super) is_closed: AtomicBool,
    /// The last ticket that was handed out.
    pub(super) tickets: AtomicU64,
    pub(super) sleep: (Mutex<()>, Condvar),
}

impl Shared {
    /// The number of a partition among all.
    pub(super) fn lane(&self, topic: Topic, partition: u32) -> Option<usize> {
        if partition >= self.layout.partitions(topic) {
            return None;
        }
        let before = Topic::ALL.iter().take_while(|other| **other != topic);
        let before: u32 = before.map(|other| self.layout.partitions(*other)).sum();
        usize::try_from(before + partition).ok()
    }

    /// The lane of a message; `None` where it can never be written.
    pub(super) fn lane_for(&self, message: &Message) -> Option<usize> {
        if weight(message) > BODY_MAX as u64 {
            return None;
        }
        self.lane(message.topic, message.partition)
    }

    pub(super) fn partition(&self, topic: Topic, partition: u32) -> Option<&Arc<Partition>> {
        self.partitions.get(self.lane(topic, partition)?)
    }

    /// Waits for so long.
    pub(super) fn pause(&self, wait: Duration) {
        let (mutex, never) = &self.sleep;
        drop(
            never
                .wait_timeout(lock(mutex), wait)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}
