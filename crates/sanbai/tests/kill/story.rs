//! What outlets tell in a test: a day of a generated district.

use sanbai_sim::world::{Plan, Told, World};
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::registry::RegistryRecord;

/// More than one identity may have at one outlet on one day.
const CROWD: usize = 30;
/// Parcels of the world bring about so many events each.
const EVENTS_PER_PARCEL: usize = 6;

/// For so many events there is one identity that sends too much.
const EVENTS_PER_CROWD: usize = 10_000;

/// Events in the order in which they reach us, and the registers that they are judged by.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) told: Vec<ParcelEvent>,
    pub(crate) registers: Vec<RegistryRecord>,
    /// When the first of them reaches us, in seconds since 1970.
    pub(crate) start: u64,
}

impl Story {
    /// About so many events, which a seed decides.
    pub(crate) fn new(events: usize, seed: u64) -> Self {
        let world = World::new(&Plan {
            parcels: (events / EVENTS_PER_PARCEL) as u64,
            days: 1,
            first_day: (2026, 3, 10),
            seed,
            violation_rate_per_10k: 600,
            disorder: true,
            subjects: true,
        });
        let told = world.stream().filter_map(|told| match told {
            Told::Event(event) => Some(*event),
            Told::Truth(_) => None,
        });
        let mut told: Vec<_> = told.collect();
        for number in 0..events.div_ceil(EVENTS_PER_CROWD) {
            crowd(&mut told, number);
        }
        let start = told.iter().map(intake_at).min().expect("events");
        Self {
            told,
            registers: world.registers(),
            start: start as u64,
        }
    }

    /// Only what reaches us within so many hours.
    pub(crate) fn first_hours(mut self, hours: u64) -> Self {
        let end = (self.start + hours * 3_600) as i64;
        self.told.retain(|event| intake_at(event) < end);
        self
    }
}

/// A parcel whose sender's identity was checked comes many times more, under other numbers: one identity, more parcels at one
/// outlet on one day than may be.
fn crowd(told: &mut Vec<ParcelEvent>, number: usize) {
    let is_check = |event: &ParcelEvent| matches!(event.happening, Some(Happening::IdentityChecked(_)));
    let is_accepted = |event: &ParcelEvent| matches!(event.happening, Some(Happening::Accepted(_)));
    let acceptance_of = |waybill: &str| {
        told.iter()
            .position(|event| is_accepted(event) && event.waybill == waybill)
    };
    let checks = told.iter().enumerate().filter(|(_, event)| is_check(event));
    let mut both = checks
        .skip(number * 500)
        .filter_map(|(place, event)| Some((place, acceptance_of(&event.waybill)?)));
    let (checked, accepted) = both.next().expect("a check of a parcel that was accepted");
    // Where the later of both stands, so that the order of time stays.
    let both = [told[checked].clone(), told[accepted].clone()];
    let again = (10..10 + CROWD).flat_map(|number| {
        both.clone().map(|mut event| {
            for text in [&mut event.event_id, &mut event.waybill] {
                text.truncate(text.len() - 2);
                text.push_str(&number.to_string());
            }
            event
        })
    });
    let place = checked.max(accepted) + 1;
    told.splice(place..place, again.collect::<Vec<_>>());
}

/// When an event reaches us, in seconds since 1970.
pub(crate) fn intake_at(event: &ParcelEvent) -> i64 {
    event.intake_at.map_or(0, |at| at.seconds)
}

/// A number that the seed decides, other than the last.
pub(crate) fn next(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// A number from the environment.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}
