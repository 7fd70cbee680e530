//! Which encoding bytes have.

use crate::code::Code;
use crate::reject::Reject;

/// The content type of protobuf, as most who send it write it.
const PROTOBUF: &str = "application/protobuf";

/// How an event is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The canonical proto3 JSON mapping.
    Json,
    /// Protobuf.
    Protobuf,
    /// CloudEvents 1.0, structured: a JSON envelope with the event in it.
    CloudEvent,
}

impl Encoding {
    /// The encoding of a content type. Parameters and the case of letters make no difference.
    ///
    /// # Errors
    ///
    /// [`Code::UnknownEncoding`] for a content type that is not read here.
    ///
    /// ```
    /// use sanbai_wire::Encoding;
    ///
    /// assert_eq!(Encoding::of_content_type("Application/JSON; charset=utf-8")?, Encoding::Json);
    /// assert_eq!(Encoding::of_content_type("application/cloudevents+json")?, Encoding::CloudEvent);
    /// assert!(Encoding::of_content_type("text/csv").is_err());
    /// # Ok::<(), sanbai_wire::Reject>(())
    /// ```
    pub fn of_content_type(content_type: &str) -> Result<Self, Reject> {
        if content_type == PROTOBUF {
            return Ok(Self::Protobuf);
        }
        let essence = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match essence.as_str() {
            "application/json" | "text/json" => Ok(Self::Json),
            PROTOBUF | "application/x-protobuf" | "application/vnd.google.protobuf" => Ok(Self::Protobuf),
            "application/cloudevents+json" | "application/cloudevents" => Ok(Self::CloudEvent),
            _ => Err(Reject::new(
                Code::UnknownEncoding,
                "the content type is none of application/json, application/protobuf and application/cloudevents+json",
            )),
        }
    }

    /// Tells JSON from protobuf by the first bytes, where nothing else says it.
    ///
    /// A brace or a blank begins JSON. The line feed that begins most protobuf messages is taken for a blank only if an
    /// object follows it.
    ///
    /// ```
    /// use sanbai_wire::Encoding;
    ///
    /// assert_eq!(Encoding::sniff(b" {\"eventId\":"), Encoding::Json);
    /// assert_eq!(Encoding::sniff(b"\n$0190a8b2-"), Encoding::Protobuf);
    /// ```
    pub fn sniff(bytes: &[u8]) -> Self {
        match bytes {
            // A byte order mark and an array are no event either: JSON says so with an error that helps.
            [b' ' | b'\t' | b'\r' | b'[', ..] | [0xef, 0xbb, 0xbf, ..] => Self::Json,
            [b'{' | b'\n', ..] if begins_object(bytes) => Self::Json,
            _ => Self::Protobuf,
        }
    }
}

/// Whether an object begins here, and goes on with a name or its end. The length of a protobuf message may be 123, too.
fn begins_object(bytes: &[u8]) -> bool {
    let inner = bytes
        .trim_ascii_start()
        .strip_prefix(b"{")
        .map(<[u8]>::trim_ascii_start);
    inner.is_some_and(|inner| matches!(inner, [] | [b'"' | b'}', ..]))
}
