//! The registers of one brand: of each key all values ever made, and which of them is in force.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use super::{Agreement, Contract, KeyArea, Machine, Outage, Record, Site, Staff, Value};
use crate::time::Timestamp;

/// The registers of one brand, or those that hold for all.
#[derive(Clone, Debug, Default)]
pub(super) struct Registers {
    pub(super) sites: Keys<Site>,
    pub(super) staff: Keys<Staff>,
    pub(super) machines: Keys<Machine>,
    pub(super) contracts: Keys<Contract>,
    pub(super) agreements: Keys<Agreement>,
    pub(super) key_areas: Keys<KeyArea>,
    pub(super) outages: Keys<Outage>,
    /// From the first moment of any outage ever made to behind the last.
    pub(super) outage: Option<(Timestamp, Timestamp)>,
    pub(super) calendar: Keys<bool>,
}

impl Registers {
    pub(super) fn insert(&mut self, record: Record) {
        let Record {
            offset,
            key,
            valid_from,
            valid_to,
            value,
            ..
        } = record;
        let dated = Dated {
            offset,
            valid_from,
            valid_to,
            value: (),
        };
        match value {
            Value::Site(site) => self.sites.insert(key, dated.with(site)),
            Value::Staff(staff) => self.staff.insert(key, dated.with(staff)),
            Value::Machine(machine) => self.machines.insert(key, dated.with(machine)),
            Value::Contract(contract) => self.contracts.insert(key, dated.with(contract)),
            Value::Agreement(agreement) => self.agreements.insert(key, dated.with(agreement)),
            Value::KeyArea(area) => self.key_areas.insert(key, dated.with(area)),
            Value::Outage(outage) => {
                let (from, to) = self.outage.unwrap_or((outage.from, outage.to));
                self.outage = Some((from.min(outage.from), to.max(outage.to)));
                self.outages.insert(key, dated.with(outage));
            }
            Value::CalendarDay { working } => self.calendar.insert(key, dated.with(working)),
        }
    }
}

/// A value of one key, with its place in the log and its validity.
#[derive(Clone, Debug)]
pub(super) struct Dated<T> {
    pub(super) offset: u64,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
    pub(super) value: T,
}

impl Dated<()> {
    fn with<T>(self, value: T) -> Dated<T> {
        let Self {
            offset,
            valid_from,
            valid_to,
            ..
        } = self;
        Dated {
            offset,
            valid_from,
            valid_to,
            value,
        }
    }
}

/// Of one key the value in force: of those known by then the one that began last, of several with one beginning the
/// last in the log, for it corrects the others.
#[inline]
pub(super) fn in_force<T>(values: &[Dated<T>], up_to: u64, at: Timestamp) -> Option<&Dated<T>> {
    let has_begun = |dated: &&Dated<T>| dated.offset < up_to && dated.valid_from.is_none_or(|from| from <= at);
    let last = match values {
        [one] => Some(one).filter(has_begun),
        values => values
            .iter()
            .filter(has_begun)
            .max_by_key(|dated| (dated.valid_from, dated.offset)),
    };
    last.filter(|dated| dated.valid_to.is_none_or(|to| at < to))
}

/// The keys of a register, and of each its values in the order of the log.
#[derive(Clone, Debug)]
pub(super) struct Keys<T> {
    /// Offset of the first record in the log.
    first: u64,
    places: HashTable<usize>,
    hasher: DefaultHashBuilder,
    entries: Vec<Entry<T>>,
}

/// A key and its values: nearly always a short one and one alone, which then need no memory of their own.
#[derive(Clone, Debug)]
struct Entry<T> {
    key: SmolStr,
    values: SmallVec<[Dated<T>; 1]>,
}

impl<T> Default for Keys<T> {
    fn default() -> Self {
        Self {
            first: u64::MAX,
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            entries: Vec::new(),
        }
    }
}

impl<T> Keys<T> {
    fn insert(&mut self, key: String, dated: Dated<T>) {
        self.first = self.first.min(dated.offset);
        if let Some(entry) = self.place(&key).and_then(|place| self.entries.get_mut(place)) {
            let place = entry.values.partition_point(|other| other.offset <= dated.offset);
            return entry.values.insert(place, dated);
        }
        let Self {
            places,
            hasher,
            entries,
            ..
        } = self;
        let hash = |key: &str| hasher.hash_one(key);
        places.insert_unique(hash(&key), entries.len(), |place| {
            entries.get(*place).map_or(0, |entry| hash(&entry.key))
        });
        entries.push(Entry {
            key: key.into(),
            values: smallvec![dated],
        });
    }

    fn place(&self, key: &str) -> Option<usize> {
        if self.entries.is_empty() {
            return None;
        }
        let is_it = |place: &usize| self.entries.get(*place).is_some_and(|entry| entry.key == key);
        self.places.find(self.hasher.hash_one(key), is_it).copied()
    }

    /// Whether anything was on file before an offset of the log.
    pub(super) const fn is_present(&self, up_to: u64) -> bool {
        self.first < up_to
    }

    /// All keys with their values, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[Dated<T>])> {
        self.entries
            .iter()
            .map(|entry| (entry.key.as_str(), entry.values.as_slice()))
    }

    /// The values of a key.
    #[inline]
    pub(super) fn get(&self, key: &str) -> &[Dated<T>] {
        self.place(key)
            .and_then(|place| self.entries.get(place))
            .map_or(&[], |entry| entry.values.as_slice())
    }

    /// The values in force, of all keys.
    pub(super) fn all_in_force(&self, up_to: u64, at: Timestamp) -> impl Iterator<Item = &T> {
        let entries = self.entries.iter();
        entries.filter_map(move |entry| Some(&in_force(&entry.values, up_to, at)?.value))
    }
}
