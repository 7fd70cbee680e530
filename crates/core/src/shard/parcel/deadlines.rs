//! When which parcel must be looked at next.
//!
//! ```text
//! hour ─▶ minute ─▶ parcels     4 bytes each; what moved to another moment is not taken out, but passed over when its old one comes
//! the minute that has begun ─▶ moment and parcel, in their order
//! ```

use std::collections::BTreeMap;

use crate::parcel::Slot;
use crate::time::Timestamp;

const MINUTE: i64 = 60_000_000_000;
/// Minutes of an hour.
const MINUTES: usize = 60;

/// Parcels by their next moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    /// Of each hour in which any is due.
    hours: BTreeMap<i64, Hour>,
    /// The first minute in which any is due, once it has begun. Nothing of it is in its hour.
    begun: Option<Begun>,
}

/// Parcels by minute.
type Hour = [Vec<Slot>; MINUTES];

#[derive(Clone, Debug)]
struct Begun {
    minute: i64,
    /// The first moment is the last.
    moments: Vec<(Timestamp, Slot)>,
}

/// The minute in which an instant lies.
fn minute_of(at: Timestamp) -> i64 {
    at.as_nanos().div_euclid(MINUTE)
}

/// The hour of a minute, and its place in it.
fn hour_of(minute: i64) -> (i64, usize) {
    let minutes = i64::try_from(MINUTES).unwrap_or(1);
    let place = usize::try_from(minute.rem_euclid(minutes)).unwrap_or(0);
    (minute.div_euclid(minutes), place)
}

impl Deadlines {
    /// Looks at a parcel at an instant.
    pub(super) fn put(&mut self, slot: Slot, at: Timestamp) {
        let minute = minute_of(at);
        match &mut self.begun {
            Some(begun) if begun.minute == minute => {
                let place = begun.moments.partition_point(|(moment, _)| *moment > at);
                begun.moments.insert(place, (at, slot));
            }
            Some(begun) if minute < begun.minute => {
                // The clock was set back.
                let moments = std::mem::take(&mut begun.moments);
                self.begun = None;
                for (at, slot) in moments {
                    self.put_by(slot, minute_of(at));
                }
                self.put_by(slot, minute);
            }
            Some(_) | None => self.put_by(slot, minute),
        }
    }

    fn put_by(&mut self, slot: Slot, minute: i64) {
        let (hour, place) = hour_of(minute);
        let hour = self
            .hours
            .entry(hour)
            .or_insert_with(|| [const { Vec::new() }; MINUTES]);
        if let Some(slots) = hour.get_mut(place) {
            slots.push(slot);
        }
    }

    /// Takes out the first moment if it has come by `now`, with its parcels, each once, in no order that means anything;
    /// some may have another one by now. `due_of` tells the moments of some parcels.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        due_of: impl Fn(&[Slot]) -> Vec<Option<Timestamp>>,
    ) -> Option<(Timestamp, Vec<Slot>)> {
        while self.begun.as_ref().is_none_or(|begun| begun.moments.is_empty()) {
            self.begun = None;
            let (minute, slots) = self.take_minute(now)?;
            let mut moments: Vec<(Timestamp, Slot)> = due_of(&slots)
                .into_iter()
                .zip(slots)
                .filter_map(|(due, slot)| Some((due.filter(|due| minute_of(*due) == minute)?, slot)))
                .collect();
            moments.sort_unstable_by(|a, b| b.cmp(a));
            self.begun = Some(Begun { minute, moments });
        }
        let moments = &mut self.begun.as_mut()?.moments;
        let first = moments.last().map(|(first, _)| *first).filter(|first| *first <= now)?;
        let mut slots = Vec::new();
        while let Some((_, slot)) = moments.pop_if(|(moment, _)| *moment == first) {
            slots.push(slot);
        }
        slots.sort_unstable();
        slots.dedup();
        Some((first, slots))
    }

    /// Takes out the first minute if it has begun by `now`, with its parcels.
    fn take_minute(&mut self, now: Timestamp) -> Option<(i64, Vec<Slot>)> {
        loop {
            let mut entry = self.hours.first_entry()?;
            let first = entry.key().saturating_mul(i64::try_from(MINUTES).unwrap_or(1));
            let mut minutes = (first..=minute_of(now)).zip(entry.get_mut());
            if let Some((minute, slots)) = minutes.find(|(_, slots)| !slots.is_empty()) {
                return Some((minute, std::mem::take(slots)));
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
        let begun = self.begun.as_ref().map_or(0, |begun| begun.moments.capacity());
        slots
            .saturating_mul(size_of::<Slot>())
            .saturating_add(hours)
            .saturating_add(begun.saturating_mul(size_of::<(Timestamp, Slot)>()))
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
        fn moments_come_in_their_order_each_with_its_parcels_once(
            steps in proptest::collection::vec((0_usize..6, -20_000_i64..20_000, any::<bool>()), 0..80),
            nears in proptest::collection::vec((0_usize..6, 0_i64..200, any::<bool>()), 0..80),
        ) {
            for steps in [steps, nears] {
                let slots = slots(6);
                let at = |seconds: i64| Timestamp::default().plus(Span::seconds(seconds));
                // When each is due, of all that was ever said the last.
                let mut due: BTreeMap<Slot, Timestamp> = BTreeMap::new();
                let mut deadlines = Deadlines::default();
                for (slot, seconds, is_tick) in steps {
                    if !is_tick {
                        due.insert(slots[slot], at(seconds));
                        deadlines.put(slots[slot], at(seconds));
                        continue;
                    }
                    let now = at(seconds);
                    let due_of = |slots: &[Slot]| slots.iter().map(|slot| due.get(slot).copied()).collect();
                    let mut taken: Vec<(Timestamp, Slot)> = Vec::new();
                    while let Some((moment, slots)) = deadlines.take(now, due_of) {
                        prop_assert!(taken.last().is_none_or(|(last, _)| *last < moment), "moments rise");
                        let slots = slots.into_iter().filter(|slot| due.get(slot) == Some(&moment));
                        taken.extend(slots.map(|slot| (moment, slot)));
                    }
                    let all = due.iter().map(|(slot, due)| (*due, *slot));
                    let mut wanted: Vec<(Timestamp, Slot)> = all.filter(|(due, _)| *due <= now).collect();
                    wanted.sort_unstable();
                    taken.sort_unstable();
                    prop_assert_eq!(&taken, &wanted);
                    due.retain(|_, due| *due > now);
                }
            }
        }
    }
}
