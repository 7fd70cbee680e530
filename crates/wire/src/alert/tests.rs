//! Alerts come back as they were written, and have words in both languages.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use prost::Message as _;
use sanbai_core::event::Place;
use sanbai_core::finding::Code as FindingCode;
use sanbai_core::rules::{RuleSet, Severity};
use sanbai_core::shard::output::UrgentAlert;
use sanbai_core::shard::position::Position;
use sanbai_core::shard::scope::{AlertChange, AlertRule, OutletAlert};
use sanbai_core::time::{CivilDay, Timestamp};

use super::{
    decode, encode_outlet, encode_urgent, outlet_to_json, outlet_to_message, urgent_to_json, urgent_to_message,
};
use crate::Code;
use crate::proto::alert as message;
use crate::tests::arbitrary;

fn urgent() -> impl Strategy<Value = UrgentAlert<'static>> {
    let names = (arbitrary::name(), arbitrary::name(), arbitrary::name());
    let others = (arbitrary::name_or_none(), arbitrary::name_or_none());
    let what = (
        option::of(arbitrary::code()),
        arbitrary::severity(),
        option::of(1_u8..=19),
    );
    (any::<u64>(), what, any::<[bool; 2]>(), names, others, arbitrary::time()).prop_map(
        |(id, (code, severity, class), [police_first, stands], (brand, waybill, outlet), (site, operator), at)| {
            UrgentAlert {
                id,
                code,
                severity,
                police_first,
                class,
                stands,
                brand,
                waybill,
                site,
                operator,
                outlet,
                at,
            }
        },
    )
}

const CHANGES: [AlertChange; 4] = [
    AlertChange::Raised,
    AlertChange::Worsened,
    AlertChange::Eased,
    AlertChange::Withdrawn,
];

fn outlet() -> impl Strategy<Value = OutletAlert<'static>> {
    let names = (arbitrary::name(), arbitrary::name(), option::of(arbitrary::place()));
    let what = (
        select(AlertRule::ALL.to_vec()),
        select(CHANGES.to_vec()),
        arbitrary::severity(),
    );
    let values = vec((select(vec!["parcels", "failed", "declared"]), any::<i64>()), 0..3);
    (any::<u64>(), what, names, arbitrary::day(), values, arbitrary::time()).prop_map(
        |(id, (rule, change, severity), (brand, site, place), day, values, at)| OutletAlert {
            id,
            rule,
            change,
            severity,
            brand,
            site,
            place,
            day,
            values,
            at,
        },
    )
}

proptest! {
    #[test]
    fn alerts_come_back(version in arbitrary::position(), urgent in urgent(), outlet in outlet()) {
        let rules = RuleSet::builtin();
        let read = decode(&encode_urgent(version, &urgent, &rules)).expect("as written");
        prop_assert_eq!(read, urgent_to_message(version, &urgent, &rules));
        let read = decode(&encode_outlet(version, &outlet)).expect("as written");
        prop_assert_eq!(read, outlet_to_message(version, &outlet));
    }

    #[test]
    fn noise_is_read_without_a_panic(noise: Vec<u8>, outlet in outlet(), at: prop::sample::Index, byte: u8) {
        drop(decode(&noise));
        let mut bytes = encode_outlet(Position::START, &outlet);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        drop(decode(&bytes));
    }
}

const VERSION: Position = Position {
    generation: 1,
    offset: 1_234,
    index: 7,
};

fn at() -> Timestamp {
    Timestamp::parse("2026-03-10T12:00:00+08:00").expect("a time")
}

fn drugs() -> UrgentAlert<'static> {
    UrgentAlert {
        id: 0xab,
        code: Some(FindingCode::Pr01),
        severity: Severity::Critical,
        police_first: true,
        class: Some(12),
        stands: true,
        brand: "SF",
        waybill: "SF1234567890123",
        site: "GZ-0001",
        operator: "17",
        outlet: "GZ-0001",
        at: at(),
    }
}

fn rate() -> OutletAlert<'static> {
    OutletAlert {
        id: 0xcd,
        rule: AlertRule::ALL[2],
        change: AlertChange::Worsened,
        severity: Severity::High,
        brand: "SF",
        site: "GZ-0001",
        place: Place::parse("440117"),
        day: CivilDay::from_days(20_522),
        values: vec![("satisfied", 95), ("counted", 120)],
        at: at(),
    }
}

#[test]
fn an_urgent_alert_as_json() {
    let expected = [
        r#"{"kind":"alert","id":"00000000000000ab","subject":"parcel","rule":"PR-01","change":"raised","#,
        r#""severity":"critical","policeFirst":true,"class":12,"brand":"SF","waybill":"SF1234567890123","#,
        r#""site":"GZ-0001","operator":"17","outlet":"GZ-0001","at":"2026-03-10T12:00:00+08:00","#,
        r#""version":"0001:00000000000000001234:00000007","titleZh":"收寄时发现禁寄物品未拒收","#,
        r#""titleEn":"prohibited goods found at acceptance and not rejected","#,
        r#""nextZh":"即查即停，立即停止收寄和转运，原样保管物品和寄件人信息，马上报告公安机关和邮政管理局。","#,
        r#""nextEn":"Stop the parcel at once, keep the item and the sender's details as they are, and report to the police and the postal bureau."}"#,
    ];
    assert_eq!(
        urgent_to_json(VERSION, &drugs(), &RuleSet::builtin()),
        expected.concat()
    );
}

#[test]
fn an_alert_on_an_outlet_as_json() {
    let json = outlet_to_json(VERSION, &rate());
    let expected = [
        r#"{"kind":"alert","id":"00000000000000cd","subject":"outlet","rule":"rate_below.xray","change":"worsened","#,
        r#""severity":"high","policeFirst":false,"brand":"SF","site":"GZ-0001","outlet":"GZ-0001","place":"440117","#,
        r#""day":"2026-03-10","values":{"counted":120,"satisfied":95},"at":"2026-03-10T12:00:00+08:00","#,
        r#""version":"0001:00000000000000001234:00000007","titleZh":"过机安检率低于预警值","#,
    ];
    assert!(json.starts_with(&expected.concat()), "{json}");
}

#[test]
fn what_is_taken_back_is_withdrawn() {
    let alert = UrgentAlert {
        stands: false,
        ..drugs()
    };
    let message = urgent_to_message(VERSION, &alert, &RuleSet::builtin());
    assert_eq!(message.change(), message::Change::Withdrawn);
}

#[test]
fn a_find_that_was_rightly_handled_is_an_alert_with_words_of_its_own() {
    let words = |class| {
        let alert = UrgentAlert {
            code: None,
            class,
            ..drugs()
        };
        let message = urgent_to_message(VERSION, &alert, &RuleSet::builtin());
        assert_eq!((message.rule.as_str(), message.police_first), ("find", true));
        message.title_zh
    };
    assert_eq!(words(Some(1)), "查获枪支弹药");
    assert_eq!(words(Some(12)), "查获毒品");
    assert_eq!(words(None), "查获禁寄物品");
}

#[test]
fn every_rule_has_words_of_its_own_in_both_languages() {
    let mut titles = Vec::new();
    for rule in AlertRule::ALL {
        let message = outlet_to_message(VERSION, &OutletAlert { rule, ..rate() });
        for text in [&message.title_zh, &message.next_zh] {
            assert!(!text.is_ascii(), "{}", message.rule);
        }
        for text in [&message.title_en, &message.next_en] {
            assert!(!text.is_empty() && text.is_ascii(), "{}", message.rule);
        }
        titles.push(message.title_zh);
    }
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), AlertRule::ALL.len());
}

#[test]
fn an_alert_is_rejected_where_it_is_wrong() {
    let said = |message: &message::Alert, change: fn(&mut message::Alert)| {
        let mut message = message.clone();
        change(&mut message);
        let reject = decode(&message.encode_to_vec()).expect_err("is wrong");
        (reject.code, reject.pointer)
    };
    let expected = |code: Code, pointer: &str| (code, pointer.to_owned());
    let parcel = urgent_to_message(VERSION, &drugs(), &RuleSet::builtin());
    let outlet = outlet_to_message(VERSION, &rate());
    assert_eq!(
        said(&parcel, |alert| alert.id.clear()),
        expected(Code::ValueRange, "/id")
    );
    assert_eq!(
        said(&parcel, |alert| alert.change = 0),
        expected(Code::FieldMissing, "/change")
    );
    assert_eq!(
        said(&parcel, |alert| alert.change = 9),
        expected(Code::EventTypeUnknown, "/change")
    );
    assert_eq!(
        said(&parcel, |alert| alert.subject = 0),
        expected(Code::FieldMissing, "/subject")
    );
    assert_eq!(
        said(&parcel, |alert| alert.class = 20),
        expected(Code::ValueRange, "/class")
    );
    assert_eq!(
        said(&parcel, |alert| alert.at = None),
        expected(Code::FieldMissing, "/at")
    );
    assert_eq!(
        said(&parcel, |alert| alert.waybill.clear()),
        expected(Code::FieldMissing, "/waybill")
    );
    assert_eq!(
        said(&parcel, |alert| alert.rule.clear()),
        expected(Code::FieldMissing, "/rule")
    );
    assert_eq!(
        said(&outlet, |alert| alert.day.clear()),
        expected(Code::EventTimeInvalid, "/day")
    );
    assert_eq!(
        said(&outlet, |alert| alert.severity = 0),
        expected(Code::EventTypeUnknown, "/severity")
    );
}
