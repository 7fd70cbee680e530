//! Texts in JSON.

/// What is wrong with a text.
pub(super) enum Problem {
    /// It has no end.
    Unclosed,
    /// It has an escape that JSON does not have.
    Escape,
    /// It holds something that may be in no text.
    Invalid(&'static str),
}

/// Reads a text with escapes from behind its opening quote, of which the first `plain` bytes are none; gives it and what
/// follows its closing quote. Whether it is UTF-8 is not looked at.
pub(super) fn unescape(bytes: &[u8], plain: usize) -> Result<(Vec<u8>, &[u8]), Problem> {
    let (head, tail) = bytes.split_at_checked(plain).ok_or(Problem::Unclosed)?;
    let mut text = head.to_owned();
    let rest = unescape_into(tail, &mut text)?;
    Ok((text, rest))
}

/// The bytes before the first quote, backslash or control character.
#[derive(Clone, Copy)]
pub(super) struct Plain {
    /// How many there are.
    pub(super) length: usize,
    /// Whether all of them are ASCII that is seen.
    pub(super) is_graphic: bool,
}

/// Looks for the first quote, backslash or control character.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> Plain {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut odd = 0;
    let mut length = 0_usize;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let special = special_bytes(word);
        if special != 0 {
            // Among the high bits: those of the bytes before the special one.
            let before = special.wrapping_sub(1) & !special;
            return Plain {
                length: length.wrapping_add(place_of(special)),
                is_graphic: (odd | odd_bytes(word) & before) & HIGH == 0,
            };
        }
        odd |= odd_bytes(word);
        length = length.wrapping_add(8);
    }
    let special = tail.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    let tail = tail.get(..special.unwrap_or(tail.len())).unwrap_or_default();
    Plain {
        length: length.wrapping_add(tail.len()),
        is_graphic: odd & HIGH == 0 && tail.iter().all(u8::is_ascii_graphic),
    }
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH: u64 = u64::from_le_bytes([0x80; 8]);

/// The place of the first byte whose high bit is set.
#[inline]
fn place_of(special: u64) -> usize {
    usize::try_from(special.trailing_zeros() / 8).unwrap_or(0)
}

/// The high bit of the first byte that is not ASCII that is seen; behind it bits may be set that mean nothing.
const fn odd_bytes(word: u64) -> u64 {
    let over = word | word.wrapping_add(ONES);
    over | word.wrapping_sub(u64::from_le_bytes([0x21; 8]))
}

/// The high bit of the first byte, from the lowest on, that is a quote, a backslash or a control character; behind it
/// bits may be set that mean nothing.
const fn special_bytes(word: u64) -> u64 {
    // With the second bit turned, a quote is a blank, and stands right above the control characters.
    let turned = word ^ u64::from_le_bytes([0x02; 8]);
    let backslash = word ^ u64::from_le_bytes([b'\\'; 8]);
    let is_low = turned.wrapping_sub(u64::from_le_bytes([0x21; 8])) & !turned;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    (is_low | is_backslash) & HIGH
}

/// Reads on from a special byte up to the closing quote; gives what follows it.
fn unescape_into<'a>(mut rest: &'a [u8], text: &mut Vec<u8>) -> Result<&'a [u8], Problem> {
    loop {
        rest = match rest {
            [] => return Err(Problem::Unclosed),
            [b'"', after @ ..] => return Ok(after),
            [b'\\', b'u', after @ ..] => unicode(after, text)?,
            [b'\\', letter, after @ ..] => {
                text.push(simple_escape(*letter)?);
                after
            }
            [0..=0x1f, ..] => return Err(Problem::Invalid("a control character")),
            _ => return Err(Problem::Unclosed),
        };
        let (text_only, after) = rest.split_at_checked(plain(rest).length).ok_or(Problem::Unclosed)?;
        text.extend_from_slice(text_only);
        rest = after;
    }
}

const fn simple_escape(letter: u8) -> Result<u8, Problem> {
    match letter {
        b'"' | b'\\' | b'/' => Ok(letter),
        b'b' => Ok(8),
        b'f' => Ok(0xc),
        b'n' => Ok(b'\n'),
        b'r' => Ok(b'\r'),
        b't' => Ok(b'\t'),
        _ => Err(Problem::Escape),
    }
}

/// Reads the digits of a `\u`, and the second half of a pair where the first is one.
fn unicode<'a>(rest: &'a [u8], text: &mut Vec<u8>) -> Result<&'a [u8], Problem> {
    let (unit, rest) = hex(rest)?;
    let (code, rest) = match (unit, rest) {
        (0xd800..=0xdbff, [b'\\', b'u', after @ ..]) => {
            let (low, after) = hex(after)?;
            let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(LONE)?;
            let high = unit.wrapping_sub(0xd800) << 10;
            (high.wrapping_add(low).wrapping_add(0x1_0000), after)
        }
        _ => (unit, rest),
    };
    let character = char::from_u32(code).ok_or(LONE)?;
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(rest)
}

const LONE: Problem = Problem::Invalid("half of a surrogate pair");

fn hex(bytes: &[u8]) -> Result<(u32, &[u8]), Problem> {
    let (digits, rest) = bytes.split_first_chunk::<4>().ok_or(Problem::Escape)?;
    let code = digits.iter().try_fold(0_u32, |code, digit| {
        char::from(*digit)
            .to_digit(16)
            .map(|digit| code.wrapping_mul(16).wrapping_add(digit))
    });
    Ok((code.ok_or(Problem::Escape)?, rest))
}
