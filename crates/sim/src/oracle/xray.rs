//! X-ray: XR-01, XR-02, and XR-06 where it makes the duty fail.

use std::collections::BTreeSet;

use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::event::{Route, Transport};
use sanbai_wire::proto::registry::XrayWay;

use super::acceptance::{GRACE, Outcome, is_letter};
use super::clock::{HOUR, Nanos};
use super::evidence::{Acceptance, Case, Event, is_second};
use super::register::Found;
use super::registered::Claim;
use super::{Book, DutyJudged, Profile, place, prohibited};

/// "Acceptance + 24 h".
const LIMIT: Nanos = 24 * HOUR;

/// What a class and a profile make of the duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// Class M and the duty applies: XR-01.
    Must,
    /// Class O and the duty applies: XR-02 H.
    Should,
    /// n/a special_way.
    SpecialWay,
    /// n/a as_needed.
    AsNeeded,
}

pub(super) fn judge(case: &Case<'_>, accepted: &Acceptance<'_>, claim: &Claim, book: &mut Book) -> DutyJudged {
    // "As parcel (switch `xray.letters`, on)".
    if is_letter(accepted) && !case.settings.xray_letters {
        return DutyJudged::not_applicable("letter");
    }
    let deadline = deadline(case, accepted);
    let moment = case.moment(accepted.event, deadline, GRACE);
    // "A screening before the acceptance counts; stage unspecified = origin".
    let screenings = case.screenings();
    let timely = screenings
        .iter()
        .find(|(event, body)| !is_second(body) && event.at <= deadline)
        .map(|(event, _)| *event);
    let returned = returned_before_line_haul(case);
    let special = *claim == Claim::Valid(XrayWay::Special);
    let needs = needs(case, accepted, special);
    if needs == BTreeSet::from([Need::SpecialWay]) {
        return DutyJudged::not_applicable("special_way");
    }
    if needs == BTreeSet::from([Need::AsNeeded]) {
        // "n/a as_needed, with XR-02 L if not screened"; special: "no XR-02".
        if timely.is_none() && !special && !returned && case.now >= moment {
            book.raise("XR-02", 'L');
        }
        return DutyJudged::not_applicable("as_needed");
    }
    // "Returned before line-haul: … applies if screened in time, else n/a returned".
    if timely.is_none() && returned {
        return DutyJudged::not_applicable("returned");
    }
    if prohibited::suspect_moved(case) {
        let is_late = timely.is_none() && case.now >= moment;
        let late = screened_later(case, deadline).filter(|_| is_late);
        let failed = DutyJudged::fail(deadline, late);
        book.raise("XR-06", 'C');
        add_missing(&needs, timely, case.now >= moment, book);
        return failed;
    }
    settle(case, accepted, deadline, &needs, timely, book)
}

fn settle(
    case: &Case<'_>,
    accepted: &Acceptance<'_>,
    deadline: Nanos,
    needs: &BTreeSet<Need>,
    timely: Option<&Event<'_>>,
    book: &mut Book,
) -> DutyJudged {
    let mut outcome = Outcome {
        evidence: timely,
        ..Outcome::default()
    };
    // "A screening in time satisfies the duty whatever it shows."
    if timely.is_none() {
        match missing(needs) {
            Some(fault) => {
                outcome.faults.push(fault);
                outcome.late = screened_later(case, deadline);
            }
            // "Route or transport unspecified and no timely screening (unless every class applies)".
            None => outcome.unknown = Some("route_unspecified"),
        }
    }
    outcome.settle(case, deadline, accepted.event, book)
}

/// Evidence after the deadline "says *performed late*".
fn screened_later<'c>(case: &'c Case<'_>, deadline: Nanos) -> Option<&'c Event<'c>> {
    let screenings = case.screenings();
    let late = screenings
        .iter()
        .find(|(event, body)| !is_second(body) && event.at > deadline);
    late.map(|(event, _)| *event)
}

/// What a missing screening is, if the duty applies whatever is unspecified.
fn missing(needs: &BTreeSet<Need>) -> Option<(&'static str, char)> {
    if needs.contains(&Need::SpecialWay) || needs.contains(&Need::AsNeeded) {
        return None;
    }
    // "Class O: the rest": what is not surely class M.
    if needs.contains(&Need::Should) {
        Some(("XR-02", 'H'))
    } else {
        Some(("XR-01", 'C'))
    }
}

/// *All* findings: a suspect image that moved on does not hide that no screening was in time.
fn add_missing(needs: &BTreeSet<Need>, timely: Option<&Event<'_>>, ripe: bool, book: &mut Book) {
    if let Some((code, severity)) = missing(needs)
        && timely.is_none()
        && ripe
    {
        book.raise(code, severity);
    }
}

/// "X-ray deadline: the earliest of first line-haul departure, delivery, acceptance + 24 h."
fn deadline(case: &Case<'_>, accepted: &Acceptance<'_>) -> Nanos {
    let mut deadline = accepted.event.at + LIMIT;
    if let Some(departure) = case.line_haul() {
        deadline = deadline.min(departure.at);
    }
    for event in case.live() {
        if matches!(event.happening, Happening::Delivered(_)) {
            deadline = deadline.min(event.at);
        }
    }
    deadline
}

/// "Returned before line-haul".
fn returned_before_line_haul(case: &Case<'_>) -> bool {
    let first = case
        .live()
        .find(|event| matches!(event.happening, Happening::Returned(_)));
    match (first, case.line_haul()) {
        (Some(returned), Some(line_haul)) => returned.order() < line_haul.order(),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// What the duty could be, over everything that an unspecified transport or route may stand for.
fn needs(case: &Case<'_>, accepted: &Acceptance<'_>, special: bool) -> BTreeSet<Need> {
    let key_area = case.register.is_key_area(&accepted.body.destination, accepted.event.at);
    let transports = match accepted.body.transport() {
        Transport::Unspecified => {
            vec![
                Transport::Road,
                Transport::Rail,
                Transport::HighSpeedRail,
                Transport::Air,
                Transport::Water,
            ]
        }
        stated => vec![stated],
    };
    let routes = match counting_route(case, accepted) {
        Route::Unspecified => {
            vec![
                Route::SameCity,
                Route::IntraProvince,
                Route::InterProvince,
                Route::HkMoTw,
                Route::International,
            ]
        }
        known => vec![known],
    };
    let mut needs = BTreeSet::new();
    for transport in transports {
        for route in &routes {
            needs.insert(need(case.profile, transport, *route, key_area, special));
        }
    }
    needs
}

/// The table of §1.
fn need(profile: Profile, transport: Transport, route: Route, key_area: bool, special: bool) -> Need {
    // "Class M: transport air or high-speed rail; route international, HK-MO-TW or inter-province; destination in a key
    // area in force at acceptance. Class O: the rest."
    let class_m = matches!(transport, Transport::Air | Transport::HighSpeedRail)
        || matches!(route, Route::International | Route::HkMoTw | Route::InterProvince)
        || key_area;
    match (class_m, profile) {
        (true, Profile::Strict100) => Need::Must,
        (true, Profile::Statutory) => {
            // "Inter-province by road or water, no key area: n/a special_way; else XR-01".
            let by_land = matches!(transport, Transport::Road | Transport::Water);
            if special && route == Route::InterProvince && by_land && !key_area {
                Need::SpecialWay
            } else {
                Need::Must
            }
        }
        (false, Profile::Strict100) => Need::Should,
        (false, Profile::Statutory) => Need::AsNeeded,
    }
}

/// "The route that counts is the wider of the declared one and that between the registered place of the accepting site
/// and `destination`".
pub(super) fn counting_route(case: &Case<'_>, accepted: &Acceptance<'_>) -> Route {
    let declared = accepted.body.route();
    match registered_route(case, accepted) {
        Some(registered) if i32::from(registered) > i32::from(declared) => registered,
        _ => declared,
    }
}

/// The route between the registered place of the accepting site and the destination.
pub(super) fn registered_route(case: &Case<'_>, accepted: &Acceptance<'_>) -> Option<Route> {
    match case.register.site(&accepted.event.body.site) {
        Found::Entry(site) => place::route_between(&site.place, &accepted.body.destination),
        Found::NoRegister | Found::Nothing => None,
    }
}
