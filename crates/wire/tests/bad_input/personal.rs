//! Personal data where it may not be.

use sanbai_wire::{Code, Encoding, RawValues};

use crate::support::{MOBILE, RESIDENT, all, decode, decoder, event, rejected, sealed};

#[test]
fn row_49_plaintext_id_forbidden() {
    let behind_the_edge = decoder().raw_values(RawValues::Forbid);
    for (happening, pointer) in [
        (
            format!(r#""identityChecked":{{"document":{{"number":"{RESIDENT}"}}}}"#),
            "/identityChecked/document/number",
        ),
        (
            r#""identityChecked":{"agentDocument":{"number":"x"}}"#.into(),
            "/identityChecked/agentDocument/number",
        ),
        (
            r#""accepted":{"sender":{"name":"王小明"}}"#.into(),
            "/accepted/sender/name",
        ),
        (
            format!(r#""accepted":{{"sender":{{"phone":"{MOBILE}"}}}}"#),
            "/accepted/sender/phone",
        ),
    ] {
        let json = event(&happening);
        assert!(decode(&json).is_ok(), "{json}");
        let reject = behind_the_edge
            .decode(json.as_bytes(), Encoding::Json)
            .expect_err("raw");
        assert_eq!(
            (reject.code, reject.pointer.as_str()),
            (Code::PlaintextIdForbidden, pointer)
        );
    }
    let for_token = event(&format!(
        r#""identityChecked":{{"document":{{"tokens":["{RESIDENT}"]}}}}"#
    ));
    assert_eq!(
        rejected(&for_token),
        (Code::PlaintextIdForbidden, "/identityChecked/document/tokens/0".into())
    );
}

#[test]
fn row_50_token_key_unknown() {
    let token = |token: &str| event(&format!(r#""accepted":{{"sender":{{"phoneTokens":["{token}"]}}}}"#));
    let good = token("hs256:2026a:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA");
    assert!(decode(&good).is_ok());
    let old = decoder().key_versions(["2027a".into()]);
    let reject = old.decode(good.as_bytes(), Encoding::Json).expect_err("not in force");
    assert_eq!(
        (reject.code, reject.pointer.as_str()),
        (Code::TokenKeyUnknown, "/accepted/sender/phoneTokens/0")
    );
    assert_eq!(
        rejected(&token("hs256:short")),
        (Code::TokenKeyUnknown, "/accepted/sender/phoneTokens/0".into())
    );
}

#[test]
fn row_51_personal_data_in_the_wrong_field() {
    const MISTYPED: &str = "440308199901101513";
    for number in [
        RESIDENT,
        MOBILE,
        "４４０３０８１９９９０１１０１５１２",
        MISTYPED,
        "欧阳翠花",
    ] {
        for (from, pointer) in [
            ("0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77", "/eventId"),
            ("GZ-0117", "/site"),
            ("SF00012", "/operator"),
        ] {
            if pointer == "/eventId" && (number == MISTYPED || number == "欧阳翠花") {
                assert_eq!(rejected(&sealed(from, number)), (Code::EventIdInvalid, pointer.into()));
                continue;
            }
            assert_eq!(
                rejected(&sealed(from, number)),
                (Code::PiiInWrongField, pointer.into()),
                "{number}"
            );
        }
    }
    all(&[
        (sealed("SF1234567890123", RESIDENT), Code::PiiInWrongField, "/waybill"),
        (
            sealed("SF1234567890123", "139 1234 5678"),
            Code::PiiInWrongField,
            "/waybill",
        ),
        (
            sealed("\"brand\"", &format!("\"subject\":\"{MOBILE}\",\"brand\"")),
            Code::PiiInWrongField,
            "/subject",
        ),
    ]);
    assert!(
        decode(&sealed("SF1234567890123", "JDVA13912345678")).is_ok(),
        "a waybill of letters and digits"
    );
    assert!(
        decode(&sealed("SF1234567890123", MISTYPED)).is_ok(),
        "a waybill of 18 digits"
    );
    let decoded = decode(&event(&format!(r#""held":{{"reason":"证件{MISTYPED}"}}"#))).expect("counts");
    assert_eq!(decoded.message().redacted_fields, ["held.reason"]);
    let decoded = decode(&event(&format!(r#""held":{{"reason":"请联系{MOBILE}"}}"#))).expect("counts");
    assert_eq!(decoded.message().redacted_fields, ["held.reason"]);
    assert!(decoded.event().expect("of a parcel").redacted);
}
