//! Division codes (行政区划代码, GB/T 2260): which six digits are listed today, and which once were.
//!
//! The list is part of the program: 7,261 codes, 3,215 of them of today, from 1980 to 2026. Where it comes from, what it
//! leaves out and how it is renewed stands in `docs/divisions.md`.
//!
//! Numbers keep the code of the place and the time of issue for life, so a code that nobody lists any more is nothing
//! wrong, and a code that was never listed says more about the list than about the number. Nothing is judged by it.

use core::cmp::Ordering;

/// One line for each code, in their order: code, first year, last year, name.
const LINES: &str = include_str!("../data/divisions.txt");

/// How a code stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// In today's list, or the prefix of a residence permit (810000, 820000, 830000).
    Known,
    /// Was in a list since 1980, and is not in today's.
    Historic,
    /// Never seen in a list.
    Unknown,
}

impl Standing {
    /// Stable code: `known`, `historic`, `unknown`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Historic => "historic",
            Self::Unknown => "unknown",
        }
    }
}

/// A code that is or was listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Six digits.
    pub code: &'static str,
    /// The last name that went with the code, without that of the division above (`从化区`).
    pub name: &'static str,
    /// The first year at whose end it was listed; `None` for 1980 and before.
    pub first_year: Option<u16>,
    /// The last year at whose end it was listed; `None` where it still is, and for the few where nobody noted it.
    /// Between the two years it may have been away.
    pub last_year: Option<u16>,
    /// [`Standing::Known`] or [`Standing::Historic`].
    pub standing: Standing,
}

/// How a code of six digits stands; [`Standing::Unknown`] for anything else.
///
/// ```
/// use sanbai_core::division::{Standing, standing};
///
/// assert_eq!(standing("440117"), Standing::Known); // 从化区
/// assert_eq!(standing("440184"), Standing::Historic); // 从化市, until 2014
/// assert_eq!(standing("321119"), Standing::Unknown);
/// assert_eq!(standing("440117001"), Standing::Unknown);
/// ```
pub fn standing(code: &str) -> Standing {
    find(code).map_or(Standing::Unknown, |division| division.standing)
}

/// The last name that went with a code of six digits, without that of the division above.
///
/// ```
/// assert_eq!(sanbai_core::division::name("440117"), Some("从化区"));
/// ```
pub fn name(code: &str) -> Option<&'static str> {
    find(code).map(|division| division.name)
}

/// What is known of a code of six digits; `None` where it was never listed. Looks at no more than 14 lines.
///
/// ```
/// let division = sanbai_core::division::find("440184").expect("Conghua, while it was a city");
/// assert_eq!((division.first_year, division.last_year), (Some(1995), Some(2013)));
/// ```
pub fn find(code: &str) -> Option<Division> {
    if code.len() != 6 {
        return None;
    }
    let bytes = LINES.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low.midpoint(high);
        let before = bytes.get(low..middle)?.iter().rposition(|byte| *byte == b'\n');
        let start = before.map_or(low, |at| low.saturating_add(at).saturating_add(1));
        let line_end = || {
            let length = bytes.get(middle..)?.iter().position(|byte| *byte == b'\n')?;
            Some(middle.saturating_add(length))
        };
        match bytes.get(start..)?.get(..6)?.cmp(code.as_bytes()) {
            Ordering::Equal => return read(LINES.get(start..line_end()?)?),
            Ordering::Less => low = line_end()?.saturating_add(1),
            Ordering::Greater => high = start,
        }
    }
    None
}

/// All divisions in the order of their codes.
pub fn all() -> impl Iterator<Item = Division> {
    LINES.lines().filter_map(read)
}

fn read(line: &'static str) -> Option<Division> {
    let mut fields = line.split(' ');
    let (code, first, last, name) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let standing = if last == "-" {
        Standing::Known
    } else {
        Standing::Historic
    };
    Some(Division {
        code,
        name,
        first_year: first.parse().ok(),
        last_year: last.parse().ok(),
        standing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_today_are_known() {
        for code in [
            "440117", "440100", "440000", "310000", "110105", "500154", "411082", "441900", "659012", "653228",
        ] {
            assert_eq!(standing(code), Standing::Known, "{code}");
        }
    }

    #[test]
    fn prefixes_of_residence_permits_are_known() {
        for code in ["810000", "820000", "830000", "710000"] {
            assert_eq!(standing(code), Standing::Known, "{code}");
        }
    }

    #[test]
    fn codes_of_the_past_are_historic() {
        for code in [
            "440184", "371001", "321083", "362322", "310119", "330103", "513425", "512221", "110100",
        ] {
            assert_eq!(standing(code), Standing::Historic, "{code}");
        }
    }

    #[test]
    fn anything_else_is_unknown() {
        for code in [
            "", "4", "44011", "4401170", "321119", "000000", "999999", "111111", "从化", "44011７", "      ", "\n44011",
        ] {
            assert_eq!(standing(code), Standing::Unknown, "{code}");
            assert_eq!(name(code), None, "{code}");
        }
    }

    #[test]
    fn zones_that_only_statisticians_count_are_unknown() {
        assert_eq!(standing("320571"), Standing::Unknown);
        assert_eq!(standing("130171"), Standing::Unknown);
    }

    #[test]
    fn years_are_those_at_whose_end_it_was_listed() {
        let years = |code| find(code).map(|found| (found.first_year, found.last_year));
        assert_eq!(years("440117"), Some((Some(2014), None)));
        assert_eq!(years("440184"), Some((Some(1995), Some(2013))));
        assert_eq!(years("110105"), Some((None, None)));
        assert_eq!(years("500154"), Some((Some(2016), None)));
        assert_eq!(years("310119"), Some((Some(2001), Some(2008))));
        assert_eq!(years("540422"), Some((Some(2015), Some(2022))));
    }

    #[test]
    fn every_line_is_found_by_its_code() {
        for division in all() {
            assert_eq!(find(division.code), Some(division));
        }
    }

    #[test]
    fn the_list_is_in_order_and_complete() {
        assert!(all().map(|division| division.code).is_sorted_by(|a, b| a < b));
        assert_eq!((all().count(), LINES.lines().count()), (7_261, 7_261));
        assert_eq!(
            all().filter(|division| division.standing == Standing::Known).count(),
            3_215
        );
        assert!(all().all(|division| division.code.bytes().all(|byte| byte.is_ascii_digit())));
        assert!(all().all(|division| { division.first_year.is_none_or(|year| (1981..=2026).contains(&year)) }));
        assert!(all().all(|division| division.last_year >= division.first_year || division.last_year.is_none()));
    }

    #[test]
    fn every_division_of_today_has_its_province() {
        for division in all().filter(|division| division.standing == Standing::Known) {
            let province = format!("{}0000", division.code.get(..2).expect("six digits"));
            assert_eq!(standing(&province), Standing::Known, "{}", division.code);
        }
    }
}
