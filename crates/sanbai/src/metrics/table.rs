//! The table of all metrics.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// All metrics, by their name.
pub(crate) static TABLE: LazyLock<BTreeMap<String, Metric>> = LazyLock::new(|| {
    let file: File = toml::from_str(FILE).expect("it is part of the program, and tests read it");
    let metrics = file.metric.into_iter();
    metrics.map(|metric| (metric.name.clone(), metric)).collect()
});

const FILE: &str = include_str!("../../data/metrics.toml");

#[derive(Debug, Deserialize)]
struct File {
    metric: Vec<Metric>,
}

/// One metric. What it means in other words, and what to do, is for the page alone.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metric {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// A base unit, where the name ends with one.
    pub(crate) unit: Option<String>,
    /// Names of the labels, in the order in which their values are given.
    pub(crate) labels: Vec<String>,
    /// What it is, in one line.
    pub(crate) en: String,
}

/// Whether it can fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Counter,
    Gauge,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}
