//! Small random logs of sources, and random ways to cut them into sections.

use proptest::prelude::*;
use proptest::sample::Index;

use super::trace::{day, position};
use crate::duty::Ground;
use crate::event::EventId;
use crate::finding::Code;
use crate::registry::{Record, Registry, Site, SiteKind, Value};
use crate::rules::{Rules, Severity};
use crate::shard::contribution::{Contribution, Delay, Outcome, Share};
use crate::shard::input::{SubjectEvent, SubjectHappening};
use crate::shard::section::{Change, Entry, Section, Seen, Sighting, Subject};
use crate::time::{Span, Timestamp};

pub(super) const SOURCES: u32 = 2;
const SITES: [&str; 3] = ["GZ-1", "GZ-2", "GZ-3"];
const OPERATORS: [&str; 3] = ["", "C1", "C2"];
const DAYS: [&str; 4] = ["03-09", "03-10", "03-11", "03-12"];
/// Of each source its own parcels.
const WAYBILLS: [[&str; 5]; 2] = [["A1", "A2", "A3", "A4", "A5"], ["B1", "B2", "B3", "B4", "B5"]];
const OUTCOMES: [Outcome; 6] = [
    Outcome::Pending,
    Outcome::Pass,
    Outcome::Fail,
    Outcome::Fail,
    Outcome::Unknown,
    Outcome::NotApplicable(Ground::Agreement),
];

/// Something that happens at a source.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Minutes pass.
    Tick(i64),
    /// A parcel now adds this, or nothing.
    Count(usize, Option<Added>),
    /// An identity is seen with a parcel at a site on a day, or no longer.
    See(u64, usize, Option<(usize, usize)>),
    /// A brand declares a volume for a site and a day.
    Declare(usize, usize, u32),
}

#[derive(Clone, Debug)]
pub(super) struct Added {
    site: usize,
    operator: usize,
    day: usize,
    hour: u8,
    outcomes: [usize; 3],
    counted: bool,
    credible: bool,
    critical: bool,
}

fn added() -> impl Strategy<Value = Added> {
    let place = (0..3_usize, 0..3_usize, 0..4_usize, 9..12_u8);
    let flags = (prop::bool::weighted(0.8), any::<bool>(), any::<bool>());
    (place, [0..6_usize, 0..6, 0..6], flags).prop_map(|(place, outcomes, flags)| Added {
        site: place.0,
        operator: place.1,
        day: place.2,
        hour: place.3,
        outcomes,
        counted: flags.0,
        credible: flags.1,
        critical: flags.2,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (1..90_i64).prop_map(Step::Tick),
        6 => (0..5_usize, prop::option::weighted(0.9, added())).prop_map(|(parcel, added)| Step::Count(parcel, added)),
        4 => (0..2_u64, 0..5_usize, prop::option::weighted(0.8, (0..2_usize, 0..2_usize)))
            .prop_map(|(identity, parcel, seen)| Step::See(identity, parcel, seen)),
        1 => (0..3_usize, 0..4_usize, 0..6_u32).prop_map(|(site, day, accepted)| Step::Declare(site, day, accepted)),
    ]
}

/// What happens at each source, in its order. Step `n` stands at position `n` + 1.
pub(super) fn logs() -> impl Strategy<Value = Vec<Vec<Step>>> {
    prop::collection::vec(prop::collection::vec(step(), 0..24), 2..=2)
}

/// A section as positions: (source, from, to].
pub(super) type Cut = (u32, u64, u64);

/// Sections of both sources in some order: with overlaps, repeated, out of order, some never sent.
pub(super) fn cuts() -> impl Strategy<Value = Vec<(u32, Index, Index)>> {
    prop::collection::vec((0..SOURCES, any::<Index>(), any::<Index>()), 0..30)
}

/// The cuts of these logs; in the end everything is sent again, for what was in a gap.
pub(super) fn cut(logs: &[Vec<Step>], cuts: &[(u32, Index, Index)]) -> Vec<Cut> {
    let length = |source: u32| u64::try_from(logs[usize::try_from(source).expect("small")].len()).expect("small");
    let mut covered = [0_u64; 2];
    let mut sections = Vec::new();
    for (source, a, b) in cuts {
        let end = length(*source);
        let covered = &mut covered[usize::try_from(*source).expect("small")];
        let number = |index: &Index, below: u64| {
            u64::try_from(index.index(usize::try_from(below).expect("small"))).expect("small")
        };
        // Mostly a little back from what was sent, sometimes beyond it, and then some.
        let from = (*covered + 1).saturating_sub(number(a, 4)).min(end);
        let to = (from + number(b, 6)).min(end);
        *covered = (*covered).max(to);
        sections.push((*source, from, to));
    }
    sections.extend((0..SOURCES).map(|source| (source, 0, length(source))));
    sections
}

/// The clock at a position: noon of 03-10 and the ticks up to it.
pub(super) fn clock(log: &[Step], to: u64) -> Timestamp {
    let taken = log.iter().take(usize::try_from(to).expect("small"));
    let minutes = taken
        .map(|step| if let Step::Tick(minutes) = step { *minutes } else { 0 })
        .sum();
    day("03-10").start().plus(Span::hours(12)).plus(Span::minutes(minutes))
}

/// The section of a cut.
pub(super) fn section<'a>(logs: &'a [Vec<Step>], (source, from, to): Cut) -> Section<'a> {
    let log = &logs[usize::try_from(source).expect("small")];
    let entries = (1..)
        .map(position)
        .zip(entries(source, log))
        .filter_map(|(at, entry)| Some((at, entry?)));
    Section {
        source,
        from: position(from),
        to: position(to),
        clock: Some(clock(log, to)),
        registry_offset: u64::MAX,
        entries: entries
            .filter(|(at, _)| position(from) < *at && *at <= position(to))
            .collect(),
    }
}

/// What each step says, changes with what was said before.
fn entries(source: u32, log: &[Step]) -> Vec<Option<Entry<'_>>> {
    let mut now: [Option<Contribution<'_>>; 5] = Default::default();
    let mut said = Vec::new();
    for (number, step) in (0_u32..).zip(log) {
        said.push(match step {
            Step::Tick(_) => None,
            Step::Count(parcel, added) => {
                let new = added.as_ref().map(contribution);
                let old = std::mem::replace(&mut now[*parcel], new.clone());
                (old != new).then_some(Entry::Change(Change { old, new }))
            }
            Step::See(..) | Step::Declare(..) => entry(source, number, step),
        });
    }
    said
}

/// Only what counts in the end: the log in which everything was right at once.
pub(super) fn settled(source: u32, log: &[Step]) -> Vec<Entry<'_>> {
    let mut counted: [Option<Contribution<'_>>; 5] = Default::default();
    let mut seen = std::collections::BTreeMap::new();
    let mut rest = Vec::new();
    for (number, step) in (0_u32..).zip(log) {
        match step {
            Step::Tick(_) => {}
            Step::Count(parcel, added) => counted[*parcel] = added.as_ref().map(contribution),
            Step::See(identity, parcel, at) => {
                seen.insert((*identity, *parcel), at.and(entry(source, number, step)));
            }
            Step::Declare(..) => rest.extend(entry(source, number, step)),
        }
    }
    let counted = counted.into_iter().flatten().map(|new| {
        Entry::Change(Change {
            old: None,
            new: Some(new),
        })
    });
    counted.chain(seen.into_values().flatten()).chain(rest).collect()
}

fn entry<'a>(source: u32, number: u32, step: &Step) -> Option<Entry<'a>> {
    let start = day("03-10").start();
    match step {
        Step::Tick(_) | Step::Count(..) => None,
        Step::See(identity, parcel, seen) => Some(Entry::Sighting(Sighting {
            subject: Subject::Identity(*identity),
            brand: "ZTO",
            waybill: WAYBILLS[usize::try_from(source).expect("small")][*parcel],
            seen: seen.map(|(site, on)| Seen {
                site: SITES[site],
                operator: "",
                day: day(DAYS[on]),
                event: EventId::from_bits(1, false),
                occurred_at: start,
            }),
        })),
        Step::Declare(site, on, accepted) => Some(Entry::Subject(SubjectEvent {
            id: EventId::from_bits(u128::from(number) * 2 + u128::from(source), false),
            brand: "ZTO",
            subject: SITES[*site],
            site: SITES[*site],
            occurred_at: start,
            intake_at: start,
            happening: SubjectHappening::DeclaredVolume {
                day: day(DAYS[*on]),
                accepted: *accepted,
            },
        })),
    }
}

fn contribution(added: &Added) -> Contribution<'static> {
    let share = |outcome: usize| Share {
        outcome: OUTCOMES[outcome],
        performed_late: OUTCOMES[outcome] == Outcome::Fail && added.critical,
        reported_late: OUTCOMES[outcome] == Outcome::Pass && added.critical,
        credible: added.credible,
        delay: (outcome < 4).then(|| Delay::ALL[outcome]),
    };
    let findings = [(Code::In01, Severity::Critical), (Code::Tm01, Severity::Medium)];
    Contribution {
        brand: "ZTO",
        site: SITES[added.site],
        operator: OPERATORS[added.operator],
        day: day(DAYS[added.day]),
        hour: added.hour,
        counted: added.counted,
        letter: added.outcomes[0] == 4,
        duties: added.outcomes.map(share),
        findings: findings[usize::from(!added.critical)..].to_vec(),
    }
}

/// Rules under which small numbers are many, and a register with an outlet that nobody hears of.
pub(super) fn registry() -> Registry {
    let rules = "version = \"x\"\neffective = \"2026-01-01\"\n[alerts.rate]\nparcels_min = 3\nhigh_below_per_10k = 9000\n\
        critical_below_per_10k = 5000\n[alerts.burst]\ncritical_min = 2\ngrave_min = 4\n\
        [patterns]\nidentity_per_outlet_day_max = 2\n";
    let mut registry = Registry::default().with_rules(Rules::with_overlays(&[rules]).expect("rules"));
    let site = Site {
        kind: SiteKind::Branch,
        ..Site::default()
    };
    let values = [
        ("GZ-1", Value::Site(site.clone())),
        ("GZ-2", Value::Site(site.clone())),
        ("GZ-4", Value::Site(site)),
        ("2026-03-11", Value::CalendarDay { working: false }),
    ];
    for (offset, (key, value)) in (0_u64..).zip(values) {
        registry.insert(Record {
            offset,
            brand: "ZTO".to_owned(),
            key: key.to_owned(),
            valid_from: None,
            valid_to: None,
            value,
        });
    }
    registry
}
