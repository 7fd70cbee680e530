//! What a daemon exports after a small world ran through it.

use std::collections::{BTreeMap, BTreeSet};

use sanbai_core::finding::Code;
use sanbai_core::shard::scope::AlertRule;

use super::world::{Running, Sample, accepted, read, sums};
use crate::metrics::Form;
use crate::metrics::table::TABLE;

const TABLE_FILE: &str = include_str!("../../../data/metrics.toml");
const PAGE: &str = include_str!("../../../../../docs/metrics.md");

/// An ID number, a phone number and a name.
const MARKED: [&str; 3] = ["440308199901101512", "13912345678", "欧阳翠花"];

/// 3 outlets with 2 couriers each, and things that are wrong; judged some hours later.
fn world() -> (Running, Vec<Sample>, String) {
    let running = Running::new(|_| {});
    let mut lines: Vec<String> = (0..60)
        .map(|number| accepted(number, &format!("GZ-{}", number % 3), &format!("C-{}", number % 6)))
        .collect();
    lines.push("{".to_owned());
    lines.extend(marked());
    assert_eq!(running.post(&lines), 200);
    let metrics = &running.daemon().metrics;
    running.until("parcels are judged", || {
        let samples = read(&metrics.page(Form::Prometheus));
        let by_status = sums(&samples, "sanbai_duty_parcels", &["status"]);
        by_status
            .get(&vec!["failed".to_owned()])
            .is_some_and(|failed| *failed >= 60.0)
    });
    metrics.config_was_read(false);
    let page = metrics.page(Form::Prometheus);
    let samples = read(&page);
    (running, samples, page)
}

/// Personal data in every place where somebody could put it.
fn marked() -> Vec<String> {
    let [number, phone, name] = MARKED;
    let mut lines = Vec::new();
    for (nth, value) in (1_000..).step_by(10).zip(MARKED) {
        lines.push(accepted(nth, value, "C-1"));
        lines.push(accepted(nth + 1, "GZ-1", value));
        lines.push(accepted(nth + 2, "GZ-1", "C-1").replace("SF0000", value));
        lines.push(accepted(nth + 3, "GZ-1", "C-1").replace("\"SF\"", &format!("\"{value}\"")));
        lines.push(accepted(nth + 4, "GZ-1", "C-1").replace("书籍", value));
        lines.push(accepted(nth + 5, "GZ-1", "C-1").replace("\"accepted\"", &format!("\"{value}\"")));
    }
    let sender = format!("\"accepted\":{{\"sender\":{{\"name\":\"{name}\",\"phone\":\"{phone}\"}},");
    lines.push(accepted(2_000, "GZ-1", "C-1").replace("\"accepted\":{", &sender));
    let document = format!(r#"{{"kind":"resident","number":"{number}"}}"#);
    let checked = format!(r#""identityChecked":{{"result":"pass","document":{document}}}}}"#);
    let acceptance = accepted(2_001, "GZ-1", "C-1");
    let (head, _) = acceptance.split_once("\"accepted\"").expect("an acceptance");
    lines.push(format!("{head}{checked}"));
    lines
}

#[test]
fn what_is_exported_is_what_the_table_says_and_names_nobody() {
    let (running, samples, page) = world();
    let took = sums(&samples, "sanbai_scrape_duration_seconds", &[])[&Vec::new()];
    println!("{} samples, {} bytes in {took} s", samples.len(), page.len());
    let exported: BTreeSet<&str> = samples.iter().map(|sample| &*sample.name).collect();
    let documented: BTreeSet<&str> = TABLE.keys().map(String::as_str).collect();
    // Those of brokers have no samples without brokers.
    let is_ours = |name: &&&str| !name.starts_with("sanbai_kafka_");
    let local: BTreeSet<&str> = documented.iter().filter(is_ours).copied().collect();
    assert_eq!(exported, local);
    let on_the_page: BTreeSet<&str> = PAGE.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(on_the_page, documented);
    labels_hold_only_what_they_may(&samples);
    adds_up(&samples);
    let open = running.get("/metrics", "accept: application/openmetrics-text\r\n").1;
    for value in MARKED.into_iter().chain(["SF00000", "hs256", "0190a8b2"]) {
        assert!(!page.contains(value), "{value} in the metrics");
        assert!(!open.contains(value), "{value} in the metrics");
    }
}

/// Closed sets hold what they say, and nothing else is in a label that could grow.
fn labels_hold_only_what_they_may(samples: &[Sample]) {
    let file: toml::Table = TABLE_FILE.parse().expect("the table");
    let mut closed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, label) in file["label"].as_table().expect("labels") {
        if let Some(values) = label.get("values").and_then(toml::Value::as_array) {
            closed.insert(name, values.iter().filter_map(toml::Value::as_str).collect());
        }
    }
    let rules: BTreeSet<&str> = AlertRule::ALL.map(AlertRule::as_str).into();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    for sample in samples {
        for (name, value) in &sample.labels {
            let is_right = match name.as_str() {
                "partition" | "behaviour" => value.parse::<u32>().is_ok(),
                "code" | "reason" => value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "rule" => rules.contains(&**value) || codes.contains(&**value) || value == "rightly_handled",
                "brand" => value == "SF",
                "place" => value == "unknown",
                "site" => value.starts_with("GZ-"),
                "operator" => value.starts_with("C-"),
                "version" => value == env!("CARGO_PKG_VERSION"),
                closed_one => closed[closed_one].contains(&**value),
            };
            assert!(is_right, "{name}={value:?} of {}", sample.name);
        }
    }
}

fn adds_up(samples: &[Sample]) {
    let by = ["stage", "partition"];
    let records = sums(samples, "sanbai_records_total", &by);
    assert_eq!(records, sums(samples, "sanbai_consumed_offsets_total", &by));
    assert!(sums(samples, "sanbai_ledger_mismatch", &[])[&Vec::new()] == 0.0);
    let parcels = sums(samples, "sanbai_duty_parcels", &["day", "duty", "status"]);
    let outlets = sums(samples, "sanbai_outlet_duty_parcels", &["day", "duty", "status"]);
    let named: f64 = sums(samples, "sanbai_outlets_left_out", &[])[&Vec::new()];
    assert!(named <= 1.0, "one outlet has the name of a person");
    for (key, count) in &parcels {
        let of_outlets = outlets.get(key).copied().unwrap_or(0.0);
        // One parcel was accepted at an outlet with the name of a person, if at all.
        assert!((count - of_outlets).abs() <= named, "{key:?}: {count} and {of_outlets}");
    }
    let accepted = sums(samples, "sanbai_intake_accepted_events_total", &[])[&Vec::new()];
    assert!(accepted >= 60.0);
    let refused = sums(samples, "sanbai_intake_refused_events_total", &[])[&Vec::new()];
    assert!(refused >= 1.0);
}
