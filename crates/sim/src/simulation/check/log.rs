//! The log as the oracle reads it.

use prost::Message as _;
use sanbai_engine::log::{Record, Topic};
use sanbai_wire::control::KIND_HEADER;
use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::control::{Hit, Tick};
use sanbai_wire::proto::event::{ParcelEvent, ParcelEventBatch};
use sanbai_wire::proto::registry::RegistryRecord;

use super::Records;
use crate::oracle::log::{Entry, Registry, What};

/// A partition of events.
pub(super) struct Read {
    pub(super) entries: Vec<Entry>,
    /// Offset and ordinal of what cannot be read.
    pub(super) unreadable: Vec<(u64, u32)>,
}

pub(super) fn read(log: &dyn Records, partition: u32) -> Read {
    let mut read = Read {
        entries: Vec::new(),
        unreadable: Vec::new(),
    };
    for record in log.records(Topic::ParcelEvents, partition) {
        let what = what(record).unwrap_or_else(|| {
            read.unreadable.push((record.offset, 0));
            What::Other
        });
        let nanos = record.timestamp.as_nanos();
        read.entries.push(Entry {
            offset: record.offset,
            recorded_at: Timestamp {
                seconds: nanos.div_euclid(1_000_000_000),
                nanos: nanos.rem_euclid(1_000_000_000) as i32,
            },
            what,
        });
    }
    read
}

/// The name of the kind of a control record.
pub(super) fn kind(record: &Record) -> Option<&[u8]> {
    let mut headers = record.headers.iter();
    headers
        .find(|(name, _)| name == KIND_HEADER)
        .map(|(_, kind)| kind.as_slice())
}

fn what(record: &Record) -> Option<What> {
    let value = record.value.as_deref();
    match kind(record) {
        Some(b"tick") => Tick::decode(value?)
            .ok()
            .filter(|tick| tick.time.is_some())
            .map(What::Tick),
        Some(b"hit") => Hit::decode(value?).ok().map(What::Hit),
        Some(b"rejudge") => Some(What::Rejudge),
        Some(b"activate" | b"skip") => Some(What::Other),
        Some(_) => None,
        None if record.key.is_none() => {
            let batch = ParcelEventBatch::decode(value?).ok()?;
            Some(What::Events((0..).zip(batch.events).collect()))
        }
        None => {
            let event = ParcelEvent::decode(value?).ok()?;
            Some(What::Events(vec![(0, event)]))
        }
    }
}

pub(super) fn registry(log: &dyn Records) -> Registry {
    let mut registry = Registry::default();
    for record in log.records(Topic::Registry, 0) {
        let read = record
            .value
            .as_deref()
            .and_then(|value| RegistryRecord::decode(value).ok());
        if let Some(read) = read {
            registry.offsets.push(record.offset);
            registry.records.push(read);
        }
    }
    registry
}
