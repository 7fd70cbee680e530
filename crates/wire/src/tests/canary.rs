//! Marked personal data, put into every text field in turn: none of it comes out, neither in what is accepted nor in
//! what is said of what is rejected.

use super::decoder;
use crate::json::push_text;
use crate::limits::TextKind;
use crate::proto::schema::PARCEL_EVENT;
use crate::schema::{Field, Kind, Message};
use crate::{Code, Decoded, Encoding, Reject};

/// ID numbers, a phone number, each also in full width, alone and among words.
const CANARIES: [&str; 10] = [
    "440308199901101512",
    "44018419900307006X",
    "４４０３０８１９９９０１１０１５１２",
    "13912345678",
    "１３９１２３４５６７８",
    "找440308199901101512问",
    "tel:13912345678",
    "440308199901101513",
    "证件44018419900307005X，",
    "４４０３０８１９９９０１１０１５１３",
];

/// Of these, those whose check digit is wrong: a key may hold such a number, which is that of a waybill.
const MISTYPED: [&str; 3] = [
    "440308199901101513",
    "44018419900307005X",
    "４４０３０８１９９９０１１０１５１３",
];

/// Digits that must be nowhere, in any width.
const MARKS: [&str; 6] = [
    "440308199901",
    "440184199003",
    "13912345",
    "４４０３０８",
    "１３９１２３",
    "912345678",
];

/// A way from the event down to one text field.
type Path = Vec<&'static Field>;

fn paths(message: &'static Message, above: &Path, all: &mut Vec<Path>) {
    for field in message.fields {
        let mut path = above.clone();
        path.push(field);
        match &field.kind {
            Kind::Text(_) => all.push(path),
            Kind::Nested(message) => paths(message, &path, all),
            Kind::Flag | Kind::Count(_) | Kind::Choice(_) | Kind::Time => {}
        }
    }
}

/// An event that holds nothing but what it must, and `value` at the end of `path`.
fn event(path: &[&'static Field], value: &str) -> String {
    let mut inner = String::new();
    push_text(value, &mut inner);
    for field in path.iter().rev() {
        let list = if field.is_list() { format!("[{inner}]") } else { inner };
        // What a happening needs stands beside it.
        let needed = match field.json {
            "departed" => "\"leg\":\"local\",",
            "screenerShift" => "\"change\":\"in\",",
            "retracted" if !list.contains("\"eventId\"") => "\"eventId\":\"01J2M9ZB7RXXXXXXXXXXXXXXXX\",",
            _ => "",
        };
        inner = format!(
            "{{\"{}\":{}}}",
            field.json,
            list.replacen('{', &format!("{{{needed}"), usize::from(!needed.is_empty()))
        );
    }
    let given = inner.trim_start_matches('{');
    let needed = [
        ("eventId", "\"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77\""),
        ("brand", "\"SF\""),
        ("waybill", "\"SF1\""),
        ("site", "\"GZ-1\""),
        ("subject", "\"XR-1\""),
        ("occurredAt", "\"2026-03-10T10:00:00+08:00\""),
    ];
    let needed: String = needed
        .iter()
        .filter(|(name, _)| path[0].json != *name)
        .map(|(name, value)| format!("\"{name}\":{value},"))
        .collect();
    let happening = if path[0].is_happening() { "" } else { "\"sealed\":{}," };
    format!("{{{needed}{happening}{given}")
}

fn outputs(result: &Result<Decoded, Reject>) -> String {
    match result {
        Ok(decoded) => {
            let bytes = String::from_utf8_lossy(decoded.as_bytes());
            format!(
                "{decoded:?} {:?} {:?} {bytes} {}",
                decoded.event(),
                decoded.message(),
                decoded.key()
            )
        }
        Err(reject) => format!("{reject} {reject:?}"),
    }
}

#[test]
fn no_marked_number_passes_any_text_field() {
    let mut all = Vec::new();
    paths(&PARCEL_EVENT, &Vec::new(), &mut all);
    assert!(all.len() >= 44, "every text field of every happening");
    for path in &all {
        let Some(Kind::Text(rule)) = path.last().map(|field| &field.kind) else {
            panic!("a text")
        };
        let is_key = matches!(rule.kind, TextKind::Waybill | TextKind::EventId);
        for canary in CANARIES {
            if is_key && MISTYPED.iter().any(|number| canary.contains(number)) {
                continue;
            }
            let json = event(path, canary);
            let result = decoder().decode(json.as_bytes(), Encoding::Json);
            let said = outputs(&result);
            for mark in MARKS {
                assert!(!said.contains(mark), "{json} gives {said}");
            }
            if path[0].json == "declaredVolume" {
                let code = result.as_ref().expect_err(&json).code;
                assert_eq!(code, Code::EventTimeInvalid, "a count of no day counts nothing: {json}");
                continue;
            }
            expect_outcome(rule.kind, &json, &result);
        }
    }
}

/// Identifiers reject, everything else counts, and free text says that something was removed.
fn expect_outcome(kind: TextKind, json: &str, result: &Result<Decoded, Reject>) {
    match kind {
        TextKind::Identifier | TextKind::WorkIdentifier | TextKind::EventId | TextKind::Waybill => {
            let code = result.as_ref().expect_err(json).code;
            let is_other = matches!(code, Code::FieldTooLong | Code::TextInvalid | Code::EventIdInvalid);
            assert!(code == Code::PiiInWrongField || is_other, "{json}: {code}");
        }
        TextKind::Token => {
            let code = result.as_ref().expect_err(json).code;
            assert!(
                matches!(code, Code::PlaintextIdForbidden | Code::TokenKeyUnknown),
                "{json}: {code}"
            );
        }
        TextKind::Raw | TextKind::Masked => {
            assert!(
                !result
                    .as_ref()
                    .expect(json)
                    .message()
                    .redacted_fields
                    .iter()
                    .any(String::is_empty)
            );
        }
        TextKind::Image if json.contains("tel:") => {
            assert_eq!(result.as_ref().expect_err(json).code, Code::RefInvalid, "{json}");
        }
        TextKind::Code | TextKind::WorkCode | TextKind::Words | TextKind::Image => {
            assert!(
                !result.as_ref().expect(json).message().redacted_fields.is_empty(),
                "{json}"
            );
        }
        TextKind::Day | TextKind::Place | TextKind::Digest => {
            assert!(
                result
                    .as_ref()
                    .is_ok_and(|decoded| decoded.event().is_none_or(|event| event.redacted)),
                "{json}"
            );
        }
    }
}

#[test]
fn names_and_masked_values_that_are_none_leave_no_trace() {
    let json = event_of(
        r#""accepted":{"sender":{"name":"欧阳测试名","maskedName":"欧阳测试名","maskedPhone":"139****5678"}}"#,
    );
    let said = outputs(&decoder().decode(json.as_bytes(), Encoding::Json));
    assert!(!said.contains("测试") && !said.contains("139****"), "{said}");
    let json = event_of(r#""accepted":{"sender":{"maskedName":"欧**","maskedPhone":"1********78"}}"#);
    let decoded = decoder().decode(json.as_bytes(), Encoding::Json).expect("masked");
    assert!(
        decoded
            .to_json()
            .contains("\"maskedName\":\"欧**\",\"maskedPhone\":\"1********78\",\"nameFact\":\"NAME_FACT_MASKED\"")
    );
}

#[test]
fn a_name_passes_no_field_for_a_number_of_a_person_at_work() {
    let mut all = Vec::new();
    paths(&PARCEL_EVENT, &Vec::new(), &mut all);
    let (mut rejected, mut removed) = (Vec::new(), Vec::new());
    for path in &all {
        let Some(Kind::Text(rule)) = path.last().map(|field| &field.kind) else {
            panic!("a text")
        };
        let json = event(path, "欧阳测试名");
        let result = decoder().decode(json.as_bytes(), Encoding::Json);
        let name = path.iter().map(|field| field.json).collect::<Vec<_>>().join(".");
        if rule.kind == TextKind::WorkIdentifier {
            assert_eq!(result.as_ref().expect_err(&json).code, Code::PiiInWrongField, "{json}");
            rejected.push(name);
        } else if rule.kind == TextKind::WorkCode {
            let redacted = result.as_ref().expect(&json).message().redacted_fields.clone();
            assert_eq!(redacted, [name.as_str()]);
            removed.push(name);
        } else {
            continue;
        }
        assert!(!outputs(&result).contains("测试"), "{json}");
        assert!(
            decoder()
                .decode(event(path, "网点-7").as_bytes(), Encoding::Json)
                .is_ok(),
            "{json}"
        );
    }
    assert_eq!(rejected, ["site", "operator", "subject"]);
    assert_eq!(
        removed,
        [
            "inspected.mark.operator",
            "inspected.mark.device",
            "xrayScreened.device",
            "xrayScreened.screener",
            "xrayScreened.mark.operator",
            "xrayScreened.mark.device",
            "screenerShift.device"
        ]
    );
}

#[test]
fn unknown_fields_and_their_names_are_dropped() {
    for json in [
        event_of(r#""sealed":{},"440308199901101512":"13912345678","x":{"y":["44018419900307006X"]}"#),
        event_of(r#""sealed":{"13912345678":1}"#),
    ] {
        let result = decoder().decode(json.as_bytes(), Encoding::Json);
        assert!(result.as_ref().is_ok_and(|decoded| decoded.unknown_fields() > 0));
        let strict = decoder().strict(true).decode(json.as_bytes(), Encoding::Json);
        let said = [outputs(&result), outputs(&strict)].concat();
        assert!(MARKS.iter().all(|mark| !said.contains(mark)), "{said}");
    }
}

fn event_of(happening: &str) -> String {
    format!(
        "{{\"eventId\":\"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77\",\"brand\":\"SF\",\"waybill\":\"SF1\",\"site\":\"GZ-1\",\
         \"occurredAt\":\"2026-03-10T10:00:00+08:00\",{happening}}}"
    )
}
