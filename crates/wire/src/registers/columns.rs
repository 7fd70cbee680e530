//! The columns of each register: one table for reading, writing and `docs/registers.md`.

use super::Kind;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A key or a code: no blanks, no personal data.
    Code,
    /// Several codes.
    Codes,
    /// Words for people; personal data in them is removed.
    Words,
    /// A day, `YYYY-MM-DD`.
    Day,
    /// Spans of days, `from/to`, each end may be missing.
    Spans,
    /// An RFC 3339 time, or a day for its beginning at +08:00.
    Time,
    /// A division code of 2 to 12 digits.
    Place,
    /// A whole number of 32 bits without sign.
    Count,
    /// Degrees up to so many to both sides.
    Degrees(u8),
    /// `true` or `false`.
    Flag,
    /// The name of an enum value.
    Choice,
    /// Keyed tokens.
    Tokens,
    /// Raw ID numbers, read once and never written.
    RawIdentity,
    /// Raw phone numbers, read once and never written.
    RawPhone,
    /// Raw names, read once and never written.
    RawName,
}

impl Form {
    /// Whether it is a list.
    pub(super) const fn is_list(self) -> bool {
        match self {
            Self::Codes | Self::Spans | Self::Tokens | Self::RawIdentity | Self::RawPhone | Self::RawName => true,
            Self::Code | Self::Words | Self::Day | Self::Time | Self::Place => false,
            Self::Count | Self::Degrees(_) | Self::Flag | Self::Choice => false,
        }
    }

    /// Whether it is read and never written.
    pub(super) const fn is_raw(self) -> bool {
        matches!(self, Self::RawIdentity | Self::RawPhone | Self::RawName)
    }
}

/// A column: its name in JSON lines and what it holds. CSV writes the name in snake case.
pub(super) type Column = (&'static str, Form);

/// Columns of every register.
const COMMON: [Column; 4] = [
    ("key", Form::Code),
    ("brand", Form::Code),
    ("validFrom", Form::Time),
    ("validTo", Form::Time),
];

/// All columns of a register, in the order in which they are written.
pub(super) fn columns(kind: Kind) -> impl Iterator<Item = Column> {
    COMMON.into_iter().chain(own(kind).iter().copied())
}

const fn own(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Sites => &[
            ("kind", Form::Choice),
            ("place", Form::Place),
            ("latitude", Form::Degrees(90)),
            ("longitude", Form::Degrees(180)),
            ("licence", Form::Code),
            ("licenceFrom", Form::Day),
            ("licenceTo", Form::Day),
            ("openedOn", Form::Day),
            ("filedOn", Form::Day),
            ("name", Form::Words),
        ],
        Kind::Staff => &[
            ("trainedUntil", Form::Day),
            ("screenerUntil", Form::Day),
            ("site", Form::Code),
            ("identityTokens", Form::Tokens),
            ("phoneTokens", Form::Tokens),
            ("identityNumber", Form::RawIdentity),
            ("phone", Form::RawPhone),
        ],
        Kind::Machines => &[
            ("sites", Form::Codes),
            ("owner", Form::Code),
            ("inService", Form::Spans),
            ("ratedPerHour", Form::Count),
        ],
        Kind::Contracts => &[("from", Form::Day), ("to", Form::Day)],
        Kind::Agreements => &[
            ("sites", Form::Codes),
            ("signedOn", Form::Day),
            ("filedOn", Form::Day),
            ("from", Form::Day),
            ("to", Form::Day),
            ("xrayWay", Form::Choice),
            ("customerTokens", Form::Tokens),
            ("identityNumber", Form::RawIdentity),
            ("phone", Form::RawPhone),
            ("name", Form::RawName),
        ],
        Kind::KeyAreas => &[("division", Form::Place), ("from", Form::Time), ("to", Form::Time)],
        Kind::Outages => &[("site", Form::Code), ("from", Form::Time), ("to", Form::Time)],
        Kind::Calendar => &[("working", Form::Flag)],
    }
}
