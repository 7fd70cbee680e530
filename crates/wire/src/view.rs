//! The fields of an event, read from its protobuf bytes without copying them.

use core::ops::Range;

use sanbai_core::time::Timestamp;

use crate::form::instant;
use crate::proto::schema::parcel_event;
use crate::protobuf::{Entries, Entry, Value, read_time};

/// The fields of an event that has passed a survey. What is not there is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct View<'a> {
    pub(crate) event_id: &'a [u8],
    pub(crate) brand: &'a [u8],
    pub(crate) waybill: &'a [u8],
    pub(crate) site: &'a [u8],
    pub(crate) operator: &'a [u8],
    pub(crate) place: &'a [u8],
    pub(crate) source: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) occurred_at: Option<Timestamp>,
    pub(crate) uploaded_at: Option<Timestamp>,
    pub(crate) intake_at: Option<Timestamp>,
    pub(crate) redacted: bool,
    /// Number and bytes of what happened.
    pub(crate) happening: Option<(u32, &'a [u8])>,
    /// Where `uploaded_at`, `source` and `intake_at` stand in canonical bytes: their numbers are neighbours.
    pub(crate) intake: Range<usize>,
}

impl<'a> View<'a> {
    /// Reads the fields.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        let mut view = View::default();
        let mut entries = Entries::of(bytes);
        while let Some(Ok(Entry { number, value })) = entries.next() {
            match number {
                parcel_event::EVENT_ID => view.event_id = nested(value),
                parcel_event::BRAND => view.brand = nested(value),
                parcel_event::WAYBILL => view.waybill = nested(value),
                parcel_event::SITE => view.site = nested(value),
                parcel_event::OPERATOR => view.operator = nested(value),
                parcel_event::PLACE => view.place = nested(value),
                parcel_event::SOURCE => view.source = nested(value),
                parcel_event::SUBJECT => view.subject = nested(value),
                parcel_event::OCCURRED_AT => view.occurred_at = time(value),
                parcel_event::UPLOADED_AT => view.uploaded_at = time(value),
                parcel_event::INTAKE_AT => view.intake_at = time(value),
                parcel_event::REDACTED_FIELDS => view.redacted = true,
                HAPPENING_MIN..=HAPPENING_MAX => view.happening = Some((number, nested(value))),
                _ => {}
            }
            let end = bytes.len().saturating_sub(entries.remaining());
            if number < parcel_event::UPLOADED_AT {
                view.intake = end..end;
            } else if number <= parcel_event::INTAKE_AT {
                view.intake.end = end;
            }
        }
        view
    }
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
