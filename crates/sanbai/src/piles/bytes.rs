//! Variable-length integers.

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
