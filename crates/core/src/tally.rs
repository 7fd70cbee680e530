//! Counts of verdicts. Integers only; a percentage is made in the view, and nothing counted has no rate.

use std::collections::BTreeMap;
use std::fmt;

use crate::duty::{DutyStatus, Ground, Status};
use crate::finding::Code;
use crate::rules::{Duty, Indicator};
use crate::verdict::Verdict;

/// Counts of the parcels of one courier, outlet, brand or place. Sums of tallies are tallies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// N: parcels with a counting acceptance, neither voided nor rejected.
    pub parcels: u64,
    /// Letters among them.
    pub letters: u64,
    /// Parcels that count in no rate: voided, rejected, inbound, without an acceptance.
    pub uncounted: u64,
    /// How the duties stand.
    duties: [DutyTally; 3],
    /// Findings by code.
    pub findings: BTreeMap<Code, u64>,
    /// Parcels of N with a finding that an indicator counts against, by the name of the indicator.
    broken: BTreeMap<String, u64>,
}

impl Tally {
    /// Adds a verdict.
    pub fn add(&mut self, verdict: &Verdict<'_>, indicators: &BTreeMap<String, Indicator>) {
        for finding in &verdict.findings {
            increase(self.findings.entry(finding.code).or_default(), 1);
        }
        if !verdict.counted {
            increase(&mut self.uncounted, 1);
            return;
        }
        increase(&mut self.parcels, 1);
        increase(&mut self.letters, u64::from(verdict.letter));
        for (tally, status) in self.duties.iter_mut().zip(&verdict.duties) {
            tally.add(status);
        }
        for (name, indicator) in indicators {
            let breaks = |finding: &crate::finding::Finding<'_>| indicator.without.contains(finding.code.as_str());
            if verdict.findings.iter().any(breaks) {
                increase(self.broken.entry(name.clone()).or_default(), 1);
            }
        }
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: &Self) {
        increase(&mut self.parcels, other.parcels);
        increase(&mut self.letters, other.letters);
        increase(&mut self.uncounted, other.uncounted);
        for (mine, theirs) in self.duties.iter_mut().zip(&other.duties) {
            mine.merge(theirs);
        }
        for (code, count) in &other.findings {
            increase(self.findings.entry(*code).or_default(), *count);
        }
        for (name, count) in &other.broken {
            increase(self.broken.entry(name.clone()).or_default(), *count);
        }
    }

    /// How one duty stands.
    pub fn duty(&self, duty: Duty) -> &DutyTally {
        let [real_name, inspection, xray] = &self.duties;
        match duty {
            Duty::RealName => real_name,
            Duty::Inspection => inspection,
            Duty::Xray => xray,
        }
    }

    /// The rate of a duty: satisfied / (satisfied + failed). An agreement satisfies real-name sending.
    pub fn rate(&self, duty: Duty) -> Rate {
        let tally = self.duty(duty);
        let by_agreement = if duty == Duty::RealName {
            tally.exempt(Ground::Agreement)
        } else {
            0
        };
        let satisfied = tally.pass.saturating_add(by_agreement);
        Rate {
            part: satisfied,
            whole: satisfied.saturating_add(tally.fail),
        }
    }

    /// The rate of an indicator: of its duty, or of parcels without its findings.
    pub fn indicator(&self, name: &str, indicator: &Indicator) -> Rate {
        match indicator.duty {
            Some(duty) => self.rate(duty),
            None => {
                let broken = self.broken.get(name).copied().unwrap_or(0);
                Rate {
                    part: self.parcels.saturating_sub(broken),
                    whole: self.parcels,
                }
            }
        }
    }

    /// Real-name sending of walk-in parcels alone: pass / (pass + fail).
    pub fn per_person_rate(&self) -> Rate {
        let tally = self.duty(Duty::RealName);
        Rate {
            part: tally.pass,
            whole: tally.pass.saturating_add(tally.fail),
        }
    }

    /// Share of agreement parcels: agreement / (N − letters).
    pub fn agreement_share(&self) -> Rate {
        let agreement = self.duty(Duty::RealName).exempt(Ground::Agreement);
        Rate {
            part: agreement,
            whole: self.parcels.saturating_sub(self.letters),
        }
    }

    /// All findings, whatever their code.
    pub fn findings_total(&self) -> u64 {
        self.findings.values().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// How one duty stands in many parcels. Together they are N.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyTally {
    /// Kept, reported late included.
    pub pass: u64,
    /// Not kept, performed late included.
    pub fail: u64,
    /// Not judged yet.
    pub pending: u64,
    /// Nobody can tell.
    pub unknown: u64,
    /// Nothing to keep, by ground.
    pub not_applicable: BTreeMap<Ground, u64>,
}

impl DutyTally {
    fn add(&mut self, duty: &DutyStatus) {
        let count = match duty.status {
            Status::Pass => &mut self.pass,
            Status::Fail => &mut self.fail,
            Status::Pending => &mut self.pending,
            Status::Unknown(_) => &mut self.unknown,
            Status::NotApplicable(ground) => self.not_applicable.entry(ground).or_default(),
        };
        increase(count, 1);
    }

    fn merge(&mut self, other: &Self) {
        increase(&mut self.pass, other.pass);
        increase(&mut self.fail, other.fail);
        increase(&mut self.pending, other.pending);
        increase(&mut self.unknown, other.unknown);
        for (ground, count) in &other.not_applicable {
            increase(self.not_applicable.entry(*ground).or_default(), *count);
        }
    }

    /// Parcels exempt on a ground.
    pub fn exempt(&self, ground: Ground) -> u64 {
        self.not_applicable.get(&ground).copied().unwrap_or(0)
    }
}

/// A part of a whole.
///
/// ```
/// use sanbai_core::tally::Rate;
///
/// assert_eq!(Rate { part: 99_996, whole: 100_000 }.to_string(), "99.99%", "cut off, not rounded");
/// assert_eq!(Rate { part: 0, whole: 0 }.to_string(), "-", "nothing has no rate");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Those that have it.
    pub part: u64,
    /// All.
    pub whole: u64,
}

impl Rate {
    /// Hundredths of a percent, cut off; `None` of nothing.
    pub fn basis_points(self) -> Option<u64> {
        u64::try_from(
            u128::from(self.part)
                .saturating_mul(10_000)
                .checked_div(self.whole.into())?,
        )
        .ok()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.basis_points() {
            Some(points) => f.pad(&format!("{}.{:02}%", points.div_euclid(100), points.rem_euclid(100))),
            None => f.pad("-"),
        }
    }
}

fn increase(count: &mut u64, by: u64) {
    *count = count.saturating_add(by);
}
