//! What is asked for in `deploy/` exists.

use std::collections::BTreeSet;

use crate::text;

/// Every word that is the name of a metric.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    words
        .filter(|word| word.starts_with("sanbai_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_metric_that_is_asked_for_is_told() {
    let told: BTreeSet<String> = text("crates/sanbai/data/metrics.toml")
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .collect();
    for file in [
        "deploy/prometheus/sanbai.rules.yml",
        "deploy/prometheus/sanbai.rules.test.yml",
        "deploy/grafana/overview.json",
    ] {
        let asked = metrics(&text(file));
        assert!(asked.len() > 10, "{file}: {asked:?}");
        let unknown: Vec<_> = asked.difference(&told).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
}
