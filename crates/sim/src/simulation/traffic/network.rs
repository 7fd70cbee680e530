//! Two brands, their outlets and hubs, and what the registers say of them.

use sanbai_wire::proto::registry::registry_record::Value;
use sanbai_wire::proto::registry::{
    Agreement, KeyArea, Machine, Outage, RegistryRecord, Site, SiteKind, Staff, XrayWay,
};

use super::{Due, entered};
use crate::simulation::plan::Plan;
use crate::world::civil::{DAY, HOUR, MINUTE, date, midnight, timestamp};
use crate::world::dice::Dice;

pub(super) const BRANDS: [&str; 2] = ["SF", "ZTO"];
/// Outlets of each brand. The last one is on file and reports nothing.
const OUTLETS: usize = 4;

/// An outlet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlet {
    pub(super) brand: &'static str,
    pub(super) place_in_brand: usize,
}

impl Outlet {
    pub(super) fn key(self) -> String {
        format!("GZ-{}-{}", self.brand, self.place_in_brand)
    }

    pub(super) fn hub(self) -> String {
        format!("HUB-{}", self.brand)
    }
}

/// All outlets.
pub(super) fn outlets() -> impl Iterator<Item = Outlet> {
    BRANDS
        .into_iter()
        .flat_map(|brand| (0..OUTLETS).map(move |place_in_brand| Outlet { brand, place_in_brand }))
}

/// One that reports.
pub(super) fn outlet(dice: &mut Dice) -> Outlet {
    Outlet {
        brand: BRANDS[dice.below(2) as usize],
        place_in_brand: dice.below(OUTLETS as u64 - 1) as usize,
    }
}

/// What is entered into the registers, and when: before the first tick, or after parcels were judged.
pub(super) fn registry(plan: &Plan, dice: &mut Dice) -> Vec<Due> {
    let mut records = Vec::new();
    let mut add = |brand: &str, key: String, value: Value| {
        records.push(RegistryRecord {
            key,
            brand: brand.to_owned(),
            valid_from: None,
            valid_to: None,
            value: Some(value),
        });
    };
    for outlet in outlets() {
        add(outlet.brand, outlet.key(), Value::Site(site(plan, outlet)));
    }
    for brand in BRANDS {
        let hub = Site {
            kind: SiteKind::ProcessingCentre.into(),
            place: "440111".to_owned(),
            ..Site::default()
        };
        add(brand, format!("HUB-{brand}"), Value::Site(hub));
    }
    let sites = records.len();
    let mut rest = others(plan, dice);
    records.append(&mut rest);
    let late = |at: i64, number: usize| at + number as i64 * 7 * MINUTE;
    let first = plan.start() - MINUTE;
    let later = plan.start() + dice.between(2 * HOUR, 14 * HOUR);
    let everything_late = dice.chance(2_000);
    let entry = |(number, record): (usize, &RegistryRecord)| {
        let is_late = plan.late_registry && (number >= sites || everything_late);
        // Sites are on file before the day ends: silence is judged once.
        let at = match (is_late, number < sites) {
            (true, true) => plan.start() + 3 * HOUR,
            (true, false) => late(later, number - sites),
            (false, _) => first,
        };
        entered(at, record)
    };
    records.iter().enumerate().map(entry).collect()
}

fn site(plan: &Plan, outlet: Outlet) -> Site {
    Site {
        kind: SiteKind::Licensed.into(),
        place: ["440117", "440117", "440103", "440304"][outlet.place_in_brand].to_owned(),
        licence: format!("L-{}", outlet.key()),
        licence_from: date(plan.day - 300),
        licence_to: if outlet.place_in_brand == 1 {
            date(plan.day)
        } else {
            String::new()
        },
        opened_on: date(plan.day - 300),
        filed_on: date(plan.day - 290),
        ..Site::default()
    }
}

/// Machines, staff, agreements, key areas and outages; each register may be missing.
fn others(plan: &Plan, dice: &mut Dice) -> Vec<RegistryRecord> {
    let mut records = Vec::new();
    let mut add = |brand: &str, key: String, value: Value| {
        records.push(RegistryRecord {
            key,
            brand: brand.to_owned(),
            valid_from: None,
            valid_to: None,
            value: Some(value),
        });
    };
    for brand in BRANDS {
        if dice.chance(7_000) {
            let machine = Machine {
                sites: vec![format!("HUB-{brand}")],
                owner: brand.to_owned(),
                in_service: Vec::new(),
                rated_per_hour: 900,
            };
            add(brand, format!("{brand}-XR-1"), Value::Machine(machine));
        }
        if dice.chance(7_000) {
            for person in 0..3 {
                let staff = Staff {
                    trained_until: date(plan.day + if person == 2 { -5 } else { 90 }),
                    screener_until: date(plan.day + 90),
                    ..Staff::default()
                };
                add(brand, format!("{brand}{person}"), Value::Staff(staff));
            }
        }
        if dice.chance(7_000) {
            let agreement = Agreement {
                signed_on: date(plan.day - 20),
                filed_on: date(plan.day - 19),
                from: date(plan.day - 18),
                to: date(plan.day + 300),
                xray_way: XrayWay::Full.into(),
                ..Agreement::default()
            };
            add(brand, format!("{brand}-XY-1"), Value::Agreement(agreement));
        }
    }
    if dice.chance(3_000) {
        let area = KeyArea {
            division: "1101".to_owned(),
            from: Some(timestamp(midnight(plan.day) - DAY)),
            to: Some(timestamp(midnight(plan.day) + 30 * DAY)),
        };
        add("", "KA-1".to_owned(), Value::KeyArea(area));
    }
    for outlet in outlets() {
        if dice.chance(1_500) {
            let from = midnight(plan.day) + dice.between(8, 20) * HOUR;
            let outage = Outage {
                site: outlet.key(),
                from: Some(timestamp(from)),
                to: Some(timestamp(from + dice.between(1, 5) * HOUR)),
            };
            add(outlet.brand, format!("OUT-{}", outlet.key()), Value::Outage(outage));
        }
    }
    records
}
