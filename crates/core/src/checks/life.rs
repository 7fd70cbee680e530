//! The life of a parcel: LC-01, LC-02, LC-03, LC-05, and DQ-04 and DQ-05 beside them.

use crate::case::{Acceptance, Case};
use crate::duty::applicability::{is_rejected_after, is_voided};
use crate::event::{Happening, Kinds};
use crate::finding::{Code, Findings, Value};
use crate::time::Span;

/// LC-01: moved or screened, and nobody reported an acceptance.
pub(crate) fn unreported(case: &Case<'_>, findings: &mut Findings<'_, '_>) {
    let first = case.first_movement().or_else(|| case.live().next());
    if let Some((place, event)) = first {
        findings.raise(Code::Lc01, &[place], &[("firstSeenAt", Value::Time(event.occurred_at))]);
    }
}

/// LC-02 and DQ-05: a second acceptance while the parcel is open.
pub(crate) fn second_acceptance<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) {
    if case.marks.reused {
        findings.raise(Code::Lc02, &[acceptance.place], &[("reused", Value::Word("retired"))]);
    }
    let returned = case.live_of(Kinds::RETURNED).next();
    let later = case
        .live_of(Kinds::ACCEPTED)
        .filter(|(place, _)| *place > acceptance.place);
    for (place, event) in later {
        let Happening::Accepted(second) = &event.happening else {
            continue;
        };
        if returned.is_some_and(|(returned, _)| returned < place) {
            continue;
        }
        let places = [acceptance.place, place];
        let at = ("secondAcceptedAt", Value::Time(event.occurred_at));
        if event.site != acceptance.event.site {
            findings.raise(Code::Dq05, &places, &[at, ("secondSite", Value::Word(event.site))]);
        } else if !second.sender.shares_any(&acceptance.accepted.sender) {
            findings.raise(Code::Lc02, &places, &[at]);
        }
    }
}

/// LC-03: a compliance event, and no movement long after the acceptance, else after the first of them.
pub(crate) fn unmoved<'a>(case: &Case<'a>, acceptance: Option<&Acceptance<'a>>, findings: &mut Findings<'_, 'a>) {
    let Some(first) = case.live_of(Kinds::COMPLIANCE).next() else {
        return;
    };
    let (place, start) = acceptance.map_or(first, |acceptance| (acceptance.place, acceptance.event));
    let limit = start
        .occurred_at
        .plus(Span::hours(case.rules.spans.unmoved_after_h.into()));
    let has_moved = case
        .peek_movement()
        .is_some_and(|(_, moved)| moved.occurred_at <= limit);
    if has_moved || is_accounted_for(case) {
        return;
    }
    let due = case.due(limit, start.intake_at, start.site, case.rules.spans.grace());
    if case.has_come_without(Kinds::MOVEMENTS, due) {
        findings.raise(Code::Lc03, &[place], &[("since", Value::Time(start.occurred_at))]);
    }
}

/// Voided, rejected, returned, held and not released, or the acceptance was retracted.
fn is_accounted_for(case: &Case<'_>) -> bool {
    let last_hold = case
        .last_of(Kinds::HELD.with(Kinds::RELEASED))
        .next()
        .is_some_and(|(_, event)| matches!(event.happening, Happening::Held));
    let retracted = case.all_of(Kinds::ACCEPTED).any(|(_, item)| item.retracted);
    last_hold
        || (retracted && case.acceptance().is_none())
        || case.has(Kinds::VOIDED.with(Kinds::REJECTED).with(Kinds::RETURNED))
}

/// LC-05: voided, or rejected after its acceptance, yet moved.
pub(crate) fn voided_yet_moved<'a>(
    case: &Case<'a>,
    acceptance: Option<&Acceptance<'a>>,
    findings: &mut Findings<'_, 'a>,
) {
    let out = is_voided(case) || acceptance.is_some_and(|acceptance| is_rejected_after(case, acceptance.place));
    if !out {
        return;
    }
    let Some((moved, _)) = case.first_movement() else {
        return;
    };
    let after = acceptance.map_or(0, |acceptance| acceptance.place);
    let cause = case.live().find(|(place, event)| {
        let is_rejection = event.happening == Happening::Rejected && acceptance.is_some() && *place > after;
        event.happening == Happening::Voided || is_rejection
    });
    if let Some((place, event)) = cause {
        findings.raise(
            Code::Lc05,
            &[place, moved],
            &[("cause", Value::Word(event.happening.name()))],
        );
    }
}

/// DQ-04: moved long before the acceptance.
pub(crate) fn moved_before<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) {
    let allowed = Span::minutes(case.rules.spans.moved_before_acceptance_min.into());
    let accepted_at = acceptance.event.occurred_at;
    let moved = case
        .movement_until(accepted_at)
        .filter(|(_, event)| accepted_at.since(event.occurred_at) > allowed);
    if let Some((place, event)) = moved {
        let values = [
            ("movedAt", Value::Time(event.occurred_at)),
            ("acceptedAt", Value::Time(accepted_at)),
        ];
        findings.raise(Code::Dq04, &[place, acceptance.place], &values);
    }
}
