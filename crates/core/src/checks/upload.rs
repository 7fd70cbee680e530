//! When it was uploaded and received: TM-01, TM-03, TM-04.

use crate::case::{Acceptance, Case};
use crate::duty::{inspection, real_name};
use crate::event::Event;
use crate::finding::{Code, Findings, Value};
use crate::rules::Severity;
use crate::time::{Span, Timestamp};

/// TM-01 and TM-04 for every event, TM-03 for what decides.
pub(crate) fn judge<'a>(case: &Case<'a>, acceptance: Option<&Acceptance<'a>>, findings: &mut Findings<'_, 'a>) {
    let ahead = Span::minutes(case.rules.spans.future_min.into());
    for (place, event) in case.reported().map(|(place, item)| (place, &item.event)) {
        let late = lateness(case, event);
        if let Some(delay) = late {
            let grave = delay > Span::hours(case.rules.spans.upload_grave_h.into());
            let severity = if grave { Severity::High } else { Severity::Info };
            let seconds = ("secondsLate", Value::Number(delay.whole_seconds()));
            findings.raise_at_least(Code::Tm01, severity, &[place], &[seconds]);
        }
        if event.occurred_at.since(event.upload_at()) > ahead {
            let seconds = event.occurred_at.since(event.upload_at()).whole_seconds();
            findings.raise(Code::Tm04, &[place], &[("secondsAhead", Value::Number(seconds))]);
        }
    }
    if let Some(acceptance) = acceptance {
        received_after_departure(case, acceptance, findings);
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
    let from = outage_end(case, event).unwrap_or(event.occurred_at);
    let delay = event.upload_at().since(from);
    (delay > Span::minutes(minutes.into())).then_some(delay)
}

fn outage_end(case: &Case<'_>, event: &Event<'_>) -> Option<Timestamp> {
    case.registers.outage_end(event.site, event.occurred_at)
}

/// TM-03: the deciding check or inspection occurred in time and was received after the first line-haul departure.
fn received_after_departure<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) {
    let Some((_, departure)) = case.first_line_haul() else {
        return;
    };
    let identity = real_name::deciding(case, acceptance).map(|(place, event, _)| (place, event));
    let inspected = inspection::deciding(case, acceptance).map(|(place, event, _)| (place, event));
    for (place, event) in identity.into_iter().chain(inspected) {
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
