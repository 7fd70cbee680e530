//! A JSON reader that is pulled: it gives names and values as they come, borrowed where nothing is escaped.
//!
//! Stricter than most: a name twice in one object, nesting over 16 levels, hidden characters and halves of surrogate
//! pairs are errors, for parsers differ on what they mean. Numbers stay as written.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::text;
use crate::code::Code;
use crate::limits::JSON_DEPTH_MAX;
use crate::reject::Reject;

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

/// A place in JSON bytes.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// How many bytes have been read.
    pub(crate) const fn offset(&self) -> usize {
        self.at
    }

    /// The bytes from `start` up to here.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// What begins next; blanks before it are passed over.
    pub(crate) fn shape(&mut self) -> Result<Shape, Reject> {
        match self.next_byte() {
            Some(b'{') => Ok(Shape::Object),
            Some(b'[') => Ok(Shape::Array),
            Some(b'"') => Ok(Shape::Text),
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => Ok(Shape::Number),
            Some(b't') => Ok(Shape::True),
            Some(b'f') => Ok(Shape::False),
            Some(b'n') => Ok(Shape::Null),
            Some(0xef) if self.at == 0 => Err(self.syntax("a byte order mark, send none")),
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
                self.at
            );
            return Err(Reject::new(Code::JsonDepth, detail));
        }
        self.depth = self.depth.saturating_add(1);
        self.step();
        Ok(())
    }

    /// The next name of the open object, past its colon; `None` when the object has ended.
    pub(crate) fn name(&mut self, first: bool) -> Result<Option<Cow<'a, str>>, Reject> {
        if self.closes(b'}', first)? {
            return Ok(None);
        }
        if self.next_byte() != Some(b'"') {
            return Err(self.syntax("no name in quotes, where one is needed"));
        }
        let name = self.text()?;
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
        let start = self.at.saturating_add(1);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let (content, length) = text::read(rest).map_err(|problem| match problem {
            text::Problem::Unclosed => self.syntax("a text without its closing quote"),
            text::Problem::Escape => self.syntax("a text with an escape that JSON does not have"),
            text::Problem::Invalid(what) => Reject::new(
                Code::TextInvalid,
                format!("the text from byte {start} on holds {what}; remove it"),
            ),
        })?;
        self.at = start.saturating_add(length);
        Ok(content)
    }

    /// Reads a number, as it is written.
    pub(crate) fn number(&mut self) -> Result<&'a str, Reject> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(length) = number_length(rest) else {
            let tail = rest.strip_prefix(b"-").unwrap_or(rest);
            if tail.starts_with(b"NaN") || tail.starts_with(b"Infinity") {
                let detail = format!(
                    "at byte {} stands what is no number in JSON; leave the field out",
                    self.at
                );
                return Err(Reject::new(Code::TypeMismatch, detail));
            }
            return Err(self.syntax("a number that is not written as JSON writes numbers"));
        };
        self.at = self.at.saturating_add(length);
        let digits = rest.get(..length).and_then(|digits| core::str::from_utf8(digits).ok());
        Ok(digits.unwrap_or_default())
    }

    /// Reads `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, word: &str) -> Result<(), Reject> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.syntax("a word that JSON does not have"));
        }
        self.at = self.at.saturating_add(word.len());
        Ok(())
    }

    /// Reads a value that nobody wants, as strictly as any other.
    pub(crate) fn skip(&mut self) -> Result<(), Reject> {
        match self.shape()? {
            Shape::Object => {
                self.open_object()?;
                let mut names = BTreeSet::new();
                while let Some(name) = self.name(names.is_empty())? {
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
                let text = self.text()?;
                if crate::text::is_clean(&text) {
                    Ok(())
                } else {
                    Err(self.hidden())
                }
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
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => self.pass_text()?,
                b'{' | b'[' => depth = depth.saturating_add(1),
                b'}' | b']' | b',' if depth == 0 => break,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.step();
        }
        let value = self.since(start).trim_ascii_end();
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
            match self.bytes.get(self.at) {
                Some(b'"') => return Ok(()),
                Some(b'\\') => self.at = self.at.saturating_add(2),
                Some(_) => self.step(),
                None => return Err(self.syntax("a text without its closing quote")),
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
        let detail = format!(
            "one name stands twice in one object, the second time before byte {}; send it once",
            self.at
        );
        Reject::new(Code::JsonDuplicateKey, detail)
    }

    fn hidden(&self) -> Reject {
        let detail = format!(
            "the text before byte {} holds control or direction characters; remove them",
            self.at
        );
        Reject::new(Code::TextInvalid, detail)
    }

    fn syntax(&self, what: &str) -> Reject {
        Reject::new(Code::JsonSyntax, format!("at byte {} stands {what}", self.at))
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// The next byte that is no blank.
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.step(),
                other => return other.copied(),
            }
        }
    }
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
