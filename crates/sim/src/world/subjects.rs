//! Events without a waybill: machines switched on and off, screeners logged in and out, the brands' own counts.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sanbai_wire::proto::event::{
    DeclaredVolume, DevicePower, DeviceState, ParcelEvent, ScreenerShift, ShiftChange, parcel_event::Happening,
};

use super::World;
use super::civil::{HOUR, MINUTE, SECOND, date, midnight, timestamp};
use super::dice::{Dice, Use, uuid};
use super::network::{KEY_OUTLET, Network, Site};
use super::rota::{self, SHIFTS};
use super::story::Story;

/// From when the events of a day's machines and shifts may be received.
const OPENS: i64 = 5 * HOUR;
/// When the first brands send their counts of the day; all outlets are closed.
const COUNTED: i64 = 22 * HOUR + 30 * MINUTE;

/// The events of a world's subjects, day by day.
#[derive(Debug)]
pub(super) struct Subjects<'w> {
    world: &'w World,
    /// The next day whose machines are told.
    machines_day: i64,
    /// The next day whose counts are told.
    counts_day: i64,
    /// Acceptances that count, by day and outlet.
    accepted: BTreeMap<(i64, &'w str), u32>,
    /// What is received when.
    waiting: Vec<(i64, ParcelEvent)>,
}

impl<'w> Subjects<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self {
            world,
            machines_day: world.first,
            counts_day: world.first,
            accepted: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    /// Counts a parcel for its outlet.
    pub(super) fn count(&mut self, story: &Story<'w>) {
        if let Some(counting) = story.counting() {
            *self.accepted.entry(counting).or_default() += 1;
        }
    }

    /// Takes out what is received before a moment. All parcels that were begun before it must have been counted.
    pub(super) fn before(&mut self, moment: i64) -> Vec<(i64, ParcelEvent)> {
        while midnight(self.machines_day) + OPENS < moment {
            self.machines(self.machines_day);
            self.machines_day += 1;
        }
        while midnight(self.counts_day) + COUNTED < moment {
            self.counts(self.counts_day);
            self.counts_day += 1;
        }
        self.waiting.sort_by_key(|(intake, _)| *intake);
        let end = self.waiting.partition_point(|(intake, _)| *intake < moment);
        self.waiting.drain(..end).collect()
    }

    fn machines(&mut self, day: i64) {
        let mut teller = Teller::new(self.world, day, Use::Machine);
        for network in &self.world.networks {
            for site in [&network.hub, &network.outlets[KEY_OUTLET]] {
                for (place, device) in site.machines.iter().enumerate() {
                    teller.machine(network, site, place, device, &mut self.waiting);
                }
            }
        }
    }

    fn counts(&mut self, day: i64) {
        let mut teller = Teller::new(self.world, day, Use::Count);
        for network in &self.world.networks {
            let sent = midnight(day) + COUNTED + teller.dice.between(0, 40) * MINUTE;
            for outlet in &network.outlets {
                let accepted = self.accepted.get(&(day, outlet.key.as_str())).copied().unwrap_or(0);
                let declared = Happening::DeclaredVolume(DeclaredVolume {
                    day: date(day),
                    accepted,
                });
                // The brand counts, not the outlet: neither its clock nor its line matters.
                let at = sent + teller.dice.between(0, 20 * SECOND);
                let event = teller.event(network, outlet, &outlet.key, "", declared);
                self.waiting.push(teller.sent(event, at, at + teller.upload));
            }
        }
        self.accepted.retain(|(counted, _), _| *counted > day);
    }
}

/// Tells the events of one day.
struct Teller<'w> {
    world: &'w World,
    day: i64,
    dice: Dice,
    /// From a happening to its upload.
    upload: i64,
}

impl<'w> Teller<'w> {
    fn new(world: &'w World, day: i64, purpose: Use) -> Self {
        let mut dice = Dice::new(world.plan.seed, purpose, day.unsigned_abs());
        let upload = dice.between(2 * SECOND, 9 * SECOND);
        Self {
            world,
            day,
            dice,
            upload,
        }
    }

    /// A machine's day: on before the first shift, off after the last, and at times found faulty then and mended by the
    /// next morning.
    fn machine(
        &mut self,
        network: &Network,
        site: &Site,
        place: usize,
        device: &str,
        out: &mut Vec<(i64, ParcelEvent)>,
    ) {
        let day = self.day;
        let bounds = rota::bounds(site, day);
        let screener = |shift: usize| rota::screener(site, place, day, shift);
        let last = if self.dice.chance(300) {
            DevicePower::Fault
        } else {
            DevicePower::Off
        };
        let minutes = |dice: &mut Dice, from: i64, to: i64| dice.between(from * MINUTE, to * MINUTE);
        let (on, off) = (
            bounds[0] - minutes(&mut self.dice, 3, 9),
            bounds[SHIFTS] + minutes(&mut self.dice, 3, 9),
        );
        for (power, at, by) in [(DevicePower::On, on, screener(0)), (last, off, screener(SHIFTS - 1))] {
            let state = Happening::DeviceState(DeviceState { power: power.into() });
            let event = self.event(network, site, device, by, state);
            out.push(self.by_site(event, site, at));
        }
        for shift in 0..SHIFTS {
            let person = screener(shift);
            let (login, logout) = (
                bounds[shift] - minutes(&mut self.dice, 0, 2),
                bounds[shift + 1] + minutes(&mut self.dice, 0, 2),
            );
            for (change, at) in [(ShiftChange::In, login), (ShiftChange::Out, logout)] {
                let shift = Happening::ScreenerShift(ScreenerShift {
                    change: change.into(),
                    device: device.to_owned(),
                });
                let event = self.event(network, site, person, person, shift);
                out.push(self.by_site(event, site, at));
            }
        }
    }

    fn event(
        &mut self,
        network: &Network,
        site: &Site,
        subject: &str,
        operator: &str,
        happening: Happening,
    ) -> ParcelEvent {
        let code = network.brand.code;
        ParcelEvent {
            event_id: uuid(&mut self.dice),
            brand: code.to_owned(),
            subject: subject.to_owned(),
            site: site.key.clone(),
            operator: operator.to_owned(),
            place: site.place.to_owned(),
            source: format!("{}-gateway", code.to_ascii_lowercase()),
            happening: Some(happening),
            ..ParcelEvent::default()
        }
    }

    /// The event as a site sends it: by its clock, and over its line.
    fn by_site(&mut self, event: ParcelEvent, site: &Site, at: i64) -> (i64, ParcelEvent) {
        let occurred = at + self.world.clock_error(site, at);
        let natural = at + self.upload;
        let uploaded = match site.line_down(natural) {
            Some(outage) => outage.to + self.dice.between(5 * SECOND, 5 * MINUTE),
            None => natural,
        };
        self.sent(event, occurred, uploaded)
    }

    fn sent(&mut self, mut event: ParcelEvent, occurred: i64, uploaded: i64) -> (i64, ParcelEvent) {
        let intake = uploaded + self.dice.between(40, 2_500);
        event.occurred_at = Some(timestamp(occurred));
        event.uploaded_at = Some(timestamp(uploaded));
        event.intake_at = Some(timestamp(intake));
        (intake, event)
    }
}
