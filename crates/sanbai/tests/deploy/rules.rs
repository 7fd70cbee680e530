//! The alerting rules, by `promtool`.

use std::process::Command;

use sanbai_rig::program_or_say_why;

use crate::{prometheus, repository, run, text};

#[test]
fn every_alert_fires_where_it_must_and_only_there() {
    let Some(promtool) = program_or_say_why("promtool", prometheus::HOW_TO_GET) else {
        return;
    };
    let folder = repository("deploy/prometheus");
    run(Command::new(&promtool)
        .args(["check", "rules"])
        .arg(folder.join("sanbai.rules.yml")));
    run(Command::new(&promtool)
        .args(["test", "rules"])
        .arg(folder.join("sanbai.rules.test.yml")));
    run(Command::new(&promtool)
        .args(["check", "config", "--syntax-only"])
        .arg(folder.join("prometheus.yml")));

    let tests = text("deploy/prometheus/sanbai.rules.test.yml");
    for line in text("deploy/prometheus/sanbai.rules.yml").lines() {
        if let Some(alert) = line.trim().strip_prefix("- alert: ") {
            assert!(tests.contains(&format!("alertname=\"{alert}\"")), "{alert} has no test");
        }
    }
}
