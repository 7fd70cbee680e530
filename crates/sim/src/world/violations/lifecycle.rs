//! The life of a parcel: LC-01, LC-02, LC-03, LC-05, OR-01.

use sanbai_wire::proto::event::parcel_event::Happening;

use super::{Violation, from_elsewhere, move_counter, plain, wished};
use crate::world::actions;
use crate::world::civil::MINUTE;
use crate::world::network::KEY_OUTLET;
use crate::world::outbound::{Reach, Wish};
use crate::world::people::phone;
use crate::world::story::{Role, Story};

const PROVINCE: Wish = Wish {
    reach: Reach::Province,
    ..Wish::PLAIN
};
const AT_THE_MACHINE: Wish = Wish {
    outlet: Some(KEY_OUTLET),
    screened_early: true,
    ..Wish::PLAIN
};

pub(super) static ALL: &[Violation] = &[
    plain("sent on without an acceptance", &["LC-01"], |story| {
        for role in [Role::Identity, Role::Inspection, Role::Seal, Role::Acceptance] {
            story.drop(role);
        }
    }),
    plain("checked and sent on without an acceptance", &["LC-01"], |story| {
        story.drop(Role::Acceptance)
    }),
    from_elsewhere(
        "delivered after it came from our own centre only",
        &["LC-01"],
        false,
        |story| {
            story.drop(Role::HubIn);
            story.drop(Role::LastMile);
        },
    ),
    plain("accepted again from another sender", &["LC-02"], |story| {
        let mut second = story.step(Role::Acceptance).clone();
        let number = phone(&mut story.dice);
        if let Happening::Accepted(accepted) = &mut second.happening {
            let sender = accepted.sender.get_or_insert_default();
            "黄秀英".clone_into(&mut sender.name);
            sender.phone = number;
        }
        second.ordinal = story.ordinal();
        second.at += story.dice.between(2 * MINUTE, 4 * MINUTE);
        story.steps.push(second);
    }),
    wished(
        "accepted and never seen again",
        &["LC-03", "XR-02"],
        PROVINCE,
        |story| {
            story.end_with(Role::Acceptance);
        },
    ),
    plain(
        "accepted for another province and never seen again",
        &["LC-03", "XR-01"],
        |story| {
            story.end_with(Role::Acceptance);
        },
    ),
    wished(
        "accepted, screened and never seen again",
        &["LC-03"],
        AT_THE_MACHINE,
        |story| {
            story.end_with(Role::Acceptance);
        },
    ),
    plain("checked and inspected, then nothing", &["LC-03"], |story| {
        story.end_with(Role::Inspection);
    }),
    plain("voided yet sent on", &["LC-05"], |story| {
        at_the_counter(story, actions::voided("客户取消"));
    }),
    plain("rejected after its acceptance yet sent on", &["LC-05"], |story| {
        at_the_counter(story, actions::rejected("包装破损"));
    }),
    plain("accepted by an outlet whose licence has expired", &["OR-01"], |story| {
        let expired = &story.net.expired;
        move_counter(story, expired);
    }),
];

/// Two minutes after the acceptance, at the same counter.
fn at_the_counter(story: &mut Story<'_>, happening: Happening) {
    let step = story.step(Role::Acceptance);
    let (at, outlet, clerk) = (step.at + 2 * MINUTE, step.site, step.operator);
    story.add(Role::Other, at, outlet, clerk, happening);
}
