//! Moments in milliseconds since 1970-01-01T00:00Z, and days of civil time at +08:00.

use sanbai_wire::proto::Timestamp;

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
const OFFSET: i64 = 8 * HOUR;

/// The number of a day since 1970-01-01 (Howard Hinnant's `days_from_civil`). A month or day out of range runs over.
pub(crate) fn day_number(year: i32, month: u8, day: u8) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day number.
pub(crate) fn ymd(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * month_from_march + 2) / 5 + 1)
}

/// A day as `YYYY-MM-DD`.
pub(crate) fn date(day: i64) -> String {
    let (year, month, day) = ymd(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The first moment of a day.
pub(crate) fn midnight(day: i64) -> i64 {
    day * DAY - OFFSET
}

/// The day of a moment.
pub(crate) fn day_of(at: i64) -> i64 {
    (at + OFFSET).div_euclid(DAY)
}

/// The day of work of a moment: it begins at 06:00, when a night's sorting is over.
pub(crate) fn work_day_of(at: i64) -> i64 {
    day_of(at - 6 * HOUR)
}

/// A moment as it travels.
pub(crate) fn timestamp(at: i64) -> Timestamp {
    Timestamp {
        seconds: at.div_euclid(SECOND),
        nanos: (at.rem_euclid(SECOND) * 1_000_000) as i32,
    }
}

/// The first slot of a timetable (minutes of the day) that is not before a moment.
pub(crate) fn next_slot(minutes: &[i64], phase: i64, after: i64) -> i64 {
    let today = day_of(after);
    (today - 1..=today + 1)
        .flat_map(|day| {
            minutes
                .iter()
                .map(move |minute| midnight(day) + minute * MINUTE + phase)
        })
        .find(|slot| *slot >= after)
        .unwrap_or(after)
}
