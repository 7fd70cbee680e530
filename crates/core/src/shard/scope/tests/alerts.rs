//! Rates, bursts and declared volumes.

use super::only;
use super::trace::run_shard;

const HUNDRED: &str = "source 0 at 10:00: 90x +ZTO/GZ-1/C1 pass pass pass; 8x +ZTO/GZ-1/C2 pass pass pass; \
    2x +ZTO/GZ-1/C2 pass pass fail";

#[test]
fn rate_is_raised_after_its_hold_and_worsened_eased_and_withdrawn_after_theirs() {
    let trace = format!(
        "{HUNDRED}
         source 0 at 10:09
         source 0 at 10:10
         source 0 at 11:00: 4x +ZTO/GZ-1/C1 pass pass fail
         source 0 at 11:10
         source 0 at 12:00: 50x +ZTO/GZ-1/C1 pass pass pass
         source 0 at 12:29
         source 0 at 12:30
         source 0 at 13:00: 500x +ZTO/GZ-1/C1 pass pass pass
         source 0 at 13:30"
    );
    assert_eq!(
        only("alert", &trace),
        [
            "alert rate_below.xray raised high ZTO/GZ-1 03-10 (98 100 9900 9500) at 03-10 10:10",
            "alert rate_below.xray worsened critical ZTO/GZ-1 03-10 (98 104 9900 9500) at 03-10 11:10",
            "alert rate_below.xray eased high ZTO/GZ-1 03-10 (148 154 9900 9500) at 03-10 12:30",
            "alert rate_below.xray withdrawn high ZTO/GZ-1 03-10 (648 654 9900 9500) at 03-10 13:30",
        ]
    );
}

#[test]
fn what_comes_and_goes_within_its_hold_is_never_said() {
    let trace = format!(
        "{HUNDRED}
         source 0 at 10:09: 2x -ZTO/GZ-1/C2 pass pass fail => +ZTO/GZ-1/C2 pass pass pass
         source 0 at 10:12: 2x -ZTO/GZ-1/C2 pass pass pass => +ZTO/GZ-1/C2 pass pass fail
         source 0 at 10:21
         source 0 at 10:22
         source 0 at 10:50: 200x +ZTO/GZ-1/C1 pass pass pass
         source 0 at 11:19: 200x -ZTO/GZ-1/C1 pass pass pass
         source 0 at 12:00"
    );
    assert_eq!(
        only("alert", &trace),
        ["alert rate_below.xray raised high ZTO/GZ-1 03-10 (98 100 9900 9500) at 03-10 10:22"]
    );
}

#[test]
fn hold_goes_on_while_the_rate_gets_worse_still() {
    let trace = format!(
        "{HUNDRED}
         source 0 at 10:08: 10x +ZTO/GZ-1/C2 pass pass fail
         source 0 at 10:10"
    );
    assert_eq!(
        only("alert", &trace),
        ["alert rate_below.xray raised critical ZTO/GZ-1 03-10 (98 110 9900 9500) at 03-10 10:10"]
    );
}

#[test]
fn few_parcels_are_judged_when_the_day_is_over() {
    assert_eq!(
        only(
            "alert",
            "source 0 at 10:00: +ZTO/GZ-1/C1 fail pass pending; +ZTO/GZ-1/C1 pending pending unknown
             source 0 at 23:00
             source 0 at 03-11 02:59
             source 0 at 03-11 03:00
             source 0 at 03-11 03:10"
        ),
        ["alert rate_below.realName raised critical ZTO/GZ-1 03-10 (0 1 9900 9500) at 03-11 03:10"],
        "and an empty window has no rate"
    );
}

#[test]
fn threshold_itself_is_not_below() {
    let alerts = |good: u32, bad: u32| {
        let trace = format!(
            "source 0 at 10:00: {good}x +ZTO/GZ-1/C1 agreement pass pass; {bad}x +ZTO/GZ-1/C1 fail pass pass
             source 0 at 10:10"
        );
        only("alert", &trace).len()
    };
    assert_eq!(alerts(99, 1), 0);
    assert_eq!(alerts(197, 2), 1, "98.99%");
}

#[test]
fn burst_of_critical_findings_is_high_and_then_critical() {
    assert_eq!(
        only(
            "alert critical_burst",
            "source 0 at 10:00: 4x +ZTO/GZ-1/C1 pass pass pass IN-01C; 9x +ZTO/GZ-1/C1 pass pass pass IN-06H
             source 0 at 10:30: +ZTO/GZ-1/C2 pass pass pass uncounted LC-01C
             source 0 at 10:40
             source 0 at 11:00: 8x +ZTO/GZ-1/C2 pass pass pass IN-01C XR-01C
             source 0 at 11:10
             source 0 at 12:00: 8x -ZTO/GZ-1/C2 pass pass pass IN-01C XR-01C
             source 0 at 12:30
             source 0 at 13:00: 4x -ZTO/GZ-1/C1 pass pass pass IN-01C
             source 0 at 13:30"
        ),
        [
            "alert critical_burst raised high ZTO/GZ-1 03-10 (5 5 20) at 03-10 10:40",
            "alert critical_burst worsened critical ZTO/GZ-1 03-10 (21 5 20) at 03-10 11:10",
            "alert critical_burst eased high ZTO/GZ-1 03-10 (5 5 20) at 03-10 12:30",
            "alert critical_burst withdrawn high ZTO/GZ-1 03-10 (1 5 20) at 03-10 13:30",
        ]
    );
}

#[test]
fn figures_are_those_of_the_rules_on_the_day() {
    let trace = "rules [alerts.burst] critical_min = 1, raise_hold_min = 0
         source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pass IN-01C
         source 0 at 10:01: -ZTO/GZ-1/C1 pass pass pass IN-01C
         source 0 at 10:31";
    assert_eq!(
        only("alert", trace),
        [
            "alert critical_burst raised high ZTO/GZ-1 03-10 (1 1 20) at 03-10 10:00",
            "alert critical_burst withdrawn high ZTO/GZ-1 03-10 (0 1 20) at 03-10 10:31",
        ]
    );
}

#[test]
fn fewer_parcels_than_declared_is_an_alert_when_the_day_is_over() {
    let trace = "source 0 at 10:00: 94x +ZTO/GZ-1/C1 pass pass pass; 9x +ZTO/GZ-1/C1 pass pass pass uncounted
         source 0 at 23:00: declare ZTO/GZ-1 100 #5; declare ZTO/GZ-1 50 #4; power ZTO/X-1
         source 0 at 03-11 03:00
         source 0 at 03-11 03:10
         source 0 at 03-11 09:00: +ZTO/GZ-1/C1 pass pass pass
         source 0 at 03-11 09:30";
    assert_eq!(
        only("alert", trace),
        [
            "alert LC-04 raised high ZTO/GZ-1 03-10 (94 100 9500) at 03-11 03:10",
            "alert LC-04 withdrawn high ZTO/GZ-1 03-10 (95 100 9500) at 03-11 09:30",
        ],
        "95% is not below, and of two declarations of one moment that of the higher id counts"
    );
}

#[test]
fn a_day_before_the_clock_began_and_one_that_is_frozen_fall_short_of_nothing() {
    let trace = "source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pass
         source 0 at 23:00: declare ZTO/GZ-1 100 #5 03-09; declare ZTO/GZ-1 100 #6 02-01; declare ZTO/GZ-1 100 #7
         source 0 at 03-11 03:00
         source 0 at 03-11 03:10";
    assert_eq!(
        only("alert", trace),
        ["alert LC-04 raised high ZTO/GZ-1 03-10 (1 100 9500) at 03-11 03:10"]
    );
}

#[test]
fn declaration_alone_is_an_alert_too_but_not_while_a_source_is_left_out() {
    let trace = "sources 2
         source 0 at 23:00: declare ZTO/GZ-1 100 #5
         source 0 at 03-11 03:00
         source 0 at 03-11 04:00
         all at 03-11 05:00
         all at 03-11 05:09
         all at 03-11 05:10";
    assert_eq!(
        only("alert", trace),
        ["alert LC-04 raised high ZTO/GZ-1 03-10 (0 100 9500) at 03-11 05:10"]
    );
}

#[test]
fn alerts_of_a_frozen_day_are_dropped_without_a_word() {
    let trace = format!(
        "{HUNDRED}
         source 0 at 10:10
         source 0 at 03-27 00:00
         source 0 at 03-27 00:10: 900x +ZTO/GZ-1/C2 pass pass pass
         source 0 at 03-27 03:10"
    );
    assert_eq!(only("alert", &trace).len(), 1);
    let (shard, _, registry) = run_shard(&trace);
    assert_eq!(shard.standing_alerts(registry.view()).count(), 0);
}

#[test]
fn each_rule_outlet_and_day_has_an_alert_of_its_own() {
    let trace = "source 0 at 10:00: 100x +ZTO/GZ-1/C1 fail fail pass RN-01C; 100x +ZTO/GZ-1/C1 fail pass pass 03-09; \
         100x +SF/GZ-1/C1 pass pass fail
         source 0 at 10:10";
    let (shard, told, registry) = run_shard(trace);
    let mut ids: Vec<u64> = shard.standing_alerts(registry.view()).map(|alert| alert.id).collect();
    assert_eq!(
        told.0[6..].iter().map(|line| &line[6..40]).collect::<Vec<_>>(),
        [
            "rate_below.xray raised critical SF",
            "rate_below.realName raised critica",
            "rate_below.realName raised critica",
            "rate_below.inspection raised criti",
            "critical_burst raised critical ZTO",
        ]
    );
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}
