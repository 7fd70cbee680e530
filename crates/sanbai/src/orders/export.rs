//! Export: of every key the highest version that is on the topics, and where to go on from.
//!
//! All versions of a key lie in one partition, so partitions are looked through one after the other: once to learn of every
//! key where its highest version lies, once to print these. What is held in memory is 48 bytes for each key of a partition.

use std::collections::HashMap;
use std::ops::Range;

use sanbai_core::shard::position::Position;
use sanbai_engine::log::{Record, Topic};
use sanbai_wire::{alert, compliance, verdict};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answers, Failure, Place, Stream, log};

/// Prints everything that stands on some topics.
pub(super) fn all(place: &Place<'_>, what: &[Stream], answers: &mut dyn Answers) -> Result<Value, Failure> {
    let (mut next, mut counts, mut removed) = (Map::new(), Map::new(), Vec::new());
    for stream in what {
        let topic = stream.topic();
        let (mut count, mut ends) = (0_u64, Vec::new());
        for partition in 0..place.log.layout().partitions(topic) {
            // Where a reader goes on: what comes later is not in the export.
            let range = place.range(topic, partition)?;
            ends.push(range.end);
            if range.start > 0 && !removed.contains(&topic.name()) {
                removed.push(topic.name());
            }
            count += of_partition(place, topic, partition, &range, answers)?;
        }
        next.insert(topic.name().to_owned(), json!(ends));
        counts.insert(topic.name().to_owned(), json!(count));
    }
    Ok(json!({"lines": counts, "next": next, "removedByRetention": removed}))
}

fn of_partition(
    place: &Place<'_>,
    topic: Topic,
    partition: u32,
    range: &Range<u64>,
    answers: &mut dyn Answers,
) -> Result<u64, Failure> {
    let mut highest: HashMap<u128, (Position, u64)> = HashMap::new();
    log::each(place, topic, partition, range.end, |record| {
        if let Some((key, version)) = key_and_version(topic, record) {
            let stands = highest.entry(key).or_insert((version, record.offset));
            if version > stands.0 {
                *stands = (version, record.offset);
            }
        }
        Ok(())
    })?;
    let mut count = 0;
    log::each(place, topic, partition, range.end, |record| {
        let Some((key, version)) = key_and_version(topic, record) else {
            return Ok(());
        };
        if highest.get(&key) == Some(&(version, record.offset)) {
            count += 1;
            answers.line(&log::line(topic, partition, record))?;
        }
        Ok(())
    })?;
    Ok(count)
}

/// A digest of the key of a record, and its version; `None` where it cannot be read.
fn key_and_version(topic: Topic, record: &Record) -> Option<(u128, Position)> {
    let value = record.value.as_deref()?;
    let version = match topic {
        Topic::Verdicts => Position::parse(&verdict::decode(value).ok()?.version),
        Topic::Alerts => Position::parse(&alert::decode(value).ok()?.version),
        Topic::Compliance => Some(compliance::decode(value).ok()?.version),
        Topic::Rejects | Topic::ParcelEvents | Topic::Registry | Topic::Sightings => None,
    }?;
    let digest = Sha256::digest(record.key.as_deref()?);
    Some((u128::from_be_bytes(*digest.first_chunk()?), version))
}
