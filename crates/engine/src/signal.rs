//! The signal that there is something new.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bumped whenever something became durable, or may be read.
#[derive(Debug, Default)]
pub struct Signal {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Signal {
    /// How often it was bumped.
    pub fn now(&self) -> u64 {
        *self.count()
    }

    /// Waits until it was bumped more often than `seen`, or for so long; says how often by then.
    ///
    /// Ask for [`now`](Self::now), look whether there is anything to do, and wait only if there is not: nothing is missed.
    pub fn wait(&self, seen: u64, most: Duration) -> u64 {
        let count = self.count();
        let waited = self.changed.wait_timeout_while(count, most, |count| *count <= seen);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Wakes all who wait, also where nothing became durable.
    pub fn bump(&self) {
        *self.count() += 1;
        self.changed.notify_all();
    }

    /// Whoever panicked while they had the lock left nothing half done.
    fn count(&self) -> MutexGuard<'_, u64> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
