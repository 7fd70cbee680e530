//! Brands: codes, other names, patterns of their waybill numbers.

use std::collections::BTreeMap;

use serde::Deserialize;

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
    /// Upper-case codes and aliases, each with its code.
    codes: Vec<(String, String)>,
    /// The first eight bytes of each of them.
    heads: Vec<u64>,
}

impl Brands {
    pub(super) fn of<'a>(brands: impl Iterator<Item = (&'a String, &'a Brand)>) -> Self {
        let mut codes = BTreeMap::new();
        for (code, brand) in brands {
            for name in brand.aliases.iter().chain([code]) {
                codes.insert(name.to_uppercase(), code.clone());
            }
        }
        Self {
            heads: codes.keys().map(|name| head(name)).collect(),
            codes: codes.into_iter().collect(),
        }
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
        let wanted = head(name);
        let first = self.heads.partition_point(|head| *head < wanted);
        let alike = self.heads.get(first..)?.iter().take_while(|head| **head == wanted);
        // Those that begin alike stand in a row, nearly always one.
        let mut alike = alike.zip(self.codes.get(first..)?);
        let (_, (_, code)) = alike.find(|(_, (known, _))| known == name)?;
        Some(code)
    }
}

/// The first eight bytes of a name, with zeros where it has fewer: they are in the order of the names.
fn head(name: &str) -> u64 {
    match name.as_bytes().first_chunk() {
        Some(head) => u64::from_be_bytes(*head),
        None => {
            let bits = u32::try_from(name.len().saturating_mul(8)).unwrap_or(0);
            let head = name.bytes().fold(0, |head, byte| head << 8 | u64::from(byte));
            head.checked_shl(u64::BITS.saturating_sub(bits)).unwrap_or(0)
        }
    }
}
