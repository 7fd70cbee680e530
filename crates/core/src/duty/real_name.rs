//! Real-name sending (实名收寄): RN-01…06, RN-09, and AG-01 beside them.

use super::applicability::AgreementClaim;
use super::{Cause, DutyStatus, Ground, Status};
use crate::case::{Acceptance, Case};
use crate::document::DocumentKind;
use crate::event::{Document, Event, Expiry, IdentityChecked, IdentityResult, Kinds, Number};
use crate::finding::{Code, Findings, Value};
use crate::time::Span;

/// A check and its place in canonical order.
type Check<'a> = (usize, &'a Event<'a>, &'a IdentityChecked);

/// How the duty stands for an accepted parcel.
pub(crate) fn judge<'a>(
    case: &Case<'a>,
    acceptance: &Acceptance<'a>,
    agreement: AgreementClaim<'a>,
    findings: &mut Findings<'_, 'a>,
) -> DutyStatus {
    let exempts = &case.rules.exemptions.real_name;
    if acceptance.accepted.letter && exempts.contains("letter") {
        return DutyStatus::exempt(Ground::Letter, vec![acceptance.event.id]);
    }
    if matches!(agreement, AgreementClaim::Valid(_)) && exempts.contains("agreement") {
        return DutyStatus::exempt(Ground::Agreement, vec![acceptance.event.id]);
    }
    let allowed = Span::seconds(case.rules.spans.identity_after_acceptance_s.into());
    let deadline = acceptance.event.occurred_at.plus(allowed);
    let due = case.due(
        deadline,
        acceptance.event.intake_at,
        acceptance.event.site,
        case.rules.spans.grace(),
    );
    let Some(check) = deciding(case, acceptance) else {
        if !case.has_come(due) {
            return DutyStatus::pending(Some(deadline));
        }
        if matches!(agreement, AgreementClaim::NoRegister) {
            return DutyStatus::unknown(Cause::NoAgreementRegister);
        }
        return missed(case, acceptance, deadline, findings);
    };
    let (place, event, identity) = check;
    let breaches = breaches(case, acceptance, identity, event);
    let unsaid = documents(identity).find_map(unsaid);
    if (!breaches.is_empty() || unsaid.is_some()) && !case.has_come(due) {
        return DutyStatus::pending(Some(deadline));
    }
    if !breaches.is_empty() {
        for (code, reason) in &breaches {
            findings.raise(*code, &[place], &[("reason", Value::Word(reason))]);
        }
        return DutyStatus::failed(deadline, vec![event.id], false);
    }
    if let Some(missing) = unsaid {
        findings.unanswered(Code::Rn03, missing);
        return DutyStatus::unknown(Cause::NumberUnexamined);
    }
    note_unanswered(identity, findings);
    DutyStatus {
        reported_late: event.intake_at > due,
        ..DutyStatus::new(Status::Pass, vec![event.id])
    }
}

/// The check that decides: of those up to the deadline the last; if it passes, of the passes after the last other one the
/// first without a breach.
pub(crate) fn deciding<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>) -> Option<Check<'a>> {
    let allowed = Span::seconds(case.rules.spans.identity_after_acceptance_s.into());
    let deadline = acceptance.event.occurred_at.plus(allowed);
    let mut run: Vec<Check<'a>> = Vec::new();
    let mut last = None;
    let until = case.until(deadline, Kinds::IDENTITY_CHECKED);
    for check in until.filter_map(|(place, event)| Some((place, event, event.happening.as_identity_checked()?))) {
        if check.2.result == IdentityResult::Pass {
            run.push(check);
        } else {
            run.clear();
        }
        last = Some(check);
    }
    let is_clean = |(_, event, identity): &&Check<'a>| breaches(case, acceptance, identity, event).is_empty();
    let is_sure = |(_, _, identity): &&Check<'a>| documents(identity).find_map(unsaid).is_none();
    let clean = run
        .iter()
        .filter(is_clean)
        .find(is_sure)
        .or_else(|| run.iter().find(is_clean));
    clean.copied().or(last)
}

fn checks<'a>(case: &Case<'a>) -> impl Iterator<Item = Check<'a>> {
    case.live_of(Kinds::IDENTITY_CHECKED)
        .filter_map(|(place, event)| Some((place, event, event.happening.as_identity_checked()?)))
}

/// No check in time: RN-02 if a later one passes, else RN-01.
fn missed<'a>(
    case: &Case<'a>,
    acceptance: &Acceptance<'a>,
    deadline: crate::time::Timestamp,
    findings: &mut Findings<'_, 'a>,
) -> DutyStatus {
    let late =
        checks(case).find(|(_, event, check)| event.occurred_at > deadline && check.result == IdentityResult::Pass);
    let accepted_at = ("acceptedAt", Value::Time(acceptance.event.occurred_at));
    match late {
        Some((place, event, _)) => {
            let after = event.occurred_at.since(acceptance.event.occurred_at).whole_seconds();
            findings.raise(
                Code::Rn02,
                &[acceptance.place, place],
                &[
                    accepted_at,
                    ("checkedAt", Value::Time(event.occurred_at)),
                    ("secondsAfter", Value::Number(after)),
                ],
            );
            findings.performed_late(Code::Rn02);
            DutyStatus::failed(deadline, vec![acceptance.event.id, event.id], true)
        }
        None => {
            findings.raise(Code::Rn01, &[acceptance.place], &[accepted_at]);
            DutyStatus::failed(deadline, vec![acceptance.event.id], false)
        }
    }
}

/// Everything that is wrong with a check, each with its reason.
fn breaches(
    case: &Case<'_>,
    acceptance: &Acceptance<'_>,
    check: &IdentityChecked,
    event: &Event<'_>,
) -> Vec<(Code, &'static str)> {
    let refused = match check.result {
        IdentityResult::Pass => None,
        IdentityResult::Refused => Some("refused"),
        IdentityResult::Mismatch => Some("mismatch"),
        IdentityResult::PersonDiffers => Some("person_differs"),
        IdentityResult::RefusedRegistration => Some("refused_registration"),
        IdentityResult::Unspecified => Some("result_missing"),
    };
    if let Some(reason) = refused {
        return vec![(Code::Rn05, reason)];
    }
    let mut breaches = Vec::new();
    for document in documents(check) {
        if let Some(reason) = number_breach(document) {
            breaches.push((Code::Rn03, reason));
        }
        if let Some(reason) = document_breach(case, document, event) {
            breaches.push((Code::Rn04, reason));
        }
    }
    let by_agent = is_by_agent(acceptance, check);
    if check.name_matches == Some(false) && !by_agent {
        breaches.push((Code::Rn06, "name_differs"));
    }
    if by_agent {
        if check.document.number == Number::Absent {
            breaches.push((Code::Rn09, "sender_identity_missing"));
        }
        if check.agent.is_none_or(|agent| agent.number == Number::Absent) {
            breaches.push((Code::Rn09, "agent_identity_missing"));
        }
    }
    breaches
}

/// Handed over by somebody else, as the acceptance says or the documents show.
fn is_by_agent(acceptance: &Acceptance<'_>, check: &IdentityChecked) -> bool {
    acceptance.accepted.by_agent || check.agent.is_some() || check.document.kind == Some(DocumentKind::CreditCode)
}

/// The sender's document, and the agent's where its number is there (its absence is RN-09).
fn documents(check: &IdentityChecked) -> impl Iterator<Item = &Document> {
    let agent = check.agent.as_ref().filter(|agent| agent.number != Number::Absent);
    [&check.document].into_iter().chain(agent)
}

/// RN-03: absent, or invalid for the stated kind. The region never decides.
fn number_breach(document: &Document) -> Option<&'static str> {
    use crate::document::Grade::Wrong;
    match document.number {
        Number::Absent => Some("number_absent"),
        Number::Unexamined => None,
        Number::Examined {
            format,
            checksum,
            birth_date,
            valid_as,
        } => match document.kind {
            None => None,
            Some(_) if format == Wrong && !valid_as.is_empty() => Some("valid_only_as_another_kind"),
            Some(_) if format == Wrong => Some("format"),
            Some(_) if birth_date == Wrong => Some("birth_date"),
            Some(_) if checksum == Wrong => Some("checksum"),
            Some(_) => None,
        },
    }
}

/// RN-04: expired before the civil day of the check, a 15-digit resident number, or a kind that is not accepted.
fn document_breach(case: &Case<'_>, document: &Document, event: &Event<'_>) -> Option<&'static str> {
    if document.kind.is_some_and(|kind| !case.rules.accepts_document(kind)) {
        return Some("kind_not_accepted");
    }
    if let Number::Examined { valid_as, .. } = document.number
        && matches!(
            document.kind,
            None | Some(DocumentKind::Resident | DocumentKind::TemporaryResident)
        )
        && valid_as.contains(DocumentKind::FirstGeneration)
        && !valid_as.contains(DocumentKind::Resident)
    {
        return Some("first_generation");
    }
    match document.expiry {
        Expiry::On(last) if last < event.occurred_at.civil_day() => Some("expired"),
        Expiry::On(_) | Expiry::LongTerm | Expiry::Unanswered => None,
    }
}

/// What somebody should have said of a number that exists, for it could be wrong: what it is like, where its kind has a
/// public check, or its kind, where no check digit tells one.
fn unsaid(document: &Document) -> Option<&'static str> {
    match (document.number, document.kind) {
        (Number::Absent, _) => None,
        (Number::Examined { valid_as, .. }, None) => {
            let tells = |kind: DocumentKind| kind.has_check_digit() || kind == DocumentKind::FirstGeneration;
            (!valid_as.iter().any(tells)).then_some("document.kind")
        }
        (
            Number::Unexamined,
            None
            | Some(
                DocumentKind::Resident
                | DocumentKind::TemporaryResident
                | DocumentKind::ResidencePermit
                | DocumentKind::ForeignPermanent2023
                | DocumentKind::ForeignPermanent2017,
            ),
        ) => Some("document.facts"),
        (Number::Examined { .. } | Number::Unexamined, Some(_)) => None,
    }
}

fn note_unanswered(check: &IdentityChecked, findings: &mut Findings<'_, '_>) {
    if documents(check).any(|document| document.expiry == Expiry::Unanswered) {
        findings.unanswered(Code::Rn04, "document.expiresOn");
    }
    if check.name_matches.is_none() {
        findings.unanswered(Code::Rn06, "nameMatches");
    }
}
