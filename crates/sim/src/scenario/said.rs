//! What a verdict says, in the words of a scenario.

use std::collections::{BTreeMap, BTreeSet};

use sanbai_core::duty::{DutyStatus, Status};
use sanbai_core::event::ProhibitedClass;
use sanbai_core::finding::Finding;
use sanbai_core::rules::{Clause, RuleSet, Rules};
use sanbai_core::verdict::Verdict;

/// What a verdict says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) duties: [String; 3],
    /// `RN-02 high realName performed late`.
    pub(super) findings: BTreeSet<String>,
    /// Clauses by code.
    pub(super) clauses: BTreeMap<String, BTreeSet<String>>,
    /// `DQ-01 sites`.
    pub(super) unanswered: BTreeSet<String>,
    /// `12 urgent`.
    pub(super) finds: BTreeSet<String>,
    pub(super) published: bool,
    pub(super) counted: bool,
}

impl Said {
    pub(super) fn of(verdict: &Verdict<'_>, rules: &Rules) -> Self {
        let rules = rules.in_force(verdict.reference);
        let on = verdict.reference.civil_day();
        let cited = |finding: &Finding<'_>| {
            let clauses = rules.clauses(finding.code, on);
            (finding.code.to_string(), clauses.iter().map(clause).collect())
        };
        Self {
            duties: verdict.duties.each_ref().map(duty),
            findings: verdict.findings.iter().map(|found| finding(found, rules)).collect(),
            clauses: verdict.findings.iter().map(cited).collect(),
            unanswered: verdict
                .unanswered
                .iter()
                .map(|open| format!("{} {}", open.code, open.missing))
                .collect(),
            finds: verdict.finds.iter().map(|find| class(find.class)).collect(),
            published: verdict.is_publishable(),
            counted: verdict.counted,
        }
    }
}

fn duty(duty: &DutyStatus) -> String {
    let mut text = match duty.status {
        Status::NotApplicable(ground) => format!("n/a {}", ground.as_str()),
        Status::Unknown(cause) => format!("unknown {}", cause.as_str()),
        other => other.as_str().to_owned(),
    };
    if duty.performed_late {
        text.push_str(" performed late");
    }
    if duty.reported_late {
        text.push_str(" reported late");
    }
    text
}

fn finding(finding: &Finding<'_>, rules: &RuleSet) -> String {
    let mut text = format!("{} {}", finding.code, finding.severity.as_str());
    if let Some(duty) = rules.rule(finding.code).and_then(|rule| rule.duty) {
        text.push(' ');
        text.push_str(duty.as_str());
    }
    if finding.performed_late {
        text.push_str(" performed late");
    }
    text
}

fn clause(clause: &Clause<'_>) -> String {
    let Clause {
        law_zh,
        version,
        article,
        ..
    } = clause;
    if article.is_empty() {
        format!("{law_zh}（{version}）")
    } else {
        format!("{law_zh}（{version}）第{article}条")
    }
}

fn class(class: Option<ProhibitedClass>) -> String {
    match class {
        Some(class) if class.is_urgent() => format!("{} urgent", class.get()),
        Some(class) => class.get().to_string(),
        None => "unsaid".to_owned(),
    }
}
