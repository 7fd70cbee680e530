//! Protobuf events: any bytes are accepted or get one code; what is accepted is read back from JSON as the same event.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_fuzz::{assert_seen_as_decoded, decoder, judge};
use sanbai_wire::{Encoding, Frame, encode_json};

fuzz_target!(|bytes: &[u8]| {
    assert_seen_as_decoded(bytes, Encoding::Protobuf);
    let decoder = decoder();
    if let Ok(Frame::Whole { content, length }) = Frame::first(bytes) {
        assert!(content.len() < length && length <= bytes.len());
    }
    if let Ok(decoded) = decoder.decode(bytes, Encoding::Protobuf) {
        let json = encode_json(&decoded.message());
        let again = decoder
            .decode(json.as_bytes(), Encoding::Json)
            .expect("what was accepted is accepted again");
        assert_eq!((again.message(), again.digest()), (decoded.message(), decoded.digest()));
        judge([decoded]);
    }
});
