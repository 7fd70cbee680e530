//! Rows from bytes.

use core::fmt;

use sanbai_core::shard::row::{Row, RowKind};
use sha2::{Digest as _, Sha256};

use super::{BODY_BYTES_MAX, KEY_BYTES_MAX, MAGIC, SnapshotError, Summary};

/// Looks through a whole snapshot, given in chunks of any size: that it is whole and undamaged, and what it comes to.
///
/// Restore from a snapshot only after this has said so.
///
/// # Errors
///
/// What is wrong with it.
pub fn verify<C>(chunks: C) -> Result<Summary, SnapshotError>
where
    C: IntoIterator,
    C::Item: AsRef<[u8]>,
{
    let mut reader = SnapshotReader::new(chunks);
    for row in reader.by_ref() {
        drop(row?);
    }
    reader.summary().ok_or(SnapshotError::Truncated)
}

/// Reads the rows of a snapshot, given in chunks of any size; never holds more than a chunk and a row.
///
/// Whether the bytes are undamaged is known only at the end: then [`summary`](Self::summary) is there. Use [`verify`]
/// first. After an error nothing more comes.
pub struct SnapshotReader<C: Iterator> {
    source: Source<C>,
    rows: u64,
    state: State,
}

impl<C: Iterator> fmt::Debug for SnapshotReader<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("SnapshotReader");
        out.field("rows", &self.rows).field("bytes", &self.source.bytes);
        out.field("state", &self.state).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    Rows,
    Failed,
    Done(Summary),
}

impl<C> SnapshotReader<C>
where
    C: Iterator,
    C::Item: AsRef<[u8]>,
{
    /// Reads from the first chunk on.
    pub fn new(chunks: impl IntoIterator<IntoIter = C>) -> Self {
        Self {
            source: Source {
                chunks: chunks.into_iter(),
                chunk: None,
                place: 0,
                hashed: 0,
                hash: Sha256::new(),
                bytes: 0,
            },
            rows: 0,
            state: State::Start,
        }
    }

    /// What the snapshot comes to; `None` until all of it was read and found undamaged.
    pub const fn summary(&self) -> Option<Summary> {
        match self.state {
            State::Done(summary) => Some(summary),
            State::Start | State::Rows | State::Failed => None,
        }
    }

    fn step(&mut self) -> Result<Option<Row>, SnapshotError> {
        if matches!(self.state, State::Start) {
            self.start()?;
            self.state = State::Rows;
        }
        let number = self.source.number()?;
        if number == 0 {
            return self.end().map(|()| None);
        }
        let kind = u32::try_from(number).ok().and_then(RowKind::of_number);
        let kind = kind.ok_or(SnapshotError::UnknownKind { number })?;
        let key = self.source.block(KEY_BYTES_MAX)?;
        let body = self.source.block(BODY_BYTES_MAX)?;
        self.rows = self.rows.saturating_add(1);
        Ok(Some(Row { kind, key, body }))
    }

    fn start(&mut self) -> Result<(), SnapshotError> {
        if self.source.fixed::<16>()? != MAGIC {
            return Err(SnapshotError::NotASnapshot);
        }
        let found = u32::from_le_bytes(self.source.fixed()?);
        if found == Row::FORMAT {
            Ok(())
        } else {
            Err(SnapshotError::AnotherFormat { found })
        }
    }

    fn end(&mut self) -> Result<(), SnapshotError> {
        let rows = u64::from_le_bytes(self.source.fixed()?);
        let sha256 = self.source.digest();
        let is_whole = self.source.fixed::<32>()? == sha256 && rows == self.rows && !self.source.fill();
        if !is_whole {
            return Err(SnapshotError::Damaged);
        }
        self.state = State::Done(Summary {
            rows,
            bytes: self.source.bytes,
            sha256,
        });
        Ok(())
    }
}

impl<C> Iterator for SnapshotReader<C>
where
    C: Iterator,
    C::Item: AsRef<[u8]>,
{
    type Item = Result<Row, SnapshotError>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::Failed | State::Done(_)) {
            return None;
        }
        let row = self.step();
        if row.is_err() {
            self.state = State::Failed;
        }
        row.transpose()
    }
}

/// Chunks as one stream, with a checksum of what was read.
struct Source<C: Iterator> {
    chunks: C,
    chunk: Option<C::Item>,
    /// How much of the chunk was read.
    place: usize,
    /// How much of the chunk is in the checksum.
    hashed: usize,
    hash: Sha256,
    /// How much was read in all.
    bytes: u64,
}

impl<C> Source<C>
where
    C: Iterator,
    C::Item: AsRef<[u8]>,
{
    /// What is left of the chunk.
    fn rest(&self) -> &[u8] {
        let chunk = self.chunk.as_ref().map(AsRef::as_ref).unwrap_or_default();
        chunk.get(self.place..).unwrap_or_default()
    }

    /// Goes on to a chunk with something left; `false` where there is none.
    fn fill(&mut self) -> bool {
        while self.rest().is_empty() {
            self.absorb();
            self.chunk = self.chunks.next();
            (self.place, self.hashed) = (0, 0);
            if self.chunk.is_none() {
                return false;
            }
        }
        true
    }

    /// Takes what was read into the checksum.
    fn absorb(&mut self) {
        let chunk = self.chunk.as_ref().map(AsRef::as_ref).unwrap_or_default();
        self.hash.update(chunk.get(self.hashed..self.place).unwrap_or_default());
        self.hashed = self.place;
    }

    /// The checksum of what was read.
    fn digest(&mut self) -> [u8; 32] {
        self.absorb();
        self.hash.clone().finalize().into()
    }

    fn advance(&mut self, length: usize) {
        self.place = self.place.saturating_add(length);
        self.bytes = self.bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    }

    /// Appends bytes of a known number. What is not there is not allocated.
    fn take(&mut self, mut length: usize, out: &mut Vec<u8>) -> Result<(), SnapshotError> {
        while length > 0 {
            if !self.fill() {
                return Err(SnapshotError::Truncated);
            }
            let rest = self.rest();
            let part = rest.get(..length).unwrap_or(rest);
            out.extend_from_slice(part);
            let taken = part.len();
            self.advance(taken);
            length = length.saturating_sub(taken);
        }
        Ok(())
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let mut bytes = Vec::with_capacity(N);
        self.take(N, &mut bytes)?;
        bytes.try_into().map_err(|_| SnapshotError::Truncated)
    }

    fn byte(&mut self) -> Result<u8, SnapshotError> {
        if !self.fill() {
            return Err(SnapshotError::Truncated);
        }
        let byte = self.rest().first().copied().ok_or(SnapshotError::Truncated)?;
        self.advance(1);
        Ok(byte)
    }

    /// A varint, written without padding.
    fn number(&mut self) -> Result<u64, SnapshotError> {
        let mut value = 0_u64;
        for shift in (0_u32..64).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 0x7f);
            let part = low.wrapping_shl(shift);
            // Over 64 bits, or padded: nothing of ours is written so.
            if part.wrapping_shr(shift) != low || (byte == 0 && shift > 0) {
                return Err(SnapshotError::Damaged);
            }
            value |= part;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(SnapshotError::Damaged)
    }

    /// Bytes with their length in front.
    fn block(&mut self, limit: usize) -> Result<Vec<u8>, SnapshotError> {
        let bytes = self.number()?;
        let length = usize::try_from(bytes).ok().filter(|length| *length <= limit);
        let length = length.ok_or_else(|| SnapshotError::TooLarge {
            bytes,
            limit: u64::try_from(limit).unwrap_or(u64::MAX),
        })?;
        let mut block = Vec::with_capacity(length.min(self.rest().len()));
        self.take(length, &mut block)?;
        Ok(block)
    }
}
