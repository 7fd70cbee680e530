//! From JSON to the protobuf encoding of the same message, by the schema, checking field by field.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::read::{Reader, Shape};
use crate::check::{Checks, check_time, out_of_range, unknown_choice};
use crate::code::Code;
use crate::form::{FIRST, stays};
use crate::proto::schema::PARCEL_EVENT;
use crate::protobuf::{put_bytes, put_nested, put_number, put_time, put_varint};
use crate::reject::Reject;
use crate::schema::{Field, Kind, Label, Message};

/// Appends the protobuf encoding of the object at which `reader` stands.
pub(crate) fn transcode(
    checks: &mut Checks<'_>,
    reader: &mut Reader<'_>,
    message: &'static Message,
    out: &mut Vec<u8>,
) -> Result<(), Reject> {
    let is_event = core::ptr::eq(message, &PARCEL_EVENT);
    if reader.shape()? != Shape::Object {
        if is_event {
            // A line of a log may begin like JSON.
            reader.skip()?;
            reader.clone().finish()?;
        }
        return Err(mismatch("an object"));
    }
    reader.open_object()?;
    let mut state = State::default();
    loop {
        let (place, field) = match expected(reader, message, &state) {
            Some(found) => found,
            None if reader.passes_end() => return Ok(()),
            None => match named(checks, reader, message, &mut state)? {
                Name::Known(place, field) => (place, field),
                Name::Unknown => continue,
                Name::End => return Ok(()),
            },
        };
        state.is_first = false;
        state.hint = place.saturating_add(1);
        let bit = 1_u64.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0);
        if state.seen & bit != 0 {
            return Err(reader.duplicate().under(field.json));
        }
        state.seen |= bit;
        checks.notes.rewrite |= field.number < state.last;
        state.last = field.number;
        let start = out.len();
        if !straight(checks, reader, field, out) {
            self::field(checks, reader, message, field, &mut state.listed, out)
                .map_err(|reject| reject.under(field.json))?;
        }
        if is_event && out.len() > start {
            checks.note(field.number, out.len());
        }
    }
}

/// The next field, if its name is short and written as nearly all producers write it.
#[inline]
fn expected(reader: &mut Reader<'_>, message: &'static Message, state: &State<'_>) -> Option<(usize, &'static Field)> {
    let head = reader.name_head(state.is_first)?;
    let found = message.find(state.hint, |field| field.key.begins(head));
    found.filter(|(_, field)| reader.pass_name(field.key.length, state.is_first))
}

/// Reads a value that is written as nearly all are, and stays as it is: a text, a time, the name of an enum value.
/// `false` where it is not, and then nothing was read.
#[inline]
fn straight(checks: &mut Checks<'_>, reader: &mut Reader<'_>, field: &'static Field, out: &mut Vec<u8>) -> bool {
    match &field.kind {
        Kind::Text(rule) if !field.is_list() => match reader.graphic_text() {
            Some((text, rest)) if !text.is_empty() && stays(*rule, text) => {
                reader.go_to(rest);
                put_bytes(out, field.number, text);
                checks.length = text.len();
                true
            }
            _ => false,
        },
        Kind::Time => match reader.common_time(&mut checks.dates) {
            Some((time, rest)) if time >= FIRST => {
                reader.go_to(rest);
                put_time(out, field.number, time);
                checks.time = Some(time);
                true
            }
            _ => false,
        },
        Kind::Choice(choice) if !field.is_list() => {
            let found = reader
                .graphic_text()
                .and_then(|(name, rest)| choice.called(name).map(|number| (number, rest)));
            match found {
                Some((number, rest)) if number != 0 => {
                    reader.go_to(rest);
                    put_number(out, field.number, number.unsigned_abs().into());
                    true
                }
                _ => false,
            }
        }
        Kind::Text(_) | Kind::Choice(_) | Kind::Flag | Kind::Count(_) | Kind::Nested(_) => false,
    }
}

/// What a name says.
enum Name {
    /// A field and its place.
    Known(usize, &'static Field),
    /// A field that nobody knows; its value was passed over.
    Unknown,
    /// The object has ended.
    End,
}

fn named<'a>(
    checks: &mut Checks<'_>,
    reader: &mut Reader<'a>,
    message: &'static Message,
    state: &mut State<'a>,
) -> Result<Name, Reject> {
    let Some(name) = reader.name(state.is_first)? else {
        return Ok(Name::End);
    };
    state.is_first = false;
    if let Some((place, field)) = message.find(state.hint, |field| field.is_called(&name)) {
        return Ok(Name::Known(place, field));
    }
    reader.check_text(&name)?;
    let is_object = reader.shape()? == Shape::Object;
    checks.unknown(is_object && core::ptr::eq(message, &PARCEL_EVENT))?;
    reader.skip()?;
    if state.unknown.get_or_insert_default().insert(name) {
        Ok(Name::Unknown)
    } else {
        Err(reader.duplicate())
    }
}

/// How far an object has been read.
struct State<'a> {
    /// Fields that were there, as bits of their places.
    seen: u64,
    /// Names that nobody knows, where there are any.
    unknown: Option<BTreeSet<Cow<'a, [u8]>>>,
    /// Where the next field is looked for.
    hint: usize,
    /// The number of the last field.
    last: u32,
    /// Entries of all lists.
    listed: usize,
    is_first: bool,
}

impl Default for State<'_> {
    fn default() -> Self {
        Self {
            seen: 0,
            unknown: None,
            hint: 0,
            last: 0,
            listed: 0,
            is_first: true,
        }
    }
}

fn field(
    checks: &mut Checks<'_>,
    reader: &mut Reader<'_>,
    message: &'static Message,
    field: &'static Field,
    listed: &mut usize,
    out: &mut Vec<u8>,
) -> Result<(), Reject> {
    match reader.shape()? {
        Shape::Null => {
            checks.notes.nulls.push((message.name, field.json));
            reader.literal("null")
        }
        shape if !field.is_list() => value(checks, reader, field, shape, out),
        Shape::Array if field.is_packed() => {
            let start = out.len();
            put_nested(out, field.number, |out| list(checks, reader, field, listed, out))?;
            checks.notes.rewrite |= out.len().saturating_sub(start) <= 2;
            Ok(())
        }
        Shape::Array => list(checks, reader, field, listed, out),
        Shape::Object | Shape::Text | Shape::Number | Shape::True | Shape::False => Err(mismatch("a list")),
    }
}

fn list(
    checks: &mut Checks<'_>,
    reader: &mut Reader<'_>,
    field: &'static Field,
    listed: &mut usize,
    out: &mut Vec<u8>,
) -> Result<(), Reject> {
    reader.open_array()?;
    let mut index = 0_usize;
    while reader.entry(index == 0)? {
        let entry = checks.list_entry(listed).and_then(|()| {
            let shape = reader.shape()?;
            if shape == Shape::Null {
                return Err(Reject::new(Code::FieldNull, "an entry of a list is null; leave it out"));
            }
            if field.is_packed() {
                put_varint(out, number(checks, reader, field, shape)?);
                return Ok(());
            }
            value(checks, reader, field, shape, out)
        });
        entry.map_err(|reject| reject.under(index))?;
        index = index.saturating_add(1);
    }
    Ok(())
}

fn value(
    checks: &mut Checks<'_>,
    reader: &mut Reader<'_>,
    field: &'static Field,
    shape: Shape,
    out: &mut Vec<u8>,
) -> Result<(), Reject> {
    match (&field.kind, shape) {
        (Kind::Text(rule), Shape::Text) => {
            let text = reader.raw_text()?;
            if !text.is_empty() || field.label != Label::Implicit {
                checks.text(field, *rule, &text)?;
                put_bytes(out, field.number, &text);
                checks.length = text.len();
            }
        }
        (Kind::Time, Shape::Text) => {
            let time = checks.dates.parse(&reader.raw_text()?)?;
            check_time(time)?;
            checks.time = Some(time);
            put_time(out, field.number, time);
        }
        (Kind::Nested(message), Shape::Object) => {
            if field.is_happening() {
                checks.happening(field)?;
            }
            put_nested(out, field.number, |out| {
                let start = out.len();
                transcode(checks, reader, message, out)?;
                checks.sanitise(message, start, out);
                checks.length = out.len().saturating_sub(start);
                Ok(())
            })?;
        }
        (_, shape) => {
            let value = number(checks, reader, field, shape)?;
            if value != 0 || field.label != Label::Implicit {
                put_number(out, field.number, value);
            }
        }
    }
    Ok(())
}

/// What is written as a number on the wire: a truth value, a number, a value of an enum.
fn number(
    checks: &mut Checks<'_>,
    reader: &mut Reader<'_>,
    field: &'static Field,
    shape: Shape,
) -> Result<u64, Reject> {
    match (&field.kind, shape) {
        (Kind::Flag, Shape::True) => reader.literal("true").map(|()| 1),
        (Kind::Flag, Shape::False) => reader.literal("false").map(|()| 0),
        (Kind::Count(limits), Shape::Number) => {
            let number = u64::try_from(whole(reader.number()?)?).map_err(|_| out_of_range())?;
            let rewrite = checks.notes.rewrite;
            checks.count(field, *limits, number)?;
            // A 0 is not written here, where it means nothing.
            checks.notes.rewrite = rewrite;
            Ok(number)
        }
        (Kind::Choice(choice), Shape::Text) => {
            let number = choice.number(&reader.raw_text()?).ok_or_else(unknown_choice)?;
            Ok(u64::from(number.unsigned_abs()))
        }
        (Kind::Choice(choice), Shape::Number) => {
            let number = i32::try_from(whole(reader.number()?)?).ok();
            let number = number
                .filter(|number| choice.name(*number).is_some())
                .ok_or_else(unknown_choice)?;
            Ok(u64::from(number.unsigned_abs()))
        }
        (kind, _) => Err(mismatch(needed(kind))),
    }
}

const fn needed(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text(_) => "a text",
        Kind::Flag => "true or false, without quotes,",
        Kind::Count(_) => "a whole number, without quotes,",
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

/// A number without fraction and exponent, within ±2^53: beyond it, parsers differ.
fn whole(text: &str) -> Result<i64, Reject> {
    let number = text
        .parse::<i64>()
        .ok()
        .filter(|number| number.unsigned_abs() <= 1 << 53);
    number.ok_or_else(|| mismatch("a whole number below 2^53, without fraction and exponent,"))
}
