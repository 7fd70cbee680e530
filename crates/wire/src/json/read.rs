//! A JSON reader that is pulled: it gives names and values as they come, borrowed where nothing is escaped.
//!
//! Stricter than most: a name twice in one object, nesting over 16 levels, hidden characters and halves of surrogate
//! pairs are errors, for parsers differ on what they mean. Numbers stay as written.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sanbai_core::time::Timestamp;

use super::text;
use crate::code::Code;
use crate::limits::JSON_DEPTH_MAX;
use crate::reject::Reject;
use crate::text::is_clean;
use crate::times::Dates;

/// What begins next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An object.
    Object,
    /// An array.
    Array,
    /// A text.
    Text,
    /// A number, also one that JSON does not have (`NaN`).
    Number,
    /// `true`.
    True,
    /// `false`.
    False,
    /// `null`.
    Null,
}

/// What follows a value.
pub(crate) struct Rest<'a>(&'a [u8]);

/// A place in JSON bytes.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    all: &'a [u8],
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            all: bytes,
            rest: bytes,
            depth: 0,
        }
    }

    /// How many bytes have been read.
    pub(crate) const fn offset(&self) -> usize {
        self.all.len().saturating_sub(self.rest.len())
    }

    /// What begins next; blanks before it are passed over.
    #[inline]
    pub(crate) fn shape(&mut self) -> Result<Shape, Reject> {
        match self.next_byte() {
            Some(b'"') => Ok(Shape::Text),
            Some(b'{') => Ok(Shape::Object),
            Some(b'[') => Ok(Shape::Array),
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => Ok(Shape::Number),
            Some(b't') => Ok(Shape::True),
            Some(b'f') => Ok(Shape::False),
            Some(b'n') => Ok(Shape::Null),
            Some(0xef) if self.offset() == 0 => Err(self.syntax("a byte order mark, send none")),
            _ => Err(self.syntax("no value, where one is needed")),
        }
    }

    /// Goes into an object.
    pub(crate) fn open_object(&mut self) -> Result<(), Reject> {
        self.open(b'{')
    }

    /// Goes into an array.
    pub(crate) fn open_array(&mut self) -> Result<(), Reject> {
        self.open(b'[')
    }

    fn open(&mut self, bracket: u8) -> Result<(), Reject> {
        if self.next_byte() != Some(bracket) {
            return Err(self.syntax("no opening bracket, where one is needed"));
        }
        if self.depth >= JSON_DEPTH_MAX {
            let detail = format!(
                "objects and arrays are nested deeper than {JSON_DEPTH_MAX} at byte {}",
                self.offset()
            );
            return Err(Reject::new(Code::JsonDepth, detail));
        }
        self.depth = self.depth.saturating_add(1);
        self.step();
        Ok(())
    }

    /// The sixteen bytes from the next name on as one number, the first one lowest, zeros behind the end; `None` where it
    /// does not stand right behind a comma. Nothing is read.
    #[inline]
    pub(crate) fn name_head(&self, first: bool) -> Option<u128> {
        let quoted = match self.rest {
            [b',', b'"', quoted @ ..] if !first => quoted,
            [b'"', quoted @ ..] if first => quoted,
            _ => return None,
        };
        Some(u128::from_le_bytes(match quoted.first_chunk::<16>() {
            Some(head) => *head,
            None => padded(quoted),
        }))
    }

    /// Goes out of the open object if it ends right here.
    #[inline]
    pub(crate) const fn passes_end(&mut self) -> bool {
        if let [b'}', rest @ ..] = self.rest {
            self.depth = self.depth.saturating_sub(1);
            self.rest = rest;
            return true;
        }
        false
    }

    /// Passes over the next name, which has `length` bytes without its quotes, if its colon is right behind it.
    #[inline]
    pub(crate) fn pass_name(&mut self, length: usize, first: bool) -> bool {
        let quotes_and_comma = if first { 2 } else { 3 };
        if let Some([b':', rest @ ..]) = self.rest.get(length.wrapping_add(quotes_and_comma)..) {
            self.rest = rest;
            return true;
        }
        false
    }

    /// The next name of the open object, past its colon; `None` when the object has ended.
    pub(crate) fn name(&mut self, first: bool) -> Result<Option<Cow<'a, [u8]>>, Reject> {
        // Most names stand right behind a comma, without escapes, and right before a colon.
        let quoted = match self.rest {
            [b',', b'"', quoted @ ..] if !first => quoted,
            [b'"', quoted @ ..] if first => quoted,
            [b'}', rest @ ..] => {
                self.depth = self.depth.saturating_sub(1);
                self.rest = rest;
                return Ok(None);
            }
            _ => return self.any_name(first),
        };
        if let Some((name, [b'"', b':', rest @ ..])) = quoted.split_at_checked(text::plain(quoted).length) {
            self.rest = rest;
            return Ok(Some(Cow::Borrowed(name)));
        }
        self.any_name(first)
    }

    #[cold]
    fn any_name(&mut self, first: bool) -> Result<Option<Cow<'a, [u8]>>, Reject> {
        if self.closes(b'}', first)? {
            return Ok(None);
        }
        if self.next_byte() != Some(b'"') {
            return Err(self.syntax("no name in quotes, where one is needed"));
        }
        let name = self.raw_text()?;
        if self.next_byte() != Some(b':') {
            return Err(self.syntax("no colon after a name"));
        }
        self.step();
        Ok(Some(name))
    }

    /// Whether the open array has one more entry.
    pub(crate) fn entry(&mut self, first: bool) -> Result<bool, Reject> {
        self.closes(b']', first).map(|closed| !closed)
    }

    fn closes(&mut self, bracket: u8, first: bool) -> Result<bool, Reject> {
        match self.next_byte() {
            Some(byte) if byte == bracket => {
                self.depth = self.depth.saturating_sub(1);
                self.step();
                Ok(true)
            }
            Some(b',') if !first => {
                self.step();
                Ok(false)
            }
            Some(_) if first => Ok(false),
            _ => Err(self.syntax("neither a comma nor a closing bracket")),
        }
    }

    /// Reads a text.
    pub(crate) fn text(&mut self) -> Result<Cow<'a, str>, Reject> {
        match self.raw_text()? {
            Cow::Borrowed(text) => core::str::from_utf8(text)
                .map(Cow::Borrowed)
                .map_err(|_| self.not_utf8()),
            Cow::Owned(text) => String::from_utf8(text).map(Cow::Owned).map_err(|_| self.not_utf8()),
        }
    }

    /// The text that stands right here, if it has no escapes and all of it is ASCII that is seen, and what follows it.
    /// Nothing is read.
    #[inline(always)]
    pub(crate) fn graphic_text(&self) -> Option<(&'a [u8], Rest<'a>)> {
        let quoted = self.rest.strip_prefix(b"\"")?;
        let plain = text::plain(quoted);
        match quoted.split_at_checked(plain.length) {
            Some((text, [b'"', rest @ ..])) if plain.is_graphic => Some((text, Rest(rest))),
            _ => None,
        }
    }

    /// The time that stands right here, if it is written as nearly all are, and what follows it. Nothing is read.
    #[inline]
    pub(crate) fn common_time(&self, dates: &mut Dates) -> Option<(Timestamp, Rest<'a>)> {
        let quoted = self.rest.strip_prefix(b"\"")?;
        match dates.begins(quoted)? {
            (time, [b'"', rest @ ..]) => Some((time, Rest(rest))),
            _ => None,
        }
    }

    /// Goes to what follows.
    #[inline]
    pub(crate) const fn go_to(&mut self, rest: Rest<'a>) {
        self.rest = rest.0;
    }

    /// Reads a text, whether it is UTF-8 or not.
    pub(crate) fn raw_text(&mut self) -> Result<Cow<'a, [u8]>, Reject> {
        let [b'"', quoted @ ..] = self.rest else {
            return Err(self.syntax("no text in quotes, where one is needed"));
        };
        let plain = text::plain(quoted);
        if let Some((text, [b'"', rest @ ..])) = quoted.split_at_checked(plain.length) {
            self.rest = rest;
            return Ok(Cow::Borrowed(text));
        }
        self.escaped_text(quoted, plain.length)
    }

    #[cold]
    fn escaped_text(&mut self, quoted: &'a [u8], plain: usize) -> Result<Cow<'a, [u8]>, Reject> {
        let start = self.offset().saturating_add(1);
        let (text, rest) = text::unescape(quoted, plain).map_err(|problem| match problem {
            text::Problem::Unclosed => self.syntax("a text without its closing quote"),
            text::Problem::Escape => self.syntax("a text with an escape that JSON does not have"),
            text::Problem::Invalid(what) => Reject::new(
                Code::TextInvalid,
                format!("the text from byte {start} on holds {what}; remove it"),
            ),
        })?;
        self.rest = rest;
        Ok(Cow::Owned(text))
    }

    /// Reads a number, as it is written.
    pub(crate) fn number(&mut self) -> Result<&'a str, Reject> {
        let number = number_length(self.rest).and_then(|length| self.rest.split_at_checked(length));
        let Some((digits, rest)) = number else {
            let tail = self.rest.strip_prefix(b"-").unwrap_or(self.rest);
            if tail.starts_with(b"NaN") || tail.starts_with(b"Infinity") {
                let detail = format!(
                    "at byte {} stands what is no number in JSON; leave the field out",
                    self.offset()
                );
                return Err(Reject::new(Code::TypeMismatch, detail));
            }
            return Err(self.syntax("a number that is not written as JSON writes numbers"));
        };
        self.rest = rest;
        Ok(core::str::from_utf8(digits).unwrap_or_default())
    }

    /// Reads `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, word: &str) -> Result<(), Reject> {
        match self.rest.strip_prefix(word.as_bytes()) {
            Some(rest) => self.rest = rest,
            None => return Err(self.syntax("a word that JSON does not have")),
        }
        Ok(())
    }

    /// Reads a value that nobody wants, as strictly as any other.
    pub(crate) fn skip(&mut self) -> Result<(), Reject> {
        match self.shape()? {
            Shape::Object => {
                self.open_object()?;
                let mut names = BTreeSet::new();
                while let Some(name) = self.name(names.is_empty())? {
                    self.check_text(&name)?;
                    if !names.insert(name) {
                        return Err(self.duplicate());
                    }
                    self.skip()?;
                }
                Ok(())
            }
            Shape::Array => {
                self.open_array()?;
                let mut first = true;
                while self.entry(first)? {
                    first = false;
                    self.skip()?;
                }
                Ok(())
            }
            Shape::Text => {
                let text = self.raw_text()?;
                self.check_text(&text)
            }
            Shape::Number => self.number().map(|_| ()),
            Shape::True => self.literal("true"),
            Shape::False => self.literal("false"),
            Shape::Null => self.literal("null"),
        }
    }

    /// Passes over a value by its brackets and quotes alone, and gives its bytes: whoever reads them checks the rest.
    pub(crate) fn pass(&mut self) -> Result<&'a [u8], Reject> {
        self.next_byte();
        let start = self.rest;
        let mut depth = 0_usize;
        while let Some(byte) = self.rest.first() {
            match byte {
                b'"' => self.pass_text()?,
                b'{' | b'[' => depth = depth.saturating_add(1),
                b'}' | b']' | b',' if depth == 0 => break,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.step();
        }
        let length = start.len().saturating_sub(self.rest.len());
        let value = start.get(..length).unwrap_or_default().trim_ascii_end();
        if value.is_empty() || depth > 0 {
            Err(self.syntax("no whole value"))
        } else {
            Ok(value)
        }
    }

    /// Goes to the closing quote of the text that begins here.
    fn pass_text(&mut self) -> Result<(), Reject> {
        self.step();
        loop {
            match self.rest {
                [b'"', ..] => return Ok(()),
                [b'\\', _, rest @ ..] | [_, rest @ ..] => self.rest = rest,
                [] => return Err(self.syntax("a text without its closing quote")),
            }
        }
    }

    /// Whether nothing but blanks follows.
    pub(crate) fn finish(mut self) -> Result<(), Reject> {
        match self.next_byte() {
            None => Ok(()),
            Some(_) => Err(self.syntax("something after the end of the value")),
        }
    }

    /// The rejection of a name that stands twice in one object.
    pub(crate) fn duplicate(&self) -> Reject {
        let at = self.offset();
        let detail = format!("one name stands twice in one object, the second time before byte {at}; send it once");
        Reject::new(Code::JsonDuplicateKey, detail)
    }

    /// Checks a text or name of which nobody wants more.
    pub(crate) fn check_text(&self, text: &[u8]) -> Result<(), Reject> {
        let text = core::str::from_utf8(text).map_err(|_| self.not_utf8())?;
        if is_clean(text) {
            return Ok(());
        }
        let at = self.offset();
        let detail = format!("the text before byte {at} holds control or direction characters; remove them");
        Err(Reject::new(Code::TextInvalid, detail))
    }

    fn not_utf8(&self) -> Reject {
        Reject::new(
            Code::TextInvalid,
            format!("the text before byte {} is not UTF-8; encode it so", self.offset()),
        )
    }

    #[cold]
    fn syntax(&self, what: &str) -> Reject {
        Reject::new(Code::JsonSyntax, format!("at byte {} stands {what}", self.offset()))
    }

    const fn step(&mut self) {
        if let [_, rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// The next byte that is no blank.
    const fn next_byte(&mut self) -> Option<u8> {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }
}

/// Fewer than sixteen bytes, with zeros behind them.
fn padded(bytes: &[u8]) -> [u8; 16] {
    let mut padded = [0; 16];
    padded.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
    padded
}

/// How many bytes the number at the beginning has; `None` where there is none.
fn number_length(bytes: &[u8]) -> Option<usize> {
    let unsigned = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let mut rest = match unsigned {
        [b'0', b'0'..=b'9', ..] => return None,
        _ => digits(unsigned)?,
    };
    if let [b'.', fraction @ ..] = rest {
        rest = digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let unsigned = match exponent {
            [b'+' | b'-', unsigned @ ..] => unsigned,
            _ => exponent,
        };
        rest = digits(unsigned)?;
    }
    bytes.len().checked_sub(rest.len())
}

/// What follows one or more digits.
fn digits(bytes: &[u8]) -> Option<&[u8]> {
    let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 { None } else { bytes.get(count..) }
}
