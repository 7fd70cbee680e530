//! Bad lines among good ones: each has its code and its line, the good ones are judged, the ledger adds up.

use serde_json::Value;

use crate::support::{AS_OF, Folder, base, sanbai};

const SECRET: &str = "440308199901101512";
const MOBILE: &str = "13912345678";

/// Another event of the parcel that is judged, with `from` replaced: were it read, its verdict would change.
fn bad(from: &str, to: &str) -> String {
    let line = r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77","brand":"SF","waybill":"SF1000000000001","site":"GZ-0001","operator":"C-17","occurredAt":"2026-03-10T17:00:00+08:00","voided":{}}"#;
    assert!(line.contains(from), "{from}");
    line.replace(from, to)
}

fn happening(json: &str) -> String {
    bad(r#""voided":{}"#, json)
}

fn more(json: &str) -> String {
    bad("\"brand\"", &format!("{json},\"brand\""))
}

/// A line, and code and pointer of its rejection.
type Row<T> = (T, &'static str, &'static str);

/// Rows of the bad-input matrix that concern how a line is written.
fn rows_of_form() -> Vec<Row<String>> {
    let nested = format!("{{\"x\":{}{},\"eventId\"", "[".repeat(20), "]".repeat(20));
    vec![
        ("{not json at all".into(), "json_syntax", ""),
        ("[]".into(), "type_mismatch", ""),
        (format!("\u{feff}{}", bad("SF\"", "SF\"")), "json_syntax", ""),
        (format!("{}{{}}", bad("SF\"", "SF\"")), "json_syntax", ""),
        (bad("{\"eventId\"", &nested), "json_depth", ""),
        (more("\"site\":\"GZ-2\""), "json_duplicate_key", "/site"),
        (bad("GZ-0001", "GZ\\u0000"), "text_invalid", "/site"),
        (bad("GZ-0001", "\\ud800"), "text_invalid", "/site"),
        (bad("GZ-0001", "\\u202eGZ"), "text_invalid", "/site"),
        (
            happening(r#""voided":{"reason":"a\u001b[31mb"}"#),
            "text_invalid",
            "/voided/reason",
        ),
        (
            happening(r#""accepted":{"weightGrams":"440308199901101512"}"#),
            "type_mismatch",
            "/accepted/weightGrams",
        ),
        (
            happening(r#""accepted":{"weightGrams":1e400}"#),
            "type_mismatch",
            "/accepted/weightGrams",
        ),
        (
            bad("\"2026-03-10T17:00:00+08:00\"", "1773108000"),
            "type_mismatch",
            "/occurredAt",
        ),
        (bad(r#""site":"GZ-0001","#, ""), "field_missing", "/site"),
        (bad(r#","voided":{}"#, ""), "field_missing", ""),
        (bad("\"GZ-0001\"", "null"), "field_null", "/site"),
        (bad("GZ-0001", &"G".repeat(65)), "field_too_long", "/site"),
        (happening(r#""teleported":{}"#), "event_type_unknown", ""),
        (
            happening(r#""departed":{"leg":"ROCKET"}"#),
            "event_type_unknown",
            "/departed/leg",
        ),
    ]
}

/// Rows that concern what it says.
fn rows_of_content() -> Vec<Row<String>> {
    let batch = format!("{{\"events\":[{}]}}", vec!["{}"; 501].join(","));
    vec![
        (more("\"schemaVersion\":2"), "schema_too_new", "/schemaVersion"),
        (more("\"schemaVersion\":0"), "schema_too_old", "/schemaVersion"),
        (
            bad("SF\"", &format!("SF\"{}", " ".repeat(65_600))),
            "event_too_large",
            "",
        ),
        (
            format!("{{\"x\":\"{}\"}}", SECRET.repeat(80_000)),
            "event_too_large",
            "",
        ),
        (batch, "batch_too_many", ""),
        (
            bad("0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77", "7"),
            "event_id_invalid",
            "/eventId",
        ),
        (bad("T17:00:00+08:00", "T17:00:00"), "event_time_invalid", "/occurredAt"),
        (bad("2026-03-10T", "2026-02-30T"), "event_time_invalid", "/occurredAt"),
        (
            more("\"intakeAt\":\"2026-03-09T16:00:00+08:00\""),
            "event_time_future",
            "/occurredAt",
        ),
        (
            more("\"intakeAt\":\"2026-03-17T17:00:01+08:00\""),
            "event_time_too_old",
            "/occurredAt",
        ),
        (
            bad("2026-03-10T17:00:00+08:00", "1970-01-21T12:31:48Z"),
            "event_time_unit",
            "/occurredAt",
        ),
        (bad("\"SF\"", "\"NOBODY\""), "brand_unknown", "/brand"),
        (
            happening(&format!(
                r#""identityChecked":{{"document":{{"tokens":["{SECRET}"]}}}}"#
            )),
            "plaintext_id_forbidden",
            "/identityChecked/document/tokens/0",
        ),
        (
            happening(r#""accepted":{"sender":{"phoneTokens":["hs256:short"]}}"#),
            "token_key_unknown",
            "/accepted/sender/phoneTokens/0",
        ),
        (bad("GZ-0001", SECRET), "pii_in_wrong_field", "/site"),
        (bad("C-17", MOBILE), "pii_in_wrong_field", "/operator"),
        (bad("SF1000000000001", SECRET), "pii_in_wrong_field", "/waybill"),
        (
            happening(r#""xrayScreened":{"imageId":"https://x.example/1.jpg"}"#),
            "ref_invalid",
            "/xrayScreened/imageId",
        ),
        (
            happening(r#""accepted":{"weightGrams":0}"#),
            "value_range",
            "/accepted/weightGrams",
        ),
    ]
}

fn rows() -> Vec<Row<Vec<u8>>> {
    let mut rows: Vec<Row<Vec<u8>>> = rows_of_form()
        .into_iter()
        .chain(rows_of_content())
        .map(|(line, code, pointer)| (line.into_bytes(), code, pointer))
        .collect();
    let mut broken = bad("GZ-0001", "GZ-000~").into_bytes();
    let at = broken.iter().position(|byte| *byte == b'~').expect("there");
    broken[at] = 0xff;
    rows.push((broken, "text_invalid", "/site"));
    rows
}

/// The good lines with a bad line behind each and blank lines in between, and the rejections: line, code, pointer.
fn mixed(good: &[String]) -> (Vec<u8>, Vec<(i64, &'static str, &'static str)>) {
    let mut file = Vec::new();
    let mut expected = Vec::new();
    let mut line = 0;
    for (index, (bytes, code, pointer)) in rows().into_iter().enumerate() {
        if let Some(good) = good.get(index) {
            file.extend_from_slice(good.as_bytes());
            file.push(b'\n');
            line += 1;
        }
        if index % 5 == 0 {
            file.push(b'\n');
            line += 1;
        }
        file.extend_from_slice(&bytes);
        file.push(b'\n');
        line += 1;
        expected.push((line, code, pointer));
    }
    (file, expected)
}

#[test]
fn every_bad_line_has_its_code_and_its_place() {
    let good = base("SF1000000000001");
    let (file, expected) = mixed(&good);
    let folder = Folder::new();
    let path = folder.write("mixed.ndjson", &file);
    let rejects = folder.join("rejects.ndjson");
    let run = sanbai(&["check", "--json", "--as-of", AS_OF, "--rejects", &rejects, &path]);
    let written = folder.read("rejects.ndjson");
    let lines: Vec<Value> = written
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let got: Vec<(i64, &str, &str)> = lines
        .iter()
        .map(|line| {
            (
                line["line"].as_i64().expect("line"),
                text(&line["code"]),
                text(&line["pointer"]),
            )
        })
        .collect();
    assert_eq!(got, expected);
    assert!(
        lines
            .iter()
            .all(|line| text(&line["file"]) == path && !text(&line["detail"]).is_empty())
    );
    assert_eq!(run.code, 1);
    assert_eq!(run.ledger("events"), 8 + expected.len() as u64);
    assert_eq!(
        (run.ledger("merged"), run.ledger("rejected")),
        (8, expected.len() as u64)
    );
    let alone = sanbai(&[
        "check",
        "--json",
        "--as-of",
        AS_OF,
        &folder.write("good.ndjson", good.join("\n")),
    ]);
    assert_eq!(run.out, alone.out, "the good ones are judged as if they stood alone");
    assert_eq!(alone.code, 0, "{}", alone.out);
    for output in [&run.out, &run.err, &written] {
        for secret in [
            "440308",
            "199901",
            "101512",
            "139123",
            "345678",
            "NOBODY",
            "ROCKET",
            "teleported",
            "x.example",
        ] {
            assert!(!output.contains(secret), "{secret} in {output}");
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn a_bad_event_of_a_batch_does_not_spoil_its_neighbours() {
    let good = base("SF1000000000001");
    let batch = format!(
        "{{\"events\":[{},{},{}]}}",
        good[..4].join(","),
        bad("\"SF\"", "7"),
        good[4..].join(",")
    );
    let folder = Folder::new();
    let (path, rejects) = (
        folder.write("batch.ndjson", format!("\n{batch}\n")),
        folder.join("rejects.ndjson"),
    );
    let run = sanbai(&["check", "--json", "--as-of", AS_OF, "--rejects", &rejects, &path]);
    assert_eq!((run.ledger("merged"), run.ledger("rejected")), (8, 1), "{}", run.err);
    let reject: Value = serde_json::from_str(folder.read("rejects.ndjson").trim()).expect("one line");
    assert_eq!(
        (&reject["line"], &reject["index"], text(&reject["code"])),
        (&2.into(), &4.into(), "type_mismatch")
    );
}

#[test]
fn broken_frames_have_their_offset() {
    let folder = Folder::new();
    let (path, rejects) = (folder.join("frames.pb"), folder.join("rejects.ndjson"));
    let good = std::fs::read(&crate::support::day().protobuf).expect("events");
    let first = 2 + usize::from(good[0] & 0x7f) + (usize::from(good[1]) << 7);
    let mut file = good[..first].to_vec();
    let bad: &[&[u8]] = &[&[2, 0x08, 7], &[4, 0x0a, 0x7f, b'a', b'b'], &[2, 0x0a, 0], &[0]];
    let mut offsets = Vec::new();
    for frame in bad {
        offsets.push(file.len() as u64);
        file.extend_from_slice(frame);
    }
    offsets.push(file.len() as u64);
    file.extend_from_slice(&good[..first - 1]);
    folder.write("frames.pb", &file);
    let run = sanbai(&["check", "--json", "--rejects", &rejects, &path]);
    assert_eq!(
        (run.code, run.ledger("merged"), run.ledger("rejected")),
        (1, 1, 5),
        "{}",
        run.err
    );
    let written = folder.read("rejects.ndjson");
    let lines: Vec<Value> = written
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let got: Vec<u64> = lines
        .iter()
        .map(|line| line["offset"].as_u64().expect("offset"))
        .collect();
    assert_eq!(got, offsets);
    let codes: Vec<&str> = lines.iter().map(|line| text(&line["code"])).collect();
    assert_eq!(
        codes,
        [
            "proto_decode",
            "proto_limit",
            "empty_value",
            "empty_value",
            "proto_decode"
        ]
    );
}
