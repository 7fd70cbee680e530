//! What a scenario says must be answered.

use std::collections::{BTreeMap, BTreeSet};

use sanbai_core::finding::Code;
use sanbai_core::rules::Duty;

use super::clock::next_word;
use super::said::Said;

/// What must be answered; what it leaves open is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expectation {
    /// `None`: nothing is known of the parcel yet.
    duties: Option<[String; 3]>,
    findings: BTreeSet<String>,
    /// Clauses by the finding above them.
    clauses: BTreeMap<String, BTreeSet<String>>,
    latest: String,
    unanswered: Option<BTreeSet<String>>,
    finds: BTreeSet<String>,
    published: Option<bool>,
    counted: Option<bool>,
}

impl Expectation {
    /// Reads `realName fail, inspection pass, xray n/a as_needed`, `all STATUS` or `nothing`.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        if text == "nothing" {
            return Ok(Self::default());
        }
        let duties = if let Some(status) = text.strip_prefix("all ") {
            Duty::ALL.map(|_| status.to_owned())
        } else {
            let said: BTreeMap<&str, &str> = text.split(',').map(next_word).collect();
            let missing = Duty::ALL.iter().find(|duty| !said.contains_key(duty.as_str()));
            if let Some(duty) = missing {
                return Err(format!("says nothing of {}", duty.as_str()));
            }
            if said.len() != Duty::ALL.len() {
                return Err("there are three duties: realName, inspection, xray".to_owned());
            }
            Duty::ALL.map(|duty| said.get(duty.as_str()).copied().unwrap_or_default().to_owned())
        };
        const STATUSES: [&str; 5] = ["pass", "fail", "pending", "n/a", "unknown"];
        match duties.iter().find(|status| !STATUSES.contains(&next_word(status).0)) {
            Some(status) => Err(format!("`{status}` begins with none of {}", STATUSES.join(", "))),
            None => Ok(Self {
                duties: Some(duties),
                ..Self::default()
            }),
        }
    }

    /// Reads a line that belongs to it.
    pub(super) fn add(&mut self, key: &str, value: &str) -> Result<(), String> {
        let list = || {
            value
                .split(',')
                .map(str::trim)
                .filter(|text| *text != "none")
                .map(str::to_owned)
        };
        match key {
            "finding" => {
                let (code, _) = next_word(value);
                Code::parse(code).ok_or_else(|| format!("`{code}` is no code"))?;
                code.clone_into(&mut self.latest);
                self.findings.insert(value.to_owned());
            }
            "clause" if self.latest.is_empty() => return Err("stands before the first `finding`".to_owned()),
            "clause" => {
                self.clauses
                    .entry(self.latest.clone())
                    .or_default()
                    .insert(value.to_owned());
            }
            "unanswered" => self.unanswered.get_or_insert_default().extend(list()),
            "finds" => self.finds.extend(list()),
            "published" => self.published = Some(yes_or_no(value)?),
            _ => self.counted = Some(yes_or_no(value)?),
        }
        Ok(())
    }

    /// Whether it expects a finding of this code.
    pub(super) fn finds(&self, code: &str) -> bool {
        self.findings.iter().any(|finding| next_word(finding).0 == code)
    }

    /// Whether it expects clauses under a finding of this code.
    pub(super) fn cites(&self, code: &str) -> bool {
        self.clauses.contains_key(code)
    }

    /// What differs, in lines for people.
    pub(super) fn differences(&self, said: Option<&Said>) -> Vec<String> {
        let (expected, said) = match (&self.duties, said) {
            (None, None) => return Vec::new(),
            (None, Some(_)) => return vec!["expected nothing, found a verdict".to_owned()],
            (Some(_), None) => return vec!["expected a verdict, found nothing".to_owned()],
            (Some(expected), Some(said)) => (expected, said),
        };
        let mut differences = Vec::new();
        for (duty, (expected, found)) in Duty::ALL.iter().zip(expected.iter().zip(&said.duties)) {
            if expected != found {
                differences.push(format!("{}: expected {expected}, found {found}", duty.as_str()));
            }
        }
        compare(&mut differences, "finding", &self.findings, &said.findings);
        for (code, clauses) in &self.clauses {
            let found = said.clauses.get(code).cloned().unwrap_or_default();
            compare(&mut differences, &format!("{code} clause"), clauses, &found);
        }
        if let Some(unanswered) = &self.unanswered {
            compare(&mut differences, "unanswered", unanswered, &said.unanswered);
        }
        compare(&mut differences, "find", &self.finds, &said.finds);
        let answers = [
            ("published", self.published, said.published),
            ("counted", self.counted, said.counted),
        ];
        for (name, expected, found) in answers {
            if expected.is_some_and(|expected| expected != found) {
                differences.push(format!("{name}: expected the opposite of {found}"));
            }
        }
        differences
    }
}

fn compare(differences: &mut Vec<String>, name: &str, expected: &BTreeSet<String>, found: &BTreeSet<String>) {
    differences.extend(expected.difference(found).map(|text| format!("{name} missing: {text}")));
    differences.extend(
        found
            .difference(expected)
            .map(|text| format!("{name} not expected: {text}")),
    );
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("`{text}` is neither yes nor no")),
    }
}
