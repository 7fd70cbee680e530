//! Writes an event anew: canonical, as prost would, and without personal data.

use sanbai_core::time::CivilDay;

use crate::form::{LONG_TERM, LONG_TERM_ZH};
use crate::limits::{LIST_ENTRIES_MAX, Text, TextKind};
use crate::proto::schema::{PARCEL_EVENT, parcel_event};
use crate::protobuf::{Entries, Value, put_bytes, put_nested, put_number, put_time, put_varint, varint};
use crate::sanitise::sanitise_in;
use crate::schema::{Field, Kind, Label, Message};
use crate::text::{REMOVED, is_name, redacted};
use crate::token::TokenKeys;
use crate::view::{nested, time};

/// How an event is written anew.
pub(crate) struct Rewriter<'a> {
    keys: &'a TokenKeys,
    /// The civil day of the event.
    today: CivilDay,
    /// Paths of the fields from which something was removed.
    removed: Vec<String>,
}

/// A field of a message, as it is written.
type Entry<'a> = (&'static Field, Value<'a>);

impl<'a> Rewriter<'a> {
    pub(crate) const fn new(keys: &'a TokenKeys, today: CivilDay) -> Self {
        Self {
            keys,
            today,
            removed: Vec::new(),
        }
    }

    /// The event, with the texts and times of `instead` for its own.
    pub(crate) fn event(mut self, bytes: &[u8], instead: &[(u32, &[u8])]) -> Vec<u8> {
        let mut entries: Vec<Entry<'_>> = entries(&PARCEL_EVENT, bytes);
        for (number, content) in instead {
            entries.retain(|(field, _)| field.number != *number);
            let field = PARCEL_EVENT.numbered(*number).map(|(_, field)| field);
            entries.extend(field.map(|field| (field, Value::Bytes(content))));
        }
        entries.sort_by_key(|(field, _)| field.number);
        // What is removed further behind is named before it.
        let place = entries.partition_point(|(field, _)| field.number <= parcel_event::REDACTED_FIELDS);
        let (head, tail) = entries.split_at_checked(place).unwrap_or_default();
        let mut out = Vec::with_capacity(bytes.len().saturating_add(256));
        self.entries(head, "", &mut out);
        let mut behind = Vec::with_capacity(bytes.len().saturating_add(128));
        self.entries(tail, "", &mut behind);
        let mut named: Vec<&[u8]> = head
            .iter()
            .filter(|(field, _)| field.number == parcel_event::REDACTED_FIELDS)
            .map(|(_, value)| nested(*value))
            .collect();
        for path in &self.removed {
            if named.len() < LIST_ENTRIES_MAX && !named.contains(&path.as_bytes()) {
                put_bytes(&mut out, parcel_event::REDACTED_FIELDS, path.as_bytes());
                named.push(path.as_bytes());
            }
        }
        out.append(&mut behind);
        out
    }

    fn message(&mut self, message: &'static Message, bytes: &[u8], path: &str, out: &mut Vec<u8>) {
        let mut entries = entries(message, bytes);
        entries.sort_by_key(|(field, _)| field.number);
        self.entries(&entries, path, out);
    }

    fn entries(&mut self, entries: &[Entry<'_>], path: &str, out: &mut Vec<u8>) {
        for same in entries.chunk_by(|(one, _), (other, _)| one.number == other.number) {
            let Some((field, value)) = same.first() else { continue };
            match (&field.kind, value) {
                (Kind::Flag | Kind::Count(_) | Kind::Choice(_), _) if field.is_list() => packed(field, same, out),
                (Kind::Flag | Kind::Count(_) | Kind::Choice(_), Value::Varint(number)) => {
                    let number = if matches!(field.kind, Kind::Flag) {
                        u64::from(*number != 0)
                    } else {
                        *number
                    };
                    if number != 0 || field.label != Label::Implicit {
                        put_number(out, field.number, number);
                    }
                }
                (Kind::Time, value) => {
                    put_time(out, field.number, time(*value).unwrap_or_default());
                }
                (Kind::Text(rule), _) => {
                    for (_, value) in same {
                        self.text(field, *rule, nested(*value), path, out);
                    }
                }
                (Kind::Nested(message), value) => self.nested(field, message, nested(*value), path, out),
                (Kind::Flag | Kind::Count(_) | Kind::Choice(_), _) => {}
            }
        }
    }

    fn nested(&mut self, field: &Field, message: &'static Message, bytes: &[u8], path: &str, out: &mut Vec<u8>) {
        let path = below(path, field);
        let written: Result<(), core::convert::Infallible> = put_nested(out, field.number, |out| {
            let start = out.len();
            self.message(message, bytes, &path, out);
            sanitise_in(message, start, self.keys, self.today, out);
            Ok(())
        });
        debug_assert!(written.is_ok(), "nothing in it fails");
    }

    fn text(&mut self, field: &Field, rule: Text, bytes: &[u8], path: &str, out: &mut Vec<u8>) {
        let text = core::str::from_utf8(bytes).unwrap_or_default();
        if text.is_empty() && field.label == Label::Implicit {
            return;
        }
        if let Some(clean) = rule.kind.redacted(text) {
            self.removed.push(below(path, field));
            return put_bytes(out, field.number, clean.as_bytes());
        }
        if rule.kind == TextKind::Digest {
            put_bytes(out, field.number, text.to_ascii_lowercase().as_bytes());
        } else if rule.kind == TextKind::Day && text == LONG_TERM_ZH {
            put_bytes(out, field.number, LONG_TERM.as_bytes());
        } else {
            put_bytes(out, field.number, bytes);
        }
    }
}

impl TextKind {
    /// The text without personal data; `None` where there is none, or where it goes another way. What has a form of its
    /// own goes as a whole.
    fn redacted(self, text: &str) -> Option<String> {
        match self {
            Self::WorkCode if is_name(text) => Some(REMOVED.to_owned()),
            Self::Code | Self::WorkCode | Self::Words => redacted(text, self.run()),
            Self::Day | Self::Place | Self::Digest | Self::Image => {
                redacted(text, self.run()).map(|_| REMOVED.to_owned())
            }
            Self::Identifier | Self::WorkIdentifier | Self::Waybill | Self::EventId => None,
            Self::Raw | Self::Masked | Self::Token => None,
        }
    }
}

fn entries<'a>(message: &'static Message, bytes: &'a [u8]) -> Vec<Entry<'a>> {
    let known = |number: u32| message.numbered(number).map(|(_, field)| field);
    let entries = Entries::of(bytes).map_while(Result::ok);
    entries
        .filter_map(|entry| Some((known(entry.number)?, entry.value)))
        .collect()
}

fn below(path: &str, field: &Field) -> String {
    if path.is_empty() {
        field.json.to_owned()
    } else {
        format!("{path}.{}", field.json)
    }
}

/// Numbers of a list, in one field.
fn packed(field: &Field, entries: &[Entry<'_>], out: &mut Vec<u8>) {
    let mut numbers = Vec::new();
    for (_, value) in entries {
        match value {
            Value::Varint(number) => put_varint(&mut numbers, *number),
            Value::Bytes(bytes) => {
                let mut rest = *bytes;
                while let Some((number, tail)) = varint(rest) {
                    put_varint(&mut numbers, number);
                    rest = tail;
                }
            }
            Value::Fixed | Value::Group => {}
        }
    }
    if !numbers.is_empty() {
        put_bytes(out, field.number, &numbers);
    }
}
