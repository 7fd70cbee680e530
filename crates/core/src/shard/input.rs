//! Everything that can happen to a parcel shard. Nothing else changes its state.

use crate::event::{Event, EventId};
use crate::finding::Code;
use crate::rules::Duty;
use crate::shard::position::Position;
use crate::time::{CivilDay, Timestamp};

/// One input.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// Something happened to a parcel.
    Event(&'a Event<'a>),
    /// Something happened that is about no parcel; it is only passed on.
    Subject(SubjectEvent<'a>),
    /// The clock moves.
    Tick(Tick),
    /// Something was seen that only many parcels show.
    Hit(Hit<'a>),
    /// Parcels are judged again by what the registers say now.
    Rejudge(Rejudge<'a>),
    /// From here on a behaviour runs.
    Activate(Behaviour),
    /// Records that nobody can read are passed over.
    Skip(Skip),
}

/// Something that happened to a device, a screener or an outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectEvent<'a> {
    /// Chosen by the producer, kept when it sends the event again.
    pub id: EventId,
    /// Brand code, upper case.
    pub brand: &'a str,
    /// Device id, staff id or outlet, as the happening says.
    pub subject: &'a str,
    /// Licence or filing number of the site.
    pub site: &'a str,
    /// When it happened, by the clock of the device.
    pub occurred_at: Timestamp,
    /// When it reached us.
    pub intake_at: Timestamp,
    /// What happened.
    pub happening: SubjectHappening<'a>,
}

/// What happened to a device, a screener or an outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectHappening<'a> {
    /// A machine was switched on or off, or failed.
    Device(Power),
    /// A screener logged in (true) or out at a machine.
    Shift {
        /// In, not out.
        is_in: bool,
        /// Device id of the machine.
        device: &'a str,
    },
    /// A brand's own count of the parcels that an outlet accepted on a day.
    DeclaredVolume {
        /// The day.
        day: CivilDay,
        /// How many.
        accepted: u32,
    },
}

/// State of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// The producer did not say.
    Unspecified,
    /// On.
    On,
    /// Off.
    Off,
    /// It failed.
    Fault,
}

/// The clock of a partition moves: the only input by which anything expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The time that the clock takes, within its guards: never back, at most 10 minutes at once, no faster than the log.
    pub time: Timestamp,
    /// The registry records before this offset are known from here on.
    pub registry_offset: u64,
    /// The clock may move back, and by more than a tick may move it (`sanbai clock set`).
    pub reset: bool,
    /// When the log took the record, by its own clock.
    pub recorded_at: Timestamp,
}

/// What a pattern across parcels says of one of them, or takes back.
///
/// Of several with one `id` that with the highest `version` counts, so repetition and order change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    /// Brand code of the parcel.
    pub brand: &'a str,
    /// Waybill number of the parcel.
    pub waybill: &'a str,
    /// Names the rule, the subject and the window.
    pub id: u64,
    /// The rule.
    pub code: Code,
    /// The duty that is no longer believed.
    pub duty: Duty,
    /// Whether the pattern still holds.
    pub stands: bool,
    /// Position of the cause in the log of the scope shard.
    pub version: Position,
}

/// Which open parcels are judged again. All conditions must hold; an empty text and `None` hold for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Rejudge<'a> {
    /// Brand code.
    pub brand: &'a str,
    /// Site of the verdict: of the counting acceptance, else of the first movement.
    pub site: &'a str,
    /// First day of acceptance.
    pub from: Option<CivilDay>,
    /// Last day of acceptance.
    pub to: Option<CivilDay>,
}

/// Number of a behaviour: code that changes any output byte for the same log has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Behaviour(pub u32);

impl Behaviour {
    /// The one that this build runs.
    pub const CURRENT: Self = Self(1);
}

/// Offsets of records that nobody can read: from `from` up to and without `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The first.
    pub from: u64,
    /// The first that is read again.
    pub to: u64,
}
