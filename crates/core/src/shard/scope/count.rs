//! Counting: contributions go in and come out, and sums of counts are counts.

use std::collections::BTreeMap;

use crate::duty::Ground;
use crate::rules::{Duty, Severity};
use crate::shard::compliance::{Counts, DutyCounts};
use crate::shard::contribution::{Contribution, Delay, Outcome, Share};
use crate::tally::Rate;

/// Whether a contribution goes in or comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    In,
    Out,
}

impl Step {
    /// False where there was nothing to take; the count stays at zero.
    fn one(self, count: &mut u64) -> bool {
        match self {
            Self::In => {
                *count = count.saturating_add(1);
                true
            }
            Self::Out => match count.checked_sub(1) {
                Some(less) => {
                    *count = less;
                    true
                }
                None => false,
            },
        }
    }

    /// The same in a table, which holds no zeros.
    fn one_of<K: Ord + Copy>(self, counts: &mut BTreeMap<K, u64>, key: K) -> bool {
        let count = counts.entry(key).or_default();
        let enough = self.one(count);
        if *count == 0 {
            counts.remove(&key);
        }
        enough
    }
}

impl Counts {
    /// Puts a contribution in or takes it out; false where something that comes out was not in.
    pub(super) fn step(&mut self, contribution: &Contribution<'_>, step: Step) -> bool {
        let mut enough = true;
        for finding in &contribution.findings {
            enough &= step.one_of(&mut self.findings, *finding);
        }
        if !contribution.counted {
            return enough & step.one(&mut self.uncounted);
        }
        enough &= step.one(&mut self.parcels);
        if contribution.letter {
            enough &= step.one(&mut self.letters);
        }
        let duties = self.duties.iter_mut().zip(Duty::ALL);
        for ((counts, duty), share) in duties.zip(&contribution.duties) {
            enough &= counts.step(duty, share, step);
        }
        enough
    }

    /// Whether nothing is counted.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// How one duty stands.
    pub fn duty(&self, duty: Duty) -> &DutyCounts {
        let [real_name, inspection, xray] = &self.duties;
        match duty {
            Duty::RealName => real_name,
            Duty::Inspection => inspection,
            Duty::Xray => xray,
        }
    }

    /// The nominal rate of a duty: satisfied / (satisfied + failed). An agreement satisfies real-name sending.
    pub fn rate(&self, duty: Duty) -> Rate {
        let counts = self.duty(duty);
        let by_agreement = match duty {
            Duty::RealName => counts.not_applicable.get(&Ground::Agreement).copied().unwrap_or(0),
            Duty::Inspection | Duty::Xray => 0,
        };
        let satisfied = counts.pass.saturating_add(by_agreement);
        Rate {
            part: satisfied,
            whole: satisfied.saturating_add(counts.fail),
        }
    }

    /// The credible rate of a duty: the same without the parcels that a hit on it has marked, which stay in the whole.
    pub fn credible_rate(&self, duty: Duty) -> Rate {
        let rate = self.rate(duty);
        Rate {
            part: rate.part.saturating_sub(self.duty(duty).marked),
            ..rate
        }
    }

    /// Findings of severity critical, whatever their code.
    pub fn critical_findings(&self) -> u64 {
        self.findings
            .iter()
            .filter(|((_, severity), _)| *severity == Severity::Critical)
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Adds other counts: those of two couriers are those of both.
    pub fn merge(&mut self, other: &Self) {
        add(&mut self.parcels, other.parcels);
        add(&mut self.letters, other.letters);
        add(&mut self.uncounted, other.uncounted);
        for (mine, theirs) in self.duties.iter_mut().zip(&other.duties) {
            mine.merge(theirs);
        }
        for (finding, count) in &other.findings {
            add(self.findings.entry(*finding).or_default(), *count);
        }
    }
}

impl DutyCounts {
    fn step(&mut self, duty: Duty, share: &Share, step: Step) -> bool {
        let mut enough = match share.outcome {
            Outcome::Pending => step.one(&mut self.pending),
            Outcome::Pass => step.one(&mut self.pass),
            Outcome::Fail => step.one(&mut self.fail),
            Outcome::Unknown => step.one(&mut self.unknown),
            Outcome::NotApplicable(ground) => step.one_of(&mut self.not_applicable, ground),
        };
        if share.performed_late {
            enough &= step.one(&mut self.performed_late);
        }
        if share.reported_late {
            enough &= step.one(&mut self.reported_late);
        }
        if is_satisfied(duty, share.outcome) && !share.credible {
            enough &= step.one(&mut self.marked);
        }
        for (count, delay) in self.delays.iter_mut().zip(Delay::ALL) {
            if share.delay == Some(delay) {
                enough &= step.one(count);
            }
        }
        enough
    }

    fn merge(&mut self, other: &Self) {
        add(&mut self.pass, other.pass);
        add(&mut self.fail, other.fail);
        add(&mut self.pending, other.pending);
        add(&mut self.unknown, other.unknown);
        for (ground, count) in &other.not_applicable {
            add(self.not_applicable.entry(*ground).or_default(), *count);
        }
        add(&mut self.performed_late, other.performed_late);
        add(&mut self.reported_late, other.reported_late);
        add(&mut self.marked, other.marked);
        for (mine, theirs) in self.delays.iter_mut().zip(other.delays) {
            add(mine, theirs);
        }
    }
}

fn is_satisfied(duty: Duty, outcome: Outcome) -> bool {
    outcome == Outcome::Pass || duty == Duty::RealName && outcome == Outcome::NotApplicable(Ground::Agreement)
}

fn add(count: &mut u64, more: u64) {
    *count = count.saturating_add(more);
}
