//! Rows come back as they were written, and say their rates without arithmetic.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;
use sanbai_core::duty::Ground;
use sanbai_core::event::Place;
use sanbai_core::finding::Code as FindingCode;
use sanbai_core::rules::{Duty, Severity};
use sanbai_core::shard::compliance::{ComplianceRow, Counts, DutyCounts, Window};
use sanbai_core::shard::position::Position;
use sanbai_core::time::{CivilDay, Timestamp};

use super::{OwnedRow, OwnedWindow, credible, decode, encode, key, satisfied, to_json, to_message};
use crate::Code;
use crate::proto::compliance as message;
use crate::tests::arbitrary;

fn row() -> impl Strategy<Value = OwnedRow> {
    let names = (arbitrary::name(), arbitrary::name());
    let place = option::of(arbitrary::place());
    let rest = (place, arbitrary::time(), vec(any::<u32>(), 0..4));
    (
        arbitrary::position(),
        names,
        arbitrary::window(),
        arbitrary::counts(),
        rest,
    )
        .prop_map(
            |(version, (brand, site), window, counts, (place, as_of, missing))| OwnedRow {
                version,
                brand: brand.to_owned(),
                site: site.to_owned(),
                window: match window {
                    Window::Day { day, operator } => OwnedWindow::Day {
                        day,
                        operator: operator.to_owned(),
                    },
                    Window::Hour { day, hour } => OwnedWindow::Hour { day, hour },
                },
                place,
                counts,
                as_of,
                missing,
            },
        )
}

proptest! {
    #[test]
    fn rows_come_back(row in row()) {
        let bytes = encode(row.version, &row.row());
        prop_assert_eq!(decode(&bytes).expect("as written"), row);
    }

    #[test]
    fn a_row_is_one_line_of_json_with_the_same_figures(row in row()) {
        let line = to_json(row.version, &row.row());
        prop_assert!(!line.contains('\n'));
        let json: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let message = to_message(row.version, &row.row());
        let figures = message.xray.expect("always there");
        let xray = &json["duties"]["xray"];
        prop_assert_eq!(json["parcels"].as_u64(), Some(message.parcels));
        prop_assert_eq!(xray["satisfied"].as_u64(), Some(figures.satisfied));
        prop_assert_eq!(xray["credible"].as_u64(), Some(figures.credible));
        prop_assert_eq!(xray["delays"]["longer"].as_u64(), figures.delays.map(|delays| delays.longer));
        prop_assert_eq!(json["findings"].as_array().map(Vec::len), Some(message.findings.len()));
        prop_assert_eq!(json["version"].as_str(), Some(message.version.as_str()));
    }

    #[test]
    fn noise_is_read_without_a_panic(noise: Vec<u8>, row in row(), at: prop::sample::Index, byte: u8) {
        drop(decode(&noise));
        let mut bytes = encode(row.version, &row.row());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        drop(decode(&bytes));
    }
}

/// Ten parcels: real name 4 pass, 2 by agreement, 1 letter, 3 fail; one pass is marked.
fn counts() -> Counts {
    let real_name = DutyCounts {
        pass: 4,
        fail: 3,
        not_applicable: BTreeMap::from([(Ground::Letter, 1), (Ground::Agreement, 2)]),
        performed_late: 1,
        marked: 1,
        delays: [6, 0, 0, 0, 0, 1],
        ..DutyCounts::default()
    };
    let pending = DutyCounts {
        pending: 10,
        ..DutyCounts::default()
    };
    Counts {
        parcels: 10,
        letters: 1,
        uncounted: 2,
        duties: [real_name, pending.clone(), pending],
        findings: BTreeMap::from([
            ((FindingCode::Rn01, Severity::Critical), 3),
            ((FindingCode::Tm01, Severity::Low), 1),
        ]),
    }
}

const VERSION: Position = Position {
    generation: 1,
    offset: 1_234,
    index: 7,
};

fn shown<'a>(counts: &'a Counts, window: Window<'a>, missing: &'a [u32]) -> ComplianceRow<'a> {
    ComplianceRow {
        brand: "SF",
        site: "GZ-0001",
        window,
        place: Place::parse("440117103"),
        counts,
        as_of: Timestamp::parse("2026-03-10T12:00:05+08:00").expect("a time"),
        missing,
    }
}

const DAY: CivilDay = CivilDay::from_days(20_522);

#[test]
fn a_row_as_json() {
    let counts = counts();
    let operator = Window::Day {
        day: DAY,
        operator: "17",
    };
    let none = r#""delays":{"minute":0,"tenMinutes":0,"hour":0,"twoHours":0,"day":0,"longer":0}"#;
    let pending = format!(
        r#"{{"satisfied":0,"credible":0,"pass":0,"fail":0,"pending":10,"unknown":0,"notApplicable":{{}},"performedLate":0,"reportedLate":0,"marked":0,{none}}}"#
    );
    let expected = [
        r#"{"kind":"row","brand":"SF","site":"GZ-0001","day":"2026-03-10","operator":"17","place":"440117103","#,
        r#""version":"0001:00000000000000001234:00000007","asOf":"2026-03-10T12:00:05+08:00","missingSources":[3],"#,
        r#""parcels":10,"letters":1,"uncounted":2,"duties":{"realName":{"satisfied":6,"credible":5,"pass":4,"fail":3,"#,
        r#""pending":0,"unknown":0,"notApplicable":{"agreement":2,"letter":1},"performedLate":1,"reportedLate":0,"#,
        r#""marked":1,"delays":{"minute":6,"tenMinutes":0,"hour":0,"twoHours":0,"day":0,"longer":1}},"#,
        &format!(r#""inspection":{pending},"xray":{pending}}},"#),
        r#""findings":[{"code":"RN-01","severity":"critical","count":3},{"code":"TM-01","severity":"low","count":1}]}"#,
    ];
    assert_eq!(to_json(VERSION, &shown(&counts, operator, &[3])), expected.concat());
}

#[test]
fn nobody_named_is_an_empty_operator_and_an_hour_has_none() {
    let counts = Counts::default();
    let day = Window::Day { day: DAY, operator: "" };
    let hour = Window::Hour { day: DAY, hour: 0 };
    assert!(to_json(VERSION, &shown(&counts, day, &[])).contains(r#""day":"2026-03-10","operator":"","place""#));
    assert!(to_json(VERSION, &shown(&counts, hour, &[])).contains(r#""day":"2026-03-10","hour":0,"place""#));
    assert_eq!(key(&shown(&counts, day, &[])), "SF:GZ-0001:2026-03-10:");
    assert_eq!(key(&shown(&counts, hour, &[])), "SF:GZ-0001:2026-03-10T00");
    for window in [day, hour] {
        let read = decode(&encode(VERSION, &shown(&counts, window, &[]))).expect("as written");
        assert_eq!(read.row().window, window);
    }
}

#[test]
fn an_agreement_satisfies_real_name_sending_alone() {
    let mut counts = counts();
    let agreed = counts.duties[0].not_applicable.clone();
    counts.duties[2].not_applicable = agreed;
    assert_eq!(
        (satisfied(&counts, Duty::RealName), credible(&counts, Duty::RealName)),
        (6, 5)
    );
    assert_eq!((satisfied(&counts, Duty::Xray), credible(&counts, Duty::Xray)), (0, 0));
}

#[test]
fn a_row_is_rejected_where_it_is_wrong() {
    let counts = counts();
    let good = to_message(VERSION, &shown(&counts, Window::Hour { day: DAY, hour: 9 }, &[]));
    let said = |change: fn(&mut message::ComplianceRow)| {
        let mut row = good.clone();
        change(&mut row);
        let reject = decode(&row.encode_to_vec()).expect_err("is wrong");
        (reject.code, reject.pointer)
    };
    let expected = |code: Code, pointer: &str| (code, pointer.to_owned());
    assert_eq!(said(|row| row.brand.clear()), expected(Code::FieldMissing, "/brand"));
    assert_eq!(said(|row| row.day.clear()), expected(Code::EventTimeInvalid, "/day"));
    assert_eq!(said(|row| row.window = None), expected(Code::FieldMissing, "/operator"));
    assert_eq!(
        said(|row| row.window = Some(message::compliance_row::Window::Hour(24))),
        expected(Code::ValueRange, "/hour")
    );
    assert_eq!(
        said(|row| row.version = "7".into()),
        expected(Code::ValueRange, "/version")
    );
    assert_eq!(said(|row| row.place = "x".into()), expected(Code::ValueRange, "/place"));
    assert_eq!(said(|row| row.as_of = None), expected(Code::FieldMissing, "/asOf"));
    assert_eq!(said(|row| row.xray = None), expected(Code::FieldMissing, "/xray"));
    assert_eq!(
        said(|row| row.findings[1].code = "RN-99".into()),
        expected(Code::EventTypeUnknown, "/findings/1")
    );
    assert_eq!(
        said(|row| row.findings = vec![row.findings[0].clone(); 2]),
        expected(Code::ProtoDecode, "/findings/1")
    );
    let grounds = |row: &mut message::ComplianceRow| {
        let duty = row.real_name.as_mut().expect("there");
        duty.not_applicable.insert("sunday".into(), 1);
    };
    assert_eq!(
        said(grounds),
        expected(Code::EventTypeUnknown, "/realName/notApplicable")
    );
}
