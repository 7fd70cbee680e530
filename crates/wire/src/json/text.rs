//! Texts in JSON.

use std::borrow::Cow;

/// What is wrong with a text.
pub(super) enum Problem {
    /// It has no end.
    Unclosed,
    /// It has an escape that JSON does not have.
    Escape,
    /// It holds something that may be in no text.
    Invalid(&'static str),
}

/// Reads a text from behind its opening quote; gives it and how many bytes it took, the closing quote included.
pub(super) fn read(bytes: &[u8]) -> Result<(Cow<'_, str>, usize), Problem> {
    let plain = plain_length(bytes);
    let (head, tail) = bytes.split_at_checked(plain).ok_or(Problem::Unclosed)?;
    if tail.first() == Some(&b'"') {
        return Ok((Cow::Borrowed(utf8(head)?), plain.saturating_add(1)));
    }
    let mut text = utf8(head)?.to_owned();
    let rest = unescape(tail, &mut text)?;
    Ok((Cow::Owned(text), bytes.len().saturating_sub(rest.len())))
}

/// How many bytes stand before the first quote, backslash or control character.
fn plain_length(bytes: &[u8]) -> usize {
    let special = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    special.unwrap_or(bytes.len())
}

fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    core::str::from_utf8(bytes).map_err(|_| Problem::Invalid("bytes that are not UTF-8"))
}

/// Reads on from a special byte up to the closing quote; gives what follows it.
fn unescape<'a>(mut rest: &'a [u8], text: &mut String) -> Result<&'a [u8], Problem> {
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
        let (plain, after) = rest.split_at_checked(plain_length(rest)).ok_or(Problem::Unclosed)?;
        text.push_str(utf8(plain)?);
        rest = after;
    }
}

fn simple_escape(letter: u8) -> Result<char, Problem> {
    match letter {
        b'"' | b'\\' | b'/' => Ok(char::from(letter)),
        b'b' => Ok('\u{8}'),
        b'f' => Ok('\u{c}'),
        b'n' => Ok('\n'),
        b'r' => Ok('\r'),
        b't' => Ok('\t'),
        _ => Err(Problem::Escape),
    }
}

/// Reads the digits of a `\u`, and the second half of a pair where the first is one.
fn unicode<'a>(rest: &'a [u8], text: &mut String) -> Result<&'a [u8], Problem> {
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
    text.push(char::from_u32(code).ok_or(LONE)?);
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
