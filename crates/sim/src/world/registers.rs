//! The registers of a world, as an authority would have them on file.

use sanbai_wire::proto::registry::registry_record::Value;
use sanbai_wire::proto::registry::{
    Agreement, CalendarDay, Contract, DaySpan, KeyArea, Machine, Outage, RegistryRecord, Site as SiteRecord, Staff,
    XrayWay,
};

use super::World;
use super::brands::{PAST_PROVIDER, PROVIDER};
use super::civil::{date, midnight, timestamp};
use super::network::{KEY_OUTLET, Network, Pact, Site};
use super::places::{KEY_CAPITAL, KEY_TOWN, PAST_KEY_TOWN};

/// Parcels an hour of one machine.
const RATED: u32 = 1_200;

fn record(brand: &str, key: &str, value: Value) -> RegistryRecord {
    RegistryRecord {
        key: key.to_owned(),
        brand: brand.to_owned(),
        valid_from: None,
        valid_to: None,
        value: Some(value),
    }
}

/// All records: per brand its sites, staff, machines, contracts and agreements, then what holds for all.
pub(super) fn of(world: &World) -> Vec<RegistryRecord> {
    let mut records = Vec::new();
    for network in &world.networks {
        records.extend(
            network
                .sites()
                .map(|site| record(network.brand.code, &site.key, Value::Site(site_record(site)))),
        );
        staff(world, network, &mut records);
        machines(world, network, &mut records);
        contracts(world, network, &mut records);
        let pacts = network.pacts.iter().chain(&network.bad_pacts);
        records.extend(pacts.map(|pact| record(network.brand.code, &pact.key, Value::Agreement(agreement(pact)))));
    }
    key_areas(world, &mut records);
    for site in world.networks.iter().flat_map(Network::sites) {
        records.extend(site.outages.iter().enumerate().map(|(place, outage)| {
            let (from, to) = (Some(timestamp(outage.from)), Some(timestamp(outage.to)));
            let value = Outage {
                site: site.key.clone(),
                from,
                to,
            };
            record("", &format!("{}-OUT-{place}", site.key), Value::Outage(value))
        }));
    }
    records.extend((0..world.days()).map(|day| {
        record(
            "",
            &date(world.first + day),
            Value::CalendarDay(CalendarDay { working: true }),
        )
    }));
    records
}

fn site_record(site: &Site) -> SiteRecord {
    SiteRecord {
        kind: site.kind.into(),
        place: site.place.to_owned(),
        latitude: Some(site.latitude),
        longitude: Some(site.longitude),
        licence: site.licence.clone(),
        licence_from: site.licence_from.clone(),
        licence_to: site.licence_to.clone(),
        opened_on: site.opened_on.clone(),
        filed_on: site.filed_on.clone(),
        name: site.name.clone(),
    }
}

fn staff(world: &World, network: &Network, records: &mut Vec<RegistryRecord>) {
    // The last night's sorting ends some days after the last day; the training of some ends right then.
    let (end, later) = (world.first + world.days() + 8, date(world.first + 500));
    let mut add = |key: &str, site: &Site, trained_until: String, screener_until: String| {
        let value = Staff {
            trained_until,
            screener_until,
            site: site.key.clone(),
            ..Staff::default()
        };
        records.push(record(network.brand.code, key, Value::Staff(value)));
    };
    for site in network.sites() {
        for (place, person) in site.staff.iter().enumerate() {
            add(
                person,
                site,
                if place % 7 == 0 { date(end) } else { later.clone() },
                String::new(),
            );
        }
        for screener in &site.screeners {
            add(screener, site, later.clone(), date(end));
        }
    }
    let past = date(world.first - 1);
    add(&network.overdue, &network.outlets[0], past.clone(), past);
}

fn machines(world: &World, network: &Network, records: &mut Vec<RegistryRecord>) {
    let code = network.brand.code;
    let mut add = |key: &str, sites: Vec<String>, in_service: Vec<DaySpan>| {
        let owner = network.brand.third_party.unwrap_or(code).to_owned();
        let value = Machine {
            sites,
            owner,
            in_service,
            rated_per_hour: RATED,
        };
        records.push(record(code, key, Value::Machine(value)));
    };
    let (start, past) = (date(world.first - 700), date(world.first - 1));
    for (place, machine) in network.hub.machines.iter().enumerate() {
        // Some are not tied to a site, some have a span of service without an end.
        let sites = if place % 3 == 2 {
            Vec::new()
        } else {
            vec![network.hub.key.clone()]
        };
        let spans = if place % 2 == 0 {
            Vec::new()
        } else {
            vec![DaySpan {
                from: start.clone(),
                to: String::new(),
            }]
        };
        add(machine, sites, spans);
    }
    let outlet = &network.outlets[KEY_OUTLET];
    for machine in &outlet.machines {
        add(machine, vec![outlet.key.clone()], Vec::new());
    }
    add(
        &network.scrapped,
        vec![network.hub.key.clone()],
        vec![DaySpan { from: start, to: past }],
    );
}

fn contracts(world: &World, network: &Network, records: &mut Vec<RegistryRecord>) {
    let (from, to) = (date(world.first - 200), date(world.first + world.days().max(155) + 10));
    records.push(record(
        network.brand.code,
        PROVIDER,
        Value::Contract(Contract { from, to }),
    ));
    let (from, to) = (date(world.first - 400), date(world.first - 35));
    records.push(record(
        network.brand.code,
        PAST_PROVIDER,
        Value::Contract(Contract { from, to }),
    ));
}

fn agreement(pact: &Pact) -> Agreement {
    Agreement {
        sites: pact.sites.clone(),
        signed_on: pact.signed_on.clone(),
        filed_on: pact.filed_on.clone(),
        from: pact.from.clone(),
        to: pact.to.clone(),
        xray_way: if pact.special { XrayWay::Special } else { XrayWay::Full }.into(),
        customer_tokens: Vec::new(),
    }
}

fn key_areas(world: &World, records: &mut Vec<RegistryRecord>) {
    let at = |days: i64| Some(timestamp(midnight(world.first + days)));
    let mut add = |key: &str, division: &str, from: i64, to: i64| {
        let value = KeyArea {
            division: division.to_owned(),
            from: at(from),
            to: at(to),
        };
        records.push(record("", key, Value::KeyArea(value)));
    };
    add("KA-FORUM", KEY_TOWN, -3, world.days() + 10);
    add("KA-CAPITAL", KEY_CAPITAL, -30, world.days() + 30);
    add("KA-LAST-YEAR", PAST_KEY_TOWN, -200, -190);
}
