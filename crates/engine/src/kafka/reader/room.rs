//! Room for what was read ahead: so many bytes for all partitions together.
//!
//! Where all are behind, nothing is polled while there is no room: taking a partition off would throw away what the client
//! has read ahead of it. Where a few are, these are taken off, each by itself, and the others are read as it comes.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::super::lane::{Fetch, Lane};
use super::{Shared, lock};

/// How long it waits until it looks again whether there is room.
const FULL: Duration = Duration::from_millis(2);

/// Where there is no room, and nothing worth the name was taken for so long, what waits for the slowest is given up.
const PATIENCE: Duration = Duration::from_millis(200);

/// Of the room, so much must be taken meanwhile: one part of so many.
const PART: usize = 128;

/// There is no room.
pub(super) struct Full {
    /// When the least was held.
    since: Instant,
    /// The least that was held since there is none, but for crumbs.
    least: usize,
}

/// One partition may hold so many times its share.
const SHARES: usize = 4;

/// Fewest bytes that a partition may hold.
const LANE_MIN: usize = 256 << 10;

impl Shared {
    /// Bytes that one lane may hold: where there are others, never all of the room.
    pub(super) fn lane_bytes(&self) -> usize {
        let lanes = lock(&self.lanes).len().max(1);
        let most = if lanes > 1 {
            self.buffer_bytes / 2
        } else {
            self.buffer_bytes
        };
        (SHARES * self.buffer_bytes / lanes).min(most).max(LANE_MIN)
    }

    /// Does something with a lane: counts what it holds, and has the thread that polls look at it where its partition is to
    /// be begun or stopped.
    pub(super) fn with<T>(&self, lane: &Mutex<Lane>, act: impl FnOnce(&mut Lane) -> T) -> T {
        let mut lane = lock(lane);
        let before = lane.bytes();
        let done = act(&mut lane);
        // Under the lock of the lane, so that nothing is taken away before it was added.
        if lane.bytes() >= before {
            self.held.fetch_add(lane.bytes() - before, Ordering::Relaxed);
        } else {
            self.held.fetch_sub(before - lane.bytes(), Ordering::Relaxed);
        }
        if !matches!(lane.fetch, Fetch::On | Fetch::Off) {
            self.is_wanted.store(true, Ordering::Release);
        }
        done
    }

    /// Whether there is room for more. Where there is none, waits a moment for somebody to take something. What the client
    /// itself holds it goes on holding: taking a partition off would throw that away.
    pub(super) fn has_room(&self, full: &mut Option<Full>) -> bool {
        let held = self.held.load(Ordering::Relaxed);
        // Once it was full, an eighth must be free.
        let most = self.buffer_bytes - full.as_ref().map_or(0, |_| self.buffer_bytes / 8);
        if held <= most {
            *full = None;
            return true;
        }
        let (seen, now) = (self.signal.now(), Instant::now());
        match full {
            Some(full) if held + self.buffer_bytes / PART > full.least => {
                if now - full.since >= PATIENCE {
                    // What waits for a shard that takes nothing keeps from the others what they need to go on.
                    self.shed(held);
                    *full = Full {
                        since: now,
                        least: self.held.load(Ordering::Relaxed),
                    };
                }
            }
            Some(_) | None => {
                *full = Some(Full {
                    since: now,
                    least: held,
                });
            }
        }
        self.signal.wait(seen, FULL);
        false
    }

    /// Gives up what waits in lanes that hold at least as much as all do on average, of which there is one.
    fn shed(&self, held: usize) {
        let lanes = lock(&self.lanes);
        let average = held / lanes.len().max(1);
        for lane in lanes.values() {
            self.with(lane, |lane| {
                if lane.bytes() > 0 && lane.bytes() >= average {
                    lane.shed();
                    self.sheds.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    }
}
