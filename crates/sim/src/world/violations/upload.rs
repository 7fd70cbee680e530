//! How it was reported: TM-01, TM-03, TM-04, PV-01, DQ-01 to DQ-06.

use sanbai_wire::proto::event::{Route, parcel_event::Happening};

use super::{Violation, move_counter, plain};
use crate::world::actions;
use crate::world::brands::Brand;
use crate::world::civil::{HOUR, MINUTE, day_of};
use crate::world::network::KEY_OUTLET;
use crate::world::people::{phone, resident};
use crate::world::story::Role;

pub(super) static ALL: &[Violation] = &[
    plain("identity check uploaded late", &["TM-01"], |story| {
        story.step_mut(Role::Identity).upload = story.dice.between(15 * MINUTE, 30 * MINUTE);
    }),
    plain("inspection uploaded late", &["TM-01"], |story| {
        story.step_mut(Role::Inspection).upload = story.dice.between(15 * MINUTE, 30 * MINUTE);
    }),
    plain("screening uploaded late", &["TM-01"], |story| {
        story.step_mut(Role::Screening).upload = story.dice.between(150 * MINUTE, 5 * HOUR);
    }),
    plain(
        "inspection uploaded after the departure",
        &["TM-01", "TM-03"],
        |story| {
            let delay = story.at(Role::LineHaul) - story.at(Role::Inspection) + 20 * MINUTE;
            story.step_mut(Role::Inspection).upload = delay;
        },
    ),
    plain(
        "identity check uploaded after more than a day",
        &["TM-01", "TM-03"],
        |story| {
            let delay = story.at(Role::LineHaul) - story.at(Role::Identity) + 25 * HOUR;
            story.step_mut(Role::Identity).upload = delay;
        },
    ),
    plain("identity check received after the departure", &["TM-03"], |story| {
        let delay = story.at(Role::LineHaul) - story.at(Role::Identity) + 30 * MINUTE;
        story.step_mut(Role::Identity).lag = delay;
    }),
    plain("clock of the machine ahead", &["TM-04"], |story| {
        story.delay_after(Role::Screening, HOUR);
        story.step_mut(Role::Screening).skew = story.dice.between(15 * MINUTE, 40 * MINUTE);
    }),
    plain("clock of the gate ahead", &["TM-04"], |story| {
        story.step_mut(Role::LineHaul).skew = story.dice.between(15 * MINUTE, 10 * HOUR);
    }),
    plain("ID number in the declared item", &["PV-01"], |story| {
        let today = day_of(story.slot.anchor);
        let number = resident(&mut story.dice, today);
        let accepted = story.accepted();
        accepted.declared_item = format!("羽绒服 寄件人证件{number}");
    }),
    plain("phone number in the observed item", &["PV-01"], |story| {
        let number = phone(&mut story.dice);
        story.inspected().observed_item = format!("羽绒服,有问题打{number}");
    }),
    plain("phone number in a reason", &["PV-01"], |story| {
        story.end_with(Role::Acceptance);
        let step = story.step(Role::Acceptance);
        let (at, outlet, clerk) = (step.at + 20 * MINUTE, step.site, step.operator);
        let reason = format!("客户{}来电取消", phone(&mut story.dice));
        story.add(Role::Other, at, outlet, clerk, actions::voided(&reason));
    }),
    plain("accepted at a site that is not on record", &["DQ-01"], |story| {
        let stranger = &story.net.stranger;
        move_counter(story, stranger);
    }),
    plain("passed through a site that is not on record", &["DQ-01"], |story| {
        let step = story.step(Role::LocalOut);
        let (at, operator, from) = (step.at + 12 * MINUTE, step.operator, step.site.key.clone());
        let stranger = &story.net.stranger;
        story.add(Role::Other, at, stranger, operator, actions::arrived(&from));
    }),
    plain("place differs from the register", &["DQ-02"], |story| {
        "440118".clone_into(&mut story.step_mut(Role::Acceptance).place);
    }),
    plain("route narrower than the places", &["DQ-02"], |story| {
        story.accepted().route = Route::SameCity.into();
    }),
    plain("one event id with two contents", &["DQ-03"], |story| {
        let mut second = story.step(Role::Acceptance).clone();
        if let Happening::Accepted(accepted) = &mut second.happening {
            accepted.weight_grams = accepted.weight_grams.map(|grams| grams + 50);
        }
        second.lag += MINUTE;
        story.steps.push(second);
    }),
    plain("left before its acceptance", &["DQ-04"], |story| {
        let ready = story.at(Role::Acceptance);
        story.step_mut(Role::LocalOut).at = ready + MINUTE;
        story.step_mut(Role::Acceptance).at = ready + story.dice.between(8 * MINUTE, 20 * MINUTE);
    }),
    plain("accepted again by another outlet", &["DQ-05"], |story| {
        let mut second = story.step(Role::Acceptance).clone();
        let net = story.net;
        let other = net.outlets[..KEY_OUTLET]
            .iter()
            .find(|site| site.key != second.site.key);
        second.site = other.expect("a brand has several outlets");
        second.operator = story.clerk(second.site);
        second.site.place.clone_into(&mut second.place);
        second.ordinal = story.ordinal();
        second.at += story.dice.between(10 * MINUTE, 25 * MINUTE);
        story.steps.push(second);
    }),
    plain("waybill number of no brand", &["DQ-06"], |story| {
        story.waybill = Brand::strange_waybill(story.world.plan.seed, story.slot.index);
    }),
];
