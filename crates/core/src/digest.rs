//! Stable digests of 64 bits: the same on every machine and in every version, for they are stored and sent.
//!
//! They tell things apart that are apart by chance, not by intent: whoever may choose the input can make two alike. Two
//! names that meet hide one alert behind another; two contents that meet hide a change.
//!
//! There are two, for both are written down: [`Digest`] of contents, eight bytes at a time, and `NameDigest` of names that
//! are published, which others can make from its description.

use crate::time::CivilDay;

/// Takes in words and texts, and answers with one number.
///
/// ```
/// use sanbai_core::digest::Digest;
///
/// let mut one = Digest::default();
/// one.text("SF");
/// one.number(7);
/// assert_eq!(one.finish(), 0xa035_6ac1_15aa_a79e, "as stored in snapshots");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Digest(u64);

impl Digest {
    /// Takes in a number.
    pub const fn number(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    /// Takes in a number with a sign.
    pub const fn signed(&mut self, number: i64) {
        self.number(number.cast_unsigned());
    }

    /// Takes in bytes, and how many there are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.number(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(last, byte)| *last = *byte);
        self.number(u64::from_le_bytes(last));
        self.number(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }

    /// Takes in a text.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// The number.
    pub const fn finish(self) -> u64 {
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

/// FNV-1a of 64 bits over fields: numbers as eight bytes and days as four, the highest first; a text with a byte behind
/// it that no UTF-8 has, so no two lists of texts have one digest because their letters stand in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameDigest(u64);

impl NameDigest {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;

    pub(crate) const fn new() -> Self {
        Self(Self::OFFSET_BASIS)
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |digest, byte| {
            (digest ^ u64::from(*byte)).wrapping_mul(Self::PRIME)
        }))
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes()).bytes(&[0xff])
    }

    pub(crate) fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(crate) fn day(self, day: CivilDay) -> Self {
        self.bytes(&day.as_days().to_be_bytes())
    }

    pub(crate) const fn finish(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_names_are_those_that_others_publish() {
        let of = |text: &str| NameDigest::new().bytes(text.as_bytes()).finish();
        assert_eq!(of(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(of("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(of("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let of = |a: &str, b: &str| NameDigest::new().text(a).text(b).finish();
        assert_ne!(of("SF", "GZ-1"), of("SFG", "Z-1"));
        assert_ne!(of("", "SF"), of("SF", ""));
    }
}
