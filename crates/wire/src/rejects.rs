//! Rejected records: what stands in the headers of `sanbai.rejects`, and a line of JSON.
//!
//! The headers have the names of Kafka Connect, so that what reads dead letters there reads ours. None holds any part of
//! the value, which is sealed elsewhere.

#[cfg(test)]
mod tests;

use sanbai_core::shard::output::What;
use serde::Serialize;

use crate::reject::Reject;

const TOPIC: &str = "__connect.errors.topic";
const PARTITION: &str = "__connect.errors.partition";
const OFFSET: &str = "__connect.errors.offset";
const STAGE: &str = "__connect.errors.stage";
const CLASS: &str = "__connect.errors.exception.class.name";
const MESSAGE: &str = "__connect.errors.exception.message";
const CODE: &str = "sanbai-code";
const POINTER: &str = "sanbai-pointer";
const INDEX: &str = "sanbai-index";

/// What stands in front of the code where Kafka Connect has the name of a class.
const CLASS_PREFIX: &str = "sanbai.";

/// How far an event came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It could not be read.
    Decode,
    /// It was read, and its parcel could not take it.
    Apply,
}

impl Stage {
    /// Its name in the headers: that of Kafka Connect for the same.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "VALUE_CONVERTER",
            Self::Apply => "TASK_PUT",
        }
    }

    /// The one of this name; `None` for any other.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Decode, Self::Apply]
            .into_iter()
            .find(|stage| stage.as_str() == name)
    }
}

/// An event that was rejected: where it lies, and why. Without any part of it.
///
/// ```
/// use sanbai_wire::rejects::Rejected;
/// use sanbai_wire::{Code, Reject};
///
/// let reject = Reject::new(Code::EmptyValue, "there are no bytes; send an event");
/// let rejected = Rejected::of_reject("sanbai.parcel-events", 3, 1234, 0, &reject);
/// assert_eq!(rejected.key(), "sanbai.parcel-events-3-1234-0");
/// assert!(rejected.headers().contains(&("sanbai-code", "empty_value".into())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Name of its topic.
    pub topic: String,
    /// Number of its partition.
    pub partition: u32,
    /// Offset of its record.
    pub offset: u64,
    /// Ordinal of the event in its record, from 0; 0 also for a record as a whole.
    pub index: u32,
    /// How far it came.
    pub stage: Stage,
    /// Stable code: one of `docs/bad-input.md`, or of what may become of an event.
    pub code: String,
    /// Where in the event, as [`Reject::pointer`].
    pub pointer: String,
    /// One sentence for people, as [`Reject::detail`].
    pub detail: String,
}

impl Rejected {
    /// An event that could not be read.
    pub fn of_reject(topic: &str, partition: u32, offset: u64, index: u32, reject: &Reject) -> Self {
        Self {
            topic: topic.to_owned(),
            partition,
            offset,
            index,
            stage: Stage::Decode,
            code: reject.code.as_str().to_owned(),
            pointer: reject.pointer.clone(),
            detail: reject.detail.clone(),
        }
    }

    /// An event that its parcel could not take; `None` where it was taken, or changed nothing.
    pub fn of_outcome(topic: &str, partition: u32, offset: u64, index: u32, what: What) -> Option<Self> {
        let detail = match what {
            What::Applied | What::Amended | What::Duplicate => return None,
            What::TooLate => "the parcel was retired before; such evidence no longer counts",
            What::ParcelFull => "the parcel holds as many events as it may; this one no longer counts",
            What::FieldTooLong => "a text of the event is too long to be kept",
        };
        Some(Self {
            topic: topic.to_owned(),
            partition,
            offset,
            index,
            stage: Stage::Apply,
            code: what.as_str().to_owned(),
            pointer: String::new(),
            detail: detail.to_owned(),
        })
    }

    /// The key of its record in `sanbai.rejects`: `<topic>-<partition>-<offset>-<index>`.
    pub fn key(&self) -> String {
        format!("{}-{}-{}-{}", self.topic, self.partition, self.offset, self.index)
    }

    /// The headers of its record in `sanbai.rejects`, all of them text.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        vec![
            (TOPIC, self.topic.clone()),
            (PARTITION, self.partition.to_string()),
            (OFFSET, self.offset.to_string()),
            (STAGE, self.stage.as_str().to_owned()),
            (CLASS, [CLASS_PREFIX, &self.code].concat()),
            (MESSAGE, self.detail.clone()),
            (CODE, self.code.clone()),
            (POINTER, self.pointer.clone()),
            (INDEX, self.index.to_string()),
        ]
    }

    /// Reads the headers; others among them are passed over. `None` where one is absent or cannot be read.
    pub fn of_headers(headers: &[(&str, &[u8])]) -> Option<Self> {
        let text = |name: &str| {
            let (_, value) = headers.iter().find(|(header, _)| *header == name)?;
            core::str::from_utf8(value).ok()
        };
        Some(Self {
            topic: text(TOPIC)?.to_owned(),
            partition: text(PARTITION)?.parse().ok()?,
            offset: text(OFFSET)?.parse().ok()?,
            index: text(INDEX)?.parse().ok()?,
            stage: Stage::parse(text(STAGE)?)?,
            code: text(CODE)?.to_owned(),
            pointer: text(POINTER)?.to_owned(),
            detail: text(MESSAGE)?.to_owned(),
        })
    }

    /// The rejection as a JSON object without a line break, which begins with `"kind":"reject"`.
    pub fn to_json(&self) -> String {
        let json = RejectedJson {
            kind: "reject",
            topic: &self.topic,
            partition: self.partition,
            offset: self.offset,
            index: self.index,
            stage: match self.stage {
                Stage::Decode => "decode",
                Stage::Apply => "apply",
            },
            code: &self.code,
            pointer: &self.pointer,
            detail: &self.detail,
        };
        serde_json::to_string(&json).expect("texts and numbers are always JSON")
    }
}

#[derive(Serialize)]
struct RejectedJson<'a> {
    kind: &'static str,
    topic: &'a str,
    partition: u32,
    offset: u64,
    index: u32,
    stage: &'static str,
    code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pointer: &'a str,
    detail: &'a str,
}
