//! CloudEvents 1.0: the same events in an envelope, in the value (structured) or in the headers (binary).

use std::borrow::Cow;

use data_encoding::BASE64;
use sanbai_core::event::EventId;
use sanbai_core::time::Timestamp;

use crate::check::Notes;
use crate::code::Code;
use crate::decode::{Decoder, check_size};
use crate::decoded::Decoded;
use crate::encoding::Encoding;
use crate::form::personal;
use crate::json::{Reader, Shape};
use crate::reject::Reject;
use crate::schema::loosely_equal;
use crate::text::{Run, find_personal, is_clean, redacted};
use crate::view::View;

/// Most bytes of an attribute.
const ATTRIBUTE_BYTES_MAX: usize = 256;

/// What an envelope says.
#[derive(Debug, Default)]
pub(crate) struct Attributes<'a> {
    spec_version: Option<Cow<'a, str>>,
    id: Option<Cow<'a, str>>,
    source: Option<Cow<'a, str>>,
    event_type: Option<Cow<'a, str>>,
    time: Option<Cow<'a, str>>,
    content_type: Option<Cow<'a, str>>,
}

impl<'a> Attributes<'a> {
    /// The attribute of this name; `None` for one that is not used here.
    pub(crate) fn slot(&mut self, name: &str) -> Option<(&'static str, &mut Option<Cow<'a, str>>)> {
        Some(match name {
            "specversion" => ("specversion", &mut self.spec_version),
            "id" => ("id", &mut self.id),
            "source" => ("source", &mut self.source),
            "type" => ("type", &mut self.event_type),
            "time" => ("time", &mut self.time),
            "datacontenttype" => ("datacontenttype", &mut self.content_type),
            _ => return None,
        })
    }

    /// Checks the attributes, and what they mean.
    fn check(&self) -> Result<Envelope<'_>, Reject> {
        let of = |attribute: &'a str, value: &'_ Option<Cow<'a, str>>| -> Result<(), Reject> {
            check_attribute(value.as_deref()).map_err(|reject| reject.under(attribute))
        };
        of("specversion", &self.spec_version)?;
        of("id", &self.id)?;
        of("source", &self.source)?;
        of("type", &self.event_type)?;
        if self.spec_version.as_deref() != Some("1.0") {
            let detail = "only CloudEvents 1.0 are read here";
            return Err(Reject::new(Code::UnknownEncoding, detail).under("specversion"));
        }
        let id = self.id.as_deref().unwrap_or_default();
        if find_personal(id, Run::Key).is_some() {
            return Err(personal().under("id"));
        }
        let parsed = EventId::parse(id).ok_or_else(|| {
            Reject::new(Code::EventIdInvalid, "an event id is a UUID with hyphens or a ULID").under("id")
        })?;
        let time = self.time.as_deref().map(|time| {
            Timestamp::parse(time)
                .ok_or_else(|| Reject::new(Code::EventTimeInvalid, "not a time of RFC 3339 with a zone").under("time"))
        });
        let source = self.source.as_deref().unwrap_or_default();
        Ok(Envelope {
            id,
            parsed,
            source: redacted(source, Run::Digits).unwrap_or_else(|| source.to_owned()),
            happening: happening_of(self.event_type.as_deref().unwrap_or_default())
                .map_err(|reject| reject.under("type"))?,
            time: time.transpose()?,
        })
    }
}

fn check_attribute(value: Option<&str>) -> Result<(), Reject> {
    match value {
        None | Some("") => Err(Reject::new(Code::FieldMissing, "CloudEvents require this attribute")),
        Some(value) if value.len() > ATTRIBUTE_BYTES_MAX => Err(Reject::new(
            Code::FieldTooLong,
            format!("the attribute is over the limit of {ATTRIBUTE_BYTES_MAX} bytes"),
        )),
        Some(value) if !is_clean(value) => Err(Reject::new(
            Code::TextInvalid,
            "the attribute holds control or direction characters; remove them",
        )),
        Some(_) => Ok(()),
    }
}

/// The happening that a type names: `….parcel.<happening>.v1`.
fn happening_of(event_type: &str) -> Result<&str, Reject> {
    let mut parts = event_type.rsplit('.');
    let (version, happening, subject) = (parts.next(), parts.next(), parts.next());
    let unknown = || Reject::new(Code::EventTypeUnknown, "a type ends in .parcel.<happening>.v1");
    let happening = happening.filter(|_| subject == Some("parcel")).ok_or_else(unknown)?;
    let version = version
        .and_then(|version| version.strip_prefix('v'))
        .and_then(|version| version.parse::<u32>().ok());
    match version {
        Some(1) => Ok(happening),
        Some(0) => Err(Reject::new(
            Code::SchemaTooOld,
            "only version 1 of the type is read here",
        )),
        Some(_) => Err(Reject::new(
            Code::SchemaTooNew,
            "only version 1 of the type is read here",
        )),
        None => Err(unknown()),
    }
}

/// What an envelope means for the event in it.
pub(crate) struct Envelope<'a> {
    id: &'a str,
    parsed: EventId,
    source: String,
    happening: &'a str,
    time: Option<Timestamp>,
}

impl Envelope<'_> {
    /// Puts id, source and, where it has none, time on the event.
    pub(crate) fn put_on<'a>(&'a self, event: &mut View<'a>, notes: &Notes) -> Result<(), Reject> {
        if notes
            .happening
            .is_some_and(|happening| !loosely_equal(happening, self.happening))
        {
            let detail = "the type of the envelope names another happening than the event holds";
            return Err(Reject::new(Code::EventTypeUnknown, detail));
        }
        if event.event_id.is_empty() {
            event.event_id = self.id;
        } else if EventId::parse(event.event_id) != Some(self.parsed) {
            let detail = "the event has another id than its envelope; send one id";
            return Err(Reject::new(Code::EventIdInvalid, detail).under("eventId"));
        }
        event.source = &self.source;
        event.occurred_at = event.occurred_at.or(self.time);
        Ok(())
    }
}

/// Reads a structured CloudEvent: a JSON object with `data` or `data_base64`.
pub(crate) fn decode_structured<'r, R: Fn(&str) -> Option<&'r str>>(
    decoder: &Decoder<R>,
    bytes: &[u8],
) -> Result<Decoded, Reject> {
    let mut attributes = Attributes::default();
    let mut data: Option<Cow<'_, [u8]>> = None;
    let mut is_binary = false;
    let mut reader = Reader::new(bytes);
    reader.open_object()?;
    let mut names = std::collections::BTreeSet::new();
    while let Some(name) = reader.name(names.is_empty())? {
        if let Some((attribute, slot)) = core::str::from_utf8(&name).ok().and_then(|name| attributes.slot(name)) {
            *slot = attribute_text(&mut reader).map_err(|reject| reject.under(attribute))?;
        } else if *name == *b"data" && reader.shape()? != Shape::Null {
            data = Some(Cow::Borrowed(reader.pass()?));
        } else if *name == *b"data_base64" && reader.shape()? != Shape::Null {
            data = Some(Cow::Owned(
                base64(&mut reader).map_err(|reject| reject.under("data_base64"))?,
            ));
            is_binary = true;
        } else {
            reader.skip()?;
        }
        if !names.insert(name) {
            return Err(reader.duplicate());
        }
    }
    reader.finish()?;
    if names.contains(b"data".as_slice()) && names.contains(b"data_base64".as_slice()) {
        let detail = "data and data_base64 stand in one envelope; send one of them";
        return Err(Reject::new(Code::TypeMismatch, detail).under("data_base64"));
    }
    let data = data.ok_or_else(|| Reject::new(Code::FieldMissing, "the envelope holds no event").under("data"))?;
    let encoding = match attributes.content_type.as_deref() {
        Some(content_type) if is_binary => Encoding::of_content_type(content_type),
        Some(_) | None => Ok(Encoding::Json),
    };
    let encoding = encoding.map_err(|reject| reject.under("datacontenttype"))?;
    decode_data(decoder, &attributes, &data, encoding, "data")
}

fn attribute_text<'a>(reader: &mut Reader<'a>) -> Result<Option<Cow<'a, str>>, Reject> {
    match reader.shape()? {
        Shape::Text => reader.text().map(Some),
        Shape::Null => reader.skip().map(|()| None),
        Shape::Object | Shape::Array | Shape::Number | Shape::True | Shape::False => Err(Reject::new(
            Code::TypeMismatch,
            "a text is needed here; no other type is converted",
        )),
    }
}

fn base64(reader: &mut Reader<'_>) -> Result<Vec<u8>, Reject> {
    let text = attribute_text(reader)?.unwrap_or_default();
    BASE64
        .decode(text.as_bytes())
        .map_err(|_| Reject::new(Code::TypeMismatch, "base64 with padding is needed here"))
}

/// Reads the event in an envelope; errors in it are found below `name`.
pub(crate) fn decode_data<'r, R: Fn(&str) -> Option<&'r str>>(
    decoder: &Decoder<R>,
    attributes: &Attributes<'_>,
    data: &[u8],
    encoding: Encoding,
    name: &str,
) -> Result<Decoded, Reject> {
    let envelope = attributes.check()?;
    let decoded = check_size(data).and_then(|()| match encoding {
        Encoding::Json => decoder.json(data, Some(&envelope)),
        Encoding::Protobuf => decoder.protobuf(data, Some(&envelope)),
        Encoding::CloudEvent => Err(Reject::new(Code::UnknownEncoding, "a CloudEvent inside a CloudEvent")),
    });
    decoded.map_err(|reject| if name.is_empty() { reject } else { reject.under(name) })
}
