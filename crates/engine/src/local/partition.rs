//! Partitions, as readers see them: segments on the disk, and the newest records in memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use sanbai_core::time::Timestamp;

use super::frame;
use super::lock;
use super::segment::{Segment, Unreadable};
use crate::log::{ReadError, Record, Topic};

/// Records of one piece of what is kept in memory.
const PIECE: usize = 256;
/// Bytes of one piece, unless one record alone is larger.
const PIECE_BYTES: u64 = 64 << 10;
/// Files of old segments that are kept open, over all partitions.
const FILES_MAX: usize = 32;

/// One partition of a topic.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) topic: Topic,
    pub(super) number: u32,
    pub(super) folder: PathBuf,
    shelf: Mutex<Shelf>,
    recent_max: u64,
}

/// What is durable.
#[derive(Debug)]
struct Shelf {
    /// In the order of their offsets; at least one.
    segments: Vec<Arc<Segment>>,
    /// First offset that is not durable yet.
    end: u64,
    /// The newest records, the same as on the disk.
    recent: VecDeque<Piece>,
    recent_bytes: u64,
}

#[derive(Clone, Debug)]
struct Piece {
    records: Arc<[Record]>,
    bytes: u64,
}

impl Piece {
    fn first(&self) -> u64 {
        self.records.first().map_or(u64::MAX, |record| record.offset)
    }
}

/// Cuts records into pieces of bounded size.
fn pieces(records: Vec<Record>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut piece, mut bytes) = (Vec::new(), 0);
    for record in records {
        bytes += frame::size(&record) as u64;
        piece.push(record);
        if piece.len() >= PIECE || bytes >= PIECE_BYTES {
            pieces.push(Piece {
                records: std::mem::take(&mut piece).into(),
                bytes: std::mem::take(&mut bytes),
            });
        }
    }
    if !piece.is_empty() {
        pieces.push(Piece {
            records: piece.into(),
            bytes,
        });
    }
    pieces
}

/// What became durable in a segment.
#[derive(Debug)]
pub(super) struct Grown<'r> {
    pub(super) records: Vec<Record>,
    pub(super) length: u64,
    pub(super) index: &'r [(u64, u64)],
}

impl Partition {
    pub(super) fn new(
        (topic, number): (Topic, u32),
        folder: PathBuf,
        segments: Vec<Arc<Segment>>,
        end: u64,
        recent_max: u64,
    ) -> Self {
        Self {
            topic,
            number,
            folder,
            shelf: Mutex::new(Shelf {
                segments,
                end,
                recent: VecDeque::new(),
                recent_bytes: 0,
            }),
            recent_max,
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        lock(&self.shelf)
    }

    /// The first offset that is there, and the first that is not there yet.
    pub(super) fn range(&self) -> Range<u64> {
        let shelf = self.shelf();
        shelf.segments.first().map_or(0, |first| first.base)..shelf.end
    }

    /// The segment that is written.
    pub(super) fn active(&self) -> Option<Arc<Segment>> {
        self.shelf().segments.last().cloned()
    }

    /// Another segment is written from now on. It takes the place of one that begins with the same offset, which is empty.
    pub(super) fn follow(&self, segment: Arc<Segment>) {
        let mut shelf = self.shelf();
        shelf.segments.retain(|old| old.base != segment.base);
        shelf.segments.push(segment);
    }

    /// Shows readers what became durable.
    pub(super) fn publish(&self, grown: Grown<'_>) {
        let last = grown.records.last().map(|record| record.timestamp);
        let added = grown.records.len() as u64;
        let pieces = pieces(grown.records);
        let mut shelf = self.shelf();
        if let Some(active) = shelf.segments.last() {
            active.grow(grown.length, grown.index, last);
        }
        shelf.end += added;
        for piece in pieces {
            shelf.recent_bytes += piece.bytes;
            shelf.recent.push_back(piece);
        }
        while shelf.recent_bytes > self.recent_max {
            let Some(oldest) = shelf.recent.pop_front() else { break };
            shelf.recent_bytes -= oldest.bytes;
        }
    }

    /// The next records from an offset on.
    pub(super) fn read(&self, from: u64, most: usize, files: &Files, salt: u32) -> Result<Vec<Record>, ReadError> {
        let shelf = self.shelf();
        let start = shelf.segments.first().map_or(0, |first| first.base);
        let end = shelf.end;
        if from < start {
            return Err(ReadError::Gone { start });
        }
        if from > end {
            return Err(ReadError::Beyond { end });
        }
        if from == end || most == 0 {
            return Ok(Vec::new());
        }
        let behind = shelf.recent.partition_point(|piece| piece.first() <= from);
        if let Some(at) = behind.checked_sub(1) {
            let mut pieces: Vec<Piece> = Vec::new();
            // Of the first piece, what comes before does not count.
            let mut count = 0;
            let wanted = shelf.recent.get(at).map_or(0, |piece| from - piece.first());
            let wanted = most.saturating_add(usize::try_from(wanted).unwrap_or(usize::MAX));
            for piece in shelf.recent.range(at..) {
                pieces.push(piece.clone());
                count += piece.records.len();
                if count >= wanted {
                    break;
                }
            }
            drop(shelf);
            let records = pieces.iter().flat_map(|piece| piece.records.iter());
            let records = records.skip_while(|record| record.offset < from).take(most);
            return Ok(records.cloned().collect());
        }
        drop(shelf);
        match self.read_disk(from, most, files, salt) {
            Ok(records) => Ok(records),
            Err(Unreadable::Io) => Err(ReadError::Unavailable),
            Err(Unreadable::Until(mut to)) => {
                // The next segment may begin with damage too.
                while to < end {
                    match self.read_disk(to, 1, files, salt) {
                        Ok(_) => break,
                        Err(Unreadable::Until(later)) => to = later,
                        Err(Unreadable::Io) => return Err(ReadError::Unavailable),
                    }
                }
                Err(ReadError::Damaged { from, to })
            }
        }
    }

    fn read_disk(&self, from: u64, most: usize, files: &Files, salt: u32) -> Result<Vec<Record>, Unreadable> {
        let (segment, until) = {
            let shelf = self.shelf();
            let behind = shelf.segments.partition_point(|segment| segment.base <= from);
            let until = shelf.segments.get(behind).map_or(shelf.end, |next| next.base);
            let segment = behind.checked_sub(1).and_then(|at| shelf.segments.get(at));
            (segment.cloned().ok_or(Unreadable::Io)?, until)
        };
        match files.get(&segment) {
            Ok(file) => segment.read(&file, (from, until), most, salt),
            // Its file is gone, and what was in it.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.is_gone(from) => {
                Err(Unreadable::Until(until))
            }
            Err(_) => Err(Unreadable::Io),
        }
    }

    fn is_gone(&self, offset: u64) -> bool {
        offset < self.range().start
    }

    /// When the last record of a segment was taken, or a moment not before it.
    fn last_of(&self, segment: &Segment, next: &Segment, files: &Files, salt: u32) -> Option<Timestamp> {
        let of_next = || {
            let until = next.base + 1;
            let file = files.get(next).ok()?;
            let records = next.read(&file, (next.base, until), 1, salt).ok()?;
            records.first().map(|record| record.timestamp)
        };
        segment.last().or_else(of_next)
    }

    /// Takes the oldest segments off the shelf, as long as their last record is older and nobody needs it. At least the
    /// newest one stays.
    pub(super) fn retire(&self, older: Timestamp, floor: u64, files: &Files, salt: u32) -> Vec<Arc<Segment>> {
        let segments = self.shelf().segments.clone();
        let pairs = segments.iter().zip(segments.iter().skip(1));
        let old = pairs.take_while(|(segment, next)| {
            let last = || self.last_of(segment, next, files, salt);
            next.base <= floor && last().is_some_and(|last| last < older)
        });
        let old: Vec<Arc<Segment>> = old.map(|(segment, _)| Arc::clone(segment)).collect();
        let mut shelf = self.shelf();
        shelf
            .segments
            .retain(|segment| !old.iter().any(|old| Arc::ptr_eq(old, segment)));
        drop(shelf);
        old
    }

    /// Bytes on the disk, and offsets that are known to be damaged.
    pub(super) fn sizes(&self) -> (u64, u64) {
        let segments = self.shelf().segments.clone();
        let bytes = segments.iter().map(|segment| segment.length()).sum();
        (bytes, segments.iter().map(|segment| segment.damaged()).sum())
    }
}

/// Files that are open for reading, the one that was used last at the end.
#[derive(Debug, Default)]
pub(super) struct Files(Mutex<VecDeque<(PathBuf, Arc<File>)>>);

impl Files {
    fn get(&self, segment: &Segment) -> io::Result<Arc<File>> {
        let mut files = lock(&self.0);
        let place = files.iter().position(|(path, _)| *path == segment.path);
        let found = place.and_then(|place| files.remove(place));
        let (path, file) = match found {
            Some(found) => found,
            None => (segment.path.clone(), Arc::new(File::open(&segment.path)?)),
        };
        files.push_back((path, Arc::clone(&file)));
        if files.len() > FILES_MAX {
            files.pop_front();
        }
        Ok(file)
    }

    /// Closes a file that is gone or replaced.
    pub(super) fn close(&self, path: &std::path::Path) {
        lock(&self.0).retain(|(open, _)| open != path);
    }

    /// Closes all.
    pub(super) fn close_all(&self) {
        lock(&self.0).clear();
    }
}
