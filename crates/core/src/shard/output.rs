//! Everything that follows from an input of a parcel shard.

use crate::event::EventId;
use crate::finding::Code;
use crate::rules::{RuleSet, Severity};
use crate::shard::input::SubjectEvent;
use crate::shard::position::Position;
use crate::shard::section::{Change, Sighting};
use crate::time::Timestamp;
use crate::verdict::Verdict;

/// Takes outputs one by one, in a fixed order.
pub trait Sink {
    /// Takes an output caused at a position.
    fn put(&mut self, at: Position, output: Output<'_>);

    /// Takes note of a parcel that was judged for the last time, after whatever was sent of it. For whoever sums up: on a
    /// log nothing follows from it.
    fn retired(&mut self, _verdict: &Verdict<'_>) {}
}

/// One output of a parcel shard.
#[derive(Clone, Debug)]
pub enum Output<'a> {
    /// A verdict was published for the first time, or its body changed.
    Verdict(Revision<'a>),
    /// Something that cannot wait.
    Alert(UrgentAlert<'a>),
    /// What the parcel adds to the counts changed.
    Change(Change<'a>),
    /// A subject was seen with the parcel, or no longer.
    Sighting(Sighting<'a>),
    /// Something that is about no parcel is passed on.
    Subject(SubjectEvent<'a>),
    /// What became of an event. Exactly one for each.
    Outcome(Outcome),
    /// Something that an operator must know.
    Alarm(Alarm),
}

/// A published verdict.
#[derive(Clone, Debug)]
pub struct Revision<'a> {
    /// For people: 1 is the first.
    pub number: u32,
    /// When it came to be: the intake of the event or, where the clock decided, the moment that passed.
    pub at: Timestamp,
    /// Name of the profile that decided.
    pub profile: &'a str,
    /// The rule set that was in force at the acceptance, as known at the time: severities, clauses, words.
    pub set: &'a RuleSet,
    /// What is said.
    pub verdict: &'a Verdict<'a>,
}

/// An alert on one parcel: prohibited goods, or a suspect image that nobody cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrgentAlert<'a> {
    /// Names the rule, the parcel and its day: a waybill that is used again is another parcel.
    pub id: u64,
    /// Which rule; `None` for a find of class 1 or 12 that was rightly handled.
    pub code: Option<Code>,
    /// How grave.
    pub severity: Severity,
    /// Whether police come first: guns and ammunition (1), drugs (12).
    pub police_first: bool,
    /// Class 1 to 19 of prohibited goods, where it is known.
    pub class: Option<u8>,
    /// Whether it is raised or taken back.
    pub stands: bool,
    /// Brand code.
    pub brand: &'a str,
    /// Waybill number.
    pub waybill: &'a str,
    /// Site of the deciding event.
    pub site: &'a str,
    /// Operator of the deciding event.
    pub operator: &'a str,
    /// Outlet of the verdict: that which answers for the parcel.
    pub outlet: &'a str,
    /// When it came to be, as [`Revision::at`].
    pub at: Timestamp,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The event.
    pub event: EventId,
    /// What became of it.
    pub what: What,
}

/// What became of an event. Exactly one for each; together they are all events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Merged into the evidence.
    Applied,
    /// Merged, and a published verdict changed.
    Amended,
    /// It changed nothing: a copy.
    Duplicate,
    /// The parcel was retired before.
    TooLate,
    /// The parcel holds as many events as it may.
    ParcelFull,
    /// A text was too long to be kept.
    FieldTooLong,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Applied,
        Self::Amended,
        Self::Duplicate,
        Self::TooLate,
        Self::ParcelFull,
        Self::FieldTooLong,
    ];

    /// Name in answers, metrics and rejects.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Amended => "amended",
            Self::Duplicate => "duplicate",
            Self::TooLate => "too_late",
            Self::ParcelFull => "parcel_full",
            Self::FieldTooLong => "field_too_long",
        }
    }
}

/// Something that an operator must know. It changes no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A tick claims a time too far after that of its own record: somebody's clock runs fast. It was ignored.
    TickAhead {
        /// What it claims.
        claimed: Timestamp,
        /// When the log took it.
        recorded_at: Timestamp,
    },
    /// A hit is for a parcel that is not open.
    HitWithoutParcel,
    /// More patterns speak of one parcel than it holds; this one was left out.
    TooManyHits,
}
