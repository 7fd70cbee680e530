//! What the tests of this crate share.

use sanbai_wire::{Code, Decoded, Decoder, Encoding, Reject, TokenKeys};

/// A resident number that is valid, and stands in no value of the tests but where it is put.
pub(crate) const RESIDENT: &str = "440308199901101512";
/// A mobile phone number.
pub(crate) const MOBILE: &str = "13912345678";

/// A good event.
pub(crate) const SEALED: &str = r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77","brand":"SF","waybill":"SF1234567890123","site":"GZ-0117","operator":"SF00012","occurredAt":"2026-03-10T10:00:00+08:00","sealed":{}}"#;

pub(crate) fn resolve(brand: &str) -> Option<&'static str> {
    match brand {
        "SF" | "sf" | "顺丰" => Some("SF"),
        "ZTO" => Some("ZTO"),
        _ => None,
    }
}

pub(crate) fn keys() -> TokenKeys {
    TokenKeys::single("1", [7; 32]).expect("a version")
}

pub(crate) fn decoder() -> Decoder<fn(&str) -> Option<&'static str>> {
    Decoder::new(keys(), resolve)
}

pub(crate) fn decode(json: &str) -> Result<Decoded, Reject> {
    let decoded = decoder().decode(json.as_bytes(), Encoding::Json);
    assert_seen(json, &decoded);
    decoded
}

/// Asserts that the same is seen of an event where nothing is kept of it.
fn assert_seen(json: &str, decoded: &Result<Decoded, Reject>) {
    let mut seen = Vec::new();
    let mut spare = b"what the last event has left".to_vec();
    let whole = decoder().see_each(json.as_bytes(), Encoding::Json, &mut spare, |event| {
        let decoded = decoded.as_ref();
        assert_eq!(
            event.as_ref().ok().and_then(|seen| seen.event),
            decoded.ok().and_then(Decoded::event)
        );
        seen.push(event.map(|seen| (seen.intake_at, seen.unknown_fields)));
    });
    let expected = |decoded: &Decoded| (decoded.intake_at(), decoded.unknown_fields());
    match whole {
        Ok(1) => assert_eq!(seen, [decoded.as_ref().map(expected).map_err(Clone::clone)], "{json}"),
        Ok(_) => {}
        Err(reject) => assert_eq!((Err(&reject), seen.len()), (decoded.as_ref().map(|_| ()), 0), "{json}"),
    }
}

/// The good event with `from` replaced, which must stand in it.
pub(crate) fn sealed(from: &str, to: &str) -> String {
    assert!(SEALED.contains(from), "{from}");
    SEALED.replace(from, to)
}

/// The good event with another happening.
pub(crate) fn event(happening: &str) -> String {
    sealed(r#""sealed":{}"#, happening)
}

/// Code and pointer of the rejection.
pub(crate) fn rejected(json: &str) -> (Code, String) {
    let reject = decode(json).expect_err(json);
    (reject.code, reject.pointer)
}

/// Asserts code and pointer of each input.
pub(crate) fn all(cases: &[(String, Code, &str)]) {
    for (json, code, pointer) in cases {
        assert_eq!(rejected(json), (*code, (*pointer).to_owned()), "{json}");
    }
}
