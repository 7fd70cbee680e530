//! The figures of a summary.

use sanbai_core::rules::Duty;
use sanbai_core::shard::compliance::Counts;

/// What parcels add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Accepted, and neither voided nor rejected.
    pub parcels: u64,
    /// Those that count in no rate.
    pub uncounted: u64,
    /// Critical findings.
    pub critical_findings: u64,
    /// Real-name sending, inspection, X-ray screening.
    pub duties: [DutyFigures; 3],
}

/// How one duty stands. All but `credible` and `late` add up to the parcels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DutyFigures {
    /// Kept as reported, or satisfied by an agreement.
    pub satisfied: u64,
    /// Those of them that no hit has marked.
    pub credible: u64,
    /// Not kept.
    pub failed: u64,
    /// Not judged yet.
    pub pending: u64,
    /// Nobody can tell.
    pub unknown: u64,
    /// Nothing to keep.
    pub not_applicable: u64,
    /// Reported after the moment of judgement, though done in time.
    pub late: u64,
}

impl Figures {
    /// The figures of a row.
    pub fn of(counts: &Counts) -> Self {
        Self {
            parcels: counts.parcels,
            uncounted: counts.uncounted,
            critical_findings: counts.critical_findings(),
            duties: Duty::ALL.map(|duty| DutyFigures::of(counts, duty)),
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.parcels += other.parcels;
        self.uncounted += other.uncounted;
        self.critical_findings += other.critical_findings;
        for (mine, theirs) in self.duties.iter_mut().zip(&other.duties) {
            mine.add(theirs);
        }
    }

    /// How bad it is: duties that were not kept, or kept in name only.
    pub fn badness(&self) -> u64 {
        let bad = |duty: &DutyFigures| duty.failed + duty.satisfied.saturating_sub(duty.credible);
        self.duties.iter().map(bad).sum()
    }
}

impl DutyFigures {
    fn of(counts: &Counts, duty: Duty) -> Self {
        let (row, rate) = (counts.duty(duty), counts.rate(duty));
        let exempt: u64 = row.not_applicable.values().sum();
        // An agreement satisfies real-name sending, so it stands there.
        let by_agreement = rate.part.saturating_sub(row.pass);
        Self {
            satisfied: rate.part,
            credible: counts.credible_rate(duty).part,
            failed: row.fail,
            pending: row.pending,
            unknown: row.unknown,
            not_applicable: exempt.saturating_sub(by_agreement),
            late: row.reported_late,
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.satisfied += other.satisfied;
        self.credible += other.credible;
        self.failed += other.failed;
        self.pending += other.pending;
        self.unknown += other.unknown;
        self.not_applicable += other.not_applicable;
        self.late += other.late;
    }
}
