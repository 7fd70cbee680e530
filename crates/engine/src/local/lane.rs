//! Lanes: one partition, as its writer sees it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::directory::segment_name;
use super::disk::{OpenFile, write_all};
use super::frame;
use super::partition::{Grown, Partition};
use super::queue::Entry;
use super::scan::INDEX_EVERY;
use super::segment::Segment;
use super::shared::Shared;
use crate::delivery::{Receipt, weight};
use crate::log::Record;

/// Bytes that become durable at once, unless one message alone is larger.
const BATCH_MAX: u64 = 8 << 20;
/// One partition, as its writer sees it.
pub(super) struct Lane {
    /// Number among all.
    number: usize,
    partition: Arc<Partition>,
    file: Option<OpenFile>,
    /// Durable bytes of the segment: what comes next is written there.
    position: u64,
    /// Offset of the next record.
    next: u64,
    /// What lies behind the durable bytes is not known: another segment must follow.
    is_broken: bool,
    /// A mark at the end was written, and not made safe.
    has_mark: bool,
    waiting: VecDeque<Entry>,
    batch: Batch,
    /// Bytes that were written and are not safe.
    written: u64,
    /// A segment that is older than this is followed by the next.
    age_max: Option<Duration>,
    retry: Option<Retry>,
}

/// What becomes durable together.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    receipts: Vec<Receipt>,
    index: Vec<(u64, u64)>,
    weight: u64,
}

#[derive(Clone, Copy)]
struct Retry {
    at: Instant,
    delay: Duration,
}

impl Lane {
    pub(super) fn new(number: usize, partition: Arc<Partition>, age_max: Option<Duration>) -> Self {
        let position = partition.active().map_or(0, |active| active.length());
        let next = partition.range().end;
        Self {
            number,
            partition,
            file: None,
            position,
            next,
            is_broken: false,
            has_mark: false,
            waiting: VecDeque::new(),
            batch: Batch::default(),
            written: 0,
            age_max,
            retry: None,
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.waiting.push_back(entry);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.batch.records.is_empty()
    }

    /// When it is to be tried again, if something failed.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.retry.map(|retry| retry.at)
    }

    /// Whether something waits that may be tried now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        !self.is_empty() && self.retry.is_none_or(|retry| retry.at <= now)
    }

    /// Writes what waits, or some of it, by way of a buffer. `false` where that failed.
    pub(super) fn write(&mut self, shared: &Shared, buffer: &mut Vec<u8>) -> bool {
        self.fill(shared);
        let written = self.try_write(shared, buffer);
        self.judge(written, shared)
    }

    /// Makes safe what was written, and shows it. `false` where that failed.
    pub(super) fn finish(&mut self, shared: &Shared) -> bool {
        let synced = self.file.as_ref().map_or(Ok(()), |file| shared.disk.sync(file));
        if synced.is_err() {
            // Which bytes are safe now, nobody knows: the kernel forgets them after it has said so once.
            self.is_broken = true;
            self.cut(shared);
        }
        if !self.judge(synced, shared) {
            return false;
        }
        self.position += self.written;
        self.next += self.batch.records.len() as u64;
        self.has_mark = false;
        let batch = std::mem::take(&mut self.batch);
        let messages = batch.records.len() as u64;
        self.partition.publish(Grown {
            records: batch.records,
            length: self.position,
            index: &batch.index,
        });
        shared.queue.release(batch.weight, messages);
        if self.retry.take().is_some() {
            shared.stalls.remove(self.number);
            let (topic, partition) = (self.partition.topic.name(), self.partition.number);
            tracing::info!(topic, partition, "the log can be written again");
        }
        batch.receipts.into_iter().for_each(|receipt| receipt.tell(Ok(())));
        // Last, so that whoever is woken finds all of it.
        shared.signal.bump();
        true
    }

    /// Notes that everything so far is safe: until the next record says so, only that tells a torn end from damage.
    pub(super) fn mark(&mut self, shared: &Shared) {
        let Some(file) = self.file.as_ref().filter(|_| !self.is_broken && !self.has_mark) else {
            return;
        };
        let mark = frame::mark(self.position, self.next, shared.salt);
        // The next record is written over it; without it nothing is lost.
        self.has_mark = write_all(&*shared.disk, file, &mark, self.position).is_ok();
    }

    /// Closes its file.
    pub(super) fn close(&mut self, shared: &Shared) {
        self.mark(shared);
        if let Some(file) = self.file.take().filter(|_| self.has_mark) {
            shared.disk.sync(&file).ok();
        }
    }

    /// Gives up what waits. It may be there all the same.
    pub(super) fn give_up(&mut self, shared: &Shared) -> u64 {
        let batch = std::mem::take(&mut self.batch);
        let mut receipts = batch.receipts;
        let mut bytes = batch.weight;
        for entry in std::mem::take(&mut self.waiting) {
            bytes += weight(&entry.message);
            receipts.push(entry.receipt);
        }
        let lost = receipts.len() as u64;
        shared.queue.release(bytes, lost);
        receipts
            .into_iter()
            .for_each(|receipt| receipt.tell(Err(crate::log::NotDelivered)));
        lost
    }

    /// Makes records of what waits, unless some are being written already.
    fn fill(&mut self, shared: &Shared) {
        if !self.batch.records.is_empty() {
            return;
        }
        let timestamp = shared.clock.now();
        while let Some(entry) = self.waiting.pop_front() {
            let weight = weight(&entry.message);
            if self.batch.weight > 0 && self.batch.weight + weight > BATCH_MAX {
                self.waiting.push_front(entry);
                break;
            }
            self.batch.weight += weight;
            self.batch.records.push(Record {
                offset: self.next + self.batch.records.len() as u64,
                timestamp,
                key: entry.message.key,
                headers: entry.message.headers,
                value: Some(entry.message.value),
            });
            self.batch.receipts.push(entry.receipt);
        }
    }

    fn try_write(&mut self, shared: &Shared, buffer: &mut Vec<u8>) -> io::Result<()> {
        let size: usize = self.batch.records.iter().map(frame::size).sum();
        let is_full = self.position > 0 && self.position + size as u64 > shared.segment_bytes;
        if self.is_broken || is_full || self.is_old() {
            self.follow(shared)?;
        }
        buffer.clear();
        buffer.reserve(size);
        self.batch.index.clear();
        let mut last = None;
        for record in &self.batch.records {
            let at = self.position + buffer.len() as u64;
            if last.is_none_or(|last| at >= last + INDEX_EVERY) {
                self.batch.index.push((record.offset, at));
                last = Some(at);
            }
            frame::write(record, self.position, shared.salt, buffer);
        }
        if self.file.is_none() {
            let active = self.partition.active().ok_or(io::ErrorKind::NotFound)?;
            self.file = Some(shared.disk.open(&active.path)?);
        }
        let Some(file) = &self.file else { return Ok(()) };
        let written = write_all(&*shared.disk, file, buffer, self.position);
        self.written = buffer.len() as u64;
        if written.is_err() {
            self.cut(shared);
        }
        written
    }

    /// Whether the segment has records, and its first is too old for what comes now.
    fn is_old(&self) -> bool {
        let first = self.partition.active().and_then(|active| active.first());
        let now = self.batch.records.first().map(|record| record.timestamp);
        let (Some(first), Some(now), Some(most)) = (first, now, self.age_max) else {
            return false;
        };
        self.position > 0 && first < super::before(now, most)
    }

    /// Lets another segment follow.
    fn follow(&mut self, shared: &Shared) -> io::Result<()> {
        let folder = &self.partition.folder;
        let path = folder.join(segment_name(self.next));
        let new = path.with_extension("new");
        let mut file = shared.disk.create(&new)?;
        shared.disk.rename(&new, &path)?;
        file.path.clone_from(&path);
        shared.disk.sync_folder(folder)?;
        shared.files.close(&path);
        self.partition.follow(Arc::new(Segment::new(self.next, path, 0)));
        self.file = Some(file);
        self.position = 0;
        self.is_broken = false;
        Ok(())
    }

    /// Takes away what was written and is not safe.
    fn cut(&mut self, shared: &Shared) {
        self.has_mark = false;
        if let Some(file) = &self.file
            && shared.disk.cut(file, self.position).is_err()
        {
            self.is_broken = true;
        }
    }

    /// After a failure: everything stays, and is tried again later.
    fn judge(&mut self, done: io::Result<()>, shared: &Shared) -> bool {
        let Err(error) = done else { return true };
        let patience = shared.patience;
        let longer = |retry: Retry| (retry.delay * 2).min(patience.longest);
        let delay = self.retry.map_or(patience.first, longer);
        self.retry = Some(Retry {
            at: Instant::now() + delay,
            delay,
        });
        let reason = format!("{}: {error}", self.partition.folder.display());
        if delay == patience.first {
            tracing::error!(
                reason,
                "the log cannot be written: it is tried again and again, and nothing is lost"
            );
        }
        shared.stalls.add(self.number, shared.clock.now(), reason);
        false
    }
}
