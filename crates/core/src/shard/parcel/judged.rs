//! From a verdict to what follows from it: what the parcel adds to the counts, whose identity was seen, what cannot wait.

use super::urgent::Urgent;
use crate::case::{Evidence, Item};
use crate::digest::Digest;
use crate::duty::{DutyStatus, Status};
use crate::event::{EventId, ProhibitedClass};
use crate::finding::Code;
use crate::rules::{Duty, Severity};
use crate::shard::contribution::{Contribution, Delay, Share};
use crate::shard::output::UrgentAlert;
use crate::shard::section::Seen;
use crate::time::{CivilDay, Timestamp};
use crate::verdict::Verdict;

/// What the parcel adds to the counts: from its acceptance on, without one once something was found.
pub(super) fn contribution<'a>(verdict: &Verdict<'a>, evidence: &Evidence<'a>) -> Option<Contribution<'a>> {
    if verdict.accepted_at.is_none() && verdict.findings.is_empty() {
        return None;
    }
    let [real_name, inspection, xray] = &verdict.duties;
    Some(Contribution {
        brand: verdict.brand,
        site: verdict.site,
        operator: verdict.operator,
        day: verdict.happened_at.civil_day(),
        hour: verdict.happened_at.civil_hour(),
        counted: verdict.counted,
        letter: verdict.letter,
        duties: [real_name, inspection, xray].map(|duty| share(duty, evidence)),
        findings: verdict
            .findings
            .iter()
            .map(|finding| (finding.code, finding.severity))
            .collect(),
    })
}

fn share(duty: &DutyStatus, evidence: &Evidence<'_>) -> Share {
    // Where it was performed late, the acceptance stands before what was done.
    let deciding = match duty.status {
        Status::Pass => duty.events.first(),
        Status::Fail if duty.performed_late => duty.events.get(1),
        Status::Fail | Status::Pending | Status::NotApplicable(_) | Status::Unknown(_) => None,
    };
    let item = deciding.and_then(|id| item(evidence, *id));
    Share {
        outcome: duty.status.into(),
        performed_late: duty.performed_late,
        reported_late: duty.reported_late,
        credible: duty.credible,
        delay: item.map(|item| {
            let delay = item.event.upload_at().since(item.event.occurred_at);
            Delay::of_seconds(delay.whole_seconds())
        }),
    }
}

fn item<'e, 'a>(evidence: &'e Evidence<'a>, id: EventId) -> Option<&'e Item<'a>> {
    evidence.items().iter().find(|item| item.event.id == id)
}

/// Whose identity satisfied real-name sending, and where: nothing outside N and under an agreement.
pub(super) fn sighting<'a>(verdict: &Verdict<'a>, evidence: &Evidence<'a>) -> Option<(u64, Seen<'a>)> {
    let duty = verdict.duty(Duty::RealName);
    if !verdict.counted || duty.status != Status::Pass {
        return None;
    }
    let check = &item(evidence, *duty.events.first()?)?.event;
    let identity = check.happening.as_identity_checked()?.tokens.iter().next()?;
    let seen = Seen {
        site: verdict.site,
        operator: verdict.operator,
        day: verdict.happened_at.civil_day(),
        event: check.id,
        occurred_at: check.occurred_at,
    };
    Some((identity, seen))
}

/// Digest of what was seen: another one withdraws the sighting and makes it again.
pub(super) fn details(seen: &Seen<'_>) -> u32 {
    let mut digest = Digest::default();
    digest.text(seen.site);
    digest.text(seen.operator);
    digest.signed(seen.day.as_days().into());
    digest.bytes(&seen.event.bits().to_le_bytes());
    digest.signed(seen.occurred_at.as_nanos());
    u32::try_from(digest.finish() >> 32).unwrap_or(0)
}

/// What urgent alerts are about, each with its place in [`Urgent`].
const URGENT: [Cause; 5] = [
    Cause::Finding(Code::Pr01),
    Cause::Finding(Code::Pr02),
    Cause::Finding(Code::Xr06),
    Cause::Find(1),
    Cause::Find(12),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// A finding that cannot wait.
    Finding(Code),
    /// A find of a class that goes to police first, rightly handled or not.
    Find(u8),
}

/// The urgent alerts that stand by a verdict.
pub(super) fn urgent(verdict: &Verdict<'_>) -> Urgent {
    let stands = |cause: Cause| match cause {
        Cause::Finding(code) => verdict.findings.iter().any(|finding| finding.code == code),
        Cause::Find(class) => verdict.finds.iter().any(|find| is_of(find.class, class)),
    };
    let places = (0_u8..).zip(URGENT).filter(|(_, cause)| stands(*cause));
    places.fold(Urgent::default(), |urgent, (place, _)| urgent.with(place))
}

fn is_of(class: Option<ProhibitedClass>, number: u8) -> bool {
    class.is_some_and(|class| class.get() == number)
}

/// The alerts that are raised or taken back where one set of them follows another.
pub(super) fn alerts<'v, 'a: 'v>(
    verdict: &'v Verdict<'a>,
    before: Urgent,
    after: Urgent,
    at: Timestamp,
) -> impl Iterator<Item = UrgentAlert<'a>> + use<'v, 'a> {
    (0_u8..)
        .zip(URGENT)
        .filter(move |(place, _)| before.has(*place) != after.has(*place))
        .map(move |(place, cause)| {
            let stands = after.has(place);
            let day = if stands { after.day() } else { before.day() };
            alert(verdict, cause, (stands, day), at)
        })
}

fn alert<'a>(
    verdict: &Verdict<'a>,
    cause: Cause,
    (stands, day): (bool, Option<CivilDay>),
    at: Timestamp,
) -> UrgentAlert<'a> {
    let mut id = Digest::default();
    id.text(verdict.brand);
    id.text(verdict.waybill);
    let (code, number) = match cause {
        Cause::Finding(code) => (Some(code), None),
        Cause::Find(number) => (None, Some(number)),
    };
    id.text(code.map_or("", Code::as_str));
    id.number(number.unwrap_or(0).into());
    if let Some(day) = day {
        id.signed(day.as_days().into());
    }
    let finding = verdict.findings.iter().find(|finding| Some(finding.code) == code);
    let find = verdict.finds.iter().find(|find| match (number, finding) {
        (Some(number), _) => is_of(find.class, number),
        (None, Some(finding)) => finding.events.contains(&find.event),
        (None, None) => false,
    });
    let class = number.or_else(|| find.and_then(|find| find.class).map(ProhibitedClass::get));
    UrgentAlert {
        id: id.finish(),
        code,
        severity: finding.map_or(Severity::Critical, |finding| finding.severity),
        police_first: matches!(class, Some(1 | 12)),
        class,
        stands,
        brand: verdict.brand,
        waybill: verdict.waybill,
        site: finding.map_or_else(|| find.map_or(verdict.site, |find| find.site), |finding| finding.site),
        operator: finding.map_or("", |finding| finding.operator),
        outlet: verdict.site,
        at,
    }
}
