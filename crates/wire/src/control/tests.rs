//! Control records come back as they were written, on a log and in a file.

use proptest::option;
use proptest::prelude::*;
use prost::Message as _;
use sanbai_core::shard::input::{Behaviour, Input, Skip, Tick};
use sanbai_core::time::Timestamp;

use super::{Control, Kind, OwnedHit, OwnedRejudge, Read, decode, encode, kind_header, of_json_line, to_json_line};
use crate::Code;
use crate::proto::control as wire;
use crate::tests::arbitrary;

fn control() -> impl Strategy<Value = Control> {
    let tick = (arbitrary::later_time(), any::<u64>(), any::<bool>()).prop_map(|(time, registry_offset, reset)| {
        Control::Tick(Tick {
            time,
            registry_offset,
            reset,
            recorded_at: time,
        })
    });
    let names = (arbitrary::name(), "[A-Z]{2}[A-Z0-9]{1,8}");
    let rest = (
        arbitrary::code(),
        arbitrary::duty(),
        any::<bool>(),
        arbitrary::position(),
    );
    let hit = (names, any::<u64>(), rest).prop_map(|((brand, waybill), id, (code, duty, stands, version))| {
        Control::Hit(OwnedHit {
            brand: brand.to_owned(),
            waybill,
            id,
            code,
            duty,
            stands,
            version,
        })
    });
    let days = || option::of((arbitrary::day(), 0..400));
    let rejudge =
        (arbitrary::name_or_none(), arbitrary::name_or_none(), days(), days()).prop_map(|(brand, site, span, open)| {
            Control::Rejudge(OwnedRejudge {
                brand: brand.to_owned(),
                site: site.to_owned(),
                from: span.map(|(from, _)| from),
                to: span.map_or(open.map(|(to, _)| to), |(from, days)| Some(from.plus_days(days))),
            })
        });
    let skip = (0..u64::MAX, 1_u64..9).prop_map(|(from, length)| {
        Control::Skip(Skip {
            from,
            to: from.saturating_add(length),
        })
    });
    prop_oneof![
        tick,
        hit,
        rejudge,
        (1..=u32::MAX).prop_map(|number| Control::Activate(Behaviour(number))),
        skip
    ]
}

proptest! {
    #[test]
    fn controls_come_back_from_a_log(control in control(), recorded_at in arbitrary::time()) {
        let (kind, value) = encode(&control);
        let read = decode(kind.as_str().as_bytes(), &value, recorded_at).expect("as written");
        let mut expected = control;
        if let Control::Tick(tick) = &mut expected {
            tick.recorded_at = recorded_at;
        }
        prop_assert_eq!(read, Read { control: expected, unknown_fields: 0 });
    }

    #[test]
    fn controls_come_back_from_a_file(control in control()) {
        let line = to_json_line(&control);
        let read = of_json_line(line.as_bytes()).expect("a control record").expect("as written");
        prop_assert_eq!(read, Read { control, unknown_fields: 0 });
    }

    #[test]
    fn noise_is_read_without_a_panic(kind in 0..5_usize, noise: Vec<u8>, text in "\\{\"(tick|hit|skip)\":\\{.{0,60}") {
        let kind = Kind::ALL[kind].as_str().as_bytes();
        drop(decode(kind, &noise, Timestamp::MIN));
        drop(of_json_line(&noise));
        drop(of_json_line(text.as_bytes()));
    }
}

/// The code and pointer with which a line is rejected; whether it is accepted, with how many unknown fields.
fn line(line: &str) -> Result<u32, (Code, String)> {
    let read = of_json_line(line.as_bytes()).expect("begins like a control record");
    read.map(|read| read.unknown_fields)
        .map_err(|reject| (reject.code, reject.pointer))
}

fn rejected(code: Code, pointer: &str) -> Result<u32, (Code, String)> {
    Err((code, pointer.to_owned()))
}

const HIT: &str = r#"{"hit":{"brand":"SF","waybill":"SF1234567890123","id":"00000000000000ab","code":"RN-08","duty":"realName","stands":true,"version":"0001:00000000000000001234:00000007"}}"#;

#[test]
fn lines_are_written_as_they_are_documented() {
    for text in [
        r#"{"tick":{"time":"2026-03-10T10:00:00+08:00","registryOffset":7}}"#,
        r#"{"tick":{"time":"2026-03-10T10:00:00+08:00","registryOffset":0,"reset":true}}"#,
        HIT,
        r#"{"rejudge":{"brand":"SF","site":"GZ-0001","from":"2026-03-01","to":"2026-03-31"}}"#,
        r#"{"rejudge":{}}"#,
        r#"{"activate":{"behaviour":2}}"#,
        r#"{"skip":{"from":7,"to":9}}"#,
    ] {
        let read = of_json_line(text.as_bytes()).expect("a control record").expect(text);
        assert_eq!(to_json_line(&read.control), text);
    }
}

#[test]
fn names_and_numbers_are_read_in_both_ways_of_the_mapping() {
    let text = r#" { "tick" : {"registry_offset":"7","time":"2026-03-10T02:00:00Z","reset":null} } "#;
    let read = of_json_line(text.as_bytes())
        .expect("a tick")
        .expect("as proto3 has it");
    let Control::Tick(tick) = read.control else {
        panic!("a tick");
    };
    assert_eq!((tick.registry_offset, tick.reset, read.unknown_fields), (7, false, 0));
    assert_eq!(tick.time.to_string(), "2026-03-10T10:00:00+08:00");
    assert_eq!(tick.recorded_at, tick.time, "a file has no other time");
}

#[test]
fn row_64_extra_content_is_passed_over_and_counted() {
    let text = r#"{"tick":{"time":"2026-03-10T10:00:00+08:00","note":{"a":[1]},"more":null},"by":"x"}"#;
    assert_eq!(line(text), Ok(3));
    let mut value = wire::Skip { from: 7, to: 9 }.encode_to_vec();
    value.extend_from_slice(&[0x1a, 1, b'x', 0x20, 1]);
    let read = decode(b"skip", &value, Timestamp::MIN).expect("known fields are there");
    assert_eq!(
        (read.control, read.unknown_fields),
        (Control::Skip(Skip { from: 7, to: 9 }), 2)
    );
}

#[test]
fn what_is_no_control_record_is_left_to_others() {
    for text in [
        "",
        "{}",
        "[]",
        r#"{"eventId":"7"}"#,
        r#"{"ticks":{}}"#,
        r#""tick""#,
        r#"{"x":1,"tick":{}}"#,
    ] {
        assert!(of_json_line(text.as_bytes()).is_none(), "{text}");
    }
}

#[test]
fn a_line_is_rejected_where_it_is_wrong() {
    for (text, code, pointer) in [
        (r#"{"tick":{}}"#, Code::FieldMissing, "/tick/time"),
        (r#"{"tick":7}"#, Code::TypeMismatch, "/tick"),
        (r#"{"tick":{"time":7}}"#, Code::TypeMismatch, "/tick/time"),
        (r#"{"tick":{"time":"noon"}}"#, Code::EventTimeInvalid, "/tick/time"),
        (
            r#"{"tick":{"time":"1970-01-02T00:00:00Z"}}"#,
            Code::EventTimeUnit,
            "/tick/time",
        ),
        (
            r#"{"tick":{"registryOffset":-1}}"#,
            Code::TypeMismatch,
            "/tick/registryOffset",
        ),
        (
            r#"{"tick":{"registryOffset":1.5}}"#,
            Code::TypeMismatch,
            "/tick/registryOffset",
        ),
        (
            r#"{"tick":{"registryOffset":18446744073709551616}}"#,
            Code::ValueRange,
            "/tick/registryOffset",
        ),
        (r#"{"tick":{"reset":1}}"#, Code::TypeMismatch, "/tick/reset"),
        (
            r#"{"tick":{"reset":true,"reset":true}}"#,
            Code::JsonDuplicateKey,
            "/tick",
        ),
        (
            r#"{"tick":{"registryOffset":1,"registry_offset":1}}"#,
            Code::JsonDuplicateKey,
            "/tick",
        ),
        (r#"{"skip":{"from":7,"to":9}} x"#, Code::JsonSyntax, ""),
        (r#"{"skip":{"from":7,"to":9},"x":1,"x":1}"#, Code::JsonDuplicateKey, ""),
        (r#"{"skip":{"from":7,"to":9},"tick":{}}"#, Code::EventTypeUnknown, ""),
        (r#"{"skip":{"from":7,"to":7}}"#, Code::ValueRange, "/skip/to"),
        (
            r#"{"activate":{"behaviour":0}}"#,
            Code::FieldMissing,
            "/activate/behaviour",
        ),
        (
            r#"{"activate":{"behaviour":4294967296}}"#,
            Code::ValueRange,
            "/activate/behaviour",
        ),
        (
            r#"{"rejudge":{"from":"2026-02-30"}}"#,
            Code::EventTimeInvalid,
            "/rejudge/from",
        ),
        (
            r#"{"rejudge":{"from":"2026-03-02","to":"2026-03-01"}}"#,
            Code::ValueRange,
            "/rejudge/to",
        ),
        (
            r#"{"rejudge":{"site":"440308199901101512"}}"#,
            Code::PiiInWrongField,
            "/rejudge/site",
        ),
    ] {
        assert_eq!(line(text), rejected(code, pointer), "{text}");
    }
}

#[test]
fn a_hit_says_all_that_it_must() {
    for (was, is, code, pointer) in [
        (r#""brand":"SF","#, "", Code::FieldMissing, "/hit/brand"),
        (
            r#""waybill":"SF1234567890123","#,
            "",
            Code::FieldMissing,
            "/hit/waybill",
        ),
        (
            "SF1234567890123",
            "440308199901101512",
            Code::PiiInWrongField,
            "/hit/waybill",
        ),
        ("SF1234567890123", "sf1", Code::TextInvalid, "/hit/waybill"),
        ("00000000000000ab", "00000000000000AB", Code::ValueRange, "/hit/id"),
        ("RN-08", "RN-99", Code::EventTypeUnknown, "/hit/code"),
        ("realName", "real_name", Code::EventTypeUnknown, "/hit/duty"),
        ("0001:", "1:", Code::ValueRange, "/hit/version"),
    ] {
        assert_eq!(line(&HIT.replace(was, is)), rejected(code, pointer), "{was}");
    }
}

#[test]
fn a_kind_that_nobody_knows_is_no_event() {
    assert_eq!(
        decode(b"tock", &[], Timestamp::MIN).map_err(|reject| reject.code),
        Err(Code::ControlUnknown)
    );
    assert_eq!(
        kind_header(&[("content-type", b"x"), ("sanbai-kind", b"tock")]),
        Some(&b"tock"[..])
    );
    assert_eq!(kind_header(&[("content-type", b"x")]), None);
}

#[test]
fn a_hit_lies_under_the_key_of_its_parcel() {
    let read = of_json_line(HIT.as_bytes()).expect("a hit").expect("good");
    assert_eq!(read.control.key().as_deref(), Some("SF:SF1234567890123"));
    let Input::Hit(hit) = read.control.input() else {
        panic!("a hit");
    };
    assert_eq!(Control::from(hit), read.control);
    assert_eq!(super::encode_hit(&hit), encode(&read.control).1);
    assert_eq!(Control::Activate(Behaviour::CURRENT).key(), None);
}
