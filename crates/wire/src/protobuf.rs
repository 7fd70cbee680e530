//! The protobuf wire format: what is on it, before anybody says what it means.

use sanbai_core::bytes::Reader;
use sanbai_core::time::Timestamp;

use crate::code::Code;
use crate::limits::GROUP_DEPTH_MAX;
use crate::reject::Reject;
use crate::survey::wrong_type;

/// Longest varint in bytes.
pub(crate) const VARINT_BYTES_MAX: usize = 10;

/// One value on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire types 1 and 5: no field of ours is one.
    Fixed,
    /// Wire type 2: text, message or packed list.
    Bytes(&'a [u8]),
    /// Wire type 3: a group; no field of ours is one.
    Group,
}

/// A field on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    /// Number of the field.
    pub(crate) number: u32,
    /// Its value.
    pub(crate) value: Value<'a>,
}

/// The fields of a message, one after the other; ends after the first error.
#[derive(Clone)]
pub(crate) struct Entries<'a> {
    rest: &'a [u8],
    /// Any number so far has more bytes than it needs.
    is_padded: bool,
}

impl<'a> Entries<'a> {
    pub(crate) const fn of(message: &'a [u8]) -> Self {
        Self {
            rest: message,
            is_padded: false,
        }
    }

    /// How many bytes have not been read.
    pub(crate) const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether any number so far has more bytes than it needs: a tag, a length or a value.
    pub(crate) const fn is_padded(&self) -> bool {
        self.is_padded
    }

    /// The next field, if it is one as nearly all are: a tag of at most two bytes, then a short text or message or a small
    /// number. What remains is unchanged where it is not.
    #[inline]
    pub(crate) fn simple(&mut self) -> Option<Entry<'a>> {
        let (tag, after) = match self.rest {
            [tag @ 8..=0x7f, after @ ..] => (u32::from(*tag), after),
            [low @ 0x80..=0xff, high @ 1..=0x7f, after @ ..] => (u32::from(*low & 0x7f) | u32::from(*high) << 7, after),
            _ => return None,
        };
        let [first @ 0..=0x7f, after @ ..] = after else {
            return None;
        };
        let (value, rest) = match tag & 7 {
            2 => {
                let (bytes, rest) = after.split_at_checked(usize::from(*first))?;
                (Value::Bytes(bytes), rest)
            }
            0 => (Value::Varint(u64::from(*first)), after),
            _ => return None,
        };
        self.rest = rest;
        let number = tag >> 3;
        Some(Entry { number, value })
    }

    /// The next field, whatever it is.
    pub(crate) fn general(&mut self) -> Option<Result<Entry<'a>, Reject>> {
        if self.rest.is_empty() {
            return None;
        }
        let before = self.rest.len();
        let read = entry(self.rest, GROUP_DEPTH_MAX);
        self.rest = read.as_ref().map_or(&[], |(_, rest)| rest);
        Some(read.map(|((number, value), rest)| {
            self.is_padded |= size(number, value) != before.saturating_sub(rest.len());
            Entry { number, value }
        }))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Reject>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self.simple() {
            Some(entry) => Some(Ok(entry)),
            None => self.general(),
        }
    }
}

/// Bytes of a field in canonical encoding; of what no field of ours is, those of its tag.
fn size(number: u32, value: Value<'_>) -> usize {
    let content = match value {
        Value::Varint(value) => varint_length(value),
        Value::Bytes(bytes) => {
            varint_length(u64::try_from(bytes.len()).unwrap_or(u64::MAX)).saturating_add(bytes.len())
        }
        Value::Fixed | Value::Group => 0,
    };
    varint_length(u64::from(number) << 3).saturating_add(content)
}

fn entry(bytes: &[u8], depth: usize) -> Result<((u32, Value<'_>), &[u8]), Reject> {
    let (tag, rest) = varint(bytes).ok_or_else(truncated)?;
    let number = u32::try_from(tag >> 3)
        .ok()
        .filter(|number| (1..1 << 29).contains(number));
    let number = number.ok_or_else(|| Reject::new(Code::ProtoDecode, "a protobuf field has an impossible number"))?;
    let (value, rest) = match tag & 7 {
        0 => varint(rest)
            .map(|(value, rest)| (Value::Varint(value), rest))
            .ok_or_else(truncated)?,
        1 => (Value::Fixed, rest.get(8..).ok_or_else(truncated)?),
        5 => (Value::Fixed, rest.get(4..).ok_or_else(truncated)?),
        2 => {
            let (length, rest) = varint(rest).ok_or_else(truncated)?;
            let split = usize::try_from(length)
                .ok()
                .and_then(|length| rest.split_at_checked(length));
            let (bytes, rest) = split.ok_or_else(|| {
                Reject::new(
                    Code::ProtoLimit,
                    "a protobuf field says that it is longer than the bytes that are there",
                )
            })?;
            (Value::Bytes(bytes), rest)
        }
        3 => (Value::Group, skip_group(number, rest, depth)?),
        _ => {
            return Err(Reject::new(
                Code::ProtoDecode,
                "a protobuf field has an impossible wire type",
            ));
        }
    };
    Ok(((number, value), rest))
}

/// What follows the end of the group `number` that began just before `rest`.
fn skip_group(number: u32, mut rest: &[u8], depth: usize) -> Result<&[u8], Reject> {
    let deeper = depth.checked_sub(1).ok_or_else(|| {
        Reject::new(
            Code::ProtoLimit,
            format!("protobuf groups are nested deeper than {GROUP_DEPTH_MAX}"),
        )
    })?;
    loop {
        let (tag, after) = varint(rest).ok_or_else(truncated)?;
        if tag & 7 == 4 {
            let is_end = tag >> 3 == u64::from(number);
            return is_end.then_some(after).ok_or_else(truncated);
        }
        rest = entry(rest, deeper)?.1;
    }
}

fn truncated() -> Reject {
    Reject::new(
        Code::ProtoDecode,
        "the protobuf message breaks off or is none; send the bytes as they were encoded",
    )
}

/// The number that the low seven bits of five bytes make, the first ones lowest.
fn groups([a, b, c, d, e]: [u8; 5]) -> u64 {
    let low = |byte: u8| u64::from(byte & 0x7f);
    low(a) | low(b) << 7 | low(c) << 14 | low(d) << 21 | low(e) << 28
}

/// Reads seconds and nanoseconds of a time, as they are on the wire.
pub(crate) fn read_time(bytes: &[u8]) -> Result<(u64, u64), Reject> {
    // All encoders write it so, and in this century and the next ten the seconds have five bytes.
    let seconds = match bytes {
        [
            0x08,
            a @ 0x80..=0xff,
            b @ 0x80..=0xff,
            c @ 0x80..=0xff,
            d @ 0x80..=0xff,
            e @ 0..=0x7f,
            rest @ ..,
        ] => Some((groups([*a, *b, *c, *d, *e]), rest)),
        [0x08, rest @ ..] => varint(rest),
        _ => None,
    };
    match seconds {
        Some((seconds, [])) => return Ok((seconds, 0)),
        Some((
            seconds,
            [
                0x10,
                a @ 0x80..=0xff,
                b @ 0x80..=0xff,
                c @ 0x80..=0xff,
                d @ 0x80..=0xff,
                e @ 0..=0x7f,
            ],
        )) => {
            return Ok((seconds, groups([*a, *b, *c, *d, *e])));
        }
        Some((seconds, [0x10, a @ 0x80..=0xff, b @ 0x80..=0xff, c @ 0x80..=0xff, d @ 0..=0x7f])) => {
            return Ok((seconds, groups([*a, *b, *c, *d, 0])));
        }
        Some((seconds, [0x10, rest @ ..])) => {
            if let Some((nanos, [])) = varint(rest) {
                return Ok((seconds, nanos));
            }
        }
        Some(_) | None => {}
    }
    let (mut seconds, mut nanos) = (None, None);
    for entry in Entries::of(bytes) {
        let entry = entry?;
        let slot = match entry.number {
            1 => &mut seconds,
            2 => &mut nanos,
            _ => continue,
        };
        let Value::Varint(value) = entry.value else {
            return Err(wrong_type());
        };
        if slot.replace(value).is_some() {
            return Err(Reject::new(
                Code::ProtoDecode,
                "a time has its seconds twice; send them once",
            ));
        }
    }
    Ok((seconds.unwrap_or(0), nanos.unwrap_or(0)))
}

/// Reads a varint of at most 64 bits; `None` where it breaks off or goes on too long.
#[inline]
pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut reader = Reader::new(bytes);
    let number = reader.number()?;
    Some((number, reader.rest()))
}

/// How many bytes a varint has when it is written without padding.
pub(crate) fn varint_length(value: u64) -> usize {
    let bits = u64::BITS.saturating_sub(value.leading_zeros()).max(1);
    usize::try_from(bits.div_ceil(7)).unwrap_or(VARINT_BYTES_MAX)
}

/// Writes a varint.
#[inline]
pub(crate) fn put_varint(out: &mut Vec<u8>, value: u64) {
    if let Ok(byte @ 0..=0x7f) = u8::try_from(value) {
        out.push(byte);
    } else if value < 1 << 56 {
        put_short_varint(out, value);
    } else {
        put_long_varint(out, value);
    }
}

/// Writes a varint of at most eight bytes, all of them at once.
fn put_short_varint(out: &mut Vec<u8>, value: u64) {
    let (bytes, length) = short_varint(value);
    let end = out.len().saturating_add(length);
    out.extend_from_slice(&bytes.to_le_bytes());
    out.truncate(end);
}

/// The bytes of a varint below 2^56, the first one lowest, and how many there are.
fn short_varint(value: u64) -> (u64, usize) {
    // Makes room for the high bits: between halves of 28 bits, quarters of 14, and groups of 7.
    let halves = (value & 0x00ff_ffff_f000_0000) << 4 | (value & 0x0fff_ffff);
    let quarters = (halves & 0x0fff_c000_0fff_c000) << 2 | (halves & 0x0000_3fff_0000_3fff);
    let groups = (quarters & 0x3f80_3f80_3f80_3f80) << 1 | (quarters & 0x007f_007f_007f_007f);
    // The high bit of a byte says that one follows: of all below the last that is not 0.
    let last = 63_u32.wrapping_sub((groups | 1).leading_zeros()) / 8;
    let goes_on = 0x8080_8080_8080_8080 & 1_u64.wrapping_shl(last.wrapping_mul(8)).wrapping_sub(1);
    let length = usize::try_from(last).unwrap_or(0).wrapping_add(1);
    (groups | goes_on, length)
}

#[cold]
fn put_long_varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        let [low, ..] = value.to_le_bytes();
        out.push(low | 0x80);
        value >>= 7;
    }
    let [last, ..] = value.to_le_bytes();
    out.push(last);
}

/// Writes the tag of a varint field, and its value.
pub(crate) fn put_number(out: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(out, u64::from(number) << 3);
    put_varint(out, value);
}

/// Writes a field of text or bytes.
#[inline]
pub(crate) fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    // Nearly all tags and lengths have one byte each.
    if let (Ok(tag @ 0..=0x7f), Ok(length @ 0..=0x7f)) = (u8::try_from(number << 3 | 2), u8::try_from(bytes.len())) {
        out.extend_from_slice(&[tag, length]);
    } else {
        put_varint(out, u64::from(number) << 3 | 2);
        put_varint(out, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }
    out.extend_from_slice(bytes);
}

/// Writes a field that is a time.
pub(crate) fn put_time(out: &mut Vec<u8>, number: u32, time: Timestamp) {
    let (seconds, nanos) = time.to_parts();
    let (seconds, nanos) = (seconds.cast_unsigned(), u64::from(nanos.unsigned_abs()));
    // All of it has at most fourteen bytes in this century and the next ten.
    if let Ok(tag @ 0..=0x7f) = u8::try_from(number << 3 | 2)
        && (1..1 << 35).contains(&seconds)
    {
        let (bytes, mut length) = short_varint(seconds);
        let mut content = u128::from(bytes) << 8 | 0x08;
        length = length.wrapping_add(1);
        if nanos != 0 {
            let (bytes, more) = short_varint(nanos);
            let bits = u32::try_from(length).unwrap_or(0).wrapping_mul(8);
            content |= (u128::from(bytes) << 8 | 0x10).wrapping_shl(bits);
            length = length.wrapping_add(more).wrapping_add(1);
        }
        let head = u128::from(tag) | u128::from(u8::try_from(length).unwrap_or(0)) << 8;
        let end = out.len().saturating_add(length).saturating_add(2);
        out.extend_from_slice(&(content << 16 | head).to_le_bytes());
        return out.truncate(end);
    }
    let write = |out: &mut Vec<u8>| {
        put_time_fields(out, time);
        Ok::<(), core::convert::Infallible>(())
    };
    let written = put_nested(out, number, write);
    debug_assert!(written.is_ok(), "nothing in it fails");
}

/// Writes the fields of a time; what is 0 is left out.
pub(crate) fn put_time_fields(out: &mut Vec<u8>, time: Timestamp) {
    let (seconds, nanos) = time.to_parts();
    if seconds != 0 {
        put_number(out, 1, seconds.cast_unsigned());
    }
    if nanos != 0 {
        put_number(out, 2, i64::from(nanos).cast_unsigned());
    }
}

/// Writes a field whose bytes `write` appends, and puts their length in front of them.
pub(crate) fn put_nested<E>(
    out: &mut Vec<u8>,
    number: u32,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    put_varint(out, u64::from(number) << 3 | 2);
    let place = out.len();
    // Most messages are shorter than 128 bytes: one byte for their length.
    out.push(0);
    write(out)?;
    let length = out.len().saturating_sub(place).saturating_sub(1);
    if let (Ok(short @ 0..=0x7f), Some(slot)) = (u8::try_from(length), out.get_mut(place)) {
        *slot = short;
        return Ok(());
    }
    let mut prefix = Vec::with_capacity(VARINT_BYTES_MAX);
    put_varint(&mut prefix, u64::try_from(length).unwrap_or(u64::MAX));
    out.splice(place..place.saturating_add(1), prefix);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn varints_come_back(value in any::<u64>(), small in 0_u64..300) {
            for value in [value, small, value >> 32] {
                let mut bytes = Vec::new();
                put_varint(&mut bytes, value);
                bytes.push(0xff);
                prop_assert_eq!(varint(&bytes), Some((value, &[0xff_u8][..])));
                prop_assert_eq!(varint_length(value), bytes.len().saturating_sub(1));
            }
        }
    }

    #[test]
    fn a_time_is_written_as_its_fields_are() {
        for nanos in [
            0,
            1,
            1_000_000_000,
            1_773_100_014_480_000_000,
            -1,
            i64::MAX,
            7 << 55,
            999,
        ] {
            let time = Timestamp::from_nanos(nanos);
            for number in [1, 7, 15, 16, 900] {
                let (mut fields, mut expected, mut out) = (Vec::new(), vec![9], vec![9]);
                put_time_fields(&mut fields, time);
                put_bytes(&mut expected, number, &fields);
                put_time(&mut out, number, time);
                assert_eq!(out, expected, "{nanos}");
            }
        }
    }

    #[test]
    fn a_varint_of_over_64_bits_is_none() {
        assert_eq!(
            varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
            Some((u64::MAX, &[][..]))
        );
        assert_eq!(
            varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]),
            None
        );
        assert_eq!(varint(&[0x80; 11]), None);
        assert_eq!(varint(&[0x80]), None);
    }

    #[test]
    fn lengths_are_put_in_front_of_long_messages() {
        for length in [0, 127, 128, 20_000] {
            let mut out = vec![1];
            let write = |out: &mut Vec<u8>| {
                out.extend(vec![7; length]);
                Ok::<(), ()>(())
            };
            put_nested(&mut out, 5, write).expect("nothing fails");
            let entry = Entries::of(&out[1..]).next().expect("a field").expect("well-formed");
            assert_eq!((entry.number, entry.value), (5, Value::Bytes(&vec![7; length])));
        }
    }
}
