//! The body of a verdict as a digest: equal bodies are not published twice.

use crate::digest::Digest;
use crate::duty::{DutyStatus, Status};
use crate::event::EventId;
use crate::finding::{Finding, Value};
use crate::time::Timestamp;
use crate::verdict::Verdict;

/// Digest of everything that is said, deadlines of pending duties aside.
pub(super) fn digest(verdict: &Verdict<'_>) -> u64 {
    let mut digest = Digest::default();
    instant(&mut digest, verdict.accepted_at);
    digest.text(verdict.site);
    digest.text(verdict.operator);
    digest.number(u64::from(verdict.counted) | u64::from(verdict.letter) << 1);
    for duty in &verdict.duties {
        self::duty(&mut digest, duty);
    }
    for finding in &verdict.findings {
        self::finding(&mut digest, finding);
    }
    for unanswered in &verdict.unanswered {
        digest.text(unanswered.code.as_str());
        digest.text(unanswered.missing);
    }
    for find in &verdict.finds {
        digest.number(find.class.map_or(0, |class| u64::from(class.get())));
        ids(&mut digest, &[find.event]);
    }
    digest.finish()
}

fn duty(digest: &mut Digest, duty: &DutyStatus) {
    digest.text(duty.status.as_str());
    digest.text(duty.status.ground().unwrap_or_default());
    instant(digest, duty.deadline.filter(|_| duty.status != Status::Pending));
    digest.number(u64::from(duty.performed_late) | u64::from(duty.reported_late) << 1 | u64::from(duty.credible) << 2);
    ids(digest, &duty.events);
}

fn finding(digest: &mut Digest, finding: &Finding<'_>) {
    digest.text(finding.code.as_str());
    digest.text(finding.severity.as_str());
    digest.number(finding.performed_late.into());
    ids(digest, &finding.events);
    digest.text(finding.site);
    digest.text(finding.operator);
    for (name, value) in &finding.values {
        digest.text(name);
        match value {
            Value::Time(at) => digest.signed(at.as_nanos()),
            Value::Number(number) => digest.signed(*number),
            Value::Word(word) => digest.text(word),
        }
    }
}

fn ids(digest: &mut Digest, ids: &[EventId]) {
    digest.number(u64::try_from(ids.len()).unwrap_or(u64::MAX));
    for id in ids {
        digest.number(id.is_ulid().into());
        digest.bytes(&id.bits().to_le_bytes());
    }
}

fn instant(digest: &mut Digest, at: Option<Timestamp>) {
    digest.number(at.is_some().into());
    digest.signed(at.unwrap_or_default().as_nanos());
}
