//! What a seed decides before the first step.

use crate::world::civil::{DAY, HOUR, MINUTE, day_number, midnight};
use crate::world::dice::{Dice, Use};

/// How a run is laid out, and how much goes wrong in it.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) nodes: usize,
    pub(super) parcel_partitions: u32,
    pub(super) scope_partitions: u32,
    pub(super) snapshot_every: u64,
    /// Number of the first day.
    pub(super) day: i64,
    /// When the last tick comes.
    pub(super) end: i64,
    /// Parcels retire, and waybills are used again.
    pub(super) long: bool,
    /// Registers are entered after parcels were judged; then all is judged again.
    pub(super) late_registry: bool,
    /// One identity sends more than one person does.
    pub(super) crowd: bool,
    /// Of ten thousand steps, how many are faults.
    pub(super) faults_per_10k: u64,
    /// Whether the log and the store fail at times.
    pub(super) flaky: bool,
    /// A message that is refused for some hours.
    pub(super) refuses: bool,
    pub(super) parcels: u64,
}

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, Use::Plan, 0);
        let day = day_number(2026, 3, 10);
        let long = dice.chance(1_200);
        let often = if dice.chance(5_000) { 40 } else { 200 };
        let days = if long { 10 } else { 3 };
        Self {
            seed,
            nodes: 2 + dice.below(2) as usize,
            parcel_partitions: 1 + dice.below(3) as u32,
            scope_partitions: 1 + dice.below(2) as u32,
            snapshot_every: 4 + dice.below(often),
            day,
            end: midnight(day + days) + 5 * HOUR,
            long,
            late_registry: dice.chance(5_000),
            crowd: dice.chance(6_000),
            faults_per_10k: [0, 15, 40, 80][dice.below(4) as usize],
            flaky: dice.chance(6_000),
            refuses: dice.chance(3_000),
            parcels: dice.between(12, 36) as u64,
        }
    }

    /// When the first tick comes.
    pub(super) const fn start(&self) -> i64 {
        self.day * DAY - 8 * HOUR + 7 * HOUR + 30 * MINUTE
    }

    /// When faults stop.
    pub(super) const fn heals_at(&self) -> i64 {
        self.end - 7 * HOUR
    }
}
