//! What the messages of our own have in common: read strictly, field by field, with one code for what is wrong.

use prost::Message;
use sanbai_core::event::{EventId, Place};
use sanbai_core::rules::{Duty, Severity};
use sanbai_core::shard::position::Position;
use sanbai_core::time::{CivilDay, Timestamp};

use crate::check::unknown_choice;
use crate::code::Code;
use crate::proto;
use crate::protobuf::{Entries, Value, read_time};
use crate::reject::Reject;
use crate::survey::wrong_type;

/// Most bytes of a control record, a row or an alert.
pub(crate) const MESSAGE_BYTES_MAX: usize = 64 * 1_024;

/// Reads a message whose fields have numbers up to `last`; says how many more there are.
pub(crate) fn message<M: Message + Default>(bytes: &[u8], last: u32) -> Result<(M, u32), Reject> {
    check_length(bytes, MESSAGE_BYTES_MAX)?;
    let mut unknown = 0_u32;
    for entry in Entries::of(bytes) {
        unknown = unknown.saturating_add(u32::from(entry?.number > last));
    }
    let message = M::decode(bytes).map_err(|_| wrong_type())?;
    Ok((message, unknown))
}

/// Whether bytes are not too many.
pub(crate) fn check_length(bytes: &[u8], bytes_max: usize) -> Result<(), Reject> {
    if bytes.len() <= bytes_max {
        return Ok(());
    }
    let detail = format!("the value has {} bytes, over the limit of {bytes_max}", bytes.len());
    Err(Reject::new(Code::EventTooLarge, detail))
}

/// The rejection of a field that is not there.
pub(crate) fn missing(field: &'static str) -> Reject {
    Reject::new(Code::FieldMissing, "the field is required; send its value").under(field)
}

/// The rejection of a number that lies outside of what it may be.
pub(crate) fn out_of_range(detail: &str) -> Reject {
    Reject::new(Code::ValueRange, detail)
}

/// A text.
pub(crate) fn text(value: Value<'_>) -> Result<&str, Reject> {
    core::str::from_utf8(nested(value)?)
        .map_err(|_| Reject::new(Code::TextInvalid, "the text is not UTF-8; encode it so"))
}

/// The bytes of a text, of bytes or of a message.
pub(crate) fn nested(value: Value<'_>) -> Result<&[u8], Reject> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        Value::Varint(_) | Value::Fixed | Value::Group => Err(wrong_type()),
    }
}

/// A number without a sign.
pub(crate) fn number<N: TryFrom<u64>>(value: Value<'_>) -> Result<N, Reject> {
    let Value::Varint(number) = value else {
        return Err(wrong_type());
    };
    N::try_from(number).map_err(|_| out_of_range("a number has more bits than its field"))
}

/// Yes or no.
pub(crate) fn flag(value: Value<'_>) -> Result<bool, Reject> {
    number::<u64>(value).map(|number| number != 0)
}

/// A civil day, as days since 1970 with a sign.
pub(crate) fn civil_day(value: Value<'_>) -> Result<CivilDay, Reject> {
    let coded: u32 = number(value)?;
    Ok(CivilDay::from_days(
        (coded >> 1).cast_signed() ^ (coded & 1).cast_signed().wrapping_neg(),
    ))
}

/// A time, of whatever year.
pub(crate) fn time(value: Value<'_>) -> Result<Timestamp, Reject> {
    let (seconds, nanos) = read_time(nested(value)?)?;
    let nanos = i32::try_from(nanos.cast_signed()).unwrap_or(-1);
    Timestamp::from_parts(seconds.cast_signed(), nanos).ok_or_else(not_a_time)
}

/// A time of a message, of whatever year.
pub(crate) fn time_of(message: proto::Timestamp) -> Result<Timestamp, Reject> {
    Timestamp::from_parts(message.seconds, message.nanos).ok_or_else(not_a_time)
}

/// A time as a message.
pub(crate) fn time_message(time: Timestamp) -> proto::Timestamp {
    let (seconds, nanos) = time.to_parts();
    proto::Timestamp { seconds, nanos }
}

fn not_a_time() -> Reject {
    Reject::new(Code::EventTimeInvalid, "a time outside 1678 to 2262, or none at all")
}

/// A civil day as `YYYY-MM-DD`.
pub(crate) fn day_of(text: &str) -> Result<CivilDay, Reject> {
    CivilDay::parse(text).ok_or_else(|| Reject::new(Code::EventTimeInvalid, "not a real day; write YYYY-MM-DD"))
}

/// A position as text.
pub(crate) fn position_of(text: &str) -> Result<Position, Reject> {
    Position::parse(text).ok_or_else(|| {
        let detail = "no position; write generation:offset:index with 4, 20 and 8 digits";
        Reject::new(Code::ValueRange, detail)
    })
}

/// A division code; empty for none.
pub(crate) fn place_of(text: &str) -> Result<Option<Place>, Reject> {
    if text.is_empty() {
        return Ok(None);
    }
    let place = Place::parse(text).map(Some);
    place.ok_or_else(|| out_of_range("a division code has 2 to 12 digits and nothing else"))
}

/// A digest of 64 bits as 16 hex digits.
pub(crate) fn digest_text(digest: u64) -> String {
    format!("{digest:016x}")
}

/// The digest that is written so; nothing else, not in capitals either, for one id has one text.
pub(crate) fn digest_of(text: &str) -> Result<u64, Reject> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let digest = u64::from_str_radix(text, 16)
        .ok()
        .filter(|_| text.len() == 16 && text.bytes().all(is_digit));
    digest.ok_or_else(|| out_of_range("an id has 16 hex digits in small letters and nothing else"))
}

/// The code of a finding.
pub(crate) fn finding_code(text: &str) -> Result<sanbai_core::finding::Code, Reject> {
    sanbai_core::finding::Code::parse(text).ok_or_else(unknown_choice)
}

/// A duty.
pub(crate) fn duty_of(text: &str) -> Result<Duty, Reject> {
    let duty = Duty::ALL.into_iter().find(|duty| duty.as_str() == text);
    duty.ok_or_else(unknown_choice)
}

/// The id of an event from its bytes.
pub(crate) fn event_id(bits: &[u8], is_ulid: bool) -> Result<EventId, Reject> {
    let bits = <[u8; 16]>::try_from(bits).map_err(|_| {
        Reject::new(
            Code::EventIdInvalid,
            "the id of an event has 16 bytes and no other number",
        )
    })?;
    Ok(EventId::from_bits(u128::from_be_bytes(bits), is_ulid))
}

/// The number of a severity, the same in every schema.
pub(crate) const fn severity_number(severity: Severity) -> i32 {
    match severity {
        Severity::Info => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

/// The severity of a number.
pub(crate) fn severity_of(number: i32) -> Result<Severity, Reject> {
    Ok(match number {
        1 => Severity::Info,
        2 => Severity::Low,
        3 => Severity::Medium,
        4 => Severity::High,
        5 => Severity::Critical,
        _ => return Err(unknown_choice()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_have_one_number_in_every_schema() {
        for number in 1..=5 {
            let severity = severity_of(number).expect("all are known");
            assert_eq!(severity_number(severity), number);
            let name = format!("SEVERITY_{}", severity.as_str().to_uppercase());
            let names = [
                proto::alert::Severity::try_from(number).map(|severity| severity.as_str_name()),
                proto::compliance::Severity::try_from(number).map(|severity| severity.as_str_name()),
                proto::sighting::Severity::try_from(number).map(|severity| severity.as_str_name()),
                proto::verdict::Severity::try_from(number).map(|severity| severity.as_str_name()),
            ];
            assert_eq!(names, [Ok(name.as_str()); 4]);
        }
        assert!(severity_of(0).is_err() && severity_of(6).is_err());
    }

    #[test]
    fn a_digest_has_one_text() {
        assert_eq!(digest_of(&digest_text(0xab)), Ok(0xab));
        for text in ["", "ab", "00000000000000AB", "+0000000000000ab", "000000000000000ab"] {
            assert!(digest_of(text).is_err(), "{text}");
        }
    }
}
