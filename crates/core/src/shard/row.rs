//! Rows: the state of a shard as bytes, the same for the same state, whatever partition or table it came from.
//!
//! A snapshot is the rows of a shard and a checksum. Two shards that hold the same state have equal rows in equal order,
//! so rows are also how states are compared.

use core::fmt;

/// One row. Rows stand in the order of their kinds, those of one kind in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// What it holds.
    pub kind: RowKind,
    /// Which one; unique within its kind.
    pub key: Vec<u8>,
    /// Its content, as [`bytes`](crate::bytes) in [`Row::FORMAT`].
    pub body: Vec<u8>,
}

impl Row {
    /// Number of the format of all keys and bodies. A snapshot of another format is not read.
    pub const FORMAT: u32 = 1;
}

/// What a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKind {
    /// Parcel shard: clock, registry offset, behaviour.
    Clock,
    /// Parcel shard: an open parcel.
    Parcel,
    /// Parcel shard: a retired parcel.
    Retired,
    /// Scope shard: what is known of a source partition.
    Source,
    /// Scope shard: the counts of an outlet's day.
    Outlet,
    /// Scope shard: an alert that stands or is about to.
    Alert,
    /// Scope shard: what was seen of a subject.
    Subject,
}

impl RowKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 7] = [
        Self::Clock,
        Self::Parcel,
        Self::Retired,
        Self::Source,
        Self::Outlet,
        Self::Alert,
        Self::Subject,
    ];

    /// Number in snapshots, from 1; never used again for another kind.
    pub fn number(self) -> u32 {
        let place = Self::ALL.iter().position(|kind| *kind == self);
        place.map_or(0, |place| u32::try_from(place).unwrap_or(0).saturating_add(1))
    }

    /// The kind of a number.
    pub fn of_number(number: u32) -> Option<Self> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::ALL.get(place).copied()
    }
}

/// Why rows cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// A row of a kind that this shard has none of.
    AnotherShard(RowKind),
    /// A row whose bytes were not written by this format.
    Damaged(RowKind),
    /// Two rows of one kind have the same key, or one stands before another that it follows.
    OutOfOrder(RowKind),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherShard(kind) => write!(f, "a row of kind {} belongs to another shard", kind.number()),
            Self::Damaged(kind) => write!(f, "a row of kind {} cannot be read", kind.number()),
            Self::OutOfOrder(kind) => write!(f, "a row of kind {} is not in its order", kind.number()),
        }
    }
}

impl std::error::Error for RestoreError {}
