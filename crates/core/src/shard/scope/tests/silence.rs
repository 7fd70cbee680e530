//! OR-02: outlets of the register that report nothing.

use super::only;
use super::trace::{run_in, run_shard};
use crate::shard::scope::Territory;

const SILENT: &str = "alert OR-02 raised medium ZTO/GZ-1 03-10 (0 0) at 03-11 03:10";

#[test]
fn outlet_of_the_register_without_a_parcel_is_silent_once_the_day_is_over() {
    let trace = "outlet ZTO/GZ-1
         outlet ZTO/GZ-2
         hub ZTO/GZ-3
         source 0 at 10:00: +ZTO/GZ-2/C1 pass pass pass uncounted
         source 0 at 03-11 02:59
         source 0 at 03-11 03:00
         source 0 at 03-11 03:09
         source 0 at 03-11 03:10";
    assert_eq!(only("alert", trace), [SILENT]);
}

#[test]
fn late_contribution_takes_it_back_and_so_does_one_that_is_not_counted() {
    for words in ["", " uncounted"] {
        let trace = format!(
            "outlet ZTO/GZ-1
             source 0 at 10:00
             source 0 at 03-11 03:00
             source 0 at 03-11 03:10
             source 0 at 03-11 08:00: +ZTO/GZ-1/C1 pass pass pass{words}
             source 0 at 03-11 08:30"
        );
        let alerts = only("alert OR-02", &trace);
        assert_eq!(alerts.len(), 2, "{alerts:?}");
        assert!(
            alerts[1].starts_with("alert OR-02 withdrawn medium ZTO/GZ-1 03-10"),
            "{alerts:?}"
        );
    }
}

#[test]
fn correction_that_takes_the_last_parcel_away_leaves_a_silent_outlet() {
    let trace = "outlet ZTO/GZ-1
         source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pass
         source 0 at 03-11 04:00
         source 0 at 03-11 05:00: -ZTO/GZ-1/C1 pass pass pass => +ZTO/GZ-2/C1 pass pass pass
         source 0 at 03-11 05:10";
    assert_eq!(
        only("alert", trace),
        ["alert OR-02 raised medium ZTO/GZ-1 03-10 (0 0) at 03-11 05:10"]
    );
}

#[test]
fn site_on_file_for_all_brands_is_not_missed_whatever_came_from_it_before() {
    let trace = "outlet /GZ-1
         source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pass
         source 0 at 10:01: -ZTO/GZ-1/C1 pass pass pass
         source 0 at 03-11 03:00
         source 0 at 03-11 05:00: +ZTO/GZ-1/C1 pass pass pass
         source 0 at 03-11 05:01: -ZTO/GZ-1/C1 pass pass pass
         source 0 at 03-11 06:00";
    assert_eq!(only("alert", trace), [""; 0]);
}

#[test]
fn outlet_is_not_missed_before_the_day_on_which_it_opens() {
    let trace = "outlet ZTO/GZ-1 440117 opened 03-11
         source 0 at 10:00
         source 0 at 03-12 03:00
         source 0 at 03-12 03:10";
    assert_eq!(
        only("alert", trace),
        ["alert OR-02 raised medium ZTO/GZ-1 03-11 (0 0) at 03-12 03:10"]
    );
}

#[test]
fn day_off_and_outage_of_outlet_or_brand_suspend_it() {
    let day = |lines: &str| {
        let trace = format!(
            "outlet ZTO/GZ-1
             {lines}
             source 0 at 10:00
             source 0 at 03-11 03:00
             source 0 at 03-11 03:10"
        );
        only("alert", &trace).len()
    };
    assert_eq!(day("holiday 03-10"), 0);
    assert_eq!(day("holiday 03-11"), 1);
    assert_eq!(day("outage ZTO/GZ-1 03-10 09:00 to 03-10 10:00"), 0);
    assert_eq!(day("outage ZTO 03-09 09:00 to 03-10 00:01"), 0);
    assert_eq!(day("outage ZTO/GZ-2 03-10 09:00 to 03-10 10:00"), 1);
    assert_eq!(day("outage SF 03-10 09:00 to 03-10 10:00"), 1);
}

#[test]
fn outage_that_is_recorded_afterwards_takes_it_back() {
    let trace = "outlet ZTO/GZ-1
         source 0 at 10:00
         source 0 at 03-11 03:00
         source 0 at 03-11 03:10
         outage ZTO/GZ-1 03-10 09:00 to 03-10 18:00
         source 0 at 03-11 09:00
         source 0 at 03-11 09:30";
    let alerts = only("alert", trace);
    assert_eq!(
        alerts,
        [
            SILENT,
            "alert OR-02 withdrawn medium ZTO/GZ-1 03-10 (0 0) at 03-11 09:30",
        ]
    );
}

#[test]
fn absence_is_not_judged_while_a_source_is_left_out_and_is_as_soon_as_none_is() {
    let trace = "sources 2
         outlet ZTO/GZ-1
         all at 10:00
         source 0 at 03-11 03:00
         source 0 at 03-11 03:30
         source 0 at 03-12 04:00
         source 1 at 03-12 04:00
         all at 03-12 04:09
         all at 03-12 04:10";
    assert_eq!(
        only("alert", trace),
        [
            "alert OR-02 raised medium ZTO/GZ-1 03-10 (0 0) at 03-12 04:10",
            "alert OR-02 raised medium ZTO/GZ-1 03-11 (0 0) at 03-12 04:10",
        ]
    );
}

#[test]
fn source_that_is_left_out_within_the_hold_begins_it_anew() {
    let trace = "sources 2
         outlet ZTO/GZ-1
         all at 03-11 02:55
         all at 03-11 03:00
         source 0 at 03-11 03:15
         source 1 at 03-11 03:15
         all at 03-11 03:24
         all at 03-11 03:25";
    assert_eq!(only("alert", trace), [""; 0], "the clock began on 03-11");
    let trace = format!("sources 2\n all at 10:00\n{}", trace.split_once('\n').expect("lines").1);
    assert_eq!(
        only("alert", &trace),
        ["alert OR-02 raised medium ZTO/GZ-1 03-10 (0 0) at 03-11 03:25"]
    );
}

#[test]
fn alert_that_stands_stays_while_a_source_is_left_out() {
    let trace = "sources 2
         outlet ZTO/GZ-1
         all at 10:00
         all at 03-11 03:00
         all at 03-11 03:10
         source 0 at 03-11 08:00
         source 0 at 03-11 09:00";
    assert_eq!(only("alert", trace), [SILENT]);
}

#[test]
fn days_before_the_clock_began_are_not_judged() {
    let trace = "outlet ZTO/GZ-1
         source 0 at 10:00
         source 0 at 12:00";
    assert_eq!(only("alert", trace), [""; 0]);
}

#[test]
fn outlet_is_missed_only_by_the_shard_that_answers_for_it() {
    let route = |_: &str, site: &str, count: u32| u32::from(site == "GZ-2").min(count - 1);
    let trace = "outlet ZTO/GZ-1
         outlet ZTO/GZ-2
         source 0 at 10:00
         source 0 at 03-11 03:00
         source 0 at 03-11 03:10";
    let (shard, told, registry) = run_in(trace, Territory::partition(1, 2, route));
    assert_eq!(
        told.0,
        ["alert OR-02 raised medium ZTO/GZ-2 03-10 (0 0) at 03-11 03:10"]
    );
    assert_eq!(shard.standing_alerts(registry.view()).count(), 1);
}

#[test]
fn clock_that_jumps_over_days_judges_each_of_them_once() {
    let trace = "outlet ZTO/GZ-1
         source 0 at 10:00
         source 0 at 03-13 03:00
         source 0 at 03-13 03:10
         source 0 at 03-13 09:00";
    let days: Vec<String> = only("alert", trace)
        .iter()
        .map(|line| line[35..40].to_owned())
        .collect();
    assert_eq!(days, ["03-10", "03-11", "03-12"]);
    let (shard, _, _) = run_shard(trace);
    assert!(shard.rows().count() == 5, "two of the sources, three alerts");
}
