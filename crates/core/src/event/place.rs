//! Administrative divisions as codes of digits.

use core::fmt;

/// The levels at which codes are compared: province, city, county, town, village.
const LEVELS: [u32; 5] = [2, 4, 6, 9, 12];

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
        let length = u32::try_from(text.len())
            .ok()
            .filter(|length| (2..=12).contains(length))?;
        let digits = text.bytes().try_fold(0_u64, |value, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte.wrapping_sub(b'0')))?;
            value.checked_mul(10)?.checked_add(digit)
        })?;
        let scale = 10_u64.checked_pow(12_u32.checked_sub(length)?)?;
        Self::from_digits(digits.checked_mul(scale)?)
    }

    /// From twelve digits; `None` where no province stands in front or there are more.
    pub fn from_digits(digits: u64) -> Option<Self> {
        let length = LEVELS.into_iter().find(|level| {
            let rest = 10_u64.checked_pow(12_u32.saturating_sub(*level)).unwrap_or(1);
            digits.checked_rem(rest) == Some(0)
        })?;
        let province = digits.div_euclid(10_000_000_000);
        (10..100).contains(&province).then_some(Self {
            digits,
            length: u8::try_from(length).ok()?,
        })
    }

    /// How many digits count, as a place among the levels, and those digits as a number.
    pub(crate) fn level(self) -> (u8, u64) {
        let level = LEVELS.iter().position(|level| *level == u32::from(self.length));
        let level = level.and_then(|level| u8::try_from(level).ok()).unwrap_or(0);
        (level, self.prefix(u32::from(self.length)).unwrap_or(0))
    }

    /// The digits of a division as far as a level goes; further ones are zero.
    pub(crate) fn at_level(self, level: u8) -> u64 {
        self.digits.checked_div(Self::scale(level)).unwrap_or(0)
    }

    /// The inverse of [`level`](Self::level).
    pub(crate) fn of_level(level: u8, prefix: u64) -> Option<Self> {
        Self::from_digits(prefix.checked_mul(Self::scale(level))?)
    }

    fn scale(level: u8) -> u64 {
        let length = LEVELS.get(usize::from(level)).copied().unwrap_or(12);
        10_u64.checked_pow(12_u32.saturating_sub(length)).unwrap_or(1)
    }

    /// All twelve digits.
    pub const fn digits(self) -> u64 {
        self.digits
    }

    /// The first `length` digits as a number; `None` where the code does not go that far.
    pub fn prefix(self, length: u32) -> Option<u64> {
        if u32::from(self.length) < length {
            return None;
        }
        let rest = 10_u64.checked_pow(12_u32.checked_sub(length)?)?;
        self.digits.checked_div(rest)
    }

    /// Whether the codes agree as far as both go.
    pub fn agrees_with(self, other: Self) -> bool {
        let length = u32::from(self.length.min(other.length));
        self.prefix(length) == other.prefix(length)
    }

    /// Whether this division is `area` or lies in it.
    pub fn lies_in(self, area: Self) -> bool {
        self.length >= area.length && self.agrees_with(area)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = u32::from(self.length.max(6));
        let rest = 10_u64.checked_pow(12_u32.saturating_sub(length)).unwrap_or(1);
        let digits = self.digits.checked_div(rest).unwrap_or(0);
        write!(f, "{digits:0width$}", width = usize::try_from(length).unwrap_or(6))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
