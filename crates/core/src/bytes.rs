//! Compact bytes: variable-length numbers, and texts with their length in front.
//!
//! Stored evidence and the rows of snapshots are written so. What was written is read back by the same calls in the
//! same order; a reader answers `None` for anything else and never panics.

/// Writes compact bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Continues after what is there.
    pub const fn over(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// What was written.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes were written.
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// One byte.
    #[inline]
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Bytes of a length that the reader knows.
    #[inline]
    pub fn fixed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Yes or no.
    pub fn flag(&mut self, flag: bool) {
        self.byte(flag.into());
    }

    /// A number, seven bits a byte.
    #[inline]
    pub fn number(&mut self, number: u64) {
        match u8::try_from(number) {
            Ok(byte @ 0..0x80) => self.byte(byte),
            _ => self.long_number(number),
        }
    }

    fn long_number(&mut self, mut number: u64) {
        while number >= 0x80 {
            let [low, ..] = (number | 0x80).to_le_bytes();
            self.byte(low);
            number >>= 7;
        }
        let [low, ..] = number.to_le_bytes();
        self.byte(low);
    }

    /// A number with a sign; small ones are short, whatever their sign.
    #[inline]
    pub fn signed(&mut self, number: i64) {
        self.number((number.wrapping_shl(1) ^ number.wrapping_shr(63)).cast_unsigned());
    }

    /// A text with its length in front.
    pub fn text(&mut self, text: &str) {
        self.number(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.fixed(text.as_bytes());
    }

    /// Begins bytes whose length will stand in front; says where.
    pub(crate) fn open_block(&mut self) -> usize {
        self.byte(0);
        self.bytes.len()
    }

    /// Ends the bytes that began at `start`.
    pub(crate) fn close_block(&mut self, start: usize) {
        let length = self.bytes.len().saturating_sub(start);
        match (u8::try_from(length), self.bytes.get_mut(start.saturating_sub(1))) {
            (Ok(short @ 0..0x80), Some(place)) => *place = short,
            _ => {
                let bytes = self.bytes.split_off(start);
                self.bytes.pop();
                self.block(&bytes);
            }
        }
    }

    /// Bytes with their length in front.
    pub fn block(&mut self, bytes: &[u8]) {
        self.number(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.fixed(bytes);
    }
}

/// Reads compact bytes.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the front.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether everything was read.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What has not been read yet.
    #[inline]
    pub const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bytes of a known number.
    #[inline]
    pub fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*front)
    }

    /// One byte.
    #[inline]
    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*byte)
    }

    /// Yes or no; `None` for a byte that is neither.
    pub fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// A number.
    #[inline]
    pub fn number(&mut self) -> Option<u64> {
        // Nearly all are small.
        if let [byte @ 0..0x80, rest @ ..] = self.bytes {
            self.bytes = rest;
            return Some(u64::from(*byte));
        }
        self.larger_number()
    }

    fn larger_number(&mut self) -> Option<u64> {
        if let [low, high @ 0..0x80, rest @ ..] = self.bytes {
            self.bytes = rest;
            return Some(u64::from(*low & 0x7f) | u64::from(*high) << 7);
        }
        if let Some((word, _)) = self.bytes.split_first_chunk()
            && let Some((number, length)) = short_number(u64::from_le_bytes(*word))
        {
            self.bytes = self.bytes.get(length..)?;
            return Some(number);
        }
        self.long_number()
    }

    fn long_number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0_u32..64).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 0x7f);
            let part = low.wrapping_shl(shift);
            if part.wrapping_shr(shift) != low {
                return None;
            }
            value |= part;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A number that fits a narrower type.
    #[inline]
    pub fn narrow<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.number()?).ok()
    }

    /// A number with a sign.
    #[inline]
    pub fn signed(&mut self) -> Option<i64> {
        let coded = self.number()?;
        Some(signed(coded))
    }

    /// The same where it is mostly large: of more than two bytes.
    #[inline]
    pub(crate) fn large_signed(&mut self) -> Option<i64> {
        if let Some((word, _)) = self.bytes.split_first_chunk()
            && let Some((number, length)) = short_number(u64::from_le_bytes(*word))
        {
            self.bytes = self.bytes.get(length..)?;
            return Some(signed(number));
        }
        self.signed()
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.block()?).ok()
    }

    /// Bytes with their length in front.
    #[inline]
    pub fn block(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (front, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(front)
    }
}

/// A number as it is written where it may have a sign.
const fn signed(coded: u64) -> i64 {
    (coded >> 1).cast_signed() ^ (coded & 1).cast_signed().wrapping_neg()
}

/// A number of at most eight bytes of seven bits, the first one lowest, and how many bytes it has; all at once.
#[inline]
fn short_number(word: u64) -> Option<(u64, usize)> {
    let ends = !word & 0x8080_8080_8080_8080;
    let last = ends.trailing_zeros();
    if last == u64::BITS {
        return None;
    }
    // The bits up to the end of the last byte, without the marks between them.
    let groups = word & (ends ^ ends.wrapping_sub(1)) & 0x7f7f_7f7f_7f7f_7f7f;
    let pairs = groups & 0x007f_007f_007f_007f | (groups & 0x7f00_7f00_7f00_7f00) >> 1;
    let fours = pairs & 0x0000_3fff_0000_3fff | (pairs & 0x3fff_0000_3fff_0000) >> 2;
    let number = fours & 0x0fff_ffff | (fours & 0x0fff_ffff_0000_0000) >> 4;
    Some((number, usize::try_from(last >> 3).ok()?.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read_back(number: u64, signed: i64, text in ".{0,40}", flag: bool) {
            let mut writer = Writer::default();
            writer.number(number);
            writer.number(number >> 8);
            writer.number(number >> 43);
            writer.signed(signed);
            writer.text(&text);
            writer.flag(flag);
            writer.fixed(&[1, 2]);
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.number(), Some(number));
            prop_assert_eq!(reader.number(), Some(number >> 8));
            prop_assert_eq!(reader.number(), Some(number >> 43));
            prop_assert_eq!(reader.signed(), Some(signed));
            prop_assert_eq!(reader.text(), Some(text.as_str()));
            prop_assert_eq!(reader.flag(), Some(flag));
            prop_assert_eq!(reader.take(), Some([1, 2]));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn noise_is_read_without_a_panic(noise: Vec<u8>) {
            let mut reader = Reader::new(&noise);
            while reader.number().is_some() && reader.text().is_some() && reader.signed().is_some() {}
        }
    }

    #[test]
    fn a_block_is_the_same_however_it_was_written() {
        for length in [0, 1, 127, 128, 300, 20_000] {
            let content = vec![7; length];
            let (mut one, mut other) = (Writer::over(vec![1]), Writer::over(vec![1]));
            one.block(&content);
            let start = other.open_block();
            other.fixed(&content);
            other.close_block(start);
            assert_eq!(one, other, "{length}");
        }
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_none() {
        assert_eq!(Reader::new(&[0xff; 10]).number(), None);
        assert_eq!(
            Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).number(),
            None
        );
    }
}
