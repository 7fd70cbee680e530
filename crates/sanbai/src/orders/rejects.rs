//! Rejected events: where they lie, why, and once more from there. The bytes of an event are never shown.

use std::sync::Arc;

use sanbai_core::rules::Rules;
use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::log::{Message, ReadError, Record, Topic};
use sanbai_wire::control::kind_header;
use sanbai_wire::rejects::{Rejected, Stage};
use sanbai_wire::{Decoded, Decoder, Encoding, RawValues, TokenKeys, parts};
use serde_json::{Value, json};

use super::{Answers, Failure, Place, append, log};

/// Why a key is none.
const KEY: &str =
    "a key is written sanbai.parcel-events-<partition>-<offset>-<index>, as `sanbai rejects list` prints it";

/// A rejection as it was recorded.
struct Entry {
    at: Timestamp,
    rejected: Rejected,
}

impl Entry {
    fn json(&self) -> Value {
        let mut line: Value = serde_json::from_str(&self.rejected.to_json()).unwrap_or_default();
        line["key"] = self.rejected.key().into();
        line["at"] = self.at.to_string().into();
        line
    }
}

/// Gives every rejection, partition by partition.
fn each(place: &Place<'_>, mut give: impl FnMut(Entry) -> Result<(), Failure>) -> Result<(), Failure> {
    for partition in 0..place.log.layout().partitions(Topic::Rejects) {
        each_of(place, partition, &mut give)?;
    }
    Ok(())
}

fn each_of(
    place: &Place<'_>,
    partition: u32,
    give: &mut impl FnMut(Entry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // What is rejected meanwhile comes another time.
    let end = place.range(Topic::Rejects, partition)?.end;
    log::each(place, Topic::Rejects, partition, end, |record| {
        let at = record.timestamp;
        log::rejected(record).map_or(Ok(()), |rejected| give(Entry { at, rejected }))
    })
}

/// Lists rejections.
pub(super) fn list(
    place: &Place<'_>,
    since: Option<&str>,
    code: Option<&str>,
    answers: &mut dyn Answers,
) -> Result<Value, Failure> {
    let wrong = || Failure::usage("time_invalid", "a time is written 2026-03-12T00:00:00+08:00");
    let since = since
        .map(|since| Timestamp::parse(since).ok_or_else(wrong))
        .transpose()?;
    let mut count = 0_u64;
    each(place, |entry| {
        let is_late = since.is_none_or(|since| entry.at >= since);
        if is_late && code.is_none_or(|code| code == entry.rejected.code) {
            count += 1;
            answers.line(&entry.json().to_string())?;
        }
        Ok(())
    })?;
    Ok(json!({"rejects": count}))
}

/// Partition, offset and index of a key.
fn place_of(key: &str) -> Result<(u32, u64, u32), Failure> {
    let read = || {
        let mut parts = key.rsplitn(4, '-');
        let (index, offset) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let partition = parts.next()?.parse().ok()?;
        (parts.next()? == Topic::ParcelEvents.name()).then_some((partition, offset, index))
    };
    read().ok_or_else(|| Failure::usage("key_invalid", KEY))
}

fn find(place: &Place<'_>, key: &str) -> Result<Entry, Failure> {
    let (partition, ..) = place_of(key)?;
    let mut found = None;
    each_of(place, partition, &mut |entry| {
        if entry.rejected.key() == key {
            found = Some(entry);
        }
        Ok(())
    })?;
    let detail = "no rejected event has that key, or it is no longer kept; `sanbai rejects list` prints the keys";
    found.ok_or_else(|| Failure::usage("key_unknown", detail))
}

/// The record of events in which a rejection lies; `None` where it is no longer kept.
fn original(place: &Place<'_>, rejected: &Rejected) -> Result<Option<Record>, Failure> {
    let browser = place.browser()?;
    match browser.read(Topic::ParcelEvents, rejected.partition, rejected.offset, 1) {
        Ok(records) => Ok(records.into_iter().find(|record| record.offset == rejected.offset)),
        Err(ReadError::Gone { .. } | ReadError::Beyond { .. } | ReadError::Damaged { .. }) => Ok(None),
        Err(ReadError::Recreated | ReadError::PartitionCountChanged) => Err(log::another()),
        Err(ReadError::Unavailable) => Err(log::unavailable()),
    }
}

/// Says what is known of one rejection.
pub(super) fn show(place: &Place<'_>, key: &str) -> Result<Value, Failure> {
    let entry = find(place, key)?;
    let mut shown = entry.json();
    shown["original"] = match original(place, &entry.rejected)? {
        None => json!({"kept": false}),
        Some(record) => json!({
            "kept": true,
            "recordedAt": record.timestamp.to_string(),
            "bytes": record.value.as_ref().map_or(0, Vec::len),
        }),
    };
    Ok(shown)
}

/// What becomes of an event that is to be appended again.
enum Again {
    /// It is appended.
    Appended(u32),
    /// Retention has removed it, or it cannot be read.
    Gone,
    /// It would be rejected again, with this code.
    Refused(String),
}

/// Appends rejected events again: the one of a key, or all of a code.
pub(super) fn replay(
    place: &Place<'_>,
    key: Option<&str>,
    code: Option<&str>,
    answers: &mut dyn Answers,
) -> Result<Value, Failure> {
    let known = known(place)?;
    let (mut appended, mut gone, mut refused) = (0_u64, 0_u64, 0_u64);
    let mut again = |entry: Entry| {
        let became = again(place, &known, &entry.rejected)?;
        let mut line = json!({"key": entry.rejected.key()});
        match became {
            Again::Appended(partition) => {
                appended += 1;
                line["became"] = "appended".into();
                line["partition"] = partition.into();
            }
            Again::Gone => {
                gone += 1;
                line["became"] = "gone".into();
            }
            Again::Refused(code) => {
                refused += 1;
                line["became"] = "refused".into();
                line["code"] = code.into();
            }
        }
        answers.line(&line.to_string())
    };
    match (key, code) {
        (Some(key), None) => again(find(place, key)?)?,
        (None, Some(code)) => each(place, |entry| {
            if entry.rejected.code == code {
                again(entry)
            } else {
                Ok(())
            }
        })?,
        _ => return Err(Failure::usage("key_or_code", "either a key or --code, and one of them")),
    }
    Ok(json!({"appended": appended, "gone": gone, "refused": refused}))
}

/// The rules as every shard knows them when it comes to what is appended now.
fn known(place: &Place<'_>) -> Result<(Arc<Rules>, u64), Failure> {
    if let Some(daemon) = place.daemon {
        return Ok((daemon.node.rules(), daemon.node.registry_known_to_all()));
    }
    append::to_all(place, &[])?;
    let copy = place.log.registry().map_err(|_| log::unavailable())?;
    Ok((Arc::new(copy.registry().rules().clone()), u64::MAX))
}

fn again(place: &Place<'_>, (rules, up_to): &(Arc<Rules>, u64), rejected: &Rejected) -> Result<Again, Failure> {
    if rejected.stage == Stage::Apply {
        // Its parcel could not take it, and would not take it now.
        return Ok(Again::Refused(rejected.code.clone()));
    }
    let Some(record) = original(place, rejected)? else {
        return Ok(Again::Gone);
    };
    let decoded = match decode(&record, rejected.index, rules, *up_to) {
        Ok(decoded) => decoded,
        Err(code) => return Ok(Again::Refused(code)),
    };
    let Some(partition) = decoded.partition(place.log.layout().parcels) else {
        return Ok(Again::Gone);
    };
    let message = Message {
        topic: Topic::ParcelEvents,
        partition,
        key: Some(decoded.key().into_bytes()),
        headers: vec![("content-type".to_owned(), b"application/protobuf".to_vec())],
        value: decoded.as_bytes().to_vec(),
    };
    let first = append::first(place, partition)?;
    append::durable(place, first.into_iter().chain([message]).collect())?;
    Ok(Again::Appended(partition))
}

/// The event of a record, as a shard would read it; or the code with which it would be rejected.
fn decode(record: &Record, index: u32, rules: &Rules, up_to: u64) -> Result<Decoded, String> {
    let code = |reject: sanbai_wire::Reject| reject.code.as_str().to_owned();
    let headers = log::headers(record);
    let value = record.value.as_deref().unwrap_or_default();
    if kind_header(&headers).is_some() {
        return Err("control_unknown".to_owned());
    }
    let content_type = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let encoding = match content_type {
        Some((_, text)) => Encoding::of_content_type(&String::from_utf8_lossy(text)).map_err(code)?,
        None => Encoding::sniff(value),
    };
    let events = parts(value, encoding).map_err(code)?;
    let event = events.get(usize::try_from(index).unwrap_or(usize::MAX));
    let event = event.ok_or_else(|| "event_unknown".to_owned())?;
    let limits = rules.newest_as_known(up_to).limits;
    let keys = TokenKeys::single("none", [0; 32]).map_err(|_| "internal".to_owned())?;
    Decoder::new(keys, |name: &str| rules.brand_as_known(name, up_to))
        .max_age(Span::days(limits.event_age_days_max.into()))
        .max_ahead(Span::hours(limits.event_future_hours_max.into()))
        .raw_values(RawValues::Forbid)
        .decode(event, encoding)
        .map_err(code)
}
