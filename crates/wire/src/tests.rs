//! Properties of the whole decoder, over events of every shape that the schema allows, and values for other tests.

pub(crate) mod arbitrary;
mod canary;
mod dice;
mod reference;
mod shapes;
mod streams;

use crate::{Decoder, TokenKeys};

/// A decoder that knows every brand of the tests.
fn decoder() -> Decoder<fn(&str) -> Option<&'static str>> {
    let keys = TokenKeys::parse(
        "hs256:2026b:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n\
         sm3:2026a:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    );
    Decoder::new(keys.expect("two keys"), |brand| {
        ["SF", "ZTO"]
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(brand))
    })
}
