//! Moments in nanoseconds, days at +08:00.

use sanbai_wire::proto::Timestamp;

/// Nanoseconds since 1970-01-01T00:00:00Z: "comparisons use the full stored precision".
pub(super) type Nanos = i128;

pub(super) const SECOND: Nanos = 1_000_000_000;
pub(super) const MINUTE: Nanos = 60 * SECOND;
pub(super) const HOUR: Nanos = 60 * MINUTE;

/// Later than everything.
pub(super) const NEVER: Nanos = Nanos::MAX / 4;

pub(super) fn nanos(moment: Timestamp) -> Nanos {
    Nanos::from(moment.seconds) * SECOND + Nanos::from(moment.nanos)
}

pub(super) fn timestamp(moment: Nanos) -> Timestamp {
    Timestamp {
        seconds: i64::try_from(moment.div_euclid(SECOND)).unwrap_or(i64::MAX),
        nanos: i32::try_from(moment.rem_euclid(SECOND)).unwrap_or(0),
    }
}

/// "Days and hours are civil time at +08:00": days since 1970-01-01.
pub(super) fn civil_day(moment: Nanos) -> i64 {
    i64::try_from((moment + 8 * HOUR).div_euclid(24 * HOUR)).unwrap_or(i64::MAX)
}

/// Days since 1970-01-01 of `YYYY-MM-DD`. `None` if it is absent or no day.
pub(super) fn day_number(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    if year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let (year, month, day): (i64, i64, i64) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    if !(1..=12).contains(&month) || day < 1 || day > month_length(year, month) {
        return None;
    }
    let mut days = day - 1;
    for earlier in 1..month {
        days += month_length(year, earlier);
    }
    let leap_days_before = |year: i64| (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    Some(days + (year - 1970) * 365 + leap_days_before(year) - leap_days_before(1970))
}

fn month_length(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether `day` lies in the span from `first` to `last`, both included, an absent end being open.
pub(super) fn day_in_span(day: i64, first: &str, last: &str) -> bool {
    day_number(first).is_none_or(|first| first <= day) && day_number(last).is_none_or(|last| day <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(day_number("1970-01-01"), Some(0));
        assert_eq!(day_number("2000-03-01"), Some(11_017));
        assert_eq!(day_number("2026-03-10"), Some(20_522));
        assert_eq!(day_number("2026-02-29"), None);
        assert_eq!(day_number("long-term"), None);
    }

    #[test]
    fn a_day_begins_at_16_utc_of_the_day_before() {
        let midnight = 20_522 * 24 * HOUR - 8 * HOUR;
        assert_eq!(civil_day(midnight), 20_522);
        assert_eq!(civil_day(midnight - 1), 20_521);
    }
}
