//! Times against a well-known library.

use proptest::prelude::*;

use super::{CivilDay, Timestamp};

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "2026-03-10",
        "2026-03-10T10:03:00",
        "2026-13-10T10:03:00Z",
        "2026-03-10T24:00:00Z",
        "2026-03-10T10:03:60Z",
        "2026-03-10T10:03:00.Z",
        "2026-03-10T10:03:00.1234567890Z",
        "2026-03-10T10:03:00+0800",
        "9999-12-31T23:59:59Z",
        "２０２６-03-10T10:03:00Z",
    ] {
        assert_eq!(Timestamp::parse(text), None, "{text}");
    }
}

#[test]
fn ends_of_the_range_survive_their_parts() {
    for end in [Timestamp::MIN, Timestamp::MAX] {
        let (seconds, nanos) = end.to_parts();
        assert_eq!(Timestamp::from_parts(seconds, nanos), Some(end));
    }
}

proptest! {
    #[test]
    fn time_reads_and_writes_as_jiff_does(nanos in -6_000_000_000_000_000_000_i64..6_000_000_000_000_000_000) {
        let ours = Timestamp::from_nanos(nanos);
        let theirs = jiff::Timestamp::from_nanosecond(nanos.into()).expect("in range");
        prop_assert_eq!(Timestamp::parse(&theirs.to_string()), Some(ours));
        prop_assert_eq!(ours.to_string().parse::<jiff::Timestamp>().expect("RFC 3339"), theirs);
        let local = jiff::tz::offset(8).to_datetime(theirs);
        prop_assert_eq!(ours.civil_day().to_string(), local.date().to_string());
    }

    #[test]
    fn day_is_a_day_where_jiff_has_one(year in 1_i16..=9_999, month in 0_i8..=13, day in 0_i8..=32) {
        let ours = CivilDay::from_ymd(year.into(), month.cast_unsigned(), day.cast_unsigned());
        let theirs = jiff::civil::Date::new(year, month, day).ok();
        prop_assert_eq!(ours.is_some(), theirs.is_some());
        if let Some(ours) = ours {
            prop_assert_eq!(ours.ymd(), (i32::from(year), month.cast_unsigned(), day.cast_unsigned()));
            if (1_700..2_262).contains(&year) {
                prop_assert_eq!(ours.start().civil_day(), ours);
            }
        }
    }

    #[test]
    fn any_text_is_a_time_or_none(text in ".{0,40}") {
        let _: Option<Timestamp> = Timestamp::parse(&text);
    }
}
