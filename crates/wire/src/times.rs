//! Times as text, read fast: three stand in an event, mostly of one day.

use sanbai_core::time::{CivilDay, Timestamp};

use crate::code::Code;
use crate::reject::Reject;

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Reads times, and remembers the day of the last one.
#[derive(Debug, Default)]
pub(crate) struct Dates {
    last: Option<([u8; 10], i64)>,
}

impl Dates {
    /// Reads a time of RFC 3339.
    pub(crate) fn parse(&mut self, text: &[u8]) -> Result<Timestamp, Reject> {
        let time = self.common(text);
        time.or_else(|| core::str::from_utf8(text).ok().and_then(Timestamp::parse))
            .ok_or_else(|| not_a_time(text))
    }

    /// Reads a time in one of the forms that nearly everybody writes; `None` for any other, and for what is no time.
    fn common(&mut self, text: &[u8]) -> Option<Timestamp> {
        self.begins(text)
            .filter(|(_, rest)| rest.is_empty())
            .map(|(time, _)| time)
    }

    /// The time with which bytes begin, and what follows it, if it is written as nearly all are: whole seconds or
    /// milliseconds, in UTC or at +08:00.
    #[inline]
    pub(crate) fn begins<'a>(&mut self, text: &'a [u8]) -> Option<(Timestamp, &'a [u8])> {
        let (date, rest) = text.split_first_chunk::<10>()?;
        let [b'T', h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = rest else {
            return None;
        };
        let (millis, zone) = match rest {
            [b'.', f1, f2, f3, zone @ ..] => (number(&[*f1, *f2, *f3])?, zone),
            _ => (0, rest),
        };
        let (offset, rest) = match zone {
            [b'Z', rest @ ..] => (0, rest),
            [b'+', b'0', b'8', b':', b'0', b'0', rest @ ..] => (8 * 3_600, rest),
            _ => return None,
        };
        let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let of_day = hour
            .wrapping_mul(3_600)
            .wrapping_add(minute.wrapping_mul(60))
            .wrapping_add(second);
        let seconds = self
            .day(date)?
            .wrapping_mul(86_400)
            .wrapping_add(of_day)
            .wrapping_sub(offset);
        let nanos = seconds
            .checked_mul(NANOS_PER_SECOND)?
            .checked_add(millis.wrapping_mul(1_000_000))?;
        Some((Timestamp::from_nanos(nanos), rest))
    }

    /// Days since 1970 of a date of the years 1 to 9999.
    fn day(&mut self, date: &[u8; 10]) -> Option<i64> {
        if let Some((text, day)) = &self.last
            && text == date
        {
            return Some(*day);
        }
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else {
            return None;
        };
        let (century, year) = (number(&[*y1, *y2])?, number(&[*y3, *y4])?);
        let year = i32::try_from(century.wrapping_mul(100).wrapping_add(year)).ok()?;
        let (month, day) = (number(&[*m1, *m2])?, number(&[*d1, *d2])?);
        let day = CivilDay::from_ymd(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
        let day = day.as_days().into();
        self.last = Some((*date, day));
        Some(day)
    }
}

/// A number of at most three digits.
fn number<const DIGITS: usize>(digits: &[u8; DIGITS]) -> Option<i64> {
    let (value, valid) = digits.iter().fold((0_i64, true), |(value, valid), digit| {
        let digit = digit.wrapping_sub(b'0');
        (value.wrapping_mul(10).wrapping_add(digit.into()), valid & (digit <= 9))
    });
    valid.then_some(value)
}

fn not_a_time(text: &[u8]) -> Reject {
    let unsigned = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    let year = unsigned.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if year > 4 && unsigned.get(year) == Some(&b'-') {
        return Reject::new(
            Code::EventTimeUnit,
            "a year over 9999: were milliseconds taken for seconds?",
        );
    }
    let detail = "not a time of RFC 3339 with a zone, or not a real date; write YYYY-MM-DDThh:mm:ss+08:00";
    Reject::new(Code::EventTimeInvalid, detail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_fast_way_reads_what_the_core_reads(
            date in "[0-9]{4}-[01][0-9]-[0-3][0-9]",
            time in "[T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,4})?(Z|[+-][0-2][0-9]:00)?",
        ) {
            let mut dates = Dates::default();
            for text in [format!("{date}{time}"), format!("{date}T23:59:59.999+08:00")] {
                if let Some(read) = dates.common(text.as_bytes()) {
                    prop_assert_eq!(Some(read), Timestamp::parse(&text));
                }
                prop_assert_eq!(dates.parse(text.as_bytes()).ok(), Timestamp::parse(&text));
            }
        }
    }
}
