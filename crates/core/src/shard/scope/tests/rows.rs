//! What contributions add up to, where, and for how long.

use super::trace::{run, run_shard};
use super::{only, told::told_row};
use crate::shard::compliance::{Counts, Window};

#[test]
fn contribution_counts_in_its_operator_and_its_hour() {
    assert_eq!(
        run("outlet ZTO/GZ-1 440117
             source 0 at 10:00: +ZTO/GZ-1/C1 pass pass fail 17h XR-01C; +ZTO/GZ-1/C2 agreement pass! pending; \
             +ZTO/GZ-1/ letter letter unknown letter 17h; +ZTO/GZ-1/C1 pass! fail! pass uncounted LC-05H"),
        [
            "row ZTO/GZ-1 03-10 : N 1 letters 1 rn 0/0+1letter in 0/0+1letter xr 0/0?1 in 440117",
            "row ZTO/GZ-1 03-10 C1: N 1 uncounted 1 rn 1/0 in 1/0 xr 0/1 LC-05H 1 XR-01C 1 in 440117",
            "row ZTO/GZ-1 03-10 C2: N 1 rn 0/0+1a in 1/0!1 xr 0/0~1 in 440117",
            "row ZTO/GZ-1 03-10 10h: N 1 uncounted 1 rn 0/0+1a in 1/0!1 xr 0/0~1 LC-05H 1 in 440117",
            "row ZTO/GZ-1 03-10 17h: N 2 letters 1 rn 1/0+1letter in 1/0+1letter xr 0/1?1 XR-01C 1 in 440117",
        ]
    );
}

#[test]
fn only_what_satisfies_can_be_marked() {
    let rows = only(
        "row ZTO/GZ-1 03-10 C1",
        "source 0 at 10:00: +ZTO/GZ-1/C1 agreement! fail! pending!; +ZTO/GZ-1/C1 fail! pass! letter!",
    );
    assert_eq!(
        rows,
        ["row ZTO/GZ-1 03-10 C1: N 2 rn 0/1!1+1a in 1/1!1 xr 0/0~1+1letter"]
    );
}

#[test]
fn correction_moves_a_parcel_between_days_outlets_and_operators_at_once() {
    assert_eq!(
        run(
            "source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pending; +ZTO/GZ-1/C1 pass pass pending
             source 0 at 10:01: -ZTO/GZ-1/C1 pass pass pending => +ZTO/GZ-2/C7 pass pass pass 03-09 23h
             source 0 at 10:02: -ZTO/GZ-1/C1 pass pass pending => +ZTO/GZ-1/C1 pass pass fail"
        ),
        [
            "row ZTO/GZ-1 03-10 C1: N 2 rn 2/0 in 2/0 xr 0/0~2",
            "row ZTO/GZ-1 03-10 10h: N 2 rn 2/0 in 2/0 xr 0/0~2",
            "row ZTO/GZ-1 03-10 C1: N 1 rn 1/0 in 1/0 xr 0/0~1",
            "row ZTO/GZ-1 03-10 10h: N 1 rn 1/0 in 1/0 xr 0/0~1",
            "row ZTO/GZ-2 03-09 C7: N 1 rn 1/0 in 1/0 xr 1/0",
            "row ZTO/GZ-2 03-09 23h: N 1 rn 1/0 in 1/0 xr 1/0",
            "row ZTO/GZ-1 03-10 C1: N 1 rn 1/0 in 1/0 xr 0/1",
            "row ZTO/GZ-1 03-10 10h: N 1 rn 1/0 in 1/0 xr 0/1",
        ]
    );
}

#[test]
fn row_that_becomes_zero_is_said_once_and_dropped() {
    let (shard, told, _) = run_shard(
        "source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pass RN-01C
         source 0 at 10:01: -ZTO/GZ-1/C1 pass pass pass RN-01C
         source 0 at 10:02
         source 0 at 10:03: +ZTO/GZ-9/C1 pass pass pass; -ZTO/GZ-9/C1 pass pass pass",
    );
    assert_eq!(
        told.0[2..],
        [
            "row ZTO/GZ-1 03-10 C1: N 0 rn 0/0 in 0/0 xr 0/0",
            "row ZTO/GZ-1 03-10 10h: N 0 rn 0/0 in 0/0 xr 0/0",
        ],
        "and what came and went between two sections was never there"
    );
    assert_eq!(
        shard.rows().count(),
        2,
        "what is left is what is known of the source and the clock"
    );
}

#[test]
fn count_never_goes_below_zero() {
    assert_eq!(
        run("source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pass
             source 0 at 10:01: -ZTO/GZ-1/C1 pass pass fail RN-01C; -ZTO/GZ-3/C1 pass pass fail"),
        [
            "row ZTO/GZ-1 03-10 C1: N 1 rn 1/0 in 1/0 xr 1/0",
            "row ZTO/GZ-1 03-10 10h: N 1 rn 1/0 in 1/0 xr 1/0",
            "alarm negative count",
            "row ZTO/GZ-1 03-10 C1: N 0 rn 0/0 in 0/0 xr 1/0",
            "row ZTO/GZ-1 03-10 10h: N 0 rn 0/0 in 0/0 xr 1/0",
        ]
    );
}

#[test]
fn couriers_and_hours_sum_to_the_same_outlet() {
    let (shard, _, registry) = run_shard(
        "source 0 at 10:00: 3x +ZTO/GZ-1/C1 pass pass fail XR-01C; 2x +ZTO/GZ-1/C2 agreement fail pass 17h IN-01C; \
         +ZTO/GZ-1/ pass pass unknown 17h letter; +ZTO/GZ-1/C2 pass pass pass 23h uncounted",
    );
    let (mut couriers, mut hours) = (Counts::default(), Counts::default());
    for row in shard.standing_rows(registry.view()) {
        match row.window {
            Window::Day { .. } => couriers.merge(row.counts),
            Window::Hour { .. } => hours.merge(row.counts),
        }
    }
    assert_eq!(couriers, hours);
    assert_eq!((couriers.parcels, couriers.letters, couriers.uncounted), (6, 1, 1));
}

#[test]
fn place_is_that_of_the_register_on_the_day_as_far_as_it_is_known() {
    assert_eq!(
        run("source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pass
             outlet ZTO/GZ-1 440117
             source 0 at 10:01: +ZTO/GZ-1/C1 pass pass pass"),
        [
            "row ZTO/GZ-1 03-10 C1: N 1 rn 1/0 in 1/0 xr 1/0",
            "row ZTO/GZ-1 03-10 10h: N 1 rn 1/0 in 1/0 xr 1/0",
            "row ZTO/GZ-1 03-10 C1: N 2 rn 2/0 in 2/0 xr 2/0 in 440117",
            "row ZTO/GZ-1 03-10 10h: N 2 rn 2/0 in 2/0 xr 2/0 in 440117",
        ]
    );
}

#[test]
fn day_can_change_for_sixteen_days_and_is_then_frozen() {
    let (shard, told, registry) = run_shard(
        "source 0 at 12:00: +ZTO/GZ-1/C1 pass pass pending
         source 0 at 03-26 23:59: -ZTO/GZ-1/C1 pass pass pending => +ZTO/GZ-1/C1 pass pass pass
         source 0 at 03-27 00:00: +ZTO/GZ-1/C1 pass pass pass
         source 0 at 03-27 00:01: +ZTO/GZ-1/C1 pass pass pass; -ZTO/GZ-1/C1 pass pass pass => \
         +ZTO/GZ-1/C1 pass pass pass 03-11; see 7 ZTO/W1 GZ-1; declare ZTO/GZ-1 200 #1",
    );
    assert_eq!(
        told.0.iter().filter(|line| !line.contains("10h")).collect::<Vec<_>>(),
        [
            "row ZTO/GZ-1 03-10 C1: N 1 rn 1/0 in 1/0 xr 0/0~1",
            "row ZTO/GZ-1 03-10 C1: N 1 rn 1/0 in 1/0 xr 1/0",
            "row ZTO/GZ-1 03-10 C1: N 2 rn 2/0 in 2/0 xr 2/0",
            "alarm too late: 4",
            "row ZTO/GZ-1 03-11 C1: N 1 rn 1/0 in 1/0 xr 1/0",
        ],
        "what came in the section that freezes the day is still said"
    );
    let rows: Vec<String> = shard.standing_rows(registry.view()).map(|row| told_row(&row)).collect();
    assert!(rows.iter().all(|row| row.starts_with("ZTO/GZ-1 03-11")), "{rows:?}");
}

#[test]
fn length_of_life_of_a_day_is_a_rule() {
    let trace = "rules [limits] rows_days = 1
         source 0 at 12:00
         source 0 at 03-12 12:00
         source 0 at 03-12 12:01: +ZTO/GZ-1/C1 pass pass pass; +ZTO/GZ-1/C1 pass pass pass 03-11";
    assert_eq!(only("alarm", trace), ["alarm too late: 1"]);
}
