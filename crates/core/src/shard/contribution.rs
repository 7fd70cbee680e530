//! What one parcel adds to the counts of its outlet. Counts only ever come from changes of contributions.

use crate::duty::{Ground, Status};
use crate::finding::Code;
use crate::rules::Severity;
use crate::time::CivilDay;

/// What one parcel adds to the rows of an outlet and an operator, on the day and in the hour of its acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution<'a> {
    /// Brand code.
    pub brand: &'a str,
    /// Outlet of the counting acceptance; without one, site of the first movement.
    pub site: &'a str,
    /// Operator of the same event; may be empty.
    pub operator: &'a str,
    /// Civil day of the same event.
    pub day: CivilDay,
    /// Civil hour of the same event, 0 to 23.
    pub hour: u8,
    /// Whether the parcel is in N: accepted, and neither voided nor rejected.
    pub counted: bool,
    /// Whether it is a letter.
    pub letter: bool,
    /// Real-name sending, inspection, X-ray screening.
    pub duties: [Share; 3],
    /// Findings in the order of their codes.
    pub findings: Vec<(Code, Severity)>,
}

/// What one parcel adds to the counts of one duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How the duty stands.
    pub outcome: Outcome,
    /// Done, but after the limit.
    pub performed_late: bool,
    /// Done in time, reported after the moment of judgement.
    pub reported_late: bool,
    /// False where a hit on the duty has marked the parcel.
    pub credible: bool,
    /// From when the deciding event happened to its upload; `None` where nothing decided.
    pub delay: Option<Delay>,
}

impl Share {
    /// Not judged yet.
    pub const NOTHING: Self = Self {
        outcome: Outcome::Pending,
        performed_late: false,
        reported_late: false,
        credible: true,
        delay: None,
    };
}

/// How a duty stands, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Not judged yet.
    Pending,
    /// Kept.
    Pass,
    /// Not kept.
    Fail,
    /// Nobody can tell.
    Unknown,
    /// Nothing to keep.
    NotApplicable(Ground),
}

impl From<Status> for Outcome {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Pass => Self::Pass,
            Status::Fail => Self::Fail,
            Status::Unknown(_) => Self::Unknown,
            Status::NotApplicable(ground) => Self::NotApplicable(ground),
        }
    }
}

/// A length of time as a bucket. Counts of buckets add up, which percentiles do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delay {
    /// At most 1 minute, negative ones included.
    Minute,
    /// At most 10 minutes.
    TenMinutes,
    /// At most 1 hour.
    Hour,
    /// At most 2 hours.
    TwoHours,
    /// At most 24 hours.
    Day,
    /// Longer.
    Longer,
}

impl Delay {
    /// All buckets, from short to long.
    pub const ALL: [Self; 6] = [
        Self::Minute,
        Self::TenMinutes,
        Self::Hour,
        Self::TwoHours,
        Self::Day,
        Self::Longer,
    ];

    /// The bucket of a number of whole seconds.
    pub const fn of_seconds(seconds: i64) -> Self {
        match seconds {
            ..=60 => Self::Minute,
            61..=600 => Self::TenMinutes,
            601..=3_600 => Self::Hour,
            3_601..=7_200 => Self::TwoHours,
            7_201..=86_400 => Self::Day,
            _ => Self::Longer,
        }
    }
}
