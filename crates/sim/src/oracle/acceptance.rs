//! Parcels with an acceptance that counts.

use sanbai_wire::proto::event::ItemKind;

use super::clock::{HOUR, Nanos};
use super::evidence::{Acceptance, Case, Event};
use super::{Book, DutyJudged, inspection, real_name, record, registered, second, xray};

/// "Grace is 2 h".
pub(super) const GRACE: Nanos = 2 * HOUR;

/// The three duties of an accepted parcel.
pub(super) fn judge(case: &Case<'_>, book: &mut Book) -> [DutyJudged; 3] {
    let Some(accepted) = case.acceptance() else {
        return super::absence::judge(case, book);
    };
    let claim = registered::judge_claim(case, &accepted, book);
    registered::judge_outlet(case, &accepted, book);
    record::judge_route(case, &accepted, book);
    record::judge_further_acceptances(case, &accepted, book);
    inspection::judge_declared_item(case, &accepted, book);
    second::judge_beside(case, book);
    // "Applicability comes first. It … takes the first ground that fits: voided, rejected, …".
    if let Some(ground) = case.taken_out() {
        return [(); 3].map(|()| DutyJudged::not_applicable(ground));
    }
    [
        real_name::judge(case, &accepted, &claim, book),
        inspection::judge(case, &accepted, book),
        xray::judge(case, &accepted, &claim, book),
    ]
}

/// "An unspecified item kind is a parcel: an exemption must be claimed."
pub(super) fn is_letter(accepted: &Acceptance<'_>) -> bool {
    accepted.body.item_kind() == ItemKind::Letter
}

/// How a duty came out, before the clock is asked.
#[derive(Debug, Default)]
pub(super) struct Outcome<'c> {
    /// What makes it fail: code and severity.
    pub(super) faults: Vec<(&'static str, char)>,
    /// Why it cannot be told.
    pub(super) unknown: Option<&'static str>,
    /// The event that decides, if there is one.
    pub(super) evidence: Option<&'c Event<'c>>,
    /// What was done after the limit.
    pub(super) late: Option<&'c Event<'c>>,
}

impl Outcome<'_> {
    /// "A duty passes … at once when its evidence is complete. It fails or becomes `unknown` only when the clock is
    /// ≥ max(deadline, intake of what made it due) + grace".
    pub(super) fn settle(self, case: &Case<'_>, deadline: Nanos, due: &Event<'_>, book: &mut Book) -> DutyJudged {
        let moment = case.moment(due, deadline, GRACE);
        let certain = self.faults.is_empty() && self.unknown.is_none();
        let judged = match self.evidence {
            Some(evidence) if certain => return DutyJudged::pass(evidence, moment),
            _ if case.now < moment => return DutyJudged::pending(Some(deadline)),
            // "`fail` beats `unknown`, `unknown` beats `pass`."
            _ if !self.faults.is_empty() => DutyJudged::fail(deadline, self.late),
            _ => DutyJudged::unknown(self.unknown.unwrap_or_default()),
        };
        for (code, severity) in self.faults {
            book.raise(code, severity);
        }
        match self.evidence {
            Some(evidence) => judged.with(evidence),
            None => judged,
        }
    }
}
