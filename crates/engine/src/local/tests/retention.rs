//! What is old is removed, in whole segments, and only where nobody needs it.

use super::*;
use crate::local::Removed;

/// A clock that stands so many days later.
fn after(days: i64) -> Clock {
    let start = Timestamp::parse("2026-03-10T08:00:00+08:00").expect("a time");
    Clock::fast(start.plus(sanbai_core::time::Span::hours(24 * days)), 1)
}

fn open_after(directory: &Path, days: i64) -> LocalLog {
    open_at(directory, &small(), after(days))
}

/// Events of the days 0, 10 and 20, a hundred of each, in several segments.
fn three_days(directory: &Path) {
    for (number, day) in [(0, 0), (100, 10), (200, 20)] {
        let log = open_after(directory, day);
        append_events(&log, number..number + 100);
        log.close().unwrap();
    }
}

#[test]
fn segments_go_when_their_last_record_is_too_old() {
    let directory = folder();
    three_days(directory.path());
    let log = open_after(directory.path(), 13);
    assert_eq!(log.apply_retention(|_, _| u64::MAX).unwrap(), Removed::default());
    log.close().unwrap();
    let log = open_after(directory.path(), 15);
    let removed = log.apply_retention(|_, _| u64::MAX).unwrap();
    assert!(removed.segments > 0 && removed.bytes > 0);
    let start = log.range(Topic::ParcelEvents, 0).start;
    assert!((40..=100).contains(&start), "whole segments of the first day: {start}");
    let start = usize::try_from(start).unwrap();
    assert_eq!(texts(&log, 0), events(start..300));
    assert_eq!(
        log.read(Topic::ParcelEvents, 0, 0, 1),
        Err(ReadError::Gone { start: start as u64 })
    );
    log.close().unwrap();
    let log = open_after(directory.path(), 1_000);
    log.apply_retention(|_, _| u64::MAX).unwrap();
    let range = log.range(Topic::ParcelEvents, 0);
    assert!(
        range.start > 240 && range.end == 300,
        "the newest segment stays: {range:?}"
    );
    append(&log, vec![event(0, "300")]);
    assert_eq!(log.range(Topic::ParcelEvents, 0).end, 301);
}

#[test]
fn a_topic_of_which_little_is_written_is_forgotten_too() {
    let directory = folder();
    for day in 0..40 {
        let log = open_after(directory.path(), day);
        append(&log, vec![event(0, &day.to_string())]);
        log.apply_retention(|_, _| u64::MAX).unwrap();
        let kept = log.range(Topic::ParcelEvents, 0);
        assert!(kept.end - kept.start <= 18, "day {day}: {kept:?}");
        log.close().unwrap();
    }
}

#[test]
fn what_somebody_needs_stays_however_old() {
    let directory = folder();
    three_days(directory.path());
    let log = open_after(directory.path(), 1_000);
    for floor in [0, 1, 70, 150] {
        log.apply_retention(|topic, partition| {
            assert!(topic != Topic::Registry, "is kept for ever");
            if (topic, partition) == (Topic::ParcelEvents, 0) {
                floor
            } else {
                0
            }
        })
        .unwrap();
        let start = log.range(Topic::ParcelEvents, 0).start;
        assert!(start <= floor, "{start} is behind the floor {floor}");
        assert!(start + 60 > floor, "{start} is far before the floor {floor}");
    }
}
