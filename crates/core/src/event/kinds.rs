//! Sets of kinds of happenings.

use super::{Happening, InspectionResult, Leg, OpenCheckResult, XrayJudgement};

/// A set of kinds of happenings, as far as rules tell them apart: an event may be of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Kinds(u32);

impl Kinds {
    // Of these there is one or more in nearly every parcel: they are the lowest byte.
    pub(crate) const IDENTITY_CHECKED: Self = Self(1);
    pub(crate) const INSPECTED: Self = Self(1 << 1);
    pub(crate) const SEALED: Self = Self(1 << 2);
    pub(crate) const XRAY_SCREENED: Self = Self(1 << 3);
    pub(crate) const LINE_HAUL: Self = Self(1 << 4);
    pub(crate) const LOCAL: Self = Self(1 << 5);
    pub(crate) const ARRIVED: Self = Self(1 << 6);
    pub(crate) const DELIVERED: Self = Self(1 << 7);

    pub(crate) const ACCEPTED: Self = Self(1 << 8);
    pub(crate) const OPEN_CHECKED: Self = Self(1 << 9);
    pub(crate) const HELD: Self = Self(1 << 10);
    pub(crate) const RELEASED: Self = Self(1 << 11);
    pub(crate) const REPORTED: Self = Self(1 << 12);
    pub(crate) const REJECTED: Self = Self(1 << 13);
    pub(crate) const RETURNED: Self = Self(1 << 14);
    pub(crate) const VOIDED: Self = Self(1 << 15);
    pub(crate) const RETRACTED: Self = Self(1 << 16);
    /// Prohibited goods were found, by whatever check.
    pub(crate) const FIND: Self = Self(1 << 17);
    /// A screening that shows something to look at.
    pub(crate) const SUSPECT: Self = Self(1 << 18);

    pub(crate) const NONE: Self = Self(0);
    /// Whatever counts: everything but retractions.
    pub(crate) const LIVE: Self = Self(u32::MAX ^ Self::RETRACTED.0);
    /// Departures of either leg.
    pub(crate) const DEPARTED: Self = Self::LINE_HAUL.with(Self::LOCAL);
    /// Departures, arrivals and deliveries.
    pub(crate) const MOVEMENTS: Self = Self::DEPARTED.with(Self::ARRIVED).with(Self::DELIVERED);
    /// What the duties ask for.
    pub(crate) const COMPLIANCE: Self = Self::IDENTITY_CHECKED.with(Self::INSPECTED).with(Self::XRAY_SCREENED);

    /// The kinds of one happening.
    #[inline]
    pub(crate) fn of(happening: &Happening<'_>) -> Self {
        let found = |kind: Self, found: bool| if found { kind.with(Self::FIND) } else { kind };
        match happening {
            Happening::Accepted(_) => Self::ACCEPTED,
            Happening::IdentityChecked(_) => Self::IDENTITY_CHECKED,
            Happening::Inspected(check) => found(
                Self::INSPECTED,
                check.result == InspectionResult::Prohibited || check.prohibited_class.is_some(),
            ),
            Happening::Sealed => Self::SEALED,
            Happening::XrayScreened(screened) => match screened.judgement {
                XrayJudgement::Suspect => Self::XRAY_SCREENED.with(Self::SUSPECT),
                XrayJudgement::Prohibited => Self::XRAY_SCREENED.with(Self::FIND),
                XrayJudgement::Clear | XrayJudgement::Unspecified => Self::XRAY_SCREENED,
            },
            Happening::Departed(Leg::LineHaul) => Self::LINE_HAUL,
            Happening::Departed(Leg::Local) => Self::LOCAL,
            Happening::Arrived(_) => Self::ARRIVED,
            Happening::Delivered => Self::DELIVERED,
            Happening::OpenChecked(check) => found(Self::OPEN_CHECKED, check.result == OpenCheckResult::Prohibited),
            Happening::Held => Self::HELD,
            Happening::Released => Self::RELEASED,
            Happening::Reported => Self::REPORTED,
            Happening::Rejected => Self::REJECTED,
            Happening::Returned => Self::RETURNED,
            Happening::Voided => Self::VOIDED,
            Happening::Retracted(_) => Self::RETRACTED,
        }
    }

    /// Both sets together.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the sets have a kind in common.
    pub(crate) const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Those that stand in nearly every parcel, as eight bits.
    pub(crate) const fn usual(self) -> u8 {
        let [usual, ..] = self.0.to_le_bytes();
        usual
    }

    /// The inverse of [`usual`](Self::usual), with all that are not usual.
    pub(crate) const fn with_all_unusual(usual: u8) -> Self {
        Self(u32::from_le_bytes([usual, u8::MAX, u8::MAX, u8::MAX]))
    }
}
