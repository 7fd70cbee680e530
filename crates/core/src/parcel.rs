//! Parcels: the evidence of one, and of many that share their texts.

mod names;
pub mod packed;
mod slab;
mod table;

pub(crate) use table::{Brought, Slot, Standing, Table, Tail};

use core::fmt;

use crate::case::Evidence;
use crate::event::Event;

/// What an event changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was merged into the evidence.
    Merged,
    /// A copy that changed nothing.
    Duplicate,
    /// The parcel holds as many events as it may; this one was left out.
    Full,
}

/// The evidence of one parcel.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use sanbai_core::event::{ContentDigest, Event, EventId, Happening};
/// use sanbai_core::parcel::{Applied, Parcel};
/// use sanbai_core::registry::Registry;
/// use sanbai_core::rules::Rules;
/// use sanbai_core::time::Timestamp;
/// use sanbai_core::verdict::Judge;
///
/// let at = |text| Timestamp::parse(text).ok_or("a time");
/// let sealed = Event {
///     id: EventId::parse("0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77").ok_or("a UUID")?,
///     digest: ContentDigest(7),
///     brand: "SF",
///     waybill: "SF1234567890123",
///     site: "GZ-0001",
///     operator: "C-17",
///     place: None,
///     occurred_at: at("2026-03-10T10:02:00+08:00")?,
///     uploaded_at: None,
///     intake_at: at("2026-03-10T10:02:30+08:00")?,
///     source: "gateway",
///     redacted: false,
///     happening: Happening::Sealed,
/// };
/// let mut parcel = Parcel::default();
/// assert_eq!(parcel.apply(&sealed)?, Applied::Merged);
/// assert_eq!(parcel.apply(&sealed)?, Applied::Duplicate);
///
/// let (rules, registry) = (Rules::builtin(), Registry::default());
/// let evidence = parcel.evidence();
/// let verdict = Judge::new(&rules, registry.view()).verdict(&evidence, at("2026-03-12T00:00:00+08:00")?)?;
/// let verdict = verdict.ok_or("a parcel with an event has a verdict")?;
/// assert_eq!(verdict.duties[0].status.ground(), Some("not_accepted"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Parcel {
    parcels: Parcels,
}

impl Parcel {
    /// Adds an event.
    ///
    /// # Errors
    /// Where the event is of another parcel, or a text is too long to be kept.
    pub fn apply(&mut self, event: &Event<'_>) -> Result<Applied, PackError> {
        if !self.parcels.is_empty() && self.parcels.find(event.brand, event.waybill).is_none() {
            return Err(PackError::AnotherParcel);
        }
        self.parcels.apply(event)
    }

    /// The set of its events, to be judged.
    pub fn evidence(&self) -> Evidence<'_> {
        self.parcels.iter().next().unwrap_or_default()
    }
}

/// The evidence of many parcels. Texts that recur (sites, operators, devices) are kept once.
///
/// Takes about 400 bytes for a parcel of eight events. Grows without a bound of its own: whoever feeds it bounds the input.
#[derive(Clone, Debug)]
pub struct Parcels {
    table: Table,
    events_max: usize,
}

impl Default for Parcels {
    fn default() -> Self {
        Self::with_events_max(Self::EVENTS_MAX)
    }
}

impl Parcels {
    /// Events that a parcel holds where nobody sets another bound.
    pub const EVENTS_MAX: usize = 1_024;

    /// No parcels yet; each will hold at most `events_max` events, and at most 48 KiB of them.
    pub fn with_events_max(events_max: usize) -> Self {
        Self {
            table: Table::default(),
            events_max,
        }
    }

    /// How many parcels there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an event to its parcel.
    ///
    /// # Errors
    /// Where a text is too long to be kept.
    pub fn apply(&mut self, event: &Event<'_>) -> Result<Applied, PackError> {
        self.table.apply(event, self.events_max).map(|(_, applied)| applied)
    }

    /// The evidence of one parcel.
    pub fn find(&self, brand: &str, waybill: &str) -> Option<Evidence<'_>> {
        Some(self.table.evidence(self.table.find(brand, waybill)?))
    }

    /// The evidence of every parcel, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = Evidence<'_>> {
        self.table.slots().map(|slot| self.table.evidence(slot))
    }

    /// The evidence of every parcel, in the order of brand and waybill.
    pub fn iter_sorted(&self) -> impl Iterator<Item = Evidence<'_>> {
        self.table.sorted().into_iter().map(|slot| self.table.evidence(slot))
    }

    /// Bytes in use, without what the allocator rounds up.
    pub fn bytes(&self) -> usize {
        self.table.bytes()
    }
}

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
