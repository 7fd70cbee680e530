//! Sections: how what parcel shards found reaches those who count and weigh.

use crate::event::EventId;
use crate::shard::contribution::Contribution;
use crate::shard::input::SubjectEvent;
use crate::shard::position::Position;
use crate::time::{CivilDay, Timestamp};

/// What one source partition found between two positions, for one scope shard.
///
/// It covers the positions after `from` up to and with `to`, whether or not any entry is for that shard, so that a
/// receiver sees what it has, what overlaps and what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// Number of the source partition.
    pub source: u32,
    /// Positions up to this one were covered before.
    pub from: Position,
    /// The last position covered. Equal to `from` where nothing but the clock moved.
    pub to: Position,
    /// The source's clock at `to`; `None` before its first tick.
    pub clock: Option<Timestamp>,
    /// The source knows the registry records before this offset.
    pub registry_offset: u64,
    /// What was found, in the order of positions.
    pub entries: Vec<(Position, Entry<'a>)>,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A parcel now adds something else to the counts of its outlet.
    Change(Change<'a>),
    /// Something was seen of a subject with a parcel, or is no longer.
    Sighting(Sighting<'a>),
    /// Something happened that is about no parcel.
    Subject(SubjectEvent<'a>),
}

/// What a parcel added to the counts, and adds now. At least one of the two is there.
///
/// A change of the acceptance that counts takes the old contribution from its row and adds the new one to its row, at
/// one position. Where the two rows belong to outlets of different scope shards, each gets its half.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Change<'a> {
    /// No longer.
    pub old: Option<Contribution<'a>>,
    /// From now on.
    pub new: Option<Contribution<'a>>,
}

/// What was seen of a subject with a parcel. The last one of a subject and a parcel counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// Who or what was seen.
    pub subject: Subject,
    /// Brand code of the parcel.
    pub brand: &'a str,
    /// Waybill number of the parcel.
    pub waybill: &'a str,
    /// What was seen; `None` withdraws it.
    pub seen: Option<Seen<'a>>,
}

/// Who or what is seen with parcels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Digest of the keyed token of a sender's identity.
    Identity(u64),
}

/// Where and when a subject was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Outlet of the counting acceptance.
    pub site: &'a str,
    /// Its operator; may be empty.
    pub operator: &'a str,
    /// Civil day of the acceptance.
    pub day: CivilDay,
    /// The event that showed it.
    pub event: EventId,
    /// When that happened.
    pub occurred_at: Timestamp,
}
