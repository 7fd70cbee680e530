//! Batches in both encodings: as many answers as events, whatever their order, and they can be judged together.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_fuzz::{assert_seen_as_decoded, decoder, judge};
use sanbai_wire::Encoding;

fuzz_target!(|input: (bool, &[u8])| {
    let (is_json, bytes) = input;
    let encoding = if is_json { Encoding::Json } else { Encoding::Protobuf };
    assert_seen_as_decoded(bytes, encoding);
    let mut answers = Vec::new();
    let count = decoder().decode_each(bytes, encoding, |decoded| answers.push(decoded));
    assert_eq!(count.unwrap_or(0), answers.len());
    judge(answers.into_iter().flatten());
});
