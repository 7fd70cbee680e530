//! Writers: each takes all that waits for its partitions, writes it, makes it safe, and only then shows it.

use std::time::{Duration, Instant};

use super::lane::Lane;
use super::shared::Shared;

/// Bytes of the buffer that are kept.
const BUFFER_MAX: usize = 9 << 20;

/// One thread with its partitions.
pub(super) struct Writer {
    /// Which of the writers.
    pub(super) number: usize,
    pub(super) writers: usize,
    /// Its lanes: of every so many, the one with its number.
    pub(super) lanes: Vec<Lane>,
    /// Frames on their way to the disk, of one partition after the other.
    pub(super) buffer: Vec<u8>,
}

/// A writer that panics is a fault of ours: the log takes nothing more, instead of letting everybody wait.
struct Alarm<'s>(&'s Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let reason = "a writer panicked: open the log again".to_owned();
            self.0.stalls.add(usize::MAX, self.0.clock.now(), reason);
            self.0.queue.close();
        }
    }
}

impl Writer {
    /// Runs until the log is closed; says how many messages are lost.
    pub(super) fn run(mut self, shared: &Shared) -> u64 {
        let _alarm = Alarm(shared);
        let mut closing_since = None;
        loop {
            let wait = self.wait();
            let (entries, is_closing) = shared.queue.take(self.number, wait);
            for entry in entries {
                if let Some(lane) = self.lanes.get_mut(entry.lane / self.writers) {
                    lane.push(entry);
                }
            }
            self.commit(shared);
            if !is_closing {
                continue;
            }
            let since: &mut Instant = closing_since.get_or_insert_with(Instant::now);
            if self.lanes.iter().all(Lane::is_empty) || since.elapsed() > shared.patience.closing {
                break;
            }
            if let Some(wait) = self.wait().filter(|wait| !wait.is_zero()) {
                shared.pause(wait);
            }
        }
        for lane in &mut self.lanes {
            lane.close(shared);
        }
        self.lanes.iter_mut().map(|lane| lane.give_up(shared)).sum()
    }

    /// How long it may sleep: not at all where something is left to be written.
    fn wait(&self) -> Option<Duration> {
        let now = Instant::now();
        let lanes = self.lanes.iter().filter(|lane| !lane.is_empty());
        let waits = lanes.map(|lane| {
            lane.retry_at()
                .map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
        });
        waits.min()
    }

    /// Writes to every partition first, then makes one after the other safe: meanwhile the disk works on all.
    fn commit(&mut self, shared: &Shared) {
        let now = Instant::now();
        let buffer = &mut self.buffer;
        let due = self.lanes.iter_mut().filter(|lane| lane.is_due(now));
        let mut written: Vec<&mut Lane> = due
            .filter_map(|lane| lane.write(shared, buffer).then_some(lane))
            .collect();
        // One message may be larger than all that usually is written at once.
        buffer.shrink_to(BUFFER_MAX);
        written.retain_mut(|lane| lane.finish(shared));
        for lane in written {
            if lane.is_empty() {
                lane.mark(shared);
            }
        }
    }
}
