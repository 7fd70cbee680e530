//! What was wrong with bytes that were not accepted, without the bytes.

use core::fmt;

use crate::code::Code;

/// Why bytes were not accepted.
///
/// Never holds any part of a value: it may be personal data. Names of fields that nobody knows are values, too.
///
/// ```
/// use sanbai_wire::{Code, Decoder, Encoding, TokenKeys};
///
/// let decoder = Decoder::new(TokenKeys::single("1", [7; 32])?, |_| Some("SF"));
/// let reject = decoder.decode(br#"{"eventId":7}"#, Encoding::Json).expect_err("a number is no text");
/// assert_eq!(reject.code, Code::TypeMismatch);
/// assert_eq!(reject.pointer, "/eventId");
/// assert_eq!(reject.to_string(), "type_mismatch at /eventId: a text is needed here; no other type is converted");
/// # Ok::<(), sanbai_wire::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The stable code.
    pub code: Code,
    /// Where: a JSON pointer with the JSON names of the fields, whatever the encoding. Empty for the whole.
    pub pointer: String,
    /// One sentence for people: what is wrong, what is expected, what to do.
    pub detail: String,
}

impl Reject {
    /// A rejection of the whole.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            pointer: String::new(),
            detail: detail.into(),
        }
    }

    /// The same, one level up: `name` is in front of the pointer.
    #[must_use]
    pub(crate) fn under(mut self, name: impl fmt::Display) -> Self {
        self.pointer = format!("/{name}{}", self.pointer);
        self
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            write!(f, "{}: {}", self.code, self.detail)
        } else {
            write!(f, "{} at {}: {}", self.code, self.pointer, self.detail)
        }
    }
}

impl core::error::Error for Reject {}
