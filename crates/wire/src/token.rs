//! Keyed tokens: what is left of a number, a phone number or a name, so that the same one is known again.

mod keys;

use core::fmt;

pub use keys::{KeyError, KeyFileError, TokenKeys};

/// A keyed token, `<algorithm>:<key version>:<base64url>`, taken apart.
///
/// ```
/// use sanbai_wire::Token;
///
/// let token = Token::parse("hs256:2026a:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA").expect("a token");
/// assert_eq!((token.algorithm, token.version), ("hs256", "2026a"));
/// assert_eq!(token.digest(), 0xabcd_ef12_3456_7890);
/// assert!(Token::parse("440308199901101512").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// How it was made: `hs256`, `sm3` or what another edge uses. 2 to 12 small letters and digits.
    pub algorithm: &'a str,
    /// Which key made it. 1 to 16 letters, digits, `.`, `_`, `-`.
    pub version: &'a str,
    value: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a token apart; `None` where it is none. Its value has 16 to 86 characters.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (algorithm, rest) = before_colon(text)?;
        let (version, value) = before_colon(rest)?;
        let is_algorithm = (2..=12).contains(&algorithm.len())
            && algorithm
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let is_value = (16..=86).contains(&value.len()) && value.bytes().fold(true, |all, byte| all & is_sextet(byte));
        (is_algorithm && is_version(version) && is_value).then_some(Self {
            algorithm,
            version,
            value,
        })
    }

    /// The first eight bytes of its value: enough to know it again.
    pub fn digest(&self) -> u64 {
        // Eleven characters are 66 bits: the last two are not needed.
        let Some([first @ .., last]) = self.value.as_bytes().first_chunk::<11>() else {
            return 0;
        };
        let bits = first
            .iter()
            .fold(0, |value, byte| value << 6 | u64::from(sextet(*byte)));
        bits << 4 | u64::from(sextet(*last) >> 2)
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.algorithm, self.version, self.value)
    }
}

fn is_version(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=16).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// What stands before the first colon, and behind it.
fn before_colon(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == b':')?;
    Some((text.get(..at)?, text.get(at.saturating_add(1)..)?))
}

/// Whether it is a character of base64url.
const fn is_sextet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'_')
}

/// The six bits of a character of base64url.
const fn sextet(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'-' => 62,
        _ => 63,
    }
}
