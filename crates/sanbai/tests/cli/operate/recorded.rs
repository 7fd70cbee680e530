//! What lies on a log, replayed once more: verdicts come out as they were published.

use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::clock::Clock;
use sanbai_engine::log::{Message, Topic};
use serde_json::Value;

use super::daemon::Site;

const FROM: [&str; 4] = ["replay", "--from", "sanbai.parcel-events", "--json"];

/// The verdicts of a replay, and its exit code.
fn replayed(site: &Site, range: &[&str]) -> (Vec<String>, i32, String) {
    let run = site.run(&[&FROM, range].concat());
    let lines = run.out.lines().filter(|line| line.contains("\"kind\":\"verdict\""));
    (lines.map(str::to_owned).collect(), run.code, run.err)
}

fn published(site: &Site) -> Vec<String> {
    let out = site.ok(&["tail", "verdicts", "--from-beginning", "--until-end"]);
    out.lines().map(str::to_owned).collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn what_was_recorded_is_replayed_as_it_was_published() {
    let mut site = Site::running();
    for waybill in ["SF1000000000001", "SF1000000000002"] {
        site.parcel(waybill);
    }
    let between = Clock::SYSTEM.now();
    site.parcel("SF1000000000003");
    site.stop();
    let (all, code, said) = replayed(&site, &[]);
    assert_eq!(sorted(all.clone()), sorted(published(&site)), "{said}");
    assert!(all.len() >= 3, "{said}");
    let has_findings = all.iter().any(|line| !line.contains("\"findings\":[]"));
    assert_eq!(code, i32::from(has_findings), "{said}");

    let between = between.to_string();
    let (since, _, said) = replayed(&site, &["--since", &between]);
    assert!(said.contains("warming up"), "{said}");
    let (until, ..) = replayed(&site, &["--until", &between]);
    let of = |lines: &[String], waybill: &str| lines.iter().filter(|line| line.contains(waybill)).count();
    assert_eq!((of(&since, "SF1000000000001"), of(&until, "SF1000000000003")), (0, 0));
    assert!(of(&since, "SF1000000000003") > 0 && of(&until, "SF1000000000001") > 0);
    assert_eq!(sorted([since, until].concat()), sorted(all), "each half says its own");
}

#[test]
fn a_replay_goes_on_from_a_snapshot() {
    let mut site = Site::running();
    site.parcel("SF1000000000001");
    site.ok(&["snapshot", "take"]);
    site.eventually("a snapshot of each parcel shard", || {
        let kept = site.lines(&["snapshot", "list", "--json"]);
        let of = |partition: u64| {
            kept.iter()
                .any(|line| line["shard"] == "parcel" && line["partition"] == partition)
        };
        (of(0) && of(1)).then_some(())
    });
    let since = Clock::SYSTEM.now().plus(Span::seconds(1));
    site.eventually("a second passes", || (Clock::SYSTEM.now() >= since).then_some(()));
    site.parcel("SF1000000000002");
    site.stop();
    let early = Timestamp::parse("2026-01-01T00:00:00+08:00")
        .expect("a time")
        .to_string();
    let none = site.run(&[&FROM[..], &["--since", &early, "--from-snapshot"]].concat());
    assert!(
        none.code == 2 && none.err.contains("no snapshot before that moment"),
        "{}",
        none.err
    );
    let range = ["--since", &since.to_string(), "--from-snapshot"];
    let (lines, code, said) = replayed(&site, &range);
    let later = |line: &String| line.contains("SF1000000000002");
    let expected: Vec<String> = published(&site).into_iter().filter(later).collect();
    assert_eq!(sorted(lines), sorted(expected), "{code}: {said}");
}

#[test]
fn a_replay_says_what_was_rejected() {
    let mut site = Site::running();
    site.parcel("SF1000000000001");
    site.stop();
    let other = site.run(&["replay", "--from", "sanbai.verdicts"]);
    assert!(
        other.code == 2 && other.err.contains("the topic that can be replayed"),
        "{}",
        other.err
    );
    site.append(vec![Message {
        topic: Topic::ParcelEvents,
        partition: 0,
        key: None,
        headers: Vec::new(),
        value: b"no event".to_vec(),
    }]);
    let (_, code, said) = replayed(&site, &[]);
    assert!(said.contains("拒绝 rejected: "), "{said}");
    assert_eq!(code, 1, "what was rejected was found");
    let listed: Vec<Value> = site.lines(&["tail", "rejects", "--from-beginning", "--until-end"]);
    assert!(listed.is_empty(), "a replay changes nothing: {listed:?}");
}
