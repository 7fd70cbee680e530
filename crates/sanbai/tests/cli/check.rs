//! `check` and `generate`: formats, packing, exit codes, the moment of judgement, registers.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

use serde_json::Value;

use crate::support::{AS_OF, Folder, base, command, day, judge, repository, sanbai, sanbai_with, text};

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let one = |seed| sanbai(&["generate", "--parcels", "60", "--seed", seed]).out;
    assert_eq!(one("3"), one("3"));
    assert_ne!(one("3"), one("4"));
    let again = Folder::new();
    let [registry, truth] = ["registry", "truth.ndjson"].map(|name| again.join(name));
    let plan = ["generate", "--parcels", "150", "--violations", "2000", "--seed", "7"];
    sanbai(&[&plan[..], &["--registry", &registry, "--truth", &truth]].concat());
    assert_eq!(
        again.read("truth.ndjson"),
        fs::read_to_string(&day().truth).expect("truth")
    );
    for entry in fs::read_dir(&day().registry).expect("registry") {
        let name = entry.expect("a file").file_name();
        let name = format!("registry/{}", name.to_str().expect("UTF-8"));
        assert_eq!(again.read(&name), day().folder.read(&name), "{name}");
    }
}

#[test]
fn every_planted_violation_is_found() {
    let verdicts = judge(&[&day().events]).json();
    let truth = fs::read_to_string(&day().truth).expect("truth");
    assert!(truth.lines().count() > 20, "a fifth of the parcels");
    for line in truth.lines() {
        let planted: Value = serde_json::from_str(line).expect("JSON");
        let verdict = verdicts
            .iter()
            .find(|verdict| verdict["brand"] == planted["brand"] && verdict["waybill"] == planted["waybill"])
            .expect("a verdict");
        let codes: Vec<&Value> = verdict["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .map(|finding| &finding["code"])
            .collect();
        for code in planted["codes"].as_array().expect("codes") {
            assert!(codes.contains(&code), "{planted}: {codes:?}");
        }
    }
}

#[test]
fn all_ways_to_write_events_give_the_same_bodies() {
    let plain = judge(&[&day().events]);
    assert_eq!(plain.code, 1);
    assert!(plain.json().len() > 100);
    let bytes = fs::read(&day().events).expect("events");
    let folder = Folder::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).expect("packed");
    let gzip = gzip.finish().expect("packed");
    let zstd = |bytes: &[u8]| ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest);
    let middle = bytes.len() / 2;
    let files = [
        day().protobuf.clone(),
        folder.write("packed.gz", &gzip),
        // The first bytes count, not the name.
        folder.write("packed.ndjson", zstd(&bytes)),
        folder.write("two.zst", [zstd(&bytes[..middle]), zstd(&bytes[middle..])].concat()),
        // An empty frame of a program's own, then the data.
        folder.write(
            "skip.zst",
            [&b"\x50\x2a\x4d\x18\x03\0\0\0abc"[..], &zstd(&bytes)].concat(),
        ),
        folder.write("protobuf.zst", zstd(&fs::read(&day().protobuf).expect("events"))),
    ];
    for file in &files {
        let other = judge(&[file]);
        assert_eq!((other.code, &other.out), (1, &plain.out), "{file}");
        assert_eq!(other.err, plain.err, "{file}");
    }
    let piped = sanbai_with(&gzip, &["check", "--json", "--registry", &day().registry, "-"]);
    assert_eq!(piped.out, plain.out);
}

#[test]
fn a_packed_file_that_breaks_off_is_an_error_and_no_verdict() {
    let folder = Folder::new();
    let bytes = fs::read(&day().events).expect("events");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).expect("packed");
    let gzip = gzip.finish().expect("packed");
    let zstd = ruzstd::encoding::compress_to_vec(&bytes[..], ruzstd::encoding::CompressionLevel::Fastest);
    // The checksum stands in the last four bytes of a frame.
    let mut damaged = zstd.clone();
    *damaged.last_mut().expect("a checksum") ^= 1;
    let run = sanbai(&["check", "--json", &folder.write("damaged.zst", &damaged)]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("checksum"), "{}", run.err);
    for (name, packed) in [("cut.gz", gzip), ("cut.zst", zstd)] {
        let cut = sanbai(&["check", "--json", &folder.write(name, &packed[..packed.len() * 2 / 3])]);
        assert_eq!((cut.code, cut.out.as_str()), (2, ""), "{name}");
        assert!(cut.err.contains(name), "{}", cut.err);
    }
}

#[test]
fn the_format_is_told_even_where_a_length_looks_like_text() {
    let folder = Folder::new();
    // Frames whose lengths are `{`, `[`, a blank and a line end: told apart by what follows.
    for length in [b'{', b'[', b' ', b'\n'] {
        let frame = [&[length, 0x0a, 0x02, b'x', b'y'][..], &vec![0; usize::from(length) - 4]].concat();
        let run = sanbai(&["check", "--json", &folder.write("frames.pb", frame)]);
        assert!(!run.err.contains("json"), "{length}: {}", run.err);
    }
    // Text whose first line is no JSON is still read line by line.
    for first in ["eventId,brand,waybill", "# comment", "}", "\u{feff}{}", "null"] {
        let lines = [&[first.to_owned()][..], &base("SF1000000000001")].concat().join("\n");
        let run = sanbai(&[
            "check",
            "--json",
            "--as-of",
            AS_OF,
            &folder.write("lines.ndjson", lines),
        ]);
        assert_eq!(
            (run.ledger("merged"), run.ledger("rejected")),
            (8, 1),
            "{first}: {}",
            run.err
        );
    }
}

#[test]
fn generate_pipes_into_check() {
    let mut generate = command(&["generate", "--parcels", "80"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut check = command(&["check", "-"]);
    let check = check
        .stdin(generate.stdout.take().expect("a pipe"))
        .output()
        .expect("runs");
    assert!(generate.wait().expect("ends").success());
    let table = String::from_utf8(check.stdout).expect("UTF-8");
    assert!(table.contains("strict100") && table.contains("合计 Total"), "{table}");
}

#[test]
fn a_clean_day_ends_with_0_findings_with_1() {
    let folder = Folder::new();
    let registry = folder.join("registry");
    let clean = sanbai(&[
        "generate",
        "--parcels",
        "300",
        "--violations",
        "0",
        "--registry",
        &registry,
    ]);
    let events = folder.write("clean.ndjson", &clean.out);
    let run = sanbai(&["check", "--registry", &registry, &events]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("没有发现问题"), "{}", run.out);
    assert_eq!(judge(&[&day().events]).code, 1);
    let rejected = sanbai(&[
        "check",
        "--registry",
        &registry,
        &events,
        &folder.write("bad.ndjson", "{}\n"),
    ]);
    assert_eq!(rejected.code, 1, "an event that could not be read may hide a finding");
}

#[test]
fn errors_end_with_2_and_one_sentence() {
    let folder = Folder::new();
    let events = folder.write("one.ndjson", base("SF1000000000001").join("\n"));
    let rules = folder.write(
        "rules.toml",
        "version = \"x\"\neffective = \"2026-02-20\"\nnonsense = 1\n",
    );
    fs::create_dir(folder.path().join("empty")).expect("made");
    fs::create_dir(folder.path().join("broken")).expect("made");
    folder.write(
        "broken/sites.csv",
        "key,brand,kind,place,nonsense\nGZ-1,SF,palace,x,1\n",
    );
    let utf16: Vec<u8> = "\u{feff}{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = folder.write("utf16.ndjson", utf16);
    let [empty, broken, missing] = ["empty", "broken", "missing"].map(|name| folder.join(name));
    let cases: &[(&[&str], &str)] = &[
        (&["check", &missing], &missing),
        (&["check", &empty], &empty),
        (&["check", "--profile", "nobody", &events], "strict100"),
        (&["check", "--rules", &rules, &events], "nonsense"),
        (&["check", "--rules", &missing, &events], &missing),
        (&["check", "--registry", &missing, &events], &missing),
        (&["check", "--registry", &empty, &events], "holds no register"),
        (&["check", "--registry", &broken, &events], "3 faults"),
        (&["check", "--as-of", "yesterday", &events], "2026-03-12T00:00:00+08:00"),
        (
            &["check", "--rejects", &folder.join("no/such/folder"), &events],
            "no/such/folder",
        ),
        (&["check", "--rejects", &events, &events], "is read"),
        (&["check", "--keys", &rules, &events], "rules.toml"),
        (&["check", &utf16], "save it as UTF-8"),
        (&["check"], "FILES"),
        (&["explain", "SF9999999999999", &events], "no event"),
        (&["id", "--kind", "visa"], "resident"),
        (&["rules", "show", "ZZ-99"], "rules list"),
        (&["generate", "--parcels", "0"], "1..=100000000"),
        (&["generate", "--parcels", "1000000", "--days", "101"], "over the limit"),
        (&["generate", "--ticks", "5", "--format", "protobuf"], "JSON lines only"),
        (&["judge"], "judge"),
    ];
    for (arguments, said) in cases {
        let run = sanbai(arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}: {}", run.err);
        assert!(run.err.contains(said), "{arguments:?}: {}", run.err);
    }
    assert_eq!(fs::read_to_string(&events).expect("still there").lines().count(), 8);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    let numbers = folder.write("numbers.txt", "440308199901101512\n".repeat(20_000));
    let waybill = first_waybill();
    for arguments in [
        &["check", "--json", "--registry", &day().registry, &day().events][..],
        &["check", "--rows", "0", &day().events],
        // A year of a big city: nobody would wait for it.
        &["generate", "--parcels", "250000", "--days", "366"],
        &["id", "--json", &numbers],
        &["id", &numbers],
        &["explain", &waybill, &day().events],
        &["rules", "show"],
        &["rules", "list"],
        &["check", "--help"],
    ] {
        let mut child = command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        let mut line = String::new();
        let mut pipe = BufReader::with_capacity(16, child.stdout.take().expect("a pipe"));
        pipe.read_line(&mut line).expect("a line");
        drop(pipe);
        let mut said = String::new();
        child
            .stderr
            .take()
            .expect("a pipe")
            .read_to_string(&mut said)
            .expect("UTF-8");
        let code = child.wait().expect("ends").code();
        // What fits into the pipe was written before its reader went away; then there is nothing to stop.
        let all_fits = matches!(arguments[0], "explain" | "check") && !arguments.contains(&"--json");
        assert!(code == Some(0) || all_fits && code == Some(1), "{arguments:?}: {said}");
        assert!(!said.contains("Broken pipe") && !said.contains("panicked"), "{said}");
    }
}

fn first_waybill() -> String {
    let events = fs::read_to_string(&day().events).expect("events");
    let first: Value = serde_json::from_str(events.lines().next().expect("a line")).expect("JSON");
    first["waybill"].as_str().expect("a waybill").to_owned()
}

#[test]
fn later_events_are_left_out_and_counted() {
    let events = base("SF1000000000001").join("\n");
    let at = |as_of: &str| sanbai_with(events.as_bytes(), &["check", "--json", "--as-of", as_of, "-"]);
    let xray = |run: &crate::support::Run| run.json()[0]["duties"]["xray"]["status"].clone();
    let evening = at("2026-03-10T19:00:00+08:00");
    assert_eq!(
        (evening.ledger("merged"), evening.ledger("as-of")),
        (6, 2),
        "{}",
        evening.err
    );
    assert_eq!(xray(&evening), "pending");
    let two_days_later = at(AS_OF);
    assert_eq!(
        (two_days_later.ledger("merged"), two_days_later.ledger("as-of")),
        (8, 0)
    );
    assert_eq!(xray(&two_days_later), "pass");
    // The same moment in another zone.
    assert_eq!(at("2026-03-10T11:00:00Z").out, evening.out);
    // Without it: the latest intake.
    let latest = sanbai_with(events.as_bytes(), &["check", "--json", "-"]);
    assert_eq!(latest.out, at("2026-03-10T21:00:00+08:00").out);
    let table = sanbai_with(events.as_bytes(), &["check", "-"]);
    assert!(table.out.contains("2026-03-10T21:00:00+08:00"), "{}", table.out);
}

#[test]
fn no_events_are_no_data() {
    let base = base("SF1000000000001").join("\n");
    for (input, more, code) in [
        ("", &[][..], 0),
        ("\n\n", &[], 0),
        ("no JSON", &[], 1),
        (&base, &["--as-of", "2020-01-01T00:00:00Z"], 0),
    ] {
        let run = sanbai_with(input.as_bytes(), &[&["check", "-"], more].concat());
        assert_eq!(
            (run.code, run.out.as_str()),
            (code, ""),
            "neither a rate nor a word of praise"
        );
        assert!(run.err.contains("没有可判定的事件"), "{}", run.err);
    }
}

#[test]
fn registers_in_csv_and_in_json_give_the_same_verdicts() {
    let folder = Folder::new();
    let json = folder.join("json");
    let plan = ["generate", "--parcels", "150", "--violations", "2000", "--seed", "7"];
    sanbai(&[&plan[..], &["--registry", &json, "--registry-format", "ndjson"]].concat());
    let by_csv = judge(&[&day().events]);
    let by_json = sanbai(&["check", "--json", "--registry", &json, &day().events]);
    assert_eq!(by_json.out, by_csv.out);
    let by_none = sanbai(&["check", "--json", &day().events]);
    assert_ne!(by_none.out, by_csv.out, "registers matter");
    assert!(
        by_none.out.contains("unanswered"),
        "and what they would answer is said to be unanswered"
    );
}

#[test]
fn the_sample_day_is_judged_as_the_readme_says() {
    let samples = repository().join("samples");
    let (events, registry) = (text(&samples.join("day.ndjson")), text(&samples.join("registry")));
    let run = sanbai(&["check", &events, "--registry", &registry]);
    assert_eq!(run.code, 1);
    let brands: Vec<&str> = run.out.lines().skip_while(|line| !line.contains("品牌")).collect();
    assert!(
        brands.iter().any(|line| line.starts_with("SF ") && line.contains('%')),
        "{}",
        run.out
    );
    assert_eq!(run.ledger("rejected"), 0);
    assert_eq!(
        run.ledger("events"),
        run.ledger("merged") + run.ledger("duplicate") + run.ledger("subject")
    );
}

#[test]
fn the_table_prints_the_worst_rows_or_all() {
    let table = |more: &[&str]| sanbai(&[&["check", &day().events, "--registry", &day().registry], more].concat()).out;
    let (some, all) = (table(&["--rows", "3"]), table(&["--rows", "0"]));
    assert_eq!(some.matches("--rows 0").count(), 2, "outlets and couriers: {some}");
    assert!(!all.contains("--rows 0") && all.lines().count() > table(&[]).lines().count());
    // Figures stand below their headings: a line of a table is as wide as its heading.
    let width = |line: &str| -> usize {
        line.chars()
            .map(|letter| if letter >= '\u{2e80}' { 2 } else { 1 })
            .sum()
    };
    for section in all.split("\n\n").filter(|section| section.contains("件数")) {
        let lines: Vec<usize> = section
            .lines()
            .take_while(|line| !line.starts_with('率'))
            .map(width)
            .collect();
        assert!(lines.iter().all(|line| *line == lines[0]), "{section}");
    }
}

#[test]
fn outlets_are_named_as_registered_in_the_table_and_in_the_story() {
    let table = sanbai(&["check", "--rows", "0", &day().events, "--registry", &day().registry]).out;
    assert!(table.contains("SF CH-SF-01 顺丰速运从化"), "{table}");
    let unnamed = sanbai(&["check", &day().events]).out;
    assert!(unnamed.contains("CH-SF-01") && !unnamed.contains("营业点"), "{unnamed}");
    let story = sanbai(&[
        "explain",
        &first_waybill(),
        &day().events,
        "--registry",
        &day().registry,
    ])
    .out;
    assert!(story.contains("处理中心") || story.contains("营业点"), "{story}");
}

#[test]
fn whoever_failed_most_duties_stands_first_and_not_whoever_sent_one_parcel() {
    let parcel = |number: usize, courier: &str, checked: bool| -> String {
        let lines = base(&format!("SF10000000001{number:02}"));
        let lines = lines.iter().filter(|line| checked || !line.contains("identityChecked"));
        let lines: Vec<String> = lines.map(|line| line.replace("C-17", courier)).collect();
        lines.join("\n") + "\n"
    };
    let mut events = parcel(0, "A-ONE", false);
    for number in 1..8 {
        events += &parcel(number, "B-MANY", number > 2);
    }
    for number in 8..10 {
        events += &parcel(number, "C-TWO", false);
    }
    let run = sanbai_with(events.as_bytes(), &["check", "--as-of", AS_OF, "-"]);
    let couriers = run.out.split("人员 Courier").nth(1).expect("a section");
    let rows: Vec<&str> = couriers.lines().skip(1).take(3).collect();
    for (row, courier) in rows.iter().zip(["C-TWO", "B-MANY", "A-ONE"]) {
        assert!(
            row.contains(courier),
            "as many duties: the higher share first: {}",
            run.out
        );
    }
}

#[test]
fn agreement_share_is_left_open_only_where_claims_have_no_register() {
    let share = |events: &str, more: &[&str]| {
        let run = sanbai_with(events.as_bytes(), &[&["check", "--as-of", AS_OF, "-"], more].concat());
        let after = run.out.split("agreement share ").nth(1).expect("a share").to_owned();
        after.split(' ').next().expect("a figure").to_owned()
    };
    let plain = base("SF1000000000001").join("\n");
    let claims = plain.replace(r#""accepted":{"#, r#""accepted":{"agreement":"XY-1","#);
    let folder = Folder::new();
    fs::create_dir(folder.path().join("registry")).expect("made");
    folder.write(
        "registry/agreements.csv",
        "key,brand,signed_on,filed_on,from\nXY-1,SF,2025-01-01,2025-01-01,2025-01-01\n",
    );
    let registry = folder.join("registry");
    assert_eq!(share(&plain, &[]), "0.00%", "an agreement must be claimed");
    assert_eq!(share(&claims, &[]), "-", "nobody can tell whether the claim holds");
    assert_eq!(share(&claims, &["--registry", &registry]), "100.00%");
    assert_eq!(share(&plain, &["--registry", &registry]), "0.00%");
}
