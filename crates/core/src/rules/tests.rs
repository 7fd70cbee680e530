//! The built-in set, and what is said of a file that is wrong.

use super::{RuleSet, Rules, Severity};
use crate::finding::Code;
use crate::time::{CivilDay, Timestamp};

const HEAD: &str = "version = \"x\"\neffective = \"2026-01-01\"\n";

fn faults(text: &str) -> Vec<String> {
    RuleSet::overlay(text).expect_err("the file is wrong").faults
}

#[test]
fn builtin_set_has_every_code_and_nothing_wrong() {
    let set = RuleSet::builtin();
    assert_eq!(set.rule.len(), Code::ALL.len());
    assert_eq!(set.profile, "strict100");
    assert_eq!(set.faults(), [""; 0]);
}

#[test]
fn codes_are_in_the_order_of_their_texts_and_can_be_read_back() {
    assert!(Code::ALL.is_sorted_by_key(|code| code.as_str()));
    assert!(Code::ALL.iter().all(|code| Code::parse(code.as_str()) == Some(*code)));
}

#[test]
fn express_regulations_are_cited_in_the_version_of_the_day() {
    let set = RuleSet::builtin();
    let article = |day: &str| {
        let clauses = set.clauses(Code::Rn01, CivilDay::parse(day).expect("a day"));
        let clause = clauses
            .into_iter()
            .find(|clause| clause.law_zh == "快递暂行条例")
            .expect("cited");
        (clause.version.to_owned(), clause.article.to_owned())
    };
    assert_eq!(article("2025-05-31"), ("2019".to_owned(), "22".to_owned()));
    assert_eq!(article("2025-06-01"), ("2025".to_owned(), "23".to_owned()));
}

#[test]
fn overlay_changes_what_it_states_from_its_day_and_nothing_else() {
    let text = format!("{HEAD}[spans]\ngrace_min = 30\n[rule.IN-06]\nseverity = \"high\"\n");
    let rules = Rules::with_overlays(&[&text]).expect("the file is right");
    let at = |text| rules.in_force(Timestamp::parse(text).expect("a time"));
    assert_eq!(at("2025-12-31T23:59:59+08:00").spans.grace_min, 120);
    let new = at("2026-01-01T00:00:00+08:00");
    assert_eq!((new.spans.grace_min, new.spans.urgent_grace_min), (30, 10));
    assert_eq!(new.rule(Code::In06).map(|rule| rule.severity), Some(Severity::High));
}

#[test]
fn district_with_five_hundreds_adds_indicators() {
    let text =
        format!("{HEAD}[indicator.licence]\norder = 4\nzh = \"持证\"\nen = \"licensed\"\nwithout = [\"OR-01\"]\n");
    assert_eq!(RuleSet::overlay(&text).expect("the file is right").indicator.len(), 4);
}

#[test]
fn every_fault_is_said_not_only_the_first() {
    let text = format!(
        "{HEAD}profile = \"lenient\"\n[spans]\ngrace_min = 9000\n[rule.RN-01]\nclauses = [\"no_law 1\"]\nprofiles = [\"x\"]\n"
    );
    assert_eq!(
        faults(&text),
        [
            "spans.grace_min: is 9000, outside 0 to 1440",
            "profile: lenient is not in profile_set",
            "rule.RN-01.profiles: x is not in profile_set",
            "rule.RN-01.clauses: no_law is not in law",
        ]
    );
}

#[test]
fn figures_of_alerts_keep_to_their_ranges_and_what_is_graver_begins_no_earlier() {
    let text = format!(
        "{HEAD}[limits]\nrows_days = 0\n[alerts]\nday_closes_after_min = 2881\n\
        [alerts.rate]\nparcels_min = 0\nhigh_below_per_10k = 9000\n[alerts.burst]\ngrave_min = 4\nease_hold_min = 1441\n\
        [alerts.volume]\nreported_min_per_10k = 10001\n[patterns]\nidentity_per_outlet_day_max = 0\n"
    );
    assert_eq!(
        faults(&text),
        [
            "limits.rows_days: is 0, outside 1 to 60",
            "alerts.day_closes_after_min: is 2881, outside 0 to 2880",
            "alerts.rate.parcels_min: is 0, outside 1 to 100000",
            "alerts.rate.critical_below_per_10k: is 9500, outside 0 to 9000",
            "alerts.burst.grave_min: is 4, outside 5 to 100000",
            "alerts.volume.reported_min_per_10k: is 10001, outside 0 to 10000",
            "alerts.burst.ease_hold_min: is 1441, outside 0 to 1440",
            "patterns.identity_per_outlet_day_max: is 0, outside 1 to 100000",
        ]
    );
}

#[test]
fn overlay_changes_one_figure_of_an_alert_and_leaves_its_neighbours() {
    let text = format!("{HEAD}[alerts.silent]\nseverity = \"high\"\n[alerts.rate]\nparcels_min = 30\n");
    let alerts = RuleSet::overlay(&text).expect("the file is right").alerts;
    assert_eq!(
        (alerts.silent.severity, alerts.silent.raise_hold_min),
        (Severity::High, 10)
    );
    assert_eq!((alerts.rate.parcels_min, alerts.rate.high_below_per_10k), (30, 9_900));
    let [fault] = faults(&format!("{HEAD}[alerts.silent]\nseverity = \"loud\"\n"))
        .try_into()
        .expect("one fault");
    assert!(fault.starts_with("alerts.silent.severity: "), "{fault}");
}

#[test]
fn unknown_key_is_a_fault_with_its_name() {
    let [fault] = faults(&format!("{HEAD}[spans]\ngrace_minutes = 5\n"))
        .try_into()
        .expect("one fault");
    assert!(fault.contains("grace_minutes"), "{fault}");
}

#[test]
fn every_key_that_cannot_be_read_is_said_with_its_path_and_so_is_what_is_out_of_range() {
    let text = "effective = \"someday\"\nnonsense = 1\n\
        [spans]\ngrace_min = \"long\"\nurgent_grace_min = -1\nfuture_min = 9000\n\
        [rule.ZZ-99]\nseverity = \"high\"\n[rule.RN-01]\nseverity = \"terrible\"\nduty = 7\n\
        [brand.ZZ]\nzh = 1\npatterns = [\"(\"]\n[profile_set.lenient]\nzh = \"宽松\"\nclass_o = \"whenever\"\n";
    let faults = faults(text);
    let paths: Vec<&str> = faults.iter().filter_map(|fault| fault.split(": ").next()).collect();
    let mut sorted = paths.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            "brand.ZZ.en",
            "brand.ZZ.patterns",
            "brand.ZZ.zh",
            "effective",
            "nonsense",
            "profile_set.lenient.class_o",
            "profile_set.lenient.en",
            "profile_set.lenient.special_way",
            "rule.RN-01.duty",
            "rule.RN-01.severity",
            "rule.ZZ-99",
            "spans.future_min",
            "spans.grace_min",
            "spans.urgent_grace_min",
            "version",
        ],
        "{faults:#?}"
    );
    assert!(
        faults.contains(&"rule.ZZ-99: no rule has that code".to_owned()),
        "{faults:#?}"
    );
}

#[test]
fn entry_that_is_new_may_leave_out_what_is_optional() {
    let text = format!("{HEAD}[brand.ZZ]\nzh = \"自营\"\nen = \"own\"\n[spans]\ngrace_min = \"x\"\n");
    let [fault] = faults(&text).try_into().expect("one fault");
    assert!(fault.starts_with("spans.grace_min: "), "{fault}");
}

#[test]
fn file_without_version_and_day_is_refused() {
    assert_eq!(faults("profile = \"statutory\"").len(), 2);
}

/// Found by the fuzzer: each key was tried on all that had been read before it.
#[test]
fn a_file_of_very_many_keys_that_cannot_be_read_takes_no_longer_than_its_length() {
    let keys = |prefix: &str| -> String { (0..3_000).map(|number| format!("{prefix}{number} = 1\n")).collect() };
    let text = format!(
        "{HEAD}{}[spans]\n{}[documents]\n{}[brand.ZZ]\n{}",
        keys("a"),
        keys("b"),
        keys("c"),
        keys("d")
    );
    assert_eq!(faults(&text).len(), 12_002, "and the new brand has no names");
}
