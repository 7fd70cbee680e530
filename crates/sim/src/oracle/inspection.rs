//! Inspection: IN-01…04, and what stands beside it: IN-06, IN-07.

use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::event::{Inspected, InspectionResult};

use super::acceptance::{Outcome, is_letter};
use super::evidence::{Acceptance, Case, Event, mark_is_complete};
use super::{Book, DutyJudged, record, registered};

type Inspection<'c> = (&'c Event<'c>, &'c Inspected);

pub(super) fn judge(case: &Case<'_>, accepted: &Acceptance<'_>, book: &mut Book) -> DutyJudged {
    let deadline = accepted.event.at;
    let inspections = case.inspections();
    let up_to: Vec<Inspection<'_>> = inspections
        .iter()
        .copied()
        .filter(|(event, _)| event.at <= deadline)
        .collect();
    let last_passed = up_to.last().map(|(_, last)| passed(last));
    let deciding = deciding(&up_to);
    // They "stand beside the duties": also where a letter was inspected, of which IN-06 and IN-07 exempt nothing but the
    // declaration.
    if let Some((event, inspected)) = deciding {
        // "IN-06: … or `matchesDeclared = false`".
        if inspected.matches_declared == Some(false) {
            book.raise("IN-06", 'M');
        }
        registered::judge_inspector(case, event, book);
    }
    // "Letter: n/a letter (IN-02 if its last inspection is not a pass: somebody found it necessary)".
    if is_letter(accepted) && last_passed != Some(false) {
        return DutyJudged::not_applicable("letter");
    }
    let later_pass = inspections
        .iter()
        .find(|(event, inspected)| event.at > deadline && passed(inspected));
    let mut outcome = Outcome {
        evidence: deciding.map(|(event, _)| event),
        ..Outcome::default()
    };
    match (last_passed, deciding) {
        (Some(true), Some((event, inspected))) => {
            // "IN-03 …: mark absent or without unit, operator and time".
            if !mark_is_complete(inspected.mark.as_ref()) {
                outcome.faults.push(("IN-03", 'H'));
            }
            if is_out_of_order(case, accepted, event) {
                outcome.faults.push(("IN-04", 'H'));
            }
        }
        // "Not pass → IN-02 alone".
        (Some(_), _) => outcome.faults.push(("IN-02", 'C')),
        // "None → IN-01, marked *performed late* if a later one passes."
        (None, _) => {
            outcome.faults.push(("IN-01", 'C'));
            outcome.late = later_pass.map(|(event, _)| *event);
        }
    }
    // "A *deciding* identityChecked or inspected": where the duty does not apply, none decides.
    if let Some((event, _)) = deciding {
        record::judge_received(case, event, book);
    }
    outcome.settle(case, deadline, accepted.event, book)
}

fn passed(inspected: &Inspected) -> bool {
    inspected.result() == InspectionResult::Pass
}

/// "Pass (of the passes after the last non-pass, the first with a complete mark); not pass → IN-02 alone".
/// If no mark is complete, the last one decides.
fn deciding<'c>(up_to: &[Inspection<'c>]) -> Option<Inspection<'c>> {
    let last = up_to.last()?;
    let mut passes: Vec<Inspection<'c>> = Vec::new();
    for (event, inspected) in up_to {
        if passed(inspected) {
            passes.push((event, inspected));
        } else {
            passes.clear();
        }
    }
    let marked = passes
        .iter()
        .find(|(_, inspected)| mark_is_complete(inspected.mark.as_ref()));
    Some(*marked.unwrap_or(last))
}

/// "IN-04: the deciding inspection is later than the *last* seal up to the acceptance, or than the first departure of
/// any leg."
fn is_out_of_order(case: &Case<'_>, accepted: &Acceptance<'_>, inspection: &Event<'_>) -> bool {
    let last_seal = case
        .live()
        .filter(|event| matches!(event.happening, Happening::Sealed(_)) && event.at <= accepted.event.at)
        .last();
    let first_departure = case
        .live()
        .find(|event| matches!(event.happening, Happening::Departed(_)));
    last_seal.is_some_and(|seal| inspection.at > seal.at)
        || first_departure.is_some_and(|departure| inspection.at > departure.at)
}

/// "IN-06: declared item absent (letters exempt), in the list of generic words, …; texts are not compared."
pub(super) fn judge_declared_item(case: &Case<'_>, accepted: &Acceptance<'_>, book: &mut Book) {
    let declared = accepted.body.declared_item.trim().to_lowercase();
    let absent = declared.is_empty() && !is_letter(accepted);
    let generic = case
        .settings
        .generic_words
        .iter()
        .any(|word| word.to_lowercase() == declared);
    if absent || generic {
        book.raise("IN-06", 'M');
    }
}
