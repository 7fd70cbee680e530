//! Rules as data: thresholds, spans, exemptions, severities, patterns, limits, profiles and indicators.
//!
//! A [`RuleSet`] has a version and the day from which it is in force; [`Rules`] holds several and answers with the one
//! that was in force when a parcel was accepted. The built-in set is a TOML file in this crate; a district lays its own
//! file over it and states only what differs.

mod alerts;
mod brand;
mod by_name;
mod law;
mod load;
mod overlay;
mod pattern;
mod set;
#[cfg(test)]
mod tests;

pub use alerts::{Alerts, BurstAlert, Patterns, RateAlert, SilentAlert, VolumeAlert};
pub use brand::{Brand, Brands};
pub use by_name::ByName;
pub use law::{Clause, Law, LawVersion};
pub use load::RulesError;
pub use pattern::Pattern;
pub use set::{
    ClassO, Documents, Duty, Exemptions, GenericItems, Indicator, Limits, Profile, Rule, RuleSet, Severity, Spans,
};

use crate::time::Timestamp;

/// The rule sets of a place, each in force from its day.
///
/// ```
/// use sanbai_core::{rules::Rules, time::Timestamp};
///
/// let rules = Rules::builtin();
/// let accepted = Timestamp::parse("2026-03-10T10:03:00+08:00").expect("a time");
/// assert_eq!(rules.in_force(accepted).profile, "strict100");
/// ```
#[derive(Clone, Debug)]
pub struct Rules {
    /// In the order of their days; never empty.
    sets: Vec<RuleSet>,
    /// For each set the offset in the log of registers at which it stands; `None`: known from the start.
    offsets: Vec<Option<u64>>,
    brands: Brands,
}

impl Default for Rules {
    fn default() -> Self {
        Self::builtin()
    }
}

impl Rules {
    /// The built-in set alone.
    pub fn builtin() -> Self {
        Self::of(vec![(None, RuleSet::builtin())])
    }

    /// The built-in set and one that is laid over it, in force from its own day.
    ///
    /// # Errors
    /// Where the text is no TOML, a key is unknown, a value is out of its range or a name is not defined: all of them.
    pub fn with_overlays(texts: &[&str]) -> Result<Self, RulesError> {
        let mut sets = vec![(None, RuleSet::builtin())];
        for text in texts {
            sets.push((None, RuleSet::overlay(text)?));
        }
        Ok(Self::of(sets))
    }

    /// Adds a set that stands at an offset of the log of registers: who knows less of the log does not know it.
    pub fn publish(&mut self, offset: u64, set: RuleSet) {
        let sets = std::mem::take(&mut self.sets);
        let known = std::mem::take(&mut self.offsets).into_iter().zip(sets);
        *self = Self::of(known.chain([(Some(offset), set)]).collect());
    }

    fn of(mut sets: Vec<(Option<u64>, RuleSet)>) -> Self {
        // Of two sets of one day the later one given counts.
        sets.sort_by_key(|(offset, set)| (set.effective.as_days(), *offset));
        let brands = Brands::of(sets.iter().flat_map(|(_, set)| set.brand.iter()));
        let (offsets, sets) = sets.into_iter().unzip();
        Self { sets, offsets, brands }
    }

    /// The set in force at an instant: the last whose day has come, before all of them the first.
    pub fn in_force(&self, at: Timestamp) -> &RuleSet {
        self.in_force_as_known(at, u64::MAX)
    }

    /// The same by what stands before an offset of the log of registers.
    pub fn in_force_as_known(&self, at: Timestamp, up_to: u64) -> &RuleSet {
        let day = at.civil_day();
        let last = self.known(up_to).rev().find(|set| set.effective <= day);
        last.or_else(|| self.known(up_to).next())
            .unwrap_or_else(|| RuleSet::builtin_ref())
    }

    /// The code of a brand by its code or alias, by what stands before an offset of the log of registers.
    pub fn brand_as_known(&self, name: &str, up_to: u64) -> Option<&str> {
        if self.known(up_to).count() == self.sets.len() {
            return self.brands.resolve(name);
        }
        let brands = Brands::of(self.known(up_to).flat_map(|set| set.brand.iter()));
        let code = brands.resolve(name)?;
        self.known(up_to)
            .find_map(|set| set.brand.get_key_value(code))
            .map(|(code, _)| code)
    }

    /// The set that is in force last, by what stands before an offset.
    pub fn newest_as_known(&self, up_to: u64) -> &RuleSet {
        self.known(up_to).last().unwrap_or_else(|| RuleSet::builtin_ref())
    }

    /// All sets, in the order of their days.
    pub fn sets(&self) -> &[RuleSet] {
        &self.sets
    }

    /// The brands of all sets.
    pub fn brands(&self) -> &Brands {
        &self.brands
    }

    /// The set that is in force last, whose limits and default profile hold for what concerns no single parcel.
    pub fn newest(&self) -> &RuleSet {
        self.sets.last().unwrap_or_else(|| RuleSet::builtin_ref())
    }

    /// The sets that stand before an offset, in the order of their days.
    fn known(&self, up_to: u64) -> impl DoubleEndedIterator<Item = &RuleSet> {
        let sets = self.sets.iter().zip(&self.offsets);
        sets.filter(move |(_, offset)| offset.is_none_or(|offset| offset < up_to))
            .map(|(set, _)| set)
    }
}
