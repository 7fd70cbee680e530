//! What happened to a parcel, as far as it is judged.
//!
//! An [`Event`] borrows its texts. It never holds a name, a phone number or an ID number: those became tokens and facts
//! where the bytes were read.

mod id;
mod kinds;
mod place;

pub use id::{ContentDigest, DeclaredItem, EventId, TokenSet};
pub(crate) use kinds::Kinds;
pub use place::Place;

use crate::document::{DocumentKind, Grade, KindSet};
use crate::time::{CivilDay, Timestamp};

/// One thing that happened to one parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Chosen by the producer, kept when it sends the event again.
    pub id: EventId,
    /// Digest of the content without `source`, `uploaded_at` and `intake_at`: equal means a copy.
    pub digest: ContentDigest,
    /// Brand code, upper case.
    pub brand: &'a str,
    /// Waybill number, upper case without blanks.
    pub waybill: &'a str,
    /// Licence or filing number of the outlet or processing centre.
    pub site: &'a str,
    /// Staff id of who did it; may be empty.
    pub operator: &'a str,
    /// Place as the producer says it.
    pub place: Option<Place>,
    /// When it happened, by the clock of the device.
    pub occurred_at: Timestamp,
    /// When the outlet's system uploaded it.
    pub uploaded_at: Option<Timestamp>,
    /// When it reached us.
    pub intake_at: Timestamp,
    /// Who sent it to us; may be empty.
    pub source: &'a str,
    /// An ID number or a full phone number stood in a free-text field and was removed (PV-01).
    pub redacted: bool,
    /// What happened.
    pub happening: Happening<'a>,
}

impl Event<'_> {
    /// The time that counts as upload: `uploaded_at`, else `intake_at`.
    pub fn upload_at(&self) -> Timestamp {
        self.uploaded_at.unwrap_or(self.intake_at)
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening<'a> {
    /// Accepted from its sender (收寄).
    Accepted(Accepted<'a>),
    /// Somebody's identity was checked and registered (实名).
    IdentityChecked(IdentityChecked),
    /// Inspected at acceptance (验视).
    Inspected(Inspected),
    /// Closed (封装).
    Sealed,
    /// Went through an X-ray machine (过机安检).
    XrayScreened(XrayScreened<'a>),
    /// Left a site.
    Departed(Leg),
    /// Reached a site; the text is the site it came from.
    Arrived(&'a str),
    /// Signed off by its receiver (签收).
    Delivered,
    /// Opened after a suspicion (开箱检查).
    OpenChecked(OpenChecked),
    /// Stopped (扣留).
    Held,
    /// May go on.
    Released,
    /// A find was reported to an authority.
    Reported,
    /// Not accepted from its sender.
    Rejected,
    /// Goes back to its sender.
    Returned,
    /// Waybill cancelled.
    Voided,
    /// An earlier event of the same source was wrong.
    Retracted(EventId),
}

impl<'a> Happening<'a> {
    /// The acceptance, if it is one.
    pub fn as_accepted(&self) -> Option<&Accepted<'a>> {
        if let Self::Accepted(accepted) = self {
            Some(accepted)
        } else {
            None
        }
    }

    /// The identity check, if it is one.
    pub fn as_identity_checked(&self) -> Option<&IdentityChecked> {
        if let Self::IdentityChecked(check) = self {
            Some(check)
        } else {
            None
        }
    }

    /// The inspection, if it is one.
    pub fn as_inspected(&self) -> Option<&Inspected> {
        if let Self::Inspected(inspected) = self {
            Some(inspected)
        } else {
            None
        }
    }

    /// The screening, if it is one.
    pub fn as_xray_screened(&self) -> Option<&XrayScreened<'a>> {
        if let Self::XrayScreened(screened) = self {
            Some(screened)
        } else {
            None
        }
    }

    /// The open check, if it is one.
    pub fn as_open_checked(&self) -> Option<&OpenChecked> {
        if let Self::OpenChecked(check) = self {
            Some(check)
        } else {
            None
        }
    }

    /// Where the parcel came from, if it is an arrival.
    pub fn arrived_from(&self) -> Option<&'a str> {
        if let Self::Arrived(from) = self {
            Some(from)
        } else {
            None
        }
    }

    /// The event that was taken back, if it is a retraction.
    pub fn retracts(&self) -> Option<EventId> {
        if let Self::Retracted(target) = self {
            Some(*target)
        } else {
            None
        }
    }

    /// Whether the parcel goes out of sight with it: mostly nothing is reported of it any more.
    pub(crate) const fn is_mostly_last(&self) -> bool {
        matches!(
            self,
            Self::Departed(Leg::LineHaul) | Self::Delivered | Self::Rejected | Self::Voided
        )
    }

    /// The name of the happening in events (`identityChecked` …).
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::IdentityChecked(_) => "identityChecked",
            Self::Inspected(_) => "inspected",
            Self::Sealed => "sealed",
            Self::XrayScreened(_) => "xrayScreened",
            Self::Departed(_) => "departed",
            Self::Arrived(_) => "arrived",
            Self::Delivered => "delivered",
            Self::OpenChecked(_) => "openChecked",
            Self::Held => "held",
            Self::Released => "released",
            Self::Reported => "reported",
            Self::Rejected => "rejected",
            Self::Returned => "returned",
            Self::Voided => "voided",
            Self::Retracted(_) => "retracted",
        }
    }
}

/// Accepted from its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted<'a> {
    /// A letter; anything else is a parcel, for an exemption must be claimed.
    pub letter: bool,
    /// How it travels.
    pub transport: Option<Transport>,
    /// How far it travels, as declared.
    pub route: Option<Route>,
    /// Number of the agreement under which it was accepted; empty for none.
    pub agreement: &'a str,
    /// Item as on the waybill.
    pub declared_item: DeclaredItem,
    /// Division of the destination.
    pub destination: Option<Place>,
    /// 32 bits of each token of the sender's phone number: enough to compare two acceptances of one waybill.
    pub sender: TokenSet,
    /// Handed over by somebody else than the sender.
    pub by_agent: bool,
}

/// How a parcel travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// 公路
    Road,
    /// 普通铁路
    Rail,
    /// 高铁
    HighSpeedRail,
    /// 航空
    Air,
    /// 水运
    Water,
}

/// How far a parcel travels, from near to far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// 同城
    SameCity,
    /// 省内异地
    IntraProvince,
    /// 跨省
    InterProvince,
    /// 港澳台
    HkMoTw,
    /// 国际
    International,
}

/// Somebody's identity was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityChecked {
    /// How the check ended.
    pub result: IdentityResult,
    /// The sender's document.
    pub document: Document,
    /// The document of whoever handed the parcel over for the sender.
    pub agent: Option<Document>,
    /// Whether the name on the waybill is that of the document; `None` is not answered.
    pub name_matches: Option<bool>,
    /// Tokens of the number of the sender's document.
    pub tokens: TokenSet,
}

/// How an identity check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityResult {
    /// Checked and registered.
    Pass,
    /// The sender refused to show a document.
    Refused,
    /// The form differs from the document.
    Mismatch,
    /// 人证不一致
    PersonDiffers,
    /// The sender refused the registration.
    RefusedRegistration,
    /// The producer did not say.
    Unspecified,
}

/// An identity document, without its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    /// Kind as stated; `None` where the producer did not say.
    pub kind: Option<DocumentKind>,
    /// What is known of the number.
    pub number: Number,
    /// Until when it is valid.
    pub expiry: Expiry,
}

/// Until when a document is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The producer did not say.
    Unanswered,
    /// 长期
    LongTerm,
    /// The last day on which it is valid.
    On(CivilDay),
}

/// What is known of a number that nobody keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// There is none.
    Absent,
    /// There is a token, but nobody said what the number is like.
    Unexamined,
    /// It was examined where the token was made.
    Examined {
        /// Length and characters.
        format: Grade,
        /// Check character.
        checksum: Grade,
        /// Birth date.
        birth_date: Grade,
        /// Kinds that it is valid as.
        valid_as: KindSet,
    },
}

/// Inspected at acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// How it ended.
    pub result: InspectionResult,
    /// Class 1 to 19 of prohibited goods.
    pub prohibited_class: Option<ProhibitedClass>,
    /// Whether the item is what was declared; `None` is not answered.
    pub matches_declared: Option<bool>,
    /// The inspection mark.
    pub mark: Mark,
}

/// How an inspection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InspectionResult {
    /// Nothing against it.
    Pass,
    /// The sender refused it.
    Refused,
    /// It failed.
    Failed,
    /// Prohibited goods were found.
    Prohibited,
    /// The producer did not say.
    Unspecified,
}

/// Class of the list of prohibited goods (禁止寄递物品指导目录), 1 to 19.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProhibitedClass(u8);

impl ProhibitedClass {
    /// `None` outside 1 to 19.
    pub fn new(class: u32) -> Option<Self> {
        u8::try_from(class)
            .ok()
            .filter(|class| (1..=19).contains(class))
            .map(Self)
    }

    /// The number of the class.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Guns and ammunition (1) and drugs (12) go to police first.
    pub const fn is_urgent(self) -> bool {
        matches!(self.0, 1 | 12)
    }
}

/// Which fields a mark on the parcel carries. The event's own fields do not stand in for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Mark(u8);

impl Mark {
    /// No mark.
    pub const NONE: Self = Self(0);
    /// The unit that made it.
    pub const UNIT: Self = Self(1);
    /// Who made it.
    pub const OPERATOR: Self = Self(2);
    /// When it was made.
    pub const TIME: Self = Self(4);
    /// The device.
    pub const DEVICE: Self = Self(8);
    /// The sequence number.
    pub const SEQUENCE: Self = Self(16);
    /// What an inspection mark needs.
    pub const INSPECTION: Self = Self(1 | 2 | 4);
    /// What a security mark needs.
    pub const SECURITY: Self = Self(1 | 2 | 4 | 8 | 16);

    /// From the bits of [`Mark::bits`]; others are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::SECURITY.0)
    }

    /// As bits: unit, operator, time, device, sequence from the lowest.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// This mark and one more field where `present`.
    #[must_use]
    pub const fn with(self, field: Self, present: bool) -> Self {
        if present { Self(self.0 | field.0) } else { self }
    }

    /// Whether all of `fields` are there.
    pub const fn has(self, fields: Self) -> bool {
        self.0 & fields.0 == fields.0
    }
}

/// Went through an X-ray machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XrayScreened<'a> {
    /// Device id of the machine; may be empty.
    pub device: &'a str,
    /// Staff id of the screener; may be empty.
    pub screener: &'a str,
    /// What the screener decided.
    pub judgement: XrayJudgement,
    /// A second screening at the destination; anything else is at the origin.
    pub at_destination: bool,
    /// The security mark.
    pub mark: Mark,
    /// Code of the third party; empty when the brand screens itself.
    pub third_party: &'a str,
    /// Class 1 to 19 of prohibited goods.
    pub prohibited_class: Option<ProhibitedClass>,
}

/// What a screener decided of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XrayJudgement {
    /// Nothing seen.
    Clear,
    /// Something to look at.
    Suspect,
    /// Prohibited goods seen.
    Prohibited,
    /// The producer did not say.
    Unspecified,
}

/// Kind of a departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// 干线: out of the origin network.
    LineHaul,
    /// 支线: within the origin network.
    Local,
}

/// Opened after a suspicion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenChecked {
    /// How it ended.
    pub result: OpenCheckResult,
    /// Class 1 to 19 of prohibited goods.
    pub prohibited_class: Option<ProhibitedClass>,
}

/// How an open check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenCheckResult {
    /// Nothing against it.
    Pass,
    /// Prohibited goods were found.
    Prohibited,
    /// It was refused.
    Refused,
    /// The producer did not say.
    Unspecified,
}
