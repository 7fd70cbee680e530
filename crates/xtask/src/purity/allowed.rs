//! The allow-list: which crates may be inside a pure one, each with what it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;

/// Where the list is, below the root of the workspace.
pub(super) const PATH: &str = "crates/xtask/allowed-crates.txt";

/// What each pure crate may contain: package, crate, what for.
#[derive(Debug)]
pub(super) struct Allowed(BTreeMap<String, BTreeMap<String, String>>);

impl Allowed {
    /// Reads the list of this repository.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(root.join(PATH)).context(PATH)?;
        Self::parse(&text).context(PATH)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut packages = BTreeMap::new();
        let mut package: Option<&mut BTreeMap<String, String>> = None;
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                package = Some(packages.entry(name.to_owned()).or_default());
                continue;
            }
            let (name, purpose) = line
                .split_once(": ")
                .with_context(|| format!("`{line}`: `CRATE: WHAT FOR` expected"))?;
            let package = package
                .as_mut()
                .with_context(|| format!("`{line}`: stands before any `[PACKAGE]`"))?;
            package.insert(name.to_owned(), purpose.to_owned());
        }
        Ok(Self(packages))
    }

    /// What is inside without being allowed, and what is allowed without being inside.
    pub(super) fn problems(&self, package: &str, inside: &BTreeSet<String>) -> Vec<String> {
        let none = BTreeMap::new();
        let allowed = self.0.get(package).unwrap_or(&none);
        let strangers = inside
            .iter()
            .filter(|name| *name != package && !allowed.contains_key(*name));
        let absent = allowed.keys().filter(|name| !inside.contains(*name));
        strangers
            .map(|name| format!("{package} contains {name}, which is not allowed there"))
            .chain(absent.map(|name| format!("{package} no longer contains {name}: remove the line")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(inside: &[&str]) -> Vec<String> {
        let allowed = Allowed::parse("# why\n[sanbai-core]\nserde: rules files\ntoml: rules files\n").unwrap();
        allowed.problems("sanbai-core", &inside.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn the_list_is_exact() {
        assert_eq!(problems(&["sanbai-core", "serde", "toml"]), [""; 0]);
        assert_eq!(
            problems(&["rand", "sanbai-core", "serde"]),
            [
                "sanbai-core contains rand, which is not allowed there",
                "sanbai-core no longer contains toml: remove the line",
            ]
        );
    }

    #[test]
    fn a_crate_needs_a_purpose() {
        let error = Allowed::parse("[sanbai-core]\nserde\n").unwrap_err();
        assert_eq!(error.to_string(), "`serde`: `CRATE: WHAT FOR` expected");
    }
}
