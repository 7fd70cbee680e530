//! The evidence of one parcel as bytes: about 45 an event.
//!
//! ```text
//! head  = brand u32 · base i64 (nanoseconds) · waybill length u8 · waybill
//! event = event before it, 5 · length u16 · kind u8 · flags u8 · id 16 · digest 8 · occurred · intake · upload · source ·
//!         site · operator · place · what the kind carries
//! ```
//! An event that was merged with a copy is written again and its old record marked as replaced.
//! Times are differences (occurred to base, intake to occurred, upload to intake) as zigzag variable-length integers, in
//! milliseconds where they are whole and in nanoseconds else. Texts are numbers of [`Names`].

use core::fmt;

use super::Applied;
use super::names::Names;
use super::store::{Position, Store};
use crate::case::{Evidence, merge};
use crate::event::Event;
use reader::Reader;
use writer::{Numbers, Writer};

mod reader;
mod writer;

/// Bytes of a parcel's head before the waybill.
const HEAD: usize = 4 + 8 + 1;
/// Where in an event its flags stand.
const FLAGS_AT: usize = Position::BYTES + 2 + 1;
/// Where in an event the id begins.
const ID_AT: usize = FLAGS_AT + 1;

/// Why an event cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackError {
    /// It is of another parcel.
    AnotherParcel,
    /// Its waybill has more than 255 bytes.
    WaybillTooLong,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnotherParcel => "the event is of another parcel",
            Self::WaybillTooLong => "the waybill has more than 255 bytes",
        })
    }
}

impl std::error::Error for PackError {}

/// The evidence of one parcel: where its head and its last event stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    head: Position,
    last: Position,
}

impl Packed {
    /// A parcel without events.
    pub(super) fn new(brand: u32, first: &Event<'_>, store: &mut Store) -> Result<Self, PackError> {
        let length = u8::try_from(first.waybill.len()).map_err(|_| PackError::WaybillTooLong)?;
        let mut bytes = Vec::with_capacity(HEAD.saturating_add(first.waybill.len()));
        bytes.extend(brand.to_le_bytes());
        bytes.extend(first.occurred_at.as_nanos().to_le_bytes());
        bytes.push(length);
        bytes.extend(first.waybill.as_bytes());
        Ok(Self {
            head: store.push(&bytes),
            last: Position::NONE,
        })
    }

    pub(super) fn brand(self, store: &Store) -> u32 {
        store
            .at(self.head)
            .first_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn base(self, store: &Store) -> i64 {
        store
            .at(self.head)
            .get(4..)
            .and_then(<[u8]>::first_chunk)
            .map_or(0, |bytes| i64::from_le_bytes(*bytes))
    }

    pub(super) fn waybill(self, store: &Store) -> &str {
        let text = || {
            let (head, rest) = store.at(self.head).split_first_chunk::<HEAD>()?;
            str::from_utf8(rest.get(..usize::from(*head.last()?))?).ok()
        };
        text().unwrap_or_default()
    }

    pub(super) fn is_of(self, brand: u32, waybill: &str, store: &Store) -> bool {
        self.brand(store) == brand && self.waybill(store) == waybill
    }

    /// The events that count, from the last to the first.
    fn events(self, store: &Store) -> impl Iterator<Item = (Position, &[u8])> {
        let mut next = self.last;
        std::iter::from_fn(move || {
            loop {
                let here = next;
                let (before, rest) = store.at(here).split_first_chunk()?;
                next = Position::from_bytes(*before);
                let length = usize::from(u16::from_le_bytes(*rest.first_chunk()?));
                let event = store.at(here).get(..length)?;
                if event.get(FLAGS_AT)? & writer::REPLACED == 0 {
                    return Some((here, event));
                }
            }
        })
    }

    /// Adds an event, or merges it with the one under its source and id.
    pub(super) fn apply(
        &mut self,
        event: &Event<'_>,
        names: &mut Names,
        store: &mut Store,
        events_max: usize,
    ) -> Applied {
        let numbers = Numbers::of(event, names);
        let names = &*names;
        let mut writer = Writer::new(self.last, self.base(store));
        let replaced = match self.find(event, names, store) {
            Ok((position, known)) => {
                let merged = merge(known, (*event, false));
                let is_same = merged.1 == known.1
                    && merged.0.digest == known.0.digest
                    && merged.0.intake_at == known.0.intake_at
                    && merged.0.upload_at() == known.0.upload_at();
                if is_same {
                    return Applied::Duplicate;
                }
                // Whichever content counts, its texts are known by now.
                writer.event(&merged.0, merged.1, &Numbers::known(&merged.0, names));
                Some(position)
            }
            Err(held) if held >= events_max => return Applied::Full,
            Err(_) => {
                writer.event(event, false, &numbers);
                None
            }
        };
        if let Some(flags) = replaced.and_then(|position| store.byte_mut(position, FLAGS_AT)) {
            *flags |= writer::REPLACED;
        }
        self.last = store.push(&writer.finish());
        Applied::Merged
    }

    /// Where the event under a source and id stands and what it says; else how many events there are.
    fn find<'a>(
        self,
        event: &Event<'_>,
        names: &'a Names,
        store: &'a Store,
    ) -> Result<(Position, (Event<'a>, bool)), usize> {
        let id = event.id.bits().to_le_bytes();
        let mut held = 0_usize;
        for (position, bytes) in self.events(store) {
            held = held.saturating_add(1);
            if bytes.get(ID_AT..).and_then(<[u8]>::first_chunk) == Some(&id)
                && let Some(known) = self.unpack(bytes, names, store)
                && (known.0.id, known.0.source) == (event.id, event.source)
            {
                return Ok((position, known));
            }
        }
        Err(held)
    }

    fn unpack<'a>(self, bytes: &'a [u8], names: &'a Names, store: &'a Store) -> Option<(Event<'a>, bool)> {
        let bytes = bytes.get(Position::BYTES..)?;
        Reader::new(bytes, self.base(store), names).event(names.text(self.brand(store)), self.waybill(store))
    }

    /// The set of events.
    pub(super) fn evidence<'a>(self, names: &'a Names, store: &'a Store) -> Evidence<'a> {
        Evidence::of_merged(self.events(store).map(|(_, bytes)| {
            self.unpack(bytes, names, store)
                .expect("what was packed can be unpacked: tests pack every happening")
        }))
    }
}
