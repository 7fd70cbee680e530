//! From records of registers to the registers that `sanbai-core` asks.

use sanbai_core::event::Place;
use sanbai_core::registry::{
    Agreement, Contract, Days, KeyArea, Machine, Outage, Record, Registry, Site, SiteKind, Staff, Value,
};
use sanbai_core::time::CivilDay;
use sanbai_wire::proto::registry as wire;
use sanbai_wire::proto::registry::registry_record::Value as Told;

use super::clock::from_proto;

/// All records, in their order.
pub(super) fn registry(records: &[wire::RegistryRecord]) -> Registry {
    let mut registry = Registry::default();
    for (offset, told) in (0..).zip(records) {
        if let Some(value) = told.value.as_ref().and_then(value) {
            registry.insert(Record {
                offset,
                brand: told.brand.clone(),
                key: told.key.clone(),
                valid_from: told.valid_from.as_ref().map(|at| from_proto(Some(at))),
                valid_to: told.valid_to.as_ref().map(|at| from_proto(Some(at))),
                value,
            });
        }
    }
    registry
}

fn value(told: &Told) -> Option<Value> {
    Some(match told {
        Told::Site(site) => Value::Site(Site {
            kind: match site.kind() {
                wire::SiteKind::Unspecified => SiteKind::Unspecified,
                wire::SiteKind::Licensed => SiteKind::Licensed,
                wire::SiteKind::Branch => SiteKind::Branch,
                wire::SiteKind::Terminal => SiteKind::Terminal,
                wire::SiteKind::ProcessingCentre => SiteKind::ProcessingCentre,
            },
            place: Place::parse(&site.place),
            has_licence: !site.licence.is_empty(),
            licence: days(&site.licence_from, &site.licence_to),
            opened_on: CivilDay::parse(&site.opened_on),
            filed_on: CivilDay::parse(&site.filed_on),
            name: site.name.clone(),
        }),
        Told::Staff(staff) => Value::Staff(Staff {
            trained_until: CivilDay::parse(&staff.trained_until),
            screener_until: CivilDay::parse(&staff.screener_until),
        }),
        Told::Machine(machine) => Value::Machine(Machine {
            sites: machine.sites.iter().cloned().collect(),
            in_service: machine.in_service.iter().map(|span| days(&span.from, &span.to)).collect(),
        }),
        Told::Contract(contract) => Value::Contract(Contract { term: days(&contract.from, &contract.to) }),
        Told::Agreement(agreement) => Value::Agreement(Agreement {
            sites: agreement.sites.iter().cloned().collect(),
            signed_on: CivilDay::parse(&agreement.signed_on),
            filed_on: CivilDay::parse(&agreement.filed_on),
            term: days(&agreement.from, &agreement.to),
            special_way: agreement.xray_way() == wire::XrayWay::Special,
        }),
        Told::KeyArea(area) => Value::KeyArea(KeyArea {
            division: Place::parse(&area.division)?,
            from: area.from.as_ref().map(|at| from_proto(Some(at))),
            to: area.to.as_ref().map(|at| from_proto(Some(at))),
        }),
        Told::Outage(outage) => Value::Outage(Outage {
            site: outage.site.clone(),
            from: from_proto(outage.from.as_ref()),
            to: from_proto(outage.to.as_ref()),
        }),
        Told::CalendarDay(_) => return None,
    })
}

fn days(from: &str, to: &str) -> Days {
    Days { from: CivilDay::parse(from), to: CivilDay::parse(to) }
}
