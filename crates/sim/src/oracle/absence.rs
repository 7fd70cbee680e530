//! "Without a counting acceptance".

use sanbai_wire::proto::event::parcel_event::Happening;

use super::clock::{HOUR, Nanos};
use super::evidence::Case;
use super::register::Found;
use super::{Book, DutyJudged, second};

/// "LC-01: first intake + 24 h, without grace."
const UNREPORTED_AFTER: Nanos = 24 * HOUR;

/// The three duties of a parcel that nobody reported to have accepted.
pub(super) fn judge(case: &Case<'_>, book: &mut Book) -> [DutyJudged; 3] {
    if let Some(ground) = ground(case) {
        return [(); 3].map(|()| DutyJudged::not_applicable(ground));
    }
    let ground = match inbound(case) {
        Some(true) => {
            let inbound = DutyJudged::not_applicable("inbound");
            return [inbound.clone(), inbound, second::judge_inbound(case, book)];
        }
        Some(false) => "no_acceptance",
        // "No site register: `unknown`, no LC-01".
        None => "no_site_register",
    };
    second::judge_beside(case, book);
    // "Everything else pending until first intake + 24 h, then three times `unknown` with LC-01."
    let first_intake = case.events.iter().map(|event| event.intake).min().unwrap_or(case.now);
    if case.now < first_intake + UNREPORTED_AFTER {
        return [(); 3].map(|()| DutyJudged::pending(None));
    }
    if ground == "no_acceptance" {
        book.raise("LC-01", 'C');
    }
    [(); 3].map(|()| DutyJudged::unknown(ground))
}

/// Why no duty applies, the first ground that fits.
fn ground(case: &Case<'_>) -> Option<&'static str> {
    if case.first_movement().is_some() {
        return None;
    }
    // "Takes the first ground that fits: voided, rejected, not_accepted".
    if case.has(|happening| matches!(happening, Happening::Voided(_))) {
        return Some("voided");
    }
    // "`rejected` and no movement → n/a rejected".
    if case.has(|happening| matches!(happening, Happening::Rejected(_))) {
        return Some("rejected");
    }
    // "No movement and no screening → n/a not_accepted".
    case.screenings().is_empty().then_some("not_accepted")
}

/// "*Inbound* iff the first movement in canonical order is an `arrived` whose `from` is not a site of the register at R".
/// `None` if there is no register to ask.
fn inbound(case: &Case<'_>) -> Option<bool> {
    let Some(first) = case.first_movement() else {
        return Some(false);
    };
    let Happening::Arrived(arrived) = first.happening else {
        return Some(false);
    };
    match case.register.site(&arrived.from) {
        Found::NoRegister => None,
        Found::Nothing => Some(true),
        Found::Entry(_) => Some(false),
    }
}
