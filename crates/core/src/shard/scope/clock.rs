//! The clock of a scope shard: how far all its sources are, and which days are over by it.

use crate::registry::RegistryView;
use crate::time::{CivilDay, Timestamp};

/// What follows from the clocks of the sources. It exists once one was heard, and never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SourceClock {
    /// The furthest that the slowest source, of those not left out, ever was.
    pub(super) now: Timestamp,
    /// The civil day at which the clock began. What was absent before it, nobody can tell.
    pub(super) began_on: CivilDay,
    /// Days before this one can no longer change.
    pub(super) frozen_before: CivilDay,
    /// Days before this one are over.
    pub(super) over_before: CivilDay,
    /// The silence of days before this one was judged.
    pub(super) silence_before: CivilDay,
    /// Since when no source is left out; `None` while one is.
    pub(super) complete_since: Option<Timestamp>,
}

impl SourceClock {
    pub(super) fn begin(now: Timestamp) -> Self {
        let day = now.civil_day();
        // Nothing is over or frozen yet: the first look at the rules decides.
        let first = CivilDay::from_days(i32::MIN);
        Self {
            now,
            began_on: day,
            frozen_before: first,
            over_before: first,
            silence_before: first,
            complete_since: None,
        }
    }

    /// Takes what the sources show. Earlier than before changes nothing.
    pub(super) fn take(&mut self, now: Timestamp, is_complete: bool) {
        self.now = self.now.max(now);
        self.complete_since = is_complete.then(|| self.complete_since.unwrap_or(self.now));
    }

    /// Freezes the days that are too old, and says whether any more are.
    pub(super) fn freeze(&mut self, registry: RegistryView<'_>) -> bool {
        let first = self.first_kept(registry);
        let is_later = first > self.frozen_before;
        self.frozen_before = self.frozen_before.max(first);
        self.over_before = self.over_before.max(first);
        self.silence_before = self.silence_before.max(first);
        is_later
    }

    /// Whether days are to be frozen that are not.
    pub(super) fn is_to_freeze(&self, registry: RegistryView<'_>) -> bool {
        self.first_kept(registry) > self.frozen_before
    }

    fn first_kept(&self, registry: RegistryView<'_>) -> CivilDay {
        let rows_days = registry.rules_in_force(self.now).limits.rows_days;
        let back = i32::try_from(rows_days).unwrap_or(i32::MAX).saturating_neg();
        self.now.civil_day().plus_days(back)
    }

    /// Days that are over since the last question, in their order.
    pub(super) fn close(&mut self, registry: RegistryView<'_>) -> Vec<CivilDay> {
        let mut closed = Vec::new();
        let today = self.now.civil_day();
        while self.over_before < today {
            let day = self.over_before;
            let after = registry.rules_in_force(day.start()).alerts.day_closes_after();
            if day.plus_days(1).start().plus(after) > self.now {
                break;
            }
            closed.push(day);
            self.over_before = day.plus_days(1);
        }
        closed
    }

    /// Days whose silence can now be judged, in their order: over, and no source left out.
    pub(super) fn close_silence(&mut self) -> Vec<CivilDay> {
        let mut closed = Vec::new();
        if self.complete_since.is_none() {
            return closed;
        }
        self.silence_before = self.silence_before.max(self.began_on);
        while self.silence_before < self.over_before {
            closed.push(self.silence_before);
            self.silence_before = self.silence_before.plus_days(1);
        }
        closed
    }

    pub(super) fn is_frozen(&self, day: CivilDay) -> bool {
        day < self.frozen_before
    }

    pub(super) fn is_over(&self, day: CivilDay) -> bool {
        day < self.over_before
    }

    /// Whether a day is over that the clock saw: what is absent from it was not sent.
    pub(super) fn judges_absence_of(&self, day: CivilDay) -> bool {
        self.began_on <= day && self.is_over(day)
    }
}
