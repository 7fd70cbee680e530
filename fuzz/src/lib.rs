//! What the targets share.

use sanbai_core::parcel::Parcels;
use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::Judge;
use sanbai_wire::{Decoded, Decoder, Encoding, TokenKeys};

/// Keys that are the same in every run.
pub fn keys() -> TokenKeys {
    TokenKeys::single("fuzz", [7; 32]).expect("a version of letters")
}

/// A decoder that knows two brands.
pub fn decoder() -> Decoder<impl Fn(&str) -> Option<&'static str>> {
    Decoder::new(keys(), |brand: &str| match brand {
        "SF" => Some("SF"),
        "ZTO" => Some("ZTO"),
        _ => None,
    })
}

/// What is seen of events while they are read is what is decoded of them.
pub fn assert_seen_as_decoded(bytes: &[u8], encoding: Encoding) {
    let decoder = decoder();
    let mut decoded = Vec::new();
    let count = decoder.decode_each(bytes, encoding, |event| decoded.push(event));
    let (mut decoded, mut spare) = (decoded.into_iter(), vec![0xff; 7]);
    let seen = decoder.see_each(bytes, encoding, &mut spare, |seen| {
        let decoded = decoded.next().expect("no more are seen than are decoded");
        let event = |decoded: &Decoded| (decoded.intake_at(), decoded.unknown_fields());
        assert_eq!(
            seen.as_ref().map(|seen| (seen.intake_at, seen.unknown_fields)),
            decoded.as_ref().map(event)
        );
        assert_eq!(
            seen.ok().and_then(|seen| seen.event),
            decoded.ok().as_ref().and_then(Decoded::event)
        );
    });
    assert_eq!((seen, decoded.len()), (count, 0));
}

/// Judges events in their order and backwards: the same verdicts.
pub fn judge(events: impl IntoIterator<Item = Decoded>) {
    thread_local! {
        static RULES: Rules = Rules::builtin();
    }
    let events: Vec<Decoded> = events.into_iter().collect();
    let registry = Registry::default();
    RULES.with(|rules| {
        let judge = Judge::new(rules, registry.view());
        let (mut forward, mut backward) = (Parcels::default(), Parcels::default());
        for event in events.iter().filter_map(Decoded::event) {
            forward.apply(&event).expect("waybills are bounded");
        }
        for event in events.iter().rev().filter_map(Decoded::event) {
            backward.apply(&event).expect("waybills are bounded");
        }
        let now = Timestamp::MAX;
        for (one, other) in forward.iter_sorted().zip(backward.iter_sorted()) {
            let one = judge.verdict(&one, now).expect("the profile is built in");
            let other = judge.verdict(&other, now).expect("the profile is built in");
            assert_eq!(
                one.map(|verdict| verdict.findings),
                other.map(|verdict| verdict.findings)
            );
        }
    });
}
