//! Gathering findings: one for each rule and parcel.

use std::collections::{BTreeMap, BTreeSet};

use super::{Code, Finding, Unanswered, Value};
use crate::case::Case;
use crate::rules::Severity;

/// The findings of one parcel, as they are made.
#[derive(Debug)]
pub(crate) struct Findings<'c, 'a> {
    case: &'c Case<'a>,
    raised: BTreeMap<Code, Raised<'a>>,
    unanswered: BTreeSet<Unanswered>,
}

#[derive(Debug)]
struct Raised<'a> {
    severity: Severity,
    performed_late: bool,
    /// Places of the deciding events in canonical order.
    places: BTreeSet<usize>,
    values: Vec<(&'static str, Value<'a>)>,
}

impl<'c, 'a> Findings<'c, 'a> {
    pub(crate) fn new(case: &'c Case<'a>) -> Self {
        Self {
            case,
            raised: BTreeMap::new(),
            unanswered: BTreeSet::new(),
        }
    }

    /// Raises a finding decided by the events at `places`; what is raised again under one code becomes one finding.
    pub(crate) fn raise(&mut self, code: Code, places: &[usize], values: &[(&'static str, Value<'a>)]) {
        self.raise_at_least(code, Severity::Info, places, values);
    }

    /// The same, at least as grave as `severity`.
    pub(crate) fn raise_at_least(
        &mut self,
        code: Code,
        severity: Severity,
        places: &[usize],
        values: &[(&'static str, Value<'a>)],
    ) {
        let severity = severity.max(self.case.rules.severity(code, self.case.profile));
        let raised = self.raised.entry(code).or_insert_with(|| Raised {
            severity,
            performed_late: false,
            places: BTreeSet::new(),
            values: Vec::new(),
        });
        raised.severity = raised.severity.max(severity);
        raised.places.extend(places);
        for (name, value) in values {
            if !raised.values.iter().any(|(known, _)| known == name) {
                raised.values.push((name, *value));
            }
        }
    }

    /// Notes that the duty was done, but late.
    pub(crate) fn performed_late(&mut self, code: Code) {
        if let Some(raised) = self.raised.get_mut(&code) {
            raised.performed_late = true;
        }
    }

    /// Notes that a rule cannot be answered.
    pub(crate) fn unanswered(&mut self, code: Code, missing: &'static str) {
        self.unanswered.insert(Unanswered { code, missing });
    }

    /// All of them, in the order of their codes.
    pub(crate) fn finish(self) -> (Vec<Finding<'a>>, Vec<Unanswered>) {
        let items = self.case.items;
        let findings = self.raised.into_iter().map(|(code, raised)| {
            let first = raised.places.first().and_then(|place| items.get(*place));
            Finding {
                code,
                severity: raised.severity,
                performed_late: raised.performed_late,
                events: raised
                    .places
                    .iter()
                    .filter_map(|place| Some(items.get(*place)?.event.id))
                    .collect(),
                site: first.map_or("", |item| item.event.site),
                operator: first.map_or("", |item| item.event.operator),
                values: raised.values,
            }
        });
        (findings.collect(), self.unanswered.into_iter().collect())
    }
}
