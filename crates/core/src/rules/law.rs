//! Laws, their versions and how they are cited.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::time::CivilDay;

/// A law or standard.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Full name in Chinese.
    pub zh: String,
    /// Short name in Chinese.
    pub short_zh: String,
    /// Name in English.
    pub en: String,
    /// Versions, in the order of their days.
    pub versions: Vec<LawVersion>,
}

/// One version of a law.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawVersion {
    /// Year by which it is known.
    pub version: String,
    /// First day on which it is in force.
    #[serde(deserialize_with = "super::load::day")]
    pub from: CivilDay,
    /// Articles that had another number than in the last version: number of the last version, number in this one.
    pub renumbered: Option<BTreeMap<String, String>>,
}

/// A clause in the version that was in force on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clause<'a> {
    /// Short name of the law in Chinese.
    pub law_zh: &'a str,
    /// Name of the law in English.
    pub law_en: &'a str,
    /// Version by year.
    pub version: &'a str,
    /// Article; empty where the law is cited as a whole.
    pub article: &'a str,
}

impl Law {
    /// Cites `<law>` or `<law> <article>`; `None` where the law is not defined, is not in
    /// force yet, or its version of the day lacks the article.
    pub(super) fn cite<'a>(laws: &'a BTreeMap<String, Self>, reference: &'a str, on: CivilDay) -> Option<Clause<'a>> {
        let (id, article) = reference.split_once(' ').unwrap_or((reference, ""));
        let law = laws.get(id)?;
        let version = law.versions.iter().rev().find(|version| version.from <= on)?;
        let article = match &version.renumbered {
            Some(renumbered) if !article.is_empty() => renumbered.get(article)?.as_str(),
            _ => article,
        };
        Some(Clause {
            law_zh: &law.short_zh,
            law_en: &law.en,
            version: &version.version,
            article,
        })
    }
}
