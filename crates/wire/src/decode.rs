//! From bytes to events, or to one reason why not.

use prost::Message as _;
use sanbai_core::event::ContentDigest;
use sanbai_core::time::Span;
use sha2::{Digest as _, Sha256};

use crate::admit::{AgeLimits, admit};
use crate::cloud;
use crate::code::Code;
use crate::decoded::Decoded;
use crate::encoding::Encoding;
use crate::json::{Notes, Reader, transcode};
use crate::limits::{EVENT_BYTES_MAX, LIST_ENTRIES_MAX};
use crate::proto::event::ParcelEvent;
use crate::proto::schema::PARCEL_EVENT;
use crate::reject::Reject;
use crate::sanitise::{RawValues, Sanitiser};
use crate::survey::{Survey, redact};
use crate::token::TokenKeys;

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
/// assert!(!sanbai_wire::encode_json(decoded.message()).contains("440308199901101512"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<R> {
    keys: TokenKeys,
    resolve: R,
    age: AgeLimits,
    raw: RawValues,
    strict: bool,
    known_versions: Option<Vec<String>>,
}

impl<R> Decoder<R> {
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
        self.raw = raw;
        self
    }

    /// Whether a field that this version does not know rejects the event. Default: it is counted.
    #[must_use]
    pub const fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The key versions that tokens may name; beyond them `token_key_unknown`. Default: any.
    #[must_use]
    pub fn key_versions(mut self, versions: impl IntoIterator<Item = String>) -> Self {
        self.known_versions = Some(versions.into_iter().collect());
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
        Self {
            keys,
            resolve,
            age,
            raw: RawValues::Tokenise,
            strict: false,
            known_versions: None,
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
            Encoding::Json => self.json(bytes, |_, _| Ok(())),
            Encoding::Protobuf => self.protobuf(bytes, Notes::default(), |_, _| Ok(())),
            Encoding::CloudEvent => cloud::decode_structured(self, bytes),
        }
    }

    /// Reads JSON; `adjust` may fill in what an envelope says before the event is checked.
    pub(crate) fn json(
        &self,
        bytes: &[u8],
        adjust: impl FnOnce(&mut ParcelEvent, &Notes) -> Result<(), Reject>,
    ) -> Result<Decoded, Reject> {
        let mut notes = Notes::default();
        let mut reader = Reader::new(bytes);
        let mut message = Vec::with_capacity(bytes.len());
        transcode(&mut reader, &PARCEL_EVENT, self.strict, &mut notes, &mut message)?;
        reader.finish()?;
        self.protobuf(&message, notes, adjust)
    }

    /// Reads protobuf, after what `notes` says of the encoding before it.
    pub(crate) fn protobuf(
        &self,
        bytes: &[u8],
        mut notes: Notes,
        adjust: impl FnOnce(&mut ParcelEvent, &Notes) -> Result<(), Reject>,
    ) -> Result<Decoded, Reject> {
        let mut survey = Survey {
            strict: self.strict,
            notes: &mut notes,
            personal: false,
        };
        survey.message(&PARCEL_EVENT, bytes)?;
        let mut event = if survey.personal {
            redacted(bytes)?
        } else {
            parse(bytes)?
        };
        adjust(&mut event, &notes)?;
        let admitted = admit(&mut event, &notes, &self.resolve, self.age)?;
        let sanitiser = Sanitiser {
            keys: &self.keys,
            raw: self.raw,
            known_versions: self.known_versions.as_deref(),
            today: admitted.occurred_at.civil_day(),
        };
        sanitiser.event(&mut event)?;
        let digest = digest(&mut event);
        Ok(Decoded {
            message: event,
            admitted,
            digest,
            unknown_fields: notes.unknown_fields,
        })
    }
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

fn parse(bytes: &[u8]) -> Result<ParcelEvent, Reject> {
    ParcelEvent::decode(bytes).map_err(|_| Reject::new(Code::ProtoDecode, "the protobuf message cannot be read"))
}

fn redacted(bytes: &[u8]) -> Result<ParcelEvent, Reject> {
    let mut clean = Vec::with_capacity(bytes.len());
    let mut fields = Vec::new();
    redact(&PARCEL_EVENT, bytes, "", &mut clean, &mut fields);
    let mut event = parse(&clean)?;
    for field in fields {
        if event.redacted_fields.len() < LIST_ENTRIES_MAX && !event.redacted_fields.contains(&field) {
            event.redacted_fields.push(field);
        }
    }
    Ok(event)
}

/// The first eight bytes of the SHA-256 of the canonical encoding without `source`, `uploaded_at` and `intake_at`.
fn digest(event: &mut ParcelEvent) -> ContentDigest {
    let source = core::mem::take(&mut event.source);
    let times = (event.uploaded_at.take(), event.intake_at.take());
    let hash = Sha256::digest(event.encode_to_vec());
    event.source = source;
    (event.uploaded_at, event.intake_at) = times;
    ContentDigest(hash.first_chunk().map_or(0, |first| u64::from_be_bytes(*first)))
}
