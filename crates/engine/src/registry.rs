//! The copy of the registry that a process keeps: all records ever made, by their offsets.

use sanbai_core::registry::Registry;
use sanbai_core::rules::RuleSet;
use sanbai_wire::control::{KIND_HEADER, kind_header};
use sanbai_wire::proto::registry::RegistryRecord;
use sanbai_wire::registers::to_core;
use sha2::{Digest as _, Sha256};

use crate::log::{Log, Message, ReadError, Record, Topic};

/// Value of the header that makes a record a rule file.
const RULES: &[u8] = b"rules";
/// Records read at once.
pub(crate) const BATCH: usize = 500;

/// What a process knows of the registry.
#[derive(Clone, Debug, Default)]
pub struct RegistryCopy {
    registry: Registry,
    next: u64,
    /// For each offset a digest of everything up to and with it.
    chain: Vec<u64>,
    /// Records that could not be read: they say nothing to any copy.
    unreadable: u64,
}

impl RegistryCopy {
    /// A copy that knows nothing but what is known from the start: the built-in rules, or others.
    pub fn new(registry: Registry) -> Self {
        Self {
            registry,
            ..Self::default()
        }
    }

    /// Reads what is new; says how many records that were.
    ///
    /// # Errors
    /// Where the log cannot be read. The registry is kept for ever, so an offset that is gone is another registry. Nothing
    /// passes over a damaged record: what it said would be missing from every verdict.
    pub fn read(&mut self, log: &mut impl Log) -> Result<usize, ReadError> {
        let records = log.read(Topic::Registry, 0, self.next, BATCH)?;
        for record in &records {
            self.apply(record);
        }
        Ok(records.len())
    }

    /// Takes one record, the next.
    pub fn apply(&mut self, record: &Record) {
        let before = self.chain.last().copied().unwrap_or(0);
        let digest = Sha256::new()
            .chain_update(before.to_be_bytes())
            .chain_update(record.value.as_deref().unwrap_or_default())
            .finalize();
        let digest = digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
        // Offsets without a record say nothing new.
        let until = usize::try_from(record.offset).unwrap_or(usize::MAX);
        self.chain.resize(until.max(self.chain.len()), before);
        self.chain.push(digest);
        if !self.take(record) {
            self.unreadable += 1;
        }
        self.next = record.offset + 1;
    }

    fn take(&mut self, record: &Record) -> bool {
        let headers: Vec<(&str, &[u8])> = record
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
            .collect();
        let Some(value) = record.value.as_deref() else {
            return false;
        };
        match kind_header(&headers) {
            Some(RULES) => {
                let set = str::from_utf8(value).ok().and_then(|text| RuleSet::overlay(text).ok());
                set.is_some_and(|set| {
                    self.registry.publish(record.offset, set);
                    true
                })
            }
            Some(_) => false,
            None => {
                let read = <RegistryRecord as prost::Message>::decode(value).ok();
                let taken = read.and_then(|read| to_core(&read, record.offset).ok());
                taken.is_some_and(|taken| {
                    taken.into_iter().for_each(|taken| self.registry.insert(taken));
                    true
                })
            }
        }
    }

    /// Everything that is known.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// First offset that was not read yet.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Records that nobody can read.
    pub const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Digest of everything before an offset; `None` for an offset that was not reached yet.
    pub fn digest_before(&self, offset: u64) -> Option<u64> {
        match usize::try_from(offset).ok()?.checked_sub(1) {
            None => Some(0),
            Some(last) => self.chain.get(last).copied(),
        }
    }
}

/// A register's record as a message.
pub fn message_of_record(record: &RegistryRecord) -> Message {
    message(Vec::new(), prost::Message::encode_to_vec(record))
}

/// A rule file as a message.
pub fn message_of_rules(text: &str) -> Message {
    message(vec![(KIND_HEADER.to_owned(), RULES.to_vec())], text.as_bytes().to_vec())
}

fn message(headers: Vec<(String, Vec<u8>)>, value: Vec<u8>) -> Message {
    Message {
        topic: Topic::Registry,
        partition: 0,
        key: None,
        headers,
        value,
    }
}
