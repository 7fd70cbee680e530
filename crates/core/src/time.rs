//! Instants, spans and civil days at +08:00.

use core::fmt;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// China has one civil time, eight hours ahead of UTC, without daylight saving.
const CIVIL_OFFSET_SECONDS: i64 = 8 * 3_600;

/// An instant: nanoseconds since 1970-01-01T00:00:00Z.
///
/// Reaches from 1678 to 2262. Compared at full precision.
///
/// ```
/// use sanbai_core::time::Timestamp;
///
/// let accepted = Timestamp::parse("2026-03-10T10:03:00+08:00").expect("a time");
/// assert_eq!(accepted.to_string(), "2026-03-10T10:03:00+08:00");
/// assert_eq!(accepted.civil_day().to_string(), "2026-03-10");
/// assert!(Timestamp::parse("2026-02-30T10:03:00+08:00").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// From seconds and nanoseconds since the epoch, as protobuf has them; `None` outside the range.
    pub fn from_parts(seconds: i64, nanos: i32) -> Option<Self> {
        if !(0..1_000_000_000).contains(&nanos) {
            return None;
        }
        // Wide, for the whole seconds of the earliest instants lie outside the range.
        let whole = i128::from(seconds).checked_mul(NANOS_PER_SECOND.into())?;
        i64::try_from(whole.checked_add(nanos.into())?).ok().map(Self)
    }

    /// Seconds and nanoseconds since the epoch, as protobuf has them.
    pub fn to_parts(self) -> (i64, i32) {
        let nanos = self.0.rem_euclid(NANOS_PER_SECOND);
        (self.0.div_euclid(NANOS_PER_SECOND), i32::try_from(nanos).unwrap_or(0))
    }

    /// Reads RFC 3339 with a zone, up to nine digits of a second; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (date, rest) = bytes.split_first_chunk::<10>()?;
        let day = CivilDay::parse_bytes(date)?;
        let (separator, rest) = rest.split_first()?;
        if !matches!(separator, b'T' | b't' | b' ') {
            return None;
        }
        let (clock, rest) = rest.split_first_chunk::<8>()?;
        let [h1, h2, b':', m1, m2, b':', s1, s2] = clock else {
            return None;
        };
        let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let (fraction, rest) = parse_fraction(rest)?;
        let offset = parse_offset(rest)?;
        let of_day = hour
            .checked_mul(3_600)?
            .checked_add(minute.checked_mul(60)?)?
            .checked_add(second)?;
        let seconds = i64::from(day.0)
            .checked_mul(SECONDS_PER_DAY)?
            .checked_add(of_day)?
            .checked_sub(offset)?;
        seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(fraction).map(Self)
    }

    /// The civil day at +08:00 in which the instant lies.
    pub fn civil_day(self) -> CivilDay {
        let local = self.0.div_euclid(NANOS_PER_SECOND).saturating_add(CIVIL_OFFSET_SECONDS);
        CivilDay(i32::try_from(local.div_euclid(SECONDS_PER_DAY)).unwrap_or(i32::MAX))
    }

    /// The civil hour at +08:00, 0 to 23.
    pub fn civil_hour(self) -> u8 {
        let local = self.0.div_euclid(NANOS_PER_SECOND).saturating_add(CIVIL_OFFSET_SECONDS);
        u8::try_from(local.rem_euclid(SECONDS_PER_DAY).div_euclid(3_600)).unwrap_or(0)
    }

    /// Later by a span; stays at the end of the range.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// Earlier by a span; stays at the end of the range.
    #[must_use]
    pub fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// How long after `earlier` this is; negative where it is before.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// Civil time at +08:00, RFC 3339, with as many digits of a second as are needed.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = self.to_parts();
        let of_day = seconds.saturating_add(CIVIL_OFFSET_SECONDS).rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (
            of_day.div_euclid(3_600),
            of_day.div_euclid(60).rem_euclid(60),
            of_day.rem_euclid(60),
        );
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}", self.civil_day())?;
        if nanos != 0 {
            if nanos.rem_euclid(1_000_000) == 0 {
                write!(f, ".{:03}", nanos.div_euclid(1_000_000))?;
            } else if nanos.rem_euclid(1_000) == 0 {
                write!(f, ".{:06}", nanos.div_euclid(1_000))?;
            } else {
                write!(f, ".{nanos:09}")?;
            }
        }
        f.write_str("+08:00")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A length of time in nanoseconds; negative where something came before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Span(i64);

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// Whole seconds; the longest span where it would overflow.
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// Whole minutes; the longest span where it would overflow.
    pub const fn minutes(minutes: i64) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    /// Whole hours; the longest span where it would overflow.
    pub const fn hours(hours: i64) -> Self {
        Self::minutes(hours.saturating_mul(60))
    }

    /// Whole days; the longest span where it would overflow.
    pub const fn days(days: i64) -> Self {
        Self::hours(days.saturating_mul(24))
    }

    /// Whole seconds in it, cut off.
    pub fn whole_seconds(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SECOND)
    }
}

/// A civil day at +08:00: days since 1970-01-01.
///
/// ```
/// use sanbai_core::time::CivilDay;
///
/// let day = CivilDay::from_ymd(2024, 2, 29).expect("a leap day");
/// assert_eq!(day.ymd(), (2024, 2, 29));
/// assert!(CivilDay::from_ymd(2025, 2, 29).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDay(i32);

impl CivilDay {
    /// The day of a date; `None` where there is no such day in the years 1 to 9999.
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Option<Self> {
        if !(1..=9_999).contains(&year) || day == 0 || day > days_in_month(year, month)? {
            return None;
        }
        let y = if month <= 2 { year.checked_sub(1)? } else { year };
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let shifted = i32::from(month).checked_add(9)?.rem_euclid(12);
        let day_of_year = shifted
            .checked_mul(153)?
            .checked_add(2)?
            .div_euclid(5)
            .checked_add(i32::from(day))?
            .checked_sub(1)?;
        let day_of_era = year_of_era
            .checked_mul(365)?
            .checked_add(year_of_era.div_euclid(4))?
            .checked_sub(year_of_era.div_euclid(100))?
            .checked_add(day_of_year)?;
        era.checked_mul(146_097)?
            .checked_add(day_of_era)?
            .checked_sub(719_468)
            .map(Self)
    }

    /// Reads `YYYY-MM-DD`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_bytes(text.as_bytes().try_into().ok()?)
    }

    fn parse_bytes(text: &[u8; 10]) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
            return None;
        };
        let year = i32::try_from(digits(&[*y1, *y2, *y3, *y4])?).ok()?;
        let month = u8::try_from(digits(&[*m1, *m2])?).ok()?;
        Self::from_ymd(year, month, u8::try_from(digits(&[*d1, *d2])?).ok()?)
    }

    /// From days since 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    pub const fn as_days(self) -> i32 {
        self.0
    }

    /// Year, month and day.
    pub fn ymd(self) -> (i32, u8, u8) {
        let shifted = self.0.saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = day_of_era
            .saturating_sub(day_of_era.div_euclid(1_460))
            .saturating_add(day_of_era.div_euclid(36_524))
            .saturating_sub(day_of_era.div_euclid(146_096))
            .div_euclid(365);
        let before = year_of_era
            .saturating_mul(365)
            .saturating_add(year_of_era.div_euclid(4))
            .saturating_sub(year_of_era.div_euclid(100));
        let day_of_year = day_of_era.saturating_sub(before);
        let shifted_month = day_of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
        let day = day_of_year.saturating_sub(shifted_month.saturating_mul(153).saturating_add(2).div_euclid(5));
        let month = if shifted_month < 10 {
            shifted_month.saturating_add(3)
        } else {
            shifted_month.saturating_sub(9)
        };
        let year = year_of_era
            .saturating_add(era.saturating_mul(400))
            .saturating_add(i32::from(month <= 2));
        (
            year,
            u8::try_from(month).unwrap_or(1),
            u8::try_from(day.saturating_add(1)).unwrap_or(1),
        )
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.ymd().0
    }

    /// Midnight at +08:00, with which the day begins; the end of the range for a day outside 1678 to 2262.
    pub fn start(self) -> Timestamp {
        let outside = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        self.checked_start().unwrap_or(outside)
    }

    /// Midnight at +08:00, with which the day begins; `None` outside 1678 to 2262.
    pub fn checked_start(self) -> Option<Timestamp> {
        let seconds = i64::from(self.0).checked_mul(SECONDS_PER_DAY)?;
        let seconds = seconds.checked_sub(CIVIL_OFFSET_SECONDS)?;
        seconds.checked_mul(NANOS_PER_SECOND).map(Timestamp)
    }

    /// The day that is `days` later.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl fmt::Display for CivilDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for CivilDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn days_in_month(year: i32, month: u8) -> Option<u8> {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0_i64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte.wrapping_sub(b'0')))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// Nanoseconds of an optional fraction, and what follows it.
fn parse_fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', rest)) = text.split_first() else {
        return Some((0, text));
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > 9 {
        return None;
    }
    let (fraction, rest) = rest.split_at_checked(length)?;
    let scale = 10_i64.checked_pow(9_u32.checked_sub(u32::try_from(length).ok()?)?)?;
    Some((digits(fraction)?.checked_mul(scale)?, rest))
}

/// Seconds ahead of UTC.
fn parse_offset(text: &[u8]) -> Option<i64> {
    match text {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?;
            if *sign == b'-' {
                seconds.checked_neg()
            } else {
                Some(seconds)
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
