//! Whatever an event looks like on its way in, it comes out in one form.

use proptest::prelude::*;
use prost::Message as _;

use super::decoder;
use super::dice::Dice;
use super::reference;
use crate::check::{Checks, Policy};
use crate::json::{Reader, transcode};
use crate::proto::event::{ParcelEvent, ParcelEventBatch};
use crate::proto::schema::PARCEL_EVENT;
use crate::protobuf::{Entries, Value, put_bytes, put_number};
use crate::{Encoding, Frame, encode_delimited, encode_json};

/// The protobuf encoding of a JSON event as its producer would send it, raw values and all.
fn raw_protobuf(json: &str) -> Vec<u8> {
    let policy = Policy::default();
    let mut bytes = Vec::new();
    transcode(
        &mut Checks::new(&policy),
        &mut Reader::new(json.as_bytes()),
        &PARCEL_EVENT,
        &mut bytes,
    )
    .expect(json);
    bytes
}

/// The same fields in another order; the entries of one list keep theirs.
fn shuffled(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let ranks: Vec<u64> = (0..64).map(|_| dice.throw()).collect();
    let mut entries: Vec<_> = Entries::of(bytes).map(|entry| entry.expect("well-formed")).collect();
    entries.sort_by_key(|entry| ranks.get(usize::try_from(entry.number).expect("small")));
    let mut out = Vec::new();
    for entry in entries {
        match entry.value {
            Value::Bytes(bytes) => put_bytes(&mut out, entry.number, bytes),
            Value::Varint(number) => put_number(&mut out, entry.number, number),
            Value::Fixed | Value::Group => unreachable!("none in the schema"),
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_encoding_of_an_event_gives_the_same(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let json = dice.event();
        let decoder = decoder();
        let decoded = decoder.decode(json.as_bytes(), Encoding::Json).map_err(|reject| TestCaseError::fail(format!("{reject} {json}")))?;

        let raw = raw_protobuf(&json);
        for (bytes, encoding) in [(json.as_bytes(), Encoding::Json), (raw.as_slice(), Encoding::Protobuf)] {
            let seen = decoder.see_each(bytes, encoding, &mut Vec::new(), |seen| {
                let seen = seen.expect("as decoded");
                assert_eq!((seen.event, seen.intake_at), (decoded.event(), decoded.intake_at()), "{json}");
            });
            prop_assert_eq!(seen, Ok(1));
        }
        prop_assert_eq!(&decoder.decode(&raw, Encoding::Protobuf).expect("protobuf"), &decoded);
        let prost = ParcelEvent::decode(raw.as_slice()).expect("protobuf").encode_to_vec();
        prop_assert_eq!(&decoder.decode(&prost, Encoding::Protobuf).expect("by prost"), &decoded);
        prop_assert_eq!(&decoder.decode(&shuffled(&raw, &mut dice), Encoding::Protobuf).expect("shuffled"), &decoded);
        let again = encode_json(&ParcelEvent::decode(raw.as_slice()).expect("protobuf"));
        prop_assert_eq!(&decoder.decode(again.as_bytes(), Encoding::Json).expect("written JSON"), &decoded);
    }

    #[test]
    fn what_comes_out_is_canonical_and_stays_so(seed in any::<u64>()) {
        let json = Dice(seed).event();
        let decoder = decoder();
        let decoded = decoder.decode(json.as_bytes(), Encoding::Json).expect("valid");
        let message = decoded.message();
        prop_assert_eq!(message.encode_to_vec(), decoded.as_bytes());
        prop_assert_eq!(encode_json(&message), decoded.to_json());
        prop_assert_eq!(&decoder.decode(decoded.as_bytes(), Encoding::Protobuf).expect("again"), &decoded);
        prop_assert_eq!(&decoder.decode(decoded.to_json().as_bytes(), Encoding::Json).expect("again"), &decoded);
        let behind_the_edge = super::decoder().raw_values(crate::RawValues::Forbid);
        prop_assert_eq!(&behind_the_edge.decode(decoded.as_bytes(), Encoding::Protobuf).expect("nothing raw"), &decoded);
    }

    #[test]
    fn the_core_sees_what_prost_reads(seed in any::<u64>()) {
        let decoded = decoder().decode(Dice(seed).event().as_bytes(), Encoding::Json).expect("valid");
        let message = decoded.message();
        let happening = decoded.event().map(|event| event.happening);
        prop_assert_eq!(happening, message.happening.as_ref().and_then(reference::happening));
        if let Some(event) = decoded.event() {
            prop_assert_eq!(event.brand, &message.brand);
            prop_assert_eq!(event.waybill, &message.waybill);
            prop_assert_eq!(event.site, &message.site);
            prop_assert_eq!(event.operator, &message.operator);
            prop_assert_eq!(event.source, &message.source);
            prop_assert_eq!(event.redacted, !message.redacted_fields.is_empty());
            prop_assert_eq!(Some(event.occurred_at), message.occurred_at.and_then(reference::instant));
            prop_assert_eq!(event.uploaded_at, message.uploaded_at.and_then(reference::instant));
        }
    }

    #[test]
    fn intake_alone_changes_no_digest(seed in any::<u64>()) {
        let mut message = decoder().decode(Dice(seed).event().as_bytes(), Encoding::Json).expect("valid").message();
        let digest = |message: &ParcelEvent| decoder().decode(&message.encode_to_vec(), Encoding::Protobuf).expect("valid").digest();
        let before = digest(&message);
        message.source = "another".into();
        message.uploaded_at = None;
        message.intake_at = message.occurred_at;
        prop_assert_eq!(digest(&message), before);
        message.site.push('x');
        prop_assert_ne!(digest(&message), before);
    }

    #[test]
    fn a_batch_is_its_events_one_by_one(seed in any::<u64>(), count in 2_usize..6) {
        let mut dice = Dice(seed);
        let events: Vec<String> = (0..count).map(|_| dice.event()).collect();
        let decoder = decoder();
        let each = |bytes: &[u8], encoding| {
            let mut all = Vec::new();
            let count = decoder.decode_each(bytes, encoding, |event| all.push(event.expect("valid"))).expect("a batch");
            assert_eq!(count, all.len());
            all
        };
        let alone: Vec<_> = events.iter().flat_map(|json| each(json.as_bytes(), Encoding::Json)).collect();
        let json = format!("{{ \"events\": [ {} ] }}", events.join(" , "));
        prop_assert_eq!(&each(json.as_bytes(), Encoding::Json), &alone);
        let batch = ParcelEventBatch { events: alone.iter().map(crate::Decoded::message).collect() };
        prop_assert_eq!(&each(&batch.encode_to_vec(), Encoding::Protobuf), &alone);
        prop_assert_eq!(Encoding::sniff(&batch.encode_to_vec()), Encoding::Protobuf);

        let mut file: Vec<u8> = alone.iter().flat_map(|event| encode_delimited(&event.message())).collect();
        let mut read = Vec::new();
        while !file.is_empty() {
            let Ok(Frame::Whole { content, length }) = Frame::first(&file) else { panic!("no frame") };
            read.extend(each(content, Encoding::Protobuf));
            file.drain(..length);
        }
        prop_assert_eq!(&read, &alone);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Whatever the bytes are, there is an answer, and it holds nothing of them.
    #[test]
    fn any_bytes_are_accepted_or_rejected_with_one_code(seed in any::<u64>(), noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut dice = Dice(seed);
        let decoder = decoder();
        let secret = "Q7ZK4WVJ";
        let json = dice.event().replace("-0", secret);
        for bytes in [noise, damaged(json.as_bytes(), &mut dice), damaged(&raw_or_json(&json), &mut dice)] {
            for encoding in [Encoding::Json, Encoding::Protobuf, Encoding::CloudEvent] {
                let (mut accepted, mut rejects) = (Vec::new(), Vec::new());
                let whole = decoder.decode_each(&bytes, encoding, |event| match event {
                    Ok(event) => accepted.push(event),
                    Err(reject) => rejects.push(reject),
                });
                for event in &accepted {
                    prop_assert_eq!(event.message().encode_to_vec(), event.as_bytes());
                    prop_assert_eq!(&decoder.decode(event.as_bytes(), Encoding::Protobuf).expect("again"), event);
                    prop_assert!(event.event().is_some() || event.message().waybill.is_empty() || !event.message().subject.is_empty());
                }
                for reject in rejects.into_iter().chain(whole.err()) {
                    let text = format!("{} {}", reject.pointer, reject.detail);
                    prop_assert!(!secret.as_bytes().windows(6).any(|part| text.contains(core::str::from_utf8(part).expect("ASCII"))), "{}", text);
                }
            }
            let _: Encoding = Encoding::sniff(&bytes);
            drop(Frame::first(&bytes));
        }
    }
}

fn raw_or_json(json: &str) -> Vec<u8> {
    let policy = Policy::default();
    let mut bytes = Vec::new();
    let done = transcode(
        &mut Checks::new(&policy),
        &mut Reader::new(json.as_bytes()),
        &PARCEL_EVENT,
        &mut bytes,
    );
    if done.is_ok() { bytes } else { json.as_bytes().to_vec() }
}

/// The bytes with a few of them changed, lost or doubled.
fn damaged(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..dice.below(4) {
        let place = dice.below(bytes.len());
        match dice.below(4) {
            0 => bytes.truncate(place),
            1 if place < bytes.len() => bytes[place] = u8::try_from(dice.below(256)).expect("a byte"),
            2 if place < bytes.len() => drop(bytes.remove(place)),
            _ => bytes.insert(place, dice.pick(b"{}[]\",:\\u0x9\x00\xff\x0a")),
        }
    }
    bytes
}

#[test]
fn a_hundred_thousand_unknown_or_nested_things_take_no_time() {
    let decoder = decoder();
    let names: Vec<String> = (0..5_000).map(|number| format!("\"x{number}\":0")).collect();
    let many = format!("{{{}}}", names.join(","));
    assert!(many.len() < 65_536);
    for bytes in [
        many,
        "[".repeat(65_000),
        "{\"a\":".repeat(13_000),
        "\\u0041".repeat(10_000),
        format!("{{\"x\":\"{}", "\\".repeat(65_000)),
    ] {
        assert!(decoder.decode(bytes.as_bytes(), Encoding::Json).is_err());
    }
    assert!(decoder.decode(&[0x0a, 0].repeat(30_000), Encoding::Protobuf).is_err());
    assert!(
        decoder
            .decode(&[0xa3, 0x06].repeat(30_000), Encoding::Protobuf)
            .is_err()
    );
}
