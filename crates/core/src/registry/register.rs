//! The registers of one brand: of each key all values ever made, and which of them is in force.

use hashbrown::HashMap;

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
    places: HashMap<String, usize>,
    values: Vec<Vec<Dated<T>>>,
}

impl<T> Default for Keys<T> {
    fn default() -> Self {
        Self {
            first: u64::MAX,
            places: HashMap::new(),
            values: Vec::new(),
        }
    }
}

impl<T> Keys<T> {
    fn insert(&mut self, key: String, dated: Dated<T>) {
        self.first = self.first.min(dated.offset);
        let next = self.values.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.values.push(Vec::new());
        }
        if let Some(values) = self.values.get_mut(place) {
            let place = values.partition_point(|other| other.offset <= dated.offset);
            values.insert(place, dated);
        }
    }

    /// Whether anything was on file before an offset of the log.
    pub(super) const fn is_present(&self, up_to: u64) -> bool {
        self.first < up_to
    }

    /// All keys with their values, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[Dated<T>])> {
        let places = self.places.iter();
        places.filter_map(|(key, place)| Some((key.as_str(), self.values.get(*place)?.as_slice())))
    }

    /// The values of a key.
    #[inline]
    pub(super) fn get(&self, key: &str) -> &[Dated<T>] {
        let place = if self.values.is_empty() {
            None
        } else {
            self.places.get(key)
        };
        place
            .and_then(|place| self.values.get(*place))
            .map_or(&[], Vec::as_slice)
    }

    /// The values in force, of all keys.
    pub(super) fn all_in_force(&self, up_to: u64, at: Timestamp) -> impl Iterator<Item = &T> {
        let values = self.values.iter();
        values.filter_map(move |values| Some(&in_force(values, up_to, at)?.value))
    }
}
