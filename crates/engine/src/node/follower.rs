//! Follows the registry.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::Shared;
use crate::log::{Log, ReadError, Topic};
use crate::registry::BATCH;

/// How long it waits where there is nothing new, and nobody says so.
const PAUSE: Duration = Duration::from_millis(500);

/// Keeps the copy of the registry that all workers read.
pub(super) struct Follower<L> {
    log: L,
    shared: Arc<Shared>,
}

impl<L: Log> Follower<L> {
    pub(super) const fn new(log: L, shared: Arc<Shared>) -> Self {
        Self { log, shared }
    }

    /// Reads everything that is there before `end`, for so long at most: what is judged meanwhile would be judged without
    /// registers, and for good.
    pub(super) fn catch_up(&mut self, end: u64, most: Duration) {
        let until = Instant::now() + most;
        loop {
            let seen = self.shared.signal.now();
            match self.read() {
                Ok(true) => {}
                Ok(false) | Err(ReadError::Unavailable) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if self.shared.registry_next.load(Ordering::Acquire) >= end || left.is_zero() {
                        return;
                    }
                    self.shared.signal.wait(seen, left.min(PAUSE));
                }
                Err(_) => return,
            }
        }
    }

    pub(super) fn run(mut self) {
        while !self.shared.is_stopping() {
            let seen = self.shared.signal.now();
            if self.read() == Ok(true) {
                // Whoever waits for the registry looks again.
                self.shared.signal.bump();
            } else {
                self.shared.signal.wait(seen, PAUSE);
            }
        }
    }

    /// Reads some; `false` where there was nothing.
    fn read(&mut self) -> Result<bool, ReadError> {
        let from = self.shared.registry_next.load(Ordering::Acquire);
        // Read outside the lock: workers go on meanwhile.
        let records = match self.log.read(Topic::Registry, 0, from, BATCH) {
            Ok(records) => records,
            Err(ReadError::Unavailable) => return Err(ReadError::Unavailable),
            Err(error) => {
                tracing::error!(?error, from, "the registry cannot be read");
                return Err(error);
            }
        };
        if records.is_empty() {
            return Ok(false);
        }
        let mut registry = self.shared.registry.write().unwrap_or_else(PoisonError::into_inner);
        let sets = registry.registry().rules().sets().len();
        for record in &records {
            registry.apply(record);
        }
        let next = registry.next();
        let rules = registry.registry().rules();
        let rules = (rules.sets().len() != sets).then(|| Arc::new(rules.clone()));
        drop(registry);
        if let Some(rules) = rules {
            *self.shared.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
        }
        self.shared.registry_next.store(next, Ordering::Release);
        Ok(true)
    }
}
