//! What is answered to whom.

use std::time::Duration;

use sanbai_engine::log::Busy;
use sanbai_gateway::{Settings, SourceToken, Sources, Why};
use sanbai_wire::{Code, Decoder, Encoding, Record, TokenKeys, encode_batch, encode_delimited, encode_protobuf};

use crate::support::{ID, Mood, Running, sealed};

#[test]
fn every_event_gets_its_answer() {
    let running = Running::new();
    let upper = sealed("SF1").replace(ID, &ID.to_ascii_uppercase());
    let body = [
        &upper.replace("{\"eventId", "{\"later\":1,\"eventId"),
        "{not json",
        "",
        &sealed("SF2").replace("\"SF\"", "\"NONE\""),
        &sealed("sf 3"),
    ]
    .join("\n");
    let answer = running.post_lines(&body);
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        serde_json::json!({"accepted": 2, "refused": 2, "events": [
            {"status": "accepted", "index": 0, "eventId": ID},
            {"status": "refused", "index": 1, "code": "json_syntax", "pointer": "",
                "detail": answer.json()["events"][1]["detail"]},
            {"status": "refused", "index": 2, "code": "brand_unknown", "pointer": "/brand",
                "detail": "no brand of this code in the rules; see `sanbai rules show`"},
            {"status": "accepted", "index": 3, "eventId": ID},
        ]})
    );
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    assert!(answer.head.contains("x-request-id: "), "{}", answer.head);
    let counts = running.intake.counts();
    assert_eq!(
        (counts.accepted(), counts.unknown_fields(), counts.answers(2)),
        (2, 1, 1)
    );
    let refused: Vec<_> = counts.refused().filter(|(_, count)| *count > 0).collect();
    assert_eq!(refused, [(Code::JsonSyntax, 1), (Code::BrandUnknown, 1)]);
    let known = running.intake.sources();
    let sources = known.counts();
    let sources: Vec<_> = sources
        .map(|(name, counts)| (name, counts.accepted(), counts.refused()))
        .collect();
    assert_eq!(sources, [("local", 2, 2)]);
}

#[test]
fn all_or_none_are_accepted_where_that_is_asked_for() {
    let running = Running::new();
    let types = [("content-type", "application/x-ndjson")];
    let bad = format!("{}\n{{}}", sealed("SF1"));
    let answer = running.post("/v1/events?atomic=true", &types, bad.as_bytes());
    assert_eq!(answer.problem(), (422, "atomic_refused".to_owned()));
    assert_eq!(answer.json()["events"][0]["index"], 1);
    assert_eq!(answer.events(), ["field_missing"]);
    assert_eq!(running.log.messages(), []);
    let answer = running.post("/v1/events?atomic=true", &types, sealed("SF1").as_bytes());
    assert_eq!((answer.status, answer.events()), (200, vec!["ok".to_owned()]));
    for query in ["atomic=1", "atomic=true&atomic=true", "x=1"] {
        let answer = running.post(&format!("/v1/events?{query}"), &types, sealed("SF1").as_bytes());
        assert_eq!(answer.problem(), (400, "query_invalid".to_owned()), "{query}");
    }
}

#[test]
fn bodies_come_in_every_form() {
    let running = Running::new();
    let decoder = Decoder::new(TokenKeys::single("1", [7; 32]).expect("a version"), |_| Some("SF"));
    let message = decoder
        .decode(sealed("SF1").as_bytes(), Encoding::Json)
        .expect("good")
        .message();
    let one = encode_protobuf(&message);
    let cloud = format!(
        r#"{{"specversion":"1.0","id":"{ID}","source":"/x","type":"cn.example.parcel.sealed.v1","data":{}}}"#,
        sealed("SF1")
    );
    let json = sealed("SF1");
    let (list, batch) = (format!("[{json},{json}]"), format!(r#"{{"events":[{json},{json}]}}"#));
    let two = encode_batch([one.as_slice(), one.as_slice()]);
    let frames = encode_delimited(&message).repeat(2);
    for (content_type, body, count) in [
        ("application/json; charset=utf-8", json.as_bytes(), 1),
        ("application/json", list.as_bytes(), 2),
        ("application/json", batch.as_bytes(), 2),
        ("application/json", b"[]", 0),
        ("application/jsonl", format!("{list}\r\n{json}\n").as_bytes(), 3),
        ("application/protobuf", &one, 1),
        ("application/x-protobuf", &two, 2),
        ("application/protobuf; encoding=delimited", &frames, 2),
        ("application/cloudevents+json", cloud.as_bytes(), 1),
        (
            "application/cloudevents-batch+json",
            format!("[{cloud},{cloud}]").as_bytes(),
            2,
        ),
    ] {
        let answer = running.post("/v1/events", &[("content-type", content_type)], body);
        assert_eq!(
            (answer.status, answer.events()),
            (200, vec!["ok".to_owned(); count]),
            "{content_type}: {answer:?}"
        );
    }
    let sources = running.log.messages().into_iter().flat_map(|message| {
        let mut sources = Vec::new();
        decoder
            .decode_record(
                &Record {
                    key: message.key.as_deref(),
                    value: Some(&message.value),
                    ..Record::default()
                },
                |event| {
                    sources.push(event.expect("good").message().source);
                },
            )
            .expect("a record");
        sources
    });
    assert!(sources.into_iter().all(|source| source == "local"));
}

#[test]
fn packed_bodies_are_unpacked_within_limits() {
    use std::io::Write as _;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    let zstd = |bytes: &[u8]| ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest);
    let running = Running::new();
    let send = |encoding: &str, body: &[u8]| {
        let headers = [("content-type", "application/x-ndjson"), ("content-encoding", encoding)];
        running.post("/v1/events", &headers, body)
    };
    let lines = format!("{}\n", sealed("SF1")).repeat(500);
    let bomb = vec![b' '; 300 << 20];
    for (encoding, body) in [("gzip", gzip(lines.as_bytes())), ("zstd", zstd(lines.as_bytes()))] {
        let answer = send(encoding, &body);
        assert_eq!((answer.status, answer.events().len()), (200, 500), "{encoding}");
        let cut = send(encoding, &body[..body.len() / 2]);
        assert_eq!(cut.problem(), (400, "http_framing".to_owned()), "{encoding}");
    }
    for (encoding, body) in [("gzip", gzip(&bomb)), ("zstd", zstd(&bomb))] {
        assert!(body.len() < 1 << 20, "{encoding}: {}", body.len());
        assert_eq!(
            send(encoding, &body).problem(),
            (413, "decompressed_too_large".to_owned()),
            "{encoding}"
        );
    }
    assert_eq!(send("br", b"x").problem(), (415, "unsupported_media_type".to_owned()));
    assert_eq!(
        send("gzip, gzip", b"x").problem(),
        (415, "unsupported_media_type".to_owned())
    );
}

#[test]
fn nothing_is_claimed_that_is_not_durable() {
    let running = Running::new();
    for (mood, code, retry_after) in [
        (Mood::Fails, "backpressure", "retry-after: 2"),
        (Mood::Is(Busy::Full), "backpressure", "retry-after: 2"),
        (Mood::Is(Busy::Closing), "backpressure", "retry-after: 2"),
        (Mood::Is(Busy::NoRoom), "no_room", "retry-after: 30"),
    ] {
        *running.log.mood.lock().expect("nobody panics") = mood;
        let answer = running.post_lines(&sealed("SF1"));
        assert_eq!(answer.problem(), (503, code.to_owned()), "{mood:?}");
        assert!(answer.head.contains(retry_after), "{mood:?}: {}", answer.head);
    }
    *running.log.mood.lock().expect("nobody panics") = Mood::Keeps;
    assert_eq!(running.post_lines(&sealed("SF1")).status, 200);
    assert_eq!(running.intake.counts().accepted(), 1);
    let away = running
        .intake
        .counts()
        .turned_away()
        .find(|(why, _)| *why == Why::Backpressure);
    assert_eq!(away, Some((Why::Backpressure, 3)));
}

#[test]
fn a_log_that_takes_too_long_is_said_to() {
    let settings = Settings {
        request_timeout: Duration::from_millis(200),
        ..Settings::default()
    };
    let running = Running::with(settings, Sources::local());
    *running.log.mood.lock().expect("nobody panics") = Mood::Waits;
    assert_eq!(
        running.post_lines(&sealed("SF1")).problem(),
        (503, "backpressure".to_owned())
    );
}

#[test]
fn a_token_says_who_sends() {
    let token = SourceToken::new("secret-secret-secret-secret").expect("a token");
    let sources = Sources::new([("outlet-7", token)]).expect("a source");
    let running = Running::with(Settings::default(), sources);
    let send = |authorization: &[(&str, &str)]| {
        let headers = [&[("content-type", "application/json")], authorization].concat();
        running.post("/v1/events", &headers, sealed("SF1").as_bytes())
    };
    let mut texts = Vec::new();
    for value in [
        None,
        Some("Bearer wrong-wrong-wrong-wrong-wrong"),
        Some("Basic c2VjcmV0"),
    ] {
        let headers: Vec<_> = value.iter().map(|value| ("authorization", *value)).collect();
        let answer = send(&headers);
        assert_eq!(answer.problem(), (401, "auth_invalid".to_owned()), "{value:?}");
        assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        texts.push(answer.json()["detail"].clone());
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    assert_eq!(running.log.messages(), []);
    let answer = send(&[("authorization", "Bearer secret-secret-secret-secret")]);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(String::from_utf8_lossy(&running.log.messages()[0].value).contains("outlet-7"));
}

#[test]
fn more_at_once_than_is_taken_is_turned_away() {
    let settings = Settings {
        source_requests_max: 1,
        ..Settings::default()
    };
    let running = Running::with(settings, Sources::local());
    *running.log.mood.lock().expect("nobody panics") = Mood::Waits;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| running.post_lines(&sealed("SF1")));
        while running.log.waits() == 0 {
            std::thread::yield_now();
        }
        let answer = running.post_lines(&sealed("SF2"));
        assert_eq!(answer.problem(), (429, "rate_limited".to_owned()));
        assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
        running.log.keep_what_waits();
        assert_eq!(first.join().expect("no panic").status, 200);
    });
    let settings = Settings {
        in_flight_bytes_max: 100,
        ..Settings::default()
    };
    let running = Running::with(settings, Sources::local());
    assert_eq!(
        running.post_lines(&sealed("SF1")).problem(),
        (429, "rate_limited".to_owned())
    );
}

#[test]
fn a_fault_of_ours_ends_one_request() {
    let running = Running::new();
    running
        .log
        .breaks_rules
        .store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(
        running.post_lines(&sealed("SF1")).problem(),
        (500, "internal".to_owned())
    );
    running
        .log
        .breaks_rules
        .store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(running.post_lines(&sealed("SF1")).status, 200);
    assert_eq!(running.intake.counts().now(sanbai_gateway::Gauge::Requests), 0);
    assert_eq!(running.intake.counts().now(sanbai_gateway::Gauge::Bytes), 0);
}
