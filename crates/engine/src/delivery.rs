//! Who is told what became of messages.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::log::{Done, Message, NotDelivered, Record, Ticket};

/// Who is told what became of a message.
#[derive(Clone)]
pub(crate) enum Receipt {
    /// Whoever appended it.
    Appended(Arc<Appended>),
    /// A producer.
    Sent(Arc<Deliveries>, Ticket),
}

impl Receipt {
    /// Says what became of the message.
    pub(crate) fn tell(self, delivery: Result<(), NotDelivered>) {
        match self {
            Self::Appended(appended) => appended.tell(delivery),
            Self::Sent(deliveries, ticket) => {
                deliveries.tell(ticket, delivery);
            }
        }
    }
}

/// Messages that were handed over together.
pub(crate) struct Appended {
    left: AtomicUsize,
    is_lost: AtomicBool,
    done: Mutex<Option<Done>>,
}

impl Appended {
    pub(crate) fn new(count: usize, done: Done) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(count),
            is_lost: AtomicBool::new(false),
            done: Mutex::new(Some(done)),
        })
    }

    pub(crate) fn tell(&self, delivery: Result<(), NotDelivered>) {
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
pub(crate) struct Deliveries(Mutex<Vec<(Ticket, Result<(), NotDelivered>)>>);

impl Deliveries {
    /// Takes note of one; whether it is the first since they were asked for.
    pub(crate) fn tell(&self, ticket: Ticket, delivery: Result<(), NotDelivered>) -> bool {
        let mut deliveries = lock(&self.0);
        deliveries.push((ticket, delivery));
        deliveries.len() == 1
    }

    pub(crate) fn take(&self) -> Vec<(Ticket, Result<(), NotDelivered>)> {
        std::mem::take(&mut lock(&self.0))
    }
}

/// Bytes that a message takes while it waits.
pub(crate) fn weight(message: &Message) -> u64 {
    let headers = message.headers.iter();
    let headers: usize = headers.map(|(name, value)| name.len() + value.len() + 64).sum();
    (message.value.len() + message.key.as_ref().map_or(0, Vec::len) + headers + 128) as u64
}

/// Bytes that a record takes while it waits.
pub(crate) fn record_weight(record: &Record) -> usize {
    let headers = record.headers.iter();
    let headers: usize = headers.map(|(name, value)| name.len() + value.len() + 64).sum();
    let key = record.key.as_ref().map_or(0, Vec::len);
    record.value.as_ref().map_or(0, Vec::len) + key + headers + 128
}

/// Locks; whoever panicked while they had the lock left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
