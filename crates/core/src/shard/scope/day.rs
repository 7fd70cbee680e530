//! What is kept of one civil day of acceptance: counts, alerts, and who was seen with what.

use std::collections::BTreeMap;

use super::count::Step;
use super::lifecycle::AlertState;
use super::outlet::{Outlet, OutletName, entry_of};
use super::pattern::IdentityWindow;
use crate::event::EventId;
use crate::rules::Duty;
use crate::shard::compliance::{Counts, Window};
use crate::shard::contribution::Contribution;
use crate::shard::scope::AlertRule;
use crate::shard::section::Subject;
use crate::tally::Rate;
use crate::time::{CivilDay, Timestamp};

/// One civil day.
#[derive(Clone, Debug, Default)]
pub(super) struct Day {
    pub(super) outlets: BTreeMap<Outlet, OutletDay>,
    pub(super) alerts: BTreeMap<(Outlet, AlertRule), AlertState>,
    /// Of each subject its outlets, in their order.
    pub(super) windows: BTreeMap<Subject, Vec<IdentityWindow>>,
}

impl Day {
    pub(super) fn outlet(&self, brand: &str, site: &str) -> Option<&OutletDay> {
        let name: &dyn OutletName = &(brand, site);
        self.outlets.get(name)
    }

    pub(super) fn outlet_mut(&mut self, brand: &str, site: &str) -> &mut OutletDay {
        entry_of(&mut self.outlets, brand, site)
    }

    /// Drops a row, and the outlet with its last one.
    pub(super) fn remove_row(&mut self, outlet: &Outlet, window: &WindowKey) {
        let Some(kept) = self.outlets.get_mut(outlet) else {
            return;
        };
        kept.remove(window);
        if kept.is_empty() {
            self.outlets.remove(outlet);
        }
    }
}

/// An outlet's day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OutletDay {
    /// Boxed, for a table sets aside room for eleven at once.
    pub(super) operators: BTreeMap<Box<str>, Box<Counts>>,
    pub(super) hours: BTreeMap<u8, Box<Counts>>,
    pub(super) declared: Option<Declared>,
}

/// What a brand declares for an outlet's day. Of several the last counts, by when it happened, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Declared {
    pub(super) occurred_at: Timestamp,
    pub(super) id: EventId,
    pub(super) accepted: u32,
}

/// A window with its own text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WindowKey {
    Day { day: CivilDay, operator: Box<str> },
    Hour { day: CivilDay, hour: u8 },
}

impl WindowKey {
    pub(super) const fn day(&self) -> CivilDay {
        match self {
            Self::Day { day, .. } | Self::Hour { day, .. } => *day,
        }
    }

    pub(super) fn borrowed(&self) -> Window<'_> {
        match self {
            Self::Day { day, operator } => Window::Day { day: *day, operator },
            Self::Hour { day, hour } => Window::Hour { day: *day, hour: *hour },
        }
    }
}

impl OutletDay {
    /// Puts a contribution in or takes it out of both its rows. `report` is told of each row, and whether it stood
    /// before. False where something that comes out was not in.
    pub(super) fn step(
        &mut self,
        contribution: &Contribution<'_>,
        step: Step,
        mut report: impl FnMut(WindowKey, bool),
    ) -> bool {
        let (day, hour, operator) = (contribution.day, contribution.hour, contribution.operator);
        if !self.operators.contains_key(operator) {
            self.operators.insert(operator.into(), Box::default());
        }
        let counts = self.operators.get_mut(operator).expect("it was just put there");
        let operator = operator.into();
        report(WindowKey::Day { day, operator }, !counts.is_zero());
        let enough = counts.step(contribution, step);
        let counts = self.hours.entry(hour).or_default();
        report(WindowKey::Hour { day, hour }, !counts.is_zero());
        enough & counts.step(contribution, step)
    }

    pub(super) fn counts(&self, window: &WindowKey) -> Option<&Counts> {
        match window {
            WindowKey::Day { operator, .. } => self.operators.get(operator).map(Box::as_ref),
            WindowKey::Hour { hour, .. } => self.hours.get(hour).map(Box::as_ref),
        }
    }

    pub(super) fn remove(&mut self, window: &WindowKey) {
        match window {
            WindowKey::Day { operator, .. } => self.operators.remove(operator),
            WindowKey::Hour { hour, .. } => self.hours.remove(hour),
        };
    }

    /// All its rows, in the order of their windows.
    pub(super) fn rows(&self, day: CivilDay) -> impl Iterator<Item = (Window<'_>, &Counts)> {
        let operators = self
            .operators
            .iter()
            .map(move |(operator, counts)| (Window::Day { day, operator }, &**counts));
        let hours = self
            .hours
            .iter()
            .map(move |(hour, counts)| (Window::Hour { day, hour: *hour }, &**counts));
        operators.chain(hours)
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a parcel of the outlet was reported at all, counted or not.
    pub(super) fn has_parcels(&self) -> bool {
        self.operators
            .values()
            .any(|counts| counts.parcels > 0 || counts.uncounted > 0)
    }

    /// What alerts look at.
    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals {
            declared: self.declared.map(|declared| declared.accepted),
            ..Totals::default()
        };
        for counts in self.operators.values() {
            totals.parcels = totals.parcels.saturating_add(counts.parcels);
            totals.uncounted = totals.uncounted.saturating_add(counts.uncounted);
            totals.critical_findings = totals.critical_findings.saturating_add(counts.critical_findings());
            for (total, duty) in totals.rates.iter_mut().zip(Duty::ALL) {
                let rate = counts.rate(duty);
                total.part = total.part.saturating_add(rate.part);
                total.whole = total.whole.saturating_add(rate.whole);
            }
        }
        totals
    }
}

/// Sums over the operators of an outlet's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) parcels: u64,
    pub(super) uncounted: u64,
    pub(super) critical_findings: u64,
    /// Real-name sending, inspection, X-ray screening.
    pub(super) rates: [Rate; 3],
    pub(super) declared: Option<u32>,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            parcels: 0,
            uncounted: 0,
            critical_findings: 0,
            rates: [Rate { part: 0, whole: 0 }; 3],
            declared: None,
        }
    }
}

impl Totals {
    pub(super) const fn rate(&self, duty: Duty) -> Rate {
        let [real_name, inspection, xray] = self.rates;
        match duty {
            Duty::RealName => real_name,
            Duty::Inspection => inspection,
            Duty::Xray => xray,
        }
    }
}
