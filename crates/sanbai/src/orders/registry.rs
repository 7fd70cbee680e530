//! The registry: importing registers, and what it holds.

use std::collections::{BTreeMap, HashMap, VecDeque};

use sanbai_core::rules::RuleSet;
use sanbai_engine::log::{Message, Record, Topic};
use sanbai_engine::registry::message_of_record;
use sanbai_wire::control::KIND_HEADER;
use sanbai_wire::proto::registry::RegistryRecord;
use sanbai_wire::registers::{Kind, to_core};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::append::{self, UnderWay};
use super::{Body, Failure, Place, log};
use crate::exit::Exit;

/// Records handed over at once.
const BATCH: usize = 1_000;

/// Batches on their way to the disk.
const UNDER_WAY_MAX: usize = 4;

/// Digits of a line.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// A record in canonical form as a line of the body: its message in hexadecimal digits.
pub(crate) fn line_of(record: &RegistryRecord) -> String {
    let mut line = String::with_capacity(2 * prost::Message::encoded_len(record));
    for byte in message_of_record(record).value {
        for digit in [byte >> 4, byte & 15] {
            line.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
    line
}

fn read_line(line: &str) -> Result<(Kind, RegistryRecord), String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = line.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    let bytes = bytes.ok_or("a line is a message in hexadecimal digits")?;
    let record = <RegistryRecord as prost::Message>::decode(bytes.as_slice()).map_err(|_| "no record of a register")?;
    let kind = Kind::of(&record).ok_or("the record says nothing")?;
    to_core(&record, 0).map_err(|reject| reject.to_string())?;
    Ok((kind, record))
}

/// Appends the records of the body. What stands in the registry already, as its last word on a record, is passed over.
pub(super) fn import(place: &Place<'_>, body: &mut dyn Body) -> Result<Value, Failure> {
    let _lock = append::lock_registry();
    let mut standing = standing(place)?;
    let from = place.range(Topic::Registry, 0)?.end;
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let (mut unchanged, mut number) = (0_u64, 0_u64);
    let mut waiting: Vec<Message> = Vec::new();
    let mut under_way: VecDeque<UnderWay> = VecDeque::new();
    while let Some(line) = body.line()? {
        number += 1;
        let (kind, record) = read_line(&line).map_err(|detail| {
            let detail = format!("record {number} was refused, and what stood before it is kept: {detail}");
            Failure::new(Exit::Data, "record_invalid", detail)
        })?;
        let message = message_of_record(&record);
        if !is_news(&mut standing, &record, &message.value) {
            unchanged += 1;
            continue;
        }
        *counts.entry(kind.name()).or_default() += 1;
        waiting.push(message);
        if waiting.len() >= BATCH {
            if under_way.len() >= UNDER_WAY_MAX
                && let Some(first) = under_way.pop_front()
            {
                first.finish()?;
            }
            under_way.push_back(append::begin(place, std::mem::take(&mut waiting))?);
        }
    }
    if !waiting.is_empty() {
        under_way.push_back(append::begin(place, waiting)?);
    }
    under_way.into_iter().try_for_each(UnderWay::finish)?;
    let to = place.range(Topic::Registry, 0)?.end;
    if from < to {
        // Whatever comes from now on is judged by what was imported, also where nobody has the partition just now.
        append::to_all(place, &[])?;
    }
    Ok(json!({"records": counts, "unchanged": unchanged, "from": from, "to": to}))
}

/// The last word on each record of the registry, both as digests.
fn standing(place: &Place<'_>) -> Result<HashMap<u128, u64>, Failure> {
    let mut standing = HashMap::new();
    let end = place.range(Topic::Registry, 0)?.end;
    log::each(place, Topic::Registry, 0, end, |record| {
        if let Some(read) = register_record(record) {
            is_news(&mut standing, &read, record.value.as_deref().unwrap_or_default());
        }
        Ok(())
    })?;
    Ok(standing)
}

/// Whether a record says something other than what was said of it last; takes note of it.
fn is_news(standing: &mut HashMap<u128, u64>, record: &RegistryRecord, value: &[u8]) -> bool {
    let kind = Kind::of(record).map_or("", Kind::name);
    let from = record.valid_from.map_or((i64::MIN, 0), |at| (at.seconds, at.nanos));
    let name = Sha256::new()
        .chain_update(format!("{kind}\0{}\0{}\0{from:?}", record.brand, record.key))
        .finalize();
    let name = name.first_chunk().map_or(0, |first| u128::from_be_bytes(*first));
    let said = Sha256::digest(value);
    let said = said.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    standing.insert(name, said) != Some(said)
}

fn register_record(record: &Record) -> Option<RegistryRecord> {
    if record.headers.iter().any(|(name, _)| name == KIND_HEADER) {
        return None;
    }
    prost::Message::decode(record.value.as_deref()?).ok()
}

/// Counts what the registry holds.
pub(super) fn show(place: &Place<'_>) -> Result<Value, Failure> {
    let range = place.range(Topic::Registry, 0)?;
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let (mut rules, mut unreadable) = (Vec::new(), 0_u64);
    log::each(place, Topic::Registry, 0, range.end, |record| {
        let is_rules = record.headers.iter().any(|(name, _)| name == KIND_HEADER);
        let value = record.value.as_deref().unwrap_or_default();
        if is_rules {
            let text = std::str::from_utf8(value).ok();
            match text.and_then(|text| RuleSet::overlay(text).ok()) {
                Some(set) => rules.push(json!({
                    "offset": record.offset,
                    "version": set.version,
                    "effective": set.effective.to_string(),
                })),
                None => unreadable += 1,
            }
            return Ok(());
        }
        let read = register_record(record).filter(|read| to_core(read, record.offset).is_ok());
        match read.as_ref().and_then(Kind::of) {
            Some(kind) => *counts.entry(kind.name()).or_default() += 1,
            None => unreadable += 1,
        }
        Ok(())
    })?;
    let known = place.daemon.map(|daemon| daemon.node.registry_known_to_all());
    Ok(json!({
        "records": counts,
        "rules": rules,
        "unreadable": unreadable,
        "from": range.start,
        "to": range.end,
        "knownToAllShards": known,
    }))
}
