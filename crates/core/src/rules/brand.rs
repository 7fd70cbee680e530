//! Brands: codes, other names, patterns of their waybill numbers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::by_name::ByName;
use super::pattern::Pattern;

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
    pub patterns: Vec<Pattern>,
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
    /// Codes by upper-case codes and aliases.
    codes: ByName<String>,
}

impl Brands {
    pub(super) fn of<'a>(brands: impl Iterator<Item = (&'a String, &'a Brand)>) -> Self {
        let mut codes = BTreeMap::new();
        for (code, brand) in brands {
            for name in brand.aliases.iter().chain([code]) {
                codes.insert(name.to_uppercase(), code.clone());
            }
        }
        Self { codes: codes.into() }
    }

    /// The code of a brand by its code or alias, in any case of letters; `None` for a brand that nobody knows.
    ///
    /// ```
    /// use sanbai_core::rules::Rules;
    ///
    /// assert_eq!(Rules::builtin().brands().resolve("shunfeng"), Some("SF"));
    /// ```
    pub fn resolve(&self, name: &str) -> Option<&str> {
        let code = self.codes.get(name).or_else(|| self.codes.get(&name.to_uppercase()));
        code.map(String::as_str)
    }
}
