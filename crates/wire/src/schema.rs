//! The event schema as data: JSON is read and written by it, and protobuf checked against it.

use crate::limits::{Count, Text};

/// A message.
pub(crate) struct Message {
    /// Its name in the proto.
    pub(crate) name: &'static str,
    /// Its fields, by number. At most 64.
    pub(crate) fields: &'static [Field],
    /// The last number before the gap among the numbers of its fields: they have one gap at most.
    before_gap: u32,
    /// How many numbers are left out there.
    gap: u32,
}

/// A field of a message.
pub(crate) struct Field {
    /// Its number.
    pub(crate) number: u32,
    /// Its name in JSON.
    pub(crate) json: &'static str,
    /// Its name in the proto, which JSON may use as well.
    pub(crate) proto: &'static str,
    /// Its name in JSON, to be found fast.
    pub(crate) key: NameKey,
    /// What its values are.
    pub(crate) kind: Kind,
    /// How often it is there.
    pub(crate) label: Label,
}

/// How often a field is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// Once; empty, 0 and false are not written and mean that nobody said anything.
    Implicit,
    /// Once or not at all, which is told from empty, 0 and false.
    Optional,
    /// One of several of which exactly one is there.
    Oneof,
    /// Any number of times.
    Repeated,
}

/// What the values of a field are.
pub(crate) enum Kind {
    /// A text.
    Text(Text),
    /// True or false.
    Flag,
    /// A whole number of 32 bits without sign.
    Count(Count),
    /// A value of an enum.
    Choice(&'static Choice),
    /// A time.
    Time,
    /// A message.
    Nested(&'static Message),
}

/// An enum.
pub(crate) struct Choice {
    /// What all names begin with.
    pub(crate) prefix: &'static str,
    /// Numbers and full names.
    pub(crate) values: &'static [(i32, &'static str)],
}

/// A name and the quote behind it as one number, the first byte lowest: compared at once.
#[derive(Clone, Copy)]
pub(crate) struct NameKey {
    bytes: u128,
    mask: u128,
    /// Bytes of the name alone.
    pub(crate) length: usize,
}

/// The key of a name in JSON. One that has more than 15 bytes has a key that nothing begins with.
pub(crate) const fn name_key(name: &str) -> NameKey {
    let length = name.len();
    let mut key = NameKey {
        bytes: 0x22,
        mask: 0xff,
        length,
    };
    if length > 15 {
        key.mask = 0;
        return key;
    }
    let mut rest = name.as_bytes();
    while let [head @ .., last] = rest {
        let low = u128::from_le_bytes([*last, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        key.bytes = key.bytes << 8 | low;
        key.mask = key.mask << 8 | 0xff;
        rest = head;
    }
    key
}

impl NameKey {
    /// Whether the sixteen bytes `head` begin with the name and a quote.
    #[inline]
    pub(crate) const fn begins(&self, head: u128) -> bool {
        head & self.mask == self.bytes
    }
}

impl Message {
    /// A message of these fields.
    pub(crate) const fn new(name: &'static str, fields: &'static [Field]) -> Self {
        let (mut before_gap, mut gap) = (0_u32, 0);
        let mut rest = fields;
        while let [field, behind @ ..] = rest {
            let next: u32 = before_gap.saturating_add(1);
            if field.number == next {
                before_gap = next;
            } else {
                gap = field.number.saturating_sub(next);
                break;
            }
            rest = behind;
        }
        Self {
            name,
            fields,
            before_gap,
            gap,
        }
    }

    /// The place and the field of which `is` holds, looked for from `hint` on: fields mostly come in their order.
    #[inline]
    pub(crate) fn find(&self, hint: usize, is: impl Fn(&Field) -> bool) -> Option<(usize, &'static Field)> {
        let fields: &'static [Field] = self.fields;
        match fields.get(hint) {
            Some(field) if is(field) => Some((hint, field)),
            _ => find_around(fields, hint, is),
        }
    }

    /// The place and the field of a number.
    #[inline]
    pub(crate) fn numbered(&self, number: u32) -> Option<(usize, &'static Field)> {
        let left_out = if number <= self.before_gap { 0 } else { self.gap };
        let place = usize::try_from(number.wrapping_sub(left_out).wrapping_sub(1)).ok()?;
        let field = self.fields.get(place).filter(|field| field.number == number);
        field.map(|field| (place, field))
    }
}

fn find_around(fields: &'static [Field], hint: usize, is: impl Fn(&Field) -> bool) -> Option<(usize, &'static Field)> {
    let (before, after) = fields.split_at_checked(hint)?;
    let in_after = || after.iter().position(&is).map(|place| place.saturating_add(hint));
    let place = in_after().or_else(|| before.iter().position(&is))?;
    fields.get(place).map(|field| (place, field))
}

impl Field {
    /// Whether JSON may call it so.
    pub(crate) fn is_called(&self, name: &[u8]) -> bool {
        self.json.as_bytes() == name || self.proto.as_bytes() == name
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        self.label == Label::Repeated
    }

    /// Whether it is a list of numbers, which stand in one field.
    pub(crate) fn is_packed(&self) -> bool {
        self.is_list() && matches!(self.kind, Kind::Flag | Kind::Count(_) | Kind::Choice(_))
    }

    /// Whether it is a happening.
    pub(crate) fn is_happening(&self) -> bool {
        self.label == Label::Oneof
    }
}

impl Choice {
    /// The number of a name: the full one, or the short one in any case of letters, with or without `_` and `-`.
    pub(crate) fn number(&self, name: &[u8]) -> Option<i32> {
        let resembling = || {
            let name = core::str::from_utf8(name).ok()?;
            let found = self.values.iter().find(|(_, full)| self.resembles(full, name));
            found.map(|(number, _)| *number)
        };
        self.called(name).or_else(resembling)
    }

    /// The number of a full name.
    pub(crate) fn called(&self, name: &[u8]) -> Option<i32> {
        let found = self.values.iter().find(|(_, full)| full.as_bytes() == name);
        found.map(|(number, _)| *number)
    }

    fn resembles(&self, full: &str, name: &str) -> bool {
        let short = full.strip_prefix(self.prefix).unwrap_or(full);
        loosely_equal(short, name) || loosely_equal(full, name)
    }

    /// The full name of a number; `None` where there is none.
    pub(crate) fn name(&self, number: i32) -> Option<&'static str> {
        self.values
            .iter()
            .find(|(known, _)| *known == number)
            .map(|(_, name)| *name)
    }
}

/// Whether two names are the same but for the case of letters, `_` and `-`.
pub(crate) fn loosely_equal(left: &str, right: &str) -> bool {
    letters(left).eq(letters(right))
}

fn letters(name: &str) -> impl Iterator<Item = u8> {
    let bytes = name.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
    bytes.map(|byte| byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{Kind, Message};
    use crate::proto::schema::PARCEL_EVENT;

    /// A message and all in it.
    fn all(message: &'static Message) -> Vec<&'static Message> {
        let inner = message.fields.iter().flat_map(|field| {
            if let Kind::Nested(message) = &field.kind {
                all(message)
            } else {
                Vec::new()
            }
        });
        inner.chain([message]).collect()
    }

    #[test]
    fn every_number_is_found() {
        let messages = all(&PARCEL_EVENT);
        assert!(messages.len() > 20, "there are happenings");
        for message in messages {
            for number in (0..60).chain([u32::MAX - 1, u32::MAX]) {
                let wanted = message.fields.iter().position(|field| field.number == number);
                let found = message.numbered(number).map(|(place, _)| place);
                assert_eq!(found, wanted, "{} {number}", message.name);
            }
        }
    }
}
