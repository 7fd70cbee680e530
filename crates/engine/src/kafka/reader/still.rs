//! Partitions that stand still though there is more.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::consumer::BaseConsumer;

use super::super::context::Context;
use super::super::lane::{Fetch, Lane};
use super::super::stuck;
use super::{Place, Shared, lock};

impl Shared {
    /// Waits so long, or until it is to stop.
    pub(super) fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.stop.load(Ordering::Acquire) {
            let seen = self.signal.now();
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            self.signal.wait(seen, left);
        }
    }

    /// Looks at partitions of which nothing came for long: whether there is more, and whether that can be read. Keeps
    /// which of them had more where; only one that had when it was looked at last stands still, for something that came just
    /// now is on its way.
    pub(super) fn look_at_still(&self, consumer: &BaseConsumer<Context>, behind: &mut BTreeMap<Place, u64>) {
        let lanes: Vec<(Place, Arc<Mutex<Lane>>)> = lock(&self.lanes)
            .iter()
            .map(|(place, lane)| (*place, Arc::clone(lane)))
            .collect();
        let before = std::mem::take(behind);
        let mut still = 0;
        for ((topic, partition), lane) in lanes {
            let from = {
                let lane = lock(&lane);
                let is_still = lane.fetch == Fetch::On && lane.moved.elapsed() >= stuck::STILL;
                is_still.then(|| lane.expected())
            };
            let Some(from) = from else { continue };
            let Ok((_, end)) = self.range(topic, partition) else {
                continue;
            };
            if end <= from || self.stop.load(Ordering::Acquire) {
                continue;
            }
            behind.insert((topic, partition), from);
            if before.get(&(topic, partition)) != Some(&from) {
                continue;
            }
            still += 1;
            self.stuck.fetch_max(still, Ordering::Relaxed);
            let number = i32::try_from(partition).unwrap_or(i32::MAX);
            let found = stuck::look(consumer, self.name(topic), number, (from, end));
            tracing::warn!(
                topic = topic.name(),
                partition,
                from,
                end,
                ?found,
                "nothing comes though there is more"
            );
            match found {
                stuck::Found::Readable => self.with(&lane, |lane| lane.again(from)),
                stuck::Found::Damaged(to) => self.with(&lane, |lane| lane.is_damaged_until(from, to)),
                stuck::Found::Nothing => {}
            }
            self.signal.bump();
        }
        self.stuck.store(still, Ordering::Relaxed);
    }
}
