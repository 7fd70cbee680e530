//! Alerts: those that stand, and how each came to stand.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use sanbai_engine::log::Topic;
use sanbai_wire::proto::alert::{Alert, Change, Subject};
use sanbai_wire::proto::sighting::Sightings;
use sanbai_wire::proto::{Timestamp, verdict::Severity};

use super::verdicts::letter;
use super::{Expected, Rest};
use crate::oracle::log::Said;
use crate::oracle::watch::{AlertKey, Watched};
use crate::simulation::reader::{self, Published, Reading};

impl Published for Alert {
    fn key(&self) -> String {
        self.id.clone()
    }

    fn version(&self) -> &str {
        &self.version
    }
}

fn read(rest: &Rest<'_>) -> Result<Reading<Alert>, String> {
    let records = (0..rest.scope_partitions).flat_map(|scope| rest.log.records(Topic::Alerts, scope));
    reader::read::<Alert>(records, rest.last_wins)
}

/// Those on parcels: what cannot wait.
pub(super) fn check_urgent(rest: &mut Rest<'_>, expected: &Expected, at_end: bool) -> Result<(), String> {
    let reading = read(rest)?;
    let urgent = |alert: &&Alert| alert.subject() == Subject::Parcel;
    let found: BTreeSet<(String, String, String)> = reading
        .kept
        .values()
        .filter(urgent)
        .filter(|alert| alert.change() == Change::Raised)
        .map(|alert| {
            let rule = if alert.rule == "find" {
                format!("find.{}", alert.class)
            } else {
                alert.rule.clone()
            };
            (rule, alert.brand.clone(), alert.waybill.clone())
        })
        .collect();
    let mut wanted = BTreeSet::new();
    for Said { judged, .. } in &expected.said {
        let mut stands = |rule: &str| wanted.insert((rule.to_owned(), judged.brand.clone(), judged.waybill.clone()));
        for code in ["PR-01", "PR-02", "XR-06"] {
            if judged.findings.contains_key(code) {
                stands(code);
            }
        }
        for class in judged.finds.iter().filter(|class| [1, 12].contains(*class)) {
            stands(&format!("find.{class}"));
        }
    }
    if found != wanted {
        return Err(format!("urgent alerts that stand: {found:?}, expected {wanted:?}"));
    }
    let is_reused = |alert: &Alert| {
        let key = (alert.brand.clone(), alert.waybill.clone());
        let mut replays = expected.replays.iter();
        replays.any(|replay| replay.parcels.get(&key).is_some_and(|lives| lives.len() > 1))
    };
    check_lives(&reading.all, is_reused).map_err(|what| {
        let lives = expected.replays.iter().flat_map(|replay| {
            let named = replay
                .parcels
                .keys()
                .filter(|(_, waybill)| what.contains(waybill.as_str()));
            named.map(|key| replay.story(key))
        });
        format!("{what}\n{}", lives.collect::<String>())
    })?;
    if at_end {
        rest.seen.urgent_raised += found.len() as u64;
    }
    Ok(())
}

/// By versions each alert is raised first, and changes only while it stands; save that of a waybill that was used again:
/// both its parcels have one alert, and the second knows nothing of the first.
pub(super) fn check_lives(
    alerts: &BTreeMap<(String, String), Alert>,
    is_reused: impl Fn(&Alert) -> bool,
) -> Result<(), String> {
    let mut standing: BTreeMap<&str, i32> = BTreeMap::new();
    for ((id, _), alert) in alerts {
        let before = standing.get(id.as_str()).copied();
        let is_right = match (before, alert.change()) {
            (None, Change::Raised) | (Some(_), Change::Withdrawn) => true,
            (Some(_), Change::Raised) => is_reused(alert),
            (Some(before), Change::Worsened) => alert.severity > before,
            (Some(before), Change::Eased) => alert.severity < before,
            _ => false,
        };
        if !is_right {
            return Err(format!("alert was {before:?} and then: {alert:?}"));
        }
        if alert.change() == Change::Withdrawn {
            standing.remove(id.as_str());
        } else {
            standing.insert(id, alert.severity);
        }
    }
    Ok(())
}

/// Those on outlets.
pub(super) fn check_outlets(rest: &mut Rest<'_>, expected: &Expected) -> Result<(), String> {
    let reading = read(rest)?;
    let outlets = || reading.all.values().filter(|alert| alert.subject() == Subject::Outlet);
    rest.seen.alerts_raised += outlets().filter(|alert| alert.change() == Change::Raised).count() as u64;
    rest.seen.alerts_withdrawn += outlets().filter(|alert| alert.change() == Change::Withdrawn).count() as u64;
    let mut found: BTreeMap<AlertKey, char> = BTreeMap::new();
    for alert in reading.kept.values().filter(|alert| alert.subject() == Subject::Outlet) {
        if alert.change() == Change::Withdrawn {
            continue;
        }
        let day = sanbai_core::time::CivilDay::parse(&alert.day);
        let day = day.map_or(i64::MIN, |day| day.as_days().into());
        let severity = Severity::try_from(alert.severity).unwrap_or_default();
        let key = (alert.rule.clone(), alert.brand.clone(), alert.site.clone(), day);
        found.insert(key, letter(severity));
    }
    // What became due less than a hold ago may or may not stand by now.
    let [now, before] = [0, 45].map(|minutes| wanted(rest, expected, minutes));
    let is_settled = |key: &AlertKey| now.get(key) == before.get(key);
    let differs = |key: &AlertKey| is_settled(key) && found.get(key) != now.get(key);
    let missing: Vec<_> = now.iter().filter(|(key, _)| differs(key)).collect();
    let surplus: Vec<_> = found.iter().filter(|(key, _)| differs(key)).collect();
    if !(missing.is_empty() && surplus.is_empty()) {
        return Err(format!("alerts on outlets: {surplus:?} stand, {missing:?} should"));
    }
    Ok(())
}

/// The alerts that should stand by what was so, some minutes before the end.
fn wanted(rest: &Rest<'_>, expected: &Expected, minutes: u32) -> BTreeMap<AlertKey, char> {
    let replays = expected.replays.iter();
    let said: Vec<Said> = replays
        .clone()
        .flat_map(|replay| {
            replay
                .said_before_the_end(&expected.registry, minutes)
                .into_values()
                .flatten()
        })
        .collect();
    let now = replays
        .filter_map(|replay| replay.clock())
        .min_by_key(|clock| (clock.seconds, clock.nanos));
    let now = now.unwrap_or_default();
    let watched = Watched {
        replays: &expected.replays,
        said: &said.iter().collect::<Vec<_>>(),
        records: &expected.registry.records,
        began: began(rest),
        now: Timestamp {
            seconds: now.seconds - i64::from(minutes) * 60,
            ..now
        },
    };
    watched.alerts()
}

/// The first clock that any section named.
fn began(rest: &Rest<'_>) -> Timestamp {
    let records = (0..rest.scope_partitions).flat_map(|scope| rest.log.records(Topic::Sightings, scope).iter());
    let sections = records
        .filter_map(|record| Sightings::decode(record.value.as_deref()?).ok())
        .flat_map(|read| read.sections);
    let clocks = sections.filter_map(|section| section.clock);
    clocks
        .min_by_key(|clock| (clock.seconds, clock.nanos))
        .unwrap_or_default()
}
