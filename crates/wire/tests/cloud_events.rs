//! CloudEvents 1.0 around the same events, structured and binary.

use sanbai_wire::{Code, Decoded, Decoder, Encoding, Record, Reject, TokenKeys, encode_protobuf};

const ID: &str = "0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77";
/// An event as it stands in an envelope: without id and time.
const DATA: &str = r#"{"brand":"SF","waybill":"SF1234567890123","site":"GZ-0117","xrayScreened":{"device":"XR-1"}}"#;

fn decoder() -> Decoder<fn(&str) -> Option<&'static str>> {
    Decoder::new(TokenKeys::single("1", [7; 32]).expect("a version"), |_| Some("SF"))
}

fn envelope(data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{ID}","source":"/brands/sf","type":"cn.example.parcel.xray-screened.v1",
        "time":"2026-03-10T20:00:00+08:00","partitionkey":"x",{data}}}"#
    )
}

fn structured(json: &str) -> Result<Decoded, Reject> {
    decoder().decode(json.as_bytes(), Encoding::CloudEvent)
}

fn rejected(json: &str) -> (Code, String) {
    let reject = structured(json).expect_err(json);
    (reject.code, reject.pointer)
}

#[test]
fn the_envelope_gives_id_source_and_time() {
    let decoded = structured(&envelope(&format!("\"data\":{DATA}"))).expect("good");
    let event = decoded.event().expect("of a parcel");
    assert_eq!(event.id.to_string(), ID);
    assert_eq!(event.source, "/brands/sf");
    assert_eq!(event.occurred_at.to_string(), "2026-03-10T20:00:00+08:00");
    assert_eq!(event.happening.name(), "xrayScreened");
}

#[test]
fn data_may_be_base64_of_json_or_protobuf() {
    let plain = structured(&envelope(&format!("\"data\":{DATA}"))).expect("good");
    let json = data_encoding::BASE64.encode(DATA.as_bytes());
    let in_json = structured(&envelope(&format!("\"data_base64\":\"{json}\""))).expect("JSON in base64");
    assert_eq!(in_json, plain);
    let protobuf = data_encoding::BASE64.encode(&encode_protobuf(&plain.message()));
    let data = format!("\"datacontenttype\":\"application/protobuf\",\"data_base64\":\"{protobuf}\"");
    assert_eq!(structured(&envelope(&data)).expect("protobuf in base64"), plain);
}

#[test]
fn the_time_of_the_event_wins_over_that_of_the_envelope() {
    let data = DATA.replace("\"site\"", "\"occurredAt\":\"2026-03-10T19:00:00+08:00\",\"site\"");
    let decoded = structured(&envelope(&format!("\"data\":{data}"))).expect("good");
    assert_eq!(
        decoded.event().expect("of a parcel").occurred_at.to_string(),
        "2026-03-10T19:00:00+08:00"
    );
}

#[test]
fn what_is_wrong_with_an_envelope_has_its_code() {
    let good = envelope(&format!("\"data\":{DATA}"));
    for (from, to, code, pointer) in [
        ("\"specversion\":\"1.0\",", "", Code::FieldMissing, "/specversion"),
        ("\"1.0\"", "\"0.3\"", Code::UnknownEncoding, "/specversion"),
        (ID, "7", Code::EventIdInvalid, "/id"),
        (ID, "13912345678", Code::PiiInWrongField, "/id"),
        ("\"/brands/sf\"", "null", Code::FieldMissing, "/source"),
        ("\"/brands/sf\"", "7", Code::TypeMismatch, "/source"),
        ("/brands/sf", "a\\u0000", Code::TextInvalid, "/source"),
        (".v1", ".v2", Code::SchemaTooNew, "/type"),
        (".v1", ".v0", Code::SchemaTooOld, "/type"),
        (".v1", "", Code::EventTypeUnknown, "/type"),
        (".parcel.", ".letter.", Code::EventTypeUnknown, "/type"),
        ("xray-screened", "sealed", Code::EventTypeUnknown, "/data"),
        ("20:00:00+08:00", "20:00", Code::EventTimeInvalid, "/time"),
        ("\"partitionkey\"", "\"source\"", Code::JsonDuplicateKey, ""),
        ("GZ-0117", "", Code::FieldMissing, "/data/site"),
        (
            "\"data\"",
            "\"data\":{},\"data_base64\":\"\",\"x\"",
            Code::TypeMismatch,
            "/data_base64",
        ),
        ("\"data\"", "\"datum\"", Code::FieldMissing, "/data"),
    ] {
        assert!(good.contains(from), "{from}");
        assert_eq!(
            rejected(&good.replacen(from, to, 1)),
            (code, pointer.to_owned()),
            "{to}"
        );
    }
    let other_id = DATA.replace("{\"brand\"", "{\"eventId\":\"01J2M9ZB7RXXXXXXXXXXXXXXXX\",\"brand\"");
    assert_eq!(
        rejected(&envelope(&format!("\"data\":{other_id}"))),
        (Code::EventIdInvalid, "/data/eventId".into())
    );
}

#[test]
fn binary_mode_is_told_by_its_headers() {
    let decode = |headers: &[(&str, &[u8])]| {
        let key = Some(b"SF:SF1234567890123".as_slice());
        let mut all = Vec::new();
        let record = Record {
            key,
            value: Some(DATA.as_bytes()),
            headers,
            ..Record::default()
        };
        decoder()
            .decode_record(&record, |event| all.push(event))
            .map(|_| all.remove(0))
            .and_then(|event| event)
    };
    let headers: [(&str, &[u8]); 6] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", ID.as_bytes()),
        ("ce_source", b"/brands/sf"),
        ("ce_type", b"cn.example.parcel.xrayScreened.v1"),
        ("ce_time", b"2026-03-10T12:00:00Z"),
        ("content-type", b"application/json"),
    ];
    let structured = structured(&envelope(&format!("\"data\":{DATA}"))).expect("good");
    assert_eq!(decode(&headers).expect("binary"), structured);
    assert_eq!(decode(&headers[..4]).expect_err("no time").pointer, "/occurredAt");
    assert_eq!(decode(&headers[1..]).expect_err("no version").pointer, "/specversion");
    let twice = [headers.as_slice(), &headers[1..2]].concat();
    assert_eq!(decode(&twice).expect_err("two ids").code, Code::JsonDuplicateKey);
}

#[test]
fn a_structured_record_is_told_by_its_content_type() {
    let value = envelope(&format!("\"data\":{DATA}"));
    let headers: [(&str, &[u8]); 1] = [("Content-Type", b"application/cloudevents+json; charset=UTF-8")];
    let key = Some(b"SF:SF1234567890123".as_slice());
    let record = Record {
        key,
        value: Some(value.as_bytes()),
        headers: &headers,
        ..Record::default()
    };
    let mut count = 0;
    let whole = decoder().decode_record(&record, |event| count += usize::from(event.is_ok()));
    assert_eq!((whole, count), (Ok(1), 1));
}
