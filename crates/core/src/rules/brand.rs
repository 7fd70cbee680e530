//! Brands: codes, other names, patterns of their waybill numbers.

use core::cmp::Ordering;
use std::collections::BTreeMap;

use regex_lite::Regex;
use serde::Deserialize;

/// A brand (品牌).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// Name in Chinese.
    pub zh: String,
    /// Name in English.
    pub en: String,
    /// Other codes under which it is known; case does not matter.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Patterns of a whole waybill number. Empty: not answered. Brands change their ranges, so a mismatch only informs (DQ-06).
    #[serde(default, deserialize_with = "super::load::patterns")]
    pub patterns: Vec<Regex>,
}

impl Brand {
    /// Whether a waybill number fits one of the patterns; `None` where there are none.
    pub fn fits(&self, waybill: &str) -> Option<bool> {
        (!self.patterns.is_empty()).then(|| self.patterns.iter().any(|pattern| pattern.is_match(waybill)))
    }
}

/// The names of all brands.
#[derive(Clone, Debug, Default)]
pub struct Brands {
    /// Upper-case code or alias, and the code; in the order of lengths, then names.
    codes: Vec<(String, String)>,
}

impl Brands {
    pub(super) fn of<'a>(brands: impl Iterator<Item = (&'a String, &'a Brand)>) -> Self {
        let mut codes = BTreeMap::new();
        for (code, brand) in brands {
            for name in brand.aliases.iter().chain([code]) {
                codes.insert(name.to_uppercase(), code.clone());
            }
        }
        let mut codes: Vec<(String, String)> = codes.into_iter().collect();
        codes.sort_by(|(one, _), (other, _)| by_length(one, other));
        Self { codes }
    }

    /// The code of a brand by its code or alias, in any case of letters; `None` for a brand that nobody knows.
    ///
    /// ```
    /// use sanbai_core::rules::Rules;
    ///
    /// assert_eq!(Rules::builtin().brands().resolve("shunfeng"), Some("SF"));
    /// ```
    pub fn resolve(&self, name: &str) -> Option<&str> {
        self.find(name).or_else(|| self.find(&name.to_uppercase()))
    }

    fn find(&self, name: &str) -> Option<&str> {
        let place = self.codes.binary_search_by(|(known, _)| by_length(known, name)).ok()?;
        self.codes.get(place).map(|(_, code)| code.as_str())
    }
}

fn by_length(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}
