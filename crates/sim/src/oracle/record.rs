//! What the records themselves show: TM, DQ, PV, and the life of the parcel (LC-02, LC-03, LC-05).

use sanbai_wire::proto::event::Route;
use sanbai_wire::proto::event::parcel_event::Happening;

use super::Book;
use super::acceptance::GRACE;
use super::clock::{HOUR, MINUTE, Nanos};
use super::evidence::{Acceptance, Case, Event};
use super::register::Found;
use super::{place, xray};

/// "No movement 72 h after the acceptance".
const MOVES_WITHIN: Nanos = 72 * HOUR;

/// Every rule that needs no acceptance.
pub(super) fn judge(case: &Case<'_>, book: &mut Book) {
    // "DQ-06 I waybill fits no pattern".
    if !(case.settings.waybill_fits)(case.brand, case.waybill) {
        book.raise("DQ-06", 'I');
    }
    for event in case.live() {
        judge_upload(case, event, book);
        judge_site(case, event, book);
        // "DQ-03 H one event id with two contents".
        if event.disputed {
            book.raise("DQ-03", 'H');
        }
        // "PV-01: a number … in a free-text field is replaced at decoding by a fact; the event counts."
        if !event.body.redacted_fields.is_empty() {
            book.raise("PV-01", 'H');
        }
    }
    // "Unless a movement is in the set; then it is ignored and LC-05 is raised."
    if case.withdrawn().is_some() && case.first_movement().is_some() {
        book.raise("LC-05", 'H');
    }
    judge_standstill(case, book);
}

/// "TM-01: upload − occurred over 10 min for identityChecked and inspected, over 2 h for xrayScreened; H over 24 h."
/// "TM-04: more than 5 min and up to 24 h before it occurred."
fn judge_upload(case: &Case<'_>, event: &Event<'_>, book: &mut Book) {
    if let Some(severity) = upload_delay(case, event) {
        book.raise("TM-01", severity);
    }
    let ahead = event.at - event.upload;
    if ahead > 5 * MINUTE && ahead <= 24 * HOUR {
        book.raise("TM-04", 'M');
    }
}

fn upload_delay(case: &Case<'_>, event: &Event<'_>) -> Option<char> {
    let limit = match event.happening {
        Happening::IdentityChecked(_) | Happening::Inspected(_) => 10 * MINUTE,
        Happening::XrayScreened(_) => 2 * HOUR,
        _ => return None,
    };
    // "In an outage of the site TM-01 … count\[s\] from its end".
    let delay = event.upload - case.register.after_outages(&event.body.site, event.at);
    if delay > 24 * HOUR {
        Some('H')
    } else if delay > limit {
        Some('M')
    } else {
        None
    }
}

/// "TM-03 (parcel): a deciding identityChecked or inspected that occurred in time and has `intakeAt` after the first
/// line-haul departure. In an outage of the site … TM-03 only stands with TM-01."
pub(super) fn judge_received(case: &Case<'_>, deciding: &Event<'_>, book: &mut Book) {
    let after_departure = case.line_haul().is_some_and(|departure| deciding.intake > departure.at);
    let in_outage = case.register.after_outages(&deciding.body.site, deciding.at) != deciding.at;
    if after_departure && (!in_outage || upload_delay(case, deciding).is_some()) {
        book.raise("TM-03", 'H');
    }
}

/// "DQ-01 H site not in its register · DQ-02 M place … differs from the register".
fn judge_site(case: &Case<'_>, event: &Event<'_>, book: &mut Book) {
    match case.register.site(&event.body.site) {
        Found::NoRegister => {
            book.leave_open("DQ-01", "sites");
            if !event.body.place.is_empty() {
                book.leave_open("DQ-02", "sites");
            }
        }
        Found::Nothing => book.raise("DQ-01", 'H'),
        Found::Entry(site) => {
            if place::differ(&site.place, &event.body.place) {
                book.raise("DQ-02", 'M');
            }
        }
    }
}

/// "A narrower declaration is DQ-02."
pub(super) fn judge_route(case: &Case<'_>, accepted: &Acceptance<'_>, book: &mut Book) {
    let declared = accepted.body.route();
    if declared != Route::Unspecified && xray::counting_route(case, accepted) != declared {
        book.raise("DQ-02", 'M');
    }
    let comparable = declared != Route::Unspecified && !accepted.body.destination.is_empty();
    if comparable && matches!(case.register.site(&accepted.event.body.site), Found::NoRegister) {
        book.leave_open("DQ-02", "sites");
    }
}

/// LC-02, DQ-04 and DQ-05.
pub(super) fn judge_further_acceptances(case: &Case<'_>, accepted: &Acceptance<'_>, book: &mut Book) {
    // "DQ-04 M moved more than 5 min before the acceptance".
    for event in case.live() {
        if event.is_move(Some(&accepted.event.body.site)) && accepted.event.at - event.at > 5 * MINUTE {
            book.raise("DQ-04", 'M');
        }
    }
    let tokens = |acceptance: &Acceptance<'_>| {
        acceptance
            .body
            .sender
            .as_ref()
            .map(|sender| sender.phone_tokens.clone())
            .unwrap_or_default()
    };
    for second in case.acceptances().iter().skip(1) {
        // "After `returned` neither."
        let after_return = case
            .live()
            .any(|event| matches!(event.happening, Happening::Returned(_)) && event.order() < second.event.order());
        if after_return {
            continue;
        }
        // "Same site and a common sender token → nothing; no common token → LC-02; another site → DQ-05".
        let known = tokens(accepted);
        if second.event.body.site != accepted.event.body.site {
            book.raise("DQ-05", 'M');
        } else if !tokens(second).iter().any(|token| known.contains(token)) {
            book.raise("LC-02", 'M');
        }
    }
}

/// "LC-03: a compliance event and no movement 72 h after the acceptance (else after the first of them); not if voided,
/// rejected, returned, held and not released, or the acceptance was retracted."
fn judge_standstill(case: &Case<'_>, book: &mut Book) {
    let compliance = case.live().find(|event| {
        matches!(
            event.happening,
            Happening::IdentityChecked(_) | Happening::Inspected(_) | Happening::XrayScreened(_)
        )
    });
    let Some(compliance) = compliance else { return };
    let due = case.acceptance().map_or(compliance, |accepted| accepted.event);
    let limit = due.at + MOVES_WITHIN;
    let from = case.acceptance().map(|accepted| accepted.event.body.site.as_str());
    let moved = case.live().any(|event| event.is_move(from) && event.at <= limit);
    if !moved && !is_excused(case) && case.now >= case.moment(due, limit, GRACE) {
        book.raise("LC-03", 'M');
    }
}

fn is_excused(case: &Case<'_>) -> bool {
    let ended = case.has(|happening| {
        matches!(
            happening,
            Happening::Voided(_) | Happening::Rejected(_) | Happening::Returned(_)
        )
    });
    let mut held = false;
    for event in case.live() {
        match event.happening {
            Happening::Held(_) => held = true,
            Happening::Released(_) => held = false,
            _ => {}
        }
    }
    let withdrawn = case.acceptance().is_none()
        && case
            .events
            .iter()
            .any(|event| event.retracted && matches!(event.happening, Happening::Accepted(_)));
    ended || held || withdrawn
}
