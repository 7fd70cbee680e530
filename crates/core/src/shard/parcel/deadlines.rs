//! When which parcel must be looked at next.
//!
//! ```text
//! hour ─▶ minute ─▶ parcels     4 bytes each; what moved to another minute is not taken out, but passed over when its old one comes
//! ```

use std::collections::BTreeMap;

use crate::parcel::Slot;
use crate::time::Timestamp;

const MINUTE: i64 = 60_000_000_000;
/// Minutes of an hour.
const MINUTES: usize = 60;

/// Parcels by the minute of their next moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    /// Of each hour in which any is due.
    hours: BTreeMap<i64, Hour>,
}

/// Parcels by minute.
type Hour = [Vec<Slot>; MINUTES];

/// The minute in which an instant lies.
pub(super) fn minute_of(at: Timestamp) -> i64 {
    at.as_nanos().div_euclid(MINUTE)
}

/// The hour of a minute, and its place in it.
fn hour_of(minute: i64) -> (i64, usize) {
    let minutes = i64::try_from(MINUTES).unwrap_or(1);
    let place = usize::try_from(minute.rem_euclid(minutes)).unwrap_or(0);
    (minute.div_euclid(minutes), place)
}

impl Deadlines {
    /// Looks at a parcel in the minute of an instant.
    pub(super) fn put(&mut self, slot: Slot, at: Timestamp) {
        let (hour, place) = hour_of(minute_of(at));
        let hour = self
            .hours
            .entry(hour)
            .or_insert_with(|| [const { Vec::new() }; MINUTES]);
        if let Some(slots) = hour.get_mut(place) {
            slots.push(slot);
        }
    }

    /// Takes out the first minute if it has begun by `now`, with its parcels, each once.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<(i64, Vec<Slot>)> {
        loop {
            let mut entry = self.hours.first_entry()?;
            let first = entry.key().saturating_mul(i64::try_from(MINUTES).unwrap_or(1));
            let mut minutes = (first..=minute_of(now)).zip(entry.get_mut());
            if let Some((minute, slots)) = minutes.find(|(_, slots)| !slots.is_empty()) {
                let mut slots = std::mem::take(slots);
                slots.sort_unstable();
                slots.dedup();
                return Some((minute, slots));
            }
            if entry.get().iter().any(|slots| !slots.is_empty()) {
                return None;
            }
            entry.remove();
        }
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        let slots = self.hours.values().flatten().map(Vec::capacity).sum::<usize>();
        let hours = self.hours.len().saturating_mul(size_of::<(i64, Hour)>());
        slots.saturating_mul(size_of::<Slot>()).saturating_add(hours)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::{ContentDigest, Event, EventId, Happening};
    use crate::parcel::Table;
    use crate::time::Span;

    /// Slots, which only a table gives out.
    fn slots(count: u64) -> Vec<Slot> {
        let mut table = Table::default();
        let mut slot = |number: u64| {
            let event = Event {
                id: EventId::from_bits(number.into(), false),
                digest: ContentDigest(0),
                brand: "SF",
                waybill: &number.to_string(),
                site: "GZ-0001",
                operator: "",
                place: None,
                occurred_at: Timestamp::default(),
                uploaded_at: None,
                intake_at: Timestamp::default(),
                source: "",
                redacted: false,
                happening: Happening::Sealed,
            };
            table.apply(&event, 1).expect("a short waybill").0
        };
        (0..count).map(&mut slot).collect()
    }

    proptest! {
        #[test]
        fn minutes_come_in_their_order_each_with_its_parcels_once(
            puts in proptest::collection::vec((0_usize..6, -20_000_i64..20_000), 0..60),
            clocks in proptest::collection::vec(-20_000_i64..20_000, 1..8),
        ) {
            let slots = slots(6);
            let at = |seconds: i64| Timestamp::default().plus(Span::seconds(seconds));
            let (mut deadlines, mut model) = (Deadlines::default(), BTreeMap::<i64, Vec<Slot>>::new());
            for (slot, seconds) in puts {
                deadlines.put(slots[slot], at(seconds));
                model.entry(minute_of(at(seconds))).or_default().push(slots[slot]);
            }
            for clock in clocks {
                while let Some((minute, taken)) = deadlines.take(at(clock)) {
                    let (first, mut wanted) = model.pop_first().expect("one is left");
                    wanted.sort_unstable();
                    wanted.dedup();
                    prop_assert_eq!((minute, taken), (first, wanted));
                }
                prop_assert!(model.keys().all(|minute| *minute > minute_of(at(clock))), "none is left behind");
            }
        }
    }
}
