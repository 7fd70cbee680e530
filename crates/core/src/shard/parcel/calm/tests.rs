//! Whatever happens to a parcel, judging each event in full says the same.

use proptest::prelude::*;

use super::super::ParcelShard;
use crate::event::{
    Accepted, ContentDigest, DeclaredItem, Document, Event, EventId, Expiry, Happening, IdentityChecked,
    IdentityResult, Inspected, InspectionResult, Leg, Mark, Number, OpenCheckResult, OpenChecked, Place,
    ProhibitedClass, Route, TokenSet, Transport, XrayJudgement, XrayScreened,
};
use crate::registry::{KeyArea, Record, Registry, Site, Value};
use crate::shard::input::{Input, Tick};
use crate::shard::output::{Output, Sink};
use crate::shard::position::Position;
use crate::shard::row::Row;
use crate::time::{Span, Timestamp};

const SITES: [&str; 3] = ["GZ-1", "GZ-2", "GZ-3"];
/// Registers stand before it.
const REGISTRY_OFFSET: u64 = 10;

#[derive(Default)]
struct Lines(Vec<String>);

impl Sink for Lines {
    fn put(&mut self, at: Position, output: Output<'_>) {
        self.0.push(format!("{at:?} {output:?}"));
    }
}

/// One thing that happens, and the clock with it.
#[derive(Clone, Debug)]
struct Step {
    happening: Happening<'static>,
    site: &'static str,
    operator: &'static str,
    /// Minutes after the last.
    later: i64,
    /// Minutes until it is received.
    delay: i64,
    /// The clock goes to where it is received.
    ticks: bool,
}

fn happening() -> impl Strategy<Value = Happening<'static>> {
    let check = |result| {
        Happening::IdentityChecked(IdentityChecked {
            result,
            document: Document {
                kind: None,
                number: Number::Absent,
                expiry: Expiry::LongTerm,
            },
            agent: None,
            name_matches: Some(true),
            tokens: TokenSet::default(),
        })
    };
    let screened = |(judgement, at_destination)| {
        Happening::XrayScreened(XrayScreened {
            device: "X1",
            screener: "C1",
            judgement,
            at_destination,
            mark: Mark::SECURITY,
            third_party: "",
            prohibited_class: None,
        })
    };
    let judgement = prop_oneof![
        8 => Just(XrayJudgement::Clear),
        2 => Just(XrayJudgement::Suspect),
        1 => Just(XrayJudgement::Prohibited),
    ];
    let inspected = |(result, class)| {
        Happening::Inspected(Inspected {
            result,
            prohibited_class: ProhibitedClass::new(class),
            matches_declared: Some(true),
            mark: Mark::INSPECTION,
        })
    };
    let results = prop_oneof![8 => Just(InspectionResult::Pass), 1 => Just(InspectionResult::Failed)];
    let leg = prop_oneof![Just(Leg::LineHaul), Just(Leg::Local)];
    let rare = prop_oneof![
        Just(Happening::Held),
        Just(Happening::Released),
        Just(Happening::Reported),
        Just(Happening::Rejected),
        Just(Happening::Returned),
        Just(Happening::Voided),
        (0_u128..12).prop_map(|id| Happening::Retracted(EventId::from_bits(id, false))),
        Just(Happening::OpenChecked(OpenChecked {
            result: OpenCheckResult::Pass,
            prohibited_class: None,
        })),
    ];
    prop_oneof![
        3 => any::<bool>().prop_map(accepted),
        2 => prop_oneof![4 => Just(IdentityResult::Pass), 1 => Just(IdentityResult::Mismatch)].prop_map(check),
        3 => (results, prop_oneof![12 => Just(0_u32), 1 => Just(12)]).prop_map(inspected),
        2 => Just(Happening::Sealed),
        3 => (judgement, prop::bool::weighted(0.2)).prop_map(screened),
        5 => leg.prop_map(Happening::Departed),
        4 => prop::sample::select(&["GZ-1", "BJ-1"][..]).prop_map(Happening::Arrived),
        2 => Just(Happening::Delivered),
        2 => rare,
    ]
}

fn accepted(letter: bool) -> Happening<'static> {
    Happening::Accepted(Accepted {
        letter,
        transport: Some(Transport::Road),
        route: Some(Route::InterProvince),
        agreement: "",
        declared_item: DeclaredItem::of("书籍"),
        destination: Place::parse("440117"),
        sender: TokenSet::default(),
        by_agent: false,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let later = prop_oneof![6 => 1_i64..90, 1 => 90_i64..1_500, 1 => -60_i64..0];
    let delay = prop_oneof![6 => 0_i64..3, 1 => 3_i64..400];
    (
        happening(),
        prop::sample::select(&SITES[..]),
        prop::sample::select(&["C1", "C2"][..]),
        later,
        delay,
        prop::bool::weighted(0.7),
    )
        .prop_map(|(happening, site, operator, later, delay, ticks)| Step {
            happening,
            site,
            operator,
            later,
            delay,
            ticks,
        })
}

fn registry(in_key_area: bool) -> Registry {
    let place = Place::parse("440117");
    let sites = SITES.map(|key| {
        let kind = Site {
            place,
            has_licence: true,
            ..Site::default()
        };
        (key, Value::Site(kind))
    });
    let area = place.filter(|_| in_key_area).map(|division| {
        let (from, to) = (None, None);
        ("area", Value::KeyArea(KeyArea { division, from, to }))
    });
    let mut registry = Registry::default();
    for (offset, (key, value)) in (0..).zip(sites.into_iter().chain(area)) {
        registry.insert(Record {
            offset,
            brand: "SF".to_owned(),
            key: key.to_owned(),
            valid_from: None,
            valid_to: None,
            value,
        });
    }
    registry
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn judging_in_full_says_the_same(steps in prop::collection::vec(step(), 1..14), in_key_area: bool) {
        let registry = registry(in_key_area);
        let (mut usual, mut thorough) = (ParcelShard::default(), ParcelShard::default());
        let mut time = Timestamp::parse("2026-03-10T08:00:00+08:00").expect("a time");
        let mut offset = 0_u64;
        let mut both = |input: Input<'_>| {
            let at = Position { generation: 1, offset, index: 0 };
            offset = offset.saturating_add(1);
            let (mut one, mut other) = (Lines::default(), Lines::default());
            usual.handle(at, input.clone(), registry.view(), &mut one);
            thorough.judge_in_full();
            thorough.handle(at, input, registry.view(), &mut other);
            let rows = |shard: &ParcelShard| shard.rows().collect::<Vec<Row>>();
            assert_eq!(one.0, other.0);
            assert_eq!(rows(&usual), rows(&thorough));
            usual.clock()
        };
        let tick = |time| Input::Tick(Tick { time, registry_offset: REGISTRY_OFFSET, reset: false, recorded_at: time });
        both(tick(time));
        for (id, step) in (0_u128..).zip(&steps) {
            time = time.plus(Span::minutes(step.later));
            let intake_at = time.plus(Span::minutes(step.delay));
            if step.ticks {
                while both(tick(intake_at)) < Some(intake_at) {}
            }
            both(Input::Event(&Event {
                id: EventId::from_bits(id, false),
                digest: ContentDigest(7),
                brand: "SF",
                waybill: "SF1234567890123",
                site: step.site,
                operator: step.operator,
                place: Place::parse("440117"),
                occurred_at: time,
                uploaded_at: None,
                intake_at,
                source: "gateway",
                redacted: false,
                happening: step.happening,
            }));
        }
    }
}
