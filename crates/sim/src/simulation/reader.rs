//! A reader of what is published: of several with one key it keeps the highest version.

use std::collections::BTreeMap;

use sanbai_engine::log::Record;

/// Something that is published with a version.
pub(super) trait Published: prost::Message + Default + std::fmt::Debug {
    /// What it is kept under; empty for what cannot be read.
    fn key(&self) -> String;
    /// Position of its cause.
    fn version(&self) -> &str;
}

/// What was read.
#[derive(Debug)]
pub(super) struct Reading<T> {
    /// Everything, each version of each key once, in the order of keys and versions.
    pub(super) all: BTreeMap<(String, String), T>,
    /// What is kept of each key.
    pub(super) kept: BTreeMap<String, T>,
    /// What came again with version and bytes.
    pub(super) repeated: u64,
    /// What came after a higher version.
    pub(super) stale: u64,
}

/// Reads records in their order. `last_wins` is a mistake: what comes last is kept, whatever its version.
///
/// # Errors
/// Where it cannot be read, or one version of a key has two contents.
pub(super) fn read<'r, T: Published + Clone>(
    records: impl Iterator<Item = &'r Record>,
    last_wins: bool,
) -> Result<Reading<T>, String> {
    let mut bytes: BTreeMap<(String, String), &[u8]> = BTreeMap::new();
    let mut reading = Reading {
        all: BTreeMap::new(),
        kept: BTreeMap::<String, T>::new(),
        repeated: 0,
        stale: 0,
    };
    for record in records {
        let value = record.value.as_deref().unwrap_or_default();
        let read = T::decode(value).map_err(|error| format!("an output cannot be read: {error}"))?;
        let name = (read.key(), read.version().to_owned());
        match bytes.get(&name) {
            Some(known) if *known != value => {
                return Err(format!("two contents have one version: {name:?}: {read:?}"));
            }
            Some(_) => reading.repeated += 1,
            None => {
                bytes.insert(name.clone(), value);
                reading.all.insert(name.clone(), read.clone());
            }
        }
        let known = reading.kept.get(&name.0);
        let is_stale = known.is_some_and(|known| known.version() > name.1.as_str());
        reading.stale += u64::from(is_stale);
        if !is_stale || last_wins {
            reading.kept.insert(name.0, read);
        }
    }
    Ok(reading)
}
