//! What a number looks like when all that does not matter is taken off.

use core::fmt;

/// Longest input that is looked at, in bytes; anything longer is no number of any kind.
pub const RAW_MAX: usize = 128;

/// Longest number that is kept. Over the 18 characters of the longest kind, so that one too many is seen.
const KEPT_MAX: usize = 24;

/// What was changed to make a number comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Normalised {
    /// Blanks before or after it were removed.
    pub trimmed: bool,
    /// Blanks or hyphens inside it were removed.
    pub separators_removed: bool,
    /// Full-width characters became ASCII.
    pub width_folded: bool,
    /// Small letters became capitals.
    pub uppercased: bool,
}

impl Normalised {
    /// Whether anything was changed.
    pub const fn any(self) -> bool {
        self.trimmed || self.separators_removed || self.width_folded || self.uppercased
    }
}

/// A number without blanks and hyphens, in ASCII capitals and digits: what tokens are made of.
///
/// 1 to 24 characters. It is personal data, so neither `Debug` nor anything else prints it.
///
/// ```
/// use sanbai_core::document::Canonical;
///
/// let number = Canonical::of("  １１０101 19000101-001x ").expect("letters and digits");
/// assert_eq!(number.as_bytes(), b"11010119000101001X");
/// assert_eq!(format!("{number:?}"), "Canonical(18 characters)");
/// assert!(Canonical::of("一二三四五六").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Canonical {
    bytes: [u8; KEPT_MAX],
    length: usize,
    changes: Normalised,
}

impl Canonical {
    /// Reads a number; `None` where it is empty, too long, or has a character that no number has.
    ///
    /// Looks at no more than [`RAW_MAX`] bytes.
    pub fn of(number: impl AsRef<[u8]>) -> Option<Self> {
        let text = as_text(number.as_ref())?;
        let inner = text.trim_matches(is_blank);
        let mut canonical = Self {
            bytes: [0; KEPT_MAX],
            length: 0,
            changes: Normalised::default(),
        };
        canonical.changes.trimmed = inner.len() < text.len();
        inner.chars().try_for_each(|character| canonical.push(character))?;
        (canonical.length > 0).then_some(canonical)
    }

    fn push(&mut self, character: char) -> Option<()> {
        if is_blank(character) || is_hyphen(character) {
            self.changes.separators_removed = true;
            return Some(());
        }
        let mut byte = match character {
            '\u{ff01}'..='\u{ff5e}' => {
                self.changes.width_folded = true;
                u8::try_from(u32::from(character).wrapping_sub(0xfee0)).ok()?
            }
            _ => u8::try_from(character).ok()?,
        };
        if byte.is_ascii_lowercase() {
            self.changes.uppercased = true;
            byte.make_ascii_uppercase();
        }
        if !byte.is_ascii_alphanumeric() {
            return None;
        }
        *self.bytes.get_mut(self.length)? = byte;
        self.length = self.length.saturating_add(1);
        Some(())
    }

    /// The characters.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// What was changed.
    pub const fn changes(&self) -> Normalised {
        self.changes
    }
}

impl fmt::Debug for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Canonical({} characters)", self.length)
    }
}

/// Whether there is anything at all but blanks, in no more than [`RAW_MAX`] bytes of UTF-8.
pub(super) fn is_present(number: &[u8]) -> bool {
    as_text(number).is_some_and(|text| {
        text.chars()
            .any(|character| !is_blank(character) && !character.is_control())
    })
}

fn as_text(number: &[u8]) -> Option<&str> {
    if number.len() > RAW_MAX {
        return None;
    }
    core::str::from_utf8(number).ok()
}

/// Blanks of the keyboard, of a table cell and of Chinese text, and the mark with which some files begin.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{a0}' | '\u{3000}' | '\u{feff}')
}

fn is_hyphen(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}')
}
