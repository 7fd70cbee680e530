//! Parcels that come from elsewhere, and the last mile of those that stay in the district.

use sanbai_wire::proto::event::{Leg, ScreeningStage};

use super::actions;
use super::civil::{DAY, HOUR, MINUTE, day_of, midnight, next_slot};
use super::network::{KEY_OUTLET, Site};
use super::outbound::screen;
use super::places::KEY_TOWN;
use super::story::{Role, Story};

/// When lorries leave the processing centre for the outlets, minutes of the day.
const LAST_MILE: [i64; 5] = [340, 430, 820, 940, 1_020];

/// Where parcels come from; none of these sites is on record here.
const ORIGINS: [&str; 8] = [
    "GZ-HUB-1", "SZ-HUB-1", "HZ-HUB-3", "YW-HUB-2", "SH-HUB-5", "BJ-HUB-1", "CD-HUB-2", "WH-HUB-4",
];

/// Tells the story of a parcel that reaches the processing centre at the anchor. `outlet` where it matters.
pub(super) fn tell(story: &mut Story<'_>, outlet: Option<usize>) {
    let net = story.net;
    let place = outlet.unwrap_or_else(|| story.dice.weighted(net.outlets.iter().map(|site| site.share)));
    let origin: &str = story.dice.pick(&ORIGINS);
    let handler = story.clerk(&net.hub);
    story.add(
        Role::HubIn,
        story.slot.anchor,
        &net.hub,
        handler,
        actions::arrived(origin),
    );
    last_mile(story, story.slot.anchor, &net.outlets[place]);
}

/// An outlet that is not in the key area.
pub(super) fn ordinary_outlet(story: &mut Story<'_>) -> usize {
    story.dice.below(KEY_OUTLET as u64) as usize
}

/// From the processing centre to an outlet and to the door; a second time through a machine in a key area.
pub(super) fn last_mile<'w>(story: &mut Story<'w>, ready: i64, outlet: &'w Site) {
    let hub = &story.net.hub;
    let lorry = next_slot(&LAST_MILE, hub.phase, ready + 15 * MINUTE);
    let loaded = lorry - story.dice.between(0, 5 * MINUTE);
    let handler = story.clerk(hub);
    story.add(
        Role::LastMile,
        loaded,
        hub,
        handler,
        actions::departed(Leg::Local, &outlet.key),
    );
    let reached = lorry + story.dice.between(20 * MINUTE, 40 * MINUTE);
    let courier = story.clerk(outlet);
    story.add(Role::OutletIn, reached, outlet, courier, actions::arrived(&hub.key));
    if outlet.place == KEY_TOWN {
        let screened = reached + story.dice.between(12 * MINUTE, 55 * MINUTE);
        screen(
            story,
            screened,
            outlet,
            Role::SecondScreening,
            ScreeningStage::Destination,
        );
    }
    let door = door(story, reached + HOUR);
    story.add(Role::Delivery, door, outlet, courier, actions::delivered());
}

/// When it is handed to its receiver: by day, on the same day where possible.
fn door(story: &mut Story<'_>, earliest: i64) -> i64 {
    let today = midnight(day_of(earliest));
    let opens = earliest.max(today + 8 * HOUR + 30 * MINUTE);
    let opens = if opens > today + 19 * HOUR {
        today + DAY + 8 * HOUR + 30 * MINUTE
    } else {
        opens
    };
    let closes = midnight(day_of(opens)) + 20 * HOUR + 30 * MINUTE;
    opens + story.dice.between(0, (closes - opens).min(8 * HOUR))
}
