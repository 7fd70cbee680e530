//! What stands now: for tests, exports and those who read a snapshot.

use super::shard::{ScopeShard, place_on};
use super::{AlertRule, OutletAlert};
use crate::registry::RegistryView;
use crate::shard::compliance::ComplianceRow;

impl ScopeShard {
    /// Every row, in the order of day, brand, site and window. None before there is a clock.
    ///
    /// Whoever sends them on gives them the position of the last section as their version: it is no lower than that with
    /// which each was said, and the content is the same.
    pub fn standing_rows<'a>(&'a self, registry: RegistryView<'a>) -> impl Iterator<Item = ComplianceRow<'a>> {
        let registry = registry.limited_to(self.registry_offset);
        let clocked = self.source_clock().into_iter();
        clocked.flat_map(move |as_of| {
            let outlets = self
                .days
                .iter()
                .flat_map(|(day, kept)| kept.outlets.iter().map(|(outlet, counts)| (*day, outlet, counts)));
            outlets.flat_map(move |(day, outlet, counts)| {
                let place = place_on(outlet, day, registry);
                counts.rows(day).map(move |(window, counts)| ComplianceRow {
                    brand: &outlet.brand,
                    site: &outlet.site,
                    window,
                    place,
                    counts,
                    as_of,
                    missing: self.sources.missing(),
                })
            })
        })
    }

    /// Every alert that stands, as it was said last, in the order of day, brand, site and rule. Versions as for
    /// [`standing_rows`](Self::standing_rows).
    pub fn standing_alerts<'a>(&'a self, registry: RegistryView<'a>) -> impl Iterator<Item = OutletAlert<'a>> {
        let registry = registry.limited_to(self.registry_offset);
        let alerts = self
            .days
            .iter()
            .flat_map(|(day, kept)| kept.alerts.iter().map(|(key, state)| (*day, key, state)));
        alerts.filter_map(move |(day, (outlet, rule), state)| {
            let standing = state.standing.as_ref()?;
            let rule: AlertRule = *rule;
            Some(OutletAlert {
                id: rule.alert_id(&outlet.brand, &outlet.site, day),
                rule,
                change: standing.change,
                severity: standing.severity,
                brand: &outlet.brand,
                site: &outlet.site,
                place: place_on(outlet, day, registry),
                day,
                values: rule
                    .value_names()
                    .iter()
                    .copied()
                    .zip(standing.values.iter().copied())
                    .collect(),
                at: standing.at,
            })
        })
    }
}
