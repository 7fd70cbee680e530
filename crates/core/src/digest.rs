//! Stable digests of 64 bits: the same on every machine and in every version, for they are stored and sent.
//!
//! They tell things apart that are apart by chance, not by intent: whoever may choose the input can make two alike.

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
