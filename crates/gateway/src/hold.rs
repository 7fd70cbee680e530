//! What is under way is counted, and bounded: more than that is turned away.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A share of something of which there is only so much. Given back when it is dropped.
pub(crate) struct Hold<'a> {
    used: &'a AtomicUsize,
    max: usize,
    mine: usize,
}

impl<'a> Hold<'a> {
    /// Of what `used` counts, at most `max`; nothing so far.
    pub(crate) const fn of(used: &'a AtomicUsize, max: usize) -> Self {
        Self { used, max, mine: 0 }
    }

    /// Takes more; `false` where that is not left.
    pub(crate) fn take(&mut self, more: usize) -> bool {
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(more).filter(|used| *used <= self.max)
        });
        if taken.is_ok() {
            self.mine += more;
        }
        taken.is_ok()
    }
}

/// Takes more of each; `false` where that is not left of one of them.
pub(crate) fn take_of_each(holds: &mut [Hold<'_>], more: usize) -> bool {
    holds.iter_mut().all(|hold| hold.take(more))
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.used.fetch_sub(self.mine, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back() {
        let used = AtomicUsize::new(0);
        let mut one = Hold::of(&used, 3);
        assert!(one.take(2));
        let mut two = Hold::of(&used, 3);
        assert!(!two.take(2));
        assert!(two.take(1));
        drop(one);
        assert!(two.take(2));
        drop(two);
        assert_eq!(used.into_inner(), 0);
    }
}
