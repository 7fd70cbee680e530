//! Rows 1 to 17: what makes bytes an event.

use crate::support::{MOBILE, RESIDENT, SEALED, all, decode, decoder, event, rejected, sealed};
use sanbai_wire::{Code, Encoding, Record, encode_protobuf, partition};

#[test]
fn the_good_event_is_accepted() {
    let decoded = decode(SEALED).expect("good");
    assert_eq!(
        (decoded.key().as_str(), decoded.unknown_fields()),
        ("SF:SF1234567890123", 0)
    );
}

#[test]
fn row_1_no_bytes() {
    assert_eq!(rejected(""), (Code::EmptyValue, String::new()));
}

/// A record as it should be, in the partition of its key among 12.
fn good<'a>(key: &'a str) -> Record<'a> {
    Record {
        key: Some(key.as_bytes()),
        value: Some(SEALED.as_bytes()),
        partition: Some((partition(key, 12).expect("12 partitions"), 12)),
        ..Record::default()
    }
}

fn outcome(record: &Record<'_>) -> Vec<Result<(), Code>> {
    let mut codes = Vec::new();
    let whole = decoder().decode_record(record, |event| {
        codes.push(event.map(|_| ()).map_err(|reject| reject.code))
    });
    whole.map_or_else(|reject| vec![Err(reject.code)], |_| codes)
}

const KEY: &str = "SF:SF1234567890123";

#[test]
fn rows_2_to_5_record_key_and_partition() {
    let good = good(KEY);
    let (home, count) = good.partition.expect("set above");
    let elsewhere = Some(((home + 1) % count, count));
    for (record, code) in [
        (
            Record {
                value: Some(b""),
                ..good
            },
            Code::EmptyValue,
        ),
        (Record { value: None, ..good }, Code::TombstoneNotAllowed),
        (Record { key: None, ..good }, Code::KeyMissing),
        (
            Record {
                key: Some(b"SF:other"),
                ..good
            },
            Code::KeyMismatch,
        ),
        (
            Record {
                partition: elsewhere,
                ..good
            },
            Code::WrongPartition,
        ),
    ] {
        assert_eq!(outcome(&record), [Err(code)]);
    }
    assert_eq!(outcome(&good), [Ok(())]);
}

#[test]
fn headers_and_keys_of_records_are_looked_at_first() {
    let good = good(KEY);
    let large = vec![b'a'; 8 * 1_024];
    let personal = format!("SF:{RESIDENT}");
    let many = [("h", b"1".as_slice()); 33];
    for (headers, code) in [
        (
            [("content-type", b"image/png".as_slice())].as_slice(),
            Code::UnknownEncoding,
        ),
        (&many, Code::RecordHeadersTooLarge),
        (&[("h", large.as_slice())], Code::RecordHeadersTooLarge),
        (&[("trace", MOBILE.as_bytes())], Code::PiiInWrongField),
    ] {
        assert_eq!(outcome(&Record { headers, ..good }), [Err(code)]);
    }
    let key = Some(personal.as_bytes());
    assert_eq!(outcome(&Record { key, ..good }), [Err(Code::PiiInWrongField)]);
}

#[test]
fn row_6_unknown_encoding() {
    let reject = Encoding::of_content_type("application/avro").expect_err("not read here");
    assert_eq!(reject.code, Code::UnknownEncoding);
}

#[test]
fn row_7_json_syntax() {
    for json in [
        "{",
        "}",
        "[]",
        "7",
        "\u{feff}{}",
        "{\"eventId\"}",
        "{\"eventId\":\"a",
        "{eventId:1}",
        "{'eventId':1}",
        "{\"a\":1,}",
        "{\"a\":[1,]}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":1e}",
        "{\"a\":truth}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":1 \"b\":2}",
        "   ",
        "not an event",
        "true story",
        "\"quoted\" words",
        "2026-03-10 10:00:00 INFO started",
        "[1,",
        "{\"a\":}",
        "{\"a\"::1}",
        "{,}",
        "// c\n{}",
    ] {
        let code = rejected(json).0;
        assert!(
            matches!((json, code), ("[]" | "7", Code::TypeMismatch) | (_, Code::JsonSyntax)),
            "{json}: {code}"
        );
    }
    assert_eq!(rejected(&format!("{SEALED}x")), (Code::JsonSyntax, String::new()));
    assert_eq!(
        rejected(&format!("{SEALED}{SEALED}")),
        (Code::JsonSyntax, String::new())
    );
    assert_eq!(
        decode("{\"a\" 1}").expect_err("no colon").detail,
        "at byte 5 stands no colon after a name"
    );
}

#[test]
fn row_8_json_depth() {
    let nested = |depth: usize| {
        sealed(
            "{\"eventId\"",
            &format!("{{\"x\":{}{},\"eventId\"", "[".repeat(depth), "]".repeat(depth)),
        )
    };
    assert!(decode(&nested(15)).is_ok());
    assert_eq!(rejected(&nested(16)), (Code::JsonDepth, String::new()));
    assert_eq!(rejected(&nested(10_000)), (Code::JsonDepth, String::new()));
}

#[test]
fn row_9_json_duplicate_key() {
    all(&[
        (
            sealed("\"brand\"", "\"brand\":\"SF\",\"brand\""),
            Code::JsonDuplicateKey,
            "/brand",
        ),
        (
            sealed("\"brand\"", "\"event_id\":\"x\",\"brand\""),
            Code::JsonDuplicateKey,
            "/eventId",
        ),
        (
            sealed("\"brand\"", "\"\\u0062rand\":\"SF\",\"brand\""),
            Code::JsonDuplicateKey,
            "/brand",
        ),
        (
            sealed("\"brand\"", "\"x\":1,\"y\":2,\"x\":3,\"brand\""),
            Code::JsonDuplicateKey,
            "",
        ),
        (
            sealed("\"brand\"", "\"x\":{\"y\":1,\"y\":2},\"brand\""),
            Code::JsonDuplicateKey,
            "",
        ),
        (
            event(r#""departed":{"leg":"local","leg":"local"}"#),
            Code::JsonDuplicateKey,
            "/departed/leg",
        ),
    ]);
}

#[test]
fn row_10_unknown_field() {
    let json = sealed("\"brand\"", "\"x\":[{\"y\":null}],\"z\":1e400,\"brand\"");
    assert_eq!(decode(&json).expect("counted").unknown_fields(), 2);
    let reject = decoder()
        .strict(true)
        .decode(json.as_bytes(), Encoding::Json)
        .expect_err("strict");
    assert_eq!((reject.code, reject.pointer.as_str()), (Code::UnknownField, ""));
    let mut bytes = encode_protobuf(&decode(SEALED).expect("good").message());
    bytes.extend([0xf8, 0x06, 1]);
    assert_eq!(
        decoder()
            .decode(&bytes, Encoding::Protobuf)
            .expect("counted")
            .unknown_fields(),
        1
    );
    let reject = decoder()
        .strict(true)
        .decode(&bytes, Encoding::Protobuf)
        .expect_err("strict");
    assert_eq!(reject.code, Code::UnknownField);
}

#[test]
fn row_11_text_invalid() {
    for text in [
        "a\\u0000",
        "a\\u001b[2J",
        "\\u202eb",
        "\\ud800",
        "\\udc00x",
        "a\\n",
        "\\u0085",
        "\u{2066}a",
        "a\tb",
    ] {
        assert_eq!(
            rejected(&sealed("GZ-0117", text)),
            (Code::TextInvalid, "/site".into()),
            "{text}"
        );
        assert_eq!(
            rejected(&event(&format!(r#""held":{{"reason":"{text}"}}"#))),
            (Code::TextInvalid, "/held/reason".into())
        );
        assert_eq!(
            rejected(&sealed("\"site\"", &format!("\"x\":\"{text}\",\"site\""))).0,
            Code::TextInvalid
        );
    }
    let mut bytes = SEALED.as_bytes().to_vec();
    let site = SEALED.find("GZ-").expect("site");
    bytes[site] = 0xff;
    let reject = decoder().decode(&bytes, Encoding::Json).expect_err("not UTF-8");
    assert_eq!((reject.code, reject.pointer.as_str()), (Code::TextInvalid, "/site"));
    let reject = decoder()
        .decode(b"\x0a\x02\xff\xfe", Encoding::Protobuf)
        .expect_err("not UTF-8");
    assert_eq!((reject.code, reject.pointer.as_str()), (Code::TextInvalid, "/eventId"));
    all(&[
        (sealed("GZ-0117", "GZ 0117"), Code::TextInvalid, "/site"),
        (sealed("SF1234567890123", "SF１２３"), Code::TextInvalid, "/waybill"),
    ]);
}

#[test]
fn row_12_type_mismatch() {
    let weight = |value: &str| event(&format!(r#""accepted":{{"weightGrams":{value}}}"#));
    for value in [
        "\"5\"",
        "1.0",
        "1e3",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "9007199254740993",
        "true",
        "[1]",
        "{}",
    ] {
        assert_eq!(
            rejected(&weight(value)),
            (Code::TypeMismatch, "/accepted/weightGrams".into()),
            "{value}"
        );
    }
    all(&[
        (sealed("\"GZ-0117\"", "7"), Code::TypeMismatch, "/site"),
        (
            sealed("\"2026-03-10T10:00:00+08:00\"", "1773108000"),
            Code::TypeMismatch,
            "/occurredAt",
        ),
        (
            event(r#""accepted":{"byAgent":"true"}"#),
            Code::TypeMismatch,
            "/accepted/byAgent",
        ),
        (
            event(r#""accepted":{"byAgent":1}"#),
            Code::TypeMismatch,
            "/accepted/byAgent",
        ),
        (event(r#""accepted":[]"#), Code::TypeMismatch, "/accepted"),
        (event(r#""departed":{"leg":1.5}"#), Code::TypeMismatch, "/departed/leg"),
        (
            event(r#""reported":{"to":"POLICE"}"#),
            Code::TypeMismatch,
            "/reported/to",
        ),
        (
            event(r#""reported":{"to":["POLICE",{}]}"#),
            Code::TypeMismatch,
            "/reported/to/1",
        ),
    ]);
}

#[test]
fn row_13_field_missing() {
    all(&[
        ("{}".into(), Code::FieldMissing, "/eventId"),
        (
            sealed(r#""eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77","#, ""),
            Code::FieldMissing,
            "/eventId",
        ),
        (sealed(r#""brand":"SF","#, ""), Code::FieldMissing, "/brand"),
        (
            sealed(r#""waybill":"SF1234567890123","#, ""),
            Code::FieldMissing,
            "/waybill",
        ),
        (
            sealed(r#""waybill":"SF1234567890123""#, r#""subject":"XR-1""#),
            Code::FieldMissing,
            "/waybill",
        ),
        (sealed("GZ-0117", ""), Code::FieldMissing, "/site"),
        (
            sealed(r#""occurredAt":"2026-03-10T10:00:00+08:00","#, ""),
            Code::FieldMissing,
            "/occurredAt",
        ),
        (sealed(r#","sealed":{}"#, ""), Code::FieldMissing, ""),
        (event(r#""departed":{}"#), Code::FieldMissing, "/departed/leg"),
        (
            event(r#""departed":{"leg":"LEG_UNSPECIFIED"}"#),
            Code::FieldMissing,
            "/departed/leg",
        ),
        (event(r#""arrived":{}"#), Code::FieldMissing, "/arrived/from"),
        (event(r#""retracted":{}"#), Code::FieldMissing, "/retracted/eventId"),
        (event(r#""deviceState":{"power":"ON"}"#), Code::FieldMissing, "/subject"),
        (
            event(r#""screenerShift":{"change":"IN"}"#),
            Code::FieldMissing,
            "/subject",
        ),
        (
            event(r#""declaredVolume":{"accepted":7}"#),
            Code::FieldMissing,
            "/subject",
        ),
        (
            subject(r#""screenerShift":{"device":"X-1"}"#),
            Code::FieldMissing,
            "/screenerShift/change",
        ),
        (
            subject(r#""declaredVolume":{"accepted":7}"#),
            Code::FieldMissing,
            "/declaredVolume/day",
        ),
        (
            subject(r#""declaredVolume":{"day":"long-term"}"#),
            Code::EventTimeInvalid,
            "/declaredVolume/day",
        ),
    ]);
}

/// The good event with another happening, of a subject instead of a parcel.
fn subject(happening: &str) -> String {
    event(happening).replace(r#""waybill":"SF1234567890123""#, r#""subject":"X-1""#)
}

#[test]
fn row_14_field_null() {
    all(&[
        (sealed("\"GZ-0117\"", "null"), Code::FieldNull, "/site"),
        (
            sealed("\"2026-03-10T10:00:00+08:00\"", "null"),
            Code::FieldNull,
            "/occurredAt",
        ),
        (event("\"sealed\":null"), Code::FieldNull, "/sealed"),
        (event(r#""departed":{"leg":null}"#), Code::FieldNull, "/departed/leg"),
        (event(r#""arrived":{"from":null}"#), Code::FieldNull, "/arrived/from"),
        (event(r#""reported":{"to":[null]}"#), Code::FieldNull, "/reported/to/0"),
    ]);
    let optional = sealed(
        "\"SF00012\"",
        "null,\"uploadedAt\":null,\"accepted\":null,\"subject\":null",
    );
    assert!(decode(&optional).is_ok(), "null is no value where none is needed");
}
