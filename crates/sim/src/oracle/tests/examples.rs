//! The ten examples of `judging.md` §8.

use sanbai_wire::proto::registry::XrayWay;

use super::filed::{agreement, site};
use super::*;

#[test]
fn base_passes_three_times() {
    assert_eq!(base().says(), "P/P/P; none");
    assert_eq!(base().asked("20:00:30").says(), "P/P/P; none");
    assert_eq!(base().asked("20:00:29.999").says(), "P/P/…; none");
    assert_eq!(base().asked("19:00").says(), "P/P/…; none");
    assert!(judge(&base().events, &[], Profile::Strict100, time("09:00")).is_none());
}

#[test]
fn without_e1_real_name_fails() {
    let story = base().without("e1");
    assert_eq!(story.clone().asked("12:03:59.999").says(), "…/P/…; none");
    assert_eq!(story.clone().asked("12:04").says(), "F/P/…; RN-01 C");
    assert_eq!(story.clone().asked("20:00:30").says(), "F/P/P; RN-01 C");
    assert_eq!(story.says(), "F/P/P; RN-01 C");
}

#[test]
fn e1_a_millisecond_too_late_was_performed_late() {
    assert_eq!(base().at("e1", "10:04:00.001").says(), "F performed late/P/P; RN-02 H");
    assert_eq!(base().at("e1", "10:04:00").says(), "P/P/P; none");
}

#[test]
fn e1_received_late_passes_and_says_so() {
    let story = base().received("e1", "13:00");
    assert_eq!(story.clone().asked("12:04").says(), "F/P/…; RN-01 C");
    assert_eq!(story.clone().asked("13:00").says(), "P reported late/P/…; TM-01 M");
    assert_eq!(story.says(), "P reported late/P/P; TM-01 M");
}

#[test]
fn a_valid_agreement_replaces_e1() {
    let story = base()
        .without("e1")
        .acceptance(|accepted| accepted.agreement = "A1".to_owned())
        .file("SF", "A1", Value::Agreement(agreement(XrayWay::Full)));
    assert_eq!(story.says(), "N(agreement)/P/P; none");
    assert!(story.judged().counted);
}

#[test]
fn same_city_delivered_unscreened() {
    let story = base()
        .without("e7")
        .without("e8")
        .acceptance(|accepted| accepted.route = Route::SameCity.into())
        .add("e9", "11 09:00", "HUB", delivered());
    assert_eq!(story.clone().asked("11 10:59:59.999").says(), "P/P/…; none");
    assert_eq!(story.clone().asked("11 11:00").says(), "P/P/F; XR-02 H");
    assert_eq!(
        story.clone().statutory().asked("11 10:59").says(),
        "P/P/N(as_needed); none"
    );
    assert_eq!(story.statutory().asked("11 11:00").says(), "P/P/N(as_needed); XR-02 L");
}

#[test]
fn a_suspect_image_must_be_cleared_by_somebody_else() {
    let story = base()
        .screening("e7", |screened| screened.judgement = XrayJudgement::Suspect.into())
        .add("e9", "20:10", "HUB", opened(OpenCheckResult::Pass));
    assert_eq!(story.says(), "P/P/P; none");
    let himself = story.with("e9", |event| event.operator = "SCREENER".to_owned());
    assert_eq!(himself.clone().asked("21:10:29.999").says(), "P/P/P; none");
    assert_eq!(himself.asked("21:10:30").says(), "P/P/F; XR-06 C");
}

#[test]
fn prohibited_then_rejected_is_nobodys_fault() {
    let story = nothing()
        .add("e2", "10:01", "OUTLET", inspected(InspectionResult::Prohibited, 12))
        .add("e3", "10:05", "OUTLET", rejected());
    assert_eq!(story.says(), "N(rejected)/N(rejected)/N(rejected); none");
    assert!(!story.judged().counted);
}

#[test]
fn arrived_from_our_hub_without_acceptance() {
    let story = nothing()
        .file("SF", "HUB", site("440100"))
        .file("SF", "OUTLET", site("440117"))
        .add("a1", "08:00", "OUTLET", arrived("HUB"))
        .add("a2", "12:00", "OUTLET", delivered());
    assert_eq!(story.clone().asked("11 08:00:29.999").says(), "…/…/…; none");
    let unknown = "U(no_acceptance)/U(no_acceptance)/U(no_acceptance); LC-01 C";
    assert_eq!(story.clone().asked("11 08:00:30").says(), unknown);
    assert_eq!(story.judged().site, "OUTLET");
    assert!(!story.judged().counted);
}

#[test]
fn voided_yet_departed() {
    let story = base().add("e9", "17:00", "OUTLET", voided());
    assert_eq!(story.says(), "P/P/P; LC-05 H");
    assert!(story.judged().counted);
    let unmoved = story.without("e5").without("e6").without("e7").without("e8");
    assert_eq!(unmoved.says(), "N(voided)/N(voided)/N(voided); none");
    assert!(!unmoved.judged().counted);
}
