//! Registers: what an authority or a brand has on file, as values with a validity.
//!
//! A [`Registry`] holds every record ever made; a [`RegistryView`] answers as of one offset of the log, at one instant.
//! Nothing is forgotten, so a parcel can be judged again as it was known then.

pub(crate) mod days;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::event::Place;
use crate::rules::{RuleSet, Rules};
use crate::time::{CivilDay, Timestamp};

/// Everything on file.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    sites: Register<Site>,
    staff: Register<Staff>,
    machines: Register<Machine>,
    contracts: Register<Contract>,
    agreements: Register<Agreement>,
    key_areas: Register<KeyArea>,
    outages: Register<Outage>,
    calendar: Register<bool>,
    rules: Rules,
}

/// One record: for whom, when it holds, and where in the log it stands.
#[derive(Clone, Debug)]
pub struct Record {
    /// Offset in the log of registers; a later record of the same key corrects an earlier one.
    pub offset: u64,
    /// Brand code; empty where it holds for all brands.
    pub brand: String,
    /// Key within its register.
    pub key: String,
    /// First instant at which it holds; `None`: always did.
    pub valid_from: Option<Timestamp>,
    /// First instant at which it holds no more; `None`: no end.
    pub valid_to: Option<Timestamp>,
    /// What is on file.
    pub value: Value,
}

/// What is on file.
#[derive(Clone, Debug)]
pub enum Value {
    /// 网点, 处理中心
    Site(Site),
    /// 从业人员
    Staff(Staff),
    /// 安检机
    Machine(Machine),
    /// 第三方安检合同
    Contract(Contract),
    /// 安全协议
    Agreement(Agreement),
    /// 重点地区
    KeyArea(KeyArea),
    /// 停机, 断线
    Outage(Outage),
    /// 工作日历: keyed by its day, `YYYY-MM-DD`.
    CalendarDay {
        /// Whether it is a working day.
        working: bool,
    },
}

/// An outlet, terminal point or processing centre.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// What it is.
    pub kind: SiteKind,
    /// Its place.
    pub place: Option<Place>,
    /// Whether there is a licence number.
    pub has_licence: bool,
    /// Days of the licence, both included.
    pub licence: Days,
    /// Day of opening.
    pub opened_on: Option<CivilDay>,
    /// Day of filing.
    pub filed_on: Option<CivilDay>,
    /// Name for people.
    pub name: String,
}

/// Kinds of sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SiteKind {
    /// 许可
    Licensed,
    /// 备案分支
    Branch,
    /// 末端网点
    Terminal,
    /// 处理中心
    ProcessingCentre,
    /// Nobody said.
    #[default]
    Unspecified,
}

/// A member of staff.
#[derive(Clone, Debug, Default)]
pub struct Staff {
    /// Last day on which the training counts.
    pub trained_until: Option<CivilDay>,
    /// Last day on which the holder may screen; `None`: no screener.
    pub screener_until: Option<CivilDay>,
}

/// An X-ray machine.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Sites that use it; empty: any.
    pub sites: BTreeSet<String>,
    /// Days in which it is in service; empty: always.
    pub in_service: Vec<Days>,
}

/// A contract with a third party that screens.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// Days for which it was made.
    pub term: Days,
}

/// A safety agreement with a bulk sender.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    /// Sites named in it; empty: all of the brand.
    pub sites: BTreeSet<String>,
    /// Day of signing.
    pub signed_on: Option<CivilDay>,
    /// Day of filing with the postal bureau.
    pub filed_on: Option<CivilDay>,
    /// Days for which it was made.
    pub term: Days,
    /// Screened in the special way, not each parcel.
    pub special_way: bool,
}

/// An area for which parcels are screened a second time.
#[derive(Clone, Debug)]
pub struct KeyArea {
    /// The division.
    pub division: Place,
    /// First instant.
    pub from: Option<Timestamp>,
    /// First instant after it.
    pub to: Option<Timestamp>,
}

/// A time in which a site or a whole brand could not upload.
#[derive(Clone, Debug)]
pub struct Outage {
    /// The site; empty for the whole brand.
    pub site: String,
    /// First instant.
    pub from: Timestamp,
    /// First instant after it.
    pub to: Timestamp,
}

/// Days from first to last, both included; `None` has no end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// First day.
    pub from: Option<CivilDay>,
    /// Last day.
    pub to: Option<CivilDay>,
}

impl Days {
    /// Whether a day lies in it.
    pub fn contains(&self, day: CivilDay) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// What a register says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// It is on file and in force.
    Found(T),
    /// The register is there, the key is not: a finding.
    Absent,
    /// The brand has no such register: the rule is unanswered.
    NoRegister,
}

impl<T> Lookup<T> {
    /// What was found.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Absent | Self::NoRegister => None,
        }
    }
}

/// A value of one key, with its place in the log and its validity.
#[derive(Clone, Debug)]
struct Dated<T> {
    offset: u64,
    brand: String,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
    value: T,
}

impl<T> Dated<T> {
    fn of(record: Record, value: T) -> Self {
        let Record {
            offset,
            brand,
            valid_from,
            valid_to,
            ..
        } = record;
        Self {
            offset,
            brand,
            valid_from,
            valid_to,
            value,
        }
    }
}

/// Of one key the value in force: of those known by then the one that began last, of several with one beginning the
/// last in the log, for it corrects the others.
fn in_force<T>(values: &[Dated<T>], up_to: u64, at: Timestamp) -> Option<&Dated<T>> {
    values
        .iter()
        .filter(|dated| dated.offset < up_to && dated.valid_from.is_none_or(|from| from <= at))
        .max_by_key(|dated| (dated.valid_from, dated.offset))
        .filter(|dated| dated.valid_to.is_none_or(|to| at < to))
}

/// One register.
#[derive(Clone, Debug)]
struct Register<T> {
    /// What holds for all brands.
    common: Option<Keys<T>>,
    by_brand: HashMap<String, Keys<T>>,
}

impl<T> Default for Register<T> {
    fn default() -> Self {
        Self {
            common: None,
            by_brand: HashMap::new(),
        }
    }
}

/// The keys of a brand, and of each its values in the order of the log.
#[derive(Clone, Debug)]
struct Keys<T> {
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

    /// All keys with their values, in no order that means anything.
    fn iter(&self) -> impl Iterator<Item = (&str, &[Dated<T>])> {
        let places = self.places.iter();
        places.filter_map(|(key, place)| Some((key.as_str(), self.values.get(*place)?.as_slice())))
    }

    fn get(&self, key: &str) -> Option<&Vec<Dated<T>>> {
        self.values.get(*self.places.get(key)?)
    }
}

impl<T> Register<T> {
    fn insert(&mut self, key: String, dated: Dated<T>) {
        let keys = if dated.brand.is_empty() {
            self.common.get_or_insert_default()
        } else {
            self.by_brand.entry_ref(dated.brand.as_str()).or_default()
        };
        keys.insert(key, dated);
    }

    /// The brand's own keys first, then those that hold for all brands.
    fn keys<'a>(&'a self, brand: &str) -> impl Iterator<Item = &'a Keys<T>> {
        let is_brand = !brand.is_empty() && !self.by_brand.is_empty();
        let own = if is_brand { self.by_brand.get(brand) } else { None };
        own.into_iter().chain(&self.common)
    }

    fn is_present(&self, brand: &str, up_to: u64) -> bool {
        self.keys(brand).any(|keys| keys.first < up_to)
    }

    fn find(&self, brand: &str, key: &str, up_to: u64, at: Timestamp) -> Lookup<&T> {
        match self.keys(brand).find_map(|keys| in_force(keys.get(key)?, up_to, at)) {
            Some(dated) => Lookup::Found(&dated.value),
            None if self.is_present(brand, up_to) => Lookup::Absent,
            None => Lookup::NoRegister,
        }
    }

    /// The values in force for a brand, of all keys.
    fn all_in_force(&self, brand: &str, up_to: u64, at: Timestamp) -> impl Iterator<Item = &T> {
        self.keys(brand)
            .flat_map(|keys| &keys.values)
            .filter_map(move |values| in_force(values, up_to, at))
            .map(|dated| &dated.value)
    }
}

impl Registry {
    /// Adds a record.
    pub fn insert(&mut self, record: Record) {
        let Record { key, value, .. } = &record;
        let key = key.clone();
        match value.clone() {
            Value::Site(site) => self.sites.insert(key, Dated::of(record, site)),
            Value::Staff(staff) => self.staff.insert(key, Dated::of(record, staff)),
            Value::Machine(machine) => self.machines.insert(key, Dated::of(record, machine)),
            Value::Contract(contract) => self.contracts.insert(key, Dated::of(record, contract)),
            Value::Agreement(agreement) => self.agreements.insert(key, Dated::of(record, agreement)),
            Value::KeyArea(area) => self.key_areas.insert(key, Dated::of(record, area)),
            Value::Outage(outage) => self.outages.insert(key, Dated::of(record, outage)),
            Value::CalendarDay { working } => self.calendar.insert(key, Dated::of(record, working)),
        }
    }

    /// With rules that are known from the start, instead of the built-in ones.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// Adds a rule set that stands at an offset of the log.
    pub fn publish(&mut self, offset: u64, set: RuleSet) {
        self.rules.publish(offset, set);
    }

    /// The rules on file.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Everything on file, as of the end of the log.
    pub fn view(&self) -> RegistryView<'_> {
        self.view_up_to(u64::MAX)
    }

    /// What was on file before an offset of the log.
    pub fn view_up_to(&self, offset: u64) -> RegistryView<'_> {
        RegistryView {
            registry: self,
            up_to: offset,
        }
    }
}

/// The registers as known at one offset of their log.
#[derive(Clone, Copy, Debug)]
pub struct RegistryView<'a> {
    registry: &'a Registry,
    up_to: u64,
}

impl<'a> RegistryView<'a> {
    /// The same, as known before an offset; never more than this view knows.
    #[must_use]
    pub fn limited_to(self, offset: u64) -> Self {
        Self {
            up_to: self.up_to.min(offset),
            ..self
        }
    }

    /// The offset before which everything is known.
    pub const fn up_to(self) -> u64 {
        self.up_to
    }

    /// The rules on file; those in force as known here are [`rules_in_force`](Self::rules_in_force).
    pub const fn rules(self) -> &'a Rules {
        &self.registry.rules
    }

    /// The rule set in force at an instant.
    pub fn rules_in_force(self, at: Timestamp) -> &'a RuleSet {
        self.registry.rules.in_force_as_known(at, self.up_to)
    }

    /// An outlet or processing centre.
    pub fn site(self, brand: &str, key: &str, at: Timestamp) -> Lookup<&'a Site> {
        self.registry.sites.find(brand, key, self.up_to, at)
    }

    /// Whether a site stands in the register at all, whatever its validity.
    pub fn knows_site(self, brand: &str, key: &str) -> Lookup<()> {
        let register = &self.registry.sites;
        let known = register.keys(brand).filter_map(|keys| keys.get(key)).flatten();
        if known.into_iter().any(|dated| dated.offset < self.up_to) {
            Lookup::Found(())
        } else if register.is_present(brand, self.up_to) {
            Lookup::Absent
        } else {
            Lookup::NoRegister
        }
    }

    /// A member of staff.
    pub fn staff(self, brand: &str, key: &str, at: Timestamp) -> Lookup<&'a Staff> {
        self.registry.staff.find(brand, key, self.up_to, at)
    }

    /// An X-ray machine.
    pub fn machine(self, brand: &str, key: &str, at: Timestamp) -> Lookup<&'a Machine> {
        self.registry.machines.find(brand, key, self.up_to, at)
    }

    /// A contract with a third party that screens.
    pub fn contract(self, brand: &str, key: &str, at: Timestamp) -> Lookup<&'a Contract> {
        self.registry.contracts.find(brand, key, self.up_to, at)
    }

    /// A safety agreement.
    pub fn agreement(self, brand: &str, key: &str, at: Timestamp) -> Lookup<&'a Agreement> {
        self.registry.agreements.find(brand, key, self.up_to, at)
    }

    /// Whether a place lies in a key area in force at an instant. No record means none in force.
    pub fn in_key_area(self, brand: &str, place: Place, at: Timestamp) -> bool {
        self.registry.key_areas.all_in_force(brand, self.up_to, at).any(|area| {
            area.from.is_none_or(|from| from <= at) && area.to.is_none_or(|to| at < to) && place.lies_in(area.division)
        })
    }

    /// The end of the outages of a site or its brand in which an instant lies; one that begins before another ends goes on.
    pub fn outage_end(self, brand: &str, site: &str, at: Timestamp) -> Option<Timestamp> {
        let mut end = self.one_outage_end(brand, site, at)?;
        // Each step is later than the one before, and there are only so many outages.
        while let Some(later) = self.one_outage_end(brand, site, end) {
            end = later;
        }
        Some(end)
    }

    fn one_outage_end(self, brand: &str, site: &str, at: Timestamp) -> Option<Timestamp> {
        self.registry
            .outages
            .all_in_force(brand, self.up_to, at)
            .filter(|outage| (outage.site.is_empty() || outage.site == site) && outage.from <= at && at < outage.to)
            .map(|outage| outage.to)
            .max()
    }
}
