//! What the registers say of whole days and of all outlets.

use super::{Outage, Record, Registry, Site, Value};
use crate::time::{CivilDay, Timestamp};

fn day(text: &str) -> CivilDay {
    CivilDay::parse(text).expect("a day")
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn record(offset: u64, brand: &str, key: &str, value: Value) -> Record {
    Record {
        offset,
        brand: brand.to_owned(),
        key: key.to_owned(),
        valid_from: None,
        valid_to: None,
        value,
    }
}

fn registry(records: impl IntoIterator<Item = Record>) -> Registry {
    let mut registry = Registry::default();
    records.into_iter().for_each(|record| registry.insert(record));
    registry
}

#[test]
fn sites_come_in_the_order_of_brand_and_key_and_only_while_in_force_and_known() {
    let site = |offset, brand, key| record(offset, brand, key, Value::Site(Site::default()));
    let registry = registry([
        site(0, "ZTO", "B"),
        site(1, "ZTO", "A"),
        site(2, "SF", "C"),
        site(3, "", "D"),
        Record {
            valid_to: Some(at("2026-03-10T00:00:00+08:00")),
            ..site(4, "SF", "OLD")
        },
        site(5, "SF", "LATER"),
    ]);
    let keys = |up_to: u64, instant: &str| -> Vec<String> {
        let sites = registry.view_up_to(up_to).sites(at(instant));
        sites.map(|(brand, key, _)| format!("{brand}/{key}")).collect()
    };
    assert_eq!(keys(5, "2026-03-10T12:00:00+08:00"), ["/D", "SF/C", "ZTO/A", "ZTO/B"]);
    assert_eq!(
        keys(6, "2026-03-09T12:00:00+08:00"),
        ["/D", "SF/C", "SF/LATER", "SF/OLD", "ZTO/A", "ZTO/B"]
    );
}

#[test]
fn site_on_file_for_all_brands_is_no_brands_own() {
    let site = |offset, brand, key| record(offset, brand, key, Value::Site(Site::default()));
    let registry = registry([site(0, "", "D"), site(1, "SF", "C")]);
    let noon = at("2026-03-10T12:00:00+08:00");
    let own = |brand, key| registry.view().own_site(brand, key, noon).is_some();
    assert_eq!((own("SF", "C"), own("SF", "D"), own("ZTO", "C")), (true, false, false));
    assert!(!registry.view_up_to(1).sites(noon).any(|(brand, ..)| brand == "SF"));
    assert!(registry.view_up_to(1).own_site("SF", "C", noon).is_none());
}

#[test]
fn day_without_a_record_is_a_working_day_and_the_own_calendar_of_a_brand_goes_first() {
    let rest = |offset, brand, working| record(offset, brand, "2026-10-01", Value::CalendarDay { working });
    let registry = registry([rest(0, "", false), rest(1, "SF", true)]);
    let view = registry.view();
    assert!(!view.is_working_day("ZTO", day("2026-10-01")));
    assert!(view.is_working_day("SF", day("2026-10-01")));
    assert!(view.is_working_day("ZTO", day("2026-10-02")));
    assert!(
        view.limited_to(0).is_working_day("ZTO", day("2026-10-01")),
        "not known yet"
    );
}

#[test]
fn outage_of_a_moment_is_an_outage_of_its_day_and_of_no_other() {
    let outage = |offset, brand, site: &str, from: &str, to: &str| {
        let value = Outage {
            site: site.to_owned(),
            from: at(from),
            to: at(to),
        };
        record(offset, brand, &format!("o{offset}"), Value::Outage(value))
    };
    let registry = registry([
        outage(0, "SF", "A", "2026-03-10T23:59:00+08:00", "2026-03-11T00:00:00+08:00"),
        outage(1, "ZTO", "", "2026-03-11T00:00:00+08:00", "2026-03-12T00:00:01+08:00"),
    ]);
    let out = |brand, site, text| registry.view().has_outage_on(brand, site, day(text));
    assert!(out("SF", "A", "2026-03-10"));
    assert!(!out("SF", "A", "2026-03-11"), "its end is the first instant after it");
    assert!(!out("SF", "B", "2026-03-10"), "of another site");
    assert!(!out("ZTO", "A", "2026-03-10"));
    assert!(out("ZTO", "A", "2026-03-11"), "of the whole brand");
    assert!(out("ZTO", "A", "2026-03-12"));
}
