//! The oracle, which shares nothing with the core but the messages, says the same of every scenario.

mod files;

use std::collections::BTreeMap;

use sanbai_core::rules::Duty;
use sanbai_core::time::Timestamp;
use sanbai_sim::oracle::{Judged, Profile, judge};
use sanbai_sim::scenario::{Question, Scenario};
use sanbai_wire::proto;

#[test]
fn the_oracle_says_the_same_of_every_scenario() {
    let mut report = String::new();
    for file in files::all() {
        for scenario in &file.scenarios {
            for question in &scenario.questions {
                let (core, oracle) = (of_core(scenario, question), of_oracle(scenario, question));
                if core != oracle {
                    let head = format!("{}:{} {}", file.name, scenario.line, scenario.topic);
                    report.push_str(&format!(
                        "\n{head}, as of {}, {}\n  core   {core:?}\n  oracle {oracle:?}\n",
                        question.as_of, question.profile
                    ));
                }
            }
        }
    }
    assert!(report.is_empty(), "{report}");
}

type Said = (Vec<String>, BTreeMap<String, char>);

fn of_core(scenario: &Scenario, question: &Question) -> Option<Said> {
    scenario.judged(&scenario.events, question, |verdict, _| {
        let duties = Duty::ALL.map(|duty| {
            let duty = verdict.duty(duty);
            let ground = duty.status.ground().unwrap_or_default();
            told(duty.status.as_str(), ground, duty.performed_late, duty.reported_late)
        });
        let findings = verdict
            .findings
            .iter()
            .map(|found| (found.code.to_string(), found.severity.letter()));
        (duties.to_vec(), findings.collect())
    })
}

fn of_oracle(scenario: &Scenario, question: &Question) -> Option<Said> {
    let profile = if question.profile == "statutory" {
        Profile::Statutory
    } else {
        Profile::Strict100
    };
    let events: Vec<_> = scenario.events.iter().map(|event| event.message().clone()).collect();
    let judged: Judged = judge(&events, &scenario.registry, profile, to_proto(question.as_of))?;
    let duties = judged
        .duties
        .iter()
        .map(|duty| told(duty.status, &duty.ground, duty.performed_late, duty.reported_late));
    // The oracle looks at one parcel: what only many of them show is none of its business.
    let hits = scenario.hits.iter().map(|hit| (hit.code.to_string(), 'H'));
    Some((
        duties.collect(),
        judged.findings.clone().into_iter().chain(hits).collect(),
    ))
}

/// A duty in a few words; the words for what makes it unknown are each judge's own.
fn told(status: &str, ground: &str, performed_late: bool, reported_late: bool) -> String {
    let ground = if status == "unknown" { "" } else { ground };
    format!("{status} {ground} {performed_late} {reported_late}")
}

fn to_proto(at: Timestamp) -> proto::Timestamp {
    let (seconds, nanos) = at.to_parts();
    proto::Timestamp { seconds, nanos }
}
