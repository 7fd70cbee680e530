//! Prohibited goods: PR-01 at acceptance, PR-02 in transit. A retraction never removes a find.

use crate::case::Case;
use crate::event::{Event, EventId, Happening, Kinds, ProhibitedClass};
use crate::finding::{Code, Findings, Value};
use crate::time::{Span, Timestamp};

/// A find of prohibited goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Find<'a> {
    place: usize,
    /// The event that found it.
    pub event: EventId,
    /// When it was found.
    pub occurred_at: Timestamp,
    /// When that was received.
    pub intake_at: Timestamp,
    /// Where it was found.
    pub site: &'a str,
    /// Its class, where somebody stated it.
    pub class: Option<ProhibitedClass>,
}

/// All finds: a screening or open check `prohibited`, or an inspection with a prohibited class.
pub(crate) fn finds<'a>(case: &Case<'a>) -> impl Iterator<Item = Find<'a>> {
    case.all_of(Kinds::FIND).filter_map(|(place, item)| {
        let happening = &item.event.happening;
        let screened = happening.as_xray_screened().map(|screened| screened.prohibited_class);
        let opened = happening.as_open_checked().map(|check| check.prohibited_class);
        let inspected = happening.as_inspected().map(|check| check.prohibited_class);
        screened.or(opened).or(inspected).map(|class| {
            let Event {
                id,
                occurred_at,
                intake_at,
                site,
                ..
            } = item.event;
            Find {
                place,
                event: id,
                occurred_at,
                intake_at,
                site,
                class,
            }
        })
    })
}

/// PR-01 and PR-02 for all finds.
pub(crate) fn judge<'a>(case: &Case<'a>, findings: &mut Findings<'_, 'a>) {
    for find in finds(case) {
        if is_at_acceptance(case, &find) {
            at_acceptance(case, &find, findings);
        } else {
            in_transit(case, &find, findings);
        }
    }
}

/// Before the counting acceptance; without one, before anything moved.
fn is_at_acceptance(case: &Case<'_>, find: &Find<'_>) -> bool {
    match case.acceptance() {
        Some(acceptance) => find.place < acceptance.place,
        None => case.first_movement().is_none_or(|(place, _)| find.place < place),
    }
}

/// Accepted afterwards without a `rejected` between, or neither in time.
fn at_acceptance<'a>(case: &Case<'a>, find: &Find<'a>, findings: &mut Findings<'_, 'a>) {
    let after = || case.live().filter(|(place, _)| *place > find.place);
    let next = after().find(|(_, event)| matches!(event.happening, Happening::Accepted(_) | Happening::Rejected));
    match next {
        Some((place, event)) if matches!(event.happening, Happening::Accepted(_)) => {
            findings.raise(Code::Pr01, &[find.place, place], &values(find, "accepted"));
        }
        Some((_, event)) if event.occurred_at <= limit(case, find) => {}
        _ => {
            if case.has_come(due(case, find)) {
                findings.raise(Code::Pr01, &[find.place], &values(find, "not_rejected"));
            }
        }
    }
}

/// Not reported in time, or moved on without a release that comes after the report.
fn in_transit<'a>(case: &Case<'a>, find: &Find<'a>, findings: &mut Findings<'_, 'a>) {
    let after = || case.live().filter(|(place, _)| *place > find.place);
    let reported = after().find(|(_, event)| matches!(event.happening, Happening::Reported));
    let released = reported.and_then(|(report, _)| {
        after().find(|(place, event)| *place > report && matches!(event.happening, Happening::Released))
    });
    let moved = case
        .moves_after(find.place, find.site)
        .find(|(place, _)| released.is_none_or(|(release, _)| *place < release));
    if let Some((place, _)) = moved {
        findings.raise(Code::Pr02, &[find.place, place], &values(find, "moved"));
    }
    let in_time = reported.is_some_and(|(_, event)| event.occurred_at <= limit(case, find));
    if !in_time && case.has_come(due(case, find)) {
        findings.raise(Code::Pr02, &[find.place], &values(find, "not_reported"));
    }
}

/// Until when a find must be rejected or reported.
fn limit(case: &Case<'_>, find: &Find<'_>) -> Timestamp {
    find.occurred_at
        .plus(Span::minutes(case.rules.spans.find_handled_within_min.into()))
}

fn due(case: &Case<'_>, find: &Find<'_>) -> Timestamp {
    case.due(
        limit(case, find),
        find.intake_at,
        find.site,
        case.rules.spans.urgent_grace(),
    )
}

fn values<'a>(find: &Find<'a>, reason: &'static str) -> [(&'static str, Value<'a>); 3] {
    let class = find.class.map_or(0, ProhibitedClass::get);
    [
        ("foundAt", Value::Time(find.occurred_at)),
        ("prohibitedClass", Value::Number(class.into())),
        ("reason", Value::Word(reason)),
    ]
}
