//! The clock of a process. It stamps what comes in and what is appended; what a shard computes, only ticks tell.

use std::time::{Duration, SystemTime};

use sanbai_core::time::Timestamp;

/// Where the time of a process comes from.
///
/// A demonstration lives through a day in minutes: its time begins at a moment of its choice and runs faster. Whatever
/// reads the log sees no difference.
///
/// ```
/// use std::time::Duration;
///
/// use sanbai_core::time::Timestamp;
/// use sanbai_engine::clock::Clock;
///
/// let start = Timestamp::parse("2026-03-10T08:00:00+08:00").ok_or("a time")?;
/// let clock = Clock::fast(start, 600);
/// assert!(clock.now() >= start);
/// assert_eq!(clock.wait(Duration::from_secs(600)), Duration::from_secs(1));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    fast: Option<Fast>,
}

#[derive(Clone, Copy, Debug)]
struct Fast {
    /// When it was made, by the clock of the machine.
    made: SystemTime,
    start: Timestamp,
    speed: u32,
}

impl Clock {
    /// The clock of the machine.
    pub const SYSTEM: Self = Self { fast: None };

    /// A clock that stands at `start` now and runs `speed` times as fast as that of the machine; at least as fast.
    pub fn fast(start: Timestamp, speed: u32) -> Self {
        Self::fast_since(SystemTime::now(), start, speed)
    }

    /// A clock that stood at `start` at a moment of the machine's clock. A process that is started again goes on with it.
    pub fn fast_since(made: SystemTime, start: Timestamp, speed: u32) -> Self {
        Self {
            fast: Some(Fast {
                made,
                start,
                speed: speed.max(1),
            }),
        }
    }

    /// What it says.
    pub fn now(&self) -> Timestamp {
        let Some(fast) = self.fast else {
            return since_epoch(SystemTime::now());
        };
        let passed = SystemTime::now().duration_since(fast.made).unwrap_or_default();
        let passed = nanos(passed).saturating_mul(fast.speed.into());
        Timestamp::from_nanos(fast.start.as_nanos().saturating_add(passed))
    }

    /// How long a time of this clock is by that of the machine.
    pub fn wait(&self, span: Duration) -> Duration {
        self.fast.map_or(span, |fast| span / fast.speed)
    }
}

fn since_epoch(time: SystemTime) -> Timestamp {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => Timestamp::from_nanos(nanos(since)),
        Err(before) => Timestamp::from_nanos(nanos(before.duration()).saturating_neg()),
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
