//! Events as bytes.

use prost::Message as _;

use crate::frames::push_frame;
use crate::json;
use crate::proto::event::ParcelEvent;
use crate::proto::schema::PARCEL_EVENT;
use crate::protobuf::put_bytes;

/// The event as one line of JSON: the canonical proto3 mapping, times in UTC.
///
/// ```
/// use sanbai_wire::encode_json;
/// use sanbai_wire::proto::event::{ParcelEvent, Sealed, parcel_event::Happening};
///
/// let sealed = ParcelEvent {
///     brand: "SF".into(),
///     waybill: "SF1234567890123".into(),
///     happening: Some(Happening::Sealed(Sealed {})),
///     ..ParcelEvent::default()
/// };
/// assert_eq!(encode_json(&sealed), r#"{"brand":"SF","waybill":"SF1234567890123","sealed":{}}"#);
/// ```
pub fn encode_json(event: &ParcelEvent) -> String {
    let mut out = String::with_capacity(512);
    json::write(&PARCEL_EVENT, &event.encode_to_vec(), &mut out);
    out
}

/// The event as protobuf.
pub fn encode_protobuf(event: &ParcelEvent) -> Vec<u8> {
    event.encode_to_vec()
}

/// A `ParcelEventBatch` of events as they are on the wire ([`Decoded::as_bytes`](crate::Decoded::as_bytes)), in their order.
///
/// ```
/// use sanbai_wire::{Encoding, encode_batch, parts};
///
/// let events: [&[u8]; 2] = [b"\x12\x02SF", b"\x12\x03ZTO"];
/// assert_eq!(parts(&encode_batch(events), Encoding::Protobuf)?, events);
/// # Ok::<(), sanbai_wire::Reject>(())
/// ```
pub fn encode_batch<'a>(events: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for event in events {
        put_bytes(&mut out, EVENTS, event);
    }
    out
}

/// Number of the only field of a batch.
const EVENTS: u32 = 1;

/// The event as protobuf after its length: what files are made of. [`Frame`](crate::Frame) reads it.
pub fn encode_delimited(event: &ParcelEvent) -> Vec<u8> {
    let content = event.encode_to_vec();
    let mut out = Vec::with_capacity(content.len().saturating_add(2));
    push_frame(&content, &mut out);
    out
}
