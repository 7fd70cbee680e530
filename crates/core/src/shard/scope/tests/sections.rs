//! What is taken of sections, and what time it is.

use super::trace::{position, run, run_shard};
use super::{only, told::told_row};

#[test]
fn what_was_seen_is_dropped_and_the_rest_of_an_overlap_is_taken() {
    let rows = only(
        "row ZTO/GZ-1 03-10 C",
        "source 0 (0,2] at 10:00: +ZTO/GZ-1/C1 pass pass pass; +ZTO/GZ-1/C1 pass pass pass
         source 0 (0,2] at 10:00: +ZTO/GZ-1/C1 pass pass pass; +ZTO/GZ-1/C1 pass pass pass
         source 0 (1,3] at 10:01: +ZTO/GZ-1/C1 pass pass pass; +ZTO/GZ-1/C2 pass pass pass
         source 0 (0,1] at 10:00: +ZTO/GZ-1/C1 pass pass pass",
    );
    assert_eq!(
        rows,
        [
            "row ZTO/GZ-1 03-10 C1: N 2 rn 2/0 in 2/0 xr 2/0",
            "row ZTO/GZ-1 03-10 C2: N 1 rn 1/0 in 1/0 xr 1/0",
        ]
    );
}

#[test]
fn source_ahead_of_a_gap_is_ignored_until_what_is_missing_is_sent_again() {
    assert_eq!(
        run("source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pass
             source 0 (3,4] at 10:05: +ZTO/GZ-1/C1 fail fail fail
             source 0 (4,5] at 10:06: +ZTO/GZ-1/C1 fail fail fail
             source 0 (0,1] at 10:00: +ZTO/GZ-1/C1 fail fail fail
             source 0 (1,4] at 10:05: +ZTO/GZ-1/C1 pass pass pass; +ZTO/GZ-1/C1 pass pass pass
             source 0 at 10:06"),
        [
            "row ZTO/GZ-1 03-10 C1: N 1 rn 1/0 in 1/0 xr 1/0",
            "row ZTO/GZ-1 03-10 10h: N 1 rn 1/0 in 1/0 xr 1/0",
            "alarm gap of 0: seen 1, from 3",
            "alarm gap of 0 healed",
            "row ZTO/GZ-1 03-10 C1: N 3 rn 3/0 in 3/0 xr 3/0",
            "row ZTO/GZ-1 03-10 10h: N 3 rn 3/0 in 3/0 xr 3/0",
        ]
    );
}

#[test]
fn clock_and_registry_of_a_source_ahead_of_a_gap_are_ignored_too() {
    let (shard, _, _) = run_shard(
        "source 0 at 10:00
         outlet ZTO/GZ-1 440117
         source 0 (3,4] at 10:05",
    );
    assert_eq!(
        shard.source_clock().expect("a clock").to_string(),
        "2026-03-10T10:00:00+08:00"
    );
    assert_eq!((shard.registry_offset(), shard.seen(0)), (0, Some(position(0))));
}

#[test]
fn empty_section_moves_the_clock_and_the_registry_and_neither_goes_back() {
    let (shard, told, _) = run_shard(
        "source 0 at 10:00: +ZTO/GZ-1/C1 pass pass pass
         outlet ZTO/GZ-1 440117
         source 0 at 10:05
         source 0 (0,1] at 09:00: +ZTO/GZ-1/C1 pass pass pass
         source 0 (1,1] at 09:30",
    );
    assert_eq!(
        shard.source_clock().expect("a clock").to_string(),
        "2026-03-10T10:05:00+08:00"
    );
    assert_eq!(shard.registry_offset(), 1);
    assert_eq!(told.0.len(), 2, "rows are not said again: {:?}", told.0);
}

#[test]
fn entry_outside_the_positions_that_its_section_covers_is_no_part_of_it() {
    let rows = only(
        "row ZTO/GZ-1 03-10 C",
        "source 0 (0,1] at 10:00: +ZTO/GZ-1/C1 pass pass pass; +ZTO/GZ-1/C1 pass pass pass
         source 0 (1,2] at 10:00: +ZTO/GZ-1/C1 pass pass pass",
    );
    assert_eq!(
        rows.last().expect("a row"),
        "row ZTO/GZ-1 03-10 C1: N 2 rn 2/0 in 2/0 xr 2/0"
    );
}

#[test]
fn section_of_a_source_that_there_is_not_is_an_alarm() {
    assert_eq!(
        run("sources 2
             source 2 at 10:00: +ZTO/GZ-1/C1 pass pass pass"),
        ["alarm unknown source 2"]
    );
}

#[test]
fn rows_wait_for_a_clock_and_are_then_all_said() {
    assert_eq!(
        run("sources 2
             source 0 at -: +ZTO/GZ-1/C1 pass pass pass; +ZTO/GZ-2/C2 pass pass pass
             source 0 at -: -ZTO/GZ-1/C1 pass pass pass
             source 1 at 10:00"),
        [
            "alarm source 0 left out",
            "row ZTO/GZ-2 03-10 C2: N 1 rn 1/0 in 1/0 xr 1/0 without [0]",
            "row ZTO/GZ-2 03-10 10h: N 1 rn 1/0 in 1/0 xr 1/0 without [0]",
        ]
    );
}

#[test]
fn source_more_than_ten_minutes_behind_is_left_out_and_named_in_rows() {
    assert_eq!(
        run("sources 3
             source 0 at 10:00
             source 1 at 10:00
             source 2 at 10:00
             source 0 at 10:10
             source 1 at 10:11
             source 0 at 10:11: +ZTO/GZ-1/C1 pass pass pass
             source 2 at 10:02"),
        [
            "alarm source 1 left out",
            "alarm source 2 left out",
            "alarm source 1 back",
            "alarm source 2 back",
            "alarm source 2 left out",
            "row ZTO/GZ-1 03-10 C1: N 1 rn 1/0 in 1/0 xr 1/0 without [2]",
            "row ZTO/GZ-1 03-10 10h: N 1 rn 1/0 in 1/0 xr 1/0 without [2]",
            "alarm source 2 back",
        ]
    );
}

#[test]
fn clock_is_that_of_the_slowest_source_not_left_out_and_never_goes_back() {
    let clock = |trace: &str| {
        let at = run_shard(&format!("sources 2\n{trace}")).0.source_clock();
        at.map(|at| at.to_string()[11..16].to_owned())
    };
    assert_eq!(clock("source 0 at -"), None);
    assert_eq!(clock("source 0 at 10:00"), Some("10:00".to_owned()));
    assert_eq!(
        clock("all at 10:00\nsource 0 at 10:10"),
        Some("10:00".to_owned()),
        "ten minutes are not more than ten"
    );
    assert_eq!(clock("all at 10:00\nsource 0 at 10:11"), Some("10:11".to_owned()));
    assert_eq!(
        clock("all at 10:00\nsource 0 at 10:11\nsource 1 at 10:02"),
        Some("10:11".to_owned()),
        "it is back, and behind"
    );
}

#[test]
fn source_whose_clock_was_set_back_does_not_leave_the_others_out() {
    let (shard, told, registry) = run_shard(
        "sources 2
         all at 10:00
         source 0 (0,1] at 12:00: +ZTO/GZ-1/C1 pass pass pass
         source 0 (1,2] at 10:01: +ZTO/GZ-1/C1 pass pass pass
         source 1 at 10:02",
    );
    assert!(shard.missing_sources().is_empty(), "{:?}", told.0);
    let rows: Vec<String> = shard.standing_rows(registry.view()).map(|row| told_row(&row)).collect();
    assert_eq!(rows[0], "ZTO/GZ-1 03-10 C1: N 2 rn 2/0 in 2/0 xr 2/0");
}
