//! What follows from a verdict, and what is left of a parcel.

use super::kept::{Kept, KeptHit};
use super::retired::{Rest, SenderBits};
use super::{Cause, body, judged};
use crate::case::{Evidence, Mark};
use crate::event::TokenSet;
use crate::registry::RegistryView;
use crate::shard::input::Rejudge;
use crate::shard::output::{Output, Revision, Sink};
use crate::shard::position::Position;
use crate::shard::section::{Change, Sighting, Subject};
use crate::time::{Span, Timestamp};
use crate::verdict::Verdict;

/// Sends what follows from a verdict, and says what is kept of it and whether a published verdict changed.
pub(super) fn follow<'a>(
    verdict: &Verdict<'a>,
    evidence: &Evidence<'a>,
    before: &Kept<'a>,
    cause: Cause,
    profile: Option<&str>,
    view: RegistryView<'_>,
    out: &mut impl Sink,
) -> (Kept<'a>, bool) {
    let at = cause.at;
    let is_public = before.published.is_some() || verdict.is_publishable();
    let digest = if is_public { body::digest(verdict) } else { 0 };
    let revision = match before.published {
        Some((revision, published)) => (published != digest).then(|| revision.saturating_add(1)),
        None => is_public.then_some(1),
    };
    if let Some(number) = revision {
        let set = view.rules_in_force(verdict.reference);
        let revision = Revision {
            number,
            at: cause.when,
            profile: profile.unwrap_or(&set.profile),
            set,
            verdict,
        };
        out.put(at, Output::Verdict(revision));
    }
    let urgent = judged::urgent(verdict).after(before.urgent, verdict.happened_at.civil_day());
    for alert in judged::alerts(verdict, before.urgent, urgent, cause.when) {
        out.put(at, Output::Alert(alert));
    }
    let contribution = judged::contribution(verdict, evidence);
    if contribution != before.contribution {
        let change = Change {
            old: before.contribution.clone(),
            new: contribution.clone(),
        };
        out.put(at, Output::Change(change));
    }
    let sighting = sight(verdict, evidence, before, at, out);
    let after = Kept {
        due: before.due,
        published: revision.map(|number| (number, digest)).or(before.published),
        reused: before.reused,
        urgent,
        contribution,
        sighting,
        hits: before.hits.clone(),
        calm: before.calm,
    };
    (after, revision.is_some_and(|number| number > 1))
}

/// Withdraws what was sighted before and sends what is now, where the two differ.
fn sight<'a>(
    verdict: &Verdict<'a>,
    evidence: &Evidence<'a>,
    before: &Kept<'a>,
    at: Position,
    out: &mut impl Sink,
) -> Option<(u64, u32)> {
    let (brand, waybill) = (verdict.brand, verdict.waybill);
    let seen = judged::sighting(verdict, evidence);
    let after = seen.map(|(identity, seen)| (identity, judged::details(&seen)));
    let mut put = |identity, seen| {
        let subject = Subject::Identity(identity);
        let sighting = Sighting {
            subject,
            brand,
            waybill,
            seen,
        };
        out.put(at, Output::Sighting(sighting));
    };
    if before.sighting != after {
        let is_same = |identity| after.is_some_and(|(other, _)| other == identity);
        match before.sighting {
            Some((identity, _)) if !is_same(identity) => put(identity, None),
            Some(_) | None => {}
        }
        if let Some((identity, seen)) = seen {
            put(identity, Some(seen));
        }
    }
    after
}

/// What standing hits say, each once.
pub(super) fn marks(hits: &[KeptHit]) -> Vec<Mark> {
    let standing = hits.iter().filter(|hit| hit.stands);
    let mut marks: Vec<Mark> = standing
        .map(|hit| Mark {
            code: hit.code,
            duty: hit.duty,
        })
        .collect();
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// When a parcel retires: days after the later of acceptance and first intake, without an acceptance after the latter.
pub(super) fn ends_at(evidence: &Evidence<'_>, view: RegistryView<'_>) -> Timestamp {
    let intake = evidence.first_intake().unwrap_or_default();
    let accepted = evidence.acceptance().map_or(intake, |event| event.occurred_at);
    let limits = view.rules_in_force(evidence.reference().unwrap_or(intake)).limits;
    intake.max(accepted).plus(Span::days(limits.open_days.into()))
}

/// What is left of a parcel that retires.
pub(super) fn rest(evidence: &Evidence<'_>, ends_at: Timestamp, view: RegistryView<'_>) -> Rest {
    let intake = evidence.first_intake().unwrap_or_default();
    let limits = view.rules_in_force(evidence.reference().unwrap_or(intake)).limits;
    let days = i32::try_from(limits.retired_days).unwrap_or(i32::MAX);
    let acceptance = evidence.acceptance();
    let sender = acceptance.and_then(|event| event.happening.as_accepted());
    Rest {
        until: ends_at.civil_day().plus_days(days),
        day: acceptance.map_or(intake, |event| event.occurred_at).civil_day(),
        sender: SenderBits::of(&sender.map_or_else(TokenSet::default, |accepted| accepted.sender)),
    }
}

/// Whether a parcel is among those to be judged again.
pub(super) fn concerns(rejudge: &Rejudge<'_>, verdict: &Verdict<'_>) -> bool {
    let day = verdict.happened_at.civil_day();
    (rejudge.brand.is_empty() || rejudge.brand == verdict.brand)
        && (rejudge.site.is_empty() || rejudge.site == verdict.site)
        && rejudge.from.is_none_or(|from| from <= day)
        && rejudge.to.is_none_or(|to| day <= to)
}
