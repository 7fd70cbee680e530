//! `generate`: days, subjects, ticks.

use std::collections::BTreeSet;

use sanbai_core::time::{Span, Timestamp};
use serde_json::Value;

use crate::support::{Folder, Run, sanbai};

fn week(more: &[&str]) -> Run {
    let plan = ["generate", "--parcels", "40", "--days", "3", "--violations", "0"];
    let run = sanbai(&[&plan[..], more].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    run
}

#[test]
fn parcels_are_those_of_each_day() {
    let events = week(&[]).json();
    let waybills: BTreeSet<&str> = events.iter().filter_map(|event| event["waybill"].as_str()).collect();
    assert_eq!(waybills.len(), 120);
    let accepted = events.iter().filter(|event| !event["accepted"].is_null());
    let days: BTreeSet<String> = accepted
        .filter_map(|event| Timestamp::parse(event["occurredAt"].as_str()?))
        .map(|at| at.civil_day().to_string())
        .collect();
    assert_eq!(Vec::from_iter(days), ["2026-03-10", "2026-03-11", "2026-03-12"]);
}

#[test]
fn subjects_are_written_when_asked_for_and_judge_no_parcel() {
    let (with, without) = (week(&["--subjects"]), week(&[]));
    assert!(!without.out.contains("\"subject\""));
    for kind in ["deviceState", "screenerShift", "declaredVolume"] {
        assert!(with.json().iter().any(|event| !event[kind].is_null()), "{kind}");
    }
    let folder = Folder::new();
    let check = |events: &str| sanbai(&["check", "--json", &folder.write("week.ndjson", events)]);
    let (judged, plain) = (check(&with.out), check(&without.out));
    let subjects = with.json().iter().filter(|event| event["waybill"].is_null()).count() as u64;
    // Six whole days of twenty machines and fifty outlets, and one more morning.
    assert_eq!(subjects, 6 * (20 * 8 + 50) + 40);
    assert_eq!(
        (judged.ledger("subject"), judged.ledger("rejected")),
        (subjects, 0),
        "{}",
        judged.err
    );
    assert_eq!(judged.out.lines().count(), plain.out.lines().count());
}

#[test]
fn ticks_stand_at_every_interval_before_what_is_received_from_then_on() {
    let folder = Folder::new();
    let run = week(&["--ticks", "600", "--registry", &folder.join("registry")]);
    let records: usize = std::fs::read_dir(folder.path().join("registry"))
        .expect("registers")
        .map(|file| {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("readable");
            text.lines().count() - 1
        })
        .sum();
    let time = |value: &Value| value.as_str().and_then(Timestamp::parse);
    let (mut ticks, mut last): (u32, Option<Timestamp>) = (0, None);
    for line in run.json() {
        if line["tick"].is_null() {
            let (intake, last) = (time(&line["intakeAt"]).expect("an intake"), last.expect("a tick"));
            assert!(last <= intake && intake < last.plus(Span::minutes(10)), "{line}");
            continue;
        }
        let at = time(&line["tick"]["time"]).expect("a time");
        assert!(last.is_none_or(|last| last.plus(Span::minutes(10)) == at), "{line}");
        assert_eq!(line["tick"]["registryOffset"], records);
        (ticks, last) = (ticks + 1, Some(at));
    }
    assert!(ticks > 3 * 144, "{ticks} in more than three days");
    assert_eq!(
        week(&["--ticks", "600"]).json()[0]["tick"]["registryOffset"],
        0,
        "no registers, no offset"
    );
}
