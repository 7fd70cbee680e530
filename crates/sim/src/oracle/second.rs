//! "Second screening (XR-03)".

use sanbai_wire::proto::event::parcel_event::Happening;

use super::acceptance::GRACE;
use super::evidence::{Case, Event, is_second};
use super::place;
use super::register::Found;
use super::{Book, DutyJudged};

/// Beside the duties: "for parcels accepted here (the finding names the delivering site)".
pub(super) fn judge_beside(case: &Case<'_>, book: &mut Book) {
    let Some(delivery) = delivery(case) else {
        return;
    };
    let asked = in_key_area(case, delivery);
    if asked && screening(case, delivery).is_none() && case.now >= case.moment(delivery, delivery.at, GRACE) {
        book.raise("XR-03", 'C');
    }
}

/// "For inbound ones it is the X-ray duty": "second screening where a key area asks for it, else n/a inbound".
pub(super) fn judge_inbound(case: &Case<'_>, book: &mut Book) -> DutyJudged {
    let Some(delivery) = delivery(case) else {
        // "Judged only with a `delivered` (until then site and time of the latest `arrived` stand for it)".
        let latest = case
            .live()
            .filter(|event| matches!(event.happening, Happening::Arrived(_)))
            .last();
        return match latest {
            Some(latest) if in_key_area(case, latest) => DutyJudged::pending(None),
            _ => DutyJudged::not_applicable("inbound"),
        };
    };
    if !in_key_area(case, delivery) {
        return DutyJudged::not_applicable("inbound");
    }
    let moment = case.moment(delivery, delivery.at, GRACE);
    match screening(case, delivery) {
        Some(screening) => DutyJudged::pass(screening, moment),
        None if case.now < moment => DutyJudged::pending(Some(delivery.at)),
        None => {
            book.raise("XR-03", 'C');
            DutyJudged::fail(delivery.at, None)
        }
    }
}

fn delivery<'c>(case: &'c Case<'_>) -> Option<&'c Event<'c>> {
    case.live()
        .find(|event| matches!(event.happening, Happening::Delivered(_)))
}

/// "Whose site, by the register, else `destination`, lies in a key area in force at the *delivery*".
fn in_key_area(case: &Case<'_>, delivery: &Event<'_>) -> bool {
    let registered = match case.register.site(&delivery.body.site) {
        Found::Entry(site) => site.place.as_str(),
        Found::NoRegister | Found::Nothing => "",
    };
    if !place::said(registered).is_empty() {
        return case.register.is_key_area(registered, delivery.at);
    }
    case.acceptance()
        .is_some_and(|accepted| case.register.is_key_area(&accepted.body.destination, delivery.at))
}

/// "A `destination` screening with a mark between the last `arrived` and the delivery."
fn screening<'c>(case: &'c Case<'_>, delivery: &Event<'_>) -> Option<&'c Event<'c>> {
    let arrival = case
        .live()
        .filter(|event| matches!(event.happening, Happening::Arrived(_)) && event.order() < delivery.order())
        .last();
    let screenings = case.screenings();
    let found = screenings.iter().find(|(event, body)| {
        is_second(body)
            && body.mark.is_some()
            && arrival.is_none_or(|arrival| arrival.at <= event.at)
            && event.at <= delivery.at
    });
    found.map(|(event, _)| *event)
}
