//! X-ray screening (过机安检): XR-01, XR-02, XR-06, and XR-03 for inbound parcels.

use super::applicability::{AgreementClaim, ScreeningDuty, screening};
use super::{Cause, DutyStatus, Ground, Status};
use crate::case::{Acceptance, Case};
use crate::checks::screening::{SecondScreening, Uncleared};
use crate::event::{Event, Kinds, XrayScreened};
use crate::finding::{Code, Findings, Value};
use crate::time::{Span, Timestamp};

/// A screening and its place in canonical order.
pub(crate) type Screening<'a> = (usize, &'a Event<'a>, &'a XrayScreened<'a>);

/// What ends the time for a screening.
const ENDS: Kinds = Kinds::LINE_HAUL.with(Kinds::DELIVERED);

/// All screenings that count.
pub(crate) fn screenings<'a>(case: &Case<'a>) -> impl Iterator<Item = Screening<'a>> {
    case.live_of(Kinds::XRAY_SCREENED)
        .filter_map(|(place, event)| Some((place, event, event.happening.as_xray_screened()?)))
}

/// How the duty stands for an accepted parcel. An uncleared suspect image fails it wherever it applies.
pub(crate) fn judge<'a>(
    case: &Case<'a>,
    acceptance: &Acceptance<'a>,
    agreement: AgreementClaim<'a>,
    uncleared: Option<&Uncleared<'a>>,
    findings: &mut Findings<'_, 'a>,
) -> DutyStatus {
    let (deadline, cause) = deadline(case, acceptance);
    let due = case.due(
        deadline,
        acceptance.event.intake_at,
        acceptance.event.site,
        case.rules.spans.grace(),
    );
    let in_time = deciding(case, deadline);
    let mut places = vec![acceptance.place];
    places.extend(cause);
    let values = [("deadline", Value::Time(deadline))];
    let statutory = match screening(case, acceptance, agreement) {
        ScreeningDuty::Exempt(ground) => {
            let takes_note = ground == Ground::AsNeeded && !is_special(agreement);
            let is_missing = in_time.is_none() && returned_before_line_haul(case).is_none();
            if takes_note && is_missing {
                case.awaits(ENDS);
                if case.has_come(due) {
                    findings.raise(Code::Xr02, &places, &values);
                }
            }
            return DutyStatus::exempt(ground, vec![acceptance.event.id]);
        }
        ScreeningDuty::Applies { statutory } => Some(statutory),
        ScreeningDuty::Unclear => None,
    };
    // What ends the time for it later than it was done ends it no earlier than this.
    let is_surely_reported = |event: &Event<'_>| event.intake_at <= event.occurred_at.plus(case.rules.spans.grace());
    if !in_time.is_some_and(|(_, event, _)| is_surely_reported(event)) {
        case.awaits(ENDS);
    }
    let status = if let Some((_, event, _)) = in_time {
        DutyStatus {
            reported_late: event.intake_at > due,
            ..DutyStatus::new(Status::Pass, vec![event.id])
        }
    } else if let Some(returned) = returned_before_line_haul(case) {
        DutyStatus::exempt(Ground::Returned, vec![returned.id])
    } else if !case.has_come(due) {
        DutyStatus::pending(Some(deadline))
    } else if let Some(statutory) = statutory {
        let late =
            screenings(case).find(|(_, event, screened)| event.occurred_at > deadline && !screened.at_destination);
        let code = if statutory { Code::Xr01 } else { Code::Xr02 };
        places.extend(late.map(|(place, _, _)| place));
        findings.raise(code, &places, &values);
        if late.is_some() {
            findings.performed_late(code);
        }
        let events = [Some(acceptance.event.id), late.map(|(_, event, _)| event.id)];
        DutyStatus::failed(deadline, events.into_iter().flatten().collect(), late.is_some())
    } else {
        DutyStatus::unknown(Cause::RouteUnspecified)
    };
    match (uncleared, status.status) {
        (None, _) | (Some(_), Status::NotApplicable(_)) => status,
        (Some(uncleared), _) => {
            let events = [status.events, uncleared.events()].concat();
            DutyStatus::failed(deadline, events, status.performed_late)
        }
    }
}

/// How the duty stands for an inbound parcel: the second screening, where a key area asks for it.
pub(crate) fn judge_inbound(second: &SecondScreening<'_>) -> DutyStatus {
    match second {
        SecondScreening::NotAsked => DutyStatus::exempt(Ground::Inbound, Vec::new()),
        SecondScreening::Pending { deadline } => DutyStatus::pending(*deadline),
        SecondScreening::Done { event, due } => DutyStatus {
            reported_late: event.intake_at > *due,
            ..DutyStatus::new(Status::Pass, vec![event.id])
        },
        SecondScreening::Missed { delivery, .. } => {
            DutyStatus::failed(delivery.1.occurred_at, vec![delivery.1.id], false)
        }
    }
}

/// The earliest of first line-haul departure, delivery and acceptance + 24 h, and the place of the event that set it.
fn deadline(case: &Case<'_>, acceptance: &Acceptance<'_>) -> (Timestamp, Option<usize>) {
    let allowed = Span::hours(case.rules.spans.xray_after_acceptance_h.into());
    let absolute = acceptance.event.occurred_at.plus(allowed);
    case.peek(ENDS)
        .filter(|(_, event)| event.occurred_at < absolute)
        .map_or((absolute, None), |(place, event)| (event.occurred_at, Some(place)))
}

/// The first screening in time, whatever it shows.
fn deciding<'a>(case: &Case<'a>, deadline: Timestamp) -> Option<Screening<'a>> {
    screenings(case).find(|(_, event, screened)| event.occurred_at <= deadline && !screened.at_destination)
}

fn is_special(agreement: AgreementClaim<'_>) -> bool {
    match agreement {
        AgreementClaim::Valid(agreement) => agreement.special_way,
        AgreementClaim::None | AgreementClaim::Invalid(_) | AgreementClaim::NoRegister => false,
    }
}

fn returned_before_line_haul<'a>(case: &Case<'a>) -> Option<&'a Event<'a>> {
    let (place, returned) = case.live_of(Kinds::RETURNED).next()?;
    case.first_line_haul()
        .is_none_or(|(line_haul, _)| place < line_haul)
        .then_some(returned)
}
