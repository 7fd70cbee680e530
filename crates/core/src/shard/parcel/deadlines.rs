//! When which parcel must be looked at next.
//!
//! ```text
//! minute ─▶ parcels          4 bytes each; what moved to another minute is not taken out, but passed over when its old one comes
//! ```

use std::collections::BTreeMap;

use crate::parcel::Slot;
use crate::time::Timestamp;

const MINUTE: i64 = 60_000_000_000;

/// Parcels by the minute of their next moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    minutes: BTreeMap<i64, Vec<Slot>>,
}

/// The minute in which an instant lies.
pub(super) fn minute_of(at: Timestamp) -> i64 {
    at.as_nanos().div_euclid(MINUTE)
}

impl Deadlines {
    /// Looks at a parcel in the minute of an instant.
    pub(super) fn put(&mut self, slot: Slot, at: Timestamp) {
        self.minutes.entry(minute_of(at)).or_default().push(slot);
    }

    /// Takes out the first minute if it has begun by `now`, with its parcels, each once.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<(i64, Vec<Slot>)> {
        let entry = self.minutes.first_entry()?;
        if *entry.key() > minute_of(now) {
            return None;
        }
        let (minute, mut slots) = entry.remove_entry();
        slots.sort_unstable();
        slots.dedup();
        Some((minute, slots))
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        let slots = self.minutes.values().map(Vec::capacity).sum::<usize>();
        let minutes = self.minutes.len().saturating_mul(size_of::<(i64, Vec<Slot>)>());
        slots.saturating_mul(size_of::<Slot>()).saturating_add(minutes)
    }
}
