//! What the targets share.

use sanbai_core::parcel::Parcels;
use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::Judge;
use sanbai_wire::{Decoded, Decoder, TokenKeys};

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
