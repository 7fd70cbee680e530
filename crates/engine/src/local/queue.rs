//! What waits to become durable, and who is told when it is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::lock;
use crate::log::{Busy, Done, Message, NotDelivered, Ticket};

/// A message that waits.
pub(super) struct Entry {
    /// Number of its partition among all.
    pub(super) lane: usize,
    pub(super) message: Message,
    pub(super) receipt: Receipt,
}

/// Who is told what became of a message.
#[derive(Clone)]
pub(super) enum Receipt {
    /// Whoever appended it.
    Appended(Arc<Appended>),
    /// A producer.
    Sent(Arc<Deliveries>, Ticket),
}

impl Receipt {
    /// Says what became of the message.
    pub(super) fn tell(self, delivery: Result<(), NotDelivered>) {
        match self {
            Self::Appended(appended) => appended.tell(delivery),
            Self::Sent(deliveries, ticket) => deliveries.tell(ticket, delivery),
        }
    }
}

/// Messages that were handed over together.
pub(super) struct Appended {
    left: AtomicUsize,
    is_lost: AtomicBool,
    done: Mutex<Option<Done>>,
}

impl Appended {
    pub(super) fn new(count: usize, done: Done) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(count),
            is_lost: AtomicBool::new(false),
            done: Mutex::new(Some(done)),
        })
    }

    fn tell(&self, delivery: Result<(), NotDelivered>) {
        if delivery.is_err() {
            self.is_lost.store(true, Ordering::SeqCst);
        }
        if self.left.fetch_sub(1, Ordering::SeqCst) > 1 {
            return;
        }
        let whole = if self.is_lost.load(Ordering::SeqCst) {
            Err(NotDelivered)
        } else {
            Ok(())
        };
        let done = lock(&self.done).take();
        if let Some(done) = done {
            // Whatever goes wrong there, the log goes on.
            catch_unwind(AssertUnwindSafe(|| done(whole))).ok();
        }
    }
}

/// What became of the messages of a producer since it asked last.
#[derive(Debug, Default)]
pub(super) struct Deliveries(Mutex<Vec<(Ticket, Result<(), NotDelivered>)>>);

impl Deliveries {
    pub(super) fn tell(&self, ticket: Ticket, delivery: Result<(), NotDelivered>) {
        lock(&self.0).push((ticket, delivery));
    }

    pub(super) fn take(&self) -> Vec<(Ticket, Result<(), NotDelivered>)> {
        std::mem::take(&mut lock(&self.0))
    }
}

/// Bytes that a message takes while it waits.
pub(super) fn weight(message: &Message) -> u64 {
    let headers = message.headers.iter();
    let headers: usize = headers.map(|(name, value)| name.len() + value.len() + 64).sum();
    (message.value.len() + message.key.as_ref().map_or(0, Vec::len) + headers + 128) as u64
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
