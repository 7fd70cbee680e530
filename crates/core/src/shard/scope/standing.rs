//! What stands now: for tests, exports and those who read a snapshot.

use core::ops::Bound;

use super::day::OutletDay;
use super::outlet::OutletName;
use super::shard::{ScopeShard, place_on};
use super::{AlertRule, OutletAlert};
use crate::event::Place;
use crate::registry::RegistryView;
use crate::rules::Severity;
use crate::shard::compliance::{ComplianceRow, Counts};
use crate::time::CivilDay;

/// What stands of one outlet on one day.
#[derive(Clone, Copy, Debug)]
pub struct OutletStanding<'a> {
    /// Brand code.
    pub brand: &'a str,
    /// The outlet.
    pub site: &'a str,
    /// Its place by the register, as of the noon of the day.
    pub place: Option<Place>,
    day: &'a OutletDay,
}

impl<'a> OutletStanding<'a> {
    /// What is counted of each operator, in their order; the empty name is nobody's. Together they are the outlet.
    pub fn operators(self) -> impl Iterator<Item = (&'a str, &'a Counts)> {
        self.day
            .operators
            .iter()
            .map(|(operator, counts)| (&**operator, &**counts))
    }
}

impl ScopeShard {
    /// The days of which anything is kept, in their order.
    pub fn standing_days(&self) -> impl Iterator<Item = CivilDay> {
        self.days.keys().copied()
    }

    /// The outlets of one day in the order of brand and site, those after a given one: whoever sums up many of them does it
    /// in pieces, and goes on after the last that it has seen.
    pub fn standing_outlets<'a>(
        &'a self,
        day: CivilDay,
        after: Option<(&str, &str)>,
        registry: RegistryView<'a>,
    ) -> impl Iterator<Item = OutletStanding<'a>> + use<'a> {
        let registry = registry.limited_to(self.registry_offset);
        let from: Bound<&dyn OutletName> = match &after {
            Some(after) => Bound::Excluded(after),
            None => Bound::Unbounded,
        };
        let kept = self.days.get(&day);
        let outlets = kept.map(|kept| kept.outlets.range::<dyn OutletName + '_, _>((from, Bound::Unbounded)));
        outlets.into_iter().flatten().map(move |(outlet, kept)| OutletStanding {
            brand: &outlet.brand,
            site: &outlet.site,
            place: place_on(outlet, day, registry),
            day: kept,
        })
    }

    /// What the alerts are about that stand for one day, and how grave they are.
    pub fn standing_alerts_on(&self, day: CivilDay) -> impl Iterator<Item = (AlertRule, Severity)> {
        let alerts = self.days.get(&day).into_iter().flat_map(|kept| &kept.alerts);
        alerts.filter_map(|((_, rule), state)| Some((*rule, state.standing.as_ref()?.severity)))
    }

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
