//! Checks a protobuf message against the schema. What passes can be read without surprises.

use crate::check::Checks;
use crate::code::Code;
use crate::form::{instant, stays};
use crate::proto::schema::PARCEL_EVENT;
use crate::protobuf::{Entries, Entry, Value, read_time, varint, varint_length};
use crate::reject::Reject;
use crate::sanitise::is_sanitised;
use crate::schema::{Field, Kind, Message};
use crate::text::is_graphic;
use crate::view::{HAPPENING_MIN, nested};

/// Checks one message and all in it.
pub(crate) fn survey(checks: &mut Checks<'_>, message: &'static Message, bytes: &[u8]) -> Result<(), Reject> {
    let is_event = core::ptr::eq(message, &PARCEL_EVENT);
    let mut state = State::default();
    let mut entries = Entries::of(bytes);
    loop {
        let entry = match entries.simple() {
            Some(entry) => entry,
            None => match entries.general() {
                Some(entry) => entry?,
                None => break,
            },
        };
        let Some((place, field)) = message.numbered(entry.number) else {
            unknown(checks, message, &entry)?;
            continue;
        };
        checks.notes.rewrite |= entry.number < state.last;
        state.last = entry.number;
        if field.is_list() {
            list(checks, place, field, entry.value, &mut state)?;
        } else {
            let bit = 1_u64.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0);
            if state.seen & bit != 0 {
                let twice = Reject::new(Code::ProtoDecode, "the field stands twice; send it once");
                return Err(twice.under(field.json));
            }
            state.seen |= bit;
            if !is_fine(field, entry.value) {
                value(checks, field, entry.value).map_err(|reject| reject.under(field.json))?;
            }
        }
        if is_event {
            checks.length = nested(entry.value).len();
            checks.note(entry.number, bytes.len().saturating_sub(entries.remaining()));
        }
    }
    checks.notes.rewrite |= entries.is_padded();
    Ok(())
}

/// How far a message has been read.
#[derive(Default)]
struct State {
    /// Fields that were there, as bits of their places.
    seen: u64,
    /// The number of the last field.
    last: u32,
    /// Entries of all lists.
    listed: usize,
    /// Place of the last list, and the index of its next entry.
    list: Option<(usize, usize)>,
}

fn unknown(checks: &mut Checks<'_>, message: &Message, entry: &Entry<'_>) -> Result<(), Reject> {
    // What nobody knows is left out of what is stored.
    checks.notes.rewrite = true;
    let is_message = entry.number >= HAPPENING_MIN && matches!(entry.value, Value::Bytes(_));
    checks.unknown(is_message && core::ptr::eq(message, &PARCEL_EVENT))
}

/// One entry of a list, or several numbers in one.
fn list(
    checks: &mut Checks<'_>,
    place: usize,
    field: &'static Field,
    value: Value<'_>,
    state: &mut State,
) -> Result<(), Reject> {
    let goes_on = state.list.filter(|(last, _)| *last == place);
    let mut index = goes_on.map_or(0, |(_, next)| next);
    let mut one = |checks: &mut Checks<'_>, value: Value<'_>| {
        let checked = checks.list_entry(&mut state.listed).and_then(|()| {
            if is_fine(field, value) {
                Ok(())
            } else {
                self::value(checks, field, value)
            }
        });
        checked.map_err(|reject| reject.under(index).under(field.json))?;
        index = index.saturating_add(1);
        Ok(())
    };
    if let (Value::Bytes(mut packed), true) = (value, field.is_packed()) {
        // Numbers of a list are canonical in one field only.
        checks.notes.rewrite |= packed.is_empty() || goes_on.is_some();
        let (all, mut length) = (packed.len(), 0_usize);
        while !packed.is_empty() {
            let (number, rest) = varint(packed).ok_or_else(|| wrong_type().under(field.json))?;
            one(checks, Value::Varint(number))?;
            length = length.saturating_add(varint_length(number));
            packed = rest;
        }
        checks.notes.rewrite |= length != all;
    } else {
        one(checks, value)?;
        checks.notes.rewrite |= field.is_packed();
    }
    state.list = Some((place, index));
    Ok(())
}

/// Whether it is seen at once that a value is a text that stays as it is.
#[inline]
fn is_fine(field: &Field, value: Value<'_>) -> bool {
    match (&field.kind, value) {
        (Kind::Text(rule), Value::Bytes(bytes)) => !bytes.is_empty() && is_graphic(bytes) && stays(*rule, bytes),
        _ => false,
    }
}

fn value(checks: &mut Checks<'_>, field: &'static Field, value: Value<'_>) -> Result<(), Reject> {
    match (&field.kind, value) {
        (Kind::Text(rule), Value::Bytes(bytes)) => checks.text(field, *rule, bytes),
        (Kind::Nested(message), Value::Bytes(bytes)) => {
            if field.is_happening() {
                checks.happening(field)?;
            }
            nested_message(checks, message, bytes)
        }
        (Kind::Time, Value::Bytes(bytes)) => time(checks, bytes),
        (Kind::Count(limits), Value::Varint(number)) => checks.count(field, *limits, number),
        (Kind::Choice(choice), Value::Varint(number)) => checks.choice(field, choice, number),
        (Kind::Flag, Value::Varint(number)) => {
            checks.flag(field, number);
            Ok(())
        }
        _ => Err(wrong_type()),
    }
}

/// Checks a message within another. What is raw in it is sanitised when the event is written anew, which is not needed where
/// that would leave the message as it is.
fn nested_message(checks: &mut Checks<'_>, message: &'static Message, bytes: &[u8]) -> Result<(), Reject> {
    let was_raw = core::mem::take(&mut checks.is_raw);
    survey(checks, message, bytes)?;
    checks.is_raw = was_raw || (checks.is_raw && !is_sanitised(message, bytes));
    Ok(())
}

fn time(checks: &mut Checks<'_>, bytes: &[u8]) -> Result<(), Reject> {
    let (seconds, nanos) = read_time(bytes)?;
    let length = |number: u64| {
        if number == 0 {
            0
        } else {
            varint_length(number).saturating_add(1)
        }
    };
    let is_ordered = seconds == 0 || bytes.first() == Some(&0x08);
    checks.notes.rewrite |= !is_ordered || length(seconds).saturating_add(length(nanos)) != bytes.len();
    checks.time = Some(instant(seconds, nanos)?);
    Ok(())
}

/// The rejection of a field of another wire type.
pub(crate) fn wrong_type() -> Reject {
    Reject::new(
        Code::ProtoDecode,
        "the field has another protobuf wire type than the schema says",
    )
}
