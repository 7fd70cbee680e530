//! Bytes of records: variable-length integers, and what writes and reads them.

use sanbai_core::event::Place;

use super::code::Coder;
use super::names::Names;

/// Writes at the end of bytes.
pub(super) struct Writer<'w, N> {
    pub(super) bytes: &'w mut Vec<u8>,
    pub(super) names: N,
}

/// What gives names their numbers.
pub(super) trait Numbering {
    fn of_text(&mut self, text: &str) -> u64;
    fn of_place(&mut self, place: Place) -> u64;
}

impl<'a, N: Numbering> Coder<'a> for Writer<'_, N> {
    fn number(&mut self, value: &mut u64) {
        put_number(self.bytes, *value);
    }

    fn long(&mut self, value: &mut u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, value: &mut &'a str) {
        put_number(self.bytes, self.names.of_text(value));
    }

    fn place(&mut self, value: &mut Option<Place>) {
        put_number(self.bytes, value.map_or(0, |place| self.names.of_place(place)));
    }
}

/// Reads what a writer has written. Bytes that are not there are 0.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) names: &'a Names,
}

impl<'a> Coder<'a> for Reader<'a> {
    fn number(&mut self, value: &mut u64) {
        *value = take_number(&mut self.bytes);
    }

    fn long(&mut self, value: &mut u64) {
        let (first, rest) = self.bytes.split_first_chunk().unwrap_or((&[0; 8], &[]));
        (*value, self.bytes) = (u64::from_le_bytes(*first), rest);
    }

    fn text(&mut self, value: &mut &'a str) {
        *value = self.names.text(take_number(&mut self.bytes));
    }

    fn place(&mut self, value: &mut Option<Place>) {
        *value = self.names.place(take_number(&mut self.bytes));
    }
}

/// Writes a variable-length integer, seven bits a byte, the lowest first.
pub(super) fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a variable-length integer and goes on behind it.
pub(super) fn take_number(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let [byte, rest @ ..] = *bytes {
        *bytes = rest;
        number |= u64::from(*byte & 0x7f) << shift;
        shift += 7;
        if *byte < 0x80 || shift > 63 {
            break;
        }
    }
    number
}
