//! The three duties. Each is a pure function of the case.

pub mod applicability;
pub mod inspection;
pub mod real_name;
pub mod xray;

use core::fmt;

use crate::event::EventId;
use crate::time::Timestamp;

/// How a duty stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyStatus {
    /// How it stands.
    pub status: Status,
    /// By when it must be done; only while pending or failed.
    pub deadline: Option<Timestamp>,
    /// Events that decided.
    pub events: Vec<EventId>,
    /// Done, but after the limit (补录).
    pub performed_late: bool,
    /// Done in time, reported after the moment of judgement.
    pub reported_late: bool,
    /// False where a hit on the duty has marked the parcel: it is kept in name only.
    pub credible: bool,
}

impl DutyStatus {
    /// A status and what decided it.
    pub(crate) fn new(status: Status, events: Vec<EventId>) -> Self {
        Self {
            status,
            deadline: None,
            events,
            performed_late: false,
            reported_late: false,
            credible: true,
        }
    }

    /// Not applicable on a ground.
    pub(crate) fn exempt(ground: Ground, events: Vec<EventId>) -> Self {
        Self::new(Status::NotApplicable(ground), events)
    }

    /// Better evidence may be on its way.
    pub(crate) fn pending(deadline: Option<Timestamp>) -> Self {
        Self {
            deadline,
            ..Self::new(Status::Pending, Vec::new())
        }
    }

    /// Cannot tell.
    pub(crate) fn unknown(cause: Cause) -> Self {
        Self::new(Status::Unknown(cause), Vec::new())
    }

    /// Failed.
    pub(crate) fn failed(deadline: Timestamp, events: Vec<EventId>, performed_late: bool) -> Self {
        Self {
            deadline: Some(deadline),
            performed_late,
            ..Self::new(Status::Fail, events)
        }
    }
}

/// How a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The clock has not passed what it must pass before something can be missing.
    Pending,
    /// Kept.
    Pass,
    /// Not kept.
    Fail,
    /// Nothing to keep.
    NotApplicable(Ground),
    /// Cannot tell: data is missing.
    Unknown(Cause),
}

impl Status {
    /// Name in verdicts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable(_) => "not_applicable",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Ground or cause, where there is one.
    pub const fn ground(self) -> Option<&'static str> {
        match self {
            Self::NotApplicable(ground) => Some(ground.as_str()),
            Self::Unknown(cause) => Some(cause.as_str()),
            Self::Pending | Self::Pass | Self::Fail => None,
        }
    }
}

/// Why a duty does not apply, in the order in which the grounds are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// 运单作废
    Voided,
    /// 拒收
    Rejected,
    /// 未收寄
    NotAccepted,
    /// 进港件
    Inbound,
    /// 信件
    Letter,
    /// 协议客户
    Agreement,
    /// 协议客户特殊方式安检
    SpecialWay,
    /// 按需安检
    AsNeeded,
    /// 退回
    Returned,
}

impl Ground {
    /// All grounds, in the order in which they are tried.
    pub const ALL: [Self; 9] = [
        Self::Voided,
        Self::Rejected,
        Self::NotAccepted,
        Self::Inbound,
        Self::Letter,
        Self::Agreement,
        Self::SpecialWay,
        Self::AsNeeded,
        Self::Returned,
    ];

    /// Name in verdicts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Voided => "voided",
            Self::Rejected => "rejected",
            Self::NotAccepted => "not_accepted",
            Self::Inbound => "inbound",
            Self::Letter => "letter",
            Self::Agreement => "agreement",
            Self::SpecialWay => "special_way",
            Self::AsNeeded => "as_needed",
            Self::Returned => "returned",
        }
    }

    /// Name for people, in Chinese and English.
    pub const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Voided => ("运单作废", "waybill voided"),
            Self::Rejected => ("拒收", "rejected"),
            Self::NotAccepted => ("未收寄", "not accepted"),
            Self::Inbound => ("进港件", "inbound parcel"),
            Self::Letter => ("信件", "letter"),
            Self::Agreement => ("协议客户", "agreement customer"),
            Self::SpecialWay => ("协议客户特殊方式安检", "screened in the special way"),
            Self::AsNeeded => ("按需安检", "screened as needed"),
            Self::Returned => ("退回件", "returned"),
        }
    }
}

/// What is missing where nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The parcel moved, and nobody reported an acceptance.
    NoAcceptance,
    /// Without a register of sites nobody can tell whether it is inbound.
    NoSiteRegister,
    /// An agreement is claimed, and there is no register of agreements.
    NoAgreementRegister,
    /// Route or transport not stated.
    RouteUnspecified,
    /// A document whose number nobody examined.
    NumberUnexamined,
    /// The parcel was retired before anybody could tell.
    NotSeen,
}

impl Cause {
    /// Name in verdicts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAcceptance => "no_acceptance",
            Self::NoSiteRegister => "no_site_register",
            Self::NoAgreementRegister => "no_agreement_register",
            Self::RouteUnspecified => "route_unspecified",
            Self::NumberUnexamined => "number_unexamined",
            Self::NotSeen => "not_seen",
        }
    }

    /// Name for people, in Chinese and English.
    pub const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::NoAcceptance => ("无收寄记录", "no acceptance reported"),
            Self::NoSiteRegister => ("缺网点登记", "no register of sites"),
            Self::NoAgreementRegister => ("缺安全协议登记", "no register of agreements"),
            Self::RouteUnspecified => ("未报运输方式或路向", "route or transport not stated"),
            Self::NumberUnexamined => ("证件号码未核验", "document number not examined"),
            Self::NotSeen => ("未见数据", "no data seen"),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
