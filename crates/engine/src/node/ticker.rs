//! Ticks: the only thing that moves the clocks of shards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sanbai_core::shard::input::Tick;
use sanbai_wire::control::Control;
use sanbai_wire::snapshot::ShardKind;

use super::Shared;
use crate::log::{Producer, Ticket};
use crate::parcel::control_message;
use crate::stage::Layout;

/// Ticks are never closer together than this, however fast the clock runs.
pub(super) const EVERY_MIN: Duration = Duration::from_millis(50);

/// Appends a tick to every partition that is ours at its time, whether or not shards get on.
pub(super) struct Ticker<P> {
    producer: P,
    layout: Layout,
    shared: Arc<Shared>,
    every: Duration,
    /// Ticks that are not delivered yet, by partition: none is sent behind one.
    waiting: BTreeMap<Ticket, u32>,
}

impl<P: Producer> Ticker<P> {
    pub(super) const fn new(producer: P, layout: Layout, shared: Arc<Shared>, every: Duration) -> Self {
        Self {
            producer,
            layout,
            shared,
            every,
            waiting: BTreeMap::new(),
        }
    }

    pub(super) fn run(mut self) {
        let mut next = Instant::now();
        while !self.shared.is_draining() && !self.shared.is_stopping() {
            let seen = self.shared.signal.now();
            let now = Instant::now();
            if now < next {
                self.shared.signal.wait(seen, next - now);
                continue;
            }
            // After a standstill one tick, not as many as were missed.
            next = (next + self.every).max(now);
            self.tick();
        }
    }

    fn tick(&mut self) {
        for (ticket, delivery) in self.producer.deliveries() {
            self.waiting.remove(&ticket);
            if delivery.is_err() {
                self.producer.reopen();
                self.waiting.clear();
            }
        }
        let registry_offset = self.shared.registry_next.load(Ordering::Acquire);
        let time = self.shared.clock.now();
        for partition in 0..self.layout.parcels {
            let is_ours = self.shared.assignment.is_ours(ShardKind::Parcel, partition);
            if !is_ours || self.waiting.values().any(|waiting| *waiting == partition) {
                continue;
            }
            let tick = Control::Tick(Tick {
                time,
                registry_offset,
                reset: false,
                recorded_at: time,
            });
            let ticket = self.producer.send(control_message(partition, &tick));
            self.waiting.insert(ticket, partition);
        }
    }
}
