//! A real daemon with the sample day, and a real Prometheus that reads from it.

use std::path::Path;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::daemon::Daemon;
use crate::prometheus::Prometheus;
use crate::{PATIENCE, dashboard, eventually};

/// Metrics of a log on the disk begin so; with a log on brokers there are none of them.
const OF_THE_DISK: &str = "sanbai_log_";

#[test]
fn every_query_has_an_answer_and_every_rule_works() {
    let Some(program) = Prometheus::program() else { return };
    let (prometheus, _daemon) = watched(&program, None);
    every_panel_shows_something(&prometheus, |_| true);
    the_dashboard_counts_as_the_daemon_does(&prometheus);
    every_rule_works(&prometheus);
}

#[test]
fn on_brokers_the_dashboard_shows_the_same() {
    let Some(program) = Prometheus::program() else { return };
    let Some(brokers) = sanbai_rig::brokers_or_say_why(1) else {
        return;
    };
    let (prometheus, _daemon) = watched(&program, Some(brokers.bootstrap()));
    every_panel_shows_something(&prometheus, |query| !query.contains(OF_THE_DISK));
    the_dashboard_counts_as_the_daemon_does(&prometheus);
    every_rule_works(&prometheus);
    let assigned = first(&prometheus, "sum(sanbai_kafka_assigned_partitions)");
    assert_eq!(assigned, Some(5.0));
}

/// A Prometheus that reads from a daemon with the sample day.
fn watched(program: &Path, brokers: Option<String>) -> (Prometheus, Daemon) {
    let daemon = Daemon::after_the_sample_day(brokers);
    let prometheus = Prometheus::start(program, &daemon.metrics);
    // It sees the counters before anything happens.
    eventually("Prometheus has read", || {
        first(&prometheus, "sanbai_intake_accepted_events_total")
    });
    daemon.set_clock();
    // They come a second time, and change nothing.
    daemon.push_sample();
    eventually("the day is judged", || {
        let judged = r#"sum(sanbai_duty_parcels{day="yesterday", status=~"satisfied|failed"}) > 500"#;
        first(&prometheus, judged)
    });
    (prometheus, daemon)
}

/// The first value of a query.
fn first(prometheus: &Prometheus, query: &str) -> Option<f64> {
    let result = prometheus.query(query).expect(query);
    result.first().map(value)
}

fn value(sample: &Value) -> f64 {
    let text = sample["value"][1].as_str().expect("a value");
    text.parse().expect("a number")
}

fn every_panel_shows_something(prometheus: &Prometheus, must: fn(&str) -> bool) {
    let mut queries = dashboard::queries();
    queries.retain(|(_, query)| must(query));
    assert!(queries.len() > 50, "{}", queries.len());
    // Rates need two readings: one deadline for all, so that all that is missing is named.
    let deadline = Instant::now() + PATIENCE;
    let mut missing = queries;
    while !missing.is_empty() && Instant::now() < deadline {
        park_timeout(Duration::from_millis(500));
        missing.retain(|(title, query)| {
            let result = prometheus.query(query).expect(query);
            for sample in &result {
                assert!(value(sample).is_finite(), "{title}: {query}: {sample}");
            }
            result.is_empty()
        });
    }
    assert!(
        missing.is_empty(),
        "nothing to show: {missing:#?}\n{}",
        prometheus.said()
    );
}

/// Sums over brands and places against the daemon's own rates over all.
fn the_dashboard_counts_as_the_daemon_does(prometheus: &Prometheus) {
    let queries = dashboard::queries();
    for (title, reading) in [
        ("名义履行率 Nominal rates", "nominal"),
        ("可信履行率 Credible rates", "credible"),
    ] {
        let (_, query) = queries.iter().find(|(panel, _)| panel == title).expect("the panel");
        let own = format!(r#"sanbai_duty_overall_ratio{{day="yesterday", reading="{reading}"}}"#);
        // In one query, so that both are of one reading.
        let difference = format!("abs(({query}) - on (duty) ({own}))");
        let differences = prometheus.query(&difference).expect("an answer");
        assert_eq!(differences.len(), 3, "{differences:?}");
        for difference in differences {
            assert!(value(&difference) < 1e-9, "{difference}");
        }
    }
}

fn every_rule_works(prometheus: &Prometheus) {
    let rules = eventually("all rules were evaluated", || {
        let rules = prometheus.rules();
        rules.iter().all(|rule| rule["health"] != "unknown").then_some(rules)
    });
    assert!(rules.len() > 30, "{}", rules.len());
    for rule in &rules {
        let name = rule["name"].as_str().expect("a name");
        assert_eq!(rule["health"], "ok", "{name}: {}", rule["lastError"]);
        let query = rule["query"].as_str().expect("a query");
        prometheus.query(query).expect(name);
        for key in ["summary", "runbook"] {
            let text = rule["annotations"][key].as_str().unwrap_or_default();
            let (chinese, english) = text.split_once('。').expect(text);
            assert!(
                !chinese.is_ascii() && english.is_ascii() && english.ends_with('.'),
                "{name}: {key}: {text}"
            );
        }
        assert!(
            ["critical", "warning", "info"]
                .iter()
                .any(|severity| rule["labels"]["severity"] == *severity),
            "{name}"
        );
        assert!(
            ["operators", "supervisors"]
                .iter()
                .any(|team| rule["labels"]["team"] == *team),
            "{name}"
        );
    }
    // Prohibited goods were planted, and the daemon is well.
    let state = |name: &str| rules.iter().find(|rule| rule["name"] == name).expect("there")["state"].clone();
    eventually("prohibited goods are told", || {
        first(prometheus, r#"ALERTS{alertname="SanbaiUrgent", alertstate="firing"}"#)
    });
    for quiet in [
        "SanbaiDown",
        "SanbaiLedgerMismatch",
        "SanbaiShardParked",
        "SanbaiLogDamaged",
        "SanbaiIntakeStopped",
    ] {
        assert_eq!(state(quiet), "inactive", "{quiet}");
    }
}
