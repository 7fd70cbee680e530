//! Every scenario says what the judge says.

mod files;

use std::collections::BTreeSet;

use sanbai_core::finding::Code;

#[test]
fn every_scenario_is_judged_as_it_says() {
    let mut report = String::new();
    for file in files::all() {
        for scenario in &file.scenarios {
            let differences = scenario.differences();
            if !differences.is_empty() {
                let head = format!("{}:{} {}: {}", file.name, scenario.line, scenario.topic, scenario.title);
                report.push_str(&format!("\n{head}\n    {}\n", differences.join("\n    ")));
            }
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn every_code_has_a_passing_and_a_failing_scenario() {
    let files = files::all();
    let rules: BTreeSet<(&str, bool)> = files
        .iter()
        .flat_map(|file| &file.scenarios)
        .filter_map(|scenario| scenario.rule())
        .collect();
    let wanted = Code::ALL
        .iter()
        .flat_map(|code| [(code.as_str(), true), (code.as_str(), false)]);
    let missing: Vec<_> = wanted.filter(|rule| !rules.contains(rule)).collect();
    assert!(missing.is_empty(), "without a scenario (code, passing): {missing:?}");
}

#[test]
fn a_failing_scenario_finds_its_rule_with_the_clause_and_a_passing_one_does_not() {
    for file in files::all() {
        for scenario in &file.scenarios {
            let Some((code, passes)) = scenario.rule() else {
                continue;
            };
            let found = scenario.finds(code);
            assert_eq!(found, !passes, "{}:{} {}", file.name, scenario.line, scenario.topic);
            assert_eq!(
                scenario.cites(code),
                !passes,
                "{}:{}: {code} and its clauses",
                file.name,
                scenario.line
            );
        }
    }
}

#[test]
fn topics_are_unique() {
    let mut seen = BTreeSet::new();
    for file in files::all() {
        for scenario in file.scenarios {
            assert!(
                seen.insert(scenario.topic.clone()),
                "{}: {} twice",
                file.name,
                scenario.topic
            );
        }
    }
}
