//! The key of a parcel as bytes: one form for each key, so that equal bytes are equal keys.
//!
//! ```text
//! key = brand (number of a name) · shape u8 · letters · digits
//! ```
//! A waybill number is mostly a few letters and up to fifteen digits: the shape says how many of each, and the digits are
//! one number in as few bytes as all numbers of so many digits need. Any other waybill stands as it is, behind its length.

use super::bytes::{put_number, take_number};

/// Most digits that are written as a number.
const DIGITS_MAX: usize = 15;
/// Most letters in front of them.
const LETTERS_MAX: usize = 14;
/// The shape of any other waybill.
const AS_IT_IS: u8 = 0xf0;
/// Bytes of a number, by its digits.
const BYTES: [usize; DIGITS_MAX + 1] = [0, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 5, 6, 6, 7];

/// Appends a key.
pub(super) fn put(brand: u64, waybill: &str, out: &mut Vec<u8>) {
    put_number(out, brand);
    let bytes = waybill.as_bytes();
    let digits = bytes
        .iter()
        .rev()
        .take(DIGITS_MAX)
        .take_while(|byte| byte.is_ascii_digit());
    let (letters, digits) = bytes.split_at(bytes.len() - digits.count());
    if letters.len() > LETTERS_MAX {
        out.push(AS_IT_IS);
        put_number(out, bytes.len() as u64);
        return out.extend_from_slice(bytes);
    }
    out.push((letters.len() << 4 | digits.len()) as u8);
    out.extend_from_slice(letters);
    let number = digits
        .iter()
        .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    out.extend_from_slice(&number.to_le_bytes()[..BYTES[digits.len()]]);
}

/// The bytes of the key with which a record begins.
pub(super) fn of(record: &[u8]) -> &[u8] {
    let mut rest = record;
    take_number(&mut rest);
    let (shape, mut rest) = rest.split_first().expect("a shape follows the brand");
    let length = match *shape {
        AS_IT_IS => take_number(&mut rest) as usize,
        shape => usize::from(shape >> 4) + BYTES[usize::from(shape & 0xf)],
    };
    &record[..record.len() - rest.len() + length]
}

/// Reads a key: gives the number of the brand and appends the waybill.
pub(super) fn take(mut key: &[u8], waybill: &mut String) -> u64 {
    let brand = take_number(&mut key);
    let (shape, mut rest) = key.split_first().expect("a shape follows the brand");
    let text = |bytes| str::from_utf8(bytes).expect("a text was cut between characters");
    if *shape == AS_IT_IS {
        take_number(&mut rest);
        waybill.push_str(text(rest));
        return brand;
    }
    let (letters, number) = rest.split_at(usize::from(shape >> 4));
    waybill.push_str(text(letters));
    let mut bytes = [0; 8];
    bytes[..number.len()].copy_from_slice(number);
    let mut number = u64::from_le_bytes(bytes);
    let mut digits = [b'0'; DIGITS_MAX];
    let length = usize::from(shape & 0xf);
    for digit in digits[..length].iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    waybill.push_str(text(&digits[..length]));
    brand
}

/// A hash of a key. Whoever makes keys collide gains nothing: what has one hash is sorted by its bytes.
pub(super) fn hash(key: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, tail) = key.as_chunks::<8>();
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    let words = words.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
    let hash = words.fold(key.len() as u64, |hash, word| {
        let mixed = u128::from(hash ^ word ^ ODD) * u128::from(ODD);
        (mixed >> 64) as u64 ^ mixed as u64
    });
    (hash ^ hash >> 32).wrapping_mul(ODD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back() {
        for waybill in [
            "",
            "7",
            "007",
            "SF1234567890123",
            "JDX085915549195",
            "999999999999999",
            "1234567890123456",
            "ABCDEFGHIJKLMN0",
            "ABCDEFGHIJKLMNO1",
            "EE123456785CN",
            "JD-1-2",
            "运单12",
        ] {
            for brand in [0, 7, 300] {
                let (mut key, mut read) = (Vec::new(), String::new());
                put(brand, waybill, &mut key);
                assert_eq!(of(&[&key[..], b"more"].concat()), key, "{waybill}");
                assert_eq!((take(&key, &mut read), read.as_str()), (brand, waybill));
            }
        }
    }
}
