//! `replay`: the same answers as `check`, alerts, the clock of a file, what other rules change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::support::{AS_OF, Folder, base, command, day, judge, repository, sanbai, sanbai_with, text};

/// The part of a table of which `check` and `replay` say the same; the examples are of one of the parcels.
fn table(out: &str) -> Vec<&str> {
    let table = out.split("\n未解除的预警").next().expect("a table");
    let table = table.split("\n没有未解除的预警").next().expect("a table");
    table.trim_end().lines().collect()
}

fn kinds(lines: &[Value]) -> BTreeMap<&str, usize> {
    let mut kinds = BTreeMap::new();
    for line in lines {
        *kinds.entry(line["kind"].as_str().expect("a kind")).or_default() += 1;
    }
    kinds
}

#[test]
fn the_table_is_that_of_check() {
    for profile in ["strict100", "statutory"] {
        let of = |command: &str| {
            let more = ["--registry", &day().registry, "--profile", profile, "--rows", "0"];
            sanbai(&[&[command, day().events.as_str()], &more[..]].concat())
        };
        let (check, replay) = (of("check"), of("replay"));
        assert_eq!((check.code, replay.code), (1, 1), "{}", replay.err);
        assert_eq!(table(&check.out), table(&replay.out), "{profile}");
        assert!(replay.out.contains("未解除的预警 Standing alerts"), "{}", replay.out);
    }
}

#[test]
fn verdicts_are_those_of_check_with_their_place_and_time() {
    let checked: BTreeMap<String, Value> = judge(&[&day().events])
        .json()
        .into_iter()
        .map(|verdict| (verdict["waybill"].to_string(), verdict))
        .collect();
    let run = sanbai(&["replay", "--json", "--registry", &day().registry, &day().events]);
    let (mut last, mut before) = (BTreeMap::new(), String::new());
    for line in run.json() {
        if line["kind"] == "verdict" {
            let version = line["version"].as_str().expect("a version").to_owned();
            assert!(version >= before, "versions rise");
            before = version;
            last.insert(line["waybill"].to_string(), line);
        }
    }
    assert!(
        last.len() * 10 > checked.len() * 9,
        "{} of {}",
        last.len(),
        checked.len()
    );
    for (waybill, mut verdict) in last {
        let mut check = checked[&waybill].clone();
        assert!(!verdict["at"].is_null());
        for verdict in [&mut verdict, &mut check] {
            let verdict = verdict.as_object_mut().expect("an object");
            for name in ["kind", "version", "at", "revision"] {
                verdict.remove(name);
            }
            for duty in ["realName", "inspection", "xray"] {
                let duty = verdict["duties"][duty].as_object_mut().expect("an object");
                if duty["status"] == "pending" {
                    duty.remove("deadline");
                }
            }
        }
        assert_eq!(verdict, check);
    }
}

#[test]
fn every_planted_violation_of_days_with_ticks_is_found() {
    let folder = Folder::new();
    let (registry, truth) = (folder.join("registry"), folder.join("truth.ndjson"));
    let plan = [
        "generate",
        "--parcels",
        "100",
        "--days",
        "3",
        "--violations",
        "2000",
        "--subjects",
        "--ticks",
        "5",
    ];
    let days = sanbai(&[&plan[..], &["--registry", &registry, "--truth", &truth]].concat());
    let file = folder.write("days.ndjson", &days.out);
    let run = sanbai(&["replay", "--json", "--registry", &registry, &file]);
    assert_eq!(run.code, 1, "{}", run.err);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let lines = run.json();
    for line in lines.iter().filter(|line| line["kind"] == "verdict") {
        let codes = line["findings"].as_array().expect("findings").iter();
        let codes = codes.map(|finding| finding["code"].to_string()).collect();
        found.insert(line["waybill"].to_string(), codes);
    }
    let truth = fs::read_to_string(&truth).expect("truth");
    assert!(truth.lines().count() > 40);
    for line in truth.lines() {
        let planted: Value = serde_json::from_str(line).expect("JSON");
        let codes: BTreeSet<String> = planted["codes"]
            .as_array()
            .expect("codes")
            .iter()
            .map(Value::to_string)
            .collect();
        let found = found.get(&planted["waybill"].to_string()).cloned().unwrap_or_default();
        assert!(codes.is_subset(&found), "{planted}: {found:?}");
    }
    let kinds = kinds(&lines);
    assert!(kinds["row"] > 100 && kinds["alert"] > 10, "{kinds:?}");
    // The same file in `check`: the clock is passed over, and the table is the same.
    let of = |command: &str| sanbai(&[command, "--rows", "0", "--registry", &registry, &file]);
    let (check, replay) = (of("check"), of("replay"));
    assert_eq!(table(&check.out), table(&replay.out));
    assert_eq!(check.ledger("events"), replay.ledger("events"));
    let ticks = days.out.lines().filter(|line| line.starts_with("{\"tick\"")).count();
    assert!(check.err.contains(&format!("passed over: {ticks}")), "{}", check.err);
    assert!(replay.err.contains(&format!("in the file {ticks},")), "{}", replay.err);
}

#[test]
fn a_clean_parcel_exits_with_0_and_a_bad_one_with_1() {
    let clean = base("SF1000000000001").join("\n");
    let run = sanbai_with(clean.as_bytes(), &["replay", "--as-of", AS_OF, "-"]);
    assert_eq!((run.code, run.ledger("applied")), (0, 8), "{}", run.err);
    assert!(run.out.contains("没有未解除的预警 no alert stands"), "{}", run.out);
    let unscreened = [&base("SF1000000000001")[..6], &base("SF1000000000001")[7..]]
        .concat()
        .join("\n");
    assert_eq!(
        sanbai_with(unscreened.as_bytes(), &["replay", "--as-of", AS_OF, "-"]).code,
        1
    );
    let run = sanbai_with(b"", &["replay", "-"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    assert!(run.err.contains("no event could be judged"), "{}", run.err);
    assert_eq!(sanbai(&["replay", "/nowhere"]).code, 2);
}

#[test]
fn what_comes_after_as_of_is_left_out_and_counted() {
    let mut lines = base("SF1000000000001");
    lines.push(r#"{"tick":{"time":"2026-03-10T18:40:00+08:00"}}"#.to_owned());
    let as_of = "2026-03-10T18:35:00+08:00";
    let run = sanbai_with(
        lines.join("\n").as_bytes(),
        &["replay", "--json", "--as-of", as_of, "-"],
    );
    assert_eq!(run.ledger("after as-of"), 2, "{}", run.err);
    assert!(
        run.err.contains("in the file 1, 晚于判定时刻 after as-of 1"),
        "{}",
        run.err
    );
    let lines = run.json();
    assert!(
        lines.iter().all(|line| line["kind"] == "row"),
        "nothing is published yet: {lines:?}"
    );
}

#[test]
fn evidence_after_retirement_is_too_late_and_rejected() {
    let mut lines = base("SF1000000000001");
    lines.push(
        lines[7]
            .replace("2026-03-10T21", "2026-03-20T09")
            .replace("-9c07-", "-9c55-"),
    );
    let folder = Folder::new();
    let rejects = folder.join("rejects.ndjson");
    let run = sanbai_with(lines.join("\n").as_bytes(), &["replay", "--rejects", &rejects, "-"]);
    assert_eq!((run.code, run.ledger("rejected")), (1, 1), "{}", run.err);
    let reject: Value = serde_json::from_str(&folder.read("rejects.ndjson")).expect("one line");
    assert_eq!((&reject["code"], &reject["line"]), (&"too_late".into(), &9.into()));
    // A retired parcel still counts in the table.
    assert!(run.out.contains("SF 顺丰"), "{}", run.out);
    assert!(run.out.contains("3") && run.out.contains("100.00%"), "{}", run.out);
}

#[test]
fn the_clock_of_a_file_is_used_and_a_tick_far_ahead_is_not_believed() {
    let base = base("SF1000000000001");
    let tick = |time: &str| format!(r#"{{"tick":{{"time":"{time}+08:00","registryOffset":0}}}}"#);
    let mut lines = vec![tick("2026-03-10T10:00:00")];
    lines.extend_from_slice(&base[1..4]);
    lines.push(tick("2027-03-10T10:04:00"));
    // Without an identity check: due at 12:04, and the clock of the file goes no further than 10:10 before the end.
    lines.push(tick("2026-03-10T10:10:00"));
    let run = sanbai_with(
        lines.join("\n").as_bytes(),
        &["replay", "--json", "--as-of", AS_OF, "-"],
    );
    assert!(
        run.err.contains("a tick far ahead of what came before it, ignored × 1"),
        "{}",
        run.err
    );
    let at: Vec<String> = run
        .json()
        .iter()
        .filter(|line| line["kind"] == "verdict")
        .map(|line| line["at"].to_string())
        .collect();
    assert_eq!(at[0], "\"2026-03-10T12:04:00+08:00\"", "{at:?}");
}

#[test]
fn another_behaviour_is_an_error() {
    let lines = [r#"{"activate":{"behaviour":77}}"#.to_owned()];
    let run = sanbai_with(lines.join("\n").as_bytes(), &["replay", "-"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("behaviour 77 runs from here on"), "{}", run.err);
}

#[test]
fn other_rules_are_compared_with_the_built_in_ones() {
    let folder = Folder::new();
    let rules = folder.write(
        "rules.toml",
        "version = \"strict\"\neffective = \"2026-01-01\"\n[spans]\nidentity_after_acceptance_s = 0\nupload_identity_max_min = 1\n",
    );
    let same = folder.write("same.toml", "version = \"same\"\neffective = \"2026-01-01\"\n");
    let run = sanbai(&["replay", "--rules", &rules, &day().events]);
    let difference = run.out.split("规则的影响").nth(1).expect("a difference");
    assert!(difference.contains("TM-01  +"), "{difference}");
    let run = sanbai(&["replay", "--rules", &same, &day().events]);
    let difference = run.out.split("规则的影响").nth(1).expect("a difference");
    assert!(difference.contains("没有变化 nothing"), "{difference}");
    let run = sanbai(&["replay", "--json", "--rules", &rules, &day().events]);
    let lines = run.json();
    let came: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "difference").collect();
    assert!(
        came.iter()
            .any(|line| line["code"] == "TM-01" && line["came"].as_u64() > Some(0)),
        "{came:?}"
    );
}

#[test]
fn whoever_reads_the_output_may_stop() {
    let mut command = command(&["replay", "--json", &day().events]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().expect("runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("ends").code(), Some(0));
}

#[test]
fn the_sample_of_the_readme_can_be_replayed() {
    let [events, registry] = ["samples/day.ndjson", "samples/registry"].map(|path| text(&repository().join(path)));
    let run = sanbai(&["replay", &events, "--registry", &registry]);
    assert_eq!(run.code, 1, "{}", run.err);
}

#[test]
fn the_order_of_lines_changes_when_something_is_said_and_not_what_stands_at_the_end() {
    let events = fs::read_to_string(&day().events).expect("events");
    let mut lines: Vec<&str> = events.lines().collect();
    // By parcel, as somebody exports them: most events are received before the clock of those in front of them.
    lines.sort_by_key(|line| {
        let event: Value = serde_json::from_str(line).expect("JSON");
        (event["waybill"].to_string(), event["eventId"].to_string())
    });
    let folder = Folder::new();
    let sorted = folder.write("by-parcel.ndjson", lines.join("\n"));
    let batches: Vec<String> = lines
        .chunks(50)
        .map(|chunk| format!("{{\"events\":[{}]}}", chunk.join(",")))
        .collect();
    let batches = folder.write("batches.ndjson", batches.join("\n"));
    let of = |file: &str| sanbai(&["replay", "--rows", "0", "--registry", &day().registry, file]);
    let plain = of(&day().events);
    for file in [&sorted, &batches, &day().protobuf] {
        let run = of(file);
        assert_eq!(table(&plain.out), table(&run.out), "{file}");
        assert_eq!(plain.ledger("events"), run.ledger("events"));
    }
}
