//! Checks of single fields, the same whatever encoding they came in.

use sanbai_core::time::Timestamp;

use crate::code::Code;
use crate::form::{FIRST, Fate, check_text, instant};
use crate::limits::{Count, LIST_ENTRIES_MAX, SCHEMA_VERSION, Text};
use crate::reject::Reject;
use crate::sanitise::sanitise_in;
use crate::schema::{Choice, Field, Label, Message};
use crate::times::Dates;
use crate::token::TokenKeys;
use crate::view::Layout;

/// What a producer may send.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// Whether a field that nobody knows is an error.
    pub(crate) strict: bool,
    /// Whether a raw number or name is an error.
    pub(crate) forbid_raw: bool,
    /// Key versions that tokens may name; `None` for any.
    pub(crate) key_versions: Option<Vec<String>>,
}

/// What was seen on the way that the message does not hold.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// How many fields nobody knows.
    pub(crate) unknown_fields: u32,
    /// One of them could be a happening of a later version.
    pub(crate) unknown_happening: bool,
    /// JSON name of what happened.
    pub(crate) happening: Option<&'static str>,
    /// Fields that are `null`: message and JSON name.
    pub(crate) nulls: Vec<(&'static str, &'static str)>,
    /// Something must be written anew: personal data, or bytes that are not canonical.
    pub(crate) rewrite: bool,
    /// Where the fields stand.
    pub(crate) layout: Layout,
}

/// Checks field by field.
pub(crate) struct Checks<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) notes: Notes,
    pub(crate) dates: Dates,
    /// The time that was read last.
    pub(crate) time: Option<Timestamp>,
    /// Bytes of the text or message that was read last.
    pub(crate) length: usize,
    /// Keys for what is raw; without them it is left to be written anew.
    keys: Option<&'p TokenKeys>,
    /// Something raw was read that has not been sanitised.
    pub(crate) is_raw: bool,
}

impl<'p> Checks<'p> {
    pub(crate) fn new(policy: &'p Policy) -> Self {
        Self {
            policy,
            notes: Notes::default(),
            dates: Dates::default(),
            time: None,
            length: 0,
            keys: None,
            is_raw: false,
        }
    }

    /// The same, with keys under which raw values become tokens while they are read.
    pub(crate) const fn tokenising(mut self, keys: &'p TokenKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Notes where the content of a field of the event stands: it was read last, and ends at `end`.
    #[inline]
    pub(crate) fn note(&mut self, number: u32, end: usize) {
        self.notes.layout.note(number, end, self.length, self.time);
    }

    /// A field that nobody knows; `may_happen` if it could be a happening.
    pub(crate) fn unknown(&mut self, may_happen: bool) -> Result<(), Reject> {
        if self.policy.strict {
            let detail = "a field here is not known; check its name, or the version of the schema";
            return Err(Reject::new(Code::UnknownField, detail));
        }
        self.notes.unknown_happening |= may_happen;
        self.notes.unknown_fields = self.notes.unknown_fields.saturating_add(1);
        Ok(())
    }

    /// A happening.
    pub(crate) fn happening(&mut self, field: &'static Field) -> Result<(), Reject> {
        if self.notes.happening.replace(field.json).is_none() {
            return Ok(());
        }
        Err(Reject::new(
            Code::EventTypeUnknown,
            "a second happening in one event; send an event for each",
        ))
    }

    /// One more entry in the lists of a message.
    pub(crate) fn list_entry(&mut self, entries: &mut usize) -> Result<(), Reject> {
        *entries = entries.saturating_add(1);
        if *entries <= LIST_ENTRIES_MAX {
            return Ok(());
        }
        Err(Reject::new(
            Code::FieldTooLong,
            format!("more than {LIST_ENTRIES_MAX} entries in the lists"),
        ))
    }

    /// A text.
    pub(crate) fn text(&mut self, field: &Field, rule: Text, bytes: &[u8]) -> Result<(), Reject> {
        self.notes.rewrite |= bytes.is_empty() && field.label == Label::Implicit;
        match check_text(rule, bytes, self.policy)? {
            Fate::Stays => {}
            Fate::Anew => self.notes.rewrite = true,
            Fate::Raw => self.is_raw = true,
        }
        Ok(())
    }

    /// Leaves nothing raw in the message that `out` holds from `start` on, where something is; later where it cannot be
    /// done yet.
    #[inline]
    pub(crate) fn sanitise(&mut self, message: &'static Message, start: usize, out: &mut Vec<u8>) {
        if core::mem::take(&mut self.is_raw) {
            let today = self.notes.layout.occurred_at.map(Timestamp::civil_day);
            match (self.keys, today) {
                (Some(keys), Some(today)) => self.notes.rewrite |= !sanitise_in(message, start, keys, today, out),
                _ => self.notes.rewrite = true,
            }
        }
    }

    /// What was seen on the way; called once, at its end.
    pub(crate) const fn finish(&mut self) -> &mut Notes {
        self.notes.rewrite |= self.is_raw;
        &mut self.notes
    }

    /// A number.
    pub(crate) fn count(&mut self, field: &Field, limits: Count, number: u64) -> Result<(), Reject> {
        let number = u32::try_from(number).map_err(|_| out_of_range())?;
        self.notes.rewrite |= number == 0 && field.label == Label::Implicit;
        if field.json == "schemaVersion" && number != SCHEMA_VERSION {
            let (code, what) = if number == 0 {
                (Code::SchemaTooOld, "older")
            } else {
                (Code::SchemaTooNew, "newer")
            };
            let detail = format!("written for a {what} schema than the only one read here, version {SCHEMA_VERSION}");
            return Err(Reject::new(code, detail));
        }
        if (limits.min..=limits.max).contains(&number) {
            return Ok(());
        }
        let detail = format!(
            "the number is below {} or over {}; leave it out where it is not known",
            limits.min, limits.max
        );
        Err(Reject::new(Code::ValueRange, detail))
    }

    /// A value of an enum.
    pub(crate) fn choice(&mut self, field: &Field, choice: &Choice, number: u64) -> Result<(), Reject> {
        self.notes.rewrite |= number == 0 && field.label == Label::Implicit;
        let known = i32::try_from(number).ok().and_then(|number| choice.name(number));
        if known.is_some() { Ok(()) } else { Err(unknown_choice()) }
    }

    /// A truth value.
    pub(crate) fn flag(&mut self, field: &Field, number: u64) {
        self.notes.rewrite |= number > 1 || (number == 0 && field.label == Label::Implicit);
    }
}

/// Checks a time that was read from text.
pub(crate) fn check_time(time: Timestamp) -> Result<(), Reject> {
    if time >= FIRST {
        return Ok(());
    }
    let (seconds, nanos) = time.to_parts();
    instant(seconds.cast_unsigned(), u64::from(nanos.unsigned_abs())).map(|_| ())
}

/// The rejection of an enum value that is none.
pub(crate) fn unknown_choice() -> Reject {
    let detail = "an enum value that this version does not know; use one of the documented names";
    Reject::new(Code::EventTypeUnknown, detail)
}

/// The rejection of a number that does not fit 32 bits without sign.
pub(crate) fn out_of_range() -> Reject {
    Reject::new(Code::ValueRange, "the number is below 0 or over 4,294,967,295")
}
