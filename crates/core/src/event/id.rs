//! Identities of events and of what they carry.

use core::fmt;

/// Alphabet of a ULID (Crockford's base 32).
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Id of an event: a UUID or a ULID, unique with its source.
///
/// ```
/// use sanbai_core::event::EventId;
///
/// let uuid = EventId::parse("0190A8B2-7C4E-7D31-9C5B-2F6A1E0D4B77").expect("a UUID");
/// assert_eq!(uuid.to_string(), "0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77");
/// let ulid = EventId::parse("01J2M9ZB7RXXXXXXXXXXXXXXXX").expect("a ULID");
/// assert_eq!(ulid.to_string(), "01J2M9ZB7RXXXXXXXXXXXXXXXX");
/// assert!(EventId::parse("7").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    bits: u128,
    is_ulid: bool,
}

impl EventId {
    /// Reads a UUID with hyphens or a ULID, in either case of letters; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.len() {
            36 => Some(Self {
                bits: parse_uuid(text.as_bytes())?,
                is_ulid: false,
            }),
            26 => Some(Self {
                bits: parse_ulid(text.as_bytes())?,
                is_ulid: true,
            }),
            _ => None,
        }
    }

    /// From its 128 bits and whether it is written as a ULID.
    pub const fn from_bits(bits: u128, is_ulid: bool) -> Self {
        Self { bits, is_ulid }
    }

    /// Its 128 bits.
    pub const fn bits(self) -> u128 {
        self.bits
    }

    /// Whether it is written as a ULID.
    pub const fn is_ulid(self) -> bool {
        self.is_ulid
    }
}

fn parse_uuid(text: &[u8]) -> Option<u128> {
    let [
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        _,
        _,
        b'-',
        ..,
    ] = text
    else {
        return None;
    };
    let high = hex(text.get(..8)?)? << 32 | hex(text.get(9..13)?)? << 16 | hex(text.get(14..18)?)?;
    let low = hex(text.get(19..23)?)? << 48 | hex(text.get(24..36)?)?;
    Some(u128::from(high) << 64 | u128::from(low))
}

/// At most 16 hexadecimal digits as a number.
fn hex(digits: &[u8]) -> Option<u64> {
    // No branch depends on a digit: those of an id are random, and every second guess would be wrong.
    let (bits, valid) = digits.iter().fold((0_u64, true), |(bits, valid), digit| {
        let value = (digit & 0x0f).wrapping_add((digit >> 6).wrapping_mul(9));
        (bits << 4 | u64::from(value & 0x0f), valid & digit.is_ascii_hexdigit())
    });
    valid.then_some(bits)
}

fn parse_ulid(text: &[u8]) -> Option<u128> {
    // 26 characters carry 130 bits: the first may be at most 7.
    if !matches!(text.first()?, b'0'..=b'7') {
        return None;
    }
    text.iter().try_fold(0_u128, |bits, byte| {
        let upper = byte.to_ascii_uppercase();
        let digit = CROCKFORD.iter().position(|letter| *letter == upper)?;
        Some(bits.checked_shl(5)? | u128::try_from(digit).ok()?)
    })
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        if self.is_ulid {
            for place in (0_u32..26).rev() {
                let digit = self.bits.checked_shr(place.saturating_mul(5)).unwrap_or(0) & 31;
                let letter = usize::try_from(digit)
                    .ok()
                    .and_then(|digit| CROCKFORD.get(digit))
                    .unwrap_or(&b'0');
                f.write_char(char::from(*letter))?;
            }
            return Ok(());
        }
        let group = |shift: u32, bits: u32| -> u128 {
            self.bits.checked_shr(shift).unwrap_or(0) & 1_u128.checked_shl(bits).unwrap_or(0).saturating_sub(1)
        };
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            group(96, 32),
            group(80, 16),
            group(64, 16),
            group(48, 16),
            group(0, 48)
        )
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Digest of the content of an event: the first eight bytes of a SHA-256. Of two contents under one id the smaller counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentDigest(pub u64);

/// Digests of the keyed tokens of one value: one for each key in force, at most four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TokenSet {
    digests: [u64; Self::MAX],
    length: u8,
}

impl TokenSet {
    /// How many tokens fit: two keys in a rotation, in two algorithms.
    pub const MAX: usize = 4;

    /// Adds a digest; `false` when the set is full.
    pub fn insert(&mut self, digest: u64) -> bool {
        let Some(slot) = self.digests.get_mut(usize::from(self.length)) else {
            return false;
        };
        *slot = digest;
        self.length = self.length.saturating_add(1);
        true
    }

    /// The digests, in the order of the event.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.digests.iter().copied().take(usize::from(self.length))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether both sets hold a token of the same value under the same key.
    pub fn shares_any(&self, other: &Self) -> bool {
        self.iter().any(|mine| other.iter().any(|theirs| mine == theirs))
    }
}
