//! Bytes of many parcels, one record after another, in blocks that never move and are never given back.
//!
//! A parcel grows by one event at a time, and there are very many of them: to let each grow in memory of its own would
//! leave holes of every size behind.

/// The first block has this many bytes, each further one twice as many, up to [`BLOCK_MAX`].
const BLOCK_MIN: usize = 1 << 10;
/// Bytes of a large block. A position has 20 bits for the place in its block.
const BLOCK_MAX: usize = 1 << 20;
const PLACE_BITS: u32 = 20;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position(u64);

impl Position {
    /// Bytes of a position.
    pub(super) const BYTES: usize = 5;
    /// No position: what comes before the first.
    pub(super) const NONE: Self = Self((1 << 40) - 1);

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let [a, b, c, d, e, ..] = self.0.to_le_bytes();
        [a, b, c, d, e]
    }

    pub(super) fn from_bytes([a, b, c, d, e]: [u8; Self::BYTES]) -> Self {
        Self(u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]))
    }

    fn split(self) -> Option<(usize, usize)> {
        let place = self.0 & 0xf_ffff;
        Some((
            usize::try_from(self.0.checked_shr(PLACE_BITS)?).ok()?,
            usize::try_from(place).ok()?,
        ))
    }
}

/// All records.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    blocks: Vec<Vec<u8>>,
}

impl Store {
    /// Adds a record of less than [`BLOCK_MAX`] bytes.
    pub(super) fn push(&mut self, record: &[u8]) -> Position {
        let fits = self
            .blocks
            .last()
            .is_some_and(|block| record.len() <= block.capacity().saturating_sub(block.len()));
        if !fits {
            let doublings = u32::try_from(self.blocks.len().min(10)).unwrap_or(0);
            let size = BLOCK_MIN.checked_shl(doublings).unwrap_or(BLOCK_MAX).min(BLOCK_MAX);
            self.blocks.push(Vec::with_capacity(size.max(record.len())));
        }
        let index = self.blocks.len().saturating_sub(1);
        let Some(block) = self.blocks.last_mut() else {
            return Position::NONE;
        };
        let place = block.len();
        block.extend_from_slice(record);
        let (index, place) = (u64::try_from(index).unwrap_or(0), u64::try_from(place).unwrap_or(0));
        Position(index.wrapping_shl(PLACE_BITS) | place)
    }

    /// The bytes from a position on; empty for no position.
    pub(super) fn at(&self, position: Position) -> &[u8] {
        let bytes = || {
            let (index, place) = position.split()?;
            self.blocks.get(index)?.get(place..)
        };
        bytes().unwrap_or_default()
    }

    /// One byte of a record, to be changed.
    pub(super) fn byte_mut(&mut self, position: Position, place: usize) -> Option<&mut u8> {
        let (index, start) = position.split()?;
        self.blocks.get_mut(index)?.get_mut(start.checked_add(place)?)
    }

    /// Bytes that were written; what is not filled yet was never touched.
    pub(super) fn bytes(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }
}
