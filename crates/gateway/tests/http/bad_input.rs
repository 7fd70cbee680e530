//! Every row of the bad-input matrix that reaches the intake: a request in, status and code out.

use crate::support::{Answer, Running, event, sealed};

/// What is changed in a good event, and what is said of it: from, to, status, code, pointer.
const CHANGES: &str = r#"
{"eventId"        | {"brand":"SF","eventId"      | 400 json_duplicate_key /brand
GZ-1              | GZ\u202e-1                   | 400 text_invalid /site
GZ-1              | GZ\u001b-1                   | 400 text_invalid /site
GZ-1              | GZ\r\n-1                     | 400 text_invalid /site
GZ-1              | GZ\ud800-1                   | 400 text_invalid /site
"GZ-1"            | 7                            | 400 type_mismatch /site
"GZ-1"            | 1e400                        | 400 type_mismatch /site
"site":"GZ-1",    |                              | 400 field_missing /site
"GZ-1"            | null                         | 400 field_null /site
GZ-1              | x*65                         | 400 field_too_long /site
GZ-1              | x*70000                      | 413 event_too_large
0190a8b2          | 7                            | 400 event_id_invalid /eventId
2026-03-10        | 2026-02-30                   | 400 event_time_invalid /occurredAt
+08:00            |                              | 400 event_time_invalid /occurredAt
"sealed"          | "teleported"                 | 422 event_type_unknown
"sealed"          | "sealed":{},"openChecked"    | 422 event_type_unknown /openChecked
{"eventId"        | {"schemaVersion":2,"eventId" | 422 schema_too_new /schemaVersion
{"eventId"        | {"schemaVersion":0,"eventId" | 422 schema_too_old /schemaVersion
2026-03-10        | 2026-03-12                   | 422 event_time_future /occurredAt
2026-03-10        | 2026-03-02                   | 422 event_time_too_old /occurredAt
2026-03-10        | 1970-01-21                   | 422 event_time_unit /occurredAt
"SF"              | "NONE"                       | 422 brand_unknown /brand
GZ-1              | 440308199901101512           | 422 pii_in_wrong_field /site
GZ-1              | 440308199901101513           | 422 pii_in_wrong_field /site
GZ-1              | 欧阳翠花                     | 422 pii_in_wrong_field /site
"sealed":{        | "identityChecked":{"document":{"tokens":["x"]}         | 422 token_key_unknown /identityChecked/document/tokens/0
"sealed":{        | "xrayScreened":{"imageId":"http://10.0.0.1/../x"       | 422 ref_invalid /xrayScreened/imageId
"sealed":{        | "accepted":{"weightGrams":0                            | 422 value_range /accepted/weightGrams
"#;

#[test]
fn a_bad_event_is_refused_alone_and_among_others() {
    let running = Running::new();
    let good = sealed("SF1");
    for row in CHANGES.trim().lines() {
        let columns: Vec<&str> = row.split(" |").map(str::trim).collect();
        let [from, to, says] = columns[..] else { panic!("{row}") };
        let to = to
            .strip_prefix("x*")
            .map_or_else(|| to.to_owned(), |count| "x".repeat(count.parse().expect(row)));
        let body = good.replace(from, &to);
        let answer = running.post_json(&body);
        let (status, code) = answer.problem();
        let pointer = answer.json()["pointer"].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            format!("{status} {code} {pointer}").trim_end(),
            says,
            "{row}: {answer:?}"
        );
        assert!(answer.head.contains("application/problem+json"), "{row}");
        assert_eq!(answer.json()["status"], status, "{row}");
        assert_says_nothing(row, &answer);
        let answer = running.post_json(&format!("[{good},{body},{good}]"));
        assert_eq!(
            (answer.status, answer.events()),
            (200, vec!["ok".to_owned(), code, "ok".to_owned()]),
            "{row}"
        );
    }
}

#[test]
fn what_is_no_json_is_refused() {
    let running = Running::new();
    let good = sealed("SF1");
    let deep = format!("{}1{}", r#"{"x":"#.repeat(20), "}".repeat(20));
    for (body, code) in [
        ("", "empty_body"),
        (" \n", "empty_body"),
        ("{\"eventId\"", "json_syntax"),
        (&format!("{good}x"), "json_syntax"),
        (&format!("\u{feff}{good}"), "json_syntax"),
        ("[{}", "json_syntax"),
        (&deep, "json_depth"),
    ] {
        let answer = running.post_json(body);
        assert_eq!(answer.problem(), (400, code.to_owned()), "{body}: {answer:?}");
    }
}

/// What is right, or is only noted.
#[test]
fn what_informs_is_accepted() {
    let running = Running::new();
    for body in [
        sealed("no-such-pattern"),
        sealed("SF1").replace("{\"eventId\"", "{\"later\":1,\"eventId\""),
        sealed("SF1").replace("2026-03-10", "2026-03-11"),
        sealed("SF1").replace("GZ-1", "NOBODY"),
        event(
            "SF1",
            r#","identityChecked":{"document":{"kind":"resident","number":"123"},"result":"pass"}"#,
        ),
        event("SF1", r#","accepted":{"declaredItem":"=cmd <script>"}"#),
        event("SF1", r#","held":{"reason":"call 13912345678"}"#),
    ] {
        let answer = running.post_json(&body);
        assert_eq!(
            (answer.status, answer.events()),
            (200, vec!["ok".to_owned()]),
            "{body}: {answer:?}"
        );
    }
}

#[test]
fn what_is_no_protobuf_is_refused() {
    let running = Running::new();
    let post = |content_type: &str, body: &[u8]| running.post("/v1/events", &[("content-type", content_type)], body);
    let delimited = "application/protobuf; encoding=delimited";
    for (content_type, body, code) in [
        ("application/protobuf", &b"\x12"[..], "proto_decode"),
        ("application/protobuf", b"\x10\x01", "proto_decode"),
        ("application/protobuf", b"\x12\x7fSF", "proto_limit"),
        (delimited, b"\x7fSF", "proto_limit"),
        (delimited, &[0xff; 10], "proto_decode"),
    ] {
        assert_eq!(post(content_type, body).problem(), (400, code.to_owned()), "{body:?}");
    }
}

#[test]
fn bodies_of_another_type_are_not_read() {
    let running = Running::new();
    for content_type in [
        "text/csv",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "",
    ] {
        let answer = running.post(
            "/v1/events",
            &[("content-type", content_type)],
            sealed("SF1").as_bytes(),
        );
        assert_eq!(
            answer.problem(),
            (415, "unsupported_media_type".to_owned()),
            "{content_type}"
        );
    }
    let answer = running.post("/v1/events", &[], sealed("SF1").as_bytes());
    assert_eq!(answer.problem(), (415, "unsupported_media_type".to_owned()));
    assert_eq!(running.log.messages(), []);
}

#[test]
fn bodies_that_hold_too_much_are_refused() {
    let running = Running::new();
    let good = sealed("SF1");
    let list = format!("[{}{good}]", format!("{good},").repeat(500));
    assert_eq!(running.post_json(&list).problem(), (413, "batch_too_many".to_owned()));
    for (body, status, code) in [
        (format!("{good}\n").repeat(501), 413, "batch_too_many"),
        (" ".repeat((1 << 20) + 1), 413, "body_too_large"),
        ("\n\n".to_owned(), 400, "empty_body"),
    ] {
        assert_eq!(running.post_lines(&body).problem(), (status, code.to_owned()), "{code}");
    }
    assert_eq!(running.log.messages(), []);
}

#[test]
fn other_paths_and_methods_are_refused() {
    let running = Running::new();
    for target in ["/v1/event", "/", "/v1/events/", "/v1/events/440308199901101512"] {
        let answer = running.post(
            target,
            &[("content-type", "application/json")],
            sealed("SF1").as_bytes(),
        );
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{target}");
        assert_says_nothing(target, &answer);
    }
    for method in ["GET", "PUT", "OPTIONS"] {
        let request = format!("{method} /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = Answer::parse(&running.raw(request.as_bytes()));
        assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()), "{method}");
        assert!(answer.head.contains("allow: post"), "{}", answer.head);
    }
}

/// Neither versions nor paths nor anything that came in.
fn assert_says_nothing(name: &str, answer: &Answer) {
    let text = format!("{}{}", answer.head, answer.body);
    for word in [
        "44030819",
        "teleported",
        "NONE",
        "10.0.0.1",
        "hyper",
        "axum",
        ".rs",
        "panicked",
        env!("CARGO_PKG_VERSION"),
    ] {
        assert!(!text.contains(word), "{name}: {word} in {text}");
    }
}
