//! Numbers of persons: 18 characters with a check digit, 15 digits without, and the card of 2017.

use super::kind::{Grade, Sex};
use super::reading::{Place, Reading};
use crate::time::CivilDay;

/// Weights of GB 11643-1999 (ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: &[u8; 11] = b"10X98765432";
/// Nobody born before held a card, which exist since 1984: such a date is not old, but wrong.
const FIRST_YEAR: i32 = 1800;
/// Older than anybody ever was, save one: hard to believe.
const OLDEST: i32 = 120;

/// What the first six characters are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    /// A division code, as on a resident card.
    Division,
    /// 810000, 820000 or 830000.
    ResidencePermit,
    /// 9, a province of two digits and a country of three (ISO 3166-1 numeric).
    Foreign,
    /// Any of them.
    Any,
}

/// Reads 18 characters: six of issue, eight of birth, three of sequence, one check character.
pub(super) fn read_18(number: &[u8], wanted: Prefix, today: CivilDay) -> Option<Reading> {
    let [issue @ .., y1, y2, y3, y4, m1, m2, d1, d2, _, _, sequence, check] = number else {
        return None;
    };
    if issue.len() != 6 || !(check.is_ascii_digit() || *check == b'X') {
        return None;
    }
    let expected = check_character(number.first_chunk()?)?;
    let prefix = match issue {
        [b'9', ..] => Prefix::Foreign,
        b"810000" | b"820000" | b"830000" => Prefix::ResidencePermit,
        _ => Prefix::Division,
    };
    let year = two(*y1, *y2)?.saturating_mul(100).saturating_add(two(*y3, *y4)?);
    let (birth_date, birth_year) = birth(year, two(*m1, *m2)?, two(*d1, *d2)?, today);
    Some(Reading {
        format: Grade::of(wanted == Prefix::Any || wanted == prefix),
        checksum: Grade::of(*check == expected),
        birth_date,
        place: Place::of(if prefix == Prefix::Foreign {
            issue.get(1..3)?
        } else {
            issue
        }),
        sex: sex(*sequence),
        birth_year,
    })
}

/// Reads 15 digits: six of issue, six of birth in the 20th century, three of sequence.
///
/// Sequences from 996 belong to those who were over a hundred years old (GB 11643-1989), hence born in the 19th century.
/// A single repeated digit is a wrong format: no division code looks like that.
pub(super) fn read_first_generation(number: &[u8], today: CivilDay) -> Option<Reading> {
    let [issue @ .., y1, y2, m1, m2, d1, d2, s1, s2, s3] = number else {
        return None;
    };
    if issue.len() != 6 || !number.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let century = if matches!([*s1, *s2, *s3], [b'9', b'9', b'6'..=b'9']) {
        1800
    } else {
        1900
    };
    let year = two(*y1, *y2)?.saturating_add(century);
    let (birth_date, birth_year) = birth(year, two(*m1, *m2)?, two(*d1, *d2)?, today);
    Some(Reading {
        format: Grade::of(!super::reading::is_one_repeated(number)),
        checksum: Grade::NotApplicable,
        birth_date,
        place: Place::of(issue),
        sex: sex(*s3),
        birth_year,
    })
}

/// Reads the 15 characters of 2017: country of three letters, place of four digits, birth of six, a digit, a check digit.
///
/// The check digit is that of ICAO 9303 (weights 7, 3, 1). The century is not written: the latest that has begun is meant.
pub(super) fn read_foreign_2017(number: &[u8], today: CivilDay) -> Option<Reading> {
    let [a1, a2, a3, p1, p2, p3, p4, y1, y2, m1, m2, d1, d2, _, check] = number else {
        return None;
    };
    let (letters, digits) = number.split_at_checked(3)?;
    if ![a1, a2, a3].into_iter().all(u8::is_ascii_uppercase) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut sum = 0_u32;
    for (character, weight) in letters.iter().chain(digits).take(14).zip([7, 3, 1].into_iter().cycle()) {
        sum = sum.saturating_add(char::from(*character).to_digit(36)?.saturating_mul(weight));
    }
    let (month, day) = (two(*m1, *m2)?, two(*d1, *d2)?);
    let short = two(*y1, *y2)?;
    let recent = birth(short.saturating_add(2000), month, day, today);
    let (birth_date, birth_year) = if recent.0 == Grade::Wrong {
        birth(short.saturating_add(1900), month, day, today)
    } else {
        recent
    };
    Some(Reading {
        format: Grade::Ok,
        checksum: Grade::of(super::digit(*check)? == sum % 10),
        birth_date,
        place: Place::of(&[*p1, *p2, *p3, *p4]),
        sex: None,
        birth_year,
    })
}

/// The check character of 17 digits (GB 11643-1999, ISO 7064 MOD 11-2); `None` where one is no digit.
pub(super) fn check_character(digits: &[u8; 17]) -> Option<u8> {
    let mut sum = 0_u32;
    for (digit, weight) in digits.iter().zip(WEIGHTS) {
        sum = sum.saturating_add(super::digit(*digit)?.saturating_mul(weight));
    }
    CHECK_CHARACTERS.get(usize::try_from(sum % 11).ok()?).copied()
}

/// Grades a birth date, and gives the year where the date may be true.
fn birth(year: i32, month: i32, day: i32, today: CivilDay) -> (Grade, Option<u16>) {
    let date = u8::try_from(month).ok().zip(u8::try_from(day).ok());
    let born = date.and_then(|(month, day)| CivilDay::from_ymd(year, month, day));
    let Some(born) = born.filter(|born| *born <= today && year >= FIRST_YEAR) else {
        return (Grade::Wrong, None);
    };
    let (_, month, day) = born.ymd();
    let grade = if (year.saturating_add(OLDEST), month, day) < today.ymd() {
        Grade::Implausible
    } else {
        Grade::Ok
    };
    (grade, u16::try_from(year).ok())
}

fn sex(sequence: u8) -> Option<Sex> {
    let odd = super::digit(sequence)? % 2 == 1;
    Some(if odd { Sex::Male } else { Sex::Female })
}

fn two(tens: u8, ones: u8) -> Option<i32> {
    let value = super::digit(tens)?
        .saturating_mul(10)
        .saturating_add(super::digit(ones)?);
    i32::try_from(value).ok()
}
