//! Planted violations: one in a parcel, with all the codes that follow from it.

mod counter;
mod inspection;
mod lifecycle;
mod screening;
mod upload;

use super::inbound;
use super::network::{KEY_OUTLET, Site};
use super::outbound::{self, Wish};
use super::story::{Role, Story};

use sanbai_wire::proto::event::parcel_event::Happening;

/// A violation.
#[derive(Debug)]
pub(super) struct Violation {
    /// What is done, in a few words.
    pub(super) name: &'static str,
    /// All codes that it has, in their order.
    pub(super) codes: &'static [&'static str],
    /// The parcel comes from elsewhere.
    pub(super) inbound: bool,
    /// The parcel as it should have gone.
    base: Base,
    /// What makes it wrong.
    twist: fn(&mut Story<'_>),
}

/// How the parcel would have gone.
#[derive(Clone, Copy, Debug)]
enum Base {
    Outbound(Wish),
    Inbound { to_key_area: bool },
}

/// A violation of a parcel that a person sends to another province.
const fn plain(name: &'static str, codes: &'static [&'static str], twist: fn(&mut Story<'_>)) -> Violation {
    wished(name, codes, Wish::PLAIN, twist)
}

/// A violation of an accepted parcel of some kind.
const fn wished(
    name: &'static str,
    codes: &'static [&'static str],
    wish: Wish,
    twist: fn(&mut Story<'_>),
) -> Violation {
    Violation {
        name,
        codes,
        inbound: false,
        base: Base::Outbound(wish),
        twist,
    }
}

/// A violation of a parcel from elsewhere.
const fn from_elsewhere(
    name: &'static str,
    codes: &'static [&'static str],
    to_key_area: bool,
    twist: fn(&mut Story<'_>),
) -> Violation {
    Violation {
        name,
        codes,
        inbound: true,
        base: Base::Inbound { to_key_area },
        twist,
    }
}

static CHAPTERS: [&[Violation]; 5] = [
    counter::ALL,
    inspection::ALL,
    screening::ALL,
    upload::ALL,
    lifecycle::ALL,
];

/// How many there are.
pub(super) fn count() -> usize {
    CHAPTERS.iter().map(|chapter| chapter.len()).sum()
}

/// One of them, by its place.
pub(super) fn get(place: usize) -> &'static Violation {
    let mut all = CHAPTERS.iter().flat_map(|chapter| chapter.iter());
    all.nth(place % count()).expect("the place is below the count")
}

/// Tells the story of a parcel with a violation.
pub(super) fn commit(story: &mut Story<'_>, violation: &Violation, start: i64) {
    match violation.base {
        Base::Outbound(wish) => outbound::tell(story, start, &wish),
        Base::Inbound { to_key_area } => {
            let outlet = if to_key_area {
                KEY_OUTLET
            } else {
                inbound::ordinary_outlet(story)
            };
            inbound::tell(story, Some(outlet));
        }
    }
    (violation.twist)(story);
}

/// Moves what happened at the counter to another site. The people stay.
fn move_counter<'w>(story: &mut Story<'w>, to: &'w Site) {
    let from = story.step(Role::Acceptance).site;
    for step in story.steps.iter_mut() {
        if step.site.key == from.key {
            step.site = to;
            to.place.clone_into(&mut step.place);
        }
        match &mut step.happening {
            Happening::Arrived(arrived) if arrived.from == from.key => to.key.clone_into(&mut arrived.from),
            Happening::Inspected(inspected) => {
                if let Some(mark) = &mut inspected.mark {
                    to.key.clone_into(&mut mark.unit);
                }
            }
            _ => {}
        }
    }
}
