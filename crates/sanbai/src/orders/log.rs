//! Reading the log from one end to the other.

use sanbai_engine::log::{ReadError, Record, Topic};
use sanbai_wire::rejects::Rejected;
use sanbai_wire::{alert, compliance, verdict};
use serde_json::json;

use super::{Failure, Place, Stream};
use crate::exit::Exit;

/// Records read at once.
const BATCH: usize = 256;

impl Stream {
    /// The topic.
    pub(super) const fn topic(self) -> Topic {
        match self {
            Self::Verdicts => Topic::Verdicts,
            Self::Alerts => Topic::Alerts,
            Self::Compliance => Topic::Compliance,
            Self::Rejects => Topic::Rejects,
        }
    }
}

/// The next records from an offset on. What is gone or damaged is passed over: then `from` is where reading went on.
pub(super) fn read(place: &Place<'_>, topic: Topic, partition: u32, from: &mut u64) -> Result<Vec<Record>, Failure> {
    let browser = place.browser()?;
    loop {
        match browser.read(topic, partition, *from, BATCH) {
            Ok(records) => {
                if let Some(last) = records.last() {
                    *from = last.offset + 1;
                }
                return Ok(records);
            }
            Err(ReadError::Gone { start }) => *from = start,
            Err(ReadError::Damaged { to, .. }) if to > *from => *from = to,
            Err(ReadError::Beyond { .. }) => return Ok(Vec::new()),
            Err(ReadError::Recreated | ReadError::PartitionCountChanged) => return Err(another()),
            Err(ReadError::Damaged { .. } | ReadError::Unavailable) => return Err(unavailable()),
        }
    }
}

/// The log does not answer.
pub(super) fn unavailable() -> Failure {
    let detail = "the log does not answer: it is being closed, its disk cannot be read, or no broker answers";
    Failure::new(Exit::TemporaryFailure, "log_unavailable", detail)
}

/// The topic is not the one that it was.
pub(super) fn another() -> Failure {
    let detail = "a topic was created anew, or has another number of partitions: start the daemon again";
    Failure::new(Exit::Data, "topic_changed", detail)
}

/// Gives every record of a partition before an offset.
pub(super) fn each(
    place: &Place<'_>,
    topic: Topic,
    partition: u32,
    end: u64,
    mut each: impl FnMut(&Record) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut next = place.range(topic, partition)?.start;
    while next < end {
        let records = read(place, topic, partition, &mut next)?;
        if records.is_empty() {
            break;
        }
        for record in records.iter().take_while(|record| record.offset < end) {
            each(record)?;
        }
    }
    Ok(())
}

/// A record as a line, without its end: the shapes of `replay --json`.
pub(super) fn line(topic: Topic, partition: u32, record: &Record) -> String {
    let value = record.value.as_deref().unwrap_or_default();
    let line = match topic {
        Topic::Verdicts => verdict::decode(value).ok().map(|read| verdict::message_to_json(&read)),
        Topic::Alerts => alert::decode(value).ok().map(|read| alert::to_json(&read)),
        Topic::Compliance => compliance::decode(value)
            .ok()
            .map(|row| compliance::to_json(row.version, &row.row())),
        Topic::Rejects => rejected(record).map(|rejected| rejected.to_json()),
        Topic::ParcelEvents | Topic::Registry | Topic::Sightings => None,
    };
    line.unwrap_or_else(|| {
        let (topic, offset) = (topic.name(), record.offset);
        json!({"kind": "unreadable", "topic": topic, "partition": partition, "offset": offset}).to_string()
    })
}

/// What the headers of a record of `sanbai.rejects` say.
pub(super) fn rejected(record: &Record) -> Option<Rejected> {
    Rejected::of_headers(&headers(record))
}

/// The headers of a record as the wire reads them.
pub(super) fn headers(record: &Record) -> Vec<(&str, &[u8])> {
    let headers = record.headers.iter();
    headers.map(|(name, value)| (name.as_str(), value.as_slice())).collect()
}
