//! Findings that a register decides: AG-01, OR-01, IN-07, XR-04, XR-08; and XR-09.
//!
//! "Present, key absent: the finding …. Not present: the rule is *unanswered*".

use sanbai_wire::proto::event::XrayScreened;
use sanbai_wire::proto::registry::{Agreement, DaySpan, Machine, Site, SiteKind, XrayWay};

use super::Book;
use super::clock::{civil_day, day_in_span, day_number};
use super::evidence::{Acceptance, Case, Event, mark_is_complete};
use super::register::Found;

/// "The 20th day after opening is in time".
const FILING_DAYS: i64 = 20;

/// The agreement under which a parcel was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// None is claimed.
    Unclaimed,
    /// On file and valid at the acceptance.
    Valid(XrayWay),
    /// AG-01.
    Invalid,
    /// No register to ask.
    NoRegister,
}

/// "AG-01: exempt claimed, agreement unknown, expired, not signed, not filed or wrong outlet/brand".
pub(super) fn judge_claim(case: &Case<'_>, accepted: &Acceptance<'_>, book: &mut Book) -> Claim {
    if accepted.body.agreement.is_empty() {
        return Claim::Unclaimed;
    }
    match case.register.agreement(&accepted.body.agreement) {
        Found::NoRegister => {
            book.leave_open("AG-01", "agreements");
            Claim::NoRegister
        }
        Found::Entry(agreement) if agreement_holds(agreement, accepted.event) => Claim::Valid(agreement.xray_way()),
        Found::Nothing | Found::Entry(_) => {
            book.raise("AG-01", 'C');
            Claim::Invalid
        }
    }
}

fn agreement_holds(agreement: &Agreement, acceptance: &Event<'_>) -> bool {
    let day = civil_day(acceptance.at);
    let by_then = |text: &str| day_number(text).is_some_and(|done| done <= day);
    by_then(&agreement.signed_on)
        && by_then(&agreement.filed_on)
        && day_in_span(day, &agreement.from, &agreement.to)
        && (agreement.sites.is_empty() || agreement.sites.contains(&acceptance.body.site))
}

/// "OR-01: outlet without licence/filing, or expired; terminal point > 20 days unfiled": the accepting outlet, that day.
pub(super) fn judge_outlet(case: &Case<'_>, accepted: &Acceptance<'_>, book: &mut Book) {
    match case.register.site(&accepted.event.body.site) {
        // "For a site DQ-01, and OR-01 unanswered".
        Found::NoRegister | Found::Nothing => book.leave_open("OR-01", "sites"),
        Found::Entry(site) => {
            if !outlet_is_in_order(site, civil_day(accepted.event.at)) {
                book.raise("OR-01", 'C');
            }
        }
    }
}

fn outlet_is_in_order(site: &Site, day: i64) -> bool {
    let licensed = !site.licence.is_empty() && day_in_span(day, &site.licence_from, &site.licence_to);
    let filed = day_number(&site.filed_on).is_some_and(|filed| filed <= day);
    match site.kind() {
        SiteKind::Licensed => licensed,
        SiteKind::Terminal => filed || day_number(&site.opened_on).is_some_and(|opened| day <= opened + FILING_DAYS),
        SiteKind::Branch | SiteKind::Unspecified => licensed || filed,
        SiteKind::ProcessingCentre => true,
    }
}

/// "IN-07: inspector not registered, or training overdue".
pub(super) fn judge_inspector(case: &Case<'_>, inspection: &Event<'_>, book: &mut Book) {
    match case.register.staff(&inspection.body.operator) {
        Found::NoRegister => book.leave_open("IN-07", "staff"),
        Found::Nothing => book.raise("IN-07", 'H'),
        Found::Entry(staff) => {
            if !lasts(&staff.trained_until, inspection) {
                book.raise("IN-07", 'H');
            }
        }
    }
}

/// Whether the day named, the last one that counts, is not before that of the event.
fn lasts(until: &str, event: &Event<'_>) -> bool {
    day_number(until).is_some_and(|until| civil_day(event.at) <= until)
}

/// XR-04, XR-08 and XR-09 of every screening, whether or not it was the one that counted.
pub(super) fn judge_screenings(case: &Case<'_>, book: &mut Book) {
    for (event, screened) in case.screenings() {
        judge_machine(case, event, screened, book);
        judge_screener(case, event, screened, book);
        judge_provider(case, event, screened, book);
        judge_mark(screened, book);
    }
}

/// "XR-04: machine not registered, … out of service".
fn judge_machine(case: &Case<'_>, event: &Event<'_>, screened: &XrayScreened, book: &mut Book) {
    match case.register.machine(&screened.device) {
        Found::NoRegister => book.leave_open("XR-04", "machines"),
        Found::Entry(machine) if machine_serves(machine, event) => {}
        Found::Nothing | Found::Entry(_) => book.raise("XR-04", 'H'),
    }
}

fn machine_serves(machine: &Machine, event: &Event<'_>) -> bool {
    let day = civil_day(event.at);
    let holds = |span: &DaySpan| day_in_span(day, &span.from, &span.to);
    let in_service = machine.in_service.is_empty() || machine.in_service.iter().any(holds);
    let here = machine.sites.is_empty() || machine.sites.contains(&event.body.site);
    in_service && here
}

/// "XR-04: … or screener not … qualified".
fn judge_screener(case: &Case<'_>, event: &Event<'_>, screened: &XrayScreened, book: &mut Book) {
    match case.register.staff(&screened.screener) {
        Found::NoRegister => book.leave_open("XR-04", "staff"),
        Found::Entry(staff) if lasts(&staff.screener_until, event) => {}
        Found::Nothing | Found::Entry(_) => book.raise("XR-04", 'H'),
    }
}

/// "XR-08: done by third party without valid contract".
fn judge_provider(case: &Case<'_>, event: &Event<'_>, screened: &XrayScreened, book: &mut Book) {
    if screened.third_party.is_empty() {
        return;
    }
    match case.register.contract(&screened.third_party) {
        Found::NoRegister => book.leave_open("XR-08", "contracts"),
        Found::Entry(contract) if day_in_span(civil_day(event.at), &contract.from, &contract.to) => {}
        Found::Nothing | Found::Entry(_) => book.raise("XR-08", 'H'),
    }
}

/// "IN-03, XR-09: mark absent or without unit, operator and time (XR-09 also device and sequence number)".
fn judge_mark(screened: &XrayScreened, book: &mut Book) {
    let mark = screened.mark.as_ref();
    let complete =
        mark_is_complete(mark) && mark.is_some_and(|mark| !mark.device.is_empty() && !mark.sequence.is_empty());
    if !complete {
        book.raise("XR-09", 'H');
    }
}
