//! Rejected events are listed without any part of them, and taken once more where something changed.

use sanbai_engine::log::{Message, Topic};
use sanbai_wire::{Decoder, Encoding, TokenKeys, key, partition};
use serde_json::Value;

use super::daemon::{Site, recent};

const NUMBER: &str = "11010519491231002X";

/// Appends the events of a parcel as they come, to one partition.
fn append(site: &Site, partition: u32, key: &str, events: Vec<Vec<u8>>) {
    let messages = events.into_iter().map(|value| Message {
        topic: Topic::ParcelEvents,
        partition,
        key: Some(key.as_bytes().to_vec()),
        headers: Vec::new(),
        value,
    });
    site.append(messages.collect());
}

/// In canonical form: without any raw number.
fn canonical(brand: &str, waybill: &str) -> Vec<Vec<u8>> {
    let keys = TokenKeys::single("1", [7; 32]).expect("keys");
    let decoder = Decoder::new(keys, |_| Some(brand));
    let events = recent(waybill).into_iter();
    let decoded = events.map(|line| decoder.decode(line.as_bytes(), Encoding::Json).expect("an event"));
    decoded.map(|decoded| decoded.as_bytes().to_vec()).collect()
}

fn codes(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["code"].as_str()).collect()
}

#[test]
fn what_lay_in_the_wrong_partition_is_appended_to_the_right_one() {
    let mut site = Site::stopped();
    let key = key("SF", "SF1000000000001");
    let wrong = 1 - partition(&key, 2).expect("a partition");
    append(&site, wrong, &key, canonical("SF", "SF1000000000001"));
    site.start();
    let list = |site: &Site| site.lines(&["rejects", "list", "--json"]);
    site.eventually("rejects", || (list(&site).len() == 8).then_some(()));
    let rejects = list(&site);
    assert_eq!(codes(&rejects), ["wrong_partition"; 8]);
    let first = rejects[0]["key"].as_str().expect("a key");
    assert_eq!(site.json(&["rejects", "show", first])["original"]["kept"], true);
    let one = site.run(&["rejects", "replay", first]);
    assert!(one.out.contains("已重新送入 appended"), "{}\n{}", one.out, one.err);
    let all = site.lines(&["rejects", "replay", "--code", "wrong_partition", "--json"]);
    assert!(all.iter().all(|line| line["became"] == "appended"), "{all:?}");
    site.verdict("SF1000000000001", |verdict| {
        verdict["duties"]["xray"]["status"] == "pass"
    });
    assert_eq!(list(&site).len(), 8, "nothing was rejected again");
}

#[test]
fn a_brand_that_nobody_knew_is_taken_once_the_rules_name_it() {
    let mut site = Site::stopped();
    let key = key("NEWB", "SF1000000000001");
    let right = partition(&key, 2).expect("a partition");
    append(&site, right, &key, canonical("NEWB", "SF1000000000001"));
    site.start();
    site.eventually("rejects", || {
        (site.lines(&["rejects", "list", "--json"]).len() == 8).then_some(())
    });
    // The same without a daemon: it would be rejected again.
    site.stop();
    let again = site.lines(&["rejects", "replay", "--code", "brand_unknown", "--json"]);
    assert_eq!(codes(&again), ["brand_unknown"; 8]);
    let rules = "version = \"new\"\neffective = \"2199-01-01\"\n[brand.NEWB]\nzh = \"新\"\nen = \"New\"\naliases = []\npatterns = []\n";
    let file = site.folder.write("new.toml", rules);
    site.ok(&["rules", "publish", &file]);
    let again = site.lines(&["rejects", "replay", "--code", "brand_unknown", "--json"]);
    assert_eq!(
        again.iter().filter(|line| line["became"] == "appended").count(),
        8,
        "{again:?}"
    );
    site.start();
    site.verdict("SF1000000000001", |_| true);
}

#[test]
fn no_part_of_an_event_is_ever_printed() {
    let mut site = Site::stopped();
    let key = key("SF", "SF1000000000001");
    let right = partition(&key, 2).expect("a partition");
    let raw = recent("SF1000000000001").into_iter().map(String::into_bytes);
    append(&site, right, &key, raw.collect());
    site.start();
    site.eventually("rejects", || {
        let rejects = site.lines(&["rejects", "list", "--json"]);
        codes(&rejects).contains(&"plaintext_id_forbidden").then_some(())
    });
    let rejects = site.lines(&["rejects", "list", "--json", "--code", "plaintext_id_forbidden"]);
    let first = rejects[0]["key"].as_str().expect("a key").to_owned();
    let mut said = String::new();
    for arguments in [
        &["rejects", "list"][..],
        &["rejects", "show", &first],
        &["rejects", "replay", &first],
        &["rejects", "replay", "--code", "plaintext_id_forbidden"],
        &["tail", "rejects", "--from-beginning", "--until-end"],
        &["status", "--json"],
        &["doctor"],
        &["export"],
    ] {
        let run = site.run(arguments);
        said += &run.out;
        said += &run.err;
    }
    said += &site.folder.read("log.txt");
    for secret in [NUMBER, "王小明", "13900139001"] {
        assert!(!said.contains(secret), "{secret} is in\n{said}");
    }
    assert!(said.contains("仍会被拒收"), "{said}");
}

#[test]
fn keys_are_checked() {
    let site = Site::stopped();
    for (key, word) in [
        ("x", "key_invalid"),
        ("sanbai.verdicts-0-1-0", "key_invalid"),
        ("sanbai.parcel-events-0-1-0", "key_unknown"),
    ] {
        for action in ["show", "replay"] {
            let run = site.run(&["rejects", action, key]);
            assert_eq!(run.code, 64, "{}", run.err);
            assert!(run.err.contains(word), "{}", run.err);
        }
    }
    assert_eq!(site.run(&["rejects", "list", "--since", "monday"]).code, 64);
}

#[test]
fn registers_with_raw_numbers_leave_none_behind() {
    let site = Site::running();
    site.folder.write(
        "staff.ndjson",
        format!("{{\"key\":\"A-1\",\"brand\":\"SF\",\"identityNumber\":[\"{NUMBER}\"],\"phone\":[\"13900139001\"]}}\n"),
    );
    let run = site.run(&["registry", "import", &crate::support::text(site.folder.path())]);
    assert_eq!(run.code, 0, "{}", run.err);
    let mut kept = fs_bytes(std::path::Path::new(&site.data));
    kept.extend(run.out.into_bytes());
    kept.extend(run.err.into_bytes());
    let kept = String::from_utf8_lossy(&kept);
    assert!(
        kept.contains("hs256:1:"),
        "tokens of the daemon's key stand in its place"
    );
    assert!(!kept.contains(NUMBER) && !kept.contains("13900139001"));
}

/// Everything that lies in the files of a folder.
fn fs_bytes(folder: &std::path::Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(fs_bytes(&path));
        } else if path.is_file() {
            all.extend(std::fs::read(&path).expect("readable"));
        }
    }
    all
}
