//! What a thread waits on until something happened.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Counts what happened. Whoever looks first and waits then misses nothing.
///
/// ```
/// use std::time::Duration;
///
/// use sanbai_engine::signal::Signal;
///
/// let signal = Signal::default();
/// let seen = signal.count();
/// signal.raise();
/// assert_ne!(signal.wait(seen, Duration::from_secs(9)), seen, "it does not wait: something happened since");
/// ```
#[derive(Debug, Default)]
pub struct Signal {
    count: Mutex<u64>,
    raised: Condvar,
}

impl Signal {
    /// How often it was raised.
    pub fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes everybody who waits.
    pub fn raise(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.wrapping_add(1);
        self.raised.notify_all();
    }

    /// Waits until it was raised more often than `seen`, or so long; says how often it was.
    pub fn wait(&self, seen: u64, at_most: Duration) -> u64 {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.raised.wait_timeout_while(count, at_most, |count| *count == seen);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
