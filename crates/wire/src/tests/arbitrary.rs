//! Values of the core, of every shape that may travel. Texts live as long as the tests.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use sanbai_core::duty::Ground;
use sanbai_core::event::{EventId, Place};
use sanbai_core::finding::Code;
use sanbai_core::rules::{Duty, Severity};
use sanbai_core::shard::compliance::{Counts, DutyCounts, Window};
use sanbai_core::shard::contribution::{Contribution, Delay, Outcome, Share};
use sanbai_core::shard::input::{Power, SubjectEvent, SubjectHappening};
use sanbai_core::shard::position::Position;
use sanbai_core::shard::row::{Row, RowKind};
use sanbai_core::shard::section::{Change, Entry, Seen, Sighting, Subject};
use sanbai_core::time::{CivilDay, Timestamp};

/// A text that names something, and no number of a person; never empty.
pub(crate) fn name() -> impl Strategy<Value = &'static str> {
    "[A-Z]{1,4}-[a-z0-9:网]{0,6}7".prop_map(|text| &*text.leak())
}

/// The same, or empty.
pub(crate) fn name_or_none() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(""), name()]
}

pub(crate) fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>(),
        Just(i64::MIN),
        Just(i64::MAX),
        1_700_000_000_000_000_000_i64..1_800_000_000_000_000_000
    ]
    .prop_map(Timestamp::from_nanos)
}

/// A time of 1971 or later, which a producer may claim.
pub(crate) fn later_time() -> impl Strategy<Value = Timestamp> {
    (31_536_000_000_000_000..i64::MAX).prop_map(Timestamp::from_nanos)
}

pub(crate) fn position() -> impl Strategy<Value = Position> {
    let small = (1_u16..3, 0_u64..300, 0_u32..300);
    let any = (0_u16..=9_999, any::<u64>(), 0_u32..=99_999_999);
    prop_oneof![small, any].prop_map(|(generation, offset, index)| Position {
        generation,
        offset,
        index,
    })
}

pub(crate) fn any_day() -> impl Strategy<Value = CivilDay> {
    any::<i32>().prop_map(CivilDay::from_days)
}

/// A day that can be written as `YYYY-MM-DD`.
pub(crate) fn day() -> impl Strategy<Value = CivilDay> {
    (-100_000..200_000).prop_map(CivilDay::from_days)
}

pub(crate) fn place() -> impl Strategy<Value = Place> {
    (100_000_000_000_u64..1_000_000_000_000).prop_filter_map("a place", Place::from_digits)
}

pub(crate) fn severity() -> impl Strategy<Value = Severity> {
    select(vec![
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ])
}

pub(crate) fn code() -> impl Strategy<Value = Code> {
    select(Code::ALL)
}

pub(crate) fn duty() -> impl Strategy<Value = Duty> {
    select(Duty::ALL.to_vec())
}

fn ground() -> impl Strategy<Value = Ground> {
    select(Ground::ALL.to_vec())
}

fn event_id() -> impl Strategy<Value = EventId> {
    any::<(u128, bool)>().prop_map(|(bits, is_ulid)| EventId::from_bits(bits, is_ulid))
}

fn share() -> impl Strategy<Value = Share> {
    let outcome = prop_oneof![
        select(vec![Outcome::Pending, Outcome::Pass, Outcome::Fail, Outcome::Unknown]),
        ground().prop_map(Outcome::NotApplicable)
    ];
    let delay = option::of(select(Delay::ALL.to_vec()));
    (outcome, any::<[bool; 3]>(), delay).prop_map(|(outcome, [performed_late, reported_late, credible], delay)| Share {
        outcome,
        performed_late,
        reported_late,
        credible,
        delay,
    })
}

fn contribution() -> impl Strategy<Value = Contribution<'static>> {
    let names = (name_or_none(), name_or_none(), name_or_none());
    let findings = vec((code(), severity()), 0..6);
    let rest = (any_day(), 0_u8..24, any::<[bool; 2]>());
    (names, rest, [share(), share(), share()], findings).prop_map(
        |((brand, site, operator), (day, hour, [counted, letter]), duties, findings)| Contribution {
            brand,
            site,
            operator,
            day,
            hour,
            counted,
            letter,
            duties,
            findings,
        },
    )
}

fn change() -> impl Strategy<Value = Change<'static>> {
    (option::of(contribution()), option::of(contribution()))
        .prop_filter("at least one of the two", |(old, new)| old.is_some() || new.is_some())
        .prop_map(|(old, new)| Change { old, new })
}

fn sighting() -> impl Strategy<Value = Sighting<'static>> {
    let seen = (name_or_none(), name_or_none(), any_day(), event_id(), time()).prop_map(
        |(site, operator, day, event, occurred_at)| Seen {
            site,
            operator,
            day,
            event,
            occurred_at,
        },
    );
    let digest = prop_oneof![any::<u64>(), Just(0)];
    (digest, name_or_none(), name_or_none(), option::of(seen)).prop_map(|(digest, brand, waybill, seen)| Sighting {
        subject: Subject::Identity(digest),
        brand,
        waybill,
        seen,
    })
}

fn subject_event() -> impl Strategy<Value = SubjectEvent<'static>> {
    let happening = prop_oneof![
        select(vec![Power::Unspecified, Power::On, Power::Off, Power::Fault]).prop_map(SubjectHappening::Device),
        (any::<bool>(), name_or_none()).prop_map(|(is_in, device)| SubjectHappening::Shift { is_in, device }),
        (any_day(), any::<u32>()).prop_map(|(day, accepted)| SubjectHappening::DeclaredVolume { day, accepted }),
    ];
    let names = (name_or_none(), name_or_none(), name_or_none());
    (event_id(), names, time(), time(), happening).prop_map(
        |(id, (brand, subject, site), occurred_at, intake_at, happening)| SubjectEvent {
            id,
            brand,
            subject,
            site,
            occurred_at,
            intake_at,
            happening,
        },
    )
}

pub(crate) fn entry() -> impl Strategy<Value = Entry<'static>> {
    prop_oneof![
        change().prop_map(Entry::Change),
        sighting().prop_map(Entry::Sighting),
        subject_event().prop_map(Entry::Subject),
    ]
}

fn duty_counts() -> impl Strategy<Value = DutyCounts> {
    let not_applicable = btree_map(ground(), any::<u64>(), 0..4);
    (any::<[u64; 7]>(), any::<[u64; 6]>(), not_applicable).prop_map(
        |([pass, fail, pending, unknown, performed_late, reported_late, marked], delays, not_applicable)| DutyCounts {
            pass,
            fail,
            pending,
            unknown,
            not_applicable,
            performed_late,
            reported_late,
            marked,
            delays,
        },
    )
}

pub(crate) fn counts() -> impl Strategy<Value = Counts> {
    let findings = btree_map((code(), severity()), any::<u64>(), 0..6);
    (
        any::<[u64; 3]>(),
        [duty_counts(), duty_counts(), duty_counts()],
        findings,
    )
        .prop_map(|([parcels, letters, uncounted], duties, findings)| Counts {
            parcels,
            letters,
            uncounted,
            duties,
            findings,
        })
}

pub(crate) fn window() -> impl Strategy<Value = Window<'static>> {
    prop_oneof![
        (day(), name_or_none()).prop_map(|(day, operator)| Window::Day { day, operator }),
        (day(), 0_u8..24).prop_map(|(day, hour)| Window::Hour { day, hour }),
    ]
}

pub(crate) fn row() -> impl Strategy<Value = Row> {
    let kind = select(RowKind::ALL.to_vec());
    (kind, vec(any::<u8>(), 0..20), vec(any::<u8>(), 0..300)).prop_map(|(kind, key, body)| Row { kind, key, body })
}
