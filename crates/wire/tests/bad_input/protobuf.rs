//! Bytes that are no protobuf, or protobuf over a limit.

use sanbai_wire::{Code, Encoding, encode_protobuf};

use crate::support::{SEALED, decode, decoder};

#[test]
fn row_16_proto_decode() {
    let good = encode_protobuf(&decode(SEALED).expect("good").message());
    let code = |bytes: &[u8]| decoder().decode(bytes, Encoding::Protobuf).expect_err("broken").code;
    for end in 1..good.len() {
        let code = code(&good[..end]);
        assert!(
            matches!(
                code,
                Code::ProtoDecode | Code::ProtoLimit | Code::FieldMissing | Code::EventIdInvalid
            ),
            "{end}: {code}"
        );
    }
    assert_eq!(code(&[0x08, 7]), Code::ProtoDecode, "eventId as a number");
    assert_eq!(code(&[0x0f]), Code::ProtoDecode, "wire type 7");
    assert_eq!(code(&[0x00, 1]), Code::ProtoDecode, "field 0");
    assert_eq!(code(&[0xff; 20]), Code::ProtoDecode, "an endless number");
    let twice = [good.as_slice(), b"\x12\x02SF"].concat();
    let reject = decoder().decode(&twice, Encoding::Protobuf).expect_err("two brands");
    assert_eq!((reject.code, reject.pointer.as_str()), (Code::ProtoDecode, "/brand"));
    assert_eq!(
        code(&[good.as_slice(), &[0xaa, 0x01, 0]].concat()),
        Code::EventTypeUnknown,
        "two happenings"
    );
}

#[test]
fn row_17_proto_limit() {
    let code = |bytes: &[u8]| {
        decoder()
            .decode(bytes, Encoding::Protobuf)
            .expect_err("over a limit")
            .code
    };
    assert_eq!(code(&[0x0a, 0x7f, b'a']), Code::ProtoLimit);
    assert_eq!(
        code(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        Code::ProtoLimit
    );
    // Field 100 as a group, and groups in it: each opens with its tag.
    let open = [0xa3, 0x06];
    assert_eq!(code(&open.repeat(17)), Code::ProtoLimit);
    assert_eq!(code(&open.repeat(16)), Code::ProtoDecode, "no end");
}
