//! One thread: some tasks in turn, and the one producer that they have together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::seat::Seat;
use super::{NodeSettings, Shared};
use crate::log::Producer;
use crate::objects::Objects;

/// How long it waits where nothing is to be done, and nobody says so.
const PAUSE: Duration = Duration::from_millis(200);

/// Steps its tasks in turn.
pub(super) struct Worker<P> {
    producer: P,
    objects: Objects,
    seats: Vec<Seat>,
    shared: Arc<Shared>,
    recovery: Duration,
    snapshot_at_most: Duration,
}

impl<P: Producer> Worker<P> {
    pub(super) fn new(
        producer: P,
        objects: Objects,
        seats: Vec<Seat>,
        shared: Arc<Shared>,
        settings: &NodeSettings,
    ) -> Self {
        let seats = seats.into_iter().map(|seat| seat.on(&shared.board)).collect();
        Self {
            producer,
            objects,
            seats,
            shared,
            recovery: settings.recovery,
            snapshot_at_most: settings.snapshot_at_most,
        }
    }

    pub(super) fn run(mut self) {
        while !self.shared.is_stopping() {
            let seen = self.shared.signal.now();
            self.take_deliveries();
            if !self.step_all() {
                self.shared.signal.wait(seen, PAUSE);
            }
        }
    }

    /// Tells each task what became of its messages. Where one was not delivered all go back, for what was sent after it
    /// may be there.
    fn take_deliveries(&mut self) {
        for (ticket, delivery) in self.producer.deliveries() {
            self.seats.iter_mut().any(|seat| seat.delivered(ticket, delivery));
            if delivery.is_err() {
                tracing::warn!("an output was not delivered: shards go back to their newest snapshots");
                self.producer.reopen();
                self.seats.iter_mut().for_each(Seat::producer_closed);
                return;
            }
        }
    }

    /// Whether any task got on.
    fn step_all(&mut self) -> bool {
        let is_draining = self.shared.is_draining();
        let mut worked = false;
        for seat in &mut self.seats {
            // Where no broker answers each of them may wait for seconds.
            if self.shared.is_stopping() {
                break;
            }
            let (shard, partition) = seat.place();
            if !self.shared.assignment.is_ours(shard, partition) {
                seat.leave(&mut self.producer);
                continue;
            }
            let started = Instant::now();
            let registry = self.shared.registry();
            worked |= seat.step(&mut self.producer, &mut self.objects, &registry);
            drop(registry);
            worked |= seat.sum_up(&self.shared);
            seat.after_step(started, self.recovery, self.snapshot_at_most);
            if is_draining {
                seat.tell();
            }
        }
        worked
    }
}
