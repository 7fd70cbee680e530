//! Snapshots: the rows of a shard as one stream of bytes, and the [`Manifest`] that says what they are of.
//!
//! The rows, whole numbers as varints unless a size is given:
//!
//! | Bytes | What |
//! | --- | --- |
//! | 16 | `sanbai-snapshot` and a line feed |
//! | 4 | [`Row::FORMAT`](sanbai_core::shard::row::Row::FORMAT), the lowest byte first |
//! | for each row | number of its kind, from 1; length of its key, the key; length of its body, the body |
//! | 1 | 0: no more rows |
//! | 8 | how many rows there were, the lowest byte first |
//! | 32 | SHA-256 of everything before |
//!
//! A flipped bit, a missing end and anything behind the end are found. Compression is somebody else's.

mod manifest;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use core::fmt;

pub use manifest::{Manifest, ShardKind};
pub use reader::{SnapshotReader, verify};
pub use writer::SnapshotWriter;

/// How the rows begin.
const MAGIC: [u8; 16] = *b"sanbai-snapshot\n";

/// Most bytes of the key of a row: 64 KiB.
pub const KEY_BYTES_MAX: usize = 64 * 1_024;

/// Most bytes of the body of a row: 64 MiB.
pub const BODY_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// What a whole snapshot comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many rows.
    pub rows: u64,
    /// How many bytes, all of them.
    pub bytes: u64,
    /// The SHA-256 with which it ends. It is the same for equal rows.
    pub sha256: [u8; 32],
}

/// Why a snapshot or a manifest is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// It does not begin like one.
    NotASnapshot,
    /// It is of another format than the one that is read here.
    AnotherFormat {
        /// Number of its format.
        found: u32,
    },
    /// It ends too early.
    Truncated,
    /// Its checksum does not fit, or it is no snapshot further on, or something stands behind its end.
    Damaged,
    /// A row is of a kind that this version does not know.
    UnknownKind {
        /// Number of the kind.
        number: u64,
    },
    /// A key or a body is over its limit.
    TooLarge {
        /// How many bytes it has.
        bytes: u64,
        /// How many it may have.
        limit: u64,
    },
    /// A field of a manifest is absent, or says what it cannot say.
    Field {
        /// Name of the field.
        name: &'static str,
    },
}

impl SnapshotError {
    /// Stable code for logs and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotASnapshot => "not_a_snapshot",
            Self::AnotherFormat { .. } => "another_format",
            Self::Truncated => "truncated",
            Self::Damaged => "damaged",
            Self::UnknownKind { .. } => "unknown_kind",
            Self::TooLarge { .. } => "too_large",
            Self::Field { .. } => "field_invalid",
        }
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASnapshot => f.write_str("the bytes do not begin like a snapshot or a manifest of one"),
            Self::AnotherFormat { found } => write!(
                f,
                "the snapshot is of format {found}, and only {} is read here",
                sanbai_core::shard::row::Row::FORMAT
            ),
            Self::Truncated => f.write_str("the snapshot ends too early"),
            Self::Damaged => f.write_str("the snapshot is damaged: its checksum or its form is wrong"),
            Self::UnknownKind { number } => write!(f, "the snapshot has a row of kind {number}, which nobody knows"),
            Self::TooLarge { bytes, limit } => {
                write!(f, "a row has {bytes} bytes in one part, over the limit of {limit}")
            }
            Self::Field { name } => write!(f, "the field {name} of the manifest is absent or cannot be"),
        }
    }
}

impl core::error::Error for SnapshotError {}
