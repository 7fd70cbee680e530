//! Happenings, filled in as careful producers fill them in.

use sanbai_wire::proto::event::{
    Arrived, Authority, Delivered, Departed, Held, IdentityChecked, IdentityMethod, IdentityResult, Inspected,
    InspectionResult, Leg, Mark, OpenCheckResult, OpenChecked, Rejected, Released, Reported, Retracted, Returned,
    ScreeningStage, Sealed, Voided, XrayJudgement, XrayScreened, parcel_event::Happening,
};

use super::civil::timestamp;
use super::dice::{Dice, Use};
use super::network::Site;
use super::people::Person;
use super::story::Story;

/// A passed check of a person's document.
pub(super) fn identity(person: &Person, dice: &mut Dice) -> IdentityChecked {
    let method = match dice.below(100) {
        0..62 => IdentityMethod::CardReader,
        62..82 => IdentityMethod::QrCode,
        82..90 => IdentityMethod::Photo,
        90..93 => IdentityMethod::NetworkId,
        93..95 => IdentityMethod::Face,
        _ => IdentityMethod::KeyedIn,
    };
    IdentityChecked {
        document: Some(person.document.clone()),
        result: IdentityResult::Pass.into(),
        method: method.into(),
        name_matches: (!dice.chance(300)).then_some(true),
        agent_document: None,
    }
}

/// A mark; its time is set when it becomes an event.
fn mark(story: &mut Story<'_>, site: &Site, operator: &str, device: &str) -> Mark {
    Mark {
        unit: site.key.clone(),
        place: site.place.to_owned(),
        operator: operator.to_owned(),
        device: device.to_owned(),
        sequence: format!("{:06}", (story.slot.index * 3 + story.ordinal()) % 1_000_000),
        time: Some(timestamp(0)),
    }
}

/// A passed inspection with a full mark.
pub(super) fn inspected(story: &mut Story<'_>, site: &Site, operator: &str, item: &str) -> Inspected {
    let device = format!("{}-PDA-{}", story.net.brand.code, &operator[operator.len() - 3..]);
    let photo_digest = if story.dice.chance(8_000) {
        let mut dice = Dice::new(story.world.plan.seed, Use::Digest, story.slot.index);
        format!(
            "{:016x}{:016x}{:016x}{:016x}",
            dice.bits(),
            dice.bits(),
            dice.bits(),
            dice.bits()
        )
    } else {
        String::new()
    };
    Inspected {
        result: InspectionResult::Pass.into(),
        prohibited_class: 0,
        observed_item: item.to_owned(),
        mark: Some(mark(story, site, operator, &device)),
        photo_digest,
        matches_declared: (!story.dice.chance(1_000)).then_some(true),
    }
}

/// A clear image at a site that has a machine, with a full mark.
pub(super) fn screened(story: &mut Story<'_>, site: &Site, screener: &str, stage: ScreeningStage) -> XrayScreened {
    let device: String = story.dice.pick::<str>(&site.machines).to_owned();
    let mark = mark(story, site, screener, &device);
    XrayScreened {
        image_id: format!("{device}-{}-{}", mark.sequence, story.slot.index % 1_000),
        screener: screener.to_owned(),
        judgement: XrayJudgement::Clear.into(),
        stage: stage.into(),
        mark: Some(mark),
        third_party: story.net.brand.third_party.unwrap_or_default().to_owned(),
        prohibited_class: 0,
        device,
    }
}

pub(super) fn sealed() -> Happening {
    Happening::Sealed(Sealed {})
}

pub(super) fn departed(leg: Leg, to: &str) -> Happening {
    Happening::Departed(Departed {
        leg: leg.into(),
        to: to.to_owned(),
    })
}

pub(super) fn arrived(from: &str) -> Happening {
    Happening::Arrived(Arrived { from: from.to_owned() })
}

pub(super) fn delivered() -> Happening {
    Happening::Delivered(Delivered {})
}

pub(super) fn open_checked(result: OpenCheckResult, prohibited_class: u32) -> Happening {
    Happening::OpenChecked(OpenChecked {
        result: result.into(),
        prohibited_class,
    })
}

pub(super) fn held(reason: &str) -> Happening {
    Happening::Held(Held {
        reason: reason.to_owned(),
    })
}

pub(super) fn released(reason: &str) -> Happening {
    Happening::Released(Released {
        reason: reason.to_owned(),
    })
}

pub(super) fn reported(dice: &mut Dice, to: &[Authority]) -> Happening {
    let to = to.iter().map(|authority| i32::from(*authority)).collect();
    Happening::Reported(Reported {
        to,
        reference: format!("从寄安报-{:05}", dice.below(100_000)),
    })
}

pub(super) fn rejected(reason: &str) -> Happening {
    Happening::Rejected(Rejected {
        reason: reason.to_owned(),
    })
}

pub(super) fn returned(reason: &str) -> Happening {
    Happening::Returned(Returned {
        reason: reason.to_owned(),
    })
}

pub(super) fn voided(reason: &str) -> Happening {
    Happening::Voided(Voided {
        reason: reason.to_owned(),
    })
}

pub(super) fn retracted(event_id: String, reason: &str) -> Happening {
    Happening::Retracted(Retracted {
        event_id,
        reason: reason.to_owned(),
    })
}
