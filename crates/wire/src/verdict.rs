//! Verdicts as JSON, one object a line, and as messages: `docs/verdict.md`.

mod message;
mod of_message;

use std::collections::BTreeMap;

use sanbai_core::duty::DutyStatus;
use sanbai_core::event::ProhibitedClass;
use sanbai_core::finding::Finding;
use sanbai_core::rules::{Clause, Duty, RuleSet, Rules};
use sanbai_core::shard::output::Revision;
use sanbai_core::shard::position::Position;
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::Verdict;
use serde::Serialize;

pub use message::{revision_to_bytes, revision_to_message, to_message, to_protobuf};
pub use of_message::{decode, message_to_json};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerdictJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    brand: &'a str,
    waybill: &'a str,
    revision: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_at: Option<String>,
    site: &'a str,
    operator: &'a str,
    credible: bool,
    counted: bool,
    profile: &'a str,
    rules: &'a str,
    duties: DutiesJson<'a>,
    findings: Vec<FindingJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unanswered: Vec<UnansweredJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    finds: Vec<FindJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DutiesJson<'a> {
    real_name: DutyJson<'a>,
    inspection: DutyJson<'a>,
    xray: DutyJson<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DutyJson<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ground: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    performed_late: bool,
    #[serde(skip_serializing_if = "is_false")]
    reported_late: bool,
    credible: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingJson<'a> {
    code: &'a str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duty: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    performed_late: bool,
    #[serde(skip_serializing_if = "is_false")]
    urgent: bool,
    clauses: Vec<ClauseJson<'a>>,
    breaks: Vec<&'a str>,
    events: Vec<String>,
    site: &'a str,
    operator: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<&'a str, String>,
    title_zh: &'a str,
    title_en: &'a str,
    next_zh: &'a str,
    next_en: &'a str,
}

#[derive(Serialize)]
struct ClauseJson<'a> {
    law: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    article: &'a str,
}

#[derive(Serialize)]
struct UnansweredJson<'a> {
    code: &'a str,
    register: &'a str,
}

#[derive(Serialize)]
struct FindJson {
    event: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<u8>,
    urgent: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// One verdict as a JSON object without a line break.
///
/// `profile` is the one that decided; `None` is the one that the rules in force name.
///
/// # Errors
/// Never for a verdict of `sanbai-core`; the error of the JSON writer is passed on all the same.
pub fn to_json(
    verdict: &Verdict<'_>,
    rules: &Rules,
    profile: Option<&str>,
    revision: u32,
) -> Result<String, serde_json::Error> {
    let set = rules.in_force(verdict.reference);
    serde_json::to_string(&json(verdict, set, profile.unwrap_or(&set.profile), revision))
}

/// A published revision as a JSON object without a line break: what [`to_json`] says, with `"kind":"verdict"` in front,
/// `version`, the position of its cause, and `at`, when it came to be.
pub fn revision_to_json(version: Position, revision: &Revision<'_>) -> String {
    let json = VerdictJson {
        kind: Some("verdict"),
        version: Some(version.to_string()),
        at: Some(revision.at.to_string()),
        ..json(revision.verdict, revision.set, revision.profile, revision.number)
    };
    serde_json::to_string(&json).expect("texts and numbers are always JSON")
}

fn json<'a>(verdict: &'a Verdict<'a>, set: &'a RuleSet, profile: &'a str, revision: u32) -> VerdictJson<'a> {
    VerdictJson {
        kind: None,
        brand: verdict.brand,
        waybill: verdict.waybill,
        revision,
        version: None,
        at: None,
        accepted_at: verdict.accepted_at.as_ref().map(Timestamp::to_string),
        site: verdict.site,
        operator: verdict.operator,
        credible: verdict.is_credible(),
        counted: verdict.counted,
        profile,
        rules: &set.version,
        duties: DutiesJson {
            real_name: duty(verdict.duty(Duty::RealName)),
            inspection: duty(verdict.duty(Duty::Inspection)),
            xray: duty(verdict.duty(Duty::Xray)),
        },
        findings: verdict
            .findings
            .iter()
            .map(|one| finding(one, set, verdict.reference))
            .collect(),
        unanswered: verdict
            .unanswered
            .iter()
            .map(|one| UnansweredJson {
                code: one.code.as_str(),
                register: one.missing,
            })
            .collect(),
        finds: verdict
            .finds
            .iter()
            .map(|find| FindJson {
                event: find.event.to_string(),
                class: find.class.map(ProhibitedClass::get),
                urgent: find.class.is_some_and(ProhibitedClass::is_urgent),
            })
            .collect(),
    }
}

fn duty(duty: &DutyStatus) -> DutyJson<'static> {
    DutyJson {
        status: duty.status.as_str(),
        ground: duty.status.ground(),
        deadline: duty.deadline.as_ref().map(Timestamp::to_string),
        events: duty.events.iter().map(ToString::to_string).collect(),
        performed_late: duty.performed_late,
        reported_late: duty.reported_late,
        credible: duty.credible,
    }
}

fn finding<'a>(finding: &Finding<'a>, set: &'a RuleSet, reference: Timestamp) -> FindingJson<'a> {
    let rule = set.rule(finding.code);
    FindingJson {
        code: finding.code.as_str(),
        severity: finding.severity.as_str(),
        duty: rule.and_then(|rule| rule.duty).map(Duty::as_str),
        performed_late: finding.performed_late,
        urgent: finding.code.is_urgent(),
        clauses: set
            .clauses(finding.code, reference.civil_day())
            .into_iter()
            .map(clause)
            .collect(),
        breaks: rule
            .map(|rule| rule.profiles.iter().map(String::as_str).collect())
            .unwrap_or_default(),
        events: finding.events.iter().map(ToString::to_string).collect(),
        site: finding.site,
        operator: finding.operator,
        values: finding
            .values
            .iter()
            .map(|(name, value)| (*name, value.to_string()))
            .collect(),
        title_zh: rule.map_or("", |rule| &rule.title_zh),
        title_en: rule.map_or("", |rule| &rule.title_en),
        next_zh: rule.map_or("", |rule| &rule.next_zh),
        next_en: rule.map_or("", |rule| &rule.next_en),
    }
}

fn clause(clause: Clause<'_>) -> ClauseJson<'_> {
    ClauseJson {
        law: clause.law_zh,
        version: clause.version,
        article: clause.article,
    }
}
