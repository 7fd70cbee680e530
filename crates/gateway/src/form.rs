//! What a body is made of: its content type, and the events in it.

use axum::http::{HeaderMap, HeaderName, header};
use sanbai_wire::limits::BATCH_EVENTS_MAX;
use sanbai_wire::{Code, Encoding, Frame, Reject, parts};

use crate::refusal::{Refusal, Why};

/// What a body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One event, a batch, or in JSON a list.
    Whole(Encoding),
    /// An event or a batch on each line.
    Lines,
    /// An event or a batch after its length, again and again.
    Frames,
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Not at all.
    Plain,
    Gzip,
    Zstd,
}

/// The events of a body.
#[derive(Debug)]
pub(crate) struct Events<'a> {
    /// How each is encoded.
    pub(crate) encoding: Encoding,
    /// Their bytes, or why one of them has none.
    pub(crate) parts: Vec<Result<&'a [u8], Reject>>,
    /// The body is one event, and no batch or list of one.
    pub(crate) is_single: bool,
}

impl Form {
    /// The form of a content type.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let refused = || {
            let detail = "send application/json, application/x-ndjson, application/protobuf (of many: with \
                ; encoding=delimited), application/cloudevents+json or application/cloudevents-batch+json";
            Refusal::new(Why::UnsupportedMediaType, detail)
        };
        let text = the_only(headers, &header::CONTENT_TYPE)
            .ok_or_else(refused)?
            .to_ascii_lowercase();
        let mut parameters = text.split(';').map(str::trim);
        let essence = parameters.next().unwrap_or_default();
        match essence {
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => {
                Ok(Self::Lines)
            }
            "application/cloudevents-batch+json" => Ok(Self::Whole(Encoding::CloudEvent)),
            _ => match Encoding::of_content_type(essence).map_err(|_| refused())? {
                Encoding::Protobuf if parameters.any(|parameter| parameter == "encoding=delimited") => Ok(Self::Frames),
                encoding => Ok(Self::Whole(encoding)),
            },
        }
    }

    /// The events of a body.
    pub(crate) fn events(self, body: &[u8]) -> Result<Events<'_>, Refusal> {
        let (encoding, parts, is_single) = match self {
            Self::Whole(encoding) => {
                let parts = parts(body, encoding)?;
                let is_single = matches!(parts.as_slice(), [one] if one.len() == body.len());
                (encoding, parts.into_iter().map(Ok).collect(), is_single)
            }
            Self::Lines => (Encoding::Json, lines(body)?, false),
            Self::Frames => (Encoding::Protobuf, frames(body)?, false),
        };
        let is_blank = encoding != Encoding::Protobuf && body.trim_ascii().is_empty();
        if body.is_empty() || is_blank {
            return Err(Refusal::code(
                Code::EmptyBody,
                "the body has no bytes; send an event or a batch",
            ));
        }
        Ok(Events {
            encoding,
            parts,
            is_single,
        })
    }
}

fn lines(body: &[u8]) -> Result<Vec<Result<&[u8], Reject>>, Refusal> {
    let mut all = Vec::new();
    for line in body.split(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            extend(&mut all, parts(line, Encoding::Json))?;
        }
    }
    Ok(all)
}

fn frames(mut body: &[u8]) -> Result<Vec<Result<&[u8], Reject>>, Refusal> {
    let mut all = Vec::new();
    while !body.is_empty() {
        match Frame::first(body)? {
            Frame::Whole { content, length } => {
                extend(&mut all, parts(content, Encoding::Protobuf))?;
                body = body.get(length..).unwrap_or_default();
            }
            Frame::Broken { .. } | Frame::TooLong { .. } => {
                let detail = "a length in front of an event says more than there is";
                return Err(Refusal::code(Code::ProtoLimit, detail));
            }
        }
    }
    Ok(all)
}

/// Adds the events of one line or frame. One that is no batch though it looks like one counts as one event.
fn extend<'a>(all: &mut Vec<Result<&'a [u8], Reject>>, parts: Result<Vec<&'a [u8]>, Reject>) -> Result<(), Refusal> {
    match parts {
        Ok(parts) => all.extend(parts.into_iter().map(Ok)),
        Err(reject) if reject.code == Code::BatchTooMany => return Err(reject.into()),
        Err(reject) => all.push(Err(reject)),
    }
    if all.len() > BATCH_EVENTS_MAX {
        let detail = format!("more than {BATCH_EVENTS_MAX} events in one request; send several");
        return Err(Refusal::code(Code::BatchTooMany, detail));
    }
    Ok(())
}

impl Packing {
    /// The packing that the headers name.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        if !headers.contains_key(header::CONTENT_ENCODING) {
            return Ok(Self::Plain);
        }
        let name = the_only(headers, &header::CONTENT_ENCODING).map(|name| name.trim().to_ascii_lowercase());
        match name.as_deref() {
            Some("identity") => Ok(Self::Plain),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip),
            Some("zstd") => Ok(Self::Zstd),
            Some(_) | None => {
                let detail = "the content encoding is none of gzip and zstd, or there are two";
                Err(Refusal::new(Why::UnsupportedMediaType, detail))
            }
        }
    }
}

/// The value of a header that stands once.
fn the_only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMS: [Form; 5] = [
        Form::Whole(Encoding::Json),
        Form::Whole(Encoding::Protobuf),
        Form::Whole(Encoding::CloudEvent),
        Form::Lines,
        Form::Frames,
    ];

    proptest! {
        #[test]
        fn any_bytes_are_events_or_a_refusal(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just(b"[".to_vec()), Just(b"]".to_vec()), Just(b"{}".to_vec()), Just(b",".to_vec()), Just(b"\n".to_vec()),
                    Just(b"{\"events\":[".to_vec()), Just(b"]}".to_vec()), Just(b"\x0a\x02\x12\x00".to_vec()),
                    prop::collection::vec(any::<u8>(), 0..4),
                ],
                0..600,
            ),
        ) {
            let body = pieces.concat();
            for form in FORMS {
                if let Ok(events) = form.events(&body) {
                    prop_assert!(events.parts.len() <= BATCH_EVENTS_MAX);
                    let bytes: usize = events.parts.iter().flatten().map(|part| part.len()).sum();
                    prop_assert!(bytes <= body.len());
                }
            }
        }
    }
}
