//! What is on file, and what is not.

use sanbai_wire::proto::registry::{Agreement, Site, SiteKind, XrayWay};

use super::filed::{agreement, contract, key_area, machine, outage, site, staff};
use super::*;

fn claimed(value: Agreement) -> Story {
    base()
        .acceptance(|accepted| accepted.agreement = "A1".to_owned())
        .file("SF", "A1", Value::Agreement(value))
}

#[test]
fn an_agreement_must_hold_on_the_day_and_at_the_site() {
    let good = agreement(XrayWay::Full);
    assert_eq!(claimed(good.clone()).says(), "N(agreement)/P/P; none");
    let filed = |day: &str| {
        claimed(Agreement {
            filed_on: day.to_owned(),
            ..good.clone()
        })
    };
    assert_eq!(filed("2026-03-10").says(), "N(agreement)/P/P; none");
    assert_eq!(filed("2026-03-11").says(), "P/P/P; AG-01 C");
    assert_eq!(filed("").without("e1").says(), "F/P/P; AG-01 C, RN-01 C");
    assert_eq!(filed("").asked("10:03:30").says(), "P/P/…; AG-01 C");
    let ended = Agreement {
        to: "2026-03-09".to_owned(),
        ..good.clone()
    };
    assert_eq!(claimed(ended).says(), "P/P/P; AG-01 C");
    let elsewhere = Agreement {
        sites: vec!["OTHER".to_owned()],
        ..good
    };
    assert_eq!(claimed(elsewhere).says(), "P/P/P; AG-01 C");
}

#[test]
fn without_an_agreement_register_only_a_check_can_tell() {
    let story = base().acceptance(|accepted| accepted.agreement = "A1".to_owned());
    assert_eq!(story.says(), "P/P/P; none");
    assert!(story.open().contains("AG-01 agreements"));
    let unchecked = story.without("e1");
    assert_eq!(unchecked.clone().asked("12:03").says(), "…/P/…; none");
    assert_eq!(unchecked.says(), "U(no_agreement_register)/P/P; none");
    let other_brand = unchecked.file("ZTO", "A1", Value::Agreement(agreement(XrayWay::Full)));
    assert_eq!(other_brand.says(), "U(no_agreement_register)/P/P; none");
}

#[test]
fn the_special_way_ends_at_class_m_beyond_road_and_water() {
    let story = claimed(agreement(XrayWay::Special)).without("e7").statutory();
    assert_eq!(story.says(), "N(agreement)/P/N(special_way); none");
    let by = |transport: Transport| {
        story
            .clone()
            .acceptance(move |accepted| accepted.transport = transport.into())
    };
    assert_eq!(by(Transport::Water).says(), "N(agreement)/P/N(special_way); none");
    assert_eq!(by(Transport::Rail).says(), "N(agreement)/P/F; XR-01 C");
    let local = story
        .clone()
        .acceptance(|accepted| accepted.route = Route::SameCity.into());
    assert_eq!(local.says(), "N(agreement)/P/N(as_needed); none");
    let key = story
        .clone()
        .acceptance(|accepted| accepted.destination = "110105".to_owned());
    assert_eq!(
        key.file("", "k", key_area("110000")).says(),
        "N(agreement)/P/F; XR-01 C"
    );
    let strict = Story {
        profile: Profile::Strict100,
        ..local
    };
    assert_eq!(strict.says(), "N(agreement)/P/F; XR-02 H");
}

#[test]
fn the_wider_route_counts_and_a_narrower_declaration_is_dq_02() {
    let story = base()
        .without("e7")
        .statutory()
        .acceptance(|accepted| {
            accepted.route = Route::SameCity.into();
            accepted.destination = "110105".to_owned();
        })
        .file("SF", "HUB", site("440100"));
    assert_eq!(story.says(), "P/P/N(as_needed); DQ-01 H, XR-02 L");
    let registered = story.file("SF", "OUTLET", site("440117"));
    assert_eq!(registered.says(), "P/P/F; DQ-02 M, XR-01 C");
    let hub = registered.acceptance(|accepted| accepted.destination = "440100".to_owned());
    assert_eq!(hub.says(), "P/P/N(as_needed); XR-02 L");
}

#[test]
fn the_place_of_an_event_is_that_of_its_site_as_far_as_both_go() {
    let story = base()
        .file("SF", "HUB", site("440100"))
        .file("SF", "OUTLET", site("440117"));
    let said = |place: &'static str| story.clone().with("e6", move |event| event.place = place.to_owned());
    assert_eq!(said("440117").says(), "P/P/P; none");
    assert_eq!(said("440300").says(), "P/P/P; DQ-02 M");
}

#[test]
fn sites_without_licence_or_filing_are_or_01() {
    let outlet = |own: Site| {
        base()
            .file("SF", "HUB", site("440100"))
            .file("SF", "OUTLET", Value::Site(own))
            .says()
    };
    let point = Site {
        kind: SiteKind::Terminal.into(),
        opened_on: "2026-02-18".to_owned(),
        ..Site::default()
    };
    assert_eq!(outlet(point.clone()), "P/P/P; none");
    assert_eq!(
        outlet(Site {
            opened_on: "2026-02-17".to_owned(),
            ..point.clone()
        }),
        "P/P/P; OR-01 C"
    );
    let filed = Site {
        opened_on: "2026-01-01".to_owned(),
        filed_on: "2026-03-10".to_owned(),
        ..point
    };
    assert_eq!(outlet(filed), "P/P/P; none");
    let licensed = Site {
        kind: SiteKind::Licensed.into(),
        licence: "L".to_owned(),
        licence_to: "2026-03-10".to_owned(),
        ..Site::default()
    };
    assert_eq!(outlet(licensed.clone()), "P/P/P; none");
    assert_eq!(
        outlet(Site {
            licence_to: "2026-03-09".to_owned(),
            ..licensed
        }),
        "P/P/P; OR-01 C"
    );
}

#[test]
fn people_machines_and_providers_must_be_on_file() {
    assert_eq!(
        base().open(),
        "DQ-01 sites, IN-07 staff, OR-01 sites, XR-04 machines, XR-04 staff"
    );
    let people = |trained: &str, screens: &str| {
        base()
            .file("SF", "OUTLET-STAFF", staff(trained, ""))
            .file("SF", "SCREENER", staff("", screens))
            .file("SF", "D1", machine(&["HUB"]))
    };
    assert_eq!(people("2026-03-10", "2026-03-10").says(), "P/P/P; none");
    assert_eq!(people("2026-03-09", "2026-03-10").says(), "P/P/P; IN-07 H");
    assert_eq!(people("2026-03-10", "").says(), "P/P/P; XR-04 H");
    let elsewhere = people("2026-03-10", "2026-03-10").file("SF", "D1", machine(&["OTHER"]));
    assert_eq!(elsewhere.says(), "P/P/P; XR-04 H");
    let hired = base().screening("e7", |screened| screened.third_party = "T".to_owned());
    assert_eq!(hired.says(), "P/P/P; none");
    assert_eq!(
        hired.clone().file("SF", "T", contract("2026-03-10", "")).says(),
        "P/P/P; none"
    );
    assert_eq!(
        hired.file("SF", "T", contract("2026-01-01", "2026-03-09")).says(),
        "P/P/P; XR-08 H"
    );
}

#[test]
fn a_record_holds_from_and_to_its_moments() {
    let mut story = claimed(agreement(XrayWay::Full));
    story.registry[0].valid_to = Some(time("10:03"));
    assert_eq!(story.says(), "P/P/P; AG-01 C");
    story.registry[0].valid_to = Some(time("10:03:01"));
    assert_eq!(story.says(), "N(agreement)/P/P; none");
    story.registry.push(RegistryRecord {
        valid_from: Some(time("10:03")),
        value: Some(Value::Agreement(Agreement::default())),
        ..story.registry[0].clone()
    });
    story.registry[1].valid_to = None;
    assert_eq!(story.says(), "P/P/P; AG-01 C");
}

#[test]
fn grace_and_upload_count_from_the_end_of_an_outage() {
    let story = base()
        .received("e1", "15:05")
        .file("SF", "o", outage("OUTLET", "10:00", "15:00"));
    assert_eq!(story.clone().asked("15:04").says(), "…/P/…; none");
    assert_eq!(story.clone().says(), "P/P/P; none");
    assert_eq!(story.clone().received("e1", "15:10:01").says(), "P/P/P; TM-01 M");
    assert_eq!(story.clone().without("e1").asked("16:59").says(), "…/P/…; none");
    assert_eq!(story.without("e1").asked("17:00").says(), "F/P/…; RN-01 C");
    let whole_brand = base().without("e1").file("SF", "o", outage("", "10:00", "15:00"));
    assert_eq!(whole_brand.asked("16:59").says(), "…/P/…; none");
}

#[test]
fn parcels_to_a_key_area_are_screened_twice() {
    let story = base()
        .acceptance(|accepted| accepted.destination = "110105".to_owned())
        .file("", "k", key_area("11"))
        .add("a", "11 08:00", "FAR", arrived("HUB"))
        .add("d", "11 10:00", "FAR", delivered());
    assert_eq!(story.clone().asked("11 12:00:29").says(), "P/P/P; none");
    assert_eq!(story.clone().asked("11 12:00:30").says(), "P/P/P; XR-03 C");
    let twice = story.add(
        "s",
        "11 09:00",
        "FAR",
        screened(XrayJudgement::Clear, ScreeningStage::Destination),
    );
    assert_eq!(twice.says(), "P/P/P; none");
}
