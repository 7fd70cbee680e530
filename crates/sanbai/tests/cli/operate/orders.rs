//! The same orders, with a daemon and without.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use sanbai_engine::log::Topic;
use sanbai_wire::control::{self, Control};

use super::daemon::Site;
use crate::support::{repository, text};

fn samples() -> String {
    text(&repository().join("samples/registry"))
}

#[test]
fn registers_are_imported_with_a_daemon_and_without_and_only_once() {
    for mut site in [Site::running(), Site::stopped()] {
        let done = site.json(&["registry", "import", &samples()]);
        assert_eq!(done["records"]["staff"], 370);
        assert_eq!(
            (&done["from"], &done["to"], &done["unchanged"]),
            (&0.into(), &626.into(), &0.into())
        );
        let again = site.json(&["registry", "import", &samples()]);
        assert_eq!((&again["to"], &again["unchanged"]), (&626.into(), &626.into()));
        let show = site.json(&["registry", "show"]);
        assert_eq!(show["records"]["sites"], 70);
        assert_eq!((&show["to"], &show["unreadable"]), (&626.into(), &0.into()));
        // A daemon that is killed and started again knows them.
        site.kill();
        site.start();
        site.eventually("the registry is known", || {
            (site.json(&["status"])["registry"]["knownToAllShards"] == 626).then_some(())
        });
    }
}

#[test]
fn a_register_with_a_fault_is_not_imported_at_all() {
    let site = Site::running();
    site.folder
        .write("staff.csv", "key,brand,identity_number\nA-1,SF,\"\nA-2\",SF,x\n");
    let rows: String = (0..150_000)
        .map(|row| format!("{{\"key\":\"S-{row}\",\"brand\":\"SF\",\"place\":\"440117\"}}\n"))
        .collect();
    site.folder
        .write("sites.ndjson", rows + "{\"key\":\"S-X\",\"place\":\"nowhere\"}\n");
    let run = site.run(&["registry", "import", &text(site.folder.path())]);
    assert_eq!(run.code, 65, "{}", run.err);
    assert!(
        run.err.contains("sites.ndjson: line 150001, column place"),
        "{}",
        run.err
    );
    assert!(run.err.contains("nothing was imported"), "{}", run.err);
    assert_eq!(site.json(&["registry", "show"])["to"], 0);
    assert_eq!(site.run(&["registry", "import", "/nowhere"]).code, 64);
}

#[test]
fn what_comes_behind_an_import_is_judged_by_it() {
    let site = Site::stopped();
    let to = site.json(&["registry", "import", &samples()])["to"]
        .as_u64()
        .expect("a number");
    let log = site.log();
    for partition in 0..2 {
        let records = log
            .read(Topic::ParcelEvents, partition, 0, 1_000)
            .expect("it can be read");
        let last = records.last().expect("a tick");
        let headers: Vec<(&str, &[u8])> = last
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
            .collect();
        let kind = control::kind_header(&headers).expect("a control record");
        let read = control::decode(kind, last.value.as_deref().expect("a value"), last.timestamp).expect("it is right");
        assert!(
            matches!(read.control, Control::Tick(tick) if tick.registry_offset == to),
            "{:?}",
            read.control
        );
    }
}

#[test]
fn rules_are_published_from_today_on_and_from_the_past_only_with_rejudgement() {
    let site = Site::running();
    let verdict = site.parcel("SF1000000000001");
    assert_eq!(verdict["duties"]["xray"]["status"], "pass", "{verdict}");
    let rules = |name: &str, day: &str| {
        let text = format!("version = \"strict\"\neffective = \"{day}\"\n[spans]\nxray_after_acceptance_h = 1\n");
        site.folder.write(name, text)
    };
    let (old, later) = (rules("old.toml", "2026-01-01"), rules("later.toml", "2199-01-01"));
    let run = site.run(&["rules", "publish", &old]);
    assert_eq!(run.code, 64, "{}", run.err);
    assert!(run.err.contains("effective_in_the_past"), "{}", run.err);
    assert_eq!(site.json(&["rules", "publish", &later])["offset"], 0);
    let bad = site
        .folder
        .write("bad.toml", "version = \"x\"\neffective = \"2199-01-01\"\nunheard = 1\n");
    let run = site.run(&["rules", "publish", &bad]);
    assert_eq!(run.code, 65);
    assert!(run.err.contains("unheard"), "{}", run.err);
    assert_eq!(site.json(&["rules", "publish", &old, "--rejudge"])["offset"], 1);
    let again = site.strict("SF1000000000001");
    assert_ne!(again["duties"]["xray"], verdict["duties"]["xray"]);
    let shown = site.json(&["registry", "show"]);
    assert_eq!(shown["rules"][0]["version"], "strict");
}

#[test]
fn rules_that_are_published_without_a_daemon_judge_again_what_it_holds() {
    let mut site = Site::running();
    site.parcel("SF1000000000001");
    site.kill();
    let text = "version = \"strict\"\neffective = \"2026-01-01\"\n[spans]\nxray_after_acceptance_h = 1\n";
    let file = site.folder.write("rules.toml", text);
    site.ok(&["rules", "publish", &file, "--rejudge"]);
    site.start();
    site.strict("SF1000000000001");
}

#[test]
fn controls_are_checked_before_they_are_on_record() {
    for site in [Site::running(), Site::stopped()] {
        let refused = |arguments: &[&str], code: i32, word: &str| {
            let run = site.run(arguments);
            assert_eq!(run.code, code, "{arguments:?}: {}", run.err);
            assert!(run.err.contains(word), "{}", run.err);
        };
        refused(&["skip", "0", "5", "5"], 64, "range_invalid");
        refused(&["skip", "0", "0", "99999"], 64, "range_invalid");
        refused(&["skip", "7", "0", "1"], 64, "partition_unknown");
        refused(&["clock", "set", "2199-01-01T00:00:00+08:00"], 64, "time_ahead");
        refused(&["clock", "set", "yesterday"], 64, "time_invalid");
        refused(
            &["rejudge", "--from", "2026-03-11", "--to", "2026-03-10"],
            64,
            "rejudge_invalid",
        );
        refused(&["rejudge", "--from", "March"], 64, "from");
        assert_eq!(
            site.json(&["rejudge", "--brand", "SF", "--from", "2026-03-01"])["partitions"],
            2
        );
        assert_eq!(site.json(&["clock", "set", "now"])["partitions"], 2);
        site.ok(&["skip", "1", "0", "1"]);
    }
    let stopped = Site::stopped();
    assert_eq!(stopped.run(&["resume", "parcel", "0"]).code, 69);
    assert_eq!(stopped.run(&["reload"]).code, 69);
    assert_eq!(stopped.run(&["snapshot", "take"]).code, 69);
    let running = Site::running();
    running.ok(&["resume", "scope", "0"]);
    assert_eq!(running.run(&["resume", "scope", "9"]).code, 64);
}

#[test]
fn a_topic_is_followed_while_it_grows() {
    let mut site = Site::running();
    site.parcel("SF1000000000001");
    let mut tail = site.command(&["tail", "verdicts", "--from-beginning"]);
    let mut tail = tail.stdout(Stdio::piped()).spawn().expect("it starts");
    let out = BufReader::new(tail.stdout.take().expect("its output"));
    let (lines, read) = sync_channel(100);
    let reader = std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            lines.send(line).ok();
        }
    });
    let until = |waybill: &str| {
        let next = || read.recv_timeout(Duration::from_secs(30)).expect("a line");
        while !next().contains(waybill) {}
    };
    until("SF1000000000001");
    site.parcel("SF1000000000002");
    until("SF1000000000002");
    // The daemon stops while somebody follows.
    site.stop();
    assert_eq!(tail.wait().expect("it ends").code(), Some(0));
    reader.join().expect("it reads to the end");
}

#[test]
fn an_export_says_the_same_with_a_daemon_and_after_a_kill() {
    let mut site = Site::running();
    for waybill in ["SF1000000000001", "SF1000000000002"] {
        site.parcel(waybill);
    }
    let file = site.folder.write(
        "rules.toml",
        "version = \"strict\"\neffective = \"2026-01-01\"\n[spans]\nxray_after_acceptance_h = 1\n",
    );
    site.ok(&["rules", "publish", &file, "--rejudge"]);
    for waybill in ["SF1000000000001", "SF1000000000002"] {
        site.strict(waybill);
    }
    let verdicts = site.lines(&["export", "--verdicts"]);
    let revisions: Vec<_> = verdicts.iter().filter(|line| line["kind"] == "verdict").collect();
    assert_eq!(revisions.len(), 2, "one for each parcel");
    assert!(revisions.iter().all(|verdict| verdict["rules"] == "strict"));
    let end = verdicts.last().expect("an end");
    assert_eq!(
        (&end["kind"], &end["lines"]["sanbai.verdicts"]),
        (&"end".into(), &2.into())
    );
    assert_eq!(end["next"]["sanbai.verdicts"].as_array().map(Vec::len), Some(2));
    let rows = site.eventually("rows", || {
        let rows = site.lines(&["export", "--rows"]);
        rows.iter().any(|line| line["parcels"] == 2).then_some(rows)
    });
    assert!(rows.iter().rev().skip(1).all(|row| row["kind"] == "row"));
    site.kill();
    assert_eq!(site.lines(&["export", "--verdicts"]), verdicts);
    assert_eq!(site.run(&["tail", "verdicts", "--partition", "9"]).code, 64);
    let run = site.run(&["tail", "verdicts", "--from-beginning"]);
    assert!(run.json().len() > 3, "it ends where no daemon runs");
}
