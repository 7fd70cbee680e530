//! A seeded, believable day (or several) of a district like Conghua (从化): its brands, outlets, people, parcels.
//!
//! Everything follows from the [`Plan`]: the same plan gives the same registers, the same events in the same order and the
//! same truth, on every machine. A parcel is a pure function of the plan and its number, so nothing but numbers is held
//! for the future and millions of parcels need little memory.
//!
//! Three parts make the days: ordinary parcels, among them those that are handled in unusual ways that are right;
//! *benign disorder* ([`Plan::disorder`]), which changes how events arrive and must cause no finding; and *planted*
//! violations, each with the exact codes that an examiner should find ([`Truth`]). On request machines, shifts and the
//! brands' own counts are told, too ([`Plan::subjects`]).
//!
//! ```
//! use sanbai_sim::world::{Plan, World, generate};
//!
//! let world = World::new(&Plan { parcels: 100, ..Plan::default() });
//! let (mut events, mut planted) = (0, 0);
//! generate(&world, &mut |_| events += 1, &mut |_| planted += 1);
//! assert!(events > 400);
//! assert!(planted >= 2);
//! ```

mod actions;
mod brands;
pub(crate) mod civil;
pub(crate) mod dice;
mod disorder;
mod goods;
mod inbound;
mod network;
mod outbound;
mod people;
mod places;
mod registers;
mod rota;
mod schedule;
mod specials;
mod story;
mod stream;
mod subjects;
mod violations;

#[cfg(test)]
mod tests;

use sanbai_wire::proto::registry::RegistryRecord;

pub use stream::{Stream, Told, generate};

use brands::BRANDS;
use network::Network;

/// What to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Waybills in all, over all days. A few of them (one in 500, at least one) are ordinary deliveries on the three days
    /// after the last, so that every duty of the others falls due before the stream ends.
    pub parcels: u64,
    /// Days on which parcels are accepted; 0 counts as 1.
    pub days: u32,
    /// The first of them: year, month, day.
    pub first_day: (i32, u8, u8),
    /// Seed of all chance.
    pub seed: u64,
    /// Of ten thousand parcels (those of the days after the last apart), how many hold a planted violation; at most 10,000.
    pub violation_rate_per_10k: u32,
    /// Whether clocks are off, lines fail, scans are repeated, events are retracted and arrive late and out of order.
    pub disorder: bool,
    /// Whether events without a waybill are told, too: machines switched on and off, screeners logged in and out, the
    /// brands' own counts of the day. Then a screening is done by whoever is on duty at the machine.
    pub subjects: bool,
}

impl Default for Plan {
    /// 2,000 parcels on 2026-03-10, three in a hundred with a violation, with disorder, without subjects.
    fn default() -> Self {
        Self {
            parcels: 2_000,
            days: 1,
            first_day: (2026, 3, 10),
            seed: 1,
            violation_rate_per_10k: 300,
            disorder: true,
            subjects: false,
        }
    }
}

/// A district with everything that is on record there.
#[derive(Debug)]
pub struct World {
    plan: Plan,
    /// Number of the first day since 1970-01-01.
    first: i64,
    networks: Vec<Network>,
}

impl World {
    /// Builds the district of a plan.
    pub fn new(plan: &Plan) -> Self {
        let (year, month, day) = plan.first_day;
        let first = civil::day_number(year, month, day);
        let mut networks: Vec<Network> = BRANDS
            .iter()
            .enumerate()
            .map(|(number, brand)| Network::new(plan, first, number, brand))
            .collect();
        if plan.disorder {
            network::plan_outages(&mut networks, plan, first);
        }
        Self {
            plan: plan.clone(),
            first,
            networks,
        }
    }

    /// All registers, as of any moment of the days: sites, staff, machines, contracts and agreements of every brand, key
    /// areas, outages, calendar.
    pub fn registers(&self) -> Vec<RegistryRecord> {
        registers::of(self)
    }

    fn days(&self) -> i64 {
        i64::from(self.plan.days.max(1))
    }
}

/// What was planted in one parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Brand code.
    pub brand: &'static str,
    /// Waybill number.
    pub waybill: String,
    /// What was done, in a few words.
    pub planted: &'static str,
    /// All codes that a judgement by the profile `strict100` with the registers, as of the end of the stream, finds, in
    /// their order, and no others. Empty for a parcel of an outage: with the registers it is clean, without them its late
    /// uploads are TM-01, at times TM-03.
    pub codes: Vec<&'static str>,
}
