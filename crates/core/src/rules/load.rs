//! From TOML to a rule set: lay over, read, check.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, de::Error as _};
use toml::{Table, Value};

use super::law::Law;
use super::overlay;
use super::pattern::Pattern;
use super::set::{Rule, RuleSet};
use crate::document::DocumentKind;
use crate::finding::Code;
use crate::time::CivilDay;

/// The built-in rule set as a TOML file.
const BUILTIN: &str = include_str!("../../data/rules.toml");
/// Generic words are compared as a whole; a longer item describes something.
const GENERIC_ITEM_BYTES_MAX: usize = 48;

/// What is wrong with a rule file, each with the path of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesError {
    /// One sentence a fault; never empty.
    pub faults: Vec<String>,
}

impl std::fmt::Display for RulesError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.faults.join("; "))
    }
}

impl std::error::Error for RulesError {}

impl From<String> for RulesError {
    fn from(fault: String) -> Self {
        Self { faults: vec![fault] }
    }
}

impl RuleSet {
    /// The built-in set.
    pub fn builtin() -> Self {
        Self::builtin_ref().clone()
    }

    pub(super) fn builtin_ref() -> &'static Self {
        static SET: OnceLock<RuleSet> = OnceLock::new();
        SET.get_or_init(|| overlay::read(builtin_table()).expect("the embedded rule set is tested"))
    }

    /// The text of the built-in set.
    pub fn builtin_text() -> &'static str {
        BUILTIN
    }

    /// Reads a rule file that is laid over the built-in set, key by key; it must state its `version` and `effective`.
    ///
    /// # Errors
    /// Where the text is no TOML, a key is unknown, a value is out of its range or a name is not defined: all of them.
    pub fn overlay(text: &str) -> Result<Self, RulesError> {
        let over: Table = text
            .parse()
            .map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())?;
        let missing = ["version", "effective"]
            .iter()
            .filter(|key| !over.contains_key(**key))
            .map(|key| format!("{key}: is missing; a rule file states it"));
        let mut faults: Vec<String> = missing.collect();
        let mut table = builtin_table();
        lay_over(&mut table, over.clone());
        let set = match overlay::read(table) {
            Ok(set) => Some(set),
            Err(error) => {
                let (table, unreadable) = overlay::lay_over_readable(builtin_table(), over);
                if unreadable.is_empty() {
                    faults.push(error.message().to_owned());
                }
                faults.extend(unreadable);
                overlay::read(table).ok()
            }
        };
        faults.extend(set.iter().flat_map(Self::faults));
        set.filter(|_| faults.is_empty()).ok_or(RulesError { faults })
    }

    /// Everything that is wrong with the values.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut range = |name: &str, value: u32, low: u32, high: u32| {
            if !(low..=high).contains(&value) {
                faults.push(format!("{name}: is {value}, outside {low} to {high}"));
            }
        };
        let (limits, spans) = (&self.limits, &self.spans);
        range("limits.event_age_days_max", limits.event_age_days_max, 1, 30);
        range("limits.event_future_hours_max", limits.event_future_hours_max, 1, 48);
        range("limits.open_days", limits.open_days, 1, 30);
        range("limits.retired_days", limits.retired_days, 1, 180);
        range("limits.events_per_parcel_max", limits.events_per_parcel_max, 16, 1_024);
        range("limits.rows_days", limits.rows_days, 1, 60);
        range(
            "spans.identity_after_acceptance_s",
            spans.identity_after_acceptance_s,
            0,
            3_600,
        );
        range("spans.xray_after_acceptance_h", spans.xray_after_acceptance_h, 1, 168);
        range(
            "spans.unreported_after_intake_h",
            spans.unreported_after_intake_h,
            1,
            168,
        );
        range("spans.grace_min", spans.grace_min, 0, 1_440);
        range("spans.urgent_grace_min", spans.urgent_grace_min, 0, 1_440);
        range("spans.find_handled_within_min", spans.find_handled_within_min, 1, 1_440);
        range("spans.unmoved_after_h", spans.unmoved_after_h, 1, 720);
        range("spans.upload_identity_max_min", spans.upload_identity_max_min, 1, 1_440);
        range(
            "spans.upload_inspection_max_min",
            spans.upload_inspection_max_min,
            1,
            1_440,
        );
        range("spans.upload_xray_max_min", spans.upload_xray_max_min, 1, 1_440);
        range("spans.upload_grave_h", spans.upload_grave_h, 1, 168);
        range("spans.future_min", spans.future_min, 1, 1_440);
        range(
            "spans.moved_before_acceptance_min",
            spans.moved_before_acceptance_min,
            0,
            1_440,
        );
        range("spans.terminal_filing_days", spans.terminal_filing_days, 0, 365);
        self.alert_faults(&mut range);
        self.name_faults(&mut faults);
        faults
    }

    /// Figures of alerts and patterns. What is graver begins no earlier.
    fn alert_faults(&self, range: &mut impl FnMut(&str, u32, u32, u32)) {
        let (alerts, patterns) = (&self.alerts, &self.patterns);
        let (rate, burst, silent, volume) = (&alerts.rate, &alerts.burst, &alerts.silent, &alerts.volume);
        range("alerts.day_closes_after_min", alerts.day_closes_after_min, 0, 2_880);
        range("alerts.rate.parcels_min", rate.parcels_min, 1, 100_000);
        range("alerts.rate.high_below_per_10k", rate.high_below_per_10k, 0, 10_000);
        range(
            "alerts.rate.critical_below_per_10k",
            rate.critical_below_per_10k,
            0,
            rate.high_below_per_10k,
        );
        range("alerts.burst.critical_min", burst.critical_min, 1, 100_000);
        range("alerts.burst.grave_min", burst.grave_min, burst.critical_min, 100_000);
        range(
            "alerts.volume.reported_min_per_10k",
            volume.reported_min_per_10k,
            0,
            10_000,
        );
        for (name, raise, ease) in [
            ("rate", rate.raise_hold_min, rate.ease_hold_min),
            ("burst", burst.raise_hold_min, burst.ease_hold_min),
            ("silent", silent.raise_hold_min, silent.ease_hold_min),
            ("volume", volume.raise_hold_min, volume.ease_hold_min),
        ] {
            range(&format!("alerts.{name}.raise_hold_min"), raise, 0, 1_440);
            range(&format!("alerts.{name}.ease_hold_min"), ease, 0, 1_440);
        }
        range(
            "patterns.identity_per_outlet_day_max",
            patterns.identity_per_outlet_day_max,
            1,
            100_000,
        );
    }

    /// Names that are used and not defined.
    fn name_faults(&self, faults: &mut Vec<String>) {
        if !self.profile_set.contains_key(&self.profile) {
            faults.push(format!("profile: {} is not in profile_set", self.profile));
        }
        for (name, grounds) in [
            ("real_name", &self.exemptions.real_name),
            ("inspection", &self.exemptions.inspection),
            ("xray", &self.exemptions.xray),
        ] {
            for ground in grounds
                .iter()
                .filter(|ground| !["letter", "agreement"].contains(&ground.as_str()))
            {
                faults.push(format!("exemptions.{name}: {ground} is neither letter nor agreement"));
            }
        }
        for kind in &self.documents.not_accepted {
            if !DocumentKind::ALL.iter().any(|known| known.code() == kind) {
                faults.push(format!("documents.not_accepted: {kind} is no kind of document"));
            }
        }
        for word in self
            .documents
            .generic_items
            .words()
            .iter()
            .filter(|word| word.len() > GENERIC_ITEM_BYTES_MAX)
        {
            faults.push(format!(
                "documents.generic_items: a word of {} bytes is over 48",
                word.len()
            ));
        }
        for code in Code::ALL.iter().filter(|code| !self.rule.contains_key(code)) {
            faults.push(format!("rule.{code}: is missing"));
        }
        self.reference_faults(faults);
    }

    fn reference_faults(&self, faults: &mut Vec<String>) {
        for (code, rule) in &self.rule {
            for profile in rule
                .profiles
                .iter()
                .filter(|name| !self.profile_set.contains_key(*name))
            {
                faults.push(format!("rule.{code}.profiles: {profile} is not in profile_set"));
            }
            for reference in &rule.clauses {
                let id = reference.split(' ').next().unwrap_or_default();
                if !self.law.contains_key(id) {
                    faults.push(format!("rule.{code}.clauses: {id} is not in law"));
                }
            }
        }
        for (name, profile) in self.profile_set.iter() {
            for code in profile.severity.keys().filter(|code| Code::parse(code).is_none()) {
                faults.push(format!("profile_set.{name}.severity: {code} is no code"));
            }
        }
        for (name, indicator) in &self.indicator {
            for code in indicator.without.iter().filter(|code| Code::parse(code).is_none()) {
                faults.push(format!("indicator.{name}.without: {code} is no code"));
            }
            if indicator.duty.is_some() != indicator.without.is_empty() {
                faults.push(format!(
                    "indicator.{name}: states either a duty or the codes that parcels are without"
                ));
            }
        }
        for name in self
            .law
            .iter()
            .filter(|(_, law)| !is_in_order(law))
            .map(|(name, _)| name)
        {
            faults.push(format!(
                "law.{name}.versions: must be in the order of their days, at least one"
            ));
        }
    }
}

fn is_in_order(law: &Law) -> bool {
    !law.versions.is_empty() && law.versions.is_sorted_by_key(|version| version.from)
}

fn builtin_table() -> Table {
    BUILTIN.parse().expect("the embedded rule set is tested")
}

/// Tables are laid over key by key; any other value replaces what stood there.
fn lay_over(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// A day as `YYYY-MM-DD`.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CivilDay, D::Error> {
    let text = String::deserialize(deserializer)?;
    CivilDay::parse(&text).ok_or_else(|| D::Error::custom("a day is written YYYY-MM-DD"))
}

/// Rules by their codes.
pub(super) fn rules_by_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Code, Rule>, D::Error> {
    let rules = BTreeMap::<String, Rule>::deserialize(deserializer)?;
    rules
        .into_iter()
        .map(|(name, rule)| {
            let code = Code::parse(&name).ok_or_else(|| D::Error::custom(format!("{name} is no code of a rule")))?;
            Ok((code, rule))
        })
        .collect()
}

/// Patterns of a whole text.
pub(super) fn patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Pattern>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts
        .iter()
        .map(|text| Pattern::parse(text).ok_or_else(|| D::Error::custom("is no pattern")))
        .collect()
}
