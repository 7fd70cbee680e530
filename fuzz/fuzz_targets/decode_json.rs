//! JSON events: any bytes are accepted or get one code; what is accepted is read back from JSON and from protobuf as the
//! same event, and can be judged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_fuzz::{assert_seen_as_decoded, decoder, judge};
use sanbai_wire::{Encoding, encode_json, encode_protobuf};

fuzz_target!(|bytes: &[u8]| {
    assert_seen_as_decoded(bytes, Encoding::Json);
    let decoder = decoder();
    if let Ok(decoded) = decoder.decode(bytes, Encoding::Json) {
        let json = encode_json(&decoded.message());
        let again = decoder
            .decode(json.as_bytes(), Encoding::Json)
            .expect("what was accepted is accepted again");
        assert_eq!((again.message(), again.digest()), (decoded.message(), decoded.digest()));
        let bytes = encode_protobuf(&decoded.message());
        let again = decoder.decode(&bytes, Encoding::Protobuf).expect("in both encodings");
        assert_eq!((again.message(), again.digest()), (decoded.message(), decoded.digest()));
        judge([decoded]);
    }
});
