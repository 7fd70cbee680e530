//! Acceptance inspection (收寄验视): IN-01…04.

use super::{DutyStatus, Ground, Status};
use crate::case::{Acceptance, Case};
use crate::event::{Event, Inspected, InspectionResult, Kinds, Mark};
use crate::finding::{Code, Findings, Value};
use crate::time::Timestamp;

/// An inspection and its place in canonical order.
type Inspection<'a> = (usize, &'a Event<'a>, &'a Inspected);

/// How the duty stands for an accepted parcel.
pub(crate) fn judge<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) -> DutyStatus {
    let deadline = acceptance.event.occurred_at;
    let due = case.due(
        deadline,
        acceptance.event.intake_at,
        acceptance.event.site,
        case.rules.spans.grace(),
    );
    let check = deciding(case, acceptance);
    let is_exempt = acceptance.accepted.letter && case.rules.exemptions.inspection.contains("letter");
    if is_exempt && check.is_none_or(|(_, _, inspected)| inspected.result == InspectionResult::Pass) {
        return DutyStatus::exempt(Ground::Letter, vec![acceptance.event.id]);
    }
    let Some((place, event, inspected)) = check else {
        return if case.has_come(due) {
            missed(case, acceptance, findings)
        } else {
            DutyStatus::pending(Some(deadline))
        };
    };
    let refused = match inspected.result {
        InspectionResult::Pass => None,
        InspectionResult::Refused => Some("refused"),
        InspectionResult::Failed => Some("failed"),
        InspectionResult::Prohibited => Some("prohibited"),
        InspectionResult::Unspecified => Some("result_missing"),
    };
    let late = if refused.is_none() {
        later_than(case, acceptance, event.occurred_at)
    } else {
        None
    };
    let is_marked = inspected.mark.has(Mark::INSPECTION);
    if refused.is_none() && late.is_none() && is_marked {
        return DutyStatus {
            reported_late: event.intake_at > due,
            ..DutyStatus::new(Status::Pass, vec![event.id])
        };
    }
    if !case.has_come(due) {
        return DutyStatus::pending(Some(deadline));
    }
    if let Some(reason) = refused {
        findings.raise(
            Code::In02,
            &[place, acceptance.place],
            &[("reason", Value::Word(reason))],
        );
        return DutyStatus::failed(deadline, vec![event.id], false);
    }
    if !is_marked {
        findings.raise(
            Code::In03,
            &[place],
            &[("missing", Value::Word(missing_field(inspected.mark)))],
        );
    }
    if let Some((other, name)) = late {
        let before = ("before", Value::Word(name));
        findings.raise(
            Code::In04,
            &[place, other],
            &[("inspectedAt", Value::Time(event.occurred_at)), before],
        );
    }
    DutyStatus::failed(deadline, vec![event.id], false)
}

/// The inspection that decides: of those up to the acceptance the last; if it passes, of the passes after the last other
/// one the first with a complete mark.
pub(crate) fn deciding<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>) -> Option<Inspection<'a>> {
    let mut marked = None;
    let mut last = None;
    let until = case.until(acceptance.event.occurred_at, Kinds::INSPECTED);
    for inspection in until.filter_map(|(place, event)| Some((place, event, event.happening.as_inspected()?))) {
        if inspection.2.result != InspectionResult::Pass {
            marked = None;
        } else if marked.is_none() && inspection.2.mark.has(Mark::INSPECTION) {
            marked = Some(inspection);
        }
        last = Some(inspection);
    }
    marked.or(last)
}

fn inspections<'a>(case: &Case<'a>) -> impl Iterator<Item = Inspection<'a>> {
    case.live_of(Kinds::INSPECTED)
        .filter_map(|(place, event)| Some((place, event, event.happening.as_inspected()?)))
}

/// No inspection in time: IN-01, performed late if a later one passes.
fn missed<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) -> DutyStatus {
    let deadline = acceptance.event.occurred_at;
    let late = inspections(case)
        .find(|(_, event, inspected)| event.occurred_at > deadline && inspected.result == InspectionResult::Pass);
    let accepted_at = ("acceptedAt", Value::Time(deadline));
    match late {
        Some((place, event, _)) => {
            let inspected_at = ("inspectedAt", Value::Time(event.occurred_at));
            findings.raise(Code::In01, &[acceptance.place, place], &[accepted_at, inspected_at]);
            findings.performed_late(Code::In01);
            DutyStatus::failed(deadline, vec![acceptance.event.id, event.id], true)
        }
        None => {
            findings.raise(Code::In01, &[acceptance.place], &[accepted_at]);
            DutyStatus::failed(deadline, vec![acceptance.event.id], false)
        }
    }
}

/// What should have come after the inspection and came before it: the last seal up to the acceptance, or the first
/// departure of any leg.
fn later_than(case: &Case<'_>, acceptance: &Acceptance<'_>, inspected_at: Timestamp) -> Option<(usize, &'static str)> {
    let seal = case
        .until(acceptance.event.occurred_at, Kinds::SEALED)
        .next_back()
        .filter(|(_, seal)| seal.occurred_at < inspected_at);
    let departure = case
        .until(inspected_at, Kinds::DEPARTED)
        .next()
        .filter(|(_, departure)| departure.occurred_at < inspected_at);
    seal.map(|(place, _)| (place, "sealed"))
        .or(departure.map(|(place, _)| (place, "departed")))
}

/// The first field that a mark lacks.
pub(crate) fn missing_field(mark: Mark) -> &'static str {
    [
        (Mark::UNIT, "unit"),
        (Mark::OPERATOR, "operator"),
        (Mark::TIME, "time"),
        (Mark::DEVICE, "device"),
        (Mark::SEQUENCE, "sequence"),
    ]
    .into_iter()
    .find(|(field, _)| !mark.has(*field))
    .map_or("none", |(_, name)| if mark == Mark::NONE { "mark" } else { name })
}
