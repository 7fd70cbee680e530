//! Which check counts, and what it says.

use super::*;

fn pass_again(id: &str, at: &str, story: Story) -> Story {
    story.add(id, at, "OUTLET", identity())
}

#[test]
fn the_last_check_decides_and_a_refusal_stands_alone() {
    let story = base()
        .document(|document| document.expires_on = "2026-03-09".to_owned())
        .add("x", "10:00:30", "OUTLET", identity())
        .check("x", |check| check.result = IdentityResult::Refused.into());
    assert_eq!(story.says(), "F/P/P; RN-05 C");
    assert_eq!(pass_again("y", "10:04", story).says(), "P/P/P; none");
}

#[test]
fn of_several_passes_the_first_without_a_finding_decides() {
    let story = base().check("e1", |check| check.name_matches = Some(false));
    assert_eq!(story.says(), "F/P/P; RN-06 H");
    assert_eq!(pass_again("y", "10:00:30", story.clone()).says(), "P/P/P; none");
    assert_eq!(pass_again("y", "09:59:30", story).says(), "P/P/P; none");
}

#[test]
fn a_pass_before_a_refusal_does_not_count() {
    let story = base()
        .check("e1", |check| check.name_matches = Some(false))
        .add("x", "09:58", "OUTLET", identity())
        .add("y", "09:59", "OUTLET", identity())
        .check("y", |check| check.result = IdentityResult::Mismatch.into());
    assert_eq!(story.says(), "F/P/P; RN-06 H");
}

#[test]
fn a_late_refusal_is_no_performance() {
    let story = base()
        .at("e1", "10:05")
        .check("e1", |check| check.result = IdentityResult::Refused.into());
    assert_eq!(story.says(), "F/P/P; RN-01 C");
}

#[test]
fn the_last_day_of_a_document_is_valid() {
    let until = |day: &'static str| base().document(move |document| document.expires_on = day.to_owned());
    assert_eq!(until("2026-03-10").says(), "P/P/P; none");
    assert_eq!(until("2026-03-09").says(), "F/P/P; RN-04 H");
    assert_eq!(until("long-term").open(), base().open());
    assert!(until("").open().contains("RN-04 expiresOn"));
    assert_eq!(until("").says(), "P/P/P; none");
}

#[test]
fn an_invalid_or_absent_number_is_rn_03() {
    let wrong = base().document(|document| {
        if let Some(facts) = &mut document.facts {
            facts.checksum = Grade::Wrong.into();
        }
    });
    assert_eq!(wrong.says(), "F/P/P; RN-03 H");
    let absent = base().document(|document| {
        document.facts = None;
        document.tokens.clear();
    });
    assert_eq!(absent.says(), "F/P/P; RN-03 H");
    assert_eq!(
        base().check("e1", |check| check.document = None).says(),
        "F/P/P; RN-03 H"
    );
}

#[test]
fn a_token_without_facts_cannot_be_told() {
    let story = base().document(|document| document.facts = None);
    assert_eq!(story.clone().asked("12:03:59").says(), "…/P/…; none");
    assert_eq!(story.says(), "U(number_unexamined)/P/P; none");
    let also_named_wrong = story.clone().check("e1", |check| check.name_matches = Some(false));
    assert_eq!(also_named_wrong.says(), "F/P/P; RN-06 H");
    assert_eq!(pass_again("y", "10:02", story.clone()).says(), "P/P/P; none");
    assert_eq!(
        story
            .document(|document| document.kind = DocumentKind::Passport.into())
            .says(),
        "P/P/P; none"
    );
}

#[test]
fn kinds_that_are_not_accepted_are_rn_04() {
    for kind in [
        DocumentKind::FirstGeneration,
        DocumentKind::DrivingLicence,
        DocumentKind::HouseholdRegister,
    ] {
        assert_eq!(
            base().check("e1", |check| check.document = document(kind)).says(),
            "F/P/P; RN-04 H"
        );
    }
    let fifteen_digits = base().document(|document| {
        if let Some(facts) = &mut document.facts {
            facts.format = Grade::Wrong.into();
            facts.valid_as = vec![DocumentKind::FirstGeneration.into()];
        }
    });
    assert_eq!(fifteen_digits.says(), "F/P/P; RN-03 H, RN-04 H");
}

#[test]
fn sending_for_another_needs_two_identities() {
    let story = base().acceptance(|accepted| accepted.by_agent = true);
    assert_eq!(story.says(), "F/P/P; RN-09 H");
    let both = story.check("e1", |check| check.agent_document = document(DocumentKind::Resident));
    assert_eq!(
        both.clone()
            .check("e1", |check| check.name_matches = Some(false))
            .says(),
        "P/P/P; none"
    );
    let organisation = base().check("e1", |check| check.document = document(DocumentKind::CreditCode));
    assert_eq!(organisation.says(), "F/P/P; RN-09 H");
}

#[test]
fn letters_are_exempt_unless_somebody_found_an_inspection_necessary() {
    let story = base().without("e1").acceptance(|accepted| {
        accepted.item_kind = ItemKind::Letter.into();
        accepted.declared_item.clear();
    });
    assert_eq!(story.clone().without("e2").says(), "N(letter)/N(letter)/P; none");
    assert_eq!(story.says(), "N(letter)/N(letter)/P; none");
    let failed = story.inspection("e2", |inspected| inspected.result = InspectionResult::Failed.into());
    assert_eq!(failed.clone().asked("12:02").says(), "N(letter)/…/…; none");
    assert_eq!(failed.says(), "N(letter)/F/P; IN-02 C");
}

#[test]
fn the_inspection_up_to_the_acceptance_counts() {
    assert_eq!(base().at("e2", "10:03").without("e3").says(), "P/P/P; none");
    assert_eq!(base().at("e2", "10:03:00.001").says(), "P/F performed late/P; IN-01 C");
    assert_eq!(base().without("e2").says(), "P/F/P; IN-01 C");
    let refused = base().inspection("e2", |inspected| {
        inspected.result = InspectionResult::Refused.into();
        inspected.mark = None;
    });
    assert_eq!(refused.says(), "P/F/P; IN-02 C");
}

#[test]
fn the_first_pass_with_a_complete_mark_decides() {
    let story = base().inspection("e2", |inspected| {
        if let Some(mark) = &mut inspected.mark {
            mark.operator.clear();
        }
    });
    assert_eq!(story.says(), "P/F/P; IN-03 H");
    let marked = story.add("x", "10:02:30", "OUTLET", inspected(InspectionResult::Pass, 0));
    assert_eq!(marked.clone().says(), "P/F/P; IN-04 H");
    assert_eq!(marked.at("e3", "10:02:30").says(), "P/P/P; none");
}

#[test]
fn an_inspection_after_the_last_seal_or_first_departure_is_in_04() {
    assert_eq!(base().at("e2", "10:02:30").says(), "P/F/P; IN-04 H");
    let again = base()
        .at("e2", "10:02:30")
        .add("x", "10:02:40", "OUTLET", Happening::Sealed(Sealed {}));
    assert_eq!(again.says(), "P/P/P; none");
    assert_eq!(base().at("e5", "10:00:30").says(), "P/F/P; IN-04 H");
}

#[test]
fn the_xray_deadline_is_the_earliest_of_three() {
    assert_eq!(base().at("e7", "21:00").says(), "P/P/P; none");
    assert_eq!(base().at("e7", "21:00:00.001").says(), "P/P/F performed late; XR-01 C");
    let stays = base().without("e8");
    assert_eq!(stays.clone().at("e7", "11 10:03").says(), "P/P/P; none");
    let late = stays.at("e7", "11 10:03:01");
    assert_eq!(late.clone().asked("11 12:02:59").says(), "P/P/…; none");
    assert_eq!(late.clone().asked("11 12:03").says(), "P/P/F performed late; XR-01 C");
    assert_eq!(shown(late.judged().duties[2].deadline), Some(34 * 3600 + 3 * 60));
}

#[test]
fn a_screening_before_the_acceptance_counts_a_destination_screening_does_not() {
    assert_eq!(base().at("e7", "09:00").says(), "P/P/P; none");
    let unstated = base().screening("e7", |screened| screened.stage = ScreeningStage::Unspecified.into());
    assert_eq!(unstated.says(), "P/P/P; none");
    let second = base().screening("e7", |screened| screened.stage = ScreeningStage::Destination.into());
    assert_eq!(second.says(), "P/P/F; XR-01 C");
}

#[test]
fn an_unspecified_route_or_transport_cannot_be_told_where_it_matters() {
    let story = base()
        .acceptance(|accepted| accepted.route = Route::Unspecified.into())
        .statutory();
    assert_eq!(story.says(), "P/P/P; none");
    let unscreened = story.without("e7");
    assert_eq!(unscreened.clone().asked("22:59").says(), "P/P/…; none");
    assert_eq!(unscreened.says(), "P/P/U(route_unspecified); none");
    let by_air = unscreened
        .clone()
        .acceptance(|accepted| accepted.transport = Transport::Air.into());
    assert_eq!(by_air.says(), "P/P/F; XR-01 C");
    let strict = Story {
        profile: Profile::Strict100,
        ..unscreened
    };
    assert_eq!(strict.says(), "P/P/F; XR-02 H");
}

#[test]
fn a_return_before_line_haul_needs_no_screening() {
    let story = base().without("e7").without("e8").add("r", "19:00", "HUB", returned());
    assert_eq!(story.clone().asked("19:00:30").says(), "P/P/N(returned); none");
    let screened = story.add(
        "s",
        "18:45",
        "HUB",
        screened(XrayJudgement::Clear, ScreeningStage::Origin),
    );
    assert_eq!(screened.says(), "P/P/P; none");
    let too_late = base().without("e7").add("r", "22:00", "HUB", returned());
    assert_eq!(too_late.says(), "P/P/F; XR-01 C");
}
