//! When each parcel first appears, which way it goes, and which parcels hold a violation.

use super::World;
use super::civil::{DAY, HOUR, MINUTE, midnight};
use super::dice::{Dice, Use};
use super::violations::{self, Violation};

/// Parcels accepted in each hour of a day, in shares of all; the evening is the peak.
const ACCEPTED: [u64; 24] = [
    0, 0, 0, 0, 0, 0, 0, 0, 20, 35, 45, 45, 30, 35, 45, 55, 65, 95, 115, 115, 105, 80, 0, 0,
];
/// Parcels that arrive from elsewhere in each hour.
const INBOUND: [u64; 24] = [
    20, 30, 50, 60, 70, 70, 50, 0, 0, 0, 0, 0, 30, 40, 30, 15, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// Which way a parcel goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Accepted here.
    Outbound,
    /// Comes from elsewhere.
    Inbound,
    /// Comes from elsewhere after the last day, so that the stream goes on until all duties are due.
    Tail,
}

/// The plan of one parcel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) index: u64,
    pub(super) way: Way,
    /// When its first event happens. Never falls from one index to the next.
    pub(super) anchor: i64,
    pub(super) planted: Option<&'static Violation>,
}

impl World {
    /// How many parcels appear after the last day.
    fn tail(&self) -> u64 {
        self.plan.parcels.div_ceil(500)
    }

    /// The plan of a parcel.
    pub(super) fn slot(&self, index: u64) -> Slot {
        let main = self.plan.parcels - self.tail();
        if index >= main {
            return self.tail_slot(index, main);
        }
        let mut dice = Dice::new(self.plan.seed, Use::Anchor, index);
        let (day, place, of_day) = self.day_of_index(index, main);
        let (hour, anchor) = within_day(place, of_day, &mut dice);
        let inbound = dice.below(ACCEPTED[hour] + INBOUND[hour]) < INBOUND[hour];
        let planted = self.planted(index);
        let way = match planted {
            Some(violation) if violation.inbound => Way::Inbound,
            None if inbound => Way::Inbound,
            _ => Way::Outbound,
        };
        Slot {
            index,
            way,
            anchor: midnight(self.first + day) + anchor,
            planted,
        }
    }

    /// The last of the tail arrives on the third day after the last, at 07:00; the others before it, evenly.
    fn tail_slot(&self, index: u64, main: u64) -> Slot {
        let end = midnight(self.first + self.days());
        let (from, to) = (end + 6 * HOUR, end + 3 * DAY + 7 * HOUR);
        let steps = (self.tail() - 1).max(1) as i64;
        let left = (self.plan.parcels - 1 - index) as i64;
        debug_assert!(index >= main, "the tail follows the days");
        Slot {
            index,
            way: Way::Tail,
            anchor: to - (to - from) * left / steps,
            planted: None,
        }
    }

    /// Day, place within the day and parcels of that day, for a parcel of the days.
    fn day_of_index(&self, index: u64, main: u64) -> (i64, u64, u64) {
        let days = self.days() as u64;
        let (each, extra) = (main / days, main % days);
        let long = (each + 1) * extra;
        if index < long {
            return ((index / (each + 1)) as i64, index % (each + 1), each + 1);
        }
        let rest = index - long;
        ((extra + rest / each.max(1)) as i64, rest % each.max(1), each.max(1))
    }

    /// The violation of a parcel. Of every block of parcels that should hold one, chance names one; the violations take
    /// turns, in an order that is another in every round.
    fn planted(&self, index: u64) -> Option<&'static Violation> {
        let rate = u64::from(self.plan.violation_rate_per_10k.min(10_000));
        if rate == 0 {
            return None;
        }
        let block = index * rate / 10_000;
        let start = (block * 10_000).div_ceil(rate);
        let length = ((block + 1) * 10_000).div_ceil(rate) - start;
        let chosen = start + Dice::new(self.plan.seed, Use::Planted, block).below(length);
        if index != chosen {
            return None;
        }
        let count = violations::count() as u64;
        let mut order: Vec<usize> = (0..count as usize).collect();
        let mut dice = Dice::new(self.plan.seed ^ 0x51, Use::Planted, block / count);
        for place in (1..order.len()).rev() {
            order.swap(place, dice.below(place as u64 + 1) as usize);
        }
        Some(violations::get(order[(block % count) as usize]))
    }
}

/// The hour and the millisecond within a day of the place-th of so many parcels: the inverse of the hourly shares.
fn within_day(place: u64, of_day: u64, dice: &mut Dice) -> (usize, i64) {
    let total: u64 = (0..24).map(|hour| ACCEPTED[hour] + INBOUND[hour]).sum();
    let target = (u128::from(place) << 32) + u128::from(dice.below(1 << 32));
    let mut left = (target * u128::from(total) * HOUR as u128 / (u128::from(of_day) << 32)) as u64;
    for hour in 0..24 {
        let share = ACCEPTED[hour] + INBOUND[hour];
        if left < share * HOUR as u64 {
            return (hour, hour as i64 * HOUR + (left / share) as i64);
        }
        left -= share * HOUR as u64;
    }
    (21, 22 * HOUR - MINUTE)
}
