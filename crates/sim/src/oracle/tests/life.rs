//! Acceptances, ends and standstills.

use super::filed::{key_area, site};
use super::*;

#[test]
fn the_first_acceptance_that_is_not_retracted_counts() {
    let story = base()
        .add("x", "10:30", "OUTLET", accepted())
        .add("y", "10:40", "OUTLET", retracted("e4"));
    let judged = story.judged();
    assert_eq!(judged.accepted_at, Some(time("10:30")));
    assert_eq!(story.says(), "P/P/P; none");
    let by_another = base()
        .add("y", "10:40", "OUTLET", retracted("e4"))
        .with("y", |event| event.source = "b".to_owned());
    assert_eq!(by_another.judged().accepted_at, Some(time("10:03")));
}

#[test]
fn a_retraction_of_a_retraction_has_no_effect() {
    let story = base()
        .add("y", "10:40", "OUTLET", retracted("e1"))
        .add("z", "10:50", "OUTLET", retracted("y"));
    assert_eq!(story.says(), "F/P/P; RN-01 C");
}

#[test]
fn a_second_acceptance_is_told_by_site_and_sender() {
    let again = |site: &'static str| base().add("x", "10:30", site, accepted());
    let stranger = |story: Story| {
        story.with("x", |event| {
            if let Some(Happening::Accepted(accepted)) = &mut event.happening {
                accepted.sender = Some(Party {
                    phone_tokens: vec!["t:1:other".to_owned()],
                    ..Party::default()
                });
            }
        })
    };
    assert_eq!(again("OUTLET").says(), "P/P/P; none");
    assert_eq!(stranger(again("OUTLET")).says(), "P/P/P; LC-02 M");
    assert_eq!(stranger(again("OTHER")).says(), "P/P/P; DQ-05 M");
    assert_eq!(
        stranger(again("OTHER").add("r", "10:20", "OUTLET", returned())).says(),
        "P/P/P; none"
    );
}

#[test]
fn rejected_after_acceptance_takes_the_parcel_out() {
    let counter =
        base()
            .without("e5")
            .without("e6")
            .without("e7")
            .without("e8")
            .add("x", "10:30", "OUTLET", rejected());
    assert_eq!(counter.says(), "N(rejected)/N(rejected)/N(rejected); none");
    assert!(!counter.judged().counted);
    let moved = base().add("x", "10:30", "OUTLET", rejected());
    assert_eq!(moved.says(), "P/P/P; LC-05 H");
    assert_eq!(base().add("x", "09:30", "OUTLET", rejected()).says(), "P/P/P; none");
}

#[test]
fn arriving_where_it_was_accepted_is_no_movement() {
    let story = base()
        .without("e5")
        .without("e6")
        .without("e7")
        .without("e8")
        .add("x", "10:30", "OUTLET", voided());
    let story = story.add("y", "10:40", "OUTLET", arrived("VAN"));
    assert_eq!(story.says(), "N(voided)/N(voided)/N(voided); none");
}

#[test]
fn evidence_without_movement_is_lc_03_after_72_hours() {
    let story = base().without("e5").without("e6").without("e8");
    assert_eq!(story.clone().asked("13 12:02:59").says(), "P/P/P; none");
    let story = story.asked("13 12:03");
    assert_eq!(story.says(), "P/P/P; LC-03 M");
    assert_eq!(
        story
            .clone()
            .add("h", "11 10:00", "HUB", Happening::Held(Default::default()))
            .says(),
        "P/P/P; none"
    );
    let moved = |at: &str| story.clone().add("m", at, "HUB", departed(Leg::LineHaul)).says();
    assert_eq!(moved("13 10:03"), "P/P/P; none");
    assert_eq!(moved("13 10:03:01"), "P/P/P; LC-03 M");
}

#[test]
fn checks_that_nobody_followed_up_are_lc_03_too() {
    let story = nothing().add("e1", "10:00", "OUTLET", identity());
    let na = "N(not_accepted)/N(not_accepted)/N(not_accepted)";
    assert_eq!(story.clone().asked("13 11:59").says(), format!("{na}; none"));
    assert_eq!(story.clone().asked("13 12:00").says(), format!("{na}; LC-03 M"));
    let retracted = story
        .add("a", "10:01", "OUTLET", accepted())
        .add("r", "10:02", "OUTLET", retracted("a"));
    assert_eq!(retracted.asked("14 12:00").says(), format!("{na}; none"));
}

#[test]
fn moved_before_the_acceptance_is_dq_04() {
    let early = |at: &str| base().add("x", at, "OUTLET", departed(Leg::Local)).says();
    assert_eq!(early("09:58"), "P/F/P; IN-04 H");
    assert_eq!(early("09:57:59"), "P/F/P; DQ-04 M, IN-04 H");
}

#[test]
fn an_arrival_from_elsewhere_is_inbound() {
    let story = nothing()
        .file("SF", "OUTLET", site("440117"))
        .add("a1", "08:00", "OUTLET", arrived("FAR-HUB"))
        .add("a2", "12:00", "OUTLET", delivered());
    assert_eq!(
        story.clone().asked("08:00:30").says(),
        "N(inbound)/N(inbound)/N(inbound); none"
    );
    let unregistered = Story {
        registry: Vec::new(),
        ..story
    };
    assert_eq!(unregistered.clone().asked("11 08:00").says(), "…/…/…; none");
    let ground = "U(no_site_register)/U(no_site_register)/U(no_site_register); none";
    assert_eq!(unregistered.says(), ground);
}

#[test]
fn an_inbound_parcel_to_a_key_area_is_screened_again() {
    let story = nothing()
        .file("SF", "OUTLET", site("440117001"))
        .file("", "k", key_area("440117"))
        .add("a1", "08:00", "OUTLET", arrived("FAR-HUB"));
    assert_eq!(story.says(), "N(inbound)/N(inbound)/…; none");
    let story = story.add("a2", "12:00", "OUTLET", delivered());
    assert_eq!(story.clone().asked("14:00:29").says(), "N(inbound)/N(inbound)/…; none");
    assert_eq!(
        story.clone().asked("14:00:30").says(),
        "N(inbound)/N(inbound)/F; XR-03 C"
    );
    let screened = story.add(
        "s",
        "09:00",
        "OUTLET",
        screened(XrayJudgement::Clear, ScreeningStage::Destination),
    );
    assert_eq!(screened.says(), "N(inbound)/N(inbound)/P; none");
    assert_eq!(
        screened.clone().at("s", "07:59").says(),
        "N(inbound)/N(inbound)/F; XR-03 C"
    );
    assert_eq!(
        screened.screening("s", |screened| screened.mark = None).says(),
        "N(inbound)/N(inbound)/F; XR-03 C, XR-09 H"
    );
}

#[test]
fn order_does_not_matter() {
    let mut story = base()
        .add("x", "10:30", "OTHER", accepted())
        .add("y", "20:20", "HUB", retracted("e2"));
    let once = story.judged();
    story.events.reverse();
    assert_eq!(story.judged(), once);
    story.events.rotate_left(4);
    assert_eq!(story.judged(), once);
}
