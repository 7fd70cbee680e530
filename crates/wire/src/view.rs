//! The fields of an event, read from its protobuf bytes without copying them.

use core::ops::Range;

use sanbai_core::time::Timestamp;

use crate::form::instant;
use crate::proto::schema::parcel_event;
use crate::protobuf::{Entries, Entry, Value, read_time};

/// Where the fields of an event stand in its bytes, noted while they are read or written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    event_id: Stretch,
    brand: Stretch,
    waybill: Stretch,
    site: Stretch,
    operator: Stretch,
    place: Stretch,
    source: Stretch,
    subject: Stretch,
    happening: Stretch,
    /// Number of what happened; 0 where nothing did.
    happened: u32,
    pub(crate) occurred_at: Option<Timestamp>,
    uploaded_at: Option<Timestamp>,
    intake_at: Option<Timestamp>,
    redacted: bool,
    /// Where `uploaded_at`, `source` and `intake_at` stand in canonical bytes: their numbers are neighbours.
    intake: Stretch,
}

/// Some bytes among those of an event, which are few enough for 32 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stretch {
    start: u32,
    end: u32,
}

impl Stretch {
    fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.range()).unwrap_or_default()
    }

    fn range(self) -> Range<usize> {
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        place(self.start)..place(self.end)
    }
}

impl Layout {
    /// The layout of canonical bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut layout = Self::default();
        let mut entries = Entries::of(bytes);
        while let Some(Ok(Entry { number, value })) = entries.next() {
            let time = matches!(
                number,
                parcel_event::OCCURRED_AT | parcel_event::UPLOADED_AT | parcel_event::INTAKE_AT
            );
            let end = bytes.len().saturating_sub(entries.remaining());
            layout.note(
                number,
                end,
                nested(value).len(),
                if time { self::time(value) } else { None },
            );
        }
        layout
    }

    /// Notes a field: its content ends at `end` and has `length` bytes; `time` is what it says if it is one.
    #[inline]
    pub(crate) fn note(&mut self, number: u32, end: usize, length: usize, time: Option<Timestamp>) {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let here = Stretch {
            start: place(end.saturating_sub(length)),
            end: place(end),
        };
        match number {
            parcel_event::EVENT_ID => self.event_id = here,
            parcel_event::BRAND => self.brand = here,
            parcel_event::WAYBILL => self.waybill = here,
            parcel_event::SITE => self.site = here,
            parcel_event::OPERATOR => self.operator = here,
            parcel_event::PLACE => self.place = here,
            parcel_event::SOURCE => self.source = here,
            parcel_event::SUBJECT => self.subject = here,
            parcel_event::OCCURRED_AT => self.occurred_at = time,
            parcel_event::UPLOADED_AT => self.uploaded_at = time,
            parcel_event::INTAKE_AT => self.intake_at = time,
            parcel_event::REDACTED_FIELDS => self.redacted = true,
            HAPPENING_MIN..=HAPPENING_MAX => {
                self.happening = here;
                self.happened = number;
            }
            _ => {}
        }
        if number < parcel_event::UPLOADED_AT {
            self.intake = Stretch {
                start: here.end,
                end: here.end,
            };
        } else if number <= parcel_event::INTAKE_AT {
            self.intake.end = here.end;
        }
    }

    /// Where `uploaded_at`, `source` and `intake_at` stand in canonical bytes.
    pub(crate) fn intake(&self) -> Range<usize> {
        self.intake.range()
    }

    /// Where id, brand and waybill end in canonical bytes.
    pub(crate) fn key_end(&self) -> usize {
        self.brand.range().end.max(self.waybill.range().end)
    }

    /// The fields themselves.
    pub(crate) fn view<'a>(&self, bytes: &'a [u8]) -> View<'a> {
        // In canonical bytes nothing but text stands before the first time: looked at once, not field by field.
        let end = self.site.end.max(self.operator.end).max(self.place.end);
        let head = utf8(Stretch { start: 0, end }.of(bytes));
        let text = |stretch: Stretch| head.get(stretch.range()).unwrap_or_else(|| utf8(stretch.of(bytes)));
        View {
            event_id: text(self.event_id),
            brand: text(self.brand),
            waybill: text(self.waybill),
            site: text(self.site),
            operator: text(self.operator),
            place: text(self.place),
            source: text(self.source),
            subject: text(self.subject),
            occurred_at: self.occurred_at,
            uploaded_at: self.uploaded_at,
            intake_at: self.intake_at,
            redacted: self.redacted,
            happening: (self.happened != 0).then(|| (self.happened, self.happening.of(bytes))),
        }
    }
}

/// The fields of an event that has passed a survey. What is not there is empty.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    pub(crate) event_id: &'a str,
    pub(crate) brand: &'a str,
    pub(crate) waybill: &'a str,
    pub(crate) site: &'a str,
    pub(crate) operator: &'a str,
    pub(crate) place: &'a str,
    pub(crate) source: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) occurred_at: Option<Timestamp>,
    pub(crate) uploaded_at: Option<Timestamp>,
    pub(crate) intake_at: Option<Timestamp>,
    pub(crate) redacted: bool,
    /// Number and bytes of what happened.
    pub(crate) happening: Option<(u32, &'a [u8])>,
}

/// Lowest number of a happening. From it to the highest, all are.
pub(crate) const HAPPENING_MIN: u32 = parcel_event::ACCEPTED;
/// Highest number of a happening.
const HAPPENING_MAX: u32 = parcel_event::DECLARED_VOLUME;

/// The text of bytes that have passed a survey.
pub(crate) fn utf8(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

/// The fields of bytes that have passed a survey.
pub(crate) fn fields(bytes: &[u8]) -> impl Iterator<Item = (u32, Value<'_>)> {
    Entries::of(bytes)
        .map_while(Result::ok)
        .map(|entry| (entry.number, entry.value))
}

/// A text.
pub(crate) fn text(value: Value<'_>) -> &str {
    utf8(nested(value))
}

/// The bytes of a text or a message.
pub(crate) const fn nested(value: Value<'_>) -> &[u8] {
    match value {
        Value::Bytes(bytes) => bytes,
        Value::Varint(_) | Value::Fixed | Value::Group => &[],
    }
}

/// A number of 32 bits without sign, or that of an enum value.
pub(crate) fn number(value: Value<'_>) -> u32 {
    match value {
        Value::Varint(number) => u32::try_from(number).unwrap_or(u32::MAX),
        Value::Bytes(_) | Value::Fixed | Value::Group => 0,
    }
}

/// A time.
pub(crate) fn time(value: Value<'_>) -> Option<Timestamp> {
    read_time(nested(value))
        .ok()
        .and_then(|(seconds, nanos)| instant(seconds, nanos).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::schema::PARCEL_EVENT;

    #[test]
    fn happenings_are_the_numbers_in_a_row() {
        let happenings = PARCEL_EVENT
            .fields
            .iter()
            .filter(|field| field.is_happening())
            .map(|field| field.number);
        assert!(happenings.eq(HAPPENING_MIN..=HAPPENING_MAX));
    }
}
