//! Scope shards: what many parcels together show.
//!
//! One counts the contributions of outlets into rows, watches their rates, findings and silence, and looks for what only
//! many parcels of one subject show. Its input are [`Section`](super::section::Section)s, its state a function of them and
//! of the registry records that they name.
//!
//! ```
//! use sanbai_core::registry::Registry;
//! use sanbai_core::shard::position::Position;
//! use sanbai_core::shard::scope::{ScopeOutput, ScopeShard, ScopeSink, Territory};
//! use sanbai_core::shard::section::Section;
//! use sanbai_core::time::Timestamp;
//!
//! struct Count(usize);
//! impl ScopeSink for Count {
//!     fn put(&mut self, _: Position, _: ScopeOutput<'_>) {
//!         self.0 += 1;
//!     }
//! }
//!
//! let (registry, mut count) = (Registry::default(), Count(0));
//! let mut shard = ScopeShard::new(1, Territory::ALL);
//! let clock = Timestamp::parse("2026-03-10T10:00:00+08:00");
//! let at = Position { generation: 1, offset: 0, index: 0 };
//! let section = Section { source: 0, from: Position::START, to: at, clock, registry_offset: 0, entries: Vec::new() };
//! shard.handle(at, &section, registry.view(), &mut count);
//! assert_eq!(shard.source_clock(), clock);
//! assert_eq!(count.0, 0, "nothing was counted, so nothing is said");
//!
//! let rows: Vec<_> = shard.rows().collect();
//! let again = ScopeShard::restore(rows.clone(), Territory::ALL).expect("what was written is read");
//! assert!(again.rows().eq(rows));
//! ```

mod body;
mod body_counts;
mod clock;
mod count;
mod day;
mod key;
mod lifecycle;
mod outlet;
mod pattern;
mod shard;
mod sources;
mod standing;
mod stored;
mod target;
mod territory;
#[cfg(test)]
mod tests;
mod watch;

pub use shard::ScopeShard;
pub use standing::OutletStanding;
pub use territory::{Route, Territory};

use crate::digest::NameDigest;
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
    /// Place of the outlet by the register, as of the noon of the day.
    pub place: Option<Place>,
    /// The day that it is about.
    pub day: CivilDay,
    /// The figures that decided, by name: those of [`AlertRule::value_names`].
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

    /// The rule of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == name)
    }

    /// Names of the figures in [`OutletAlert::values`], in their order.
    pub const fn value_names(self) -> &'static [&'static str] {
        match self {
            Self::RateBelow(_) => &["satisfied", "judged", "high_below_per_10k", "critical_below_per_10k"],
            Self::CriticalBurst => &["critical_findings", "critical_min", "grave_min"],
            Self::SilentOutlet => &["parcels", "uncounted"],
            Self::VolumeShort => &["parcels", "declared", "reported_min_per_10k"],
        }
    }

    /// The id of the alert of this rule on an outlet's day: the same for ever, in every process.
    ///
    /// ```
    /// use sanbai_core::{shard::scope::AlertRule, time::CivilDay};
    ///
    /// let day = CivilDay::from_ymd(2026, 3, 10).expect("a day");
    /// assert_eq!(AlertRule::SilentOutlet.alert_id("SF", "GZ-0001", day), 4_410_935_472_668_654_082);
    /// ```
    pub fn alert_id(self, brand: &str, site: &str, day: CivilDay) -> u64 {
        let digest = NameDigest::new().text(self.as_str());
        digest.text(brand).text(site).day(day).finish()
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
    /// A section of a source that there is not was ignored: somebody works with another number of partitions.
    UnknownSource {
        /// The number that it names.
        source: u32,
    },
    /// A count would have become negative: somebody sent what it never sent before. It was left at zero.
    NegativeCount,
    /// Changes for days that are frozen were counted as too late.
    TooLate {
        /// How many.
        changes: u64,
    },
}
