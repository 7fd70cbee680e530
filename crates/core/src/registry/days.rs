//! What the registers say of whole days and of all outlets: who should have reported, and who need not.

use super::{Lookup, RegistryView, Site, in_force};
use crate::time::{CivilDay, Span, Timestamp};

impl<'a> RegistryView<'a> {
    /// Every site of every brand that is in force at an instant: brand, key and what is on file, in the order of brand
    /// and key. A site on file for all brands comes under the brand "".
    ///
    /// Walks the whole register: for once a day, not for once an event.
    pub fn sites(self, at: Timestamp) -> impl Iterator<Item = (&'a str, &'a str, &'a Site)> {
        let register = &self.registry.sites;
        let common = register.common.iter().map(|keys| ("", keys));
        let own = register.by_brand.iter().map(|(brand, keys)| (brand.as_str(), keys));
        let mut sites: Vec<(&str, &str, &Site)> = common
            .chain(own)
            .flat_map(|(brand, keys)| {
                keys.iter().filter_map(move |(key, values)| {
                    let dated = in_force(values, self.up_to, at)?;
                    Some((brand, key, &dated.value))
                })
            })
            .collect();
        sites.sort_unstable_by_key(|(brand, key, _)| (*brand, *key));
        sites.into_iter()
    }

    /// A site that is on file for this very brand, not for all: one of those that [`sites`](Self::sites) walks.
    pub fn own_site(self, brand: &str, key: &str, at: Timestamp) -> Option<&'a Site> {
        let values = self.registry.sites.by_brand.get(brand)?.get(key)?;
        in_force(values, self.up_to, at).map(|dated| &dated.value)
    }

    /// Whether a day is a working day of a brand. A day of which the calendar says nothing is one.
    pub fn is_working_day(self, brand: &str, day: CivilDay) -> bool {
        let calendar = &self.registry.calendar;
        match calendar.find(brand, &day.to_string(), self.up_to, noon(day)) {
            Lookup::Found(working) => *working,
            Lookup::Absent | Lookup::NoRegister => true,
        }
    }

    /// Whether an outage of a site or its brand covers any moment of a day.
    pub fn has_outage_on(self, brand: &str, site: &str, day: CivilDay) -> bool {
        let (start, end) = (day.start(), day.plus_days(1).start());
        let outages = &self.registry.outages;
        outages.all_in_force(brand, self.up_to, noon(day)).any(|outage| {
            (outage.site.is_empty() || outage.site == site)
                && outage.from < outage.to
                && outage.from < end
                && start < outage.to
        })
    }
}

/// The instant at which the registers are asked about a whole day: noon, at +08:00.
pub(crate) fn noon(day: CivilDay) -> Timestamp {
    day.start().plus(Span::hours(12))
}
