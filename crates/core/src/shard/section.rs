//! Sections: how what parcel shards found reaches those who count and weigh.

use crate::event::EventId;
use crate::shard::contribution::Contribution;
use crate::shard::position::Position;
use crate::time::Timestamp;

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
    /// Something was seen of a subject, or taken back.
    Sighting(Sighting<'a>),
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

/// A subject was seen with a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// Whether it is added or withdrawn.
    pub added: bool,
    /// Digest of the keyed token of the sender's identity.
    pub identity: u64,
    /// Brand code of the parcel.
    pub brand: &'a str,
    /// Waybill number of the parcel.
    pub waybill: &'a str,
    /// Site where it was seen.
    pub site: &'a str,
    /// Operator who saw it; may be empty.
    pub operator: &'a str,
    /// The event that showed it.
    pub event: EventId,
    /// When that happened.
    pub occurred_at: Timestamp,
}
