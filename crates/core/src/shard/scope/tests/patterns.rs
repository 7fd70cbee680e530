//! RN-08: one identity with too many parcels at one outlet on one day.

use super::only;
use super::trace::run;

#[test]
fn one_parcel_over_the_limit_marks_all_of_them() {
    assert_eq!(only("hit", "source 0 at 10:00: see 7 ZTO/W1..20 GZ-1"), [""; 0]);
    let hits = run("source 0 at 10:00: see 7 ZTO/W1..20 GZ-1
         source 0 at 10:01: see 7 ZTO/W21 GZ-1");
    assert_eq!(hits.len(), 21);
    assert_eq!(
        (hits[0].as_str(), hits[1].as_str(), hits[20].as_str()),
        (
            "hit RN-08 marks ZTO/W1",
            "hit RN-08 marks ZTO/W10",
            "hit RN-08 marks ZTO/W9"
        ),
        "in the order of waybills"
    );
}

#[test]
fn parcels_of_a_window_that_stands_gain_and_lose_their_hits_one_by_one() {
    let trace = "source 0 at 10:00: see 7 ZTO/W1..21 GZ-1
         source 0 at 10:01: see 7 ZTO/W22 GZ-1; see 7 ZTO/W3 GZ-1
         source 0 at 10:02: unsee 7 ZTO/W5
         source 0 at 10:03: unsee 7 ZTO/W6; see 7 ZTO/W6 GZ-1; see 7 ZTO/W23 GZ-1; unsee 7 ZTO/W23";
    assert_eq!(
        only("hit", trace)[21..],
        ["hit RN-08 marks ZTO/W22", "hit RN-08 frees ZTO/W5"],
        "what came and went within a section is not said"
    );
}

#[test]
fn back_at_the_limit_all_hits_are_taken_back() {
    let hits = only(
        "hit",
        "source 0 at 10:00: see 7 ZTO/W1..21 GZ-1
         source 0 at 10:01: see 7 ZTO/W4 GZ-2",
    );
    assert_eq!(hits.len(), 42);
    assert!(
        hits[21..].iter().all(|hit| hit.starts_with("hit RN-08 frees")),
        "{hits:?}"
    );
}

#[test]
fn other_identities_brands_outlets_and_days_are_other_windows() {
    let trace = "source 0 at 10:00: see 7 ZTO/W1..11 GZ-1; see 8 ZTO/W12..22 GZ-1; see 7 SF/W1..11 GZ-1; \
         see 7 ZTO/W12..20 GZ-2; see 7 ZTO/W21 GZ-1 03-09";
    assert_eq!(only("hit", trace), [""; 0]);
}

#[test]
fn last_sighting_of_a_parcel_counts_wherever_it_was_before() {
    let trace = "source 0 at 10:00: see 7 ZTO/W1..21 GZ-1 03-09
         source 0 at 10:01: see 7 ZTO/W1..21 GZ-1 03-10";
    let hits = only("hit", trace);
    assert_eq!(hits.len(), 21 * 3);
    let freed = hits.iter().filter(|hit| hit.contains("frees")).count();
    assert_eq!(freed, 21, "of the day before");
}

#[test]
fn window_leaves_memory_with_its_day_and_its_hits_stay() {
    let trace = "source 0 at 10:00: see 7 ZTO/W1..21 GZ-1
         source 0 at 03-27 00:00
         source 0 at 03-27 00:01: unsee 7 ZTO/W1; see 7 ZTO/W2 GZ-1";
    let lines = run(trace);
    assert_eq!(lines.len(), 22);
    assert_eq!(lines[21], "alarm too late: 1");
}

#[test]
fn limit_is_a_rule() {
    let trace = "rules [patterns] identity_per_outlet_day_max = 1
         source 0 at 10:00: see 7 ZTO/W1..2 GZ-1";
    assert_eq!(only("hit", trace).len(), 2);
}
