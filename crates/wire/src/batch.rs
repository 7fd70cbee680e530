//! Many events in one record, request or line: judged one by one.

use std::borrow::Cow;

use sanbai_core::event::EventId;

use crate::code::Code;
use crate::decode::{Decoder, check_size};
use crate::decoded::Decoded;
use crate::encoding::Encoding;
use crate::json::{Reader, Shape};
use crate::limits::{BATCH_EVENTS_MAX, RECORD_BYTES_MAX};
use crate::proto::schema::parcel_event;
use crate::protobuf::{Entries, Value};
use crate::reject::Reject;
use crate::view::nested;

impl<'r, R: Fn(&str) -> Option<&'r str>> Decoder<R> {
    /// Reads one event or one batch: gives `each` event or its rejection, in their order, and returns how many.
    ///
    /// A JSON batch is `{"events":[…]}`, a protobuf one a `ParcelEventBatch`; which of the two bytes are, they show
    /// themselves. Pointers are those within the event.
    ///
    /// # Errors
    ///
    /// Where the whole cannot be read: then `each` was not called.
    ///
    /// ```
    /// use sanbai_wire::{Code, Decoder, Encoding, TokenKeys};
    ///
    /// let decoder = Decoder::new(TokenKeys::single("1", [7; 32])?, |_| Some("SF"));
    /// let mut codes = Vec::new();
    /// let count = decoder.decode_each(br#"{"events":[{},{"eventId":null}]}"#, Encoding::Json, |event| {
    ///     codes.extend(event.err().map(|reject| reject.code));
    /// })?;
    /// assert_eq!((count, codes), (2, vec![Code::FieldMissing, Code::FieldNull]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decode_each(
        &self,
        bytes: &[u8],
        encoding: Encoding,
        mut each: impl FnMut(Result<Decoded, Reject>),
    ) -> Result<usize, Reject> {
        self.each_of(bytes, encoding, |event| each(self.decode(event, encoding)))
    }

    /// Gives the bytes of one event, or of each in a batch.
    pub(crate) fn each_of(
        &self,
        bytes: &[u8],
        encoding: Encoding,
        mut each: impl FnMut(&[u8]),
    ) -> Result<usize, Reject> {
        check_record_size(bytes)?;
        let Some(events) = events_of(bytes, encoding)? else {
            each(bytes);
            return Ok(1);
        };
        for event in &events {
            each(event);
        }
        Ok(events.len())
    }
}

/// The bytes of each event in some that hold one event or many: a batch, and in JSON also a list of events, or of
/// envelopes. A single event is given as it came; what is none of them, too, for a decoder to say what is wrong with it.
///
/// # Errors
///
/// Where a batch or a list does not end as it began, or holds more than 500 events.
///
/// ```
/// use sanbai_wire::{Encoding, parts};
///
/// assert_eq!(parts(b"[{}, {}]", Encoding::Json)?, [b"{}", b"{}"]);
/// assert_eq!(parts(br#"{"events":[]}"#, Encoding::Json)?, Vec::<&[u8]>::new());
/// assert_eq!(parts(b"{}", Encoding::CloudEvent)?, [b"{}"]);
/// # Ok::<(), sanbai_wire::Reject>(())
/// ```
pub fn parts(bytes: &[u8], encoding: Encoding) -> Result<Vec<&[u8]>, Reject> {
    let is_list = encoding != Encoding::Protobuf && bytes.trim_ascii_start().starts_with(b"[");
    if !is_list {
        return Ok(events_of(bytes, encoding)?.unwrap_or_else(|| vec![bytes]));
    }
    let mut reader = Reader::new(bytes);
    let events = list(&mut reader)?;
    reader.finish()?;
    Ok(events)
}

/// The waybill of a protobuf event, or of each in a protobuf batch, as it was written and where it stands in front, as all
/// encoders write it. Nothing is checked: for whoever makes ready for what is likely to come.
///
/// ```
/// use sanbai_wire::proto::event::ParcelEvent;
/// use sanbai_wire::{encode_protobuf, likely_waybills};
///
/// let (brand, waybill) = ("SF".to_owned(), "SF1".to_owned());
/// let event = encode_protobuf(&ParcelEvent { brand, waybill, ..ParcelEvent::default() });
/// assert_eq!(likely_waybills(&event).collect::<Vec<_>>(), [b"SF1"]);
/// ```
pub fn likely_waybills(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let one = likely_waybill(bytes);
    let batch = if one.is_none() { bytes } else { &[] };
    let batch = Entries::of(batch).map_while(Result::ok);
    one.into_iter()
        .chain(batch.filter_map(|entry| likely_waybill(nested(entry.value))))
}

fn likely_waybill(event: &[u8]) -> Option<&[u8]> {
    let mut entries = Entries::of(event).map_while(Result::ok);
    let entry = entries.find(|entry| entry.number >= parcel_event::WAYBILL)?;
    (entry.number == parcel_event::WAYBILL).then(|| nested(entry.value))
}

/// Whether there are bytes, and not too many for a record.
fn check_record_size(bytes: &[u8]) -> Result<(), Reject> {
    if bytes.len() > RECORD_BYTES_MAX {
        let detail = format!(
            "the record has {} bytes, over the limit of {RECORD_BYTES_MAX}",
            bytes.len()
        );
        return Err(Reject::new(Code::EventTooLarge, detail));
    }
    if bytes.is_empty() { check_size(bytes) } else { Ok(()) }
}

/// The events of a batch; `None` where the bytes are a single event, or anything else that is no batch.
pub(crate) fn events_of(bytes: &[u8], encoding: Encoding) -> Result<Option<Vec<&[u8]>>, Reject> {
    match encoding {
        Encoding::Json => json_events(bytes),
        Encoding::Protobuf => protobuf_events(bytes),
        Encoding::CloudEvent => Ok(None),
    }
}

fn json_events(bytes: &[u8]) -> Result<Option<Vec<&[u8]>>, Reject> {
    let mut reader = Reader::new(bytes);
    // An event is told by its first name; only what does not begin like one is looked through.
    match first_name(&mut reader) {
        Some(name) if *name == *b"events" => {}
        Some(name)
            if crate::proto::schema::PARCEL_EVENT
                .find(0, |field| field.is_called(&name))
                .is_none() =>
        {
            let mut found = false;
            while !found {
                if reader.pass().is_err() {
                    return Ok(None);
                }
                match reader.name(false) {
                    Ok(Some(name)) => found = *name == *b"events",
                    Ok(None) | Err(_) => return Ok(None),
                }
            }
        }
        Some(_) | None => return Ok(None),
    }
    if reader.shape()? != Shape::Array {
        return Err(Reject::new(Code::TypeMismatch, "a list of events is needed here").under("events"));
    }
    let events = list(&mut reader)?;
    while let Some(name) = reader.name(false)? {
        if *name == *b"events" {
            return Err(reader.duplicate());
        }
        reader.skip()?;
    }
    reader.finish()?;
    Ok(Some(events))
}

/// The entries of a list.
fn list<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a [u8]>, Reject> {
    let mut events = Vec::new();
    reader.open_array()?;
    while reader.entry(events.is_empty())? {
        let event = reader.pass()?;
        push(&mut events, event)?;
    }
    Ok(events)
}

fn first_name<'a>(reader: &mut Reader<'a>) -> Option<Cow<'a, [u8]>> {
    reader.open_object().ok()?;
    reader.name(true).ok()?
}

/// A batch has nothing but its first field, and an event has that as its id.
fn protobuf_events(bytes: &[u8]) -> Result<Option<Vec<&[u8]>>, Reject> {
    let mut entries = Entries::of(bytes);
    // Behind the id of an event stands something else. So nothing is gathered for it.
    let behind = entries.next().and_then(|_| entries.next());
    if behind.is_some_and(|entry| entry.is_ok_and(|entry| entry.number != 1)) {
        return Ok(None);
    }
    let mut events = Vec::new();
    for entry in Entries::of(bytes) {
        match entry.map(|entry| (entry.number, entry.value)) {
            Ok((1, Value::Bytes(event))) => push(&mut events, event)?,
            Ok(_) | Err(_) => return Ok(None),
        }
    }
    let lone = match events.as_slice() {
        [id] => core::str::from_utf8(id).ok().and_then(EventId::parse),
        _ => None,
    };
    Ok(if lone.is_some() || events.is_empty() {
        None
    } else {
        Some(events)
    })
}

fn push<'a>(events: &mut Vec<&'a [u8]>, event: &'a [u8]) -> Result<(), Reject> {
    if events.len() >= BATCH_EVENTS_MAX {
        let detail = format!("more than {BATCH_EVENTS_MAX} events in one batch; send several");
        return Err(Reject::new(Code::BatchTooMany, detail));
    }
    events.push(event);
    Ok(())
}
