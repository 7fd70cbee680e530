//! Frames: how a record lies in a segment.
//!
//! ```text
//! head, 38 bytes:  checksum of the head u32, checksum of the body u32, length of the body u32, form u8, flags u8,
//!                  durable u64, offset u64, timestamp i64
//! body:            [length of the key u32, key,] headers u32, (length u32, name, length u32, value)*, [value]
//! ```
//!
//! Numbers are little-endian. `durable` says how many bytes of the segment were safe when the frame was written: a frame
//! that can be read proves that what comes before that place was there, whatever has become of it since. Checksums begin
//! with a number that only this directory knows, so nothing that a stranger sends passes for a frame of ours.

use crc32fast::Hasher;
use sanbai_core::time::Timestamp;

use crate::log::Record;

/// Bytes of a head.
pub(super) const HEAD: usize = 38;
/// Longest body.
pub(super) const BODY_MAX: usize = 256 << 20;
/// Shortest frame of a record: a head, and no headers.
pub(super) const FRAME_MIN: usize = HEAD + 4;

const RECORD: u8 = 0x11;
/// Says only that what comes before it is durable.
const MARK: u8 = 0x12;
const HAS_KEY: u8 = 1;
const HAS_VALUE: u8 = 2;

/// What stands at the beginning of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    body_checksum: u32,
    body: u32,
    form: u8,
    flags: u8,
    /// Bytes of the segment that were durable when the frame was written.
    pub(super) durable: u64,
    /// Offset of the record; of a mark, the offset that comes next.
    pub(super) offset: u64,
    /// When the log took the record.
    pub(super) timestamp: Timestamp,
}

impl Head {
    /// Reads a head; `None` where there is none.
    pub(super) fn read(bytes: &[u8], salt: u32) -> Option<Self> {
        let head: &[u8; HEAD] = bytes.first_chunk()?;
        let form = head[12];
        if !matches!(form, RECORD | MARK) || number(head, 0) != checksum(salt, &head[4..]) {
            return None;
        }
        Some(Self {
            body_checksum: number(head, 4),
            body: number(head, 8),
            form,
            flags: head[13],
            durable: long(head, 14),
            offset: long(head, 22),
            timestamp: Timestamp::from_nanos(long(head, 30).cast_signed()),
        })
    }

    /// Bytes of the whole frame.
    pub(super) const fn total(&self) -> usize {
        HEAD + self.body as usize
    }

    /// Whether it is the frame of a record.
    pub(super) const fn is_record(&self) -> bool {
        self.form == RECORD
    }

    /// Whether these bytes, which begin with the head, hold the frame as it was written.
    pub(super) fn is_whole(&self, frame: &[u8], salt: u32) -> bool {
        frame
            .get(HEAD..self.total())
            .is_some_and(|body| checksum(salt, body) == self.body_checksum)
    }

    /// The record in a frame that is whole.
    pub(super) fn record(&self, frame: &[u8]) -> Option<Record> {
        let mut rest = frame.get(HEAD..self.total())?;
        let key = if self.flags & HAS_KEY == 0 {
            None
        } else {
            Some(part(&mut rest)?.to_vec())
        };
        let count = length(&mut rest)?;
        let mut headers = Vec::with_capacity(count.min(rest.len() / 8));
        for _ in 0..count {
            let name = str::from_utf8(part(&mut rest)?).ok()?.to_owned();
            headers.push((name, part(&mut rest)?.to_vec()));
        }
        Some(Record {
            offset: self.offset,
            timestamp: self.timestamp,
            key,
            headers,
            value: (self.flags & HAS_VALUE != 0).then(|| rest.to_vec()),
        })
    }
}

/// Bytes that the frame of a record takes.
pub(super) fn size(record: &Record) -> usize {
    let key = record.key.as_ref().map_or(0, |key| 4 + key.len());
    let headers = record.headers.iter();
    let headers: usize = headers.map(|(name, value)| 8 + name.len() + value.len()).sum();
    FRAME_MIN + key + headers + record.value.as_ref().map_or(0, Vec::len)
}

/// Appends the frame of a record.
pub(super) fn write(record: &Record, durable: u64, salt: u32, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + HEAD, 0);
    let mut flags = 0;
    if let Some(key) = &record.key {
        flags |= HAS_KEY;
        write_part(key, out);
    }
    out.extend_from_slice(&(record.headers.len() as u32).to_le_bytes());
    for (name, value) in &record.headers {
        write_part(name.as_bytes(), out);
        write_part(value, out);
    }
    if let Some(value) = &record.value {
        flags |= HAS_VALUE;
        out.extend_from_slice(value);
    }
    let body = &out[start + HEAD..];
    let head = Head {
        body_checksum: checksum(salt, body),
        body: body.len() as u32,
        form: RECORD,
        flags,
        durable,
        offset: record.offset,
        timestamp: record.timestamp,
    };
    out[start..start + HEAD].copy_from_slice(&head_bytes(head, salt));
}

/// The mark that everything before a place is durable.
pub(super) fn mark(durable: u64, next: u64, salt: u32) -> [u8; HEAD] {
    let head = Head {
        body_checksum: checksum(salt, &[]),
        body: 0,
        form: MARK,
        flags: 0,
        durable,
        offset: next,
        timestamp: Timestamp::from_nanos(0),
    };
    head_bytes(head, salt)
}

fn head_bytes(head: Head, salt: u32) -> [u8; HEAD] {
    let mut bytes = [0; HEAD];
    bytes[4..8].copy_from_slice(&head.body_checksum.to_le_bytes());
    bytes[8..12].copy_from_slice(&head.body.to_le_bytes());
    bytes[12] = head.form;
    bytes[13] = head.flags;
    bytes[14..22].copy_from_slice(&head.durable.to_le_bytes());
    bytes[22..30].copy_from_slice(&head.offset.to_le_bytes());
    bytes[30..].copy_from_slice(&head.timestamp.as_nanos().to_le_bytes());
    let sum = checksum(salt, &bytes[4..]);
    bytes[..4].copy_from_slice(&sum.to_le_bytes());
    bytes
}

fn checksum(salt: u32, bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new_with_initial(salt);
    hasher.update(bytes);
    hasher.finalize()
}

fn number(head: &[u8; HEAD], at: usize) -> u32 {
    head[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn long(head: &[u8; HEAD], at: usize) -> u64 {
    head[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn length(rest: &mut &[u8]) -> Option<usize> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

fn part<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = length(rest)?;
    let (part, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(part)
}

fn write_part(part: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(part.len() as u32).to_le_bytes());
    out.extend_from_slice(part);
}
