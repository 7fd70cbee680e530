//! Rows 15 and 18 to 57: what makes an event one that counts.

use crate::support::{SEALED, all, decode, decoder, event, rejected, sealed};
use prost::Message as _;
use sanbai_core::time::Span;
use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::event::{Accepted, Departed, ParcelEvent};
use sanbai_wire::{Code, Encoding, encode_protobuf};

#[test]
fn row_15_field_too_long() {
    all(&[
        (sealed("GZ-0117", &"G".repeat(65)), Code::FieldTooLong, "/site"),
        (
            sealed("SF1234567890123", &"7".repeat(41)),
            Code::FieldTooLong,
            "/waybill",
        ),
        (
            event(&format!(r#""held":{{"reason":"{}"}}"#, "长".repeat(342))),
            Code::FieldTooLong,
            "/held/reason",
        ),
        (
            event(&format!(r#""reported":{{"to":[{}]}}"#, ["1"; 33].join(","))),
            Code::FieldTooLong,
            "/reported/to/32",
        ),
    ]);
    assert!(decode(&sealed("GZ-0117", &"G".repeat(64))).is_ok());
}

#[test]
fn row_18_event_type_unknown() {
    all(&[
        (event(r#""teleported":{}"#), Code::EventTypeUnknown, ""),
        (
            event(r#""departed":{"leg":"LEG_BY_ROCKET"}"#),
            Code::EventTypeUnknown,
            "/departed/leg",
        ),
        (
            event(r#""departed":{"leg":3}"#),
            Code::EventTypeUnknown,
            "/departed/leg",
        ),
        (
            event(r#""departed":{"leg":-1}"#),
            Code::EventTypeUnknown,
            "/departed/leg",
        ),
        (
            event(r#""sealed":{},"delivered":{}"#),
            Code::EventTypeUnknown,
            "/delivered",
        ),
    ]);
    let mut message = decode(SEALED).expect("good").message();
    message.happening = Some(Happening::Departed(Departed {
        leg: 7,
        to: String::new(),
    }));
    let reject = decoder()
        .decode(&encode_protobuf(&message), Encoding::Protobuf)
        .expect_err("no such leg");
    assert_eq!(
        (reject.code, reject.pointer.as_str()),
        (Code::EventTypeUnknown, "/departed/leg")
    );
    message.happening = None;
    let later = [encode_protobuf(&message), vec![0xba, 0x06, 0]].concat();
    let reject = decoder()
        .decode(&later, Encoding::Protobuf)
        .expect_err("field 103 may be a happening");
    assert_eq!(reject.code, Code::EventTypeUnknown);
}

#[test]
fn rows_19_and_20_schema_version() {
    let version = |number: &str| sealed("\"brand\"", &format!("\"schemaVersion\":{number},\"brand\""));
    assert!(decode(&version("1")).is_ok());
    all(&[
        (version("2"), Code::SchemaTooNew, "/schemaVersion"),
        (version("0"), Code::SchemaTooOld, "/schemaVersion"),
    ]);
}

#[test]
fn row_21_event_too_large_and_batch_too_many() {
    let large = format!("{SEALED}{}", " ".repeat(65_536));
    assert_eq!(rejected(&large), (Code::EventTooLarge, String::new()));
    let whole = |bytes: &[u8]| {
        decoder()
            .decode_each(bytes, Encoding::Json, |_| {})
            .map_err(|reject| reject.code)
    };
    let batch = |count: usize| format!("{{\"events\":[{}]}}", vec![SEALED; count].join(","));
    assert_eq!(whole(batch(500).as_bytes()), Ok(500));
    assert_eq!(whole(batch(501).as_bytes()), Err(Code::BatchTooMany));
    assert_eq!(whole(&vec![b' '; (1 << 20) + 1]), Err(Code::EventTooLarge));
}

#[test]
fn row_27_event_id_invalid() {
    let id = |text: &str| sealed("0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77", text);
    for text in [
        "7",
        "0190a8b27c4e7d319c5b2f6a1e0d4b77",
        "0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b7g",
        "not an id",
    ] {
        assert_eq!(rejected(&id(text)), (Code::EventIdInvalid, "/eventId".into()), "{text}");
    }
    assert!(decode(&id("01J2M9ZB7RXXXXXXXXXXXXXXXX")).is_ok(), "a ULID");
    let retracted = event(r#""retracted":{"eventId":"7"}"#);
    assert_eq!(
        rejected(&retracted),
        (Code::EventIdInvalid, "/retracted/eventId".into())
    );
}

#[test]
fn row_32_event_time_invalid() {
    let time = |text: &str| sealed("2026-03-10T10:00:00+08:00", text);
    for text in [
        "2026-03-10T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-03-10",
        "yesterday",
        "",
        "2026-03-10T24:00:00Z",
        "2026-03-10T10:00:00+0800",
        "1773108000",
    ] {
        assert_eq!(
            rejected(&time(text)),
            (Code::EventTimeInvalid, "/occurredAt".into()),
            "{text}"
        );
    }
    for text in [
        "2026-03-10T02:00:00Z",
        "2026-03-10t10:00:00.123456789+08:00",
        "2026-03-09T20:00:00-06:00",
    ] {
        assert!(decode(&time(text)).is_ok(), "{text}");
    }
    let document = event(r#""identityChecked":{"document":{"expiresOn":"2026-02-30"}}"#);
    assert_eq!(
        rejected(&document),
        (Code::EventTimeInvalid, "/identityChecked/document/expiresOn".into())
    );
    let mark = event(r#""inspected":{"mark":{"time":"soon"}}"#);
    assert_eq!(rejected(&mark), (Code::EventTimeInvalid, "/inspected/mark/time".into()));
    let mut message = decode(SEALED).expect("good").message();
    message.occurred_at = Some(Timestamp {
        seconds: 1_773_108_000,
        nanos: -1,
    });
    let reject = decoder()
        .decode(&encode_protobuf(&message), Encoding::Protobuf)
        .expect_err("negative nanoseconds");
    assert_eq!(
        (reject.code, reject.pointer.as_str()),
        (Code::EventTimeInvalid, "/occurredAt")
    );
}

#[test]
fn rows_33_and_34_age_at_intake() {
    let intake = |time: &str| sealed("\"site\"", &format!("\"intakeAt\":\"{time}\",\"site\""));
    let uploaded = |time: &str| sealed("\"site\"", &format!("\"uploadedAt\":\"{time}\",\"site\""));
    assert!(decode(&intake("2026-03-09T10:00:00+08:00")).is_ok(), "24 hours ahead");
    assert!(decode(&intake("2026-03-17T10:00:00+08:00")).is_ok(), "7 days old");
    all(&[
        (
            intake("2026-03-09T09:59:59.999+08:00"),
            Code::EventTimeFuture,
            "/occurredAt",
        ),
        (
            uploaded("2026-03-09T09:59:59+08:00"),
            Code::EventTimeFuture,
            "/occurredAt",
        ),
        (
            intake("2026-03-17T10:00:00.001+08:00"),
            Code::EventTimeTooOld,
            "/occurredAt",
        ),
        (
            uploaded("2026-03-17T10:00:01+08:00"),
            Code::EventTimeTooOld,
            "/occurredAt",
        ),
    ]);
    let wide = decoder().max_age(Span::days(30)).max_ahead(Span::days(2));
    for json in [intake("2026-04-09T10:00:00+08:00"), intake("2026-03-08T10:00:00+08:00")] {
        assert!(wide.decode(json.as_bytes(), Encoding::Json).is_ok());
    }
}

#[test]
fn row_36_event_time_unit() {
    let time = |text: &str| sealed("2026-03-10T10:00:00+08:00", text);
    all(&[
        (time("1970-01-21T12:31:48Z"), Code::EventTimeUnit, "/occurredAt"),
        (time("58156-10-05T00:00:00Z"), Code::EventTimeUnit, "/occurredAt"),
        (time("+58156-10-05T00:00:00Z"), Code::EventTimeUnit, "/occurredAt"),
    ]);
    let mut message = decode(SEALED).expect("good").message();
    for seconds in [1_773_108, 1_773_108_000_000] {
        message.occurred_at = Some(Timestamp { seconds, nanos: 0 });
        let reject = decoder()
            .decode(&encode_protobuf(&message), Encoding::Protobuf)
            .expect_err("a wrong unit");
        assert_eq!(
            (reject.code, reject.pointer.as_str()),
            (Code::EventTimeUnit, "/occurredAt"),
            "{seconds}"
        );
    }
}

#[test]
fn row_37_brand_unknown() {
    assert_eq!(
        rejected(&sealed("\"SF\"", "\"NOBODY\"")),
        (Code::BrandUnknown, "/brand".into())
    );
    assert_eq!(
        decode(&sealed("\"SF\"", "\"顺丰\"")).expect("an alias").key(),
        "SF:SF1234567890123"
    );
}

#[test]
fn row_55_ref_invalid() {
    let image = |id: &str| event(&format!(r#""xrayScreened":{{"imageId":"{id}"}}"#));
    for id in [
        "https://evil.example/1.jpg",
        "//host/1",
        "../../etc/passwd",
        "a/b",
        "a\\\\b",
        "file:1",
        "javascript:alert",
        "a%2fb",
        "a b",
        "user@host",
        "https://evil.example/440308199901101512.jpg",
        "tel:13912345678",
    ] {
        assert_eq!(
            rejected(&image(id)),
            (Code::RefInvalid, "/xrayScreened/imageId".into()),
            "{id}"
        );
    }
    assert!(decode(&image("M1:2026-03-10_0001.dcm")).is_ok());
    let photo = |digest: &str| event(&format!(r#""inspected":{{"photoDigest":"{digest}"}}"#));
    assert!(decode(&photo(&"aB".repeat(32))).is_ok());
    for digest in ["a".repeat(63), "g".repeat(64), "a".repeat(65)] {
        assert_eq!(
            rejected(&photo(&digest)),
            (Code::RefInvalid, "/inspected/photoDigest".into())
        );
    }
}

#[test]
fn row_56_value_range() {
    let accepted = |field: &str| event(&format!(r#""accepted":{{{field}}}"#));
    all(&[
        (
            accepted(r#""weightGrams":0"#),
            Code::ValueRange,
            "/accepted/weightGrams",
        ),
        (
            accepted(r#""weightGrams":-5"#),
            Code::ValueRange,
            "/accepted/weightGrams",
        ),
        (
            accepted(r#""weightGrams":1000001"#),
            Code::ValueRange,
            "/accepted/weightGrams",
        ),
        (
            accepted(r#""weightGrams":4294967296"#),
            Code::ValueRange,
            "/accepted/weightGrams",
        ),
        (
            accepted(r#""destination":"Beijing""#),
            Code::ValueRange,
            "/accepted/destination",
        ),
        (
            event(r#""inspected":{"prohibitedClass":20}"#),
            Code::ValueRange,
            "/inspected/prohibitedClass",
        ),
        (
            event(r#""xrayScreened":{"prohibitedClass":20}"#),
            Code::ValueRange,
            "/xrayScreened/prohibitedClass",
        ),
        (
            event(r#""openChecked":{"prohibitedClass":99}"#),
            Code::ValueRange,
            "/openChecked/prohibitedClass",
        ),
    ]);
    assert!(decode(&accepted(r#""weightGrams":1000000"#)).is_ok());
    let heavy = ParcelEvent {
        happening: Some(Happening::Accepted(Accepted {
            weight_grams: Some(u32::MAX),
            ..Accepted::default()
        })),
        ..decode(SEALED).expect("good").message()
    };
    let reject = decoder()
        .decode(&heavy.encode_to_vec(), Encoding::Protobuf)
        .expect_err("too heavy");
    assert_eq!(reject.code, Code::ValueRange);
}

#[test]
fn rows_46_and_48_a_wrong_number_is_no_reason_to_reject() {
    for number in [
        "440308199901101513",
        "98x7",
        "护照",
        "999999999999999999",
        "810000199408230021",
    ] {
        let json = event(&format!(
            r#""identityChecked":{{"document":{{"kind":"RESIDENT","number":"{number}"}}}}"#
        ));
        let decoded = decode(&json).expect(number);
        let text = format!("{decoded:?}");
        assert!(!text.contains(number), "{text}");
    }
}

#[test]
fn row_57_script_and_formula_text_is_text() {
    let decoded = decode(&event(r#""held":{"reason":"<script>=1+1 @x"}"#)).expect("text");
    assert!(sanbai_wire::encode_json(&decoded.message()).contains("<script>=1+1 @x"));
}
