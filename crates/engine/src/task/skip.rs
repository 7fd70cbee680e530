//! Skips: the records on the log that let a task pass what it cannot apply.

use sanbai_wire::control::{self, Control};

use super::{Parked, Progress, Running, Task};
use crate::log::{Log, ReadError};
use crate::stage::{Stage, headers};

/// Whether one of these skips passes over all offsets of a range.
pub(super) fn covers(skips: &[(u64, u64)], from: u64, to: u64) -> bool {
    skips.iter().any(|(first, end)| *first <= from && to <= *end)
}

impl<S: Stage> Running<S> {
    /// Passes over damaged offsets, if it was told to: they count as gaps. No further than silence reaches, if it does.
    pub(super) fn pass_over_damage(&mut self, skips: &[(u64, u64)], (from, to): (u64, u64)) -> bool {
        if !covers(skips, from, to) {
            return false;
        }
        let most = if from < self.silent_until {
            to.min(self.silent_until)
        } else {
            to
        };
        self.stage.ledger_mut().pass_over(most);
        // No record is left that a snapshot could be held against.
        self.last = None;
        true
    }
}

impl<S: Stage> Task<S> {
    /// Looks for a `skip` of what it is parked at, from and without.
    pub(super) fn pass_over_if_told(&mut self, parked: Parked, (from, to): (u64, u64), log: &mut impl Log) -> Progress {
        let next = self.looked_until;
        let records = match log.read(S::INPUT, self.settings.partition, next, self.settings.batch_max) {
            Ok(records) => records,
            Err(ReadError::Damaged { to, .. }) => {
                self.looked_until = to;
                return Progress::Worked(0);
            }
            Err(_) => return Progress::Unavailable,
        };
        for record in &records {
            self.looked_until = record.offset + 1;
            let headers = headers(record);
            let kind = control::kind_header(&headers).unwrap_or_default();
            let value = record.value.as_deref().unwrap_or_default();
            let Ok(control::Read {
                control: Control::Skip(skip),
                ..
            }) = control::decode(kind, value, record.timestamp)
            else {
                continue;
            };
            if skip.from <= from && to <= skip.to {
                // Only what it is parked at: what can be applied is applied, whoever restores from wherever.
                self.skips.push((from, to));
                self.parked = None;
                return Progress::Worked(0);
            }
        }
        if records.is_empty() {
            Progress::Parked(parked)
        } else {
            Progress::Worked(0)
        }
    }
}
