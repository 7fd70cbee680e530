//! Finds, suspect images, uploads and other findings beside the duties.

use super::filed::outage;
use super::*;

#[test]
fn a_find_accepted_afterwards_is_pr_01_at_once() {
    let story = base().inspection("e2", |inspected| inspected.prohibited_class = 5);
    assert_eq!(
        story.clone().asked("10:03:29").says(),
        "N(not_accepted)/N(not_accepted)/N(not_accepted); none"
    );
    assert_eq!(story.clone().asked("10:03:30").says(), "P/P/…; PR-01 C");
    let refused_first = story.add("x", "10:02:30", "OUTLET", rejected());
    assert_eq!(refused_first.says(), "P/P/P; none");
}

#[test]
fn a_find_without_acceptance_or_rejection_in_30_min_is_pr_01() {
    let story = nothing().add("e2", "10:01", "OUTLET", inspected(InspectionResult::Prohibited, 1));
    let na = "N(not_accepted)/N(not_accepted)/N(not_accepted)";
    assert_eq!(story.clone().asked("10:40:59").says(), format!("{na}; none"));
    assert_eq!(story.clone().asked("10:41").says(), format!("{na}; PR-01 C"));
    let late = story.clone().add("x", "10:31:00.001", "OUTLET", rejected());
    assert_eq!(late.says(), "N(rejected)/N(rejected)/N(rejected); PR-01 C");
    assert_eq!(
        late.at("x", "10:31").says(),
        "N(rejected)/N(rejected)/N(rejected); none"
    );
}

#[test]
fn a_find_in_transit_must_be_reported_and_stay() {
    let story = base().screening("e7", |screened| screened.judgement = XrayJudgement::Prohibited.into());
    let reported = story.clone().add("r", "20:30", "HUB", reported());
    assert_eq!(story.clone().without("e8").asked("20:39:59").says(), "P/P/P; none");
    assert_eq!(story.without("e8").asked("20:40").says(), "P/P/P; PR-02 C");
    assert_eq!(reported.clone().without("e8").says(), "P/P/P; none");
    assert_eq!(reported.clone().asked("21:00:30").says(), "P/P/P; PR-02 C");
    let freed = reported.add("f", "20:45", "HUB", released());
    assert_eq!(freed.says(), "P/P/P; none");
    assert_eq!(freed.at("f", "20:15").says(), "P/P/P; PR-02 C");
}

#[test]
fn a_retraction_removes_no_find_but_takes_the_screening() {
    let story = base()
        .screening("e7", |screened| screened.judgement = XrayJudgement::Prohibited.into())
        .add("x", "20:05", "HUB", retracted("e7"));
    assert_eq!(story.says(), "P/P/F; PR-02 C, XR-01 C");
}

#[test]
fn a_second_clear_image_and_a_hold_clear_nothing() {
    let story = base()
        .screening("e7", |screened| screened.judgement = XrayJudgement::Suspect.into())
        .add(
            "x",
            "20:10",
            "HUB",
            screened(XrayJudgement::Clear, ScreeningStage::Origin),
        );
    assert_eq!(story.says(), "P/P/F; XR-06 C");
    assert_eq!(story.clone().without("e8").says(), "P/P/P; none");
    let here_again = story
        .clone()
        .without("e8")
        .add("y", "20:20", "HUB", arrived("ELSEWHERE"));
    assert_eq!(here_again.says(), "P/P/P; none");
    let freed = story.add("f", "20:15", "HUB", released());
    assert_eq!(freed.says(), "P/P/P; none");
    assert_eq!(freed.at("f", "21:00:01").says(), "P/P/F; XR-06 C");
}

#[test]
fn where_the_duty_does_not_apply_a_suspect_image_stands_beside_it() {
    let story = base()
        .statutory()
        .acceptance(|accepted| accepted.route = Route::IntraProvince.into())
        .screening("e7", |screened| screened.judgement = XrayJudgement::Suspect.into());
    assert_eq!(story.says(), "P/P/N(as_needed); XR-06 C");
}

#[test]
fn uploads_are_late_by_the_upload_time() {
    let uploaded = |id: &'static str, at: &'static str| {
        base()
            .received(id, "11 20:00")
            .with(id, move |event| event.uploaded_at = Some(time(at)))
    };
    assert_eq!(uploaded("e7", "22:00").says(), "P/P/P reported late; none");
    assert_eq!(uploaded("e7", "22:00:00.001").says(), "P/P/P reported late; TM-01 M");
    assert_eq!(
        base().received("e7", "11 20:00:01").says(),
        "P/P/P reported late; TM-01 H"
    );
    assert_eq!(base().received("e2", "10:11:00.001").says(), "P/P/P; TM-01 M");
}

#[test]
fn evidence_received_after_the_departure_is_tm_03() {
    let story = base()
        .received("e2", "21:00:01")
        .with("e2", |event| event.uploaded_at = Some(time("10:02")));
    assert_eq!(story.says(), "P/P reported late/P; TM-03 H");
    let in_outage = story.file("SF", "o", outage("OUTLET", "10:00", "10:30"));
    assert_eq!(in_outage.says(), "P/P reported late/P; none");
}

#[test]
fn clocks_that_run_ahead_are_tm_04() {
    let ahead = |at: &'static str| base().received("e5", at);
    assert_eq!(ahead("17:55").says(), "P/P/P; none");
    assert_eq!(ahead("17:54:59").says(), "P/P/P; TM-04 M");
}

#[test]
fn copies_are_one_event_with_the_earliest_intake() {
    let mut story = base().received("e1", "13:00");
    let mut copy = story.events[0].clone();
    copy.intake_at = Some(time("10:00:30"));
    story.events.push(copy);
    story.events.reverse();
    assert_eq!(story.says(), "P/P/P; none");
}

#[test]
fn two_contents_under_one_id_are_dq_03() {
    let mut story = base();
    let mut other = story.events[4].clone();
    other.place = "440117".to_owned();
    story.events.push(other);
    assert_eq!(story.says(), "P/P/P; DQ-03 H");
    let mut foreign = base();
    let mut same_id = foreign.events[4].clone();
    same_id.source = "another".to_owned();
    same_id.place = "440117".to_owned();
    foreign.events.push(same_id);
    assert_eq!(foreign.says(), "P/P/P; none");
}

#[test]
fn declared_items_must_say_something() {
    let declared = |item: &'static str| base().acceptance(move |accepted| accepted.declared_item = item.to_owned());
    assert_eq!(declared(" ").says(), "P/P/P; IN-06 M");
    assert_eq!(declared("日用品").says(), "P/P/P; IN-06 M");
    assert_eq!(declared("Goods ").says(), "P/P/P; IN-06 M");
    assert_eq!(declared("商品样本").says(), "P/P/P; none");
    let differs = base().inspection("e2", |inspected| inspected.matches_declared = Some(false));
    assert_eq!(differs.asked("10:03:30").says(), "P/P/…; IN-06 M");
}

#[test]
fn marks_and_free_text_are_looked_at() {
    let unmarked = base().screening("e7", |screened| {
        if let Some(mark) = &mut screened.mark {
            mark.sequence.clear();
        }
    });
    assert_eq!(unmarked.says(), "P/P/P; XR-09 H");
    let private = base().with("e6", |event| event.redacted_fields = vec!["reason".to_owned()]);
    assert_eq!(private.says(), "P/P/P; PV-01 H");
}
