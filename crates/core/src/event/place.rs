//! Administrative divisions as codes of digits.

use core::fmt;

/// The levels at which codes are compared: province, city, county, town, village.
const LEVELS: [u8; 5] = [2, 4, 6, 9, 12];

/// What a code of so many digits must be multiplied by to have twelve.
fn scale(length: u8) -> u64 {
    const POWERS: [u64; 13] = [
        1_000_000_000_000,
        100_000_000_000,
        10_000_000_000,
        1_000_000_000,
        100_000_000,
        10_000_000,
        1_000_000,
        100_000,
        10_000,
        1_000,
        100,
        10,
        1,
    ];
    POWERS.get(usize::from(length)).copied().unwrap_or(1)
}

/// The same for a place among the levels.
fn scale_of_level(level: u8) -> u64 {
    scale(LEVELS.get(usize::from(level)).copied().unwrap_or(12))
}

/// How many of twelve digits count.
fn length_of(digits: u64) -> u8 {
    // Powers that the compiler knows: no division is left.
    if digits.is_multiple_of(10_000_000_000) {
        2
    } else if digits.is_multiple_of(100_000_000) {
        4
    } else if digits.is_multiple_of(1_000_000) {
        6
    } else if digits.is_multiple_of(1_000) {
        9
    } else {
        12
    }
}

/// An administrative division: 2 to 12 digits, zeros at the end carry nothing.
///
/// ```
/// use sanbai_core::event::Place;
///
/// let county = Place::parse("440117").expect("digits");
/// let town = Place::parse("440117103000").expect("digits");
/// assert!(county.agrees_with(town));
/// assert!(town.lies_in(county) && !county.lies_in(town));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Twelve digits, filled with zeros on the right.
    digits: u64,
    /// How many of them count: 2, 4, 6, 9 or 12.
    length: u8,
}

impl Place {
    /// Reads 2 to 12 digits, filled up with zeros; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let length = u8::try_from(text.len())
            .ok()
            .filter(|length| (2..=12).contains(length))?;
        let digits = text.bytes().try_fold(0_u64, |value, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte.wrapping_sub(b'0')))?;
            value.checked_mul(10)?.checked_add(digit)
        })?;
        Self::from_digits(digits.checked_mul(scale(length))?)
    }

    /// From twelve digits; `None` where no province stands in front or there are more.
    pub fn from_digits(digits: u64) -> Option<Self> {
        let province = digits.div_euclid(10_000_000_000);
        (10..100).contains(&province).then(|| Self {
            digits,
            length: length_of(digits),
        })
    }

    /// How many digits count, as a place among the levels, and those digits as a number.
    pub(crate) fn level(self) -> (u8, u64) {
        let level = LEVELS.iter().position(|level| *level == self.length);
        let level = level.and_then(|level| u8::try_from(level).ok()).unwrap_or(0);
        (level, self.at_level(level))
    }

    /// The digits of a division as far as a level goes; further ones are zero.
    pub(crate) fn at_level(self, level: u8) -> u64 {
        self.digits.checked_div(scale_of_level(level)).unwrap_or(0)
    }

    /// The inverse of [`level`](Self::level).
    pub(crate) fn of_level(level: u8, prefix: u64) -> Option<Self> {
        Self::from_digits(prefix.checked_mul(scale_of_level(level))?)
    }

    /// All twelve digits.
    pub const fn digits(self) -> u64 {
        self.digits
    }

    /// The first `length` digits as a number; `None` where the code does not go that far.
    pub fn prefix(self, length: u32) -> Option<u64> {
        let length = u8::try_from(length).ok().filter(|length| *length <= self.length)?;
        self.digits.checked_div(scale(length))
    }

    /// Whether the codes agree as far as both go.
    pub fn agrees_with(self, other: Self) -> bool {
        let scale = scale(self.length.min(other.length));
        self.digits.checked_div(scale) == other.digits.checked_div(scale)
    }

    /// Whether this division is `area` or lies in it.
    pub fn lies_in(self, area: Self) -> bool {
        self.length >= area.length && self.agrees_with(area)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.length.max(6);
        let digits = self.digits.checked_div(scale(length)).unwrap_or(0);
        write!(f, "{digits:0width$}", width = usize::from(length))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
