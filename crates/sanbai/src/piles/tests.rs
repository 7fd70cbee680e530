use std::convert::Infallible;

use sanbai_core::event::{ContentDigest, EventId};
use sanbai_core::parcel::{Applied, Parcels};
use sanbai_core::rules::Rules;
use sanbai_core::time::{Span, Timestamp};
use sanbai_sim::world::{Plan, Told, World};
use sanbai_wire::{Decoded, Decoder, Encoding, TokenKeys};

use super::*;

/// The evidence of all parcels as text, in their order, and how many events were merged, copies and left out.
type Told3 = (Vec<String>, [u64; 3]);

fn told(piles: Piles, order: Order) -> Told3 {
    let mut parcels = Vec::new();
    let settled = piles.each(order, |evidence| {
        parcels.push(format!("{evidence:?}"));
        Ok::<(), Infallible>(())
    });
    let Ok(settled) = settled;
    (parcels, [settled.merged, settled.duplicate, settled.full.len() as u64])
}

/// The same by way of the table of parcels that the core keeps.
fn told_by_core(events: &[Event<'_>]) -> Told3 {
    let (mut parcels, mut counts) = (Parcels::default(), [0; 3]);
    for event in events {
        match parcels.apply(event).expect("waybills are short") {
            Applied::Merged => counts[0] += 1,
            Applied::Duplicate => counts[1] += 1,
            Applied::Full => counts[2] += 1,
        }
    }
    let evidence = parcels.iter_sorted().map(|evidence| format!("{evidence:?}"));
    (evidence.collect(), counts)
}

fn piled(events: &[Event<'_>], pile_bytes: usize) -> Piles {
    let mut piles = Piles::with_pile_bytes(pile_bytes);
    for (number, event) in (0..).zip(events) {
        let origin = Origin {
            file: 0,
            number,
            index: 0,
        };
        piles.add(event, origin);
    }
    piles
}

fn assert_as_core_tells(events: &[Event<'_>]) {
    let core = told_by_core(events);
    for pile_bytes in [PILE_BYTES, 2_000, 1] {
        assert_eq!(told(piled(events, pile_bytes), Order::Sorted), core, "{pile_bytes}");
        let (mut parcels, counts) = told(piled(events, pile_bytes), Order::Any);
        let mut sorted = core.0.clone();
        parcels.sort();
        sorted.sort();
        assert_eq!((parcels, counts), (sorted, core.1), "{pile_bytes}");
    }
}

fn decoded(lines: impl IntoIterator<Item = String>) -> Vec<Decoded> {
    let brands = Rules::builtin();
    let brands = brands.brands();
    let keys = TokenKeys::single("1", [7; 32]).expect("a version");
    let decoder = Decoder::new(keys, |brand: &str| brands.resolve(brand));
    lines
        .into_iter()
        .map(|line| decoder.decode(line.as_bytes(), Encoding::Json).expect("an event"))
        .collect()
}

#[test]
fn a_world_with_copies_and_conflicts_is_told_as_the_core_tells_it() {
    let plan = Plan {
        parcels: 400,
        violation_rate_per_10k: 5_000,
        ..Plan::default()
    };
    let world = World::new(&plan);
    let lines = world.stream().filter_map(|told| match told {
        Told::Event(event) => Some(sanbai_wire::encode_json(&event)),
        Told::Truth(_) => None,
    });
    let decoded = decoded(lines);
    let events: Vec<Event<'_>> = decoded.iter().filter_map(Decoded::event).collect();
    assert!(told_by_core(&events).1[1] > 0, "there are copies");
    assert_as_core_tells(&events);
    let backwards: Vec<Event<'_>> = events.iter().rev().copied().collect();
    assert_as_core_tells(&backwards);
}

#[test]
fn everything_that_can_happen_comes_back() {
    let happenings = [
        r#""accepted":{"itemKind":"LETTER","transport":"AIR","route":"HK_MO_TW","agreement":"XY-1","declaredItem":"书籍","destination":"440117","byAgent":true,"sender":{"phone":"13912345678"}}"#,
        r#""accepted":{"declaredItem":"a thing that is described in far more words than any generic one has"}"#,
        r#""identityChecked":{"result":"PASS","nameMatches":false,"document":{"kind":"RESIDENT","number":"440308199901101512","expiresOn":"2030-01-31"},"agentDocument":{"kind":"PASSPORT","tokens":["hs256:1:q83vEjRWeJCrze8SNFZ4kA"],"expiresOn":"long-term"}}"#,
        r#""identityChecked":{}"#,
        r#""inspected":{"result":"PROHIBITED","prohibitedClass":19,"matchesDeclared":true,"mark":{"unit":"u","operator":"o","time":"2026-03-10T10:00:00Z"}}"#,
        r#""sealed":{}"#,
        r#""xrayScreened":{"device":"X-1","screener":"S-1","judgement":"SUSPECT","stage":"DESTINATION","prohibitedClass":1,"thirdParty":"T","mark":{"unit":"u","sequence":"9"}}"#,
        r#""departed":{"leg":"LOCAL"}"#,
        r#""arrived":{"from":"HUB-1"}"#,
        r#""delivered":{}"#,
        r#""openChecked":{"result":"REFUSED","prohibitedClass":3}"#,
        r#""held":{}"#,
        r#""released":{}"#,
        r#""reported":{}"#,
        r#""rejected":{}"#,
        r#""returned":{}"#,
        r#""voided":{}"#,
        r#""retracted":{"eventId":"01J2M9ZB7RXXXXXXXXXXXXXXXX"}"#,
    ];
    let line = |(number, happening): (usize, &&str)| {
        format!(
            r#"{{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b{number:02}","brand":"SF","waybill":"SF1","site":"GZ-1","place":"440117103","occurredAt":"2026-03-10T10:00:00.{number:09}Z","uploadedAt":"2026-03-10T10:00:0{}Z",{happening}}}"#,
            number % 10
        )
    };
    let decoded = decoded(happenings.iter().enumerate().map(line));
    let mut events: Vec<Event<'_>> = decoded.iter().filter_map(Decoded::event).collect();
    assert_eq!(events.len(), happenings.len());
    for (event, odd) in events.clone().into_iter().zip(0..) {
        let occurred_at = if odd % 2 == 0 { Timestamp::MAX } else { Timestamp::MIN };
        events.push(Event {
            id: EventId::from_bits(odd, true),
            redacted: true,
            uploaded_at: None,
            place: None,
            occurred_at,
            waybill: "A-1",
            ..event
        });
    }
    assert_as_core_tells(&events);
}

#[test]
fn a_parcel_holds_so_many_events_and_it_is_said_which_were_left_out() {
    let line = r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b00","brand":"SF","waybill":"SF1","site":"GZ-1","occurredAt":"2026-03-10T10:00:00Z","sealed":{}}"#;
    let decoded = decoded([line.to_owned()]);
    let event = decoded[0].event().expect("of a parcel");
    let many = EVENTS_MAX as u128 + 3;
    let mut events: Vec<Event<'_>> = (0..many)
        .map(|bits| Event {
            id: EventId::from_bits(bits, false),
            ..event
        })
        .collect();
    // Of an event that is held, later contents and copies are merged; of one that is not, they are left out as well.
    events.extend([
        Event {
            digest: ContentDigest(0),
            ..events[0]
        },
        Event {
            intake_at: event.intake_at.minus(Span::seconds(1)),
            ..events[1]
        },
        events[2],
        events[EVENTS_MAX],
    ]);
    assert_as_core_tells(&events);
    for pile_bytes in [PILE_BYTES, 5_000] {
        let mut piles = piled(&events, pile_bytes);
        let mut full = piles.take_full();
        let Ok(settled) = piles.each(Order::Any, |_| Ok::<(), Infallible>(()));
        full.extend(settled.full);
        let numbers: Vec<u64> = full.iter().map(|origin| origin.number).collect();
        assert_eq!(numbers, [1_024, 1_025, 1_026, 1_030], "{pile_bytes}");
    }
}
