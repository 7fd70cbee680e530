//! Who sent an event, and when it reached us, is what the edge says: nothing that a producer wrote.

use sanbai_core::time::Timestamp;
use sanbai_wire::{Code, Decoded, Decoder, Encoding, Reject, TokenKeys, encode_batch, encode_protobuf};

const ID: &str = "0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77";
const WRITTEN: &str = r#""source":"张伟 13912345678","intakeAt":"2020-01-01T00:00:00Z","#;

fn decoder() -> Decoder<fn(&str) -> Option<&'static str>> {
    Decoder::new(TokenKeys::single("1", [7; 32]).expect("a version"), |_| Some("SF"))
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn stamped() -> Decoder<fn(&str) -> Option<&'static str>> {
    decoder().stamp("outlet-7", at("2026-03-10T11:00:00+08:00"))
}

/// An event with some fields more, in JSON.
fn event(fields: &str) -> String {
    format!(
        r#"{{"eventId":"{ID}","brand":"SF","waybill":"SF1","site":"GZ-1",{fields}"occurredAt":"2026-03-10T10:00:00+08:00","sealed":{{}}}}"#
    )
}

fn assert_stamped(decoded: &Decoded) {
    let event = decoded.event().expect("of a parcel");
    let intake_at = at("2026-03-10T11:00:00+08:00");
    assert_eq!((event.source, event.intake_at), ("outlet-7", intake_at));
    let message = decoded.message();
    assert_eq!(message.source, "outlet-7");
    assert_eq!(encode_protobuf(&message), decoded.as_bytes());
    // What lies in the log is read as it was accepted.
    let again = decoder().decode(decoded.as_bytes(), Encoding::Protobuf).expect("good");
    assert_eq!(again, *decoded);
    assert!(!decoded.to_json().contains("139"), "{decoded:?}");
}

#[test]
fn json_is_stamped_whatever_stands_in_it() {
    for fields in [
        "",
        WRITTEN,
        r#""intakeAt":null,"uploadedAt":"2026-03-10T10:30:00+08:00","#,
    ] {
        let decoded = stamped()
            .decode(event(fields).as_bytes(), Encoding::Json)
            .expect(fields);
        assert_stamped(&decoded);
    }
}

#[test]
fn protobuf_is_stamped_alone_and_in_batches() {
    let json = event(r#""source":"somebody else","intakeAt":"2026-03-10T10:20:00+08:00","#);
    let bytes = encode_protobuf(
        &decoder()
            .decode(json.as_bytes(), Encoding::Json)
            .expect("good")
            .message(),
    );
    assert_stamped(&stamped().decode(&bytes, Encoding::Protobuf).expect("good"));
    let batch = encode_batch([bytes.as_slice(), bytes.as_slice()]);
    let each = |event: Result<Decoded, Reject>| assert_stamped(&event.expect("good"));
    assert_eq!(stamped().decode_each(&batch, Encoding::Protobuf, each), Ok(2));
}

#[test]
fn an_envelope_names_no_source() {
    let json = format!(
        r#"{{"specversion":"1.0","id":"{ID}","source":"/brands/sf","type":"cn.example.parcel.sealed.v1","data":{}}}"#,
        event(WRITTEN)
    );
    assert_stamped(&stamped().decode(json.as_bytes(), Encoding::CloudEvent).expect("good"));
}

#[test]
fn the_age_is_that_at_the_stamped_intake() {
    let old = event(r#""intakeAt":"2026-03-10T10:00:01+08:00","#);
    for (intake_at, code) in [
        ("2026-03-18T11:00:00+08:00", Code::EventTimeTooOld),
        ("2026-03-08T11:00:00+08:00", Code::EventTimeFuture),
    ] {
        let decoder = decoder().stamp("outlet-7", at(intake_at));
        let reject = decoder.decode(old.as_bytes(), Encoding::Json).expect_err(intake_at);
        assert_eq!((reject.code, reject.pointer.as_str()), (code, "/occurredAt"));
    }
}

#[test]
fn the_content_is_that_of_the_same_event_without_a_stamp() {
    let bytes = event(WRITTEN);
    let plain = decoder().decode(event("").as_bytes(), Encoding::Json);
    let stamped = stamped().decode(bytes.as_bytes(), Encoding::Json);
    assert_eq!(plain.expect("good").digest(), stamped.expect("good").digest());
}
