//! When it was uploaded and received: TM-01, TM-03, TM-04.

use crate::case::{Acceptance, Case};
use crate::duty::{DutyStatus, Status, inspection, real_name};
use crate::event::{Event, Kinds};
use crate::finding::{Code, Findings, Value};
use crate::rules::Severity;
use crate::time::{Span, Timestamp};

/// TM-01 and TM-04 for one event by itself.
pub(crate) fn event<'a>(case: &Case<'a>, place: usize, event: &Event<'a>, findings: &mut Findings<'_, 'a>) {
    if let Some(delay) = lateness(case, event) {
        let grave = delay > Span::hours(case.rules.spans.upload_grave_h.into());
        let severity = if grave { Severity::High } else { Severity::Info };
        let seconds = ("secondsLate", Value::Number(delay.whole_seconds()));
        findings.raise_at_least(Code::Tm01, severity, &[place], &[seconds]);
    }
    let ahead = event.occurred_at.since(event.upload_at());
    let is_of_the_device = ahead <= Span::hours(case.rules.limits.event_future_hours_max.into());
    if is_of_the_device && ahead > Span::minutes(case.rules.spans.future_min.into()) {
        let seconds = ("secondsAhead", Value::Number(ahead.whole_seconds()));
        findings.raise(Code::Tm04, &[place], &[seconds]);
    }
}

/// How late an event was uploaded, if too late; in an outage of its site counted from the end of it.
fn lateness(case: &Case<'_>, event: &Event<'_>) -> Option<Span> {
    let spans = &case.rules.spans;
    let happening = &event.happening;
    let minutes = if happening.as_identity_checked().is_some() {
        spans.upload_identity_max_min
    } else if happening.as_inspected().is_some() {
        spans.upload_inspection_max_min
    } else if happening.as_xray_screened().is_some() {
        spans.upload_xray_max_min
    } else {
        return None;
    };
    let is_late = |delay: Span| delay > Span::minutes(minutes.into());
    let delay = event.upload_at().since(event.occurred_at);
    // In an outage it is less.
    let in_outage = || outage_end(case, event).map(|end| event.upload_at().since(end));
    is_late(delay)
        .then(|| in_outage().unwrap_or(delay))
        .filter(|delay| is_late(*delay))
}

fn outage_end(case: &Case<'_>, event: &Event<'_>) -> Option<Timestamp> {
    case.registers.outage_end(event.site, event.occurred_at)
}

/// TM-03: the deciding check or inspection occurred in time and was received after the first line-haul departure. Where
/// a duty does not apply, no evidence decides it.
pub(crate) fn received_after_departure<'a>(
    case: &Case<'a>,
    acceptance: Option<&Acceptance<'a>>,
    [of_sender, of_item, _]: &[DutyStatus; 3],
    findings: &mut Findings<'_, 'a>,
) {
    let Some(acceptance) = acceptance else {
        return;
    };
    let applies = |duty: &DutyStatus| !matches!(duty.status, Status::NotApplicable(_));
    let identity = real_name::deciding(case, acceptance).filter(|_| applies(of_sender));
    let identity = identity.map(|(place, event, _)| (place, event));
    let inspected = inspection::deciding(case, acceptance).filter(|_| applies(of_item));
    let inspected = inspected.map(|(place, event, _)| (place, event));
    let mut deciding = identity.into_iter().chain(inspected);
    let Some((_, departure)) = case.peek(Kinds::LINE_HAUL) else {
        if deciding.any(|(_, event)| case.latest().is_none_or(|latest| latest < event.intake_at)) {
            case.awaits(Kinds::LINE_HAUL);
        }
        return;
    };
    for (place, event) in deciding {
        let is_excused = outage_end(case, event).is_some() && lateness(case, event).is_none();
        if event.intake_at > departure.occurred_at && !is_excused {
            let received_at = ("receivedAt", Value::Time(event.intake_at));
            findings.raise(
                Code::Tm03,
                &[place],
                &[received_at, ("departedAt", Value::Time(departure.occurred_at))],
            );
        }
    }
}
