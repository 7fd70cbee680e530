//! From bytes to events, or to one reason why not.

use std::borrow::Cow;

use sanbai_core::event::{ContentDigest, EventId};
use sanbai_core::time::{Span, Timestamp};

use crate::admit::{Admitted, AgeLimits, admit};
use crate::check::{Checks, Notes, Policy};
use crate::cloud::{self, Envelope};
use crate::code::Code;
use crate::decoded::{Decoded, Seen};
use crate::encoding::Encoding;
use crate::json::{Reader, transcode};
use crate::limits::EVENT_BYTES_MAX;
use crate::proto::schema::{PARCEL_EVENT, parcel_event};
use crate::protobuf::put_time_fields;
use crate::reject::Reject;
use crate::rewrite::Rewriter;
use crate::sanitise::RawValues;
use crate::survey::survey;
use crate::token::TokenKeys;
use crate::view::{Layout, View};

/// Reads events: checks them, puts identifiers into canonical form, and lets no personal data pass.
///
/// `resolve` gives the canonical code of what a producer calls a brand, or `None`.
///
/// The order of checks is fixed, and the first that fails is the rejection: size, encoding, types and texts field by
/// field in the order of the bytes, schema version, required fields, identifiers, times, ranges, tokens.
///
/// ```
/// use sanbai_core::event::Happening;
/// use sanbai_wire::{Decoder, Encoding, TokenKeys};
///
/// let keys = TokenKeys::single("1", [7; 32])?;
/// let decoder = Decoder::new(keys, |brand| (brand == "SF").then_some("SF"));
/// let bytes = br#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77","brand":"SF","waybill":"sf 1234567890123",
///     "site":"GZ-0117","occurredAt":"2026-03-10T10:00:00+08:00",
///     "identityChecked":{"document":{"kind":"resident","number":"440308199901101512"},"result":"pass"}}"#;
/// let decoded = decoder.decode(bytes, Encoding::Json)?;
/// assert_eq!(decoded.key(), "SF:SF1234567890123");
/// assert!(matches!(decoded.event().expect("of a parcel").happening, Happening::IdentityChecked(_)));
/// assert!(!decoded.to_json().contains("440308199901101512"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<R> {
    keys: TokenKeys,
    resolve: R,
    age: AgeLimits,
    policy: Policy,
    stamp: Option<Stamp>,
}

/// Who sent what is read, and when it reached us.
#[derive(Clone, Debug)]
struct Stamp {
    source: String,
    intake_at: Timestamp,
}

impl<R> Decoder<R> {
    /// Whatever a producer wrote as `source` and `intakeAt`, these stand in what is read: at the edge, which knows both.
    /// The age of an event is that at this intake. `source` is a name of ours, and holds no personal data.
    #[must_use]
    pub fn stamp(mut self, source: impl Into<String>, intake_at: Timestamp) -> Self {
        let source = source.into();
        self.stamp = Some(Stamp { source, intake_at });
        self
    }

    /// How long before its own intake an event may have happened. Default 7 days; beyond it `event_time_too_old`.
    #[must_use]
    pub const fn max_age(mut self, age: Span) -> Self {
        self.age.past = age;
        self
    }

    /// How long after its own intake an event may claim to happen. Default 24 hours; beyond it `event_time_future`.
    #[must_use]
    pub const fn max_ahead(mut self, ahead: Span) -> Self {
        self.age.future = ahead;
        self
    }

    /// What becomes of raw numbers and names. Default: tokens and facts.
    #[must_use]
    pub const fn raw_values(mut self, raw: RawValues) -> Self {
        self.policy.forbid_raw = matches!(raw, RawValues::Forbid);
        self
    }

    /// Whether a field that this version does not know rejects the event. Default: it is counted.
    #[must_use]
    pub const fn strict(mut self, strict: bool) -> Self {
        self.policy.strict = strict;
        self
    }

    /// The key versions that tokens may name; beyond them `token_key_unknown`. Default: any.
    #[must_use]
    pub fn key_versions(mut self, versions: impl IntoIterator<Item = String>) -> Self {
        self.policy.key_versions = Some(versions.into_iter().collect());
        self
    }
}

impl<'r, R: Fn(&str) -> Option<&'r str>> Decoder<R> {
    /// A decoder that makes tokens of raw numbers, counts unknown fields and takes tokens of any key version.
    pub const fn new(keys: TokenKeys, resolve: R) -> Self {
        let age = AgeLimits {
            past: Span::days(7),
            future: Span::hours(24),
        };
        let policy = Policy {
            strict: false,
            forbid_raw: false,
            key_versions: None,
        };
        Self {
            keys,
            resolve,
            age,
            policy,
            stamp: None,
        }
    }

    /// Reads one event.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, without any part of it.
    pub fn decode(&self, bytes: &[u8], encoding: Encoding) -> Result<Decoded, Reject> {
        check_size(bytes)?;
        match encoding {
            Encoding::Json => self.json(bytes, None),
            Encoding::Protobuf => self.protobuf(bytes, None),
            Encoding::CloudEvent => cloud::decode_structured(self, bytes),
        }
    }

    /// Reads one event or one batch as [`decode_each`](Self::decode_each) does, and keeps nothing of it: gives `each` event as
    /// the core judges it. `spare` is overwritten; given again, it saves an allocation for each event.
    ///
    /// # Errors
    ///
    /// Where the whole cannot be read: then `each` was not called.
    ///
    /// ```
    /// use sanbai_wire::{Decoder, Encoding, TokenKeys};
    ///
    /// let decoder = Decoder::new(TokenKeys::single("1", [7; 32])?, |_| Some("SF"));
    /// let line = br#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77","brand":"sf","waybill":"sf 1","site":"GZ-1",
    ///     "occurredAt":"2026-03-10T10:00:00+08:00","sealed":{}}"#;
    /// let (mut spare, mut waybills) = (Vec::new(), Vec::new());
    /// let count = decoder.see_each(line, Encoding::Json, &mut spare, |seen| {
    ///     let event = seen.ok().and_then(|seen| seen.event);
    ///     waybills.extend(event.map(|event| event.waybill.to_owned()));
    /// })?;
    /// assert_eq!((count, waybills), (1, vec!["SF1".to_owned()]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn see_each(
        &self,
        bytes: &[u8],
        encoding: Encoding,
        spare: &mut Vec<u8>,
        mut each: impl FnMut(Result<Seen<'_>, Reject>),
    ) -> Result<usize, Reject> {
        self.each_of(bytes, encoding, |event| self.see(event, encoding, spare, &mut each))
    }

    pub(crate) fn see(
        &self,
        bytes: &[u8],
        encoding: Encoding,
        spare: &mut Vec<u8>,
        each: &mut impl FnMut(Result<Seen<'_>, Reject>),
    ) {
        let seen = check_size(bytes).and_then(|()| match encoding {
            Encoding::Json => {
                let notes = self.read_json(bytes, spare)?;
                self.see_read(spare, &notes, each)
            }
            Encoding::Protobuf => {
                let mut checks = Checks::new(&self.policy);
                survey(&mut checks, &PARCEL_EVENT, bytes)?;
                self.see_read(bytes, checks.finish(), each)
            }
            Encoding::CloudEvent => {
                let decoded = cloud::decode_structured(self, bytes)?;
                each(Ok(decoded.seen()));
                Ok(())
            }
        });
        if let Err(reject) = seen {
            each(Err(reject));
        }
    }

    fn see_read(
        &self,
        bytes: &[u8],
        notes: &Notes,
        each: &mut impl FnMut(Result<Seen<'_>, Reject>),
    ) -> Result<(), Reject> {
        let Admission {
            view,
            id,
            intake_at,
            anew,
        } = self.admitted(bytes, notes, None)?;
        let mut see = |bytes: &[u8], layout: &Layout, view: &View<'_>| {
            let seen = Seen::of(view, id, digest(bytes, layout), intake_at, notes.unknown_fields);
            each(Ok(seen));
        };
        match anew {
            None => see(bytes, &notes.layout, &view),
            Some(bytes) => {
                let layout = Layout::of(&bytes);
                see(&bytes, &layout, &layout.view(&bytes));
            }
        }
        Ok(())
    }

    /// Reads JSON by way of protobuf.
    pub(crate) fn json(&self, bytes: &[u8], envelope: Option<&Envelope<'_>>) -> Result<Decoded, Reject> {
        let mut message = Vec::with_capacity(bytes.len());
        let notes = self.read_json(bytes, &mut message)?;
        self.accept(Cow::Owned(message), notes, envelope)
    }

    /// Writes as protobuf into `message` what JSON says.
    fn read_json(&self, bytes: &[u8], message: &mut Vec<u8>) -> Result<Notes, Reject> {
        let mut checks = Checks::new(&self.policy).tokenising(&self.keys);
        let mut reader = Reader::new(bytes);
        message.clear();
        transcode(&mut checks, &mut reader, &PARCEL_EVENT, message)?;
        reader.finish()?;
        Ok(core::mem::take(checks.finish()))
    }

    /// Reads protobuf.
    pub(crate) fn protobuf(&self, bytes: &[u8], envelope: Option<&Envelope<'_>>) -> Result<Decoded, Reject> {
        let mut checks = Checks::new(&self.policy);
        survey(&mut checks, &PARCEL_EVENT, bytes)?;
        self.accept(Cow::Borrowed(bytes), core::mem::take(checks.finish()), envelope)
    }

    fn accept(&self, bytes: Cow<'_, [u8]>, notes: Notes, envelope: Option<&Envelope<'_>>) -> Result<Decoded, Reject> {
        let Admission {
            id, intake_at, anew, ..
        } = self.admitted(&bytes, &notes, envelope)?;
        let (bytes, layout) = match anew {
            None => (bytes.into_owned(), notes.layout),
            Some(bytes) => {
                let layout = Layout::of(&bytes);
                (bytes, layout)
            }
        };
        Ok(Decoded {
            digest: digest(&bytes, &layout),
            bytes,
            layout,
            id,
            intake_at,
            unknown_fields: notes.unknown_fields,
        })
    }

    /// Accepts an event whose fields have been checked one by one, or says why not.
    fn admitted<'b>(
        &'b self,
        bytes: &'b [u8],
        notes: &Notes,
        envelope: Option<&'b Envelope<'_>>,
    ) -> Result<Admission<'b>, Reject> {
        let mut view = notes.layout.view(bytes);
        if let Some(envelope) = envelope {
            envelope.put_on(&mut view, notes)?;
        }
        if let Some(stamp) = &self.stamp {
            view.source = &stamp.source;
            view.intake_at = Some(stamp.intake_at);
        }
        let admitted = admit(&view, notes, &self.resolve, self.age)?;
        let is_canonical = !notes.rewrite
            && envelope.is_none()
            && self.stamp.is_none()
            && admitted.brand == view.brand
            && matches!(admitted.waybill, Cow::Borrowed(_));
        let anew = (!is_canonical).then(|| self.rewritten(bytes, &view, &admitted));
        let (id, intake_at) = (admitted.id, admitted.intake_at);
        Ok(Admission {
            view,
            id,
            intake_at,
            anew,
        })
    }

    /// The event in canonical form and without personal data.
    fn rewritten(&self, bytes: &[u8], view: &View<'_>, admitted: &Admitted<'_, '_>) -> Vec<u8> {
        let (mut occurred_at, mut intake_at) = (Vec::new(), Vec::new());
        put_time_fields(&mut occurred_at, admitted.occurred_at);
        put_time_fields(&mut intake_at, admitted.intake_at);
        let instead = [
            (parcel_event::EVENT_ID, view.event_id.as_bytes()),
            (parcel_event::BRAND, admitted.brand.as_bytes()),
            (parcel_event::WAYBILL, admitted.waybill.as_bytes()),
            (parcel_event::SOURCE, view.source.as_bytes()),
            (parcel_event::OCCURRED_AT, &occurred_at),
            (parcel_event::INTAKE_AT, &intake_at),
        ];
        // Without a stamp the intake stays as it was written, if it was.
        let count = instead.len().saturating_sub(usize::from(self.stamp.is_none()));
        let instead = instead.get(..count).unwrap_or_default();
        Rewriter::new(&self.keys, admitted.occurred_at.civil_day()).event(bytes, instead)
    }
}

/// An event that is accepted.
struct Admission<'b> {
    /// Its fields as they came.
    view: View<'b>,
    id: EventId,
    intake_at: Timestamp,
    /// The event in canonical form, where it came in another.
    anew: Option<Vec<u8>>,
}

/// Whether an event is there, and not too large.
pub(crate) fn check_size(bytes: &[u8]) -> Result<(), Reject> {
    if bytes.is_empty() {
        return Err(Reject::new(Code::EmptyValue, "there are no bytes; send an event"));
    }
    if bytes.len() > EVENT_BYTES_MAX {
        let detail = format!(
            "the event has {} bytes, over the limit of {EVENT_BYTES_MAX}",
            bytes.len()
        );
        return Err(Reject::new(Code::EventTooLarge, detail));
    }
    Ok(())
}

/// The digest of canonical bytes without those of the intake, and without id, brand and waybill: only contents under one
/// id of one parcel are ever compared.
fn digest(bytes: &[u8], layout: &Layout) -> ContentDigest {
    let intake = layout.intake();
    ContentDigest::of([
        bytes.get(layout.key_end()..intake.start).unwrap_or_default(),
        bytes.get(intake.end..).unwrap_or_default(),
    ])
}
