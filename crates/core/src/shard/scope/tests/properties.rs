//! What holds whatever is sent, however it is cut.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::told::{Told, told_alert, told_row};
use super::trace::position;
use super::world::{self, Cut, SOURCES, Step, cut, cuts, logs, settled};
use crate::registry::Registry;
use crate::shard::compliance::{Counts, Window};
use crate::shard::position::Position;
use crate::shard::row::{Row, RowKind};
use crate::shard::scope::{ScopeOutput, ScopeShard, ScopeSink, Territory};
use crate::shard::section::Section;
use crate::time::{Span, Timestamp};

/// Keeps what a receiver would: of each row, alert and hit the content of the highest version. Fails where something is
/// said twice with one version.
#[derive(Debug, Default)]
struct Receiver {
    told: Told,
    said: BTreeSet<(Position, String)>,
    rows: BTreeMap<String, String>,
    alerts: BTreeMap<u64, String>,
    hits: BTreeMap<(String, u64), bool>,
}

impl ScopeSink for Receiver {
    fn put(&mut self, at: Position, output: ScopeOutput<'_>) {
        let name = match &output {
            ScopeOutput::Row(row) => {
                let name = format!("{}/{} {:?}", row.brand, row.site, row.window);
                self.rows.insert(name.clone(), counted(&told_row(row)));
                if row.counts.is_zero() {
                    self.rows.remove(&name);
                }
                name
            }
            ScopeOutput::Alert(alert) => {
                self.alerts
                    .insert(alert.id, format!("{} {}", alert.change.as_str(), told_alert(alert)));
                alert.id.to_string()
            }
            ScopeOutput::Hit(hit) => {
                assert_eq!(hit.version, at);
                let changed = self.hits.insert((hit.waybill.to_owned(), hit.id), hit.stands);
                assert_ne!(
                    changed.unwrap_or(false),
                    hit.stands,
                    "a hit is said only when it changes"
                );
                format!("{}/{}", hit.waybill, hit.id)
            }
            ScopeOutput::Alarm(alarm) => format!("{alarm:?}"),
        };
        assert!(self.said.insert((at, name)), "twice with one version: {output:?}");
        self.told.put(at, output);
    }
}

/// A row without what depends on the moment at which it was said.
fn counted(row: &str) -> String {
    row.split(" without ").next().unwrap_or_default().to_owned()
}

fn at(offset: usize) -> Position {
    position(u64::try_from(offset).expect("small") + 1)
}

/// Every source's clock begins with the day, so that both runs begin to watch at the same time.
fn opening() -> Vec<Section<'static>> {
    let empty = |source| Section {
        source,
        from: Position::START,
        to: Position::START,
        clock: Some(world::clock(&[], 0).minus(Span::minutes(5))),
        registry_offset: u64::MAX,
        entries: Vec::new(),
    };
    (0..SOURCES).map(empty).collect()
}

/// Two days later, every ten minutes, until all holds have passed.
fn closing(logs: &[Vec<Step>]) -> Vec<Section<'_>> {
    let ends: Vec<u64> = logs
        .iter()
        .map(|log| u64::try_from(log.len()).expect("small"))
        .collect();
    let clocks = logs.iter().zip(&ends).map(|(log, end)| world::clock(log, *end));
    let last: Timestamp = clocks.max().expect("two sources");
    let minutes = (0..12).map(|step| Span::minutes(3 * 1_440 + step * 10));
    let clocks = minutes.map(|later| last.plus(later));
    clocks
        .flat_map(|clock| {
            (0_u32..)
                .zip(ends.clone())
                .map(move |(source, end)| (source, end, clock))
        })
        .map(|(source, end, clock)| Section {
            clock: Some(clock),
            ..world::section(logs, (source, end, end))
        })
        .collect()
}

fn play(sections: &[Section<'_>], registry: &Registry) -> (ScopeShard, Receiver) {
    let mut shard = ScopeShard::new(SOURCES, Territory::ALL);
    let mut receiver = Receiver::default();
    for (number, section) in sections.iter().enumerate() {
        shard.handle(at(number), section, registry.view(), &mut receiver);
    }
    (shard, receiver)
}

fn all<'a>(logs: &'a [Vec<Step>], cuts: &[Cut]) -> Vec<Section<'a>> {
    let cut = cuts.iter().map(|cut| world::section(logs, *cut));
    opening().into_iter().chain(cut).chain(closing(logs)).collect()
}

/// Everything right at once: one section a source, and then time.
fn at_once(logs: &[Vec<Step>]) -> Vec<Section<'_>> {
    let whole = (0_u32..).zip(logs).map(|(source, log)| {
        let end = u64::try_from(log.len()).expect("small");
        Section {
            entries: settled(source, log)
                .into_iter()
                .map(|entry| (position(end), entry))
                .collect(),
            ..world::section(logs, (source, 0, end))
        }
    });
    opening().into_iter().chain(whole).chain(closing(logs)).collect()
}

/// What stands, without the moments at which it came to be.
fn at_rest(shard: &ScopeShard, registry: &Registry) -> (Vec<String>, Vec<String>) {
    let rows = shard.standing_rows(registry.view()).map(|row| counted(&told_row(&row)));
    let alerts = shard
        .standing_alerts(registry.view())
        .map(|alert| format!("{:?} {:?} {} {:?}", alert.rule, alert.severity, alert.site, alert.day));
    (rows.collect(), alerts.collect())
}

fn standing_hits(receiver: &Receiver) -> Vec<&(String, u64)> {
    let hits = receiver.hits.iter().filter(|(_, stands)| **stands);
    hits.map(|(hit, _)| hit).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn however_it_is_cut_the_same_stands_at_rest_as_if_all_had_been_right_at_once(logs in logs(), cuts in cuts()) {
        let registry = world::registry();
        let (shard, receiver) = play(&all(&logs, &cut(&logs, &cuts)), &registry);
        let (reference, expected) = play(&at_once(&logs), &registry);
        prop_assert_eq!(at_rest(&shard, &registry), at_rest(&reference, &registry));
        prop_assert_eq!(standing_hits(&receiver), standing_hits(&expected));
        prop_assert!(!receiver.told.0.iter().any(|line| line == "alarm negative count"));
    }

    #[test]
    fn receiver_who_keeps_the_highest_version_has_what_stands(logs in logs(), cuts in cuts()) {
        let registry = world::registry();
        let (shard, receiver) = play(&all(&logs, &cut(&logs, &cuts)), &registry);
        let rows: BTreeSet<String> = receiver.rows.into_values().collect();
        let (standing, alerts) = at_rest(&shard, &registry);
        prop_assert_eq!(rows, standing.into_iter().collect::<BTreeSet<_>>());
        let kept = receiver.alerts.values().filter(|alert| !alert.starts_with("withdrawn")).count();
        prop_assert_eq!(kept, alerts.len());
        let said: BTreeSet<String> = receiver.alerts.into_values().collect();
        for alert in shard.standing_alerts(registry.view()) {
            let line = format!("{} {}", alert.change.as_str(), told_alert(&alert));
            prop_assert!(said.contains(&line), "an alert stands as it was said last: {}", line);
        }
    }

    #[test]
    fn outlets_that_are_looked_at_in_pieces_are_those_of_the_rows(logs in logs(), cuts in cuts(), piece in 1..4_usize) {
        let registry = world::registry();
        let (shard, _) = play(&all(&logs, &cut(&logs, &cuts)), &registry);
        let mut pieces = BTreeSet::new();
        for day in shard.standing_days() {
            let mut after: Option<(String, String)> = None;
            loop {
                let seen = after.as_ref().map(|(brand, site)| (brand.as_str(), site.as_str()));
                let outlets: Vec<_> = shard.standing_outlets(day, seen, registry.view()).take(piece).collect();
                let Some(last) = outlets.last() else { break };
                after = Some((last.brand.to_owned(), last.site.to_owned()));
                for outlet in &outlets {
                    for (operator, counts) in outlet.operators() {
                        let key = (day, outlet.brand.to_owned(), outlet.site.to_owned(), operator.to_owned());
                        let line = format!("{counts:?} {:?}", outlet.place);
                        prop_assert!(pieces.insert((key, line)), "an outlet comes once");
                    }
                }
            }
        }
        let rows = shard.standing_rows(registry.view()).filter_map(|row| match row.window {
            Window::Day { day, operator } => {
                let key = (day, row.brand.to_owned(), row.site.to_owned(), operator.to_owned());
                Some((key, format!("{:?} {:?}", row.counts, row.place)))
            }
            Window::Hour { .. } => None,
        });
        prop_assert_eq!(pieces, rows.collect::<BTreeSet<_>>());
        let alerts = shard.standing_days().flat_map(|day| shard.standing_alerts_on(day));
        prop_assert_eq!(alerts.count(), shard.standing_alerts(registry.view()).count());
    }

    #[test]
    fn stopped_after_any_section_it_goes_on_as_if_it_never_had(logs in logs(), cuts in cuts()) {
        let registry = world::registry();
        let sections = all(&logs, &cut(&logs, &cuts));
        let mut shard = ScopeShard::new(SOURCES, Territory::ALL);
        let mut shards = Vec::new();
        let mut told = Told::default();
        let mut ends = Vec::new();
        for (number, section) in sections.iter().enumerate() {
            let rows: Vec<Row> = shard.rows().collect();
            let restored = ScopeShard::restore(rows.clone(), Territory::ALL).expect("what was written is read");
            prop_assert!(restored.rows().eq(rows));
            prop_assert!(restored.queue == shard.queue);
            shards.push(restored);
            ends.push(told.0.len());
            shard.handle(at(number), section, registry.view(), &mut told);
        }
        for (start, (mut restored, end)) in shards.into_iter().zip(ends).enumerate() {
            let mut again = Told::default();
            for (number, section) in sections.iter().enumerate().skip(start) {
                restored.handle(at(number), section, registry.view(), &mut again);
            }
            prop_assert_eq!(&again.0[..], &told.0[end..]);
            prop_assert!(restored.rows().eq(shard.rows()));
        }
    }

    #[test]
    fn couriers_sum_to_what_hours_sum_to(logs in logs(), cuts in cuts()) {
        let registry = world::registry();
        let mut shard = ScopeShard::new(SOURCES, Territory::ALL);
        for (number, section) in all(&logs, &cut(&logs, &cuts)).iter().enumerate() {
            shard.handle(at(number), section, registry.view(), &mut Told::default());
            let mut sums: BTreeMap<String, [Counts; 2]> = BTreeMap::new();
            for row in shard.standing_rows(registry.view()) {
                let (day, is_hour) = match row.window {
                    Window::Day { day, .. } => (day, false),
                    Window::Hour { day, .. } => (day, true),
                };
                let [couriers, hours] = sums.entry(format!("{} {day}", row.site)).or_default();
                if is_hour { hours.merge(row.counts) } else { couriers.merge(row.counts) }
            }
            for (outlet, [couriers, hours]) in sums {
                prop_assert_eq!(couriers, hours, "{}", outlet);
            }
        }
    }

    #[test]
    fn damaged_rows_are_refused_or_are_the_rows_of_a_state(
        logs in logs(),
        at_row in any::<prop::sample::Index>(),
        at_byte in any::<prop::sample::Index>(),
        to in any::<u8>(),
        what in 0..5_u8,
    ) {
        let registry = world::registry();
        let (shard, _) = play(&at_once(&logs)[..6], &registry);
        let mut rows: Vec<Row> = shard.rows().collect();
        let place = at_row.index(rows.len());
        match what {
            0 => drop(rows.remove(place)),
            1 => rows.insert(place, rows[place].clone()),
            2 => rows.swap(place, 0),
            3 if !rows[place].body.is_empty() => {
                let byte = at_byte.index(rows[place].body.len());
                rows[place].body[byte] = to;
            }
            _ if !rows[place].key.is_empty() => {
                let byte = at_byte.index(rows[place].key.len());
                rows[place].key[byte] = to;
            }
            _ => rows[place].body.push(to),
        }
        if let Ok(mut restored) = ScopeShard::restore(rows.clone(), Territory::ALL) {
            prop_assert!(restored.rows().eq(rows));
            for (number, section) in closing(&logs).iter().enumerate() {
                restored.handle(at(number), section, registry.view(), &mut Told::default());
            }
        }
    }

    #[test]
    fn noise_is_no_shard(noise in prop::collection::vec((0..7_usize, any::<Vec<u8>>(), any::<Vec<u8>>()), 0..8)) {
        let rows = noise.into_iter().map(|(kind, key, body)| Row { kind: RowKind::ALL[kind], key, body });
        prop_assert!(ScopeShard::restore(rows, Territory::ALL).is_err());
    }
}
