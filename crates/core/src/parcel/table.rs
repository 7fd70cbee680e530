//! Parcels by brand and waybill: the events of each, and what a shard keeps of it beside them.
//!
//! ```text
//! record = brand (number of a text) · waybill · length 2 · state (of a shard; empty for files) · events
//! ```

mod order;
mod rows;
mod settle;
mod warm;

use core::cell::RefCell;
use core::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;

use super::names::Names;
use super::packed::{self, Follows, Texts, TextsOf};
use super::slab::{Handle, RECORD_MAX, Slab};
use super::{Applied, PackError};
use crate::bytes::{Reader, Writer};
use crate::case::{Evidence, merge};
use crate::event::{Event, Happening};
use crate::time::Timestamp;

/// Bytes that a record with another event may have. The rest is for what a shard keeps beside the events, and for numbers
/// of texts that need more bytes after a restore than before it.
const GROWN_MAX: usize = RECORD_MAX - (16 << 10);
/// Longest waybill, in bytes.
const WAYBILL_MAX: usize = 255;

/// Room for a parcel that came in from elsewhere: for all its events, mostly.
const ARRIVED_ROOM: usize = 190;
/// Room for any other: the same. Few end with records of this size, so blocks are left by all: where some stay, holes do.
const ROOM: usize = 414;

/// A parcel in the table, for as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(u32);

impl Slot {
    fn place(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// All parcels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    names: Names,
    slab: Slab,
    slots: Vec<Handle>,
    free: Vec<u32>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Memory to write into, used again and again.
    spare: Vec<u8>,
    /// Whether parcels have room for the events that are likely to come.
    makes_room: bool,
}

/// What became of an event that was brought to its parcel.
pub(crate) enum Brought {
    /// It stands in the table, as the first of its parcel.
    First,
    /// It stands in the table, merged with the one under its source and id.
    Merged,
    /// It goes behind the others, where it stands once the tail is [kept](Table::keep). Where it comes behind them in
    /// canonical order, too: the instant as of which rules and registers count for the parcel ([`packed::Look::behind`]).
    Behind(Tail, Option<Timestamp>),
    /// A copy that changes nothing.
    Duplicate,
    /// The parcel holds as many events as it may.
    Full,
}

/// An event as it will stand behind the others of its parcel, and its texts are held already.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    bytes: Vec<u8>,
    /// Of most parcels it is the last: they need no more room than they have taken.
    is_last: bool,
}

/// A parcel as it stands in the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'t> {
    /// Brand and waybill.
    pub(crate) key: (&'t str, &'t str),
    /// What a shard keeps of it.
    pub(crate) state: &'t [u8],
    events: &'t [u8],
    names: &'t Names,
}

impl<'t> Standing<'t> {
    /// The set of its events, and of one that goes behind them.
    pub(crate) fn evidence(self, behind: Option<&Event<'t>>) -> Evidence<'t> {
        Evidence::of_set(self.events().chain(behind.map(|event| (*event, false))))
    }

    /// The events in the order in which they came.
    fn events(self) -> impl Iterator<Item = (Event<'t>, bool)> {
        packed::events(self.events, self.key, TextsOf::Held(self.names))
            .map(|event| event.expect("what was packed can be unpacked: tests pack every happening"))
    }
}

/// A record, taken apart.
struct Parts<'a> {
    brand: u32,
    waybill: &'a [u8],
    state: &'a [u8],
    /// Where the state's length begins, and where the events do.
    state_at: Range<usize>,
    events: &'a [u8],
}

fn parts(record: &[u8]) -> Option<Parts<'_>> {
    let mut reader = Reader::new(record);
    let brand = reader.narrow()?;
    let waybill = reader.block()?;
    let before = record.len().checked_sub(reader.rest().len())?;
    let length = u16::from_le_bytes(reader.take()?);
    let (state, events) = reader.rest().split_at_checked(length.into())?;
    Some(Parts {
        brand,
        waybill,
        state,
        state_at: before..record.len().checked_sub(events.len())?,
        events,
    })
}

impl Table {
    /// For parcels that are open for days while their events come, one by one.
    pub(crate) fn of_open() -> Self {
        Self {
            makes_room: true,
            ..Self::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    pub(crate) fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// The parcel under a key.
    pub(crate) fn find(&self, brand: &str, waybill: &str) -> Option<Slot> {
        let is_it = |slot: &u32| {
            self.parts(Slot(*slot))
                .is_some_and(|parts| parts.waybill == waybill.as_bytes() && self.names.text(parts.brand) == brand)
        };
        self.index
            .find(self.hasher.hash_one(waybill.as_bytes()), is_it)
            .map(|slot| Slot(*slot))
    }

    /// Adds an event to its parcel, or merges it with the one under its source and id; opens the parcel if need be.
    pub(crate) fn apply(&mut self, event: &Event<'_>, events_max: usize) -> Result<(Slot, Applied), PackError> {
        let slot = self.find(event.brand, event.waybill);
        let (slot, brought) = self.bring(slot, event, events_max)?;
        let applied = match brought {
            Brought::First | Brought::Merged => Applied::Merged,
            Brought::Behind(tail, _) => {
                self.keep(slot, None, tail);
                Applied::Merged
            }
            Brought::Duplicate => Applied::Duplicate,
            Brought::Full => Applied::Full,
        };
        Ok((slot, applied))
    }

    /// The same where the parcel was looked for before; a new event of a known parcel is not kept yet.
    pub(crate) fn bring(
        &mut self,
        slot: Option<Slot>,
        event: &Event<'_>,
        events_max: usize,
    ) -> Result<(Slot, Brought), PackError> {
        match slot {
            Some(slot) => Ok((slot, self.add(slot, event, events_max))),
            None => Ok((self.open(event)?, Brought::First)),
        }
    }

    /// A parcel as it stands here.
    pub(crate) fn stand(&self, slot: Slot) -> Standing<'_> {
        let (mut key, mut state, mut events) = (("", ""), [].as_slice(), [].as_slice());
        if let Some(parts) = self.parts(slot) {
            let waybill = str::from_utf8(parts.waybill).unwrap_or_default();
            key = (self.names.text(parts.brand), waybill);
            (state, events) = (parts.state, parts.events);
        }
        Standing {
            key,
            state,
            events,
            names: &self.names,
        }
    }

    /// The set of events of a parcel.
    pub(crate) fn evidence(&self, slot: Slot) -> Evidence<'_> {
        Evidence::of_set(self.events(slot))
    }

    /// The events of a parcel in the order in which they came.
    fn events(&self, slot: Slot) -> impl Iterator<Item = (Event<'_>, bool)> {
        self.stand(slot).events()
    }

    /// Brand and waybill.
    pub(crate) fn key(&self, slot: Slot) -> (&str, &str) {
        self.stand(slot).key
    }

    /// What a shard keeps of a parcel.
    pub(crate) fn state(&self, slot: Slot) -> &[u8] {
        self.parts(slot).map_or(&[], |parts| parts.state)
    }

    /// Keeps something else of it, where that is said, and puts a tail behind its events. Numbers of texts in the state
    /// are the caller's to hold.
    pub(crate) fn keep(&mut self, slot: Slot, state: Option<&[u8]>, tail: Tail) {
        self.put(slot, state, &tail);
        if self.spare.capacity() < tail.bytes.capacity() {
            self.spare = tail.bytes;
        }
    }

    fn put(&mut self, slot: Slot, state: Option<&[u8]>, tail: &Tail) {
        let Some(handle) = self.handle(slot) else { return };
        let record = self.slab.get(handle);
        let Some(parts) = parts(record) else { return };
        let end = record.len()..record.len();
        let length = length_of(state.unwrap_or_default());
        let (place, new) = match state {
            Some(state) => (parts.state_at, [length.as_slice(), state]),
            None => (end, [[].as_slice(); 2]),
        };
        let handle = self.slab.splice(handle, place, new, &tail.bytes);
        let handle = if tail.is_last { self.slab.fit(handle) } else { handle };
        self.move_to(slot, handle);
    }

    /// Forgets a parcel. Numbers of texts in its state are the caller's to release.
    pub(crate) fn remove(&mut self, slot: Slot) {
        let Some(handle) = self.handle(slot) else { return };
        let numbers = RefCell::new(Vec::new());
        if let Some(parts) = self.parts(slot) {
            numbers.borrow_mut().push(parts.brand);
            packed::events(parts.events, ("", ""), TextsOf::Numbers(&numbers)).for_each(drop);
            let hash = self.hasher.hash_one(parts.waybill);
            if let Ok(entry) = self.index.find_entry(hash, |other| *other == slot.0) {
                entry.remove();
            }
        }
        for number in numbers.into_inner() {
            self.names.release(number);
        }
        self.slab.remove(handle);
        self.settle();
        if let Some(place) = self.slots.get_mut(slot.place()) {
            *place = Handle::NONE;
        }
        self.free.push(slot.0);
    }

    /// All parcels, in no order that means anything.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        let slots = (0..).map(Slot).zip(&self.slots);
        slots
            .filter(|(_, handle)| **handle != Handle::NONE)
            .map(|(slot, _)| slot)
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> usize {
        let slots = self.slots.capacity().saturating_mul(size_of::<Handle>());
        let free = self.free.capacity().saturating_mul(size_of::<u32>());
        slots
            .saturating_add(free)
            .saturating_add(self.slab.bytes())
            .saturating_add(self.names.bytes())
            .saturating_add(self.index.allocation_size())
    }

    fn open(&mut self, event: &Event<'_>) -> Result<Slot, PackError> {
        if event.waybill.len() > WAYBILL_MAX {
            return Err(PackError::WaybillTooLong);
        }
        let brand = self.names.hold(event.brand);
        let mut record = std::mem::take(&mut self.spare);
        record.clear();
        let mut record = Writer::over(record);
        record.number(brand.into());
        record.text(event.waybill);
        record.fixed(&length_of(&[]));
        let follows = Follows::of(event, None);
        packed::put(&mut record, (event, false), follows, &mut Texts::Held(&mut self.names));
        let record = record.finish();
        let is_from_elsewhere = matches!(event.happening, Happening::Arrived(_));
        let least = match (self.makes_room && !event.happening.is_mostly_last(), is_from_elsewhere) {
            (false, _) => 0,
            (true, true) => ARRIVED_ROOM,
            (true, false) => ROOM,
        };
        let handle = self.slab.insert(&record, least);
        self.spare = record;
        let slot = match self.free.pop() {
            Some(slot) => Slot(slot),
            None => {
                self.slots.push(handle);
                let last = self.slots.len().saturating_sub(1);
                Slot(u32::try_from(last).expect("four thousand million parcels do not fit in memory"))
            }
        };
        if let Some(place) = self.slots.get_mut(slot.place()) {
            *place = handle;
        }
        let Self {
            index,
            hasher,
            slab,
            slots,
            ..
        } = self;
        index.insert_unique(hasher.hash_one(event.waybill.as_bytes()), slot.0, |other| {
            let handle = slots.get(Slot(*other).place()).copied();
            let parts = handle.and_then(|handle| parts(slab.get(handle)));
            hasher.hash_one(parts.map_or([].as_slice(), |parts| parts.waybill))
        });
        Ok(slot)
    }

    fn add(&mut self, slot: Slot, event: &Event<'_>, events_max: usize) -> Brought {
        let events = self.parts(slot).map(|parts| parts.events).unwrap_or_default();
        let look = packed::look(events, event, &self.names);
        let is_known = look.has_id
            && self
                .events(slot)
                .any(|(known, _)| (known.id, known.source) == (event.id, event.source));
        if is_known {
            let Some(merged) = self.merged(slot, event) else {
                return Brought::Duplicate;
            };
            return if self.rewrite(slot, &merged, GROWN_MAX) {
                Brought::Merged
            } else {
                Brought::Full
            };
        }
        let tail = if look.count < events_max {
            self.tail(slot, event, look.follows)
        } else {
            None
        };
        tail.map_or(Brought::Full, |tail| Brought::Behind(tail, look.behind))
    }

    /// The events with one merged into that under its source and id, written out; `None` where that changes nothing.
    fn merged(&self, slot: Slot, event: &Event<'_>) -> Option<Vec<u8>> {
        let mut is_changed = false;
        let mut out = Writer::default();
        let events = self.events(slot).map(|known| {
            if (known.0.id, known.0.source) != (event.id, event.source) {
                return known;
            }
            let merged = merge(known, (*event, false));
            is_changed = merged.1 != known.1
                || merged.0.digest != known.0.digest
                || merged.0.intake_at != known.0.intake_at
                || merged.0.upload_at() != known.0.upload_at();
            merged
        });
        write_inline(events, &mut out);
        is_changed.then(|| out.finish())
    }

    /// An event as it will stand behind the others; `None` where the record would be too long.
    fn tail(&mut self, slot: Slot, event: &Event<'_>, follows: Follows) -> Option<Tail> {
        let mut tail = std::mem::take(&mut self.spare);
        tail.clear();
        let mut tail = Writer::over(tail);
        packed::put(&mut tail, (event, false), follows, &mut Texts::Held(&mut self.names));
        let tail = tail.finish();
        if self.slab.get(self.handle(slot)?).len().saturating_add(tail.len()) <= GROWN_MAX {
            let is_last = event.happening.is_mostly_last();
            return Some(Tail { bytes: tail, is_last });
        }
        let numbers = RefCell::new(Vec::new());
        packed::events(&tail, ("", ""), TextsOf::Numbers(&numbers)).for_each(drop);
        for number in numbers.into_inner() {
            self.names.release(number);
        }
        None
    }

    /// Writes all events of a parcel anew from what [`write_inline`] wrote; `false` where the record would have more than
    /// `most` bytes.
    fn rewrite(&mut self, slot: Slot, inline: &[u8], most: usize) -> bool {
        let Some(handle) = self.handle(slot) else { return false };
        let record = self.slab.get(handle);
        let Some(old) = parts(record) else { return false };
        let gone = numbers_of(&old);
        let mut changed = Writer::over(record.get(..old.state_at.end).unwrap_or_default().to_vec());
        let mut before: Option<Event<'_>> = None;
        for event in packed::events(inline, ("", ""), TextsOf::Inline).map_while(Result::ok) {
            let follows = Follows::of(&event.0, before.as_ref());
            packed::put(
                &mut changed,
                (&event.0, event.1),
                follows,
                &mut Texts::Held(&mut self.names),
            );
            before = Some(event.0);
        }
        let changed = changed.finish();
        let fits = changed.len() <= most;
        let released = if fits {
            gone
        } else {
            parts(&changed).map(|new| numbers_of(&new)).unwrap_or_default()
        };
        if fits {
            let whole = 0..record.len();
            let handle = self.slab.splice(handle, whole, [&changed, &[]], &[]);
            self.move_to(slot, handle);
        }
        released.into_iter().for_each(|number| self.names.release(number));
        fits
    }

    fn handle(&self, slot: Slot) -> Option<Handle> {
        let handle = self.slots.get(slot.place()).copied();
        handle.filter(|handle| *handle != Handle::NONE)
    }

    fn parts(&self, slot: Slot) -> Option<Parts<'_>> {
        parts(self.slab.get(self.handle(slot)?))
    }

    fn move_to(&mut self, slot: Slot, handle: Handle) {
        if let Some(place) = self.slots.get_mut(slot.place()) {
            *place = handle;
        }
        self.settle();
    }
}

/// What stands in front of a state.
fn length_of(state: &[u8]) -> [u8; 2] {
    u16::try_from(state.len()).unwrap_or(u16::MAX).to_le_bytes()
}

/// The numbers of the texts in the events of a record.
fn numbers_of(parts: &Parts<'_>) -> Vec<u32> {
    let numbers = RefCell::new(Vec::new());
    packed::events(parts.events, ("", ""), TextsOf::Numbers(&numbers)).for_each(drop);
    numbers.into_inner()
}

fn write_inline<'a>(events: impl Iterator<Item = (Event<'a>, bool)>, out: &mut Writer) {
    let mut before: Option<Event<'_>> = None;
    for event in events {
        let follows = Follows::of(&event.0, before.as_ref());
        packed::put(out, (&event.0, event.1), follows, &mut Texts::Inline);
        before = Some(event.0);
    }
}
