//! One scenario for each row of the bad-input matrix that concerns decoding: bytes in, code and pointer out.

mod support;

use prost::Message as _;
use sanbai_core::time::Span;
use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::event::{Accepted, Departed, ParcelEvent};
use sanbai_wire::{Code, Encoding, RawValues, Record, encode_protobuf, partition};
use support::{MOBILE, RESIDENT, SEALED, decode, decoder, event, rejected, sealed};

/// Asserts code and pointer of each input.
fn all(cases: &[(String, Code, &str)]) {
    for (json, code, pointer) in cases {
        assert_eq!(rejected(json), (*code, (*pointer).to_owned()), "{json}");
    }
}

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

#[test]
fn rows_2_to_5_record_key_and_partition() {
    let value = SEALED.as_bytes();
    let key = "SF:SF1234567890123";
    let home = partition(key, 12).expect("12 partitions");
    let good = Record {
        key: Some(key.as_bytes()),
        value: Some(value),
        partition: Some((home, 12)),
        ..Record::default()
    };
    let outcome = |record: Record<'_>| {
        let mut codes = Vec::new();
        let whole = decoder().decode_record(&record, |event| {
            codes.push(event.map(|_| ()).map_err(|reject| reject.code))
        });
        whole.map_or_else(|reject| vec![Err(reject.code)], |_| codes)
    };
    assert_eq!(outcome(good), [Ok(())]);
    assert_eq!(
        outcome(Record {
            value: Some(b""),
            ..good
        }),
        [Err(Code::EmptyValue)]
    );
    assert_eq!(
        outcome(Record { value: None, ..good }),
        [Err(Code::TombstoneNotAllowed)]
    );
    assert_eq!(outcome(Record { key: None, ..good }), [Err(Code::KeyMissing)]);
    assert_eq!(
        outcome(Record {
            key: Some(b"SF:other"),
            ..good
        }),
        [Err(Code::KeyMismatch)]
    );
    assert_eq!(
        outcome(Record {
            partition: Some(((home + 1) % 12, 12)),
            ..good
        }),
        [Err(Code::WrongPartition)]
    );
    let headers: [(&str, &[u8]); 1] = [("content-type", b"image/png")];
    assert_eq!(
        outcome(Record {
            headers: &headers,
            ..good
        }),
        [Err(Code::UnknownEncoding)]
    );
    let headers = [("h", b"1".as_slice()); 33];
    assert_eq!(
        outcome(Record {
            headers: &headers,
            ..good
        }),
        [Err(Code::RecordHeadersTooLarge)]
    );
    let large = vec![b'a'; 8 * 1_024];
    let headers = [("h", large.as_slice())];
    assert_eq!(
        outcome(Record {
            headers: &headers,
            ..good
        }),
        [Err(Code::RecordHeadersTooLarge)]
    );
    let headers = [("trace", MOBILE.as_bytes())];
    assert_eq!(
        outcome(Record {
            headers: &headers,
            ..good
        }),
        [Err(Code::PiiInWrongField)]
    );
    let key = format!("SF:{RESIDENT}");
    assert_eq!(
        outcome(Record {
            key: Some(key.as_bytes()),
            ..good
        }),
        [Err(Code::PiiInWrongField)]
    );
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
    let mut bytes = encode_protobuf(decode(SEALED).expect("good").message());
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
    ]);
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
fn row_16_proto_decode() {
    let good = encode_protobuf(decode(SEALED).expect("good").message());
    let code = |bytes: &[u8]| decoder().decode(bytes, Encoding::Protobuf).expect_err("broken").code;
    for end in 1..good.len() {
        let code = code(&good[..end]);
        assert!(
            matches!(
                code,
                Code::ProtoDecode | Code::ProtoLimit | Code::FieldMissing | Code::EventIdInvalid
            ),
            "{end}: {code}"
        );
    }
    assert_eq!(code(&[0x08, 7]), Code::ProtoDecode, "eventId as a number");
    assert_eq!(code(&[0x0f]), Code::ProtoDecode, "wire type 7");
    assert_eq!(code(&[0x00, 1]), Code::ProtoDecode, "field 0");
    assert_eq!(code(&[0xff; 20]), Code::ProtoDecode, "an endless number");
    let twice = [good.as_slice(), b"\x12\x02SF"].concat();
    let reject = decoder().decode(&twice, Encoding::Protobuf).expect_err("two brands");
    assert_eq!((reject.code, reject.pointer.as_str()), (Code::ProtoDecode, "/brand"));
    assert_eq!(
        code(&[good.as_slice(), &[0xaa, 0x01, 0]].concat()),
        Code::EventTypeUnknown,
        "two happenings"
    );
}

#[test]
fn row_17_proto_limit() {
    let code = |bytes: &[u8]| {
        decoder()
            .decode(bytes, Encoding::Protobuf)
            .expect_err("over a limit")
            .code
    };
    assert_eq!(code(&[0x0a, 0x7f, b'a']), Code::ProtoLimit);
    assert_eq!(
        code(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        Code::ProtoLimit
    );
    // Field 100 as a group, and groups in it: each opens with its tag.
    let open = [0xa3, 0x06];
    assert_eq!(code(&open.repeat(17)), Code::ProtoLimit);
    assert_eq!(code(&open.repeat(16)), Code::ProtoDecode, "no end");
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
    let mut message = decode(SEALED).expect("good").message().clone();
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
    let mut message = decode(SEALED).expect("good").message().clone();
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
    let mut message = decode(SEALED).expect("good").message().clone();
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
fn row_49_plaintext_id_forbidden() {
    let behind_the_edge = decoder().raw_values(RawValues::Forbid);
    for (happening, pointer) in [
        (
            format!(r#""identityChecked":{{"document":{{"number":"{RESIDENT}"}}}}"#),
            "/identityChecked/document/number",
        ),
        (
            r#""identityChecked":{"agentDocument":{"number":"x"}}"#.into(),
            "/identityChecked/agentDocument/number",
        ),
        (
            r#""accepted":{"sender":{"name":"王小明"}}"#.into(),
            "/accepted/sender/name",
        ),
        (
            format!(r#""accepted":{{"sender":{{"phone":"{MOBILE}"}}}}"#),
            "/accepted/sender/phone",
        ),
    ] {
        let json = event(&happening);
        assert!(decode(&json).is_ok(), "{json}");
        let reject = behind_the_edge
            .decode(json.as_bytes(), Encoding::Json)
            .expect_err("raw");
        assert_eq!(
            (reject.code, reject.pointer.as_str()),
            (Code::PlaintextIdForbidden, pointer)
        );
    }
    let for_token = event(&format!(
        r#""identityChecked":{{"document":{{"tokens":["{RESIDENT}"]}}}}"#
    ));
    assert_eq!(
        rejected(&for_token),
        (Code::PlaintextIdForbidden, "/identityChecked/document/tokens/0".into())
    );
}

#[test]
fn row_50_token_key_unknown() {
    let token = |token: &str| event(&format!(r#""accepted":{{"sender":{{"phoneTokens":["{token}"]}}}}"#));
    let good = token("hs256:2026a:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA");
    assert!(decode(&good).is_ok());
    let old = decoder().key_versions(["2027a".into()]);
    let reject = old.decode(good.as_bytes(), Encoding::Json).expect_err("not in force");
    assert_eq!(
        (reject.code, reject.pointer.as_str()),
        (Code::TokenKeyUnknown, "/accepted/sender/phoneTokens/0")
    );
    assert_eq!(
        rejected(&token("hs256:short")),
        (Code::TokenKeyUnknown, "/accepted/sender/phoneTokens/0".into())
    );
}

#[test]
fn row_51_personal_data_in_the_wrong_field() {
    for number in [RESIDENT, MOBILE, "４４０３０８１９９９０１１０１５１２"] {
        for (from, pointer) in [
            ("0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77", "/eventId"),
            ("GZ-0117", "/site"),
            ("SF00012", "/operator"),
        ] {
            assert_eq!(
                rejected(&sealed(from, number)),
                (Code::PiiInWrongField, pointer.into()),
                "{number}"
            );
        }
    }
    all(&[
        (sealed("SF1234567890123", RESIDENT), Code::PiiInWrongField, "/waybill"),
        (
            sealed("SF1234567890123", "139 1234 5678"),
            Code::PiiInWrongField,
            "/waybill",
        ),
        (
            sealed("\"brand\"", &format!("\"subject\":\"{MOBILE}\",\"brand\"")),
            Code::PiiInWrongField,
            "/subject",
        ),
    ]);
    assert!(
        decode(&sealed("SF1234567890123", "JDVA13912345678")).is_ok(),
        "a waybill of letters and digits"
    );
    let decoded = decode(&event(&format!(r#""held":{{"reason":"请联系{MOBILE}"}}"#))).expect("counts");
    assert_eq!(decoded.message().redacted_fields, ["held.reason"]);
    assert!(decoded.event().expect("of a parcel").redacted);
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
        ..decode(SEALED).expect("good").message().clone()
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
        "123",
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
    assert!(sanbai_wire::encode_json(decoded.message()).contains("<script>=1+1 @x"));
}
