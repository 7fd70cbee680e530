//! What waits to become durable.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::lock;
use crate::delivery::{Receipt, weight};
use crate::log::{Busy, Message};

/// A message that waits.
pub(super) struct Entry {
    /// Number of its partition among all.
    pub(super) lane: usize,
    pub(super) message: Message,
    pub(super) receipt: Receipt,
}

/// What waits, for each writer.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// There is something for a writer.
    work: Vec<Condvar>,
    /// Something became durable.
    room: Condvar,
    bytes_max: u64,
}

struct Waiting {
    entries: Vec<Vec<Entry>>,
    /// What was handed over and is not durable yet.
    bytes: u64,
    messages: u64,
    is_closing: bool,
}

impl Queue {
    pub(super) fn new(writers: usize, bytes_max: u64) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                entries: (0..writers).map(|_| Vec::new()).collect(),
                bytes: 0,
                messages: 0,
                is_closing: false,
            }),
            work: (0..writers).map(|_| Condvar::new()).collect(),
            room: Condvar::new(),
            bytes_max: bytes_max.max(1),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }

    fn writer_of(&self, lane: usize) -> usize {
        lane % self.work.len()
    }

    /// Takes all of what comes from outside, or nothing.
    pub(super) fn offer(&self, entries: Vec<Entry>) -> Result<(), Busy> {
        let bytes: u64 = entries.iter().map(|entry| weight(&entry.message)).sum();
        let mut waiting = self.waiting();
        if waiting.is_closing {
            return Err(Busy::Closing);
        }
        // What is larger than all may pass alone.
        if waiting.bytes > 0 && waiting.bytes + bytes > self.bytes_max / 2 {
            return Err(Busy::Full);
        }
        self.put(&mut waiting, bytes, entries);
        Ok(())
    }

    /// Takes an output, when there is room for it. `false` where the log is being closed.
    pub(super) fn push(&self, entry: Entry) -> bool {
        let bytes = weight(&entry.message);
        let mut waiting = self.waiting();
        while !waiting.is_closing && waiting.bytes > 0 && waiting.bytes + bytes > self.bytes_max {
            waiting = self.room.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.is_closing {
            return false;
        }
        self.put(&mut waiting, bytes, vec![entry]);
        true
    }

    fn put(&self, waiting: &mut Waiting, bytes: u64, entries: Vec<Entry>) {
        waiting.bytes += bytes;
        waiting.messages += entries.len() as u64;
        for entry in entries {
            let writer = self.writer_of(entry.lane);
            let Some(queue) = waiting.entries.get_mut(writer) else {
                continue;
            };
            let was_empty = queue.is_empty();
            queue.push(entry);
            if was_empty && let Some(work) = self.work.get(writer) {
                work.notify_one();
            }
        }
    }

    /// Everything that waits for a writer, and whether the log is being closed. Waits until there is something, for at most
    /// so long; for ever with `None`.
    pub(super) fn take(&self, writer: usize, most: Option<Duration>) -> (Vec<Entry>, bool) {
        let mut waiting = self.waiting();
        let is_idle =
            |waiting: &mut Waiting| !waiting.is_closing && waiting.entries.get(writer).is_some_and(Vec::is_empty);
        if let Some(work) = self.work.get(writer) {
            waiting = match most {
                None => work
                    .wait_while(waiting, is_idle)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(most) => {
                    let waited = work.wait_timeout_while(waiting, most, is_idle);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        let entries = waiting.entries.get_mut(writer).map(std::mem::take).unwrap_or_default();
        (entries, waiting.is_closing)
    }

    /// So much is no longer waiting.
    pub(super) fn release(&self, bytes: u64, messages: u64) {
        let mut waiting = self.waiting();
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
        waiting.messages = waiting.messages.saturating_sub(messages);
        drop(waiting);
        self.room.notify_all();
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        self.waiting().is_closing = true;
        self.work.iter().for_each(Condvar::notify_all);
        self.room.notify_all();
    }

    /// Bytes and messages that wait.
    pub(super) fn load(&self) -> (u64, u64) {
        let waiting = self.waiting();
        (waiting.bytes, waiting.messages)
    }
}
