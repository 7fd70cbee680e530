//! Requests that fail: said once, and not tried again at once.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After the first failure, so long nothing is tried.
const FIRST: Duration = Duration::from_millis(500);
/// However often it fails, it is tried again after so long.
const LONGEST: Duration = Duration::from_secs(10);

/// How requests of one kind go.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    failing: Mutex<Option<Failing>>,
}

#[derive(Clone, Copy, Debug)]
struct Failing {
    delay: Duration,
    again: Instant,
}

impl Trouble {
    /// Whether it failed so lately that it is not tried again yet.
    pub(super) fn is_too_soon(&self, now: Instant) -> bool {
        self.failing().is_some_and(|failing| now < failing.again)
    }

    /// One failed; `true` where the one before had not.
    pub(super) fn fails(&self, now: Instant) -> bool {
        let mut failing = self.failing();
        // Requests that were under way together fail together, and wait no longer for that.
        let delay = match *failing {
            None => FIRST,
            Some(known) if now < known.again => known.delay,
            Some(known) => (known.delay * 2).min(LONGEST),
        };
        let again = now + delay;
        failing.replace(Failing { delay, again }).is_none()
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
            assert_eq!(trouble.fails(now), number == 0);
            assert!(!trouble.fails(now), "one that was under way as well");
            let failed = now;
            while trouble.is_too_soon(now) {
                now += Duration::from_millis(100);
            }
            waits.push((now - failed).as_millis());
        }
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
        assert!(trouble.succeeds() && !trouble.succeeds());
        assert!(trouble.fails(now), "and again it is news");
    }
}
