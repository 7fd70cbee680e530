//! Checks a protobuf message against the schema, whatever encoding it came in: types, texts, enum values, lists, and
//! personal data where it should not be. What passes is decoded by prost without surprises.

use sanbai_core::event::EventId;
use sanbai_core::time::CivilDay;

use crate::code::Code;
use crate::json::{Notes, out_of_range};
use crate::limits::{LIST_ENTRIES_MAX, Text, TextKind};
use crate::protobuf::{Entries, Entry, Value, put_bytes, put_nested, varint};
use crate::reject::Reject;
use crate::sanitise::{LONG_TERM, LONG_TERM_ZH};
use crate::schema::{Choice, Field, Kind, Message};
use crate::text::{REMOVED, Run, find_personal, has_blank, is_clean, redacted};
use crate::token::Token;

/// Lowest number of a happening.
const HAPPENING_MIN: u32 = 20;

/// What a survey looks for besides errors.
pub(crate) struct Survey<'n> {
    /// Whether a field that nobody knows is an error.
    pub(crate) strict: bool,
    /// Where unknown fields are counted.
    pub(crate) notes: &'n mut Notes,
    /// Whether personal data stands where it must be removed: see [`redact`].
    pub(crate) personal: bool,
}

impl Survey<'_> {
    /// Checks one message and all in it.
    pub(crate) fn message(&mut self, message: &'static Message, bytes: &[u8]) -> Result<(), Reject> {
        let mut seen = 0_u64;
        let mut hint = 0;
        let mut listed = 0_usize;
        let mut list: Option<(usize, usize)> = None;
        for entry in Entries::of(bytes) {
            let entry = entry?;
            let Some((place, field)) = message.find(hint, |field| field.number == entry.number) else {
                self.unknown(message, &entry)?;
                continue;
            };
            // Lists come in a row, anything else moves on.
            hint = if field.repeated { place } else { place.saturating_add(1) };
            if field.repeated {
                let index = list
                    .filter(|(last, _)| *last == place)
                    .map_or(0, |(_, index)| index.saturating_add(1));
                list = Some((place, index));
                let check = self.entries(field, entry.value, &mut listed);
                check.map_err(|reject| reject.under(index).under(field.json))?;
                continue;
            }
            let bit = 1_u64.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0);
            if seen & bit != 0 {
                let twice = Reject::new(Code::ProtoDecode, "the field stands twice; send it once");
                return Err(twice.under(field.json));
            }
            if field.oneof && self.notes.happening.replace(field.json).is_some() {
                return Err(two_happenings().under(field.json));
            }
            seen |= bit;
            self.value(field, entry.value)
                .map_err(|reject| reject.under(field.json))?;
        }
        Ok(())
    }

    fn unknown(&mut self, message: &Message, entry: &Entry<'_>) -> Result<(), Reject> {
        if self.strict {
            let detail = "a protobuf field has a number that is not known here; check the version of the schema";
            return Err(Reject::new(Code::UnknownField, detail));
        }
        let may_happen = entry.number >= HAPPENING_MIN && matches!(entry.value, Value::Bytes(_));
        self.notes.unknown_happening |= may_happen && message.fields.iter().any(|field| field.oneof);
        self.notes.unknown_fields = self.notes.unknown_fields.saturating_add(1);
        Ok(())
    }

    /// One entry of a list, or several numbers in one.
    fn entries(&mut self, field: &'static Field, value: Value<'_>, listed: &mut usize) -> Result<(), Reject> {
        let one_more = |listed: &mut usize| {
            *listed = listed.saturating_add(1);
            let detail = || {
                Reject::new(
                    Code::FieldTooLong,
                    format!("more than {LIST_ENTRIES_MAX} entries in the lists"),
                )
            };
            if *listed > LIST_ENTRIES_MAX {
                Err(detail())
            } else {
                Ok(())
            }
        };
        match (&field.kind, value) {
            (Kind::Choice(_) | Kind::Count | Kind::Flag, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    one_more(listed)?;
                    let (number, rest) = varint(packed).ok_or_else(wrong_type)?;
                    self.value(field, Value::Varint(number))?;
                    packed = rest;
                }
                Ok(())
            }
            _ => one_more(listed).and_then(|()| self.value(field, value)),
        }
    }

    fn value(&mut self, field: &'static Field, value: Value<'_>) -> Result<(), Reject> {
        match (&field.kind, value) {
            (Kind::Text(rule), Value::Bytes(bytes)) => {
                let text = core::str::from_utf8(bytes)
                    .map_err(|_| Reject::new(Code::TextInvalid, "the text is not UTF-8; encode it so"))?;
                self.text(*rule, text)
            }
            (Kind::Nested(message), Value::Bytes(bytes)) => self.message(message, bytes),
            (Kind::Time, Value::Bytes(bytes)) => time(bytes),
            (Kind::Count, Value::Varint(number)) => u32::try_from(number).map_err(|_| out_of_range()).map(|_| ()),
            (Kind::Choice(choice), Value::Varint(number)) => is_choice(choice, number),
            (Kind::Flag, Value::Varint(_)) => Ok(()),
            _ => Err(wrong_type()),
        }
    }

    fn text(&mut self, rule: Text, text: &str) -> Result<(), Reject> {
        if text.is_empty() || text == REMOVED {
            return Ok(());
        }
        if text.len() > rule.bytes_max {
            let detail = format!(
                "the text has {} bytes, over the limit of {}",
                text.len(),
                rule.bytes_max
            );
            return Err(Reject::new(Code::FieldTooLong, detail));
        }
        if !is_clean(text) {
            return Err(Reject::new(
                Code::TextInvalid,
                "the text holds control or direction characters; remove them",
            ));
        }
        if find_personal(text, rule.kind.run()).is_some() {
            match rule.kind {
                TextKind::Identifier | TextKind::Waybill | TextKind::EventId => return Err(personal()),
                TextKind::Token => return Err(raw_for_token()),
                TextKind::Raw | TextKind::Masked => return Ok(()),
                TextKind::Code | TextKind::Words => self.personal = true,
                TextKind::Day | TextKind::Place | TextKind::Digest | TextKind::Image => {
                    self.personal = true;
                    return Ok(());
                }
            }
        }
        form(rule.kind, text)
    }
}

impl TextKind {
    /// What hides a number in such a text.
    const fn run(self) -> Run {
        match self {
            Self::Words | Self::Raw | Self::Masked | Self::Day => Run::Digits,
            Self::Identifier | Self::Waybill | Self::EventId | Self::Code => Run::Code,
            Self::Token | Self::Place | Self::Digest | Self::Image => Run::Code,
        }
    }
}

/// Whether a text without personal data has the form of its kind.
fn form(kind: TextKind, text: &str) -> Result<(), Reject> {
    let (is_right, code, detail) = match kind {
        TextKind::Words | TextKind::Raw | TextKind::Masked | TextKind::Waybill => return Ok(()),
        TextKind::Identifier | TextKind::Code => (
            !has_blank(text),
            Code::TextInvalid,
            "blanks stand inside a code; remove them",
        ),
        TextKind::EventId => (
            EventId::parse(text).is_some(),
            Code::EventIdInvalid,
            "an event id is a UUID with hyphens or a ULID",
        ),
        TextKind::Token => (
            Token::parse(text).is_some(),
            Code::TokenKeyUnknown,
            "a token names algorithm, key version and value, with colons between; let the edge make it",
        ),
        TextKind::Day => (
            CivilDay::parse(text).is_some() || matches!(text, LONG_TERM | LONG_TERM_ZH),
            Code::EventTimeInvalid,
            "not a real day; write YYYY-MM-DD, or long-term for a document without an end",
        ),
        TextKind::Place => (
            (2..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()),
            Code::ValueRange,
            "a division code has 2 to 12 digits and nothing else",
        ),
        TextKind::Digest => (
            text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Code::RefInvalid,
            "a photo is named by the 64 hex digits of its SHA-256",
        ),
        TextKind::Image => (
            is_plain_name(text),
            Code::RefInvalid,
            "an image is named by its id, never by an address or a path",
        ),
    };
    if is_right {
        Ok(())
    } else {
        Err(Reject::new(code, detail))
    }
}

/// Neither a path nor an address, and nothing that could become one.
fn is_plain_name(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let has_scheme =
        scheme.is_some_and(|scheme| scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphabetic()));
    !has_scheme && !text.contains(['/', '\\', '%', '?', '#', '@']) && !text.contains("..") && !has_blank(text)
}

fn is_choice(choice: &Choice, number: u64) -> Result<(), Reject> {
    let known = i32::try_from(number).ok().and_then(|number| choice.name(number));
    known.map(|_| ()).ok_or_else(|| {
        Reject::new(
            Code::EventTypeUnknown,
            "an enum value that this version does not know; use a documented one",
        )
    })
}

fn time(bytes: &[u8]) -> Result<(), Reject> {
    let mut seen = 0_u64;
    for entry in Entries::of(bytes) {
        let entry = entry?;
        let bit = match (entry.number, entry.value) {
            (number @ (1 | 2), Value::Varint(_)) => 1_u64.checked_shl(number).unwrap_or(0),
            (1 | 2, _) => return Err(wrong_type()),
            _ => 0,
        };
        if seen & bit != 0 {
            return Err(Reject::new(
                Code::ProtoDecode,
                "a time has its seconds twice; send them once",
            ));
        }
        seen |= bit;
    }
    Ok(())
}

fn two_happenings() -> Reject {
    Reject::new(
        Code::EventTypeUnknown,
        "a second happening in one event; send an event for each",
    )
}

fn wrong_type() -> Reject {
    Reject::new(
        Code::ProtoDecode,
        "the field has another protobuf wire type than the schema says",
    )
}

/// The rejection of personal data in what names a parcel, a place or a person at work.
pub(crate) fn personal() -> Reject {
    let detail = "an ID number or a phone number stands in an identifier; use the licence, staff or waybill number";
    Reject::new(Code::PiiInWrongField, detail)
}

fn raw_for_token() -> Reject {
    Reject::new(
        Code::PlaintextIdForbidden,
        "a raw number stands where only a token may; let the edge make the token",
    )
}

/// Appends the message to `out` without the personal data that a survey has found, and names the fields.
pub(crate) fn redact(message: &'static Message, bytes: &[u8], path: &str, out: &mut Vec<u8>, fields: &mut Vec<String>) {
    for entry in Entries::of(bytes).map_while(Result::ok) {
        let field = message
            .find(0, |field| field.number == entry.number)
            .map(|(_, field)| field);
        let below = |field: &Field| {
            if path.is_empty() {
                field.json.into()
            } else {
                format!("{path}.{}", field.json)
            }
        };
        match (field.map(|field| (field, &field.kind)), entry.value) {
            (Some((field, Kind::Text(rule))), Value::Bytes(text)) if rule.kind.is_redacted() => {
                let text = core::str::from_utf8(text).unwrap_or_default();
                let Some(clean) = rule.kind.redacted(text) else {
                    out.extend_from_slice(entry.raw);
                    continue;
                };
                put_bytes(out, field.number, clean.as_bytes());
                fields.push(below(field));
            }
            (Some((field, Kind::Nested(message))), Value::Bytes(inner)) => {
                let written: Result<(), Reject> = put_nested(out, field.number, |out| {
                    redact(message, inner, &below(field), out, fields);
                    Ok(())
                });
                debug_assert!(written.is_ok(), "nothing in it fails");
            }
            _ => out.extend_from_slice(entry.raw),
        }
    }
}

impl TextKind {
    /// Whether personal data is removed from it, and the event counts.
    const fn is_redacted(self) -> bool {
        match self {
            Self::Code | Self::Words | Self::Day | Self::Place | Self::Digest | Self::Image => true,
            Self::Identifier | Self::Waybill | Self::EventId | Self::Raw | Self::Masked | Self::Token => false,
        }
    }

    /// The text without personal data; `None` where there is none. What has a form of its own goes as a whole.
    fn redacted(self, text: &str) -> Option<String> {
        let clean = redacted(text, self.run())?;
        Some(if matches!(self, Self::Code | Self::Words) {
            clean
        } else {
            REMOVED.to_owned()
        })
    }
}
