//! How grave an alert should be: a function of what is counted, the registers, the rules and the clock.

use super::AlertRule;
use super::clock::SourceClock;
use super::day::Totals;
use super::lifecycle::{Hold, Target};
use super::outlet::Outlet;
use super::territory::Territory;
use crate::registry::{RegistryView, Site, SiteKind, days::noon};
use crate::rules::{Alerts, Duty, Severity};
use crate::tally::Rate;
use crate::time::{CivilDay, Span};

/// What is asked about one outlet's day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) registry: RegistryView<'a>,
    pub(super) clock: &'a SourceClock,
    pub(super) territory: Territory,
    pub(super) day: CivilDay,
    pub(super) alerts: &'a Alerts,
}

impl<'a> Question<'a> {
    pub(super) fn new(registry: RegistryView<'a>, clock: &'a SourceClock, territory: Territory, day: CivilDay) -> Self {
        Self {
            registry,
            clock,
            territory,
            day,
            alerts: &registry.rules_in_force(day.start()).alerts,
        }
    }

    /// How grave the alert of a rule should be.
    pub(super) fn target(&self, rule: AlertRule, outlet: &Outlet, totals: &Totals) -> Target {
        match rule {
            AlertRule::RateBelow(duty) => Target::Known(self.rate(totals.rate(duty))),
            AlertRule::CriticalBurst => Target::Known(self.burst(totals.critical_findings)),
            AlertRule::SilentOutlet => self.absence(self.silence(outlet, totals)),
            AlertRule::VolumeShort => self.absence(self.shortage(totals)),
        }
    }

    fn rate(&self, rate: Rate) -> Option<Severity> {
        let rule = &self.alerts.rate;
        let is_judged = rate.whole > 0 && (self.is_over() || rate.whole >= rule.parcels_min.into());
        if !is_judged {
            None
        } else if is_below(rate, rule.critical_below_per_10k) {
            Some(Severity::Critical)
        } else if is_below(rate, rule.high_below_per_10k) {
            Some(Severity::High)
        } else {
            None
        }
    }

    fn burst(&self, critical_findings: u64) -> Option<Severity> {
        let rule = &self.alerts.burst;
        if critical_findings >= rule.grave_min.into() {
            Some(Severity::Critical)
        } else if critical_findings >= rule.critical_min.into() {
            Some(Severity::High)
        } else {
            None
        }
    }

    fn silence(&self, outlet: &Outlet, totals: &Totals) -> Option<Severity> {
        let (brand, site) = (&outlet.brand, &outlet.site);
        let should_report = || {
            // Asked as the walk over the register asks, so that it does not matter how the outlet came to be looked at.
            let found = self.registry.own_site(brand, site, noon(self.day));
            found.is_some_and(|found| self.is_watched(brand, site, found))
                && self.registry.is_working_day(brand, self.day)
                && !self.registry.has_outage_on(brand, site, self.day)
        };
        let is_silent = totals.parcels == 0 && totals.uncounted == 0 && self.clock.judges_absence_of(self.day);
        (is_silent && should_report()).then_some(self.alerts.silent.severity)
    }

    /// Whether a site of the register is an outlet whose silence this shard would notice. A site for all brands is not
    /// watched: nobody says who should report from it.
    pub(super) fn is_watched(&self, brand: &str, key: &str, site: &Site) -> bool {
        let is_outlet = match site.kind {
            SiteKind::Licensed | SiteKind::Branch | SiteKind::Terminal => true,
            SiteKind::ProcessingCentre | SiteKind::Unspecified => false,
        };
        is_outlet
            && !brand.is_empty()
            && site.opened_on.is_none_or(|opened_on| opened_on <= self.day)
            && self.territory.holds(brand, key)
    }

    fn shortage(&self, totals: &Totals) -> Option<Severity> {
        let rule = &self.alerts.volume;
        // What came before the clock began was never sent to us.
        let declared = totals.declared.filter(|_| self.clock.judges_absence_of(self.day))?;
        let rate = Rate {
            part: totals.parcels,
            whole: declared.into(),
        };
        is_below(rate, rule.reported_min_per_10k).then_some(rule.severity)
    }

    /// What is absent may be on its way from a source that is left out.
    fn absence(&self, severity: Option<Severity>) -> Target {
        if severity.is_some() && self.clock.complete_since.is_none() {
            Target::Unknown
        } else {
            Target::Known(severity)
        }
    }

    fn is_over(&self) -> bool {
        self.clock.is_over(self.day)
    }

    /// How long a difference must last.
    pub(super) fn hold(&self, rule: AlertRule) -> Hold {
        let alerts = self.alerts;
        let (raise, ease) = match rule {
            AlertRule::RateBelow(Duty::RealName | Duty::Inspection | Duty::Xray) => {
                (alerts.rate.raise_hold_min, alerts.rate.ease_hold_min)
            }
            AlertRule::CriticalBurst => (alerts.burst.raise_hold_min, alerts.burst.ease_hold_min),
            AlertRule::SilentOutlet => (alerts.silent.raise_hold_min, alerts.silent.ease_hold_min),
            AlertRule::VolumeShort => (alerts.volume.raise_hold_min, alerts.volume.ease_hold_min),
        };
        let raise = Span::minutes(raise.into());
        let not_before = match rule {
            AlertRule::SilentOutlet | AlertRule::VolumeShort => {
                self.clock.complete_since.map(|since| since.plus(raise))
            }
            AlertRule::RateBelow(_) | AlertRule::CriticalBurst => None,
        };
        Hold {
            raise,
            ease: Span::minutes(ease.into()),
            not_before,
        }
    }

    /// The figures that decide, in the order of [`AlertRule::value_names`].
    pub(super) fn values(&self, rule: AlertRule, totals: &Totals) -> Vec<i64> {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let (rate, burst, volume) = (&self.alerts.rate, &self.alerts.burst, &self.alerts.volume);
        match rule {
            AlertRule::RateBelow(duty) => vec![
                number(totals.rate(duty).part),
                number(totals.rate(duty).whole),
                rate.high_below_per_10k.into(),
                rate.critical_below_per_10k.into(),
            ],
            AlertRule::CriticalBurst => vec![
                number(totals.critical_findings),
                burst.critical_min.into(),
                burst.grave_min.into(),
            ],
            AlertRule::SilentOutlet => vec![number(totals.parcels), number(totals.uncounted)],
            AlertRule::VolumeShort => vec![
                number(totals.parcels),
                totals.declared.unwrap_or(0).into(),
                volume.reported_min_per_10k.into(),
            ],
        }
    }
}

/// Compared in integers; nothing is below.
fn is_below(rate: Rate, per_10k: u32) -> bool {
    u128::from(rate.part).saturating_mul(10_000) < u128::from(rate.whole).saturating_mul(per_10k.into())
}
