//! Records of a log: key, headers, partition and value together.

use std::borrow::Cow;

use crate::batch::events_of;
use crate::cloud::{Attributes, decode_data};
use crate::code::Code;
use crate::decode::Decoder;
use crate::decoded::{Decoded, Seen};
use crate::encoding::Encoding;
use crate::form::personal;
use crate::limits::{HEADER_BYTES_MAX, HEADERS_MAX};
use crate::reject::Reject;
use crate::text::{Run, find_personal, may_be_personal};

/// A record as it lies in a log.
///
/// ```
/// use sanbai_wire::{Code, Decoder, Record, TokenKeys};
///
/// let decoder = Decoder::new(TokenKeys::single("1", [7; 32])?, |_| Some("SF"));
/// let record = Record { key: Some(b"SF:SF1234567890123"), value: None, ..Record::default() };
/// let reject = decoder.decode_record(&record, |_| {}).expect_err("there is no value");
/// assert_eq!(reject.code, Code::TombstoneNotAllowed);
/// # Ok::<(), sanbai_wire::KeyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Record<'a> {
    /// Its key. A single event has one; a batch needs none.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its headers.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The partition in which it lies, and how many there are; `None` where nobody checks it.
    pub partition: Option<(u32, u32)>,
}

impl<'r, R: Fn(&str) -> Option<&'r str>> Decoder<R> {
    /// Reads the events of a record: gives `each` event or its rejection, in their order, and returns how many.
    ///
    /// The header `content-type` names the encoding; without one the first byte decides. Headers `ce_…` make it a
    /// binary CloudEvent.
    ///
    /// # Errors
    ///
    /// Where the record as a whole cannot be read: then `each` was not called.
    pub fn decode_record(
        &self,
        record: &Record<'_>,
        mut each: impl FnMut(Result<Decoded, Reject>),
    ) -> Result<usize, Reject> {
        let (value, encoding, attributes) = whole(record)?;
        if let Some(attributes) = attributes {
            each(self.binary(record, value, encoding, &attributes));
            return Ok(1);
        }
        let is_batch = events_of(value, encoding)?.is_some();
        self.decode_each(value, encoding, |event| {
            each(event.and_then(|event| placed(&event.key(), record, is_batch).map(|()| event)))
        })
    }

    /// The same, and keeps nothing of it, as [`see_each`](Self::see_each) does. `spare` is overwritten; given again, it saves
    /// an allocation for each event.
    ///
    /// # Errors
    ///
    /// Where the record as a whole cannot be read: then `each` was not called.
    pub fn see_record(
        &self,
        record: &Record<'_>,
        spare: &mut Vec<u8>,
        mut each: impl FnMut(Result<Seen<'_>, Reject>),
    ) -> Result<usize, Reject> {
        let (value, encoding, attributes) = whole(record)?;
        if let Some(attributes) = attributes {
            match self.binary(record, value, encoding, &attributes) {
                Ok(event) => each(Ok(event.seen())),
                Err(reject) => each(Err(reject)),
            }
            return Ok(1);
        }
        let is_batch = events_of(value, encoding)?.is_some();
        self.see_each(value, encoding, spare, |event| {
            each(event.and_then(|event| placed(&event.key(), record, is_batch).map(|()| event)))
        })
    }

    fn binary(
        &self,
        record: &Record<'_>,
        value: &[u8],
        encoding: Encoding,
        attributes: &Attributes<'_>,
    ) -> Result<Decoded, Reject> {
        let event = decode_data(self, attributes, value, encoding, "")?;
        placed(&event.key(), record, false).map(|()| event)
    }
}

/// What there is to be read of a record.
type Whole<'a> = (&'a [u8], Encoding, Option<Attributes<'a>>);

/// The value of a record, its encoding, and the attributes where the headers are the envelope.
fn whole<'a>(record: &Record<'a>) -> Result<Whole<'a>, Reject> {
    check_headers(record.headers)?;
    if record.key.is_some_and(is_personal) {
        return Err(personal());
    }
    let Some(value) = record.value else {
        return Err(Reject::new(
            Code::TombstoneNotAllowed,
            "the record has no value; nothing is ever deleted here",
        ));
    };
    let (encoding, attributes) = envelope(record, value)?;
    Ok((value, encoding, attributes))
}

/// The encoding of the value, and the attributes where the headers are the envelope.
fn envelope<'a>(record: &Record<'a>, value: &[u8]) -> Result<(Encoding, Option<Attributes<'a>>), Reject> {
    let content_type = record
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let encoding = match content_type {
        Some((_, text)) => Encoding::of_content_type(&String::from_utf8_lossy(text))?,
        None => Encoding::sniff(value),
    };
    let mut attributes = Attributes::default();
    let mut is_binary = false;
    for (name, value) in record.headers {
        let Some((attribute, slot)) = name.strip_prefix("ce_").and_then(|name| attributes.slot(name)) else {
            continue;
        };
        if slot.replace(String::from_utf8_lossy(value)).is_some() {
            let detail = "one CloudEvents header stands twice; send it once";
            return Err(Reject::new(Code::JsonDuplicateKey, detail).under(attribute));
        }
        is_binary = true;
    }
    Ok((
        encoding,
        if is_binary && encoding != Encoding::CloudEvent {
            Some(attributes)
        } else {
            None
        },
    ))
}

fn check_headers(headers: &[(&str, &[u8])]) -> Result<(), Reject> {
    let bytes = headers
        .iter()
        .map(|(name, value)| name.len().saturating_add(value.len()))
        .sum::<usize>();
    if headers.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
        let detail = format!(
            "{} headers of {bytes} bytes; at most {HEADERS_MAX} of {HEADER_BYTES_MAX}",
            headers.len()
        );
        return Err(Reject::new(Code::RecordHeadersTooLarge, detail));
    }
    if headers
        .iter()
        .any(|(name, value)| is_personal(name.as_bytes()) || is_personal(value))
    {
        return Err(personal());
    }
    Ok(())
}

fn is_personal(bytes: &[u8]) -> bool {
    if !may_be_personal(bytes, Run::Key) {
        return false;
    }
    let text: Cow<'_, str> = String::from_utf8_lossy(bytes);
    find_personal(&text, Run::Key).is_some()
}

/// Whether the event lies where its key leads, under its key.
fn placed(key: &str, record: &Record<'_>, is_batch: bool) -> Result<(), Reject> {
    match record.key {
        _ if is_batch => {}
        None => {
            return Err(Reject::new(
                Code::KeyMissing,
                "the record has no key; send brand and waybill, with a colon between",
            ));
        }
        Some(given) if given != key.as_bytes() => {
            let detail = "the key of the record is not brand and waybill of the event, with a colon between";
            return Err(Reject::new(Code::KeyMismatch, detail));
        }
        Some(_) => {}
    }
    match record.partition {
        Some((index, count)) if crate::key::partition(key, count) != Some(index) => {
            let detail =
                format!("the record lies in partition {index} of {count}, to which its key does not lead; use murmur2");
            Err(Reject::new(Code::WrongPartition, detail))
        }
        Some(_) | None => Ok(()),
    }
}
