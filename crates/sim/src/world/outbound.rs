//! Parcels accepted in the district: the counter, the way to the processing centre, the machine, the lorry.

use sanbai_wire::proto::event::{
    Accepted, IdentityChecked, ItemKind, Leg, Party, Route, ScreeningStage, Transport, parcel_event::Happening,
};

use super::actions;
use super::civil::{DAY, HOUR, MINUTE, SECOND, day_of, midnight, next_slot};
use super::dice::Dice;
use super::inbound;
use super::network::{KEY_OUTLET, Site};
use super::people::{self, Person};
use super::story::{Role, Story};
use super::{goods, places};

/// When lorries leave an outlet for the processing centre, minutes of the day.
const LOCAL_OUT: [i64; 8] = [630, 780, 930, 1_065, 1_140, 1_215, 1_290, 1_360];
/// When lorries leave the processing centre for the country.
const LINE_HAUL: [i64; 7] = [45, 150, 270, 870, 1_110, 1_305, 1_395];

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Person,
    /// Somebody who hands it over for a person.
    Agent,
    /// A company, by somebody who acts for it.
    Company,
    /// A customer with a safety agreement.
    Agreement,
}

/// How far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// To an outlet of the same brand in the district.
    District(usize),
    City,
    Province,
    Country,
    HkMoTw,
    Abroad,
}

/// What kind of parcel is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) letter: bool,
    pub(super) sender: Sender,
    pub(super) reach: Reach,
    /// The outlet, where it matters.
    pub(super) outlet: Option<usize>,
    /// Screened at the outlet, before its acceptance; only the outlet with a machine can.
    pub(super) screened_early: bool,
}

impl Wish {
    /// A person sends a parcel to another province.
    pub(super) const PLAIN: Self = Self {
        letter: false,
        sender: Sender::Person,
        reach: Reach::Country,
        outlet: None,
        screened_early: false,
    };

    /// What an ordinary day brings.
    pub(super) fn any(dice: &mut Dice) -> Self {
        let reach = match dice.below(1_000) {
            0..60 => Reach::District(dice.below(KEY_OUTLET as u64 + 1) as usize),
            60..170 => Reach::City,
            170..440 => Reach::Province,
            440..965 => Reach::Country,
            965..985 => Reach::HkMoTw,
            _ => Reach::Abroad,
        };
        let sender = match dice.below(100) {
            0..58 => Sender::Person,
            58..61 => Sender::Agent,
            61..66 => Sender::Company,
            _ => Sender::Agreement,
        };
        let outlet = dice.chance(100).then_some(KEY_OUTLET);
        Self {
            letter: dice.chance(500),
            sender,
            reach,
            outlet,
            screened_early: outlet.is_some(),
        }
    }
}

/// The outlet where it is handed over. Planted parcels keep away from outlets without a line, and from the key area.
fn outlet<'w>(story: &mut Story<'w>, wish: &Wish) -> &'w Site {
    let net = story.net;
    if let Some(place) = wish.outlet {
        return &net.outlets[place];
    }
    let place = story.dice.weighted(net.outlets.iter().map(|site| site.share));
    if story.slot.planted.is_none() {
        return &net.outlets[place];
    }
    let day = day_of(story.slot.anchor);
    (0..KEY_OUTLET)
        .map(|step| &net.outlets[(place + step) % KEY_OUTLET])
        .find(|site| !site.has_outage_on(day))
        .unwrap_or(&net.outlets[KEY_OUTLET])
}

/// Tells the whole story of a parcel as it should be; `start` is when its sender comes to the counter.
pub(super) fn tell(story: &mut Story<'_>, start: i64, wish: &Wish) {
    if matches!(wish.reach, Reach::HkMoTw | Reach::Abroad) {
        story.waybill = story.net.brand.waybill(story.world.plan.seed, story.slot.index, true);
    }
    let outlet = outlet(story, wish);
    let accepted_at = counter(story, start, outlet, wish);
    let net = story.net;
    let leaves = next_slot(&LOCAL_OUT, outlet.phase, accepted_at + 10 * MINUTE);
    let left = leaves - story.dice.between(0, 5 * MINUTE);
    let clerk = story.clerk(outlet);
    story.add(
        Role::LocalOut,
        left,
        outlet,
        clerk,
        actions::departed(Leg::Local, &net.hub.key),
    );
    let reached = leaves + story.dice.between(25 * MINUTE, 45 * MINUTE);
    let handler = story.clerk(&net.hub);
    story.add(Role::HubIn, reached, &net.hub, handler, actions::arrived(&outlet.key));
    let ready = if wish.screened_early {
        reached + 25 * MINUTE
    } else {
        let sorted = reached + story.dice.between(25 * MINUTE, 130 * MINUTE);
        screen(story, sorted, &net.hub, Role::Screening, ScreeningStage::Origin);
        sorted
    };
    if let Reach::District(place) = wish.reach {
        inbound::last_mile(story, ready, &net.outlets[place]);
        return;
    }
    let lorry = next_slot(&LINE_HAUL, net.hub.phase, ready + 15 * MINUTE);
    let loaded = lorry - story.dice.between(0, 5 * MINUTE);
    let to = line_haul_target(wish.reach);
    let handler = story.clerk(&net.hub);
    story.add(
        Role::LineHaul,
        loaded,
        &net.hub,
        handler,
        actions::departed(Leg::LineHaul, to),
    );
}

fn line_haul_target(reach: Reach) -> &'static str {
    match reach {
        Reach::District(_) | Reach::City => "GZ-HUB-1",
        Reach::Province => "GD-HUB-2",
        Reach::Country => "CN-HUB-7",
        Reach::HkMoTw => "SZ-PORT-3",
        Reach::Abroad => "CAN-PORT-1",
    }
}

/// Screens at a site with a machine.
pub(super) fn screen<'w>(story: &mut Story<'w>, at: i64, site: &'w Site, role: Role, stage: ScreeningStage) {
    let screener: &'w str = story.dice.pick(&site.screeners);
    let stage = if stage == ScreeningStage::Origin && story.dice.chance(1_000) {
        ScreeningStage::Unspecified
    } else {
        stage
    };
    let screened = actions::screened(story, site, screener, stage);
    story.add(role, at, site, screener, Happening::XrayScreened(screened));
}

/// Identity, inspection, seal, acceptance, all by one clerk. Gives the moment of the acceptance.
fn counter<'w>(story: &mut Story<'w>, start: i64, outlet: &'w Site, wish: &Wish) -> i64 {
    let clerk = story.clerk(outlet);
    let item: &str = story.dice.pick(&goods::ITEMS);
    let mut at = start;
    let (person, check) = sender(story, start, wish);
    // A card that would not read at first is read right after the acceptance, within the minute that is allowed.
    let card_later = check.is_some() && story.slot.planted.is_none() && story.dice.chance(150);
    if let Some(check) = check {
        story.add(Role::Identity, at, outlet, clerk, Happening::IdentityChecked(check));
    }
    if !wish.letter {
        at += story.dice.between(20 * SECOND, 110 * SECOND);
        let inspected = actions::inspected(story, outlet, clerk, item);
        story.add(Role::Inspection, at, outlet, clerk, Happening::Inspected(inspected));
    }
    at += story.dice.between(12 * SECOND, 60 * SECOND);
    story.add(Role::Seal, at, outlet, clerk, actions::sealed());
    if wish.screened_early {
        at += story.dice.between(40 * SECOND, 120 * SECOND);
        screen(story, at, outlet, Role::Screening, ScreeningStage::Unspecified);
    }
    at += story.dice.between(8 * SECOND, 50 * SECOND);
    let accepted = accepted(story, outlet, wish, person, item);
    story.add(Role::Acceptance, at, outlet, clerk, Happening::Accepted(accepted));
    if card_later {
        let later = at + story.dice.between(5 * SECOND, 55 * SECOND);
        story.step_mut(Role::Identity).at = later;
    }
    at
}

/// Who sends, and how the identity was checked; letters and agreement customers need no check.
fn sender(story: &mut Story<'_>, at: i64, wish: &Wish) -> (Option<Person>, Option<IdentityChecked>) {
    let (seed, today) = (story.world.plan.seed, day_of(at));
    let dice = &mut story.dice;
    if wish.sender == Sender::Agreement {
        return (None, None);
    }
    let person = if wish.sender == Sender::Company {
        people::company(dice)
    } else {
        people::anybody(seed, dice, today)
    };
    if wish.letter {
        return (Some(person), None);
    }
    let mut check = actions::identity(&person, dice);
    if wish.sender != Sender::Person {
        check.agent_document = Some(people::anybody(seed, dice, today).document);
        // The name on the waybill is the sender's, the card at the counter the agent's: that may differ.
        check.name_matches = Some(!dice.chance(3_000));
    }
    (Some(person), Some(check))
}

fn accepted(story: &mut Story<'_>, outlet: &Site, wish: &Wish, person: Option<Person>, item: &str) -> Accepted {
    let net = story.net;
    let (route, destination) = destination(&mut story.dice, outlet, net.outlets.as_slice(), wish.reach);
    let dice = &mut story.dice;
    let agreement = match wish.sender {
        Sender::Agreement => net.pacts[dice.below(net.pacts.len() as u64) as usize].key.clone(),
        _ => String::new(),
    };
    let sender = match person {
        Some(person) => Some(Party {
            name: person.name,
            phone: person.phone,
            ..Party::default()
        }),
        None => dice.chance(5_000).then(|| Party {
            masked_name: format!("{}*", dice.pick::<str>(&goods::SURNAMES)),
            masked_phone: format!("1********{}", dice.digits(2)),
            ..Party::default()
        }),
    };
    Accepted {
        item_kind: match (wish.letter, dice.chance(200)) {
            (true, _) => ItemKind::Letter,
            (false, true) => ItemKind::Unspecified,
            (false, false) => ItemKind::Parcel,
        }
        .into(),
        transport: transport(dice, wish.reach).into(),
        route: route.into(),
        agreement,
        declared_item: if wish.letter { String::new() } else { item.to_owned() },
        weight_grams: Some(if wish.letter {
            dice.between(8, 120)
        } else {
            dice.between(60, 18_000)
        } as u32),
        destination,
        sender,
        by_agent: matches!(wish.sender, Sender::Agent | Sender::Company),
    }
}

/// The declared route, and the division code of the destination; none abroad.
fn destination(dice: &mut Dice, outlet: &Site, outlets: &[Site], reach: Reach) -> (Route, String) {
    debug_assert!(outlet.place.starts_with("4401"), "all outlets lie in the city");
    match reach {
        Reach::District(place) => (Route::SameCity, outlets[place].place.to_owned()),
        Reach::City => (Route::SameCity, dice.pick::<str>(&places::CITY).to_owned()),
        Reach::Province => (Route::IntraProvince, dice.pick::<str>(&places::PROVINCE).to_owned()),
        Reach::Country => (Route::InterProvince, dice.pick::<str>(&places::COUNTRY).to_owned()),
        Reach::HkMoTw => (Route::HkMoTw, dice.pick::<str>(&places::HK_MO_TW).to_owned()),
        Reach::Abroad => (Route::International, String::new()),
    }
}

fn transport(dice: &mut Dice, reach: Reach) -> Transport {
    match (reach, dice.below(100)) {
        (Reach::District(_) | Reach::City | Reach::Province, _) | (Reach::Country, 0..78) => Transport::Road,
        (Reach::Country, 78..91) => Transport::Air,
        (Reach::Country, 91..95) => Transport::HighSpeedRail,
        (Reach::Country, 95..98) | (Reach::Abroad, 0..10) => Transport::Rail,
        (Reach::HkMoTw, 0..55) => Transport::Road,
        (Reach::Country, _) | (Reach::HkMoTw, 55..70) | (Reach::Abroad, 10..15) => Transport::Water,
        (Reach::HkMoTw | Reach::Abroad, _) => Transport::Air,
    }
}

/// A moment in opening hours on the day of the anchor, never before the anchor.
pub(super) fn opening_hours(story: &mut Story<'_>) -> i64 {
    let anchor = story.slot.anchor;
    let day = midnight(day_of(anchor));
    if anchor - day >= 8 * HOUR && anchor - day < DAY - 2 * HOUR {
        return anchor;
    }
    day + 9 * HOUR + story.dice.between(0, 11 * HOUR)
}
