//! Which alerts stand on outlets, and which patterns mark parcels, once everything is at rest.

use std::collections::{BTreeMap, BTreeSet};

use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::event::{ParcelEvent, parcel_event::Happening};
use sanbai_wire::proto::registry::registry_record::Value;
use sanbai_wire::proto::registry::{RegistryRecord, SiteKind};

use super::clock::{HOUR, Nanos, civil_day, day_number, nanos};
use super::counting;
use super::log::{Replay, Said};

/// Rule, brand, site, day.
pub type AlertKey = (String, String, String, i64);

/// What is counted on an outlet's day.
#[derive(Clone, Debug, Default)]
struct OutletDay {
    parcels: u64,
    uncounted: u64,
    critical: u64,
    /// Satisfied and failed.
    rates: [(u64, u64); 3],
    declared: Option<u64>,
}

/// What the alerts of outlets are a function of.
#[derive(Debug)]
pub struct Watched<'a> {
    /// All partitions.
    pub replays: &'a [Replay],
    /// What is said of all parcels.
    pub said: &'a [&'a Said],
    /// The registers as known at the end.
    pub records: &'a [RegistryRecord],
    /// When the clock of the sources began.
    pub began: Timestamp,
    /// The clock of the sources.
    pub now: Timestamp,
}

impl Watched<'_> {
    /// Severity (`C`, `H`, `M`) of each alert that stands.
    pub fn alerts(&self) -> BTreeMap<AlertKey, char> {
        let days = self.days();
        let mut alerts = BTreeMap::new();
        for ((brand, site, day), counted) in &days {
            let over = self.is_over(*day);
            let mut stand = |rule: &str, severity: Option<char>| {
                let key = (rule.to_owned(), brand.clone(), site.clone(), *day);
                alerts.extend(severity.map(|severity| (key, severity)));
            };
            for (name, (satisfied, failed)) in counting::DUTIES.iter().zip(counted.rates) {
                stand(&format!("rate_below.{name}"), rate(satisfied, satisfied + failed, over));
            }
            stand("critical_burst", burst(counted.critical));
            let silent = self.is_silent(brand, site, *day, counted);
            stand("OR-02", (over && silent).then_some('M'));
            // "LC-04: fewer parcels counted on a day that is over than the brand declares": under 95%. It is about what is
            // absent, as OR-02 is: what was absent before the clock began, nobody can tell.
            let short = |declared: u64| counted.parcels * 100 < declared * 95;
            let is_told = over && civil_day(nanos(self.began)) <= *day;
            stand("LC-04", (is_told && counted.declared.is_some_and(short)).then_some('H'));
        }
        alerts
    }

    /// A day is over three hours after it ended.
    fn is_over(&self, day: i64) -> bool {
        let end = Nanos::from(day + 1) * 24 * HOUR - 8 * HOUR;
        nanos(self.now) >= end + 3 * HOUR
    }

    fn days(&self) -> BTreeMap<(String, String, i64), OutletDay> {
        let mut days: BTreeMap<(String, String, i64), OutletDay> = BTreeMap::new();
        for said in self.said {
            let judged = &said.judged;
            if judged.accepted_at.is_none() && judged.findings.is_empty() {
                continue;
            }
            let day = civil_day(nanos(judged.happened_at));
            let counted = days
                .entry((judged.brand.clone(), judged.site.clone(), day))
                .or_default();
            counted.parcels += u64::from(judged.counted);
            counted.uncounted += u64::from(!judged.counted);
            counted.critical += judged.findings.values().filter(|severity| **severity == 'C').count() as u64;
            for (sum, one) in counted.rates.iter_mut().zip(counting::judged(judged)) {
                *sum = (sum.0 + one.0, sum.1 + one.1);
            }
        }
        for replay in self.replays {
            for ((brand, site, day), (_, _, accepted)) in &replay.declared {
                let counted = days.entry((brand.clone(), site.clone(), *day)).or_default();
                counted.declared = Some(u64::from(*accepted));
            }
        }
        for record in self.records.iter().filter(|record| !record.brand.is_empty()) {
            if let Some(Value::Site(_)) = &record.value {
                for day in civil_day(nanos(self.began))..=civil_day(nanos(self.now)) {
                    days.entry((record.brand.clone(), record.key.clone(), day)).or_default();
                }
            }
        }
        days
    }

    /// "OR-02 (silent outlet: of the *registry's* outlets, not of those once seen)", suspended inside an outage; what was
    /// absent before the clock began, nobody can tell.
    fn is_silent(&self, brand: &str, site: &str, day: i64, counted: &OutletDay) -> bool {
        let is_watched = |record: &RegistryRecord| match &record.value {
            Some(Value::Site(entry)) => {
                record.brand == brand
                    && record.key == site
                    && [SiteKind::Licensed, SiteKind::Branch, SiteKind::Terminal].contains(&entry.kind())
                    && day_number(&entry.opened_on).is_none_or(|opened| opened <= day)
            }
            _ => false,
        };
        let (start, end) = (
            Nanos::from(day) * 24 * HOUR - 8 * HOUR,
            Nanos::from(day + 1) * 24 * HOUR - 8 * HOUR,
        );
        let in_outage = |record: &RegistryRecord| match &record.value {
            Some(Value::Outage(outage)) => {
                (record.brand.is_empty() || record.brand == brand)
                    && (outage.site.is_empty() || outage.site == site)
                    && outage.from.is_none_or(|from| nanos(from) < end)
                    && outage.to.is_none_or(|to| start < nanos(to))
            }
            _ => false,
        };
        counted.parcels + counted.uncounted == 0
            && civil_day(nanos(self.began)) <= day
            && self.records.iter().any(is_watched)
            && !self.records.iter().any(in_outage)
    }
}

/// "From 100 parcels or at the end of the day": under 99% high, under 95% critical.
fn rate(satisfied: u64, whole: u64, over: bool) -> Option<char> {
    if whole == 0 || !(over || whole >= 100) {
        None
    } else if satisfied * 100 < whole * 95 {
        Some('C')
    } else if satisfied * 100 < whole * 99 {
        Some('H')
    } else {
        None
    }
}

/// From 5 critical findings high, from 20 critical.
fn burst(critical: u64) -> Option<char> {
    match critical {
        0..5 => None,
        5..20 => Some('H'),
        _ => Some('C'),
    }
}

/// RN-08: more than 20 parcels of one identity at one outlet on one day mark each of them. Gives brand and waybill.
pub fn marked<'s>(said: impl Iterator<Item = &'s Said>, events: &[&ParcelEvent]) -> BTreeSet<(String, String)> {
    let mut windows: BTreeMap<(String, String, String, i64), BTreeSet<String>> = BTreeMap::new();
    for said in said {
        let judged = &said.judged;
        let [real_name, ..] = &judged.duties;
        if !judged.counted || real_name.status != "pass" {
            continue;
        }
        let mut deciding = events.iter().filter(|event| {
            event.waybill == judged.waybill && event.brand == judged.brand && real_name.events.contains(&event.event_id)
        });
        let token = deciding.find_map(|event| match &event.happening {
            Some(Happening::IdentityChecked(checked)) => checked.document.as_ref()?.tokens.iter().min().cloned(),
            _ => None,
        });
        if let Some(token) = token {
            let day = civil_day(nanos(judged.happened_at));
            let window = (token, judged.brand.clone(), judged.site.clone(), day);
            windows.entry(window).or_default().insert(judged.waybill.clone());
        }
    }
    let mut marked = BTreeSet::new();
    for ((_, brand, ..), waybills) in windows.into_iter().filter(|(_, waybills)| waybills.len() > 20) {
        marked.extend(waybills.into_iter().map(|waybill| (brand.clone(), waybill)));
    }
    marked
}

#[cfg(test)]
mod tests {
    use sanbai_wire::proto::control::Tick;
    use sanbai_wire::proto::event::DeclaredVolume;

    use super::super::log::{Entry, What};
    use super::*;

    const AT: Timestamp = Timestamp {
        seconds: 1_773_144_000,
        nanos: 0,
    };

    #[test]
    fn days_before_the_clock_began_and_frozen_ones_fall_short_of_nothing() {
        let volume = |(index, day): (u32, &str)| {
            let declared = DeclaredVolume {
                day: day.to_owned(),
                accepted: 100,
            };
            let event = ParcelEvent {
                event_id: index.to_string(),
                brand: "ZTO".to_owned(),
                subject: "GZ-1".to_owned(),
                occurred_at: Some(AT),
                intake_at: Some(AT),
                happening: Some(Happening::DeclaredVolume(declared)),
                ..ParcelEvent::default()
            };
            (index, event)
        };
        let tick = Tick {
            time: Some(AT),
            ..Tick::default()
        };
        // The clock stands at noon of 2026-03-10.
        let days = ["2026-03-09", "2026-03-10", "2025-07-10", "2026-02-22"];
        let volumes = (0..).zip(days).map(volume).collect();
        let entries = [What::Tick(tick), What::Events(volumes)];
        let entries: Vec<Entry> = (0..)
            .zip(entries)
            .map(|(offset, what)| Entry {
                offset,
                recorded_at: AT,
                what,
            })
            .collect();
        let alerts = |began: i64| {
            let later = |days: i64| Timestamp {
                seconds: AT.seconds + days * 86_400,
                nanos: 0,
            };
            let watched = Watched {
                replays: &[Replay::of(&entries)],
                said: &[],
                records: &[],
                began: later(began),
                now: later(2),
            };
            let alerts = watched.alerts().into_keys();
            alerts.map(|(rule, _, _, day)| (rule, day - 20_522)).collect::<Vec<_>>()
        };
        let short = |day: i64| ("LC-04".to_owned(), day);
        assert_eq!(alerts(0), [short(0)], "the 10th is 20,522 days after 1970-01-01");
        assert_eq!(alerts(-1), [short(-1), short(0)]);
        assert_eq!(
            alerts(-300),
            [short(-16), short(-1), short(0)],
            "eight months ago is frozen"
        );
    }
}
