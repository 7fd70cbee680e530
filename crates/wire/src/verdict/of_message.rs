//! From the message of a verdict to its JSON, for whoever reads a topic.

use sanbai_core::time::Timestamp;

use super::{ClauseJson, DutiesJson, DutyJson, FindJson, FindingJson, UnansweredJson, VerdictJson};
use crate::fields::{message as read, position_of, time_of};
use crate::proto;
use crate::proto::verdict as message;
use crate::reject::Reject;

/// The highest number of a field of a verdict.
const LAST: u32 = 18;

/// Reads a published verdict, and checks that its version and times can be read. Fields that nobody knows are passed over.
///
/// # Errors
///
/// What is wrong with it.
pub fn decode(bytes: &[u8]) -> Result<message::Verdict, Reject> {
    let (verdict, _): (message::Verdict, _) = read(bytes, LAST)?;
    position_of(&verdict.version).map_err(|reject| reject.under("version"))?;
    for (at, field) in [(verdict.at, "at"), (verdict.accepted_at, "acceptedAt")] {
        if let Some(at) = at {
            time_of(at).map_err(|reject| reject.under(field))?;
        }
    }
    Ok(verdict)
}

/// A published verdict as a JSON object without a line break, which begins with `"kind":"verdict"`: what
/// [`revision_to_json`](super::revision_to_json) says of the revision that the message was made from.
pub fn message_to_json(verdict: &message::Verdict) -> String {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let json = VerdictJson {
        kind: Some("verdict"),
        brand: &verdict.brand,
        waybill: &verdict.waybill,
        revision: verdict.revision,
        version: some(&verdict.version),
        at: text_of(verdict.at),
        accepted_at: text_of(verdict.accepted_at),
        site: &verdict.site,
        operator: &verdict.operator,
        credible: verdict.credible,
        counted: verdict.counted,
        profile: &verdict.profile,
        rules: &verdict.rules,
        duties: DutiesJson {
            real_name: duty(verdict.real_name.as_ref()),
            inspection: duty(verdict.inspection.as_ref()),
            xray: duty(verdict.xray.as_ref()),
        },
        findings: verdict.findings.iter().map(finding).collect(),
        unanswered: verdict.unanswered.iter().map(unanswered).collect(),
        finds: verdict.finds.iter().map(find).collect(),
    };
    serde_json::to_string(&json).expect("texts and numbers are always JSON")
}

fn text_of(at: Option<proto::Timestamp>) -> Option<String> {
    let at = at.and_then(|at| Timestamp::from_parts(at.seconds, at.nanos));
    at.map(|at| at.to_string())
}

fn duty(duty: Option<&message::Duty>) -> DutyJson<'_> {
    let status = match duty.map(message::Duty::status).unwrap_or_default() {
        message::Status::Unspecified => "",
        message::Status::Pending => "pending",
        message::Status::Pass => "pass",
        message::Status::Fail => "fail",
        message::Status::NotApplicable => "not_applicable",
        message::Status::Unknown => "unknown",
    };
    DutyJson {
        status,
        ground: duty
            .map(|duty| duty.ground.as_str())
            .filter(|ground| !ground.is_empty()),
        deadline: text_of(duty.and_then(|duty| duty.deadline)),
        events: duty.map(|duty| duty.events.clone()).unwrap_or_default(),
        performed_late: duty.is_some_and(|duty| duty.performed_late),
        reported_late: duty.is_some_and(|duty| duty.reported_late),
        credible: duty.is_some_and(|duty| duty.credible),
    }
}

fn finding(finding: &message::Finding) -> FindingJson<'_> {
    let severity = match finding.severity() {
        message::Severity::Unspecified => "",
        message::Severity::Info => "info",
        message::Severity::Low => "low",
        message::Severity::Medium => "medium",
        message::Severity::High => "high",
        message::Severity::Critical => "critical",
    };
    FindingJson {
        code: &finding.code,
        severity,
        duty: Some(finding.duty.as_str()).filter(|duty| !duty.is_empty()),
        performed_late: finding.performed_late,
        urgent: finding.urgent,
        clauses: finding.clauses.iter().map(clause).collect(),
        breaks: finding.breaks.iter().map(String::as_str).collect(),
        events: finding.events.clone(),
        site: &finding.site,
        operator: &finding.operator,
        values: finding
            .values
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect(),
        title_zh: &finding.title_zh,
        title_en: &finding.title_en,
        next_zh: &finding.next_zh,
        next_en: &finding.next_en,
    }
}

fn clause(clause: &message::Clause) -> ClauseJson<'_> {
    ClauseJson {
        law: &clause.law,
        version: &clause.version,
        article: &clause.article,
    }
}

fn unanswered(unanswered: &message::Unanswered) -> UnansweredJson<'_> {
    UnansweredJson {
        code: &unanswered.code,
        register: &unanswered.register,
    }
}

fn find(find: &message::Find) -> FindJson {
    FindJson {
        event: find.event.clone(),
        class: u8::try_from(find.class).ok().filter(|class| *class != 0),
        urgent: find.urgent,
    }
}
