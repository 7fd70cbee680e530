//! What the registers say of whole days and of all outlets: who should have reported, and who need not.

use super::register::in_force;
use super::{Lookup, Registry, RegistryView, Site};
use crate::time::{CivilDay, Span, Timestamp};

impl<'a> RegistryView<'a> {
    /// Every site of every brand that is in force at an instant: brand, key and what is on file, in the order of brand
    /// and key. A site on file for all brands comes under the brand "".
    ///
    /// Walks the whole register: for once a day, not for once an event.
    pub fn sites(self, at: Timestamp) -> impl Iterator<Item = (&'a str, &'a str, &'a Site)> {
        let Registry { common, brands, .. } = self.registry;
        let own = brands.iter().map(|(brand, registers)| (brand.as_str(), registers));
        let mut sites: Vec<(&str, &str, &Site)> = [("", common)]
            .into_iter()
            .chain(own)
            .flat_map(|(brand, registers)| {
                registers.sites.iter().filter_map(move |(key, values)| {
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
        let values = self.registry.brands.get(brand)?.sites.get(key);
        in_force(values, self.up_to, at).map(|dated| &dated.value)
    }

    /// Whether a day is a working day of a brand. A day of which the calendar says nothing is one.
    pub fn is_working_day(self, brand: &str, day: CivilDay) -> bool {
        match self.of_brand(brand).works_on(&day.to_string(), noon(day)) {
            Lookup::Found(working) => *working,
            Lookup::Absent | Lookup::NoRegister => true,
        }
    }

    /// Whether an outage of a site or its brand covers any moment of a day.
    pub fn has_outage_on(self, brand: &str, site: &str, day: CivilDay) -> bool {
        let (start, end) = (day.start(), day.plus_days(1).start());
        self.of_brand(brand).has_outage(site, noon(day), start, end)
    }
}

/// The instant at which the registers are asked about a whole day: noon, at +08:00.
pub(crate) fn noon(day: CivilDay) -> Timestamp {
    day.start().plus(Span::hours(12))
}
