//! Gathering findings: one for each rule and parcel.

use super::{Code, Finding, Unanswered, Value};
use crate::case::Case;
use crate::rules::Severity;

/// The findings of one parcel, as they are made.
#[derive(Debug)]
pub(crate) struct Findings<'c, 'a> {
    case: &'c Case<'a>,
    /// One for each code, in no order: there are few.
    raised: Vec<Raised<'a>>,
    /// Each once, in no order.
    unanswered: Vec<Unanswered>,
}

#[derive(Debug)]
struct Raised<'a> {
    code: Code,
    severity: Severity,
    performed_late: bool,
    /// Places of the deciding events, in no order.
    places: Vec<usize>,
    values: Vec<(&'static str, Value<'a>)>,
}

impl<'c, 'a> Findings<'c, 'a> {
    pub(crate) fn new(case: &'c Case<'a>) -> Self {
        Self {
            case,
            raised: Vec::new(),
            unanswered: Vec::new(),
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
        let known = self.raised.iter().position(|raised| raised.code == code);
        if known.is_none() {
            self.raised.push(Raised {
                code,
                severity,
                performed_late: false,
                places: Vec::new(),
                values: Vec::new(),
            });
        }
        let place = known.unwrap_or_else(|| self.raised.len().saturating_sub(1));
        let Some(raised) = self.raised.get_mut(place) else {
            return;
        };
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
        if let Some(raised) = self.raised.iter_mut().find(|raised| raised.code == code) {
            raised.performed_late = true;
        }
    }

    /// Notes that a rule cannot be answered.
    pub(crate) fn unanswered(&mut self, code: Code, missing: &'static str) {
        let unanswered = Unanswered { code, missing };
        if !self.unanswered.contains(&unanswered) {
            self.unanswered.push(unanswered);
        }
    }

    /// Whether there is nothing to say.
    pub(crate) const fn is_empty(&self) -> bool {
        self.raised.is_empty() && self.unanswered.is_empty()
    }

    /// All of them, in the order of their codes.
    pub(crate) fn finish(mut self) -> (Vec<Finding<'a>>, Vec<Unanswered>) {
        let case = self.case;
        self.raised.sort_unstable_by_key(|raised| raised.code);
        self.unanswered.sort_unstable();
        let findings = self.raised.into_iter().map(|mut raised| {
            raised.places.sort_unstable();
            raised.places.dedup();
            let first = raised.places.first().and_then(|place| case.at(*place));
            Finding {
                code: raised.code,
                severity: raised.severity,
                performed_late: raised.performed_late,
                events: raised
                    .places
                    .iter()
                    .filter_map(|place| Some(case.at(*place)?.id))
                    .collect(),
                site: first.map_or("", |event| event.site),
                operator: first.map_or("", |event| event.operator),
                values: raised.values,
            }
        });
        (findings.collect(), self.unanswered)
    }
}
