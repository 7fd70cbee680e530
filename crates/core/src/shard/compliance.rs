//! Rows of compliance: what the parcels of an outlet add up to, in a day or an hour of their acceptance.

use std::collections::BTreeMap;

use crate::duty::Ground;
use crate::event::Place;
use crate::finding::Code;
use crate::rules::Severity;
use crate::shard::contribution::Delay;
use crate::time::{CivilDay, Timestamp};

/// The counts of one window, absolute: a receiver keeps those of the highest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplianceRow<'a> {
    /// Brand code.
    pub brand: &'a str,
    /// Outlet.
    pub site: &'a str,
    /// Which parcels of it.
    pub window: Window<'a>,
    /// Place of the outlet by the register, as of the noon of the day; `None` where nobody knows it.
    pub place: Option<Place>,
    /// What they add up to.
    pub counts: &'a Counts,
    /// The clock of the sources at which they do.
    pub as_of: Timestamp,
    /// Numbers of the source partitions that are left out: too far behind, or never heard of. In their order.
    pub missing: &'a [u32],
}

/// Which parcels of an outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window<'a> {
    /// Accepted by one operator (empty: nobody named) on one day.
    Day {
        /// Civil day of the acceptance.
        day: CivilDay,
        /// Staff id.
        operator: &'a str,
    },
    /// Accepted in one hour.
    Hour {
        /// Civil day of the acceptance.
        day: CivilDay,
        /// Civil hour of the acceptance, 0 to 23.
        hour: u8,
    },
}

/// What contributions add up to. Every figure is a sum, so sums of rows are rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// N: accepted, and neither voided nor rejected. The figures of each duty add up to it.
    pub parcels: u64,
    /// Letters among them.
    pub letters: u64,
    /// Parcels outside N, of which only the findings count.
    pub uncounted: u64,
    /// Real-name sending, inspection, X-ray screening.
    pub duties: [DutyCounts; 3],
    /// Findings by code and severity, those of parcels outside N included.
    pub findings: BTreeMap<(Code, Severity), u64>,
}

/// How one duty stands in the parcels of N.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyCounts {
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
    /// Done, but after the limit.
    pub performed_late: u64,
    /// Done in time, reported after the moment of judgement.
    pub reported_late: u64,
    /// Satisfied in name only: a hit on the duty has marked the parcel. Credible is satisfied without these.
    pub marked: u64,
    /// From the deciding event to its upload, in the order of [`Delay::ALL`].
    pub delays: [u64; Delay::ALL.len()],
}
