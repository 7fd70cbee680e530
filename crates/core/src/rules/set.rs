//! One rule set.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::alerts::{Alerts, Patterns};
use super::brand::Brand;
use super::by_name::ByName;
use super::law::{Clause, Law};
use crate::document::DocumentKind;
use crate::event::DeclaredItem;
use crate::finding::Code;
use crate::time::{CivilDay, Span};

/// One rule set: everything that judging may differ in from place to place and from year to year.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Name of the set; part of every verdict.
    pub version: String,
    /// First day on which it is in force.
    #[serde(deserialize_with = "super::load::day")]
    pub effective: CivilDay,
    /// Profile that decides where nobody names another.
    pub profile: String,
    /// Bounds of what is kept.
    pub limits: Limits,
    /// Lengths of time.
    pub spans: Spans,
    /// Alerts on outlets.
    pub alerts: Alerts,
    /// What only many parcels of one subject show.
    pub patterns: Patterns,
    /// Grounds that free a parcel from a duty.
    pub exemptions: Exemptions,
    /// What counts as an accepted document and as a described item.
    pub documents: Documents,
    /// Profiles by name.
    pub profile_set: ByName<Profile>,
    /// The "100%" indicators of the place, by name.
    pub indicator: BTreeMap<String, Indicator>,
    /// Laws by name.
    pub law: BTreeMap<String, Law>,
    /// Rules by code.
    #[serde(deserialize_with = "super::load::rules_by_code")]
    pub rule: BTreeMap<Code, Rule>,
    /// Brands by code.
    pub brand: ByName<Brand>,
}

impl RuleSet {
    /// The rule of a code. Loading has made sure that there is one for every code.
    pub fn rule(&self, code: Code) -> Option<&Rule> {
        self.rule.get(&code)
    }

    /// How grave a finding is under a profile.
    pub fn severity(&self, code: Code, profile: &Profile) -> Severity {
        let own = self.rule.get(&code).map_or(Severity::Info, |rule| rule.severity);
        profile.severity.get(code.as_str()).copied().unwrap_or(own)
    }

    /// The clauses of a code, in the versions in force on a day.
    pub fn clauses(&self, code: Code, on: CivilDay) -> Vec<Clause<'_>> {
        let listed = self
            .rule
            .get(&code)
            .map(|rule| rule.clauses.as_slice())
            .unwrap_or_default();
        listed
            .iter()
            .filter_map(|reference| Law::cite(&self.law, reference, on))
            .collect()
    }

    /// Whether a declared item says nothing: in the list of generic words.
    pub fn is_generic_item(&self, item: DeclaredItem) -> bool {
        self.documents.generic_items.contains(item)
    }

    /// Whether a kind of document may be used to send a parcel.
    pub fn accepts_document(&self, kind: DocumentKind) -> bool {
        !self.documents.not_accepted.contains(kind.code())
    }
}

/// Bounds of what is kept.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// An event that occurred this many days before its intake or more is rejected. 1 to 30.
    pub event_age_days_max: u32,
    /// An event that occurs more than this many hours after its intake is rejected. 1 to 48.
    pub event_future_hours_max: u32,
    /// Days for which a parcel stays open. 1 to 30.
    pub open_days: u32,
    /// Days for which a retired parcel is remembered. 1 to 180.
    pub retired_days: u32,
    /// Events that an open parcel holds. 16 to 1,024.
    pub events_per_parcel_max: u32,
    /// Civil days before that of the clock whose counts can still change; older ones are frozen. 1 to 60.
    pub rows_days: u32,
}

/// Lengths of time, each in the unit of its name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spans {
    /// How long after the acceptance an identity check is still in time. 0 to 3,600 s.
    pub identity_after_acceptance_s: u32,
    /// How long after the acceptance an X-ray screening is still in time, if nothing moved. 1 to 168 h.
    pub xray_after_acceptance_h: u32,
    /// LC-01: how long after the first intake a moved parcel may be without an acceptance. 1 to 168 h.
    pub unreported_after_intake_h: u32,
    /// How long better evidence may be on its way. 0 to 1,440 min.
    pub grace_min: u32,
    /// The same for XR-06 and PR. 0 to 1,440 min.
    pub urgent_grace_min: u32,
    /// PR: how soon a find must be rejected or reported. 1 to 1,440 min.
    pub find_handled_within_min: u32,
    /// LC-03: how long an accepted parcel may stand still. 1 to 720 h.
    pub unmoved_after_h: u32,
    /// TM-01 for identity checks. 1 to 1,440 min.
    pub upload_identity_max_min: u32,
    /// TM-01 for inspections. 1 to 1,440 min.
    pub upload_inspection_max_min: u32,
    /// TM-01 for X-ray screenings. 1 to 1,440 min.
    pub upload_xray_max_min: u32,
    /// TM-01: from when it is grave. 1 to 168 h.
    pub upload_grave_h: u32,
    /// TM-04: how far a device may be ahead. 1 to 1,440 min.
    pub future_min: u32,
    /// DQ-04: how long before its acceptance a parcel may move. 0 to 1,440 min.
    pub moved_before_acceptance_min: u32,
    /// OR-01: days from opening to filing of a terminal point. 0 to 365.
    pub terminal_filing_days: u32,
}

impl Spans {
    /// Grace of the duties.
    pub fn grace(&self) -> Span {
        Span::minutes(self.grace_min.into())
    }

    /// Grace of XR-06 and PR.
    pub fn urgent_grace(&self) -> Span {
        Span::minutes(self.urgent_grace_min.into())
    }
}

/// Grounds that free a parcel from a duty: `letter`, `agreement`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemptions {
    /// From real-name sending.
    pub real_name: BTreeSet<String>,
    /// From inspection.
    pub inspection: BTreeSet<String>,
    /// From X-ray screening. With `letter` in it, letters need not be screened.
    pub xray: BTreeSet<String>,
}

/// What counts as an accepted document and as a described item.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// Codes of kinds that are not accepted (RN-04).
    pub not_accepted: BTreeSet<String>,
    /// Words that describe nothing (IN-06). At most 48 bytes each.
    pub generic_items: GenericItems,
}

/// Words that describe nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "BTreeSet<String>")]
pub struct GenericItems {
    words: BTreeSet<String>,
    digests: BTreeSet<DeclaredItem>,
}

impl From<BTreeSet<String>> for GenericItems {
    fn from(words: BTreeSet<String>) -> Self {
        let digests = words.iter().map(|word| DeclaredItem::of(word)).collect();
        Self { words, digests }
    }
}

impl GenericItems {
    /// The words.
    pub const fn words(&self) -> &BTreeSet<String> {
        &self.words
    }

    /// Whether an item is one of them.
    pub fn contains(&self, item: DeclaredItem) -> bool {
        self.digests.contains(&item)
    }
}

/// How strictly the duties are read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name in Chinese.
    pub zh: String,
    /// Name in English.
    pub en: String,
    /// Whether parcels that no statute wants screened must be screened all the same.
    pub class_o: ClassO,
    /// Whether a special agreement frees inter-province parcels by road or water outside key areas.
    pub special_way: bool,
    /// Severities that differ, by code.
    #[serde(default)]
    pub severity: BTreeMap<String, Severity>,
}

/// What holds for parcels that no statute wants screened (class O).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassO {
    /// Screened like all others.
    Required,
    /// Screened as needed (按需).
    AsNeeded,
}

/// One of the "100%" indicators of a place. Either of a duty or of the absence of findings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Where it stands among the others, from the left.
    pub order: u8,
    /// Name in Chinese.
    pub zh: String,
    /// Name in English.
    pub en: String,
    /// The duty whose rate it is.
    pub duty: Option<Duty>,
    /// Codes: the share of parcels without any of these findings.
    #[serde(default)]
    pub without: BTreeSet<String>,
}

/// One rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// How grave a breach is.
    pub severity: Severity,
    /// Duty that it belongs to.
    pub duty: Option<Duty>,
    /// Whether a breach fails the duty.
    #[serde(default)]
    pub fails_duty: bool,
    /// Profiles that a breach breaks.
    pub profiles: BTreeSet<String>,
    /// Clauses: name of the law and article.
    pub clauses: Vec<String>,
    /// What is wrong, in Chinese.
    pub title_zh: String,
    /// What is wrong, in English.
    pub title_en: String,
    /// What to do next, in Chinese.
    pub next_zh: String,
    /// What to do next, in English.
    pub next_en: String,
}

/// The three duties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Duty {
    /// 实名收寄
    RealName,
    /// 收寄验视
    Inspection,
    /// 过机安检
    Xray,
}

impl Duty {
    /// All three, in their order.
    pub const ALL: [Self; 3] = [Self::RealName, Self::Inspection, Self::Xray];

    /// Name in verdicts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RealName => "realName",
            Self::Inspection => "inspection",
            Self::Xray => "xray",
        }
    }

    /// Name for people, in Chinese and English.
    pub const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::RealName => ("实名收寄", "real-name sending"),
            Self::Inspection => ("收寄验视", "acceptance inspection"),
            Self::Xray => ("过机安检", "X-ray screening"),
        }
    }
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// I: changes neither exit code nor score.
    Info,
    /// L
    Low,
    /// M
    Medium,
    /// H
    High,
    /// C
    Critical,
}

impl Severity {
    /// Name in verdicts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The letter for tables.
    pub const fn letter(self) -> char {
        match self {
            Self::Info => 'I',
            Self::Low => 'L',
            Self::Medium => 'M',
            Self::High => 'H',
            Self::Critical => 'C',
        }
    }
}
