//! The evidence of one parcel as bytes: about 45 an event.
//!
//! ```text
//! parcel = brand u32 · base i64 (nanoseconds) · waybill length u8 · waybill · event*
//! event  = length u16 · kind u8 · flags u8 · id 16 · digest 8 · occurred · intake · upload · source · site · operator ·
//!          place · what the kind carries
//! ```
//! Times are differences (occurred to base, intake to occurred, upload to intake) as zigzag variable-length integers, in
//! milliseconds where they are whole and in nanoseconds else. Texts are numbers of [`Names`].

use core::fmt;

use super::Applied;
use super::names::Names;
use crate::case::{Evidence, merge};
use crate::event::Event;
use reader::Reader;
use writer::{Numbers, Writer};

mod reader;
mod writer;

/// Bytes before the waybill.
const HEAD: usize = 4 + 8 + 1;
/// Where in an event the id begins.
const ID_AT: usize = 2 + 2;

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

/// The evidence of one parcel.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    bytes: Box<[u8]>,
}

impl Packed {
    /// A parcel without events.
    pub(super) fn new(brand: u32, first: &Event<'_>) -> Result<Self, PackError> {
        let length = u8::try_from(first.waybill.len()).map_err(|_| PackError::WaybillTooLong)?;
        let mut bytes = Vec::with_capacity(HEAD.saturating_add(first.waybill.len()));
        bytes.extend(brand.to_le_bytes());
        bytes.extend(first.occurred_at.as_nanos().to_le_bytes());
        bytes.push(length);
        bytes.extend(first.waybill.as_bytes());
        Ok(Self { bytes: bytes.into() })
    }

    pub(super) fn brand(&self) -> u32 {
        self.bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn base(&self) -> i64 {
        self.bytes
            .get(4..)
            .and_then(<[u8]>::first_chunk)
            .map_or(0, |bytes| i64::from_le_bytes(*bytes))
    }

    pub(super) fn waybill(&self) -> &str {
        let text = self
            .bytes
            .get(HEAD..self.events_at())
            .and_then(|bytes| str::from_utf8(bytes).ok());
        text.unwrap_or_default()
    }

    pub(super) fn is_of(&self, brand: u32, waybill: &str) -> bool {
        self.brand() == brand && self.waybill() == waybill
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Where the events begin.
    fn events_at(&self) -> usize {
        HEAD.saturating_add(self.bytes.get(12).copied().map_or(0, usize::from))
    }

    /// The bytes of each event, and where they stand.
    fn events(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let mut at = self.events_at();
        std::iter::from_fn(move || {
            let rest = self.bytes.get(at..)?;
            let length = usize::from(u16::from_le_bytes(*rest.first_chunk()?));
            let event = rest.get(..length)?;
            let here = at;
            at = at.saturating_add(length);
            Some((here, event))
        })
    }

    /// Adds an event, or merges it with the one under its source and id.
    pub(super) fn apply(&mut self, event: &Event<'_>, names: &mut Names, events_max: usize) -> Applied {
        let numbers = Numbers::of(event, names);
        let names = &*names;
        let mut writer = Writer::new(self.base());
        let (at, length) = match self.find(event, names) {
            Ok((at, length, known)) => {
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
                (at, length)
            }
            Err(held) if held >= events_max => return Applied::Full,
            Err(_) => {
                writer.event(event, false, &numbers);
                (self.bytes.len(), 0)
            }
        };
        self.replace(at, length, &writer.finish());
        Applied::Merged
    }

    /// Where the event under a source and id stands, how long it is and what it says; else how many events there are.
    fn find<'a>(&'a self, event: &Event<'_>, names: &'a Names) -> Result<(usize, usize, (Event<'a>, bool)), usize> {
        let id = event.id.bits().to_le_bytes();
        let mut held = 0_usize;
        for (at, bytes) in self.events() {
            held = held.saturating_add(1);
            if bytes.get(ID_AT..).and_then(<[u8]>::first_chunk) == Some(&id)
                && let Some(known) = self.unpack(bytes, names)
                && (known.0.id, known.0.source) == (event.id, event.source)
            {
                return Ok((at, bytes.len(), known));
            }
        }
        Err(held)
    }

    /// Puts bytes in the place of others. The box is exactly as long as it must be: there are many parcels.
    fn replace(&mut self, at: usize, length: usize, with: &[u8]) {
        let mut bytes = std::mem::take(&mut self.bytes).into_vec();
        bytes.reserve_exact(with.len().saturating_sub(length));
        bytes.splice(at..at.saturating_add(length), with.iter().copied());
        self.bytes = bytes.into_boxed_slice();
    }

    fn unpack<'a>(&'a self, bytes: &'a [u8], names: &'a Names) -> Option<(Event<'a>, bool)> {
        Reader::new(bytes, self.base(), names).event(names.text(self.brand()), self.waybill())
    }

    /// The set of events.
    pub(super) fn evidence<'a>(&'a self, names: &'a Names) -> Evidence<'a> {
        Evidence::of_merged(self.events().map(|(_, bytes)| {
            self.unpack(bytes, names)
                .expect("what was packed can be unpacked: tests pack every happening")
        }))
    }
}
