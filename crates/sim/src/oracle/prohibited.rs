//! Finds (PR-01, PR-02) and suspect images (XR-06).
//!
//! "A retraction never removes a find or a suspect image from PR and XR-06", so both are read from all events; whatever
//! could excuse them counts only while it is not retracted.

use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::event::{OpenCheckResult, XrayJudgement, XrayScreened};

use super::Book;
use super::clock::{MINUTE, Nanos};
use super::evidence::{Case, Event};

/// "Or neither within 30 min"; "unless `reported` within 30 min".
const LIMIT: Nanos = 30 * MINUTE;
/// "10 min for XR-06 and PR".
const GRACE: Nanos = 10 * MINUTE;

/// Every find, by itself.
pub(super) fn judge(case: &Case<'_>, book: &mut Book) {
    for find in &case.events {
        if !is_find(find) {
            continue;
        }
        if is_at_acceptance(case, find) {
            judge_at_acceptance(case, find, book);
        } else {
            judge_in_transit(case, find, book);
        }
    }
}

/// "A screening or open check `prohibited`, or an inspection with a prohibited class."
fn is_find(event: &Event<'_>) -> bool {
    match event.happening {
        Happening::XrayScreened(screened) => screened.judgement() == XrayJudgement::Prohibited,
        Happening::OpenChecked(checked) => checked.result() == OpenCheckResult::Prohibited,
        Happening::Inspected(inspected) => inspected.prohibited_class != 0,
        _ => false,
    }
}

/// The class of every find, 0 where nobody stated it.
pub(super) fn classes(case: &Case<'_>) -> Vec<u32> {
    let finds = case.events.iter().filter(|event| is_find(event));
    let class = |event: &Event<'_>| match event.happening {
        Happening::XrayScreened(screened) => screened.prohibited_class,
        Happening::OpenChecked(checked) => checked.prohibited_class,
        Happening::Inspected(inspected) => inspected.prohibited_class,
        _ => 0,
    };
    finds.map(class).collect()
}

/// Up to the acceptance; without one, before the first movement.
fn is_at_acceptance(case: &Case<'_>, find: &Event<'_>) -> bool {
    match case.acceptance() {
        Some(accepted) => find.at <= accepted.event.at,
        None => case
            .first_movement()
            .is_none_or(|movement| find.order() < movement.order()),
    }
}

/// "PR-01 if accepted afterwards without a `rejected` between, or neither within 30 min."
fn judge_at_acceptance(case: &Case<'_>, find: &Event<'_>, book: &mut Book) {
    let rejected_by = |until: Nanos| {
        case.live()
            .any(|event| matches!(event.happening, Happening::Rejected(_)) && find.at <= event.at && event.at <= until)
    };
    let acceptances = case.acceptances();
    let accepted = acceptances.iter().find(|accepted| accepted.event.at >= find.at);
    // An acceptance is there to see: it stands at once.
    if let Some(accepted) = accepted
        && !rejected_by(accepted.event.at)
    {
        book.raise("PR-01", 'C');
    }
    let limit = find.at + LIMIT;
    let accepted_in_time = accepted.is_some_and(|accepted| accepted.event.at <= limit);
    if !accepted_in_time && !rejected_by(limit) && case.now >= case.moment(find, limit, GRACE) {
        book.raise("PR-01", 'C');
    }
}

/// "PR-02 unless `reported` within 30 min and no move follows, save after a `released` that comes after the report."
fn judge_in_transit(case: &Case<'_>, find: &Event<'_>, book: &mut Book) {
    let limit = find.at + LIMIT;
    let mut reports = Vec::new();
    for event in case.live() {
        if matches!(event.happening, Happening::Reported(_)) && event.at >= find.at {
            reports.push(event.at);
        }
    }
    if !reports.iter().any(|report| *report <= limit) && case.now >= case.moment(find, limit, GRACE) {
        book.raise("PR-02", 'C');
    }
    for movement in moves_after(case, find) {
        let released = case.live().any(|event| {
            matches!(event.happening, Happening::Released(_))
                && event.at <= movement.at
                && reports.iter().any(|report| *report <= event.at)
        });
        // "Findings on what *is* there (PR-02 by a move, …) stand at once."
        if !released {
            book.raise("PR-02", 'C');
        }
    }
}

/// The moves that follow, seen from the site of `event`.
fn moves_after<'c>(case: &'c Case<'_>, event: &Event<'_>) -> Vec<&'c Event<'c>> {
    let mut moves = Vec::new();
    for later in case.live() {
        if later.order() > event.order() && later.is_move(Some(&event.body.site)) {
            moves.push(later);
        }
    }
    moves
}

/// XR-06 wherever it stands, also beside duties that do not apply.
pub(super) fn judge_suspects(case: &Case<'_>, book: &mut Book) {
    if suspect_moved(case) {
        book.raise("XR-06", 'C');
    }
}

/// "Moved uncleared → XR-06."
pub(super) fn suspect_moved(case: &Case<'_>) -> bool {
    for image in &case.events {
        let Happening::XrayScreened(screened) = image.happening else {
            continue;
        };
        if screened.judgement() != XrayJudgement::Suspect {
            continue;
        }
        let moves = moves_after(case, image);
        let Some(next) = moves.first() else { continue };
        let cleared = case
            .live()
            .any(|event| clears(event, image, screened) && event.at <= next.at);
        if !cleared && case.now >= case.moment(next, next.at, GRACE) {
            return true;
        }
    }
    false
}

/// "`suspect` is cleared only by an `openChecked` with result pass or a `released`, by an operator other than the screener,
/// not before the image". An operator that nobody named is no other operator.
fn clears(event: &Event<'_>, image: &Event<'_>, screened: &XrayScreened) -> bool {
    let clearing = match event.happening {
        Happening::OpenChecked(checked) => checked.result() == OpenCheckResult::Pass,
        Happening::Released(_) => true,
        _ => false,
    };
    let screener = if screened.screener.is_empty() {
        &image.body.operator
    } else {
        &screened.screener
    };
    let other = !event.body.operator.is_empty() && event.body.operator != *screener;
    clearing && other && event.at >= image.at
}
