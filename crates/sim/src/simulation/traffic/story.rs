//! The stories of parcels: most go as they should, and in the others one thing or another goes wrong.

use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::event::{
    Accepted, Arrived, Delivered, Departed, Leg, OpenCheckResult, OpenChecked, ParcelEvent, Rejected, Released,
    Reported, Retracted, Returned, Voided, XrayJudgement,
};

use super::network::{Outlet, outlet};
use super::steps::{accepted, identity, inspected, inspected_well, screened, waybill};
use crate::simulation::plan::Plan;
use crate::world::civil::{DAY, HOUR, MINUTE, SECOND, midnight, timestamp};
use crate::world::dice::{Dice, uuid};

/// Events with the moment at which each reaches the log.
pub(super) type Told = Vec<(i64, ParcelEvent)>;

/// All stories of a plan.
pub(super) fn tell(plan: &Plan, dice: &mut Dice) -> Told {
    let mut told = Told::new();
    for number in 0..plan.parcels {
        let outlet = outlet(dice);
        let mut story = Story::new(plan, outlet, number, dice);
        match dice.below(20) {
            0 => story.inbound(dice),
            1 => story.unaccepted(dice),
            _ => story.outbound(plan, dice),
        }
        story.go_wrong(dice);
        told.append(&mut story.told);
    }
    if plan.crowd {
        crowd(plan, &mut told, dice);
    }
    if plan.long {
        again(plan, &mut told, dice);
    }
    told
}

/// One parcel.
struct Story {
    outlet: Outlet,
    waybill: String,
    /// When it is brought to the counter.
    start: i64,
    /// Its duties at the counter do not apply, and nobody reports them.
    letter: bool,
    told: Told,
}

impl Story {
    fn new(plan: &Plan, outlet: Outlet, number: u64, dice: &mut Dice) -> Self {
        let opens = midnight(plan.day) + 8 * HOUR;
        let start = opens + dice.between(0, 14 * HOUR);
        Self {
            outlet,
            waybill: waybill(outlet, number),
            start,
            letter: dice.chance(1_500),
            told: Told::new(),
        }
    }

    fn event(&self, site: &str, operator: &str, at: i64, happening: Happening, dice: &mut Dice) -> ParcelEvent {
        let upload = at + dice.between(SECOND, 20 * SECOND);
        ParcelEvent {
            event_id: uuid(dice),
            brand: self.outlet.brand.to_owned(),
            waybill: self.waybill.clone(),
            site: site.to_owned(),
            operator: operator.to_owned(),
            source: format!("{}-gateway", self.outlet.brand.to_ascii_lowercase()),
            occurred_at: Some(timestamp(at)),
            uploaded_at: dice.chance(5_000).then(|| timestamp(upload)),
            intake_at: Some(timestamp(upload + 400)),
            happening: Some(happening),
            ..ParcelEvent::default()
        }
    }

    fn add(&mut self, site: &str, operator: &str, at: i64, happening: Happening, dice: &mut Dice) {
        let event = self.event(site, operator, at, happening, dice);
        self.told.push((millis(&event), event));
    }

    fn clerk(&self, dice: &mut Dice) -> String {
        format!("{}{}", self.outlet.brand, dice.below(4))
    }

    /// Accepted here, screened, sent on.
    fn outbound(&mut self, plan: &Plan, dice: &mut Dice) {
        let (site, hub, clerk) = (self.outlet.key(), self.outlet.hub(), self.clerk(dice));
        let accepted_at = self.start + dice.between(2, 6) * MINUTE;
        let accepted = accepted(self.outlet, self.letter, dice);
        let by_agreement = !accepted.agreement.is_empty();
        if !self.letter && !by_agreement {
            let at = match dice.below(25) {
                0 => accepted_at + dice.between(61 * SECOND, HOUR),
                1 => accepted_at + 60 * SECOND,
                _ => self.start,
            };
            let checked = Happening::IdentityChecked(identity(plan, dice.below(30), dice));
            self.add(&site, &clerk, at, checked, dice);
        }
        if !self.letter {
            let inspected = Happening::Inspected(inspected(dice, &clerk, self.start));
            self.add(&site, &clerk, self.start + MINUTE, inspected, dice);
        }
        self.add(&site, &clerk, accepted_at, Happening::Accepted(accepted), dice);
        let screened_at = accepted_at + dice.between(HOUR, 9 * HOUR);
        if dice.chance(3_000) {
            let leaves = Happening::Departed(Departed {
                leg: Leg::Local.into(),
                to: hub.clone(),
            });
            self.add(&site, &clerk, accepted_at + 30 * MINUTE, leaves, dice);
        }
        let screener = self.clerk(dice);
        let screened = screened(self.outlet, &screener, screened_at, dice);
        self.add(&hub, &screener, screened_at, Happening::XrayScreened(screened), dice);
        if dice.chance(6_000) {
            let leaves_at = screened_at + dice.between(-2 * HOUR, 10 * HOUR);
            let leaves = Happening::Departed(Departed {
                leg: Leg::LineHaul.into(),
                to: "HUB-X".to_owned(),
            });
            self.add(&hub, &screener, leaves_at, leaves, dice);
        }
    }

    /// Comes from elsewhere, and is delivered.
    fn inbound(&mut self, dice: &mut Dice) {
        let (site, clerk) = (self.outlet.key(), self.clerk(dice));
        let from = if dice.chance(5_000) {
            "ELSEWHERE".to_owned()
        } else {
            self.outlet.hub()
        };
        self.add(&site, &clerk, self.start, Happening::Arrived(Arrived { from }), dice);
        if dice.chance(7_000) {
            let at = self.start + dice.between(HOUR, 9 * HOUR);
            self.add(&site, &clerk, at, Happening::Delivered(Delivered {}), dice);
        }
    }

    /// Checked or inspected, and never accepted.
    fn unaccepted(&mut self, dice: &mut Dice) {
        let (site, clerk) = (self.outlet.key(), self.clerk(dice));
        let inspected = Happening::Inspected(inspected(dice, &clerk, self.start));
        self.add(&site, &clerk, self.start, inspected, dice);
        if dice.chance(5_000) {
            let rejected = Happening::Rejected(Rejected::default());
            self.add(&site, &clerk, self.start + 2 * MINUTE, rejected, dice);
        }
    }

    /// Up to three things that go wrong.
    fn go_wrong(&mut self, dice: &mut Dice) {
        for _ in 0..[0, 0, 1, 1, 2, 3][dice.below(6) as usize] {
            match dice.below(9) {
                0 => self.lose(dice),
                1 | 2 => self.delay(dice),
                3 => self.book_on_another_day(dice),
                4 => self.take_out(dice),
                5 => self.accept_again(dice),
                6 => self.take_back(dice),
                7 => self.clear(dice),
                _ => self.mistime(dice),
            }
        }
    }

    fn any(&self, dice: &mut Dice) -> Option<usize> {
        let count = self.told.len() as u64;
        (count > 0).then(|| dice.below(count) as usize)
    }

    fn acceptance(&self) -> Option<ParcelEvent> {
        let mut events = self.told.iter().map(|(_, event)| event);
        let is_acceptance = |event: &&ParcelEvent| matches!(event.happening, Some(Happening::Accepted(_)));
        events.find(is_acceptance).cloned()
    }

    /// Something is never reported.
    fn lose(&mut self, dice: &mut Dice) {
        if let Some(place) = self.any(dice) {
            self.told.remove(place);
        }
    }

    /// Something is reported hours or days late.
    fn delay(&mut self, dice: &mut Dice) {
        let Some(place) = self.any(dice) else { return };
        let delay = match dice.below(3) {
            0 => dice.between(5 * MINUTE, 2 * HOUR),
            1 => dice.between(2 * HOUR, 9 * HOUR),
            _ => dice.between(9 * HOUR, 38 * HOUR),
        };
        let (at, event) = &mut self.told[place];
        *at += delay;
        event.intake_at = Some(timestamp(*at));
        if event.uploaded_at.is_some() && dice.chance(7_000) {
            event.uploaded_at = Some(timestamp(*at - 400));
        }
    }

    /// The first acceptance was on another day or outlet, and is taken back the next day.
    fn book_on_another_day(&mut self, dice: &mut Dice) {
        let Some(acceptance) = self.acceptance() else { return };
        let at = seconds(&acceptance) * SECOND + if dice.chance(5_000) { -20 * MINUTE } else { -9 * HOUR };
        let happening = acceptance.happening.clone().expect("it was found by it");
        let other = Outlet {
            place_in_brand: (self.outlet.place_in_brand + dice.below(2) as usize) % 3,
            ..self.outlet
        };
        let wrong = self.event(&other.key(), &acceptance.operator, at, happening, dice);
        let id = wrong.event_id.clone();
        self.told.push((millis(&wrong), wrong));
        let taken_back_at = at + dice.between(MINUTE, 30 * HOUR);
        let retracted = Happening::Retracted(Retracted {
            event_id: id,
            reason: String::new(),
        });
        self.add(&acceptance.site, &acceptance.operator, taken_back_at, retracted, dice);
    }

    fn take_out(&mut self, dice: &mut Dice) {
        let Some(acceptance) = self.acceptance() else { return };
        let at = seconds(&acceptance) * SECOND + dice.between(MINUTE, 20 * HOUR);
        let happening = match dice.below(3) {
            0 => Happening::Voided(Voided::default()),
            1 => Happening::Rejected(Rejected::default()),
            _ => Happening::Returned(Returned::default()),
        };
        self.add(&acceptance.site, &acceptance.operator, at, happening, dice);
    }

    fn accept_again(&mut self, dice: &mut Dice) {
        let Some(acceptance) = self.acceptance() else { return };
        let at = seconds(&acceptance) * SECOND + dice.between(MINUTE, 26 * HOUR);
        let other = Outlet {
            place_in_brand: dice.below(3) as usize,
            ..self.outlet
        };
        let accepted = Happening::Accepted(accepted(other, self.letter, dice));
        self.add(&other.key(), &acceptance.operator, at, accepted, dice);
    }

    fn take_back(&mut self, dice: &mut Dice) {
        let Some(place) = self.any(dice) else { return };
        let (_, wrong) = self.told[place].clone();
        let at = seconds(&wrong) * SECOND + dice.between(MINUTE, 30 * HOUR);
        let retracted = Happening::Retracted(Retracted {
            event_id: wrong.event_id,
            reason: String::new(),
        });
        self.add(&wrong.site, &wrong.operator, at, retracted, dice);
    }

    /// Somebody opens the parcel, reports it, or lets it go on.
    fn clear(&mut self, dice: &mut Dice) {
        let at = self.start + dice.between(HOUR, 12 * HOUR);
        let (hub, clerk) = (self.outlet.hub(), self.clerk(dice));
        let happening = match dice.below(3) {
            0 => Happening::OpenChecked(OpenChecked {
                result: OpenCheckResult::Pass.into(),
                prohibited_class: 0,
            }),
            1 => Happening::Released(Released::default()),
            _ => Happening::Reported(Reported {
                to: vec![1],
                reference: String::new(),
            }),
        };
        self.add(&hub, &clerk, at, happening, dice);
    }

    /// A clock is wrong: a little ahead, a day ahead, or a week behind.
    fn mistime(&mut self, dice: &mut Dice) {
        let Some(place) = self.any(dice) else { return };
        let (at, event) = &mut self.told[place];
        let occurred = match dice.below(4) {
            0 => *at + dice.between(MINUTE, 20 * HOUR),
            1 => *at + 2 * DAY,
            2 => *at - 8 * DAY,
            _ => *at - dice.between(HOUR, 30 * HOUR),
        };
        event.occurred_at = Some(timestamp(occurred));
        event.uploaded_at = None;
    }
}

/// One identity, many parcels at one outlet on one day; some are taken out later.
fn crowd(plan: &Plan, told: &mut Told, dice: &mut Dice) {
    let outlet = outlet(dice);
    let (site, clerk) = (outlet.key(), format!("{}0", outlet.brand));
    let start = midnight(plan.day) + dice.between(9, 16) * HOUR;
    for number in 0..21 + dice.below(3) {
        let mut story = Story {
            outlet,
            waybill: waybill(outlet, 500 + number),
            start: start + number as i64 * 3 * MINUTE,
            letter: false,
            told: Told::new(),
        };
        let at = story.start;
        let checked = Happening::IdentityChecked(identity(plan, 99, dice));
        story.add(&site, &clerk, at, checked, dice);
        if dice.chance(5_000) {
            story.delay(dice);
        }
        let accepted = Happening::Accepted(Accepted {
            declared_item: "book".to_owned(),
            ..Accepted::default()
        });
        story.add(&site, &clerk, at + 2 * MINUTE, accepted, dice);
        if dice.chance(2_000) {
            let voided = Happening::Voided(Voided::default());
            story.add(&site, &clerk, at + dice.between(HOUR, 30 * HOUR), voided, dice);
        }
        if dice.chance(600) {
            story.take_back(dice);
        }
        told.append(&mut story.told);
    }
}

/// Waybills that are used again once their parcels have retired.
fn again(plan: &Plan, told: &mut Told, dice: &mut Dice) {
    for number in 0..4 {
        let outlet = outlet(dice);
        let mut story = Story::new(plan, outlet, 900 + number, dice);
        story.start = midnight(plan.day) + dice.between(8, 12) * HOUR;
        story.letter = false;
        story.outbound(plan, dice);
        story.told.retain(|(_, event)| {
            // What cannot wait stays with the waybill; two parcels would share one alert.
            match &event.happening {
                Some(Happening::XrayScreened(screened)) => screened.judgement() == XrayJudgement::Clear,
                Some(Happening::Inspected(inspected)) => inspected.prohibited_class == 0,
                _ => true,
            }
        });
        let second = story.start + 8 * DAY + dice.between(0, 2 * HOUR);
        let accepted = Happening::Accepted(accepted(outlet, story.letter, dice));
        if dice.chance(5_000) {
            let clerk = story.clerk(dice);
            story.add(
                &outlet.key(),
                &clerk,
                second - MINUTE,
                Happening::Inspected(inspected_well(&clerk, second)),
                dice,
            );
        }
        let clerk = story.clerk(dice);
        story.add(&outlet.key(), &clerk, second, accepted, dice);
        let checked = Happening::IdentityChecked(identity(plan, dice.below(20), dice));
        story.add(&outlet.key(), &clerk, second + 30 * SECOND, checked, dice);
        told.append(&mut story.told);
    }
}

fn seconds(event: &ParcelEvent) -> i64 {
    event.occurred_at.map_or(0, |at| at.seconds)
}

fn millis(event: &ParcelEvent) -> i64 {
    event
        .intake_at
        .map_or(0, |at| at.seconds * 1_000 + i64::from(at.nanos) / 1_000_000)
}
