//! Rows as bytes.

use sanbai_core::shard::row::Row;
use sha2::{Digest as _, Sha256};

use super::{BODY_BYTES_MAX, KEY_BYTES_MAX, MAGIC, SnapshotError, Summary};
use crate::protobuf::put_varint;

/// Writes the rows of a shard one after the other; never holds more than one of them.
///
/// ```
/// use sanbai_core::shard::row::{Row, RowKind};
/// use sanbai_wire::snapshot::{SnapshotReader, SnapshotWriter, verify};
///
/// let row = Row { kind: RowKind::Clock, key: vec![], body: vec![7] };
/// let mut file = Vec::new();
/// let mut writer = SnapshotWriter::new();
/// file.extend_from_slice(writer.row(&row)?);
/// let (end, summary) = writer.finish();
/// file.extend_from_slice(&end);
///
/// assert_eq!(verify([&file])?, summary);
/// assert_eq!(SnapshotReader::new([&file]).collect::<Result<Vec<_>, _>>()?, [row]);
/// # Ok::<(), sanbai_wire::snapshot::SnapshotError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SnapshotWriter {
    hash: Sha256,
    rows: u64,
    bytes: u64,
    /// What is handed out next, or was last.
    buffer: Vec<u8>,
    /// Whether what the buffer holds was not handed out yet.
    fresh: bool,
}

impl Default for SnapshotWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl SnapshotWriter {
    /// A writer that has written nothing.
    pub fn new() -> Self {
        let mut buffer = Vec::from(MAGIC);
        buffer.extend_from_slice(&Row::FORMAT.to_le_bytes());
        Self {
            hash: Sha256::new(),
            rows: 0,
            bytes: 0,
            buffer,
            fresh: true,
        }
    }

    /// Writes a row: gives the bytes that go behind those that were given before.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::TooLarge`] for a key or a body over its limit. Nothing was written then.
    pub fn row(&mut self, row: &Row) -> Result<&[u8], SnapshotError> {
        for (bytes, limit) in [(&row.key, KEY_BYTES_MAX), (&row.body, BODY_BYTES_MAX)] {
            if bytes.len() > limit {
                return Err(SnapshotError::TooLarge {
                    bytes: wide(bytes.len()),
                    limit: wide(limit),
                });
            }
        }
        self.begin();
        put_varint(&mut self.buffer, row.kind.number().into());
        for part in [&row.key, &row.body] {
            put_varint(&mut self.buffer, wide(part.len()));
            self.buffer.extend_from_slice(part);
        }
        self.rows = self.rows.saturating_add(1);
        self.count();
        Ok(&self.buffer)
    }

    /// Ends the snapshot: gives the last bytes, and what the whole comes to.
    pub fn finish(mut self) -> (Vec<u8>, Summary) {
        self.begin();
        self.buffer.push(0);
        self.buffer.extend_from_slice(&self.rows.to_le_bytes());
        self.count();
        let sha256: [u8; 32] = self.hash.finalize().into();
        self.buffer.extend_from_slice(&sha256);
        let summary = Summary {
            rows: self.rows,
            bytes: self.bytes.saturating_add(wide(sha256.len())),
            sha256,
        };
        (self.buffer, summary)
    }

    /// Forgets what was handed out.
    fn begin(&mut self) {
        if !core::mem::take(&mut self.fresh) {
            self.buffer.clear();
        }
    }

    /// Takes what is handed out now into account.
    fn count(&mut self) {
        self.hash.update(&self.buffer);
        self.bytes = self.bytes.saturating_add(wide(self.buffer.len()));
    }
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
