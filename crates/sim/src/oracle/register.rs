//! What is on file.

use std::collections::BTreeMap;

use sanbai_wire::proto::registry::registry_record::Value;
use sanbai_wire::proto::registry::{Agreement, Contract, KeyArea, Machine, Outage, RegistryRecord, Site, Staff};

use super::clock::{NEVER, Nanos, nanos};
use super::place;

/// The records that concern one brand.
#[derive(Clone, Debug)]
pub(super) struct Register<'a> {
    records: Vec<&'a RegistryRecord>,
    /// The moment as of which keys are looked up.
    pub(super) moment: Nanos,
}

/// What a look-up found.
#[derive(Debug)]
pub(super) enum Found<'a, T> {
    /// The register is not present for the brand.
    NoRegister,
    /// Present, key absent.
    Nothing,
    /// On file.
    Entry(&'a T),
}

impl<'a> Register<'a> {
    pub(super) fn of(brand: &str, registry: &'a [RegistryRecord]) -> Self {
        // "A later record with the same key and valid_from corrects it."
        let mut latest = BTreeMap::new();
        for record in registry {
            if record.brand.is_empty() || record.brand == brand {
                let began = record.valid_from.map(nanos);
                latest.insert((register_of(record), &record.brand, &record.key, began), record);
            }
        }
        Self {
            records: latest.into_values().collect(),
            moment: 0,
        }
    }

    pub(super) fn site(&self, key: &str) -> Found<'a, Site> {
        self.find(key, |value| {
            if let Value::Site(site) = value {
                Some(site)
            } else {
                None
            }
        })
    }

    pub(super) fn staff(&self, key: &str) -> Found<'a, Staff> {
        self.find(key, |value| {
            if let Value::Staff(staff) = value {
                Some(staff)
            } else {
                None
            }
        })
    }

    pub(super) fn machine(&self, key: &str) -> Found<'a, Machine> {
        self.find(key, |value| {
            if let Value::Machine(machine) = value {
                Some(machine)
            } else {
                None
            }
        })
    }

    pub(super) fn contract(&self, key: &str) -> Found<'a, Contract> {
        self.find(key, |value| {
            if let Value::Contract(contract) = value {
                Some(contract)
            } else {
                None
            }
        })
    }

    pub(super) fn agreement(&self, key: &str) -> Found<'a, Agreement> {
        self.find(key, |value| {
            if let Value::Agreement(agreement) = value {
                Some(agreement)
            } else {
                None
            }
        })
    }

    /// "A register is *present* for a brand when it holds at least one record of that kind and brand at R".
    fn find<T>(&self, key: &str, pick: fn(&'a Value) -> Option<&'a T>) -> Found<'a, T> {
        if !self
            .records
            .iter()
            .any(|record| record.value.as_ref().and_then(pick).is_some())
        {
            return Found::NoRegister;
        }
        let mut found = Found::Nothing;
        let mut own = false;
        for (record, entry) in self.in_force(Some(key), self.moment, pick) {
            // The brand's own record comes before one for all brands.
            if !key.is_empty() && !own {
                own = !record.brand.is_empty();
                found = Found::Entry(entry);
            }
        }
        found
    }

    /// The record of the key, or of each key, that holds at `moment`: of several the one that began last.
    fn in_force<T>(
        &self,
        key: Option<&str>,
        moment: Nanos,
        pick: fn(&'a Value) -> Option<&'a T>,
    ) -> Vec<(&'a RegistryRecord, &'a T)> {
        let mut holding: Vec<(&RegistryRecord, &T)> = Vec::new();
        for record in &self.records {
            let Some(entry) = record.value.as_ref().and_then(pick) else {
                continue;
            };
            let began = record.valid_from.map(nanos);
            if key.is_some_and(|key| key != record.key) || !in_span(moment, began, record.valid_to.map(nanos)) {
                continue;
            }
            let same = |other: &RegistryRecord| other.key == record.key && other.brand == record.brand;
            // The records of one key stand in the order in which they began.
            holding.retain(|(other, _)| !same(other));
            holding.push((record, entry));
        }
        holding
    }

    /// Whether the place lies in "a key area in force at" the moment.
    pub(super) fn is_key_area(&self, code: &str, moment: Nanos) -> bool {
        let pick = |value: &'a Value| -> Option<&'a KeyArea> {
            if let Value::KeyArea(area) = value {
                Some(area)
            } else {
                None
            }
        };
        self.in_force(None, moment, pick).iter().any(|(_, area)| {
            in_span(moment, area.from.map(nanos), area.to.map(nanos)) && place::lies_in(code, &area.division)
        })
    }

    /// The moment, or the end of the outages of the site in which it lies.
    pub(super) fn after_outages(&self, site: &str, moment: Nanos) -> Nanos {
        let pick = |value: &'a Value| -> Option<&'a Outage> {
            if let Value::Outage(outage) = value {
                Some(outage)
            } else {
                None
            }
        };
        let mut moment = moment;
        loop {
            let mut end = moment;
            for (_, outage) in self.in_force(None, moment, pick) {
                let (from, to) = (outage.from.map(nanos), outage.to.map(nanos));
                if (outage.site.is_empty() || outage.site == site) && in_span(moment, from, to) {
                    end = end.max(to.unwrap_or(NEVER));
                }
            }
            if end == moment || moment >= NEVER {
                return moment;
            }
            moment = end;
        }
    }
}

/// From the first moment to before the last, an absent end being open.
fn in_span(moment: Nanos, from: Option<Nanos>, to: Option<Nanos>) -> bool {
    from.is_none_or(|from| from <= moment) && to.is_none_or(|to| moment < to)
}

/// Which register a record belongs to.
fn register_of(record: &RegistryRecord) -> &'static str {
    match record.value {
        None => "none",
        Some(Value::Site(_)) => "sites",
        Some(Value::Staff(_)) => "staff",
        Some(Value::Machine(_)) => "machines",
        Some(Value::Contract(_)) => "contracts",
        Some(Value::Agreement(_)) => "agreements",
        Some(Value::KeyArea(_)) => "keyAreas",
        Some(Value::Outage(_)) => "outages",
        Some(Value::CalendarDay(_)) => "calendar",
    }
}
