//! The life of an alert: it follows what is counted, but only after that held.

use super::AlertChange;
use crate::rules::Severity;
use crate::time::{Span, Timestamp};

/// How grave the alert should be, by what is counted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// So grave; `None`: it should not stand.
    Known(Option<Severity>),
    /// It is about something absent, and a source is left out that may have it.
    Unknown,
}

/// How long a difference must last, and since when absence can be judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) raise: Span,
    pub(super) ease: Span,
    /// Never raised earlier: no source is left out since then, for a whole hold.
    pub(super) not_before: Option<Timestamp>,
}

/// What is known of one alert. Kept only while it stands or is about to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AlertState {
    pub(super) standing: Option<Standing>,
    pub(super) pending: Option<Pending>,
}

/// The alert as it was said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) severity: Severity,
    pub(super) change: AlertChange,
    /// When it was said.
    pub(super) at: Timestamp,
    /// The figures that decided, in the order of their names.
    pub(super) values: Vec<i64>,
}

/// What is counted differs from what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    /// In which direction.
    pub(super) is_graver: bool,
    /// When the alert follows, if it still differs in that direction.
    pub(super) due: Timestamp,
}

/// What is said of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) change: AlertChange,
    /// How grave it is now; when withdrawn, how grave it was.
    pub(super) severity: Severity,
}

impl AlertState {
    pub(super) const fn is_empty(&self) -> bool {
        self.standing.is_none() && self.pending.is_none()
    }

    /// Takes note of how grave the alert should be at `now`, and says what changes; `values` gives the figures of it.
    pub(super) fn settle(
        &mut self,
        target: Target,
        hold: Hold,
        now: Timestamp,
        values: impl FnOnce() -> Vec<i64>,
    ) -> Option<Said> {
        let standing = self.standing.as_ref().map(|standing| standing.severity);
        let target = match target {
            Target::Known(target) => target,
            Target::Unknown => {
                self.wait(hold, now);
                return None;
            }
        };
        if target == standing {
            self.pending = None;
            return None;
        }
        let is_graver = target > standing;
        let begun = self.pending.filter(|pending| pending.is_graver == is_graver);
        let span = if is_graver { hold.raise } else { hold.ease };
        let due = begun.map_or_else(|| now.plus(span), |pending| pending.due);
        let due = due.max(hold.not_before.filter(|_| is_graver).unwrap_or(due));
        if due > now {
            self.pending = Some(Pending { is_graver, due });
            return None;
        }
        self.pending = None;
        let change = match (standing, target) {
            (None, _) => AlertChange::Raised,
            (Some(_), None) => AlertChange::Withdrawn,
            (Some(_), Some(_)) if is_graver => AlertChange::Worsened,
            (Some(_), Some(_)) => AlertChange::Eased,
        };
        self.standing = target.map(|severity| Standing {
            severity,
            change,
            at: now,
            values: values(),
        });
        let severity = target.or(standing)?;
        Some(Said { change, severity })
    }

    /// Nobody can tell: what stands stays, and what does not is asked again.
    fn wait(&mut self, hold: Hold, now: Timestamp) {
        self.pending = match (&self.standing, self.pending) {
            (Some(_), _) => None,
            (None, Some(pending)) if pending.is_graver && pending.due > now => Some(pending),
            (None, _) => Some(Pending {
                is_graver: true,
                due: now.plus(hold.raise.max(Span::minutes(1))),
            }),
        };
    }
}
