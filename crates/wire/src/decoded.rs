//! A decoded event, and how the core sees it.

use prost::Message as _;
use sanbai_core::event::{ContentDigest, Event, EventId, Place};
use sanbai_core::shard::input::SubjectEvent;
use sanbai_core::time::Timestamp;

use crate::happening;
use crate::json;
use crate::key::{key, partition};
use crate::proto::event::ParcelEvent;
use crate::proto::schema::PARCEL_EVENT;
use crate::subject;
use crate::view::{Layout, View};

/// An event that was accepted: checked, in canonical form, and without personal data.
///
/// Holds the canonical protobuf bytes and where the fields stand in them; everything else is read when it is asked for.
/// See [`Decoder`](crate::Decoder) for an example.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) layout: Layout,
    pub(crate) id: EventId,
    pub(crate) intake_at: Timestamp,
    pub(crate) digest: ContentDigest,
    pub(crate) unknown_fields: u32,
}

/// An event that was accepted, as it is seen while it is read.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The event as the core judges it; `None` for the three that are about a device, a screener or an outlet.
    pub event: Option<Event<'a>>,
    /// The event where it is one of those three.
    pub subject_event: Option<SubjectEvent<'a>>,
    /// When it reached us: `intakeAt`, else `uploadedAt`, else `occurredAt`.
    pub intake_at: Timestamp,
    /// How many fields it has that this version does not know.
    pub unknown_fields: u32,
}

impl<'a> Seen<'a> {
    #[inline]
    pub(crate) fn of(view: &View<'a>, id: EventId, digest: ContentDigest, intake_at: Timestamp, unknown: u32) -> Self {
        let event = event_of(view, id, digest, intake_at);
        Self {
            subject_event: if event.is_none() {
                subject_of(view, id, intake_at)
            } else {
                None
            },
            event,
            intake_at,
            unknown_fields: unknown,
        }
    }

    /// The key of its record: brand and waybill, or brand and subject.
    pub fn key(&self) -> String {
        let of_subject = || self.subject_event.map(|event| (event.brand, event.subject));
        let of_parcel = self.event.map(|event| (event.brand, event.waybill));
        let (brand, rest) = of_parcel.or_else(of_subject).unwrap_or_default();
        key(brand, rest)
    }
}

/// The event about a device, a screener or an outlet in the fields of canonical bytes.
fn subject_of<'a>(view: &View<'a>, id: EventId, intake_at: Timestamp) -> Option<SubjectEvent<'a>> {
    let (number, bytes) = view.happening?;
    Some(SubjectEvent {
        happening: subject::read(number, bytes)?,
        id,
        brand: view.brand,
        subject: view.subject,
        site: view.site,
        occurred_at: view.occurred_at?,
        intake_at,
    })
}

/// The event in the fields of canonical bytes.
#[inline]
pub(crate) fn event_of<'a>(
    view: &View<'a>,
    id: EventId,
    digest: ContentDigest,
    intake_at: Timestamp,
) -> Option<Event<'a>> {
    let (number, bytes) = view.happening?;
    Some(Event {
        happening: happening::read(number, bytes)?,
        id,
        digest,
        brand: view.brand,
        waybill: view.waybill,
        site: view.site,
        operator: view.operator,
        place: Place::parse(view.place),
        occurred_at: view.occurred_at?,
        uploaded_at: view.uploaded_at,
        intake_at,
        source: view.source,
        redacted: view.redacted,
    })
}

impl Decoded {
    /// The event as the core judges it; `None` for the three that are about a device, a screener or an outlet.
    pub fn event(&self) -> Option<Event<'_>> {
        event_of(&self.layout.view(&self.bytes), self.id, self.digest, self.intake_at)
    }

    /// The event where it is about a device, a screener or an outlet; `None` for that of a parcel.
    pub fn subject_event(&self) -> Option<SubjectEvent<'_>> {
        subject_of(&self.layout.view(&self.bytes), self.id, self.intake_at)
    }

    /// The event as it is seen while it is read.
    pub fn seen(&self) -> Seen<'_> {
        let view = self.layout.view(&self.bytes);
        Seen::of(&view, self.id, self.digest, self.intake_at, self.unknown_fields)
    }

    /// The canonical protobuf bytes, to be stored or sent on: what prost makes of [`message`](Self::message).
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The canonical JSON, on one line.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(512);
        json::write(&PARCEL_EVENT, &self.bytes, &mut out);
        out
    }

    /// The message.
    pub fn message(&self) -> ParcelEvent {
        ParcelEvent::decode(self.bytes.as_slice()).expect("canonical bytes were checked field by field")
    }

    /// The id that its producer chose.
    pub const fn id(&self) -> EventId {
        self.id
    }

    /// When it reached us: `intakeAt`, else `uploadedAt`, else `occurredAt`.
    pub const fn intake_at(&self) -> Timestamp {
        self.intake_at
    }

    /// Digest of the content without `source`, `uploadedAt` and `intakeAt`.
    pub const fn digest(&self) -> ContentDigest {
        self.digest
    }

    /// How many fields were there that nobody knows.
    pub const fn unknown_fields(&self) -> u32 {
        self.unknown_fields
    }

    /// The key of its record: brand and waybill, or brand and subject.
    pub fn key(&self) -> String {
        let view = self.layout.view(&self.bytes);
        key(
            view.brand,
            if view.waybill.is_empty() {
                view.subject
            } else {
                view.waybill
            },
        )
    }

    /// The partition to which its key leads, among `count`; `None` where there are none.
    pub fn partition(&self, count: u32) -> Option<u32> {
        partition(&self.key(), count)
    }
}

impl core::fmt::Debug for Decoded {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Decoded({})", self.to_json())
    }
}
