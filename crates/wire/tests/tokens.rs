//! Tokens: known answers, rotation, and what makes two values one.

use sanbai_core::event::Happening;
use sanbai_wire::{Decoder, Encoding, KeyError, Token, TokenKeys};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn keys(text: &str) -> TokenKeys {
    TokenKeys::parse(text).expect("keys")
}

/// Computed with Python's `hmac` over OpenSSL: `hmac.new(key, b"cn-id\0" + b"440308199901101512", name)`.
#[test]
fn tokens_are_hmacs_with_a_purpose_in_front() {
    let sha256 = keys(&format!("hs256:2026a:{KEY}"));
    assert_eq!(
        sha256.identity("440308199901101512"),
        ["hs256:2026a:T0rKjEX1dkHw8UP_2PeVrV4bNDEM42CBm7iUJc_58fA"]
    );
    assert_eq!(
        sha256.phone("13912345678"),
        ["hs256:2026a:DZ5kAS1dqbiaKgNz48opbY_ptVkMjJrlnnPNUBBRITE"]
    );
    assert_eq!(
        sha256.name("王小明"),
        ["hs256:2026a:YpsHN-1PFSqnLHcl9uLw-z5HsMCm2Dod99aIT-WUW5o"]
    );
    let sm3 = keys(&format!("sm3:2026a:{HEX}"));
    assert_eq!(
        sm3.identity("440308199901101512"),
        ["sm3:2026a:-Yma_M9n3t1V47ei1v8PyGAx_k0bzhx5QyS3Oa4wYGI"]
    );
}

#[test]
fn one_value_has_one_token_however_it_is_written() {
    let keys = keys(&format!("hs256:1:{KEY}"));
    for number in [
        "44018419900307006x",
        " 440184 19900307 006X ",
        "４４０１８４１９９００３０７００６Ｘ",
        "440184-19900307-006X",
    ] {
        assert_eq!(keys.identity(number), keys.identity("44018419900307006X"), "{number}");
    }
    for phone in [
        "+86 139-1234-5678",
        "8613912345678",
        "008613912345678",
        "(139) 1234 5678",
        "１３９１２３４５６７８",
    ] {
        assert_eq!(keys.phone(phone), keys.phone("13912345678"), "{phone}");
    }
    assert_eq!(keys.name("john  smith"), keys.name("JOHN SMITH"));
    assert_eq!(keys.identity("军字第123号"), keys.identity("军字第１２３号"));
}

#[test]
fn what_is_hidden_or_empty_has_no_token() {
    let keys = keys(&format!("hs256:1:{KEY}"));
    for hidden in ["", " ", "440***********1512", "王*", "139****5678"] {
        assert!(keys.identity(hidden).is_empty() && keys.phone(hidden).is_empty() && keys.name(hidden).is_empty());
    }
}

#[test]
fn in_a_rotation_each_value_has_a_token_of_each_key() {
    let both = keys(&format!(
        "hs256:2026b:{HEX}\n# the old one\n\nhs256:2026a:{}\n",
        KEY.replace("AAEC", "BBEC")
    ));
    let old = keys(&format!("hs256:2026a:{}", KEY.replace("AAEC", "BBEC")));
    assert_eq!(both.versions().collect::<Vec<_>>(), ["2026b", "2026a"]);
    assert_eq!(both.phone("13912345678")[1..], old.phone("13912345678"));
    let sender = |keys: &TokenKeys| {
        let decoder = Decoder::new(keys.clone(), |_| Some("SF"));
        let json = br#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77","brand":"SF","waybill":"SF1","site":"GZ-1",
            "occurredAt":"2026-03-10T10:00:00+08:00","accepted":{"sender":{"phone":"13912345678"}}}"#;
        let decoded = decoder.decode(json, Encoding::Json).expect("good");
        let Some(Happening::Accepted(accepted)) = decoded.event().map(|event| event.happening) else {
            panic!("accepted")
        };
        accepted.sender
    };
    assert!(
        sender(&both).shares_any(&sender(&old)),
        "the same sender before and after"
    );
    let token = both.phone("13912345678").remove(1);
    assert!(
        sender(&old)
            .iter()
            .eq([Token::parse(&token).expect("a token").digest() >> 32])
    );
}

#[test]
fn a_key_file_says_which_line_is_wrong_and_nothing_of_it() {
    let line = format!("hs256:1:{KEY}\n");
    for (text, line, error) in [
        (String::new(), 0, KeyError::None),
        ("# nothing\n\n".into(), 0, KeyError::None),
        (format!("\n{KEY}"), 2, KeyError::Form),
        (format!("md5:1:{KEY}"), 1, KeyError::Algorithm),
        (format!("hs256::{KEY}"), 1, KeyError::Version),
        (format!("hs256:a b:{KEY}"), 1, KeyError::Version),
        (format!("hs256:1:{}", &KEY[1..]), 1, KeyError::Key),
        ("hs256:1:secret".into(), 1, KeyError::Key),
        (line.repeat(2), 2, KeyError::Twice),
        (
            (1..=5).map(|version| format!("hs256:{version}:{KEY}\n")).collect(),
            5,
            KeyError::TooMany,
        ),
    ] {
        let found = TokenKeys::parse(&text).expect_err(&text);
        assert_eq!((found.line, found.error), (line, error), "{text}");
        assert!(!found.to_string().contains(&KEY[4..12]) && !found.to_string().contains("secret"));
    }
    assert_eq!(TokenKeys::single("a b", [0; 32]).map(|_| ()), Err(KeyError::Version));
    assert_eq!(format!("{:?}", keys(&line)), r#"["hs256:1"]"#);
}
