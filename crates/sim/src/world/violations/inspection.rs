//! Inspection and finds at the counter: IN-01 to IN-04, IN-06, IN-07, PR-01.

use sanbai_wire::proto::event::{InspectionResult, parcel_event::Happening};

use super::{Violation, plain, wished};
use crate::world::actions;
use crate::world::civil::{MINUTE, SECOND};
use crate::world::goods::{PROHIBITED, VAGUE};
use crate::world::outbound::Wish;
use crate::world::story::{Role, Story};

const LETTER: Wish = Wish {
    letter: true,
    ..Wish::PLAIN
};

pub(super) static ALL: &[Violation] = &[
    plain("never inspected", &["IN-01"], |story| story.drop(Role::Inspection)),
    plain("inspected after the acceptance", &["IN-01"], |story| {
        let late = story.dice.between(MINUTE, 4 * MINUTE);
        story.step_mut(Role::Inspection).at = story.at(Role::Acceptance) + late;
    }),
    plain("accepted though the inspection failed", &["IN-02"], |story| {
        story.inspected().result = InspectionResult::Failed.into();
    }),
    plain("accepted though the inspection was refused", &["IN-02"], |story| {
        story.inspected().result = InspectionResult::Refused.into();
    }),
    wished(
        "letter accepted though its inspection failed",
        &["IN-02"],
        LETTER,
        |story| {
            let seal = story.step(Role::Seal);
            let (at, outlet, clerk) = (seal.at - 5 * SECOND, seal.site, seal.operator);
            let mut inspected = actions::inspected(story, outlet, clerk, "");
            inspected.result = InspectionResult::Failed.into();
            story.add(Role::Inspection, at, outlet, clerk, Happening::Inspected(inspected));
        },
    ),
    plain("no inspection mark", &["IN-03"], |story| story.inspected().mark = None),
    plain("inspection mark without its unit", &["IN-03"], |story| {
        story.inspected().mark.as_mut().expect("marked as usual").unit.clear();
    }),
    plain("inspection mark without its time", &["IN-03"], |story| {
        story.inspected().mark.as_mut().expect("marked as usual").time = None;
    }),
    plain("sealed before the inspection", &["IN-04"], |story| {
        let (inspection, seal) = (story.at(Role::Inspection), story.at(Role::Seal));
        story.step_mut(Role::Inspection).at = seal;
        story.step_mut(Role::Seal).at = inspection;
    }),
    plain("inspected after it left", &["IN-04"], |story| {
        let accepted = story.at(Role::Acceptance) + 5 * MINUTE;
        story.step_mut(Role::Acceptance).at = accepted;
        story.step_mut(Role::LocalOut).at = accepted - 150 * SECOND;
        story.step_mut(Role::Inspection).at = accepted - 90 * SECOND;
        story.step_mut(Role::Seal).at = accepted - 40 * SECOND;
    }),
    plain("item declared in a vague word", &["IN-06"], |story| {
        let word: &str = story.dice.pick(&VAGUE);
        word.clone_into(&mut story.accepted().declared_item);
    }),
    plain("item not declared", &["IN-06"], |story| {
        story.accepted().declared_item.clear()
    }),
    plain("item is not what was declared", &["IN-06"], |story| {
        let inspected = story.inspected();
        inspected.matches_declared = Some(false);
        "旧衣服".clone_into(&mut inspected.observed_item);
    }),
    plain("inspector not on record", &["IN-07"], |story| inspector(story, false)),
    plain("training of the inspector overdue", &["IN-07"], |story| {
        inspector(story, true)
    }),
    plain("prohibited goods accepted", &["IN-02", "PR-01"], prohibited),
    plain("prohibited goods accepted after a second look", &["PR-01"], |story| {
        prohibited(story);
        let step = story.step(Role::Inspection);
        let (at, outlet, clerk) = (step.at + 6 * SECOND, step.site, step.operator);
        let inspected = actions::inspected(story, outlet, clerk, "玩具");
        story.add(Role::Other, at, outlet, clerk, Happening::Inspected(inspected));
    }),
    plain("prohibited goods rejected too late", &["PR-01"], |story| {
        prohibited(story);
        story.end_with(Role::Inspection);
        let step = story.step(Role::Inspection);
        let (found, outlet, clerk) = (step.at, step.site, step.operator);
        let at = found + story.dice.between(35 * MINUTE, 80 * MINUTE);
        story.add(Role::Other, at, outlet, clerk, actions::rejected("查出禁寄物品"));
    }),
    plain("prohibited goods found and left lying", &["LC-03", "PR-01"], |story| {
        prohibited(story);
        story.end_with(Role::Inspection);
    }),
];

fn prohibited(story: &mut Story<'_>) {
    let (item, class) = PROHIBITED[story.dice.below(PROHIBITED.len() as u64) as usize];
    let inspected = story.inspected();
    inspected.result = InspectionResult::Prohibited.into();
    inspected.prohibited_class = class;
    item.clone_into(&mut inspected.observed_item);
}

/// Lets somebody inspect who may not.
fn inspector(story: &mut Story<'_>, on_record: bool) {
    let person = if on_record {
        &story.net.overdue
    } else {
        &story.net.nobody
    };
    story.step_mut(Role::Inspection).operator = person;
    let mark = story.inspected().mark.as_mut().expect("marked as usual");
    mark.operator.clone_from(person);
}
