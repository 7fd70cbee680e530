//! Identities of events and of what they carry.

use core::fmt;

use crate::digest::Digest;

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
    /// The higher half first. Not one number of 128 bits, which would stand at every sixteenth byte only.
    halves: [u64; 2],
    is_ulid: bool,
}

impl EventId {
    /// Reads a UUID with hyphens or a ULID, in either case of letters; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.len() {
            36 => Some(Self {
                halves: parse_uuid(text.as_bytes())?,
                is_ulid: false,
            }),
            26 => Some(Self::from_bits(parse_ulid(text.as_bytes())?, true)),
            _ => None,
        }
    }

    /// From its 128 bits and whether it is written as a ULID.
    pub const fn from_bits(bits: u128, is_ulid: bool) -> Self {
        let [a, b, c, d, e, f, g, h, rest @ ..] = bits.to_be_bytes();
        Self {
            halves: [u64::from_be_bytes([a, b, c, d, e, f, g, h]), u64::from_be_bytes(rest)],
            is_ulid,
        }
    }

    /// Its 128 bits.
    pub fn bits(self) -> u128 {
        let [high, low] = self.halves;
        u128::from(high) << 64 | u128::from(low)
    }

    /// Whether it is written as a ULID.
    pub const fn is_ulid(self) -> bool {
        self.is_ulid
    }
}

fn parse_uuid(text: &[u8]) -> Option<[u64; 2]> {
    let (first, rest) = text.split_first_chunk::<8>()?;
    let ([b'-', second @ ..], rest) = rest.split_first_chunk::<5>()? else {
        return None;
    };
    let ([b'-', third @ ..], rest) = rest.split_first_chunk::<5>()? else {
        return None;
    };
    let ([b'-', fourth @ ..], rest) = rest.split_first_chunk::<5>()? else {
        return None;
    };
    let ([b'-', fifth @ ..], last) = rest.split_first_chunk::<5>()? else {
        return None;
    };
    let joined = |high: &[u8; 4], low: &[u8; 4]| {
        u64::from(u32::from_be_bytes(*high)) << 32 | u64::from(u32::from_be_bytes(*low))
    };
    let high = hex(u64::from_be_bytes(*first))? << 32 | hex(joined(second, third))?;
    let low = hex(joined(fourth, fifth))? << 32 | hex(u64::from_be_bytes(last.try_into().ok()?))?;
    Some([high, low])
}

/// Eight hexadecimal digits, the first one highest, as a number of 32 bits; all at once, for each is random, and every
/// second guess of a branch would be wrong.
fn hex(digits: u64) -> Option<u64> {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let from = |word: u64, first: u8| word.wrapping_add(u64::from_ne_bytes([0x80_u8.wrapping_sub(first); 8])) & HIGH;
    let small = digits | u64::from_ne_bytes([0x20; 8]);
    let is_digit = from(digits, b'0') & !from(digits, b'9'.wrapping_add(1));
    let is_letter = from(small, b'a') & !from(small, b'f'.wrapping_add(1));
    if digits & HIGH != 0 || is_digit | is_letter != HIGH {
        return None;
    }
    let nibbles = (digits & u64::from_ne_bytes([0x0f; 8])).wrapping_add((is_letter >> 7).wrapping_mul(9));
    let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    Some((pairs | pairs >> 16) & 0xffff_ffff)
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
                let digit = self.bits().checked_shr(place.saturating_mul(5)).unwrap_or(0) & 31;
                let letter = usize::try_from(digit)
                    .ok()
                    .and_then(|digit| CROCKFORD.get(digit))
                    .unwrap_or(&b'0');
                f.write_char(char::from(*letter))?;
            }
            return Ok(());
        }
        let group = |shift: u32, bits: u32| -> u128 {
            self.bits().checked_shr(shift).unwrap_or(0) & 1_u128.checked_shl(bits).unwrap_or(0).saturating_sub(1)
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

/// Digest of the content of an event. Of two contents under one id the smaller counts.
///
/// Only contents under one id are ever compared, so 32 bits tell them apart: of four thousand million conflicts one would
/// pass for a copy. It is no seal: whoever chooses both contents can make their digests equal, with any digest so short,
/// and then the first one that came stands. Snapshots hold it: another digest would be another behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentDigest(pub u32);

impl ContentDigest {
    /// The digest of a content in some parts; where one ends counts.
    ///
    /// ```
    /// use sanbai_core::event::ContentDigest;
    ///
    /// assert_eq!(ContentDigest::of([b"GZ-0117".as_slice(), b"sealed"]), ContentDigest(0xdcf8_3d00), "as stored in snapshots");
    /// ```
    pub fn of<const PARTS: usize>(parts: [&[u8]; PARTS]) -> Self {
        let mut digest = Digest::default();
        parts.into_iter().for_each(|part| digest.bytes(part));
        let [.., a, b, c, d] = digest.finish().to_le_bytes();
        Self(u32::from_le_bytes([a, b, c, d]))
    }
}

/// A declared item, as far as it is ever compared: whether it is there, and whether it is one of the words that say
/// nothing (IN-06). Case and outer blanks make no difference. Its text is not kept.
///
/// ```
/// use sanbai_core::event::DeclaredItem;
///
/// assert_eq!(DeclaredItem::of(" Goods "), DeclaredItem::of("goods"));
/// assert_ne!(DeclaredItem::of("书籍"), DeclaredItem::of("日用品"));
/// assert_eq!(DeclaredItem::of("  "), DeclaredItem::NONE);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DeclaredItem(u64);

impl DeclaredItem {
    /// No item was declared.
    pub const NONE: Self = Self(0);
    /// Bits of a digest. Of a million million
    /// different items not one is likely to pass for a given word.
    const MASK: u64 = (1 << 48) - 1;

    /// Of the text on the waybill.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::NONE;
        }
        let digest = text.bytes().fold(0xcbf2_9ce4_8422_2325, |digest: u64, byte| {
            (digest ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
        });
        Self::from_bits(digest ^ digest >> 48 | 1)
    }

    /// From [`bits`](Self::bits); others are dropped.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & Self::MASK)
    }

    /// 48 bits; 0 for none.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// Digests of the keyed tokens of one value: one for each key in force, at most four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TokenSet {
    digests: [u64; Self::MAX],
    length: u8,
}

impl TokenSet {
    /// How many tokens fit: two keys in a rotation, in two algorithms.
    pub const MAX: usize = 4;
    /// No token.
    pub const EMPTY: Self = Self {
        digests: [0; Self::MAX],
        length: 0,
    };

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
