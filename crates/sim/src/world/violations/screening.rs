//! Screening and finds in transit: XR-01 to XR-04, XR-06, XR-08, XR-09, PR-02.

use sanbai_wire::proto::event::{Authority, OpenCheckResult, ScreeningStage, XrayJudgement};

use super::{Violation, from_elsewhere, plain, wished};
use crate::world::actions;
use crate::world::brands::{NO_PROVIDER, PAST_PROVIDER};
use crate::world::civil::{HOUR, MINUTE};
use crate::world::network::KEY_OUTLET;
use crate::world::outbound::{Reach, Wish, screen};
use crate::world::story::{Role, Story};

const NEAR: Wish = Wish {
    reach: Reach::District(0),
    ..Wish::PLAIN
};
const KEY: Wish = Wish {
    reach: Reach::District(KEY_OUTLET),
    ..Wish::PLAIN
};
const PROVINCE: Wish = Wish {
    reach: Reach::Province,
    ..Wish::PLAIN
};
const ABROAD: Wish = Wish {
    reach: Reach::HkMoTw,
    ..Wish::PLAIN
};

pub(super) static ALL: &[Violation] = &[
    plain("left the province unscreened", &["XR-01"], |story| {
        story.drop(Role::Screening)
    }),
    wished("left the country unscreened", &["XR-01"], ABROAD, |story| {
        story.drop(Role::Screening)
    }),
    wished("unscreened on the way to a key area", &["XR-01"], KEY, |story| {
        story.drop(Role::Screening)
    }),
    plain("screened after the line-haul departure", &["XR-01"], |story| {
        let late = story.dice.between(10 * MINUTE, 50 * MINUTE);
        story.step_mut(Role::Screening).at = story.at(Role::LineHaul) + late;
    }),
    plain("screened after more than a day", &["XR-01"], |story| {
        let accepted = story.at(Role::Acceptance);
        story.step_mut(Role::Screening).at = accepted + 26 * HOUR;
        story.step_mut(Role::LineHaul).at = accepted + 28 * HOUR;
    }),
    wished("delivered in the district unscreened", &["XR-02"], NEAR, |story| {
        story.drop(Role::Screening)
    }),
    wished("left for the province unscreened", &["XR-02"], PROVINCE, |story| {
        story.drop(Role::Screening)
    }),
    wished("no second screening in a key area", &["XR-03"], KEY, |story| {
        story.drop(Role::SecondScreening)
    }),
    from_elsewhere("no second screening of an inbound parcel", &["XR-03"], true, |story| {
        story.drop(Role::SecondScreening);
    }),
    plain("machine not on record", &["XR-04"], |story| {
        let device = story.net.unknown_machine.as_str();
        machine(story, device);
    }),
    plain("machine out of service", &["XR-04"], |story| {
        let device = story.net.scrapped.as_str();
        machine(story, device);
    }),
    plain("machine of another site", &["XR-04"], |story| {
        let device = story.net.outlets[KEY_OUTLET].machines[0].as_str();
        machine(story, device);
    }),
    plain("screener not on record", &["XR-04"], |story| {
        let person = story.net.nobody.as_str();
        screener(story, person);
    }),
    plain("screener not qualified", &["XR-04"], |story| {
        let handler = story.clerk(&story.net.hub);
        screener(story, handler);
    }),
    plain("qualification of the screener overdue", &["XR-04"], |story| {
        let person = story.net.overdue.as_str();
        screener(story, person);
    }),
    plain("suspect image, moved on", &["XR-06"], |story| {
        story.screened().judgement = XrayJudgement::Suspect.into();
    }),
    plain("suspect image, opened by its own screener", &["XR-06"], |story| {
        story.delay_after(Role::Screening, HOUR);
        story.screened().judgement = XrayJudgement::Suspect.into();
        let step = story.step(Role::Screening);
        let (at, hub, screener) = (step.at + 10 * MINUTE, step.site, step.operator);
        story.add(
            Role::Other,
            at,
            hub,
            screener,
            actions::open_checked(OpenCheckResult::Pass, 0),
        );
    }),
    plain("suspect image, screened again and moved on", &["XR-06"], |story| {
        story.delay_after(Role::Screening, HOUR);
        story.screened().judgement = XrayJudgement::Suspect.into();
        let at = story.at(Role::Screening) + 15 * MINUTE;
        screen(story, at, &story.net.hub, Role::Other, ScreeningStage::Origin);
    }),
    plain("screened by a third party without a contract", &["XR-08"], |story| {
        NO_PROVIDER.clone_into(&mut story.screened().third_party);
    }),
    plain("contract of the third party expired", &["XR-08"], |story| {
        PAST_PROVIDER.clone_into(&mut story.screened().third_party);
    }),
    plain("no security mark", &["XR-09"], |story| story.screened().mark = None),
    plain("security mark without its sequence number", &["XR-09"], |story| {
        story
            .screened()
            .mark
            .as_mut()
            .expect("marked as usual")
            .sequence
            .clear();
    }),
    plain("security mark without its device", &["XR-09"], |story| {
        story.screened().mark.as_mut().expect("marked as usual").device.clear();
    }),
    plain("drugs found and sent on", &["PR-02"], |story| found(story, 12)),
    plain("prohibited goods found, kept and not reported", &["PR-02"], |story| {
        found(story, 3);
        story.end_with(Role::Screening);
        let hub = &story.net.hub;
        let handler = story.clerk(hub);
        let at = story.at(Role::Screening) + 12 * MINUTE;
        story.add(Role::Other, at, hub, handler, actions::held("待处理"));
    }),
    plain("prohibited goods found, reported and sent on", &["PR-02"], |story| {
        found(story, 5);
        story.delay_after(Role::Screening, HOUR);
        let hub = &story.net.hub;
        let handler = story.clerk(hub);
        let at = story.at(Role::Screening) + 12 * MINUTE;
        let report = actions::reported(&mut story.dice, &[Authority::PostalBureau]);
        story.add(Role::Other, at, hub, handler, report);
    }),
];

fn machine(story: &mut Story<'_>, device: &str) {
    let screened = story.screened();
    device.clone_into(&mut screened.device);
    let mark = screened.mark.as_mut().expect("marked as usual");
    device.clone_into(&mut mark.device);
}

fn screener<'w>(story: &mut Story<'w>, person: &'w str) {
    story.step_mut(Role::Screening).operator = person;
    let screened = story.screened();
    person.clone_into(&mut screened.screener);
    person.clone_into(&mut screened.mark.as_mut().expect("marked as usual").operator);
}

fn found(story: &mut Story<'_>, class: u32) {
    let screened = story.screened();
    screened.judgement = XrayJudgement::Prohibited.into();
    screened.prohibited_class = class;
}
