//! Requests that fail: said once, and not tried again at once.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Unanswered;

/// After the first failure, so long nothing is tried.
const FIRST: Duration = Duration::from_millis(500);
/// However often it fails, it is tried again after so long.
const LONGEST: Duration = Duration::from_secs(10);

/// How requests of one kind go.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    failing: Mutex<Option<Failing>>,
}

#[derive(Clone, Debug)]
struct Failing {
    since: Instant,
    delay: Duration,
    again: Instant,
    /// Somebody asks whether it still fails.
    is_asked: bool,
    reason: String,
}

impl Trouble {
    /// Whether it failed so lately that it is not tried again yet.
    pub(super) fn is_too_soon(&self, now: Instant) -> bool {
        self.failing().as_ref().is_some_and(|failing| now < failing.again)
    }

    /// Whether the last one failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing().is_some()
    }

    /// Whether it is time to ask whether it still fails, and nobody does; whoever is told so does.
    pub(super) fn begins_to_ask(&self, now: Instant) -> bool {
        self.failing()
            .as_mut()
            .is_some_and(|failing| now >= failing.again && !std::mem::replace(&mut failing.is_asked, true))
    }

    /// Whoever asked has an answer.
    pub(super) fn has_asked(&self) {
        if let Some(failing) = self.failing().as_mut() {
            failing.is_asked = false;
        }
    }

    /// Since when it fails, and how.
    pub(super) fn unanswered(&self) -> Option<Unanswered> {
        self.failing().as_ref().map(|failing| Unanswered {
            since: failing.since,
            reason: failing.reason.clone(),
        })
    }

    /// One failed; `true` where the one before had not.
    pub(super) fn fails(&self, now: Instant, reason: &str) -> bool {
        let mut failing = self.failing();
        // Requests that were under way together fail together, and wait no longer for that.
        let delay = match failing.as_ref() {
            None => FIRST,
            Some(known) if now < known.again => known.delay,
            Some(known) => (known.delay * 2).min(LONGEST),
        };
        let is_news = failing.is_none();
        *failing = Some(Failing {
            since: failing.as_ref().map_or(now, |known| known.since),
            delay,
            again: now + delay,
            is_asked: failing.as_ref().is_some_and(|known| known.is_asked),
            reason: reason.to_owned(),
        });
        is_news
    }

    /// One succeeded; `true` where the one before had not.
    pub(super) fn succeeds(&self) -> bool {
        self.failing().take().is_some()
    }

    fn failing(&self) -> std::sync::MutexGuard<'_, Option<Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_and_tried_again_ever_later() {
        let trouble = Trouble::default();
        let mut now = Instant::now();
        assert!(!trouble.is_too_soon(now) && !trouble.succeeds());
        let mut waits = Vec::new();
        for number in 0..8 {
            assert_eq!(trouble.fails(now, "no"), number == 0);
            assert!(!trouble.fails(now, "no"), "one that was under way as well");
            let failed = now;
            while trouble.is_too_soon(now) {
                now += Duration::from_millis(100);
            }
            waits.push((now - failed).as_millis());
        }
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
        assert!(trouble.succeeds() && !trouble.succeeds());
        assert!(trouble.fails(now, "no"), "and again it is news");
    }
}
