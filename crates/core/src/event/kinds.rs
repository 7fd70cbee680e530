//! Sets of kinds of happenings.

use super::{Happening, Leg};

/// A set of kinds of happenings. Line-haul departures are a kind of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Kinds(u32);

impl Kinds {
    pub(crate) const ACCEPTED: Self = Self(1);
    pub(crate) const IDENTITY_CHECKED: Self = Self(1 << 1);
    pub(crate) const INSPECTED: Self = Self(1 << 2);
    pub(crate) const SEALED: Self = Self(1 << 3);
    pub(crate) const XRAY_SCREENED: Self = Self(1 << 4);
    pub(crate) const LINE_HAUL: Self = Self(1 << 5);
    pub(crate) const LOCAL: Self = Self(1 << 6);
    pub(crate) const ARRIVED: Self = Self(1 << 7);
    pub(crate) const DELIVERED: Self = Self(1 << 8);
    pub(crate) const OPEN_CHECKED: Self = Self(1 << 9);
    pub(crate) const HELD: Self = Self(1 << 10);
    pub(crate) const RELEASED: Self = Self(1 << 11);
    pub(crate) const REPORTED: Self = Self(1 << 12);
    pub(crate) const REJECTED: Self = Self(1 << 13);
    pub(crate) const RETURNED: Self = Self(1 << 14);
    pub(crate) const VOIDED: Self = Self(1 << 15);
    pub(crate) const RETRACTED: Self = Self(1 << 16);
    /// Departures of either leg.
    pub(crate) const DEPARTED: Self = Self::LINE_HAUL.with(Self::LOCAL);
    /// Departures, arrivals and deliveries.
    pub(crate) const MOVEMENTS: Self = Self::DEPARTED.with(Self::ARRIVED).with(Self::DELIVERED);

    /// The set of one happening.
    #[inline]
    pub(crate) const fn of(happening: &Happening<'_>) -> Self {
        match happening {
            Happening::Accepted(_) => Self::ACCEPTED,
            Happening::IdentityChecked(_) => Self::IDENTITY_CHECKED,
            Happening::Inspected(_) => Self::INSPECTED,
            Happening::Sealed => Self::SEALED,
            Happening::XrayScreened(_) => Self::XRAY_SCREENED,
            Happening::Departed(Leg::LineHaul) => Self::LINE_HAUL,
            Happening::Departed(Leg::Local) => Self::LOCAL,
            Happening::Arrived(_) => Self::ARRIVED,
            Happening::Delivered => Self::DELIVERED,
            Happening::OpenChecked(_) => Self::OPEN_CHECKED,
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
}
