//! What the stories have on file.

use sanbai_wire::proto::registry::registry_record::Value;
use sanbai_wire::proto::registry::{Agreement, Contract, KeyArea, Machine, Outage, Site, SiteKind, Staff, XrayWay};

use super::time;

pub(super) fn site(place: &str) -> Value {
    Value::Site(Site {
        kind: SiteKind::Licensed.into(),
        place: place.to_owned(),
        licence: "L1".to_owned(),
        ..Site::default()
    })
}

pub(super) fn agreement(xray_way: XrayWay) -> Agreement {
    Agreement {
        signed_on: "2026-01-01".to_owned(),
        filed_on: "2026-01-02".to_owned(),
        xray_way: xray_way.into(),
        ..Agreement::default()
    }
}

pub(super) fn key_area(division: &str) -> Value {
    Value::KeyArea(KeyArea {
        division: division.to_owned(),
        ..KeyArea::default()
    })
}

pub(super) fn staff(trained_until: &str, screener_until: &str) -> Value {
    Value::Staff(Staff {
        trained_until: trained_until.to_owned(),
        screener_until: screener_until.to_owned(),
        ..Staff::default()
    })
}

pub(super) fn outage(site: &str, from: &str, to: &str) -> Value {
    Value::Outage(Outage {
        site: site.to_owned(),
        from: Some(time(from)),
        to: Some(time(to)),
    })
}

pub(super) fn contract(from: &str, to: &str) -> Value {
    Value::Contract(Contract {
        from: from.to_owned(),
        to: to.to_owned(),
    })
}

pub(super) fn machine(sites: &[&str]) -> Value {
    Value::Machine(Machine {
        sites: sites.iter().map(|site| (*site).to_owned()).collect(),
        ..Machine::default()
    })
}
