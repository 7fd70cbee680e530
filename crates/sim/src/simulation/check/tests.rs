//! Each comparison fails where it should.

use std::collections::BTreeMap;

use sanbai_engine::log::Record;
use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::alert::{Alert, Change};
use sanbai_wire::proto::sighting::{Entry, Position};
use sanbai_wire::proto::verdict::Verdict;

use super::{alerts, rows, sections, verdicts};
use crate::simulation::reader;

fn verdict(index: u32, revision: u32, waybill: &str, seconds: i64) -> Verdict {
    Verdict {
        brand: "SF".to_owned(),
        waybill: waybill.to_owned(),
        revision,
        version: format!("0001:00000000000000000007:{index:08}"),
        at: Some(Timestamp { seconds, nanos: 0 }),
        ..Verdict::default()
    }
}

fn records(verdicts: &[Verdict]) -> Vec<Record> {
    let record = |verdict: &Verdict| Record {
        value: Some(prost::Message::encode_to_vec(verdict)),
        ..Record::default()
    };
    verdicts.iter().map(record).collect()
}

#[test]
fn a_reader_keeps_the_highest_version_and_refuses_two_contents_of_one() {
    let (low, high) = (verdict(1, 1, "W", 1), verdict(2, 2, "W", 1));
    let log = records(&[high.clone(), low.clone(), low.clone()]);
    let reading = reader::read::<Verdict>(log.iter(), false).unwrap();
    assert_eq!(reading.kept["SF:W"], high);
    assert_eq!((reading.all.len(), reading.repeated, reading.stale), (2, 1, 2));
    let reading = reader::read::<Verdict>(log.iter(), true).unwrap();
    assert_eq!(
        reading.kept["SF:W"], low,
        "the mistake that it must be possible to make"
    );
    let torn = records(&[low, verdict(1, 9, "W", 1)]);
    assert!(reader::read::<Verdict>(torn.iter(), false).is_err());
}

#[test]
fn revisions_are_numbered_without_a_gap() {
    let (first, second, third) = (verdict(1, 1, "W", 1), verdict(2, 2, "W", 1), verdict(3, 3, "W", 1));
    let check = |revisions: Vec<&Verdict>| {
        let key = ("SF".to_owned(), "W".to_owned());
        verdicts::check_numbers(&BTreeMap::from([((key, 0), revisions)]))
    };
    assert_eq!(check(vec![&first, &second, &third]), Ok(()));
    assert!(check(vec![&first, &third]).is_err());
    assert!(check(vec![&second, &third]).is_err());
    assert!(check(vec![&first, &first]).is_err());
}

#[test]
fn expiries_of_one_tick_are_in_their_order() {
    let check = |verdicts: &[Verdict]| {
        let numbered = (0..).zip(verdicts).collect();
        verdicts::check_order(&BTreeMap::from([(7, numbered)]))
    };
    assert_eq!(
        check(&[verdict(0, 1, "B", 1), verdict(1, 1, "A", 2), verdict(2, 1, "B", 2)]),
        Ok(())
    );
    assert!(
        check(&[verdict(0, 1, "B", 2), verdict(1, 1, "A", 1)]).is_err(),
        "by moment"
    );
    assert!(
        check(&[verdict(0, 1, "B", 1), verdict(1, 1, "A", 1)]).is_err(),
        "then by waybill"
    );
}

#[test]
fn operators_and_hours_sum_to_the_same() {
    let row = |window: &str, parcels: u64| {
        let key = ("SF".to_owned(), "GZ".to_owned(), 1, window.to_owned());
        (key, BTreeMap::from([("parcels".to_owned(), parcels)]))
    };
    let check = |rows: &[(_, _)]| rows::check_sums(&rows.iter().cloned().collect());
    assert_eq!(check(&[row(":a", 2), row(":b", 1), row("T09", 3)]), Ok(()));
    assert!(check(&[row(":a", 2), row(":b", 1), row("T09", 2)]).is_err());
}

#[test]
fn an_alert_is_raised_before_it_changes() {
    let check = |changes: &[(Change, i32)]| {
        let alert = |(number, (change, severity)): (usize, &(Change, i32))| {
            let version = format!("0001:00000000000000000007:{number:08}");
            let alert = Alert {
                id: "a".to_owned(),
                change: (*change).into(),
                severity: *severity,
                version: version.clone(),
                ..Alert::default()
            };
            (("a".to_owned(), version), alert)
        };
        alerts::check_lives(&changes.iter().enumerate().map(alert).collect(), |_| false)
    };
    let (raised, worsened, eased) = (Change::Raised, Change::Worsened, Change::Eased);
    let withdrawn = Change::Withdrawn;
    assert_eq!(
        check(&[(raised, 4), (worsened, 5), (eased, 4), (withdrawn, 4), (raised, 4)]),
        Ok(())
    );
    assert!(check(&[(withdrawn, 4)]).is_err());
    assert!(check(&[(raised, 4), (raised, 4)]).is_err());
    assert!(check(&[(raised, 4), (worsened, 4)]).is_err());
    assert!(check(&[(raised, 4), (withdrawn, 4), (eased, 3)]).is_err());
}

#[test]
fn what_is_said_twice_of_a_position_is_said_alike() {
    let entry = |offset: u64, what: Option<sanbai_wire::proto::sighting::entry::What>| Entry {
        at: Some(Position {
            generation: 1,
            offset,
            index: 0,
        }),
        what,
    };
    let something = sanbai_wire::proto::sighting::entry::What::Change(Default::default());
    let mut taken = sections::Taken::default();
    assert_eq!(taken.take((0, 0, 0), (1, 5, 0), vec![entry(3, None)]), Ok(()));
    assert_eq!(
        taken.take((0, 0, 0), (1, 6, 0), vec![entry(3, None), entry(6, None)]),
        Ok(())
    );
    assert!(
        taken
            .take((1, 2, 0), (1, 7, 0), vec![entry(3, Some(something))])
            .is_err()
    );
    assert_eq!(taken.take((1, 9, 0), (1, 11, 0), Vec::new()), Ok(()));
    assert!(taken.in_gap, "nothing says what happened between 7 and 9");
    assert_eq!(taken.take((1, 6, 0), (1, 9, 0), Vec::new()), Ok(()));
    assert!(!taken.in_gap);
}
