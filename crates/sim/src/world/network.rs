//! What a brand has in the district: sites, people, machines, agreements.

use sanbai_wire::proto::registry::SiteKind;

use super::Plan;
use super::brands::Brand;
use super::civil::{DAY, HOUR, MINUTE, SECOND, date, midnight};
use super::dice::{Dice, Use};
use super::places::{DISTRICT, TOWNS, Town};

/// Outlets of a brand that anybody meets; the last of them lies in the key area.
pub(super) const OUTLETS: usize = 5;
/// The outlet in the key area, which has a machine of its own.
pub(super) const KEY_OUTLET: usize = OUTLETS - 1;

/// Where the outlets of each brand lie, by place in [`TOWNS`]. All have one in the key town.
const SITINGS: [[usize; OUTLETS]; 5] = [
    [0, 1, 6, 3, 4],
    [0, 2, 7, 6, 4],
    [1, 0, 6, 7, 4],
    [0, 6, 3, 2, 4],
    [2, 1, 7, 5, 4],
];
/// Share of a brand's parcels by outlet.
const SHARES: [u32; OUTLETS] = [34, 26, 20, 13, 7];

/// A span in which a site has no line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outage {
    /// As registered: ten minutes before the line fails, so that nothing hangs between.
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Outage {
    /// The first moment at which nothing is uploaded any more.
    pub(super) fn fails_at(self) -> i64 {
        self.from + 10 * MINUTE
    }
}

/// An outlet or processing centre.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) kind: SiteKind,
    pub(super) place: &'static str,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    pub(super) licence: String,
    pub(super) licence_from: String,
    pub(super) licence_to: String,
    pub(super) opened_on: String,
    pub(super) filed_on: String,
    /// Couriers of an outlet, handlers of a processing centre.
    pub(super) staff: Vec<String>,
    pub(super) screeners: Vec<String>,
    pub(super) machines: Vec<String>,
    /// Share of the brand's parcels.
    pub(super) share: u32,
    /// How much later than the timetable its lorries leave.
    pub(super) phase: i64,
    /// A number of its own, for its clock.
    pub(super) number: u64,
    pub(super) outages: Vec<Outage>,
}

impl Site {
    /// The outage in which an upload at this moment would fall.
    pub(super) fn line_down(&self, at: i64) -> Option<Outage> {
        self.outages
            .iter()
            .copied()
            .find(|outage| (outage.fails_at()..outage.to).contains(&at))
    }

    /// Whether an outage touches a day.
    pub(super) fn has_outage_on(&self, day: i64) -> bool {
        let span = midnight(day)..midnight(day) + DAY;
        self.outages
            .iter()
            .any(|outage| outage.from < span.end && span.start < outage.to)
    }
}

/// A safety agreement of a brand.
#[derive(Debug)]
pub(super) struct Pact {
    pub(super) key: String,
    /// Sites named in it; empty is all.
    pub(super) sites: Vec<String>,
    pub(super) signed_on: String,
    pub(super) filed_on: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) special: bool,
}

/// All that a brand has.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) brand: &'static Brand,
    pub(super) hub: Site,
    pub(super) outlets: Vec<Site>,
    /// An outlet that is on record, but whose licence has expired. Only planted parcels go there.
    pub(super) expired: Site,
    /// An outlet that is on no record.
    pub(super) stranger: Site,
    /// Machines on record that are out of service.
    pub(super) scrapped: String,
    /// A machine that is on no record.
    pub(super) unknown_machine: String,
    /// Staff whose training is overdue; a screener no more.
    pub(super) overdue: String,
    /// Somebody who is on no record.
    pub(super) nobody: String,
    /// Agreements that hold at every outlet.
    pub(super) pacts: Vec<Pact>,
    /// Agreements on record that do not hold: expired, not signed, not filed, of another outlet.
    pub(super) bad_pacts: [Pact; 4],
    /// An agreement that is on no record.
    pub(super) unknown_pact: String,
}

/// How much of everything a plan needs.
struct Size {
    staff: usize,
    machines: usize,
}

impl Network {
    pub(super) fn new(plan: &Plan, first: i64, number: usize, brand: &'static Brand) -> Self {
        let per_day = plan.parcels / u64::from(plan.days.max(1)) * u64::from(brand.weight) / 100;
        let size = Size {
            staff: (per_day / 5 / 150).clamp(4, 300) as usize,
            machines: (per_day / 5 / 900).clamp(1, 40) as usize,
        };
        let mut dice = Dice::new(plan.seed, Use::Network, number as u64);
        let code = brand.code;
        let mut outlets: Vec<Site> = (0..OUTLETS)
            .map(|place| outlet(brand, number, place, first, &size, &mut dice))
            .collect();
        let key_outlet = &mut outlets[KEY_OUTLET];
        key_outlet.machines = vec![format!("{code}-XR-{}", OUTLETS)];
        key_outlet.screeners = (0..3).map(|person| format!("{code}{OUTLETS:02}8{person:02}")).collect();
        let hub = hub(brand, number, first, &size, &mut dice);
        let (filed, site) = (date(first - 300), vec![outlets[1].key.clone()]);
        let pact = |serial: usize| Pact {
            key: format!("{code}-XY-{serial:04}"),
            sites: Vec::new(),
            signed_on: date(first - 320),
            filed_on: filed.clone(),
            from: date(first - 310),
            to: date(first + 400),
            special: serial.is_multiple_of(3),
        };
        Self {
            brand,
            hub,
            expired: outlet(brand, number, OUTLETS, first, &size, &mut dice),
            stranger: outlet(brand, number, OUTLETS + 1, first, &size, &mut dice),
            outlets,
            scrapped: format!("{code}-XR-90"),
            unknown_machine: format!("{code}-XR-99"),
            overdue: format!("{code}01990"),
            nobody: format!("{code}01999"),
            pacts: (1..=9).map(pact).collect(),
            bad_pacts: [
                Pact {
                    to: date(first - 1),
                    ..pact(101)
                },
                Pact {
                    signed_on: String::new(),
                    ..pact(102)
                },
                Pact {
                    filed_on: String::new(),
                    ..pact(103)
                },
                Pact {
                    sites: site,
                    ..pact(104)
                },
            ],
            unknown_pact: format!("{code}-XY-0999"),
        }
    }

    /// All sites on record.
    pub(super) fn sites(&self) -> impl Iterator<Item = &Site> {
        std::iter::once(&self.hub).chain(&self.outlets).chain([&self.expired])
    }
}

fn outlet(brand: &Brand, number: usize, place: usize, first: i64, size: &Size, dice: &mut Dice) -> Site {
    let town: &Town = &TOWNS[SITINGS[number % SITINGS.len()].get(place).copied().unwrap_or(5)];
    let kind = match place {
        0 | 1 | OUTLETS => SiteKind::Licensed,
        2 => SiteKind::Branch,
        _ => SiteKind::Terminal,
    };
    // The fourth outlet of every other brand has just opened; it is filed on the last day that counts.
    let opened = if place == 3 && number.is_multiple_of(2) {
        first - 6
    } else {
        first - 900 - dice.between(0, 400)
    };
    let licensed = kind != SiteKind::Terminal;
    let serial = place + 1;
    Site {
        key: format!("CH-{}-{serial:02}", brand.code),
        name: format!("{}从化{}第{serial}营业点", brand.name, town.name),
        kind,
        place: town.code,
        latitude: town.latitude + dice.between(-90, 90) as f64 / 10_000.0,
        longitude: town.longitude + dice.between(-90, 90) as f64 / 10_000.0,
        licence: if licensed {
            format!("粤邮{}{:04}B", 2016 + serial, number * 10 + serial)
        } else {
            String::new()
        },
        licence_from: if licensed { date(opened - 30) } else { String::new() },
        licence_to: match place {
            OUTLETS => date(first - 1),
            0 => String::new(),
            _ if licensed => date(first + 800),
            _ => String::new(),
        },
        opened_on: date(opened),
        filed_on: date(if kind == SiteKind::Licensed {
            opened
        } else {
            opened + 20
        }),
        staff: (0..size.staff)
            .map(|person| format!("{}{serial:02}{person:03}", brand.code))
            .collect(),
        screeners: Vec::new(),
        machines: Vec::new(),
        share: SHARES.get(place).copied().unwrap_or(0),
        phase: dice.between(0, 20 * 60) * SECOND,
        number: (number * 100 + serial) as u64,
        outages: Vec::new(),
    }
}

fn hub(brand: &Brand, number: usize, first: i64, size: &Size, dice: &mut Dice) -> Site {
    let town = &TOWNS[6];
    let (place, latitude, longitude) = if brand.hub_in_district {
        (town.code, town.latitude, town.longitude)
    } else {
        ("440111", 23.2800, 113.3300)
    };
    let code = brand.code;
    Site {
        key: format!("CH-{code}-HUB"),
        name: format!(
            "{}{}处理中心",
            brand.name,
            if brand.hub_in_district { "从化" } else { "白云" }
        ),
        kind: SiteKind::ProcessingCentre,
        place,
        latitude: latitude + dice.between(-90, 90) as f64 / 10_000.0,
        longitude: longitude + dice.between(-90, 90) as f64 / 10_000.0,
        licence: format!("粤邮2015{:04}B", 9_000 + number),
        licence_from: date(first - 2_000),
        licence_to: date(first + 900),
        opened_on: date(first - 2_000),
        filed_on: date(first - 2_000),
        staff: (0..size.staff.max(6))
            .map(|person| format!("{code}00{person:03}"))
            .collect(),
        screeners: (0..size.machines * 3)
            .map(|person| format!("{code}00{:03}", 700 + person))
            .collect(),
        machines: (0..size.machines)
            .map(|machine| format!("{code}-XR-{}", 10 + machine))
            .collect(),
        share: 0,
        phase: dice.between(0, 15 * 60) * SECOND,
        number: (number * 100) as u64,
        outages: Vec::new(),
    }
}

/// Lets the lines of two outlets a day fail for some hours.
pub(super) fn plan_outages(networks: &mut [Network], plan: &Plan, first: i64) {
    for day in first..first + i64::from(plan.days.max(1)) {
        for turn in 0..2 {
            let mut dice = Dice::new(plan.seed, Use::Outage, day.unsigned_abs() * 2 + turn);
            let network = dice.weighted(networks.iter().map(|network| network.brand.weight));
            let site = &mut networks[network].outlets[dice.below(KEY_OUTLET as u64) as usize];
            if site.has_outage_on(day) {
                continue;
            }
            let from = midnight(day) + dice.between(9, 17) * HOUR + dice.between(0, 50) * MINUTE;
            site.outages.push(Outage {
                from,
                to: from + 2 * HOUR + dice.between(10, 110) * MINUTE,
            });
        }
    }
}

/// The place of a site as its producers write it: as registered, the district only, or with zeros.
pub(super) fn written_place(registered: &'static str, dice: &mut Dice) -> String {
    match dice.below(20) {
        0 => format!("{registered:0<12}"),
        1 if registered.starts_with(DISTRICT) => DISTRICT.to_owned(),
        _ => registered.to_owned(),
    }
}
