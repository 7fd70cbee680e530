//! Parcels to which another event would change nothing.
//!
//! Most events of a parcel only move it on: they are kept, and its verdict stays what it was. Judging notes which kinds
//! of events it awaits ([`crate::case`]). An event of another kind that comes behind all others and says nothing by
//! itself is added without judging, as long as nothing else has changed: the registers, the profile, and the clock, which
//! must not have come to the next moment of the parcel or gone back.
//!
//! Nothing that comes out depends on it, so it does not outlive the memory of one process: after a restore every parcel
//! is judged in full once.

#[cfg(test)]
mod tests;

use super::ParcelShard;
use super::kept::{self, Kept};
use crate::bytes::Writer;
use crate::event::{Event, Kinds};
use crate::parcel::packed::Texts;
use crate::parcel::{Slot, Tail};
use crate::registry::RegistryView;
use crate::time::Timestamp;

/// Counts what may change verdicts though no parcel was touched: another offset of the registers, a clock that was set
/// back, another profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Epoch(u16);

impl Default for Epoch {
    fn default() -> Self {
        Self(1)
    }
}

impl Epoch {
    const BITS: u32 = 10;

    /// The next one; `None` where it has no more bits.
    pub(super) const fn next(self) -> Option<Self> {
        let next = self.0.saturating_add(1);
        if next >> Self::BITS == 0 {
            Some(Self(next))
        } else {
            None
        }
    }
}

/// When a parcel was judged, and which of the usual kinds of events it awaits since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Calm {
    /// 0: never in this process.
    epoch: u16,
    awaited: u8,
}

impl Calm {
    /// How many bits it has.
    pub(super) const BITS: u32 = Epoch::BITS + 8;

    /// Of a parcel that was judged just now.
    pub(super) const fn of(epoch: Epoch, awaited: Kinds) -> Self {
        Self {
            epoch: epoch.0,
            awaited: awaited.usual(),
        }
    }

    pub(super) fn bits(self) -> u32 {
        u32::from(self.epoch) << 8 | u32::from(self.awaited)
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        let [awaited, low, high, _] = bits.to_le_bytes();
        Self {
            epoch: u16::from_le_bytes([low, high]),
            awaited,
        }
    }

    /// Whether an event is of a kind that judging does not await, and judging was in this epoch.
    pub(super) fn passes(self, epoch: Epoch, event: &Event<'_>) -> bool {
        self.epoch == epoch.0 && !Kinds::of(&event.happening).has_any(Kinds::with_all_unusual(self.awaited))
    }
}

impl ParcelShard {
    /// Judges each parcel in full at its next event, as after a restore. Nothing that comes out differs.
    pub fn judge_in_full(&mut self) {
        if let Some(epoch) = self.epoch.next() {
            self.epoch = epoch;
            return;
        }
        self.epoch = Epoch::default();
        let slots: Vec<Slot> = self.table.slots().collect();
        for slot in slots {
            let mut state = Writer::default();
            let kept = Kept {
                calm: Calm::default(),
                ..self.kept(slot)
            };
            kept.write(&mut state, &mut Texts::Known(self.table.names()));
            self.table.keep(slot, Some(&state.finish()), Tail::default());
        }
    }

    /// Whether an event that comes behind all others of its parcel changes nothing.
    pub(super) fn is_plain(&self, slot: Slot, event: &Event<'_>, reference: Timestamp, view: RegistryView<'_>) -> bool {
        kept::calm(self.table.state(slot)).is_some_and(|(due, calm)| {
            calm.passes(self.epoch, event)
                && self.clock.unwrap_or(Timestamp::MIN) < due
                && self.judge(view).is_plain(event, reference)
        })
    }
}
