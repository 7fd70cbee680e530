//! Segments: one file each, and what is known of it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use sanbai_core::time::Timestamp;

use super::frame::{BODY_MAX, HEAD, Head};
use super::lock;
use super::scan::{INDEX_EVERY, Scan, durable};
use crate::log::Record;

/// Bytes read at once.
const BLOCK: usize = 256 << 10;
/// A read ends once it has so many bytes of values.
const READ_MAX: usize = 4 << 20;
/// What cannot be read is left out in pieces of this size.
const SECTOR: usize = 4 << 10;

/// A file with the records from an offset on.
#[derive(Debug)]
pub(super) struct Segment {
    /// Offset of the first.
    pub(super) base: u64,
    pub(super) path: PathBuf,
    known: Mutex<Known>,
}

/// What is known of a segment. Of an old one nothing at first: it becomes known as it is read.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Bytes that may be read.
    length: u64,
    /// Offsets and where their frames begin, in steps.
    index: Vec<(u64, u64)>,
    damaged: Vec<(u64, u64)>,
    /// When the first record was taken.
    first: Option<Timestamp>,
    /// When the last record was taken.
    last: Option<Timestamp>,
}

/// Why a segment cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// The disk does not answer.
    Io,
    /// The records before this offset are damaged.
    Until(u64),
}

impl Segment {
    /// A segment of which nothing is known but its length.
    pub(super) fn new(base: u64, path: PathBuf, length: u64) -> Self {
        let known = Known {
            length,
            ..Known::default()
        };
        Self {
            base,
            path,
            known: Mutex::new(known),
        }
    }

    /// A segment that was looked through.
    pub(super) fn scanned(base: u64, path: PathBuf, scan: Scan) -> Self {
        let known = Known {
            length: scan.end,
            index: scan.index,
            damaged: scan.damaged,
            first: scan.first,
            last: scan.last,
        };
        Self {
            base,
            path,
            known: Mutex::new(known),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }

    /// Bytes that may be read.
    pub(super) fn length(&self) -> u64 {
        self.known().length
    }

    /// When its first record was taken, where that is known.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.known().first
    }

    /// When its last record was taken, where that is known.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.known().last
    }

    /// Offsets that are known to be damaged.
    pub(super) fn damaged(&self) -> u64 {
        let known = self.known();
        known.damaged.iter().map(|(from, to)| to - from).sum()
    }

    /// More of it became durable.
    pub(super) fn grow(&self, length: u64, index: &[(u64, u64)], last: Option<Timestamp>) {
        let mut known = self.known();
        known.length = length;
        for entry in index {
            known.add(*entry);
        }
        known.first = known.first.or(last);
        known.last = last.or(known.last);
    }

    /// The records from an offset on, at most so many; `until` is the first that is not in this segment.
    pub(super) fn read(
        &self,
        file: &File,
        (from, until): (u64, u64),
        most: usize,
        salt: u32,
    ) -> Result<Vec<Record>, Unreadable> {
        for _ in 0..2 {
            let (start, length) = {
                let known = self.known();
                if let Some((_, to)) = known.damaged.iter().find(|(a, b)| (*a..*b).contains(&from)) {
                    return Err(Unreadable::Until(*to));
                }
                let before = known.index.partition_point(|(offset, _)| *offset <= from);
                let start = before.checked_sub(1).and_then(|at| known.index.get(at));
                (start.copied().unwrap_or((self.base, 0)), known.length)
            };
            let mut walk = Walk {
                file,
                salt,
                length,
                until,
                next: start.0,
                at: start.1,
                index: Vec::new(),
                records: Vec::new(),
            };
            let ended = walk.run(from, most);
            let mut known = self.known();
            walk.index.into_iter().for_each(|entry| known.add(entry));
            drop(known);
            if ended.unwrap_or(false) || !walk.records.is_empty() {
                return Ok(walk.records);
            }
            self.look_through(file, until, salt);
        }
        Err(Unreadable::Io)
    }

    /// Something cannot be read: finds out what, and what comes behind it.
    fn look_through(&self, file: &File, until: u64, salt: u32) {
        let length = self.length();
        let bytes = what_can_be_read(file, usize::try_from(length).unwrap_or(usize::MAX));
        let scan = durable(&bytes, self.base, until, salt);
        let mut known = self.known();
        // What became durable meanwhile stays known.
        let later = known.index.iter().filter(|(_, at)| *at >= length).copied();
        let later: Vec<(u64, u64)> = later.collect();
        known.index = scan.index;
        known.index.extend(later);
        known.damaged = scan.damaged;
    }
}

impl Known {
    /// Adds to the index, in order and not too often.
    fn add(&mut self, (offset, at): (u64, u64)) {
        let is_due = self.index.last().is_none_or(|(_, last)| at >= last + INDEX_EVERY);
        if is_due {
            self.index.push((offset, at));
        }
    }
}

/// Goes from frame to frame.
struct Walk<'f> {
    file: &'f File,
    salt: u32,
    length: u64,
    until: u64,
    next: u64,
    at: u64,
    /// Places passed.
    index: Vec<(u64, u64)>,
    records: Vec<Record>,
}

impl Walk<'_> {
    /// Collects records; `false` where it came upon something that is no frame.
    fn run(&mut self, from: u64, most: usize) -> io::Result<bool> {
        let mut taken = 0;
        let mut wanted = BLOCK;
        let mut block = Vec::new();
        while self.next < self.until && self.at < self.length {
            let rest = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
            block.resize(wanted.min(rest), 0);
            self.file.read_exact_at(&mut block, self.at)?;
            let mut bytes = block.as_slice();
            wanted = BLOCK;
            while !bytes.is_empty() && self.next < self.until {
                if self.records.len() >= most || taken >= READ_MAX {
                    return Ok(true);
                }
                let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
                let Some(head) = Head::read(bytes, self.salt) else {
                    if bytes.len() < HEAD.min(left) {
                        break;
                    }
                    return Ok(false);
                };
                if head.total() > left || head.total() > HEAD + BODY_MAX {
                    return Ok(false);
                }
                if head.total() > bytes.len() {
                    wanted = head.total().max(BLOCK);
                    break;
                }
                if head.offset != self.next || !head.is_whole(bytes, self.salt) {
                    return Ok(false);
                }
                if head.is_record() {
                    if self.index.last().is_none_or(|(_, last)| self.at >= last + INDEX_EVERY) {
                        self.index.push((self.next, self.at));
                    }
                    if self.next >= from {
                        let Some(record) = head.record(bytes) else {
                            return Ok(false);
                        };
                        self.records.push(record);
                        taken += head.total();
                    }
                    self.next += 1;
                }
                self.at += head.total() as u64;
                bytes = bytes.get(head.total()..).unwrap_or_default();
            }
        }
        // Fewer frames than records: the rest is missing.
        Ok(self.next >= self.until || from >= self.until)
    }
}

/// The bytes of a file; zeros where the disk cannot read them.
fn what_can_be_read(file: &File, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    if file.read_exact_at(&mut bytes, 0).is_ok() {
        return bytes;
    }
    let mut at = 0;
    for sector in bytes.chunks_mut(SECTOR) {
        if file.read_exact_at(sector, at).is_err() {
            sector.fill(0);
        }
        at += sector.len() as u64;
    }
    bytes
}
