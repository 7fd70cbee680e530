//! Scope shards: what many parcels together show.
//!
//! One counts the contributions of outlets into rows, watches their rates, findings and silence, and looks for what only
//! many parcels of one subject show. Its input are [`Section`](super::section::Section)s.

use crate::event::Place;
use crate::rules::{Duty, Severity};
use crate::shard::compliance::ComplianceRow;
use crate::shard::input::Hit;
use crate::shard::position::Position;
use crate::time::{CivilDay, Timestamp};

/// Takes outputs one by one, in a fixed order.
pub trait ScopeSink {
    /// Takes an output caused at a position of the scope shard's own log.
    fn put(&mut self, at: Position, output: ScopeOutput<'_>);
}

/// One output of a scope shard.
#[derive(Clone, Debug)]
pub enum ScopeOutput<'a> {
    /// Counts changed.
    Row(ComplianceRow<'a>),
    /// An alert on an outlet was raised or changed.
    Alert(OutletAlert<'a>),
    /// A pattern marks a parcel, or no longer.
    Hit(Hit<'a>),
    /// Something that an operator must know.
    Alarm(ScopeAlarm),
}

/// An alert on an outlet: one for each rule, outlet and day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutletAlert<'a> {
    /// Digest of rule, outlet and day: stays the same through all changes.
    pub id: u64,
    /// What it is about.
    pub rule: AlertRule,
    /// What became of it.
    pub change: AlertChange,
    /// How grave it is now; when withdrawn, how grave it was.
    pub severity: Severity,
    /// Brand code.
    pub brand: &'a str,
    /// The outlet.
    pub site: &'a str,
    /// Place of the outlet by the register, as of the day.
    pub place: Option<Place>,
    /// The day that it is about.
    pub day: CivilDay,
    /// The figures that decided, by name.
    pub values: Vec<(&'static str, i64)>,
    /// The clock of the sources when it came to be.
    pub at: Timestamp,
}

/// What an alert on an outlet is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertRule {
    /// The rate of a duty is below the threshold.
    RateBelow(Duty),
    /// Many critical findings.
    CriticalBurst,
    /// OR-02: an outlet of the register reported nothing on a working day.
    SilentOutlet,
    /// LC-04: fewer parcels reported than the brand declares.
    VolumeShort,
}

impl AlertRule {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::RateBelow(Duty::RealName),
        Self::RateBelow(Duty::Inspection),
        Self::RateBelow(Duty::Xray),
        Self::CriticalBurst,
        Self::SilentOutlet,
        Self::VolumeShort,
    ];

    /// Stable name in alerts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RateBelow(Duty::RealName) => "rate_below.realName",
            Self::RateBelow(Duty::Inspection) => "rate_below.inspection",
            Self::RateBelow(Duty::Xray) => "rate_below.xray",
            Self::CriticalBurst => "critical_burst",
            Self::SilentOutlet => "OR-02",
            Self::VolumeShort => "LC-04",
        }
    }
}

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertChange {
    /// It stands from now on.
    Raised,
    /// It stands, and is graver than before.
    Worsened,
    /// It stands, and is less grave than before.
    Eased,
    /// It no longer stands.
    Withdrawn,
}

impl AlertChange {
    /// Name in alerts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Worsened => "worsened",
            Self::Eased => "eased",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Something that an operator must know. It changes no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeAlarm {
    /// A source is ahead of a gap: what is missing is awaited, and what it sends is not counted meanwhile.
    Gap {
        /// Number of the source partition.
        source: u32,
        /// Seen up to here.
        seen: Position,
        /// The section that came begins after here.
        from: Position,
    },
    /// The gap of a source was healed.
    GapHealed {
        /// Number of the source partition.
        source: u32,
    },
    /// A source is too far behind and left out, or no longer.
    SourceLeftOut {
        /// Number of the source partition.
        source: u32,
        /// Whether it is left out.
        is_out: bool,
    },
    /// A count would have become negative: somebody sent what it never sent before. It was left at zero.
    NegativeCount,
    /// Changes for days that are frozen were counted as too late.
    TooLate {
        /// How many.
        changes: u64,
    },
}
