//! Events of a parcel as they outlive this memory.

use super::{Slot, Table, Tail, write_inline};
use crate::bytes::Writer;
use crate::parcel::packed::{self, Foreign, TextsOf};
use crate::parcel::slab::RECORD_MAX;

/// Bytes that a restored record may have, without what the shard keeps.
const RESTORED_MAX: usize = RECORD_MAX - (4 << 10);

impl Table {
    /// Writes the events of a parcel as they outlive this memory.
    pub(crate) fn write_events(&self, slot: Slot, out: &mut Writer) {
        write_inline(self.events(slot), out);
    }

    /// Opens a parcel with events that were written by [`write_events`](Self::write_events), at least one. What the shard
    /// kept of it is [kept](Self::keep) with the tail, in which no event stands.
    pub(crate) fn read_events(&mut self, brand: &str, waybill: &str, events: &[u8]) -> Result<(Slot, Tail), Foreign> {
        let (mut first, mut is_last) = (None, false);
        for event in packed::events(events, (brand, waybill), TextsOf::Inline) {
            let (event, _) = event?;
            is_last |= event.happening.is_mostly_last();
            first = first.or(Some(event));
        }
        let slot = self.open(&first.ok_or(Foreign)?).map_err(|_| Foreign)?;
        let tail = Tail {
            is_last,
            ..Tail::default()
        };
        if self.rewrite(slot, events, RESTORED_MAX) {
            Ok((slot, tail))
        } else {
            Err(Foreign)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ContentDigest, Event, EventId, Happening, Leg};
    use crate::parcel::Applied;
    use crate::time::{Span, Timestamp};

    fn event<'a>(number: u32, waybill: &'a str, site: &'a str, happening: Happening<'a>) -> Event<'a> {
        let occurred_at = Timestamp::default().plus(Span::minutes(number.into()));
        Event {
            id: EventId::from_bits(number.into(), false),
            digest: ContentDigest(number),
            brand: "SF",
            waybill,
            site,
            operator: "C-17",
            place: None,
            occurred_at,
            uploaded_at: None,
            intake_at: occurred_at,
            source: "gateway",
            redacted: false,
            happening,
        }
    }

    #[test]
    fn a_parcel_with_all_events_that_it_may_have_leaves_room_for_what_a_shard_keeps() {
        let mut table = Table::of_open();
        let mut count = 0;
        let slot = loop {
            let site = format!("GZ-{count}");
            let event = event(count, "SF1", &site, Happening::Arrived(&site));
            match table.apply(&event, usize::MAX).expect("short texts") {
                (slot, Applied::Full) => break slot,
                _ => count += 1,
            }
        };
        table.keep(slot, Some(&[7; 4_000]), Tail::default());
        let kept = |table: &Table, slot| u32::try_from(table.evidence(slot).items().len()).ok();
        assert_eq!(kept(&table, slot), Some(count), "none is cut");
        let mut row = Writer::default();
        table.write_events(slot, &mut row);
        let mut other = Table::of_open();
        // Numbers of more bytes.
        for number in 0..20_000 {
            other.names_mut().hold(&number.to_string());
        }
        let (slot, tail) = other.read_events("SF", "SF1", &row.finish()).expect("its own events");
        other.keep(slot, Some(&[7; 4_000]), tail);
        assert_eq!(kept(&other, slot), Some(count), "none is cut");
    }

    #[test]
    fn restored_parcels_take_no_more_room_than_before() {
        let (mut table, mut other) = (Table::of_open(), Table::of_open());
        for number in 0..2_000 {
            let waybill = format!("SF{number}");
            let steps = [
                Happening::Sealed,
                Happening::Arrived("GZ-2"),
                Happening::Departed(Leg::LineHaul),
            ];
            for (step, happening) in (0..).zip(steps) {
                let event = event(3 * number + step, &waybill, "GZ-1", happening);
                table.apply(&event, 64).expect("short texts");
            }
        }
        for slot in table.sorted() {
            let mut row = Writer::default();
            table.write_events(slot, &mut row);
            let (brand, waybill) = table.key(slot);
            let (slot, tail) = other
                .read_events(brand, waybill, &row.finish())
                .expect("its own events");
            other.keep(slot, Some(&[]), tail);
        }
        let (before, after) = (table.bytes(), other.bytes());
        assert!(after < before + before / 20, "{after} bytes after {before}");
    }
}
