//! From JSON to the protobuf encoding of the same message, by the schema.

use std::collections::BTreeSet;

use sanbai_core::time::Timestamp;

use super::read::{Reader, Shape};
use crate::code::Code;
use crate::protobuf::{put_bytes, put_nested, put_number};
use crate::reject::Reject;
use crate::schema::{Field, Kind, Message};

/// What was seen on the way that the message does not hold.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// How many fields nobody knows.
    pub(crate) unknown_fields: u32,
    /// One of them could be a happening of a later version.
    pub(crate) unknown_happening: bool,
    /// JSON name of what happened. Filled in by the survey.
    pub(crate) happening: Option<&'static str>,
    /// Fields that are `null`: message and JSON name.
    pub(crate) nulls: Vec<(&'static str, &'static str)>,
}

/// Appends the protobuf encoding of the object at which `reader` stands.
///
/// With `strict`, a field that nobody knows is an error; else it is counted in `notes`.
pub(crate) fn transcode(
    reader: &mut Reader<'_>,
    message: &'static Message,
    strict: bool,
    notes: &mut Notes,
    out: &mut Vec<u8>,
) -> Result<(), Reject> {
    Transcoder { strict, notes }.message(reader, message, out)
}

struct Transcoder<'n> {
    strict: bool,
    notes: &'n mut Notes,
}

impl Transcoder<'_> {
    fn message(&mut self, reader: &mut Reader<'_>, message: &'static Message, out: &mut Vec<u8>) -> Result<(), Reject> {
        if reader.shape()? != Shape::Object {
            return Err(mismatch("an object"));
        }
        reader.open_object()?;
        let mut seen = 0_u64;
        let mut unknown = BTreeSet::new();
        let mut hint = 0;
        let mut first = true;
        while let Some(name) = reader.name(first)? {
            first = false;
            let Some((place, field)) = message.find(hint, |field| field.is_called(&name)) else {
                self.unknown(reader, message)?;
                if !unknown.insert(name) {
                    return Err(reader.duplicate());
                }
                continue;
            };
            hint = place.saturating_add(1);
            let bit = 1_u64.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0);
            if seen & bit != 0 {
                return Err(reader.duplicate().under(field.json));
            }
            seen |= bit;
            self.field(reader, message, field, out)
                .map_err(|reject| reject.under(field.json))?;
        }
        Ok(())
    }

    fn unknown(&mut self, reader: &mut Reader<'_>, message: &'static Message) -> Result<(), Reject> {
        if self.strict {
            let detail = format!(
                "the field before byte {} is not known here; check its name",
                reader.offset()
            );
            return Err(Reject::new(Code::UnknownField, detail));
        }
        let is_object = reader.shape()? == Shape::Object;
        self.notes.unknown_happening |= is_object && message.fields.iter().any(|field| field.oneof);
        self.notes.unknown_fields = self.notes.unknown_fields.saturating_add(1);
        reader.skip()
    }

    fn field(
        &mut self,
        reader: &mut Reader<'_>,
        message: &'static Message,
        field: &'static Field,
        out: &mut Vec<u8>,
    ) -> Result<(), Reject> {
        match reader.shape()? {
            Shape::Null => {
                self.notes.nulls.push((message.name, field.json));
                reader.literal("null")
            }
            _ if !field.repeated => self.value(reader, field, out),
            Shape::Array => {
                reader.open_array()?;
                let mut index = 0_usize;
                while reader.entry(index == 0)? {
                    self.entry(reader, field, out).map_err(|reject| reject.under(index))?;
                    index = index.saturating_add(1);
                }
                Ok(())
            }
            Shape::Object | Shape::Text | Shape::Number | Shape::True | Shape::False => Err(mismatch("a list")),
        }
    }

    fn entry(&mut self, reader: &mut Reader<'_>, field: &'static Field, out: &mut Vec<u8>) -> Result<(), Reject> {
        if reader.shape()? == Shape::Null {
            return Err(Reject::new(Code::FieldNull, "an entry of a list is null; leave it out"));
        }
        self.value(reader, field, out)
    }

    fn value(&mut self, reader: &mut Reader<'_>, field: &'static Field, out: &mut Vec<u8>) -> Result<(), Reject> {
        let number = field.number;
        let shape = reader.shape()?;
        match (&field.kind, shape) {
            (Kind::Text(_), Shape::Text) => put_bytes(out, number, reader.text()?.as_bytes()),
            (Kind::Flag, Shape::True) => {
                reader.literal("true")?;
                put_number(out, number, 1);
            }
            (Kind::Flag, Shape::False) => {
                reader.literal("false")?;
                put_number(out, number, 0);
            }
            (Kind::Count, Shape::Number) => put_number(out, number, count(reader.number()?)?.into()),
            (Kind::Choice(choice), Shape::Text) => {
                let value = choice.number(&reader.text()?).ok_or_else(unknown_choice)?;
                put_number(out, number, u64::from(value.unsigned_abs()));
            }
            (Kind::Choice(choice), Shape::Number) => {
                let value = i32::try_from(whole(reader.number()?)?).ok();
                let value = value
                    .filter(|value| choice.name(*value).is_some())
                    .ok_or_else(unknown_choice)?;
                put_number(out, number, u64::from(value.unsigned_abs()));
            }
            (Kind::Time, Shape::Text) => put_time(out, number, &reader.text()?)?,
            (Kind::Nested(message), Shape::Object) => {
                put_nested(out, number, |out| self.message(reader, message, out))?;
            }
            (kind, _) => return Err(mismatch(expected(kind))),
        }
        Ok(())
    }
}

const fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text(_) => "a text",
        Kind::Flag => "true or false, without quotes,",
        Kind::Count => "a whole number, without quotes,",
        Kind::Choice(_) => "the name of an enum value",
        Kind::Time => "a time as RFC 3339 text",
        Kind::Nested(_) => "an object",
    }
}

fn mismatch(expected: &str) -> Reject {
    Reject::new(
        Code::TypeMismatch,
        format!("{expected} is needed here; no other type is converted"),
    )
}

fn unknown_choice() -> Reject {
    Reject::new(
        Code::EventTypeUnknown,
        "an enum value that this version does not know; use one of the documented names",
    )
}

/// A number without fraction and exponent, within ±2^53: beyond it, parsers differ.
fn whole(text: &str) -> Result<i64, Reject> {
    let number = text
        .parse::<i64>()
        .ok()
        .filter(|number| number.unsigned_abs() <= 1 << 53);
    number.ok_or_else(|| mismatch("a whole number below 2^53, without fraction and exponent,"))
}

fn count(text: &str) -> Result<u32, Reject> {
    u32::try_from(whole(text)?).map_err(|_| out_of_range())
}

/// The rejection of a number that does not fit 32 bits without sign.
pub(crate) fn out_of_range() -> Reject {
    Reject::new(Code::ValueRange, "the number is below 0 or over 4,294,967,295")
}

fn put_time(out: &mut Vec<u8>, number: u32, text: &str) -> Result<(), Reject> {
    let time = Timestamp::parse(text).ok_or_else(|| not_a_time(text))?;
    let (seconds, nanos) = time.to_parts();
    put_nested(out, number, |out| {
        put_number(out, 1, seconds.cast_unsigned());
        put_number(out, 2, u64::from(nanos.unsigned_abs()));
        Ok(())
    })
}

fn not_a_time(text: &str) -> Reject {
    let year = text
        .trim_start_matches(['+', '-'])
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    if year > 4 && text.contains('-') {
        return Reject::new(
            Code::EventTimeUnit,
            "a year over 9999: were milliseconds taken for seconds?",
        );
    }
    let detail = "not a time of RFC 3339 with a zone, or not a real date; write 2026-03-10T10:03:00+08:00";
    Reject::new(Code::EventTimeInvalid, detail)
}
