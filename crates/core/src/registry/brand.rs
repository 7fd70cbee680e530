//! The registers as they hold for one brand.

use super::register::{Keys, Registers, in_force};
use super::{Agreement, Contract, Lookup, Machine, Site, Staff};
use crate::event::Place;
use crate::time::Timestamp;

/// The registers of one brand, as known at one offset of their log: its own first, then those that hold for all brands.
#[derive(Clone, Copy, Debug)]
pub struct BrandView<'a> {
    /// `None` where the brand has none of its own.
    pub(super) own: Option<&'a Registers>,
    pub(super) common: &'a Registers,
    pub(super) up_to: u64,
}

impl<'a> BrandView<'a> {
    fn each<T: 'a>(self, register: fn(&'a Registers) -> &'a Keys<T>) -> impl Iterator<Item = &'a Keys<T>> {
        self.own.into_iter().chain([self.common]).map(register)
    }

    fn find<T: 'a>(self, register: fn(&'a Registers) -> &'a Keys<T>, key: &str, at: Timestamp) -> Lookup<&'a T> {
        let found = self
            .each(register)
            .find_map(|keys| in_force(keys.get(key), self.up_to, at));
        match found {
            Some(dated) => Lookup::Found(&dated.value),
            None if self.each(register).any(|keys| keys.is_present(self.up_to)) => Lookup::Absent,
            None => Lookup::NoRegister,
        }
    }

    /// An outlet or processing centre.
    pub fn site(self, key: &str, at: Timestamp) -> Lookup<&'a Site> {
        self.find(|registers| &registers.sites, key, at)
    }

    /// Whether a site stands in the register at all, whatever its validity.
    pub fn knows_site(self, key: &str) -> Lookup<()> {
        let sites = || self.each(|registers| &registers.sites);
        let mut known = sites().flat_map(|keys| keys.get(key));
        if known.any(|dated| dated.offset < self.up_to) {
            Lookup::Found(())
        } else if sites().any(|keys| keys.is_present(self.up_to)) {
            Lookup::Absent
        } else {
            Lookup::NoRegister
        }
    }

    /// A member of staff.
    pub fn staff(self, key: &str, at: Timestamp) -> Lookup<&'a Staff> {
        self.find(|registers| &registers.staff, key, at)
    }

    /// An X-ray machine.
    pub fn machine(self, key: &str, at: Timestamp) -> Lookup<&'a Machine> {
        self.find(|registers| &registers.machines, key, at)
    }

    /// A contract with a third party that screens.
    pub fn contract(self, key: &str, at: Timestamp) -> Lookup<&'a Contract> {
        self.find(|registers| &registers.contracts, key, at)
    }

    /// A safety agreement.
    pub fn agreement(self, key: &str, at: Timestamp) -> Lookup<&'a Agreement> {
        self.find(|registers| &registers.agreements, key, at)
    }

    /// Whether a day, given by its text, is a working day, as known at an instant of it.
    pub(super) fn works_on(self, day: &str, at: Timestamp) -> Lookup<&'a bool> {
        self.find(|registers| &registers.calendar, day, at)
    }

    /// Whether a place lies in a key area in force at an instant. No record means none in force.
    pub fn in_key_area(self, place: Place, at: Timestamp) -> bool {
        let areas = self.each(|registers| &registers.key_areas);
        let mut areas = areas.flat_map(|keys| keys.all_in_force(self.up_to, at));
        areas.any(|area| {
            area.from.is_none_or(|from| from <= at) && area.to.is_none_or(|to| at < to) && place.lies_in(area.division)
        })
    }

    /// The end of the outages of a site or the brand in which an instant lies; one that begins before another ends goes on.
    pub fn outage_end(self, site: &str, at: Timestamp) -> Option<Timestamp> {
        let mut end = self.one_outage_end(site, at)?;
        // Each step is later than the one before, and there are only so many outages.
        while let Some(later) = self.one_outage_end(site, end) {
            end = later;
        }
        Some(end)
    }

    fn one_outage_end(self, site: &str, at: Timestamp) -> Option<Timestamp> {
        let registers = [self.own, Some(self.common)].into_iter().flatten();
        registers
            .filter(|registers| registers.outage.is_some_and(|(from, to)| from <= at && at < to))
            .flat_map(|registers| registers.outages.all_in_force(self.up_to, at))
            .filter(|outage| (outage.site.is_empty() || outage.site == site) && outage.from <= at && at < outage.to)
            .map(|outage| outage.to)
            .max()
    }

    /// Whether an outage of a site or the brand, as known at an instant, covers any moment of a time.
    pub(super) fn has_outage(self, site: &str, at: Timestamp, start: Timestamp, end: Timestamp) -> bool {
        let outages = self.each(|registers| &registers.outages);
        let mut outages = outages.flat_map(|keys| keys.all_in_force(self.up_to, at));
        outages.any(|outage| {
            (outage.site.is_empty() || outage.site == site)
                && outage.from < outage.to
                && outage.from < end
                && start < outage.to
        })
    }
}
