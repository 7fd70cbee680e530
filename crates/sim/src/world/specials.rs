//! What goes otherwise than usual and is handled as it should be: none of these stories has a finding.

use sanbai_wire::proto::event::{
    Authority, IdentityResult, InspectionResult, Leg, OpenCheckResult, XrayJudgement, parcel_event::Happening,
};

use super::actions;
use super::civil::{HOUR, MINUTE};
use super::goods::{HOLD_REASONS, PROHIBITED, REJECT_REASONS, RETURN_REASONS, VOID_REASONS};
use super::network::Site;
use super::outbound::{self, Wish};
use super::story::{Role, Story};

/// How a parcel is special.
type Special = fn(&mut Story<'_>);

/// All ways, with how many of ten thousand accepted parcels go them.
static SPECIALS: [(Special, u32); 11] = [
    (voided, 70),
    (rejected, 60),
    (prohibited_at_the_counter, 15),
    (returned_at_the_counter, 25),
    (returned_from_the_hub, 30),
    (suspect_and_opened, 50),
    (suspect_and_released, 25),
    (opened_and_prohibited, 4),
    (found_and_kept, 5),
    (found_reported_and_released, 4),
    (held_and_released, 12),
];

/// Tells one of them in place of an ordinary story, at times. True if it did.
pub(super) fn tell(story: &mut Story<'_>, start: i64) -> bool {
    let all: u32 = SPECIALS.iter().map(|(_, weight)| weight).sum();
    if !story.dice.chance(u64::from(all)) {
        return false;
    }
    let place = story.dice.weighted(SPECIALS.iter().map(|(_, weight)| *weight));
    outbound::tell(story, start, &Wish::PLAIN);
    (SPECIALS[place].0)(story);
    true
}

fn outlet_and_clerk<'w>(story: &Story<'w>) -> (&'w Site, &'w str) {
    let step = story.step(Role::Identity);
    (step.site, step.operator)
}

fn voided(story: &mut Story<'_>) {
    story.end_with(Role::Acceptance);
    let (outlet, clerk) = outlet_and_clerk(story);
    let at = story.at(Role::Acceptance) + story.dice.between(3 * MINUTE, 3 * HOUR);
    let reason: &str = story.dice.pick(&VOID_REASONS);
    story.add(Role::Other, at, outlet, clerk, actions::voided(reason));
}

fn rejected(story: &mut Story<'_>) {
    let (outlet, clerk) = outlet_and_clerk(story);
    let (place, at) = (story.dice.below(4) as usize, story.at(Role::Identity) + 40_000);
    let results = [
        IdentityResult::Refused,
        IdentityResult::PersonDiffers,
        IdentityResult::Pass,
        IdentityResult::RefusedRegistration,
    ];
    story.end_with(Role::Identity);
    story.drop(Role::Acceptance);
    story.identity().result = results[place].into();
    if place == 2 {
        let mut refused = actions::inspected(story, outlet, clerk, "");
        refused.result = InspectionResult::Refused.into();
        refused.mark = None;
        story.add(Role::Inspection, at, outlet, clerk, Happening::Inspected(refused));
    }
    let at = at + story.dice.between(20_000, 4 * MINUTE);
    story.add(Role::Other, at, outlet, clerk, actions::rejected(REJECT_REASONS[place]));
}

fn prohibited_at_the_counter(story: &mut Story<'_>) {
    let (outlet, clerk) = outlet_and_clerk(story);
    let (item, class) = PROHIBITED[story.dice.below(PROHIBITED.len() as u64) as usize];
    story.end_with(Role::Inspection);
    let inspected = story.inspected();
    inspected.result = InspectionResult::Prohibited.into();
    inspected.prohibited_class = class;
    item.clone_into(&mut inspected.observed_item);
    let at = story.at(Role::Inspection) + story.dice.between(MINUTE, 15 * MINUTE);
    story.add(Role::Other, at, outlet, clerk, actions::rejected("查出禁寄物品"));
    if story.dice.chance(5_000) {
        let report = actions::reported(&mut story.dice, &[Authority::Police, Authority::PostalBureau]);
        story.add(Role::Other, at + 5 * MINUTE, outlet, clerk, report);
    }
}

fn returned_at_the_counter(story: &mut Story<'_>) {
    story.end_with(Role::Acceptance);
    let (outlet, clerk) = outlet_and_clerk(story);
    let at = story.at(Role::Acceptance) + story.dice.between(10 * MINUTE, 3 * HOUR);
    let reason: &str = story.dice.pick(&RETURN_REASONS);
    story.add(Role::Other, at, outlet, clerk, actions::returned(reason));
}

/// It is not signed off: its sender fetches it where it was handed over.
fn returned_from_the_hub(story: &mut Story<'_>) {
    story.end_with(Role::Screening);
    let (outlet, courier) = outlet_and_clerk(story);
    let hub = &story.net.hub;
    let at = story.at(Role::Screening) + story.dice.between(20 * MINUTE, 90 * MINUTE);
    let reason: &str = story.dice.pick(&RETURN_REASONS);
    let handler = story.clerk(hub);
    story.add(Role::Other, at, hub, handler, actions::returned(reason));
    story.add(
        Role::LastMile,
        at + 5 * HOUR,
        hub,
        handler,
        actions::departed(Leg::Local, &outlet.key),
    );
    let back = at + 5 * HOUR + story.dice.between(25 * MINUTE, 50 * MINUTE);
    story.add(Role::OutletIn, back, outlet, courier, actions::arrived(&hub.key));
}

/// A suspect image, opened by somebody else before it moves on. Gives the moment of the opening and the opener.
fn suspect<'w>(story: &mut Story<'w>) -> (i64, &'w Site, &'w str) {
    story.delay_after(Role::Screening, 2 * HOUR);
    story.screened().judgement = XrayJudgement::Suspect.into();
    let hub = &story.net.hub;
    let opener = story.clerk(hub);
    (
        story.at(Role::Screening) + story.dice.between(8 * MINUTE, 40 * MINUTE),
        hub,
        opener,
    )
}

fn suspect_and_opened(story: &mut Story<'_>) {
    let (at, hub, opener) = suspect(story);
    story.add(
        Role::Other,
        at,
        hub,
        opener,
        actions::open_checked(OpenCheckResult::Pass, 0),
    );
}

fn suspect_and_released(story: &mut Story<'_>) {
    let (at, hub, opener) = suspect(story);
    story.add(Role::Other, at, hub, opener, actions::held(HOLD_REASONS[0]));
    story.add(
        Role::Other,
        at + 30 * MINUTE,
        hub,
        opener,
        actions::released("复核无异常"),
    );
}

fn opened_and_prohibited(story: &mut Story<'_>) {
    let (at, hub, opener) = suspect(story);
    story.end_with(Role::Screening);
    let (_, class) = PROHIBITED[story.dice.below(PROHIBITED.len() as u64) as usize];
    story.add(
        Role::Other,
        at,
        hub,
        opener,
        actions::open_checked(OpenCheckResult::Prohibited, class),
    );
    let report = actions::reported(&mut story.dice, &[Authority::Police]);
    story.add(Role::Other, at + 15 * MINUTE, hub, opener, report);
    story.add(
        Role::Other,
        at + 16 * MINUTE,
        hub,
        opener,
        actions::held(HOLD_REASONS[1]),
    );
}

/// A find of the machine, reported in time. Gives the moment of the report and who reported.
fn found<'w>(story: &mut Story<'w>) -> (i64, &'w Site, &'w str) {
    let (_, class) = PROHIBITED[story.dice.below(PROHIBITED.len() as u64) as usize];
    let screened = story.screened();
    screened.judgement = XrayJudgement::Prohibited.into();
    screened.prohibited_class = class;
    let hub = &story.net.hub;
    let handler = story.clerk(hub);
    let at = story.at(Role::Screening) + story.dice.between(8 * MINUTE, 20 * MINUTE);
    let report = actions::reported(&mut story.dice, &[Authority::Police, Authority::PostalBureau]);
    story.add(Role::Other, at, hub, handler, report);
    (at, hub, handler)
}

fn found_and_kept(story: &mut Story<'_>) {
    story.end_with(Role::Screening);
    let (at, hub, handler) = found(story);
    story.add(Role::Other, at + MINUTE, hub, handler, actions::held(HOLD_REASONS[1]));
}

fn found_reported_and_released(story: &mut Story<'_>) {
    story.delay_after(Role::Screening, 5 * HOUR);
    let (at, hub, handler) = found(story);
    story.add(
        Role::Other,
        at + 3 * HOUR,
        hub,
        handler,
        actions::released("公安核查后放行"),
    );
}

fn held_and_released(story: &mut Story<'_>) {
    story.delay_after(Role::Screening, 3 * HOUR);
    let hub = &story.net.hub;
    let handler = story.clerk(hub);
    let at = story.at(Role::Screening) + story.dice.between(10 * MINUTE, 30 * MINUTE);
    story.add(Role::Other, at, hub, handler, actions::held(HOLD_REASONS[2]));
    story.add(Role::Other, at + HOUR, hub, handler, actions::released("核查完毕"));
}
