//! What the data itself says: DQ-01, DQ-02, DQ-03, DQ-06, PV-01, IN-06.

use crate::case::{Acceptance, Case, Item};
use crate::duty::applicability::CountingRoute;
use crate::duty::inspection;
use crate::event::DeclaredItem;
use crate::finding::{Code, Findings, Value};
use crate::registry::Lookup;

/// DQ-01, the place of DQ-02, DQ-03 and PV-01 for one event by itself.
pub(crate) fn event<'a>(case: &Case<'a>, place: usize, item: &'a Item<'a>, findings: &mut Findings<'_, 'a>) {
    let event = &item.event;
    match case.site(event.site) {
        Lookup::Absent => findings.raise(Code::Dq01, &[place], &[("site", Value::Word(event.site))]),
        Lookup::NoRegister => findings.unanswered(Code::Dq01, "sites"),
        Lookup::Found(site) => {
            let places = site.place.zip(event.place);
            if places.is_some_and(|(registered, said)| !registered.agrees_with(said)) {
                findings.raise(Code::Dq02, &[place], &[("differs", Value::Word("place"))]);
            }
        }
    }
    if item.conflicted {
        findings.raise(Code::Dq03, &[place], &[]);
    }
    if event.redacted {
        findings.raise(Code::Pv01, &[place], &[]);
    }
}

/// DQ-06: the waybill fits no pattern of its brand.
pub(crate) fn waybill(case: &Case<'_>, findings: &mut Findings<'_, '_>) {
    if let Some(first) = case.first()
        && let Some(brand) = case.rules.brand.get(first.brand)
    {
        match brand.fits(first.waybill) {
            Some(false) => findings.raise(Code::Dq06, &[], &[]),
            Some(true) => {}
            None => findings.unanswered(Code::Dq06, "brand.patterns"),
        }
    }
}

/// DQ-02: the declared route is narrower than that between the places.
pub(crate) fn route<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) {
    if CountingRoute::of(case, acceptance).is_narrower() {
        findings.raise(Code::Dq02, &[acceptance.place], &[("differs", Value::Word("route"))]);
    }
}

/// IN-06: declared item absent (letters exempt) or generic.
pub(crate) fn declared_item<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) {
    let declared = acceptance.accepted.declared_item;
    if declared == DeclaredItem::NONE {
        if !acceptance.accepted.letter {
            findings.raise(
                Code::In06,
                &[acceptance.place],
                &[("reason", Value::Word("item_missing"))],
            );
        }
    } else if case.rules.is_generic_item(declared) {
        findings.raise(
            Code::In06,
            &[acceptance.place],
            &[("reason", Value::Word("item_generic"))],
        );
    }
}

/// IN-06: the item is not what was declared.
pub(crate) fn inspected_item<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) {
    if let Some((place, _, inspected)) = inspection::deciding(case, acceptance)
        && inspected.matches_declared == Some(false)
    {
        findings.raise(Code::In06, &[place], &[("reason", Value::Word("item_differs"))]);
    }
}
