//! From the protobuf encoding of a message to its JSON, by the schema.

use core::fmt::Write as _;

use sanbai_core::time::CivilDay;

use crate::protobuf::{Entries, Entry, Value, varint};
use crate::schema::{Field, Kind, Message};

/// Appends the canonical JSON of a message: lowerCamelCase, enum names, times in UTC, defaults left out.
///
/// `bytes` is what prost has encoded; fields of another type than the schema's are left out.
pub(crate) fn write(message: &'static Message, bytes: &[u8], out: &mut String) {
    let mut open: Option<usize> = None;
    out.push('{');
    for (place, field, value) in known(message, bytes) {
        if open == Some(place) {
            out.push(',');
        } else {
            if open
                .take_if(|last| message.fields.get(*last).is_some_and(|field| field.is_list()))
                .is_some()
            {
                out.push(']');
            }
            if !out.ends_with('{') {
                out.push(',');
            }
            out.push('"');
            out.push_str(field.json);
            out.push_str("\":");
            if field.is_list() {
                out.push('[');
            }
        }
        open = Some(place);
        push_value(field, value, out);
    }
    if open
        .and_then(|last| message.fields.get(last))
        .is_some_and(|field| field.is_list())
    {
        out.push(']');
    }
    out.push('}');
}

fn known<'a>(message: &'static Message, bytes: &'a [u8]) -> impl Iterator<Item = (usize, &'static Field, Value<'a>)> {
    Entries::of(bytes)
        .map_while(Result::ok)
        .filter_map(|Entry { number, value, .. }| {
            let (place, field) = message.numbered(number)?;
            let fits = matches!(
                (&field.kind, value),
                (Kind::Text(_) | Kind::Time | Kind::Nested(_), Value::Bytes(_))
                    | (Kind::Flag | Kind::Count(_) | Kind::Choice(_), Value::Varint(_))
            );
            let packed = field.is_list() && matches!(value, Value::Bytes(_));
            (fits || packed).then_some((place, field, value))
        })
}

fn push_value(field: &'static Field, value: Value<'_>, out: &mut String) {
    match (&field.kind, value) {
        (Kind::Text(_), Value::Bytes(bytes)) => push_text(&String::from_utf8_lossy(bytes), out),
        (Kind::Time, Value::Bytes(bytes)) => push_time(bytes, out),
        (Kind::Nested(message), Value::Bytes(bytes)) => write(message, bytes, out),
        (kind, Value::Varint(number)) => push_number(kind, number, out),
        (kind, Value::Bytes(mut packed)) => {
            let mut first = true;
            while let Some((number, rest)) = varint(packed) {
                if !core::mem::replace(&mut first, false) {
                    out.push(',');
                }
                push_number(kind, number, out);
                packed = rest;
            }
        }
        (_, Value::Fixed | Value::Group) => {}
    }
}

fn push_number(kind: &Kind, number: u64, out: &mut String) {
    let name = match kind {
        Kind::Flag if number == 0 => Some("false"),
        Kind::Flag => Some("true"),
        Kind::Choice(choice) => {
            let name = i32::try_from(number.cast_signed())
                .ok()
                .and_then(|number| choice.name(number));
            name.inspect(|_| out.push('"'))
        }
        Kind::Text(_) | Kind::Count(_) | Kind::Time | Kind::Nested(_) => None,
    };
    out.push_str(name.unwrap_or_default());
    match (kind, name) {
        (Kind::Choice(_), Some(_)) => out.push('"'),
        (_, Some(_)) => {}
        (_, None) => write!(out, "{}", number.cast_signed()).expect("a String takes everything"),
    }
}

/// Appends a text in quotes.
pub(crate) fn push_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                write!(out, "\\u{:04x}", u32::from(character)).expect("a String takes everything");
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Appends a time in UTC with 0, 3, 6 or 9 digits of a second, as the proto3 mapping has it.
fn push_time(message: &[u8], out: &mut String) {
    let mut seconds = 0_i64;
    let mut nanos = 0_i64;
    for entry in Entries::of(message).map_while(Result::ok) {
        match (entry.number, entry.value) {
            (1, Value::Varint(value)) => seconds = value.cast_signed(),
            (2, Value::Varint(value)) => nanos = value.cast_signed(),
            _ => {}
        }
    }
    let day = i32::try_from(seconds.div_euclid(86_400)).map_or(CivilDay::from_days(0), CivilDay::from_days);
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (
        of_day.div_euclid(3_600),
        of_day.div_euclid(60).rem_euclid(60),
        of_day.rem_euclid(60),
    );
    let fraction = match nanos {
        0 => String::new(),
        _ if nanos.rem_euclid(1_000_000) == 0 => format!(".{:03}", nanos.div_euclid(1_000_000)),
        _ if nanos.rem_euclid(1_000) == 0 => format!(".{:06}", nanos.div_euclid(1_000)),
        _ => format!(".{nanos:09}"),
    };
    write!(out, "\"{day}T{hour:02}:{minute:02}:{second:02}{fraction}Z\"").expect("a String takes everything");
}
