//! Judging one parcel of which there is something new, or whose moment has come.

use super::ParcelShard;
use super::calm::Calm;
use super::follow::{concerns, ends_at, follow, marks, rest};
use super::kept::{self, Kept};
use super::retired::Key;
use crate::bytes::Writer;
use crate::case::{Evidence, Mark, Marks};
use crate::event::Event;
use crate::parcel::packed::{Texts, TextsOf};
use crate::parcel::{Slot, Standing, Tail};
use crate::registry::RegistryView;
use crate::shard::input::Rejudge;
use crate::shard::output::Sink;
use crate::shard::position::Position;
use crate::time::Timestamp;
use crate::verdict::judge;

/// Why a parcel is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    pub(super) at: Position,
    /// The clock by which it is judged.
    pub(super) now: Timestamp,
    /// When what follows came to be.
    pub(super) when: Timestamp,
    /// Its moment has come, which may be its last.
    pub(super) is_expiry: bool,
    /// Its waybill was used before by another sender.
    pub(super) reused: bool,
}

/// What is new of a parcel that is looked at.
pub(super) enum New<'e> {
    /// No event, or one that was merged with another in the table.
    Nothing,
    /// Its first event, in the table already.
    First(&'e Event<'e>),
    /// An event that goes behind the others, where the tail puts it.
    Behind(&'e Event<'e>, Tail),
}

impl New<'_> {
    fn into_tail(self) -> Tail {
        match self {
            Self::Behind(_, tail) => tail,
            Self::Nothing | Self::First(_) => Tail::default(),
        }
    }
}

/// What became of a parcel that was looked at.
pub(super) enum Touched {
    /// No condition of the rejudge holds for it.
    Spared,
    /// It was judged; `true` where a published verdict changed.
    Judged { is_amended: bool },
    /// It was judged for the last time.
    Ended,
}

impl ParcelShard {
    pub(super) fn kept(&self, slot: Slot) -> Kept<'_> {
        self.kept_of(&self.table.stand(slot))
    }

    fn kept_of<'t>(&'t self, standing: &Standing<'t>) -> Kept<'t> {
        let Standing { key, state, .. } = *standing;
        if state.is_empty() {
            return Kept::default();
        }
        Kept::read(state, key.0, TextsOf::Held(self.table.names())).expect("this shard wrote it")
    }

    /// Judges a parcel with what is new of it, sends what follows, and keeps what must be known next time.
    pub(super) fn touch(
        &mut self,
        slot: Slot,
        new: New<'_>,
        cause: Cause,
        only: Option<&Rejudge<'_>>,
        view: RegistryView<'_>,
        out: &mut impl Sink,
    ) -> Touched {
        let standing = self.table.stand(slot);
        let evidence = match &new {
            New::First(event) => Evidence::of_set([(**event, false)]),
            New::Behind(event, _) => standing.evidence(Some(event)),
            New::Nothing => standing.evidence(None),
        };
        let before = self.kept_of(&standing);
        let reused = before.reused || cause.reused;
        let marks: Vec<Mark> = marks(&before.hits);
        let marks = Marks { hits: &marks, reused };
        let ends_at = ends_at(&evidence, view);
        let is_last = cause.is_expiry && ends_at <= cause.now;
        let case = self
            .judge(view)
            .case_of(&evidence, cause.now, marks)
            .expect("rules name a profile that they define, and whoever names another has looked for it")
            .expect("an open parcel has an event");
        let mut verdict = judge(&case);
        if is_last {
            verdict.end();
        }
        if only.is_some_and(|rejudge| !concerns(rejudge, &verdict)) {
            return Touched::Spared;
        }
        let (after, is_amended) = follow(&verdict, &evidence, &before, cause, self.profile.as_deref(), view, out);
        let due = verdict.next_change.map_or(ends_at, |next| next.min(ends_at));
        let due = due.max(cause.now);
        let calm = Calm::of(self.epoch, verdict.awaited);
        let after = Kept {
            due,
            reused,
            calm,
            ..after
        };
        if is_last {
            out.retired(&verdict);
            let rest = rest(&evidence, ends_at, view);
            let key = Key::of(verdict.brand, verdict.waybill);
            drop(verdict);
            self.retired.put(key, rest);
            self.forget(slot);
            return Touched::Ended;
        }
        let is_new = standing.state.is_empty();
        let is_due_anew = !cause.is_expiry && (is_new || due != before.due);
        let tail = new.into_tail();
        if is_new || after != before {
            let mut state = Writer::over(Vec::with_capacity(64));
            after.write(&mut state, &mut Texts::Known(self.table.names()));
            self.keep(slot, &state.finish(), tail);
        } else {
            self.table.keep(slot, None, tail);
        }
        if is_due_anew {
            self.deadlines.put(slot, due);
        }
        Touched::Judged { is_amended }
    }

    /// Keeps the state of a parcel, and holds the texts in it instead of those in the state before.
    fn keep(&mut self, slot: Slot, state: &[u8], tail: Tail) {
        let (new, old) = (kept::numbers(state), kept::numbers(self.table.state(slot)));
        if new != old {
            for number in new {
                self.table.names_mut().hold_again(number);
            }
            for number in old {
                self.table.names_mut().release(number);
            }
        }
        self.table.keep(slot, Some(state), tail);
    }

    fn forget(&mut self, slot: Slot) {
        for number in kept::numbers(self.table.state(slot)) {
            self.table.names_mut().release(number);
        }
        self.table.remove(slot);
    }
}
