//! What a generated stream is like.

use std::collections::{BTreeMap, BTreeSet};

use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::event::{ParcelEvent, parcel_event::Happening};
use sanbai_wire::proto::registry::registry_record::Value;

use super::civil::{DAY, HOUR, MINUTE, day_of, midnight};
use super::{Plan, Truth, World, generate, violations};

fn run(plan: &Plan) -> (Vec<ParcelEvent>, Vec<Truth>) {
    let (mut events, mut truth) = (Vec::new(), Vec::new());
    generate(&World::new(plan), &mut |event| events.push(event), &mut |known| {
        truth.push(known)
    });
    (events, truth)
}

fn millis(at: Option<Timestamp>) -> i64 {
    let at = at.expect("every event has all three times");
    at.seconds * 1_000 + i64::from(at.nanos) / 1_000_000
}

fn benign(parcels: u64) -> Plan {
    Plan {
        parcels,
        violation_rate_per_10k: 0,
        ..Plan::default()
    }
}

#[test]
fn equal_plans_give_equal_streams() {
    let plan = Plan {
        parcels: 600,
        days: 2,
        seed: 11,
        ..Plan::default()
    };
    let (events, truth) = run(&plan);
    assert_eq!((events.clone(), truth), run(&plan));
    assert_eq!(World::new(&plan).registers(), World::new(&plan).registers());
    let (other, _) = run(&Plan { seed: 12, ..plan });
    assert_ne!(events, other);
}

#[test]
fn the_truth_covers_every_code_that_one_parcel_can_earn() {
    let (_, truth) = run(&Plan {
        parcels: 20_000,
        ..Plan::default()
    });
    let codes: BTreeSet<&str> = truth.iter().flat_map(|known| known.codes.iter().copied()).collect();
    let wanted = [
        "AG-01", "DQ-01", "DQ-02", "DQ-03", "DQ-04", "DQ-05", "DQ-06", "IN-01", "IN-02", "IN-03", "IN-04", "IN-06",
        "IN-07", "LC-01", "LC-02", "LC-03", "LC-05", "OR-01", "PR-01", "PR-02", "PV-01", "RN-01", "RN-02", "RN-03",
        "RN-04", "RN-05", "RN-06", "RN-09", "TM-01", "TM-03", "TM-04", "XR-01", "XR-02", "XR-03", "XR-04", "XR-06",
        "XR-08", "XR-09",
    ];
    assert_eq!(codes, BTreeSet::from(wanted));
    let names: BTreeSet<&str> = truth
        .iter()
        .filter(|known| !known.codes.is_empty())
        .map(|known| known.planted)
        .collect();
    assert_eq!(
        names.len(),
        violations::count(),
        "each is planted, and no two share a name"
    );
    let planted = truth.iter().filter(|known| !known.codes.is_empty()).count();
    assert!((590..=600).contains(&planted), "{planted} of 600");
}

#[test]
fn events_come_in_the_order_of_their_intake_and_in_their_time() {
    let (events, _) = run(&Plan {
        parcels: 3_000,
        days: 3,
        ..Plan::default()
    });
    let mut last = 0;
    for event in &events {
        let (occurred, intake) = (millis(event.occurred_at), millis(event.intake_at));
        assert!(last <= intake, "intake order never falls");
        assert!(intake - occurred < 7 * DAY, "too old at intake: {event:?}");
        assert!(occurred - intake < DAY, "too far ahead: {event:?}");
        assert!(
            millis(event.uploaded_at) <= intake,
            "received before it was uploaded: {event:?}"
        );
        last = intake;
    }
}

#[test]
fn the_stream_goes_on_until_every_duty_is_due() {
    for (parcels, days) in [(1, 1), (50, 1), (2_000, 2), (5_000, 7)] {
        let plan = Plan {
            parcels,
            days,
            ..Plan::default()
        };
        let (events, _) = run(&plan);
        let accepted = events
            .iter()
            .filter(|event| matches!(event.happening, Some(Happening::Accepted(_))));
        let end = midnight(World::new(&plan).first + i64::from(days));
        let latest = accepted.map(|event| millis(event.occurred_at)).max().unwrap_or(end);
        let as_of = events
            .iter()
            .map(|event| millis(event.intake_at))
            .max()
            .expect("there are events");
        assert!(as_of >= latest + 80 * HOUR, "{parcels} parcels in {days} days");
    }
}

#[test]
fn a_day_has_an_evening_peak_and_a_night_of_screening() {
    let (events, _) = run(&benign(5_000));
    let hours = |wanted: fn(&Happening) -> bool| {
        let mut hours = [0_usize; 24];
        for event in events
            .iter()
            .filter(|event| event.happening.as_ref().is_some_and(wanted))
        {
            let at = millis(event.occurred_at);
            hours[((at - midnight(day_of(at))) / HOUR) as usize] += 1;
        }
        hours
    };
    let accepted = hours(|happening| matches!(happening, Happening::Accepted(_)));
    assert!(accepted[17..22].iter().sum::<usize>() * 2 > accepted.iter().sum::<usize>());
    let screened = hours(|happening| matches!(happening, Happening::XrayScreened(_)));
    let night: usize = screened[20..].iter().chain(&screened[..2]).sum();
    assert!(night * 2 > screened.iter().sum::<usize>(), "{screened:?}");
}

#[test]
fn parcels_have_between_five_and_nine_events_on_average() {
    let (events, _) = run(&benign(5_000));
    let parcels: BTreeSet<(&str, &str)> = events
        .iter()
        .map(|event| (event.brand.as_str(), event.waybill.as_str()))
        .collect();
    assert_eq!(parcels.len(), 5_000);
    assert!(
        (5.0..9.0).contains(&(events.len() as f64 / 5_000.0)),
        "{} events",
        events.len()
    );
}

#[test]
fn waybill_numbers_fit_the_patterns_of_their_brands() {
    let (events, _) = run(&benign(5_000));
    for event in &events {
        let waybill = event.waybill.as_str();
        let digits = |prefix: &str, count: usize| {
            waybill
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.len() == count && rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let fits = match event.brand.as_str() {
            "SF" => digits("SF", 13),
            "ZTO" => digits("", 14),
            "YTO" => digits("YT", 13),
            "STO" => digits("77", 13),
            "YD" => digits("", 13),
            "JTSD" => digits("JT", 13),
            "JD" => digits("JDX", 12),
            "DBL" => digits("DPK", 12),
            "EMS" => digits("11", 11) || (waybill.starts_with("EA") && waybill.ends_with("CN") && waybill.len() == 13),
            "YZPY" => digits("98", 11),
            other => unreachable!("no brand {other}"),
        };
        assert!(fits, "{} {waybill}", event.brand);
    }
}

#[test]
fn outages_hold_back_uploads_and_are_on_record() {
    let plan = benign(8_000);
    let registers = World::new(&plan).registers();
    let (events, truth) = run(&plan);
    assert!(
        truth
            .iter()
            .any(|known| known.planted == "uploaded after an outage" && known.codes.is_empty())
    );
    let outages: BTreeMap<&str, (i64, i64)> = registers
        .iter()
        .filter_map(|record| match &record.value {
            Some(Value::Outage(outage)) => Some((outage.site.as_str(), (millis(outage.from), millis(outage.to)))),
            _ => None,
        })
        .collect();
    assert!(!outages.is_empty());
    let is_checked = |event: &&ParcelEvent| {
        matches!(
            event.happening,
            Some(Happening::IdentityChecked(_) | Happening::Inspected(_))
        )
    };
    let mut first_upload = BTreeMap::new();
    for event in events.iter().filter(is_checked) {
        let entry = first_upload.entry(event.event_id.as_str()).or_insert((i64::MAX, event));
        entry.0 = entry.0.min(millis(event.uploaded_at));
    }
    for (uploaded, event) in first_upload.into_values() {
        let occurred = millis(event.occurred_at);
        let since = match outages.get(event.site.as_str()) {
            Some((from, to)) if (*from..*to).contains(&occurred) => occurred.max(*to),
            _ => occurred,
        };
        assert!(
            uploaded - since <= 10 * MINUTE,
            "late, and no outage cures it: {event:?}"
        );
    }
}

#[test]
fn every_register_holds_records_of_every_brand() {
    let registers = World::new(&Plan::default()).registers();
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in &registers {
        let kind = match record.value.as_ref().expect("every record has a value") {
            Value::Site(_) => "site",
            Value::Staff(_) => "staff",
            Value::Machine(_) => "machine",
            Value::Contract(_) => "contract",
            Value::Agreement(_) => "agreement",
            Value::KeyArea(_) | Value::Outage(_) | Value::CalendarDay(_) => continue,
        };
        kinds.entry(kind).or_default().insert(&record.brand);
    }
    assert_eq!(kinds.len(), 5);
    assert!(kinds.values().all(|brands| brands.len() == 10));
    let keys: BTreeSet<(&str, &str)> = registers
        .iter()
        .map(|record| (record.brand.as_str(), record.key.as_str()))
        .collect();
    assert_eq!(keys.len(), registers.len(), "no key is there twice");
}

#[test]
fn without_disorder_nothing_is_late_repeated_or_taken_back() {
    let plan = Plan {
        disorder: false,
        ..benign(2_000)
    };
    let (events, truth) = run(&plan);
    assert!(truth.is_empty());
    let ids: BTreeSet<&str> = events.iter().map(|event| event.event_id.as_str()).collect();
    assert_eq!(ids.len(), events.len());
    assert!(
        !events
            .iter()
            .any(|event| matches!(event.happening, Some(Happening::Retracted(_))))
    );
    assert!(
        events
            .iter()
            .all(|event| millis(event.intake_at) - millis(event.occurred_at) < 5 * MINUTE)
    );
}

#[test]
fn a_seed_gives_the_same_stream_on_every_machine() {
    let (events, _) = run(&Plan {
        parcels: 300,
        seed: 42,
        ..Plan::default()
    });
    let mut digest = 0xCBF2_9CE4_8422_2325_u64;
    for event in &events {
        let line = format!(
            "{} {} {} {:?}",
            event.event_id, event.waybill, event.site, event.intake_at
        );
        digest = line.bytes().fold(digest, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
        });
    }
    assert_eq!(
        format!("{} {digest:016x}", events.len()),
        "1964 77ad0505152a2d92",
        "a change here changes every sample that was generated"
    );
}
