//! Findings: what was not kept, or looks wrong. A finding is a lead, not a penalty.

mod collect;

use core::fmt;

pub(crate) use collect::Findings;

use crate::event::EventId;
use crate::rules::Severity;
use crate::time::Timestamp;

/// Stable code of a finding on a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Exemption by an agreement claimed that is unknown, expired, not signed, not filed or of another site.
    Ag01,
    /// Site not in its register.
    Dq01,
    /// Place or route differs from the register.
    Dq02,
    /// One event id with two contents.
    Dq03,
    /// Moved before the acceptance.
    Dq04,
    /// Second acceptance by another site.
    Dq05,
    /// Waybill fits no pattern of its brand.
    Dq06,
    /// Accepted without an inspection.
    In01,
    /// Inspection refused or failed, yet accepted.
    In02,
    /// No inspection mark, or an incomplete one.
    In03,
    /// Sealed before the inspection, or inspected after a departure.
    In04,
    /// Declared item missing, generic or different.
    In06,
    /// Inspector not registered, or training overdue.
    In07,
    /// Trace without an acceptance.
    Lc01,
    /// Second acceptance with another sender.
    Lc02,
    /// Accepted, and never moved.
    Lc03,
    /// Voided or rejected, yet moved.
    Lc05,
    /// Outlet without licence or filing.
    Or01,
    /// Prohibited item found at acceptance, not rejected.
    Pr01,
    /// Prohibited item found in transit, not stopped or not reported.
    Pr02,
    /// ID number, full phone number or name in a text field.
    Pv01,
    /// Accepted without an identity check.
    Rn01,
    /// Identity check after the acceptance (补录).
    Rn02,
    /// Number absent or invalid.
    Rn03,
    /// Document expired or of a kind that is not accepted.
    Rn04,
    /// Identity check refused or mismatched, yet accepted.
    Rn05,
    /// Sender's name differs from the document.
    Rn06,
    /// One identity over its limits (虚假实名); what only many parcels show.
    Rn08,
    /// Sending for another with one of the two identities missing.
    Rn09,
    /// Uploaded late.
    Tm01,
    /// Received after the parcel had left.
    Tm03,
    /// Occurred in the future of its upload.
    Tm04,
    /// Not screened, though statute wants it.
    Xr01,
    /// Not screened, though `strict100` wants it.
    Xr02,
    /// No second screening in a key area.
    Xr03,
    /// Machine or screener not registered, out of service or not qualified.
    Xr04,
    /// Suspect image not cleared before the next move.
    Xr06,
    /// Screened by a third party without a contract.
    Xr08,
    /// No security mark, or an incomplete one.
    Xr09,
}

impl Code {
    /// All codes, in the order of their texts.
    pub const ALL: &[Self] = &[
        Self::Ag01,
        Self::Dq01,
        Self::Dq02,
        Self::Dq03,
        Self::Dq04,
        Self::Dq05,
        Self::Dq06,
        Self::In01,
        Self::In02,
        Self::In03,
        Self::In04,
        Self::In06,
        Self::In07,
        Self::Lc01,
        Self::Lc02,
        Self::Lc03,
        Self::Lc05,
        Self::Or01,
        Self::Pr01,
        Self::Pr02,
        Self::Pv01,
        Self::Rn01,
        Self::Rn02,
        Self::Rn03,
        Self::Rn04,
        Self::Rn05,
        Self::Rn06,
        Self::Rn08,
        Self::Rn09,
        Self::Tm01,
        Self::Tm03,
        Self::Tm04,
        Self::Xr01,
        Self::Xr02,
        Self::Xr03,
        Self::Xr04,
        Self::Xr06,
        Self::Xr08,
        Self::Xr09,
    ];

    /// The text, such as `RN-01`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ag01 => "AG-01",
            Self::Dq01 => "DQ-01",
            Self::Dq02 => "DQ-02",
            Self::Dq03 => "DQ-03",
            Self::Dq04 => "DQ-04",
            Self::Dq05 => "DQ-05",
            Self::Dq06 => "DQ-06",
            Self::In01 => "IN-01",
            Self::In02 => "IN-02",
            Self::In03 => "IN-03",
            Self::In04 => "IN-04",
            Self::In06 => "IN-06",
            Self::In07 => "IN-07",
            Self::Lc01 => "LC-01",
            Self::Lc02 => "LC-02",
            Self::Lc03 => "LC-03",
            Self::Lc05 => "LC-05",
            Self::Or01 => "OR-01",
            Self::Pr01 => "PR-01",
            Self::Pr02 => "PR-02",
            Self::Pv01 => "PV-01",
            Self::Rn01 => "RN-01",
            Self::Rn02 => "RN-02",
            Self::Rn03 => "RN-03",
            Self::Rn04 => "RN-04",
            Self::Rn05 => "RN-05",
            Self::Rn06 => "RN-06",
            Self::Rn08 => "RN-08",
            Self::Rn09 => "RN-09",
            Self::Tm01 => "TM-01",
            Self::Tm03 => "TM-03",
            Self::Tm04 => "TM-04",
            Self::Xr01 => "XR-01",
            Self::Xr02 => "XR-02",
            Self::Xr03 => "XR-03",
            Self::Xr04 => "XR-04",
            Self::Xr06 => "XR-06",
            Self::Xr08 => "XR-08",
            Self::Xr09 => "XR-09",
        }
    }

    /// Reads a text such as `RN-01`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// Finds and suspect images cannot wait: published and alerted at once.
    pub const fn is_urgent(self) -> bool {
        matches!(self, Self::Pr01 | Self::Pr02 | Self::Xr06)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One finding: a rule that a parcel broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<'a> {
    /// Which rule.
    pub code: Code,
    /// How grave, under the profile that decided.
    pub severity: Severity,
    /// The duty was done, but late.
    pub performed_late: bool,
    /// Events that decided, in canonical order.
    pub events: Vec<EventId>,
    /// Site of the first of them.
    pub site: &'a str,
    /// Operator of the first of them.
    pub operator: &'a str,
    /// The values that decided, by name.
    pub values: Vec<(&'static str, Value<'a>)>,
}

/// A value that decided. Never a text that a person could have typed freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// An instant.
    Time(Timestamp),
    /// A number, in the unit that its name says.
    Number(i64),
    /// A word of ours, or an identifier such as a site or a device.
    Word(&'a str),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(at) => at.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// A rule that could not be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unanswered {
    /// Which rule.
    pub code: Code,
    /// The register or field that is missing.
    pub missing: &'static str,
}
