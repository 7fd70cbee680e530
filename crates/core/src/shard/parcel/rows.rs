//! The state of a parcel shard as rows, and back.

use super::ParcelShard;
use super::kept::Kept;
use super::retired::{Key, Rest, SenderBits};
use crate::bytes::{Reader, Writer};
use crate::parcel::Slot;
use crate::parcel::packed::{Texts, TextsOf};
use crate::shard::input::Behaviour;
use crate::shard::row::{RestoreError, Row, RowKind};
use crate::time::{CivilDay, Timestamp};

/// Bytes of the state and of the whole of most parcels where texts are written out.
const STATE: usize = 128;
const BODY: usize = 512;

impl ParcelShard {
    /// The state as rows: the clock, open parcels by brand and waybill, retired ones by the digest of their key.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        let open = self.table.sorted().into_iter().map(|slot| self.parcel_row(slot));
        let retired = self.retired.iter().map(|(key, rest)| retired_row(key, rest));
        core::iter::once(self.clock_row()).chain(open).chain(retired)
    }

    /// The state that rows hold. The profile is not among them: whoever names one names it again.
    ///
    /// # Errors
    /// Where a row belongs to another kind of shard, cannot be read, or does not stand in its order.
    pub fn restore(rows: impl IntoIterator<Item = Row>) -> Result<Self, RestoreError> {
        let mut shard = Self::default();
        let mut before: Option<(RowKind, Vec<u8>)> = None;
        for row in rows {
            let kind = row.kind;
            if before
                .as_ref()
                .is_some_and(|(last, key)| (*last, key) >= (kind, &row.key))
            {
                return Err(RestoreError::OutOfOrder(kind));
            }
            let read = match kind {
                RowKind::Clock => shard.read_clock(&row),
                RowKind::Parcel => shard.read_parcel(&row),
                RowKind::Retired => shard.read_retired(&row),
                RowKind::Source | RowKind::Outlet | RowKind::Alert | RowKind::Subject => {
                    return Err(RestoreError::AnotherShard(kind));
                }
            };
            read.ok_or(RestoreError::Damaged(kind))?;
            before = Some((kind, row.key));
        }
        Ok(shard)
    }

    fn clock_row(&self) -> Row {
        let mut body = Writer::default();
        body.flag(self.clock.is_some());
        body.signed(self.clock.unwrap_or_default().as_nanos());
        body.number(self.registry_offset);
        body.flag(self.behaviour.is_some());
        body.number(self.behaviour.map_or(0, |behaviour| behaviour.0.into()));
        Row {
            kind: RowKind::Clock,
            key: Vec::new(),
            body: body.finish(),
        }
    }

    fn read_clock(&mut self, row: &Row) -> Option<()> {
        let mut reader = Reader::new(&row.body);
        let has_clock = reader.flag()?;
        let clock = Timestamp::from_nanos(reader.signed()?);
        self.clock = has_clock.then_some(clock);
        self.registry_offset = reader.number()?;
        let has_behaviour = reader.flag()?;
        let behaviour = Behaviour(reader.narrow()?);
        self.behaviour = has_behaviour.then_some(behaviour);
        (row.key.is_empty() && reader.is_empty()).then_some(())
    }

    fn parcel_row(&self, slot: Slot) -> Row {
        let (brand, waybill) = self.table.key(slot);
        // No text holds a control character, so these keys sort as brand and waybill do.
        let mut key = Vec::with_capacity(brand.len().saturating_add(waybill.len()).saturating_add(1));
        key.extend_from_slice(brand.as_bytes());
        key.push(0);
        key.extend_from_slice(waybill.as_bytes());
        let mut state = Writer::over(Vec::with_capacity(STATE));
        self.kept(slot).write(&mut state, &mut Texts::Inline);
        let mut body = Writer::over(Vec::with_capacity(BODY));
        body.block(&state.finish());
        self.table.write_events(slot, &mut body);
        Row {
            kind: RowKind::Parcel,
            key,
            body: body.finish(),
        }
    }

    fn read_parcel(&mut self, row: &Row) -> Option<()> {
        let split = row.key.iter().position(|byte| *byte == 0)?;
        let brand = str::from_utf8(row.key.get(..split)?).ok()?;
        let waybill = str::from_utf8(row.key.get(split.checked_add(1)?..)?).ok()?;
        let mut reader = Reader::new(&row.body);
        let kept = Kept::read(reader.block()?, brand, TextsOf::Inline)?;
        let (slot, tail) = self.table.read_events(brand, waybill, reader.rest()).ok()?;
        let mut held = Writer::default();
        kept.write(&mut held, &mut Texts::Held(self.table.names_mut()));
        self.table.keep(slot, Some(&held.finish()), tail);
        self.deadlines.put(slot, kept.due);
        Some(())
    }

    fn read_retired(&mut self, row: &Row) -> Option<()> {
        let key = Key::from_bits(u64::from_be_bytes(row.key.as_slice().try_into().ok()?))?;
        let mut reader = Reader::new(&row.body);
        let mut day = || Some(CivilDay::from_days(i32::try_from(reader.signed()?).ok()?));
        let (until, day) = (day()?, day()?);
        let sender = SenderBits::from_bits(u32::from_be_bytes(reader.take()?));
        self.retired.put(key, Rest { until, day, sender });
        reader.is_empty().then_some(())
    }
}

fn retired_row(key: Key, rest: Rest) -> Row {
    let mut body = Writer::default();
    body.signed(rest.until.as_days().into());
    body.signed(rest.day.as_days().into());
    body.fixed(&rest.sender.bits().to_be_bytes());
    Row {
        kind: RowKind::Retired,
        key: key.bits().to_be_bytes().to_vec(),
        body: body.finish(),
    }
}
