//! Benign disorder: what happens in every district and must cause no finding.
//!
//! Clocks that are off and lines that fail belong to sites (`story`, `network`); here are the disorders of single parcels.

use sanbai_wire::proto::event::{IdentityResult, parcel_event::Happening};

use super::actions;
use super::civil::{HOUR, MINUTE, SECOND};
use super::network::KEY_OUTLET;
use super::story::{Role, Step, Story};

/// Brings disorder into a story that went as usual.
pub(super) fn ordinary(story: &mut Story<'_>) {
    if story.dice.chance(250) {
        second_scan(story);
    }
    if story.dice.chance(200) {
        change_of_shift(story);
    }
    if story.dice.chance(70) {
        retraction(story);
    }
    any(story);
}

/// Brings disorder into any story.
pub(super) fn any(story: &mut Story<'_>) {
    if story.dice.chance(300) {
        late_upload(story);
    }
    // Copies come last: they share the id and the content, and differ only in how they arrived.
    if story.dice.chance(800) {
        copy(story);
    }
}

/// The same thing scanned twice, as two events.
fn second_scan(story: &mut Story<'_>) {
    let scannable = |step: &Step<'_>| match step.role {
        Role::Identity | Role::Inspection | Role::Seal | Role::HubIn | Role::Screening | Role::OutletIn => true,
        // Two acceptances are one parcel only where the sender's phone says so.
        Role::Acceptance => {
            matches!(&step.happening, Happening::Accepted(accepted)
                if accepted.sender.as_ref().is_some_and(|sender| !sender.phone.is_empty()))
        }
        _ => false,
    };
    let places: Vec<usize> = (0..story.steps.len())
        .filter(|place| scannable(&story.steps[*place]))
        .collect();
    if places.is_empty() {
        return;
    }
    let mut again = story.steps[places[story.dice.below(places.len() as u64) as usize]].clone();
    again.ordinal = story.ordinal();
    again.at += story.dice.between(4 * SECOND, 25 * SECOND);
    again.upload = story.dice.between(3 * SECOND, 60 * SECOND);
    story.steps.push(again);
}

/// Somebody else goes on from some step at the counter.
fn change_of_shift(story: &mut Story<'_>) {
    let from = if story.dice.chance(5_000) {
        Role::Seal
    } else {
        Role::Acceptance
    };
    if !story.has(Role::Acceptance) {
        return;
    }
    let (site, since) = (story.step(Role::Acceptance).site, story.at(from));
    let next = story.clerk(site);
    for step in story.steps.iter_mut() {
        if step.at >= since && matches!(step.role, Role::Seal | Role::Acceptance) {
            step.operator = next;
        }
    }
}

/// A wrong event, taken back by the same source.
fn retraction(story: &mut Story<'_>) {
    match story.dice.below(3) {
        0 if story.has(Role::Identity) => wrong_identity(story),
        1 if story.has(Role::Acceptance) => wrong_void(story),
        2 if story.has(Role::Acceptance) => wrong_outlet(story),
        _ => {}
    }
}

/// Takes back a step some minutes after it happened.
fn take_back<'w>(story: &mut Story<'w>, wrong: Step<'w>, reason: &str) {
    let id = story.event_id(wrong.ordinal);
    let at = wrong.at + story.dice.between(MINUTE, 8 * MINUTE);
    story.add(
        Role::Other,
        at,
        wrong.site,
        wrong.operator,
        actions::retracted(id, reason),
    );
    story.steps.push(wrong);
}

/// The card read first did not fit, for it was another sender's.
fn wrong_identity(story: &mut Story<'_>) {
    let mut wrong = story.step(Role::Identity).clone();
    wrong.ordinal = story.ordinal();
    wrong.at += 2 * SECOND;
    wrong.role = Role::Other;
    if let Happening::IdentityChecked(checked) = &mut wrong.happening {
        checked.result = IdentityResult::Mismatch.into();
        checked.name_matches = Some(false);
    }
    take_back(story, wrong, "误扫他人证件");
}

/// Cancelled by mistake.
fn wrong_void(story: &mut Story<'_>) {
    let mut wrong = story.step(Role::Acceptance).clone();
    wrong.ordinal = story.ordinal();
    wrong.role = Role::Other;
    wrong.at += story.dice.between(30 * SECOND, 3 * MINUTE);
    wrong.happening = actions::voided("误操作");
    take_back(story, wrong, "误作废");
}

/// First booked on another outlet of the brand.
fn wrong_outlet(story: &mut Story<'_>) {
    let net = story.net;
    let mut wrong = story.step(Role::Acceptance).clone();
    let other = net.outlets[..KEY_OUTLET].iter().find(|site| site.key != wrong.site.key);
    let Some(other) = other else { return };
    wrong.ordinal = story.ordinal();
    wrong.role = Role::Other;
    wrong.at -= SECOND;
    wrong.site = other;
    other.place.clone_into(&mut wrong.place);
    wrong.operator = story.clerk(other);
    take_back(story, wrong, "网点选择错误");
}

/// An event without a limit on its upload comes hours late; a screening within its limit.
fn late_upload(story: &mut Story<'_>) {
    let place = story.dice.below(story.steps.len() as u64) as usize;
    let delay = match story.steps[place].happening {
        Happening::IdentityChecked(_) | Happening::Inspected(_) => story.dice.between(2 * MINUTE, 6 * MINUTE),
        Happening::XrayScreened(_) => story.dice.between(10 * MINUTE, 110 * MINUTE),
        _ => story.dice.between(5 * MINUTE, 6 * HOUR),
    };
    story.steps[place].upload = delay;
}

/// An event is sent again, with the same id and content.
fn copy(story: &mut Story<'_>) {
    for _ in 0..=story.dice.below(2) {
        let place = story.dice.below(story.steps.len() as u64) as usize;
        let mut copy = story.steps[place].clone();
        if story.dice.chance(5_000) {
            copy.lag += story.dice.between(SECOND, 3 * HOUR);
        } else {
            copy.upload += story.dice.between(SECOND, 40 * MINUTE);
        }
        story.steps.push(copy);
    }
}
