//! Registers: what an authority or a brand has on file, as values with a validity.
//!
//! A [`Registry`] holds every record ever made; a [`RegistryView`] answers as of one offset of the log, at one instant.
//! Nothing is forgotten, so a parcel can be judged again as it was known then.

mod brand;
pub(crate) mod days;
mod register;
#[cfg(test)]
mod tests;

pub use brand::BrandView;

use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::event::Place;
use crate::rules::{RuleSet, Rules};
use crate::time::{CivilDay, Timestamp};
use register::Registers;

/// Everything on file.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// What holds for all brands.
    common: Registers,
    brands: HashMap<String, Registers>,
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

impl Registry {
    /// Adds a record.
    pub fn insert(&mut self, record: Record) {
        let registers = if record.brand.is_empty() {
            &mut self.common
        } else {
            self.brands.entry_ref(record.brand.as_str()).or_default()
        };
        registers.insert(record);
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

    /// The registers of a brand.
    pub fn of_brand(self, brand: &str) -> BrandView<'a> {
        let Registry { common, brands, .. } = self.registry;
        let own = if brand.is_empty() { None } else { brands.get(brand) };
        let up_to = self.up_to;
        BrandView { own, common, up_to }
    }

    /// An outlet or processing centre of a brand.
    pub fn site(self, brand: &str, key: &str, at: Timestamp) -> Lookup<&'a Site> {
        self.of_brand(brand).site(key, at)
    }

    /// A member of staff of a brand.
    pub fn staff(self, brand: &str, key: &str, at: Timestamp) -> Lookup<&'a Staff> {
        self.of_brand(brand).staff(key, at)
    }

    /// An X-ray machine of a brand.
    pub fn machine(self, brand: &str, key: &str, at: Timestamp) -> Lookup<&'a Machine> {
        self.of_brand(brand).machine(key, at)
    }

    /// A safety agreement of a brand.
    pub fn agreement(self, brand: &str, key: &str, at: Timestamp) -> Lookup<&'a Agreement> {
        self.of_brand(brand).agreement(key, at)
    }
}
