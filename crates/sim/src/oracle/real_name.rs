//! Real name: RN-01…06, RN-09.

use sanbai_wire::proto::event::{Document, DocumentKind, Grade, IdentityChecked, IdentityResult};

use super::acceptance::{Outcome, is_letter};
use super::clock::{Nanos, SECOND, civil_day, day_number};
use super::evidence::{Acceptance, Case, Event};
use super::registered::Claim;
use super::{Book, DutyJudged, record};

/// "Of the identity checks up to acceptance + 60 s".
const LIMIT: Nanos = 60 * SECOND;

type Check<'c> = (&'c Event<'c>, &'c IdentityChecked);

/// What one passed check says.
#[derive(Debug, Default)]
struct Reading {
    faults: Vec<(&'static str, char)>,
    /// "A resident-type document with neither number nor facts".
    undocumented: bool,
    open: Vec<(&'static str, &'static str)>,
}

pub(super) fn judge(case: &Case<'_>, accepted: &Acceptance<'_>, claim: &Claim, book: &mut Book) -> DutyJudged {
    if is_letter(accepted) {
        return DutyJudged::not_applicable("letter");
    }
    if matches!(claim, Claim::Valid(_)) {
        return DutyJudged::not_applicable("agreement");
    }
    let deadline = accepted.event.at + LIMIT;
    let checks = case.identity_checks();
    let in_time: Vec<Check<'_>> = checks
        .iter()
        .copied()
        .filter(|(event, _)| event.at <= deadline)
        .collect();
    let later_pass = checks
        .iter()
        .find(|(event, check)| event.at > deadline && passed(check));
    let outcome = match in_time.last() {
        // "The last in canonical order decides: pass → RN-03, 04, 06, 09 are judged on it".
        Some((_, last)) if passed(last) => read_passes(case, accepted, &in_time, book),
        // "Not pass → RN-05 alone".
        Some((event, _)) => {
            record::judge_received(case, event, book);
            Outcome {
                faults: vec![("RN-05", 'C')],
                evidence: Some(event),
                ..Outcome::default()
            }
        }
        // "An agreement is claimed, no agreement register, no timely check".
        None if *claim == Claim::NoRegister => Outcome {
            unknown: Some("no_agreement_register"),
            ..Outcome::default()
        },
        // "None → RN-02 (*performed late*) if a later one passes, else RN-01."
        None if later_pass.is_some() => Outcome {
            faults: vec![("RN-02", 'H')],
            late: later_pass.map(|(event, _)| *event),
            ..Outcome::default()
        },
        None => Outcome {
            faults: vec![("RN-01", 'C')],
            ..Outcome::default()
        },
    };
    outcome.settle(case, deadline, accepted.event, book)
}

fn passed(check: &IdentityChecked) -> bool {
    check.result() == IdentityResult::Pass
}

/// "Of the passes after the last non-pass, the first without such a finding" decides.
/// One that leaves no doubt comes before one of which it cannot be told; if all have a finding, the last one decides.
fn read_passes<'c>(case: &Case<'_>, accepted: &Acceptance<'_>, in_time: &[Check<'c>], book: &mut Book) -> Outcome<'c> {
    let mut passes: Vec<(&'c Event<'c>, Reading)> = Vec::new();
    for (event, check) in in_time {
        if passed(check) {
            passes.push((event, read(accepted, event, check)));
        } else {
            passes.clear();
        }
    }
    let clean = passes
        .iter()
        .position(|(_, reading)| reading.faults.is_empty() && !reading.undocumented);
    let doubtful = passes.iter().position(|(_, reading)| reading.faults.is_empty());
    let chosen = clean.or(doubtful).unwrap_or(passes.len() - 1);
    let (event, reading) = passes.swap_remove(chosen);
    for (code, field) in reading.open {
        book.leave_open(code, field);
    }
    record::judge_received(case, event, book);
    Outcome {
        unknown: reading.undocumented.then_some("number_unexamined"),
        faults: reading.faults,
        evidence: Some(event),
        late: None,
    }
}

fn read(accepted: &Acceptance<'_>, event: &Event<'_>, check: &IdentityChecked) -> Reading {
    let mut reading = Reading::default();
    judge_number(check.document.as_ref(), &mut reading);
    judge_kind_and_expiry(check.document.as_ref(), civil_day(event.at), &mut reading);
    judge_agent_and_name(accepted, check, &mut reading);
    reading
}

/// "RN-03: number absent, or invalid for the *stated* kind; region never decides."
fn judge_number(document: Option<&Document>, reading: &mut Reading) {
    let Some(document) = document.filter(|document| !number_is_absent(document)) else {
        reading.faults.push(("RN-03", 'H'));
        return;
    };
    let kind = document.kind();
    if kind == DocumentKind::Military {
        return; // "Presence only".
    }
    let Some(facts) = &document.facts else {
        let resident_type = [
            DocumentKind::Unspecified,
            DocumentKind::Resident,
            DocumentKind::TemporaryResident,
            DocumentKind::ResidencePermit,
            DocumentKind::ForeignPermanent2023,
            DocumentKind::ForeignPermanent2017,
        ];
        reading.undocumented = resident_type.contains(&kind);
        reading.open.push(("RN-03", "facts"));
        return;
    };
    if kind == DocumentKind::Unspecified {
        // "Invalid for the *stated* kind": without one a number can only be right, by a check digit of its own.
        let telling = [
            DocumentKind::Resident,
            DocumentKind::ResidencePermit,
            DocumentKind::ForeignPermanent2023,
            DocumentKind::ForeignPermanent2017,
            DocumentKind::CreditCode,
            DocumentKind::FirstGeneration,
        ];
        if !facts.valid_as().any(|kind| telling.contains(&kind)) {
            reading.undocumented = true;
            reading.open.push(("RN-03", "kind"));
        }
        return;
    }
    let valid = ![facts.format(), facts.checksum(), facts.birth_date()].contains(&Grade::Wrong);
    if !valid {
        reading.faults.push(("RN-03", 'H'));
    }
}

/// The raw number is never seen, so it is absent when neither token nor facts stand for it.
fn number_is_absent(document: &Document) -> bool {
    document.tokens.is_empty() && document.facts.is_none()
}

/// "RN-04: expired before the civil day of the check (the last day is valid; field absent: unanswered),
/// 15-digit resident number, or a kind that is not accepted."
fn judge_kind_and_expiry(document: Option<&Document>, day: i64, reading: &mut Reading) {
    let Some(document) = document else { return };
    let not_accepted = [
        DocumentKind::FirstGeneration,
        DocumentKind::HouseholdRegister,
        DocumentKind::DrivingLicence,
        DocumentKind::Other,
    ];
    let resident = [
        DocumentKind::Unspecified,
        DocumentKind::Resident,
        DocumentKind::TemporaryResident,
    ]
    .contains(&document.kind());
    let fifteen_digits = document
        .facts
        .as_ref()
        .is_some_and(|facts| facts.valid_as().any(|kind| kind == DocumentKind::FirstGeneration));
    let last_day = day_number(&document.expires_on);
    if not_accepted.contains(&document.kind())
        || (resident && fifteen_digits)
        || last_day.is_some_and(|last_day| last_day < day)
    {
        reading.faults.push(("RN-04", 'H'));
    } else if last_day.is_none() && document.expires_on != "long-term" {
        reading.open.push(("RN-04", "expiresOn"));
    }
}

/// "RN-09: `byAgent`, an agent's document or a credit code as sender, and one of the two identities missing.
/// RN-06: `nameMatches = false` and not by agent; absent: unanswered."
fn judge_agent_and_name(accepted: &Acceptance<'_>, check: &IdentityChecked, reading: &mut Reading) {
    let missing = |document: Option<&Document>| document.is_none_or(number_is_absent);
    let credit_code = check
        .document
        .as_ref()
        .is_some_and(|document| document.kind() == DocumentKind::CreditCode);
    let by_agent = accepted.body.by_agent || check.agent_document.is_some() || credit_code;
    if by_agent {
        if missing(check.document.as_ref()) || missing(check.agent_document.as_ref()) {
            reading.faults.push(("RN-09", 'H'));
        }
        return;
    }
    match check.name_matches {
        Some(true) => {}
        Some(false) => reading.faults.push(("RN-06", 'H')),
        None => reading.open.push(("RN-06", "nameMatches")),
    }
}
