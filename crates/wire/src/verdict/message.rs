//! Verdicts as messages of `proto/sanbai/verdict/v1`.

use prost::Message as _;
use sanbai_core::duty::{DutyStatus, Status};
use sanbai_core::event::ProhibitedClass;
use sanbai_core::finding::Finding;
use sanbai_core::rules::{Clause, Duty, RuleSet, Rules, Severity};
use sanbai_core::shard::output::Revision;
use sanbai_core::shard::position::Position;
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::{Find, Verdict};

use crate::fields::time_message;
use crate::proto::verdict as message;

/// One verdict as a message. It says what [`to_json`](super::to_json) says.
///
/// `profile` is the one that decided; `None` is the one that the rules in force name. `version` and `at` are left empty:
/// [`revision_to_message`] is for what is published on a log.
///
/// ```
/// use sanbai_core::{parcel::Parcels, registry::Registry, rules::Rules, time::Timestamp, verdict::Judge};
/// use sanbai_wire::proto::verdict::Status;
/// use sanbai_wire::{Decoder, Encoding, TokenKeys, verdict};
///
/// let (rules, registry) = (Rules::builtin(), Registry::default());
/// let decoder = Decoder::new(TokenKeys::single("1", [7; 32])?, |brand| rules.brands().resolve(brand));
/// let line = r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b01","brand":"SF","waybill":"SF1234567890123",
///     "site":"GZ-0001","occurredAt":"2026-03-10T10:03:00+08:00","accepted":{"declaredItem":"书籍"}}"#;
/// let decoded = decoder.decode(line.as_bytes(), Encoding::Json)?;
/// let mut parcels = Parcels::default();
/// parcels.apply(&decoded.event().ok_or("is of a parcel")?)?;
/// let evidence = parcels.iter().next().ok_or("a parcel")?;
/// let as_of = Timestamp::parse("2026-03-12T00:00:00+08:00").ok_or("a time")?;
/// let judged = Judge::new(&rules, registry.view()).verdict(&evidence, as_of)?.ok_or("has events")?;
///
/// let message = verdict::to_message(&judged, &rules, None, 1);
/// assert_eq!(message.real_name.ok_or("always there")?.status(), Status::Fail);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_message(verdict: &Verdict<'_>, rules: &Rules, profile: Option<&str>, revision: u32) -> message::Verdict {
    let set = rules.in_force(verdict.reference);
    of_set(verdict, set, profile.unwrap_or(&set.profile), revision)
}

fn of_set(verdict: &Verdict<'_>, set: &RuleSet, profile: &str, revision: u32) -> message::Verdict {
    let status = |which: Duty| Some(duty(verdict.duty(which)));
    message::Verdict {
        brand: verdict.brand.to_owned(),
        waybill: verdict.waybill.to_owned(),
        revision,
        version: String::new(),
        accepted_at: verdict.accepted_at.map(time_message),
        site: verdict.site.to_owned(),
        operator: verdict.operator.to_owned(),
        credible: verdict.is_credible(),
        profile: profile.to_owned(),
        rules: set.version.clone(),
        real_name: status(Duty::RealName),
        inspection: status(Duty::Inspection),
        xray: status(Duty::Xray),
        findings: verdict
            .findings
            .iter()
            .map(|one| finding(one, set, verdict.reference))
            .collect(),
        unanswered: verdict
            .unanswered
            .iter()
            .map(|one| message::Unanswered {
                code: one.code.as_str().to_owned(),
                register: one.missing.to_owned(),
            })
            .collect(),
        counted: verdict.counted,
        finds: verdict.finds.iter().map(find).collect(),
        at: None,
    }
}

/// One verdict as protobuf: [`to_message`], encoded.
pub fn to_protobuf(verdict: &Verdict<'_>, rules: &Rules, profile: Option<&str>, revision: u32) -> Vec<u8> {
    to_message(verdict, rules, profile, revision).encode_to_vec()
}

/// A published revision as a message: what [`to_message`] says, with the position of its cause as its version, and when it
/// came to be.
pub fn revision_to_message(version: Position, revision: &Revision<'_>) -> message::Verdict {
    message::Verdict {
        version: version.to_string(),
        at: Some(time_message(revision.at)),
        ..of_set(revision.verdict, revision.set, revision.profile, revision.number)
    }
}

/// A published revision as protobuf: [`revision_to_message`], encoded.
pub fn revision_to_bytes(version: Position, revision: &Revision<'_>) -> Vec<u8> {
    revision_to_message(version, revision).encode_to_vec()
}

fn duty(duty: &DutyStatus) -> message::Duty {
    let status = match duty.status {
        Status::Pending => message::Status::Pending,
        Status::Pass => message::Status::Pass,
        Status::Fail => message::Status::Fail,
        Status::NotApplicable(_) => message::Status::NotApplicable,
        Status::Unknown(_) => message::Status::Unknown,
    };
    message::Duty {
        status: status.into(),
        ground: duty.status.ground().unwrap_or_default().to_owned(),
        deadline: duty.deadline.map(time_message),
        events: duty.events.iter().map(ToString::to_string).collect(),
        performed_late: duty.performed_late,
        reported_late: duty.reported_late,
        credible: duty.credible,
    }
}

fn finding(finding: &Finding<'_>, set: &RuleSet, reference: Timestamp) -> message::Finding {
    let rule = set.rule(finding.code);
    let words = rule.map(|rule| [&rule.title_zh, &rule.title_en, &rule.next_zh, &rule.next_en].map(Clone::clone));
    let [title_zh, title_en, next_zh, next_en] = words.unwrap_or_default();
    let duty = rule.and_then(|rule| rule.duty).map_or("", Duty::as_str);
    let clauses = set.clauses(finding.code, reference.civil_day());
    message::Finding {
        code: finding.code.as_str().to_owned(),
        severity: severity(finding.severity).into(),
        duty: duty.to_owned(),
        clauses: clauses.into_iter().map(clause).collect(),
        breaks: rule
            .map(|rule| rule.profiles.iter().cloned().collect())
            .unwrap_or_default(),
        events: finding.events.iter().map(ToString::to_string).collect(),
        site: finding.site.to_owned(),
        operator: finding.operator.to_owned(),
        values: finding
            .values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.to_string()))
            .collect(),
        next_zh,
        next_en,
        performed_late: finding.performed_late,
        urgent: finding.code.is_urgent(),
        title_zh,
        title_en,
    }
}

fn severity(severity: Severity) -> message::Severity {
    match severity {
        Severity::Info => message::Severity::Info,
        Severity::Low => message::Severity::Low,
        Severity::Medium => message::Severity::Medium,
        Severity::High => message::Severity::High,
        Severity::Critical => message::Severity::Critical,
    }
}

fn clause(clause: Clause<'_>) -> message::Clause {
    message::Clause {
        law: clause.law_zh.to_owned(),
        version: clause.version.to_owned(),
        article: clause.article.to_owned(),
    }
}

fn find(find: &Find<'_>) -> message::Find {
    message::Find {
        event: find.event.to_string(),
        class: find.class.map_or(0, |class| class.get().into()),
        urgent: find.class.is_some_and(ProhibitedClass::is_urgent),
    }
}
