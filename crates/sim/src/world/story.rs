//! One parcel's story while it is made up, and how it becomes events.

use sanbai_wire::proto::event::{
    Accepted, IdentityChecked, Inspected, ParcelEvent, XrayScreened, parcel_event::Happening,
};

use super::World;
use super::civil::{MINUTE, SECOND, day_of, timestamp, work_day_of};
use super::dice::{Dice, Use, uuid};
use super::network::{Network, Site, written_place};
use super::schedule::Slot;

/// Part of a step in the story, by which it is found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Identity,
    Inspection,
    Seal,
    Acceptance,
    /// Leaves the outlet for the processing centre.
    LocalOut,
    /// Reaches the processing centre.
    HubIn,
    Screening,
    LineHaul,
    /// Leaves the processing centre for an outlet of the district.
    LastMile,
    OutletIn,
    SecondScreening,
    Delivery,
    Other,
}

/// Something that happens to the parcel.
#[derive(Clone, Debug)]
pub(super) struct Step<'w> {
    pub(super) role: Role,
    /// Number of the event within the story, for its id. Copies share it.
    pub(super) ordinal: u64,
    /// When it truly happens.
    pub(super) at: i64,
    pub(super) site: &'w Site,
    pub(super) operator: &'w str,
    /// What the device adds to the time, beside the clock of its site.
    pub(super) skew: i64,
    /// From the happening to the upload.
    pub(super) upload: i64,
    /// From the upload to the intake.
    pub(super) lag: i64,
    /// The place as written.
    pub(super) place: String,
    pub(super) happening: Happening,
}

/// A parcel's story.
#[derive(Debug)]
pub(super) struct Story<'w> {
    pub(super) world: &'w World,
    pub(super) net: &'w Network,
    pub(super) slot: Slot,
    pub(super) dice: Dice,
    pub(super) waybill: String,
    pub(super) steps: Vec<Step<'w>>,
    ordinals: u64,
}

impl<'w> Story<'w> {
    pub(super) fn new(world: &'w World, slot: Slot) -> Self {
        let mut dice = Dice::new(world.plan.seed, Use::Parcel, slot.index);
        let place = dice.weighted(world.networks.iter().map(|network| network.brand.weight));
        let net = &world.networks[place];
        let waybill = net.brand.waybill(world.plan.seed, slot.index, false);
        Self {
            world,
            net,
            slot,
            dice,
            waybill,
            steps: Vec::with_capacity(12),
            ordinals: 0,
        }
    }

    /// The next number for an event id.
    pub(super) fn ordinal(&mut self) -> u64 {
        self.ordinals += 1;
        self.ordinals
    }

    /// Adds a step with an ordinary delay until its upload.
    pub(super) fn add(
        &mut self,
        role: Role,
        at: i64,
        site: &'w Site,
        operator: &'w str,
        happening: Happening,
    ) -> &mut Step<'w> {
        let slowest = if self.dice.chance(500) { 170 } else { 40 };
        let step = Step {
            role,
            ordinal: self.ordinal(),
            at,
            site,
            operator,
            skew: 0,
            upload: self.dice.between(3 * SECOND, slowest * SECOND),
            lag: self.dice.between(40, 2_500),
            place: written_place(site.place, &mut self.dice),
            happening,
        };
        self.steps.push(step);
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    /// The first step with a role; the story is known to have it.
    pub(super) fn step(&self, role: Role) -> &Step<'w> {
        self.steps
            .iter()
            .find(|step| step.role == role)
            .expect("the story was begun with this step")
    }

    /// The first step with a role, to be changed.
    pub(super) fn step_mut(&mut self, role: Role) -> &mut Step<'w> {
        self.steps
            .iter_mut()
            .find(|step| step.role == role)
            .expect("the story was begun with this step")
    }

    /// When the first step with a role happens.
    pub(super) fn at(&self, role: Role) -> i64 {
        self.step(role).at
    }

    pub(super) fn has(&self, role: Role) -> bool {
        self.steps.iter().any(|step| step.role == role)
    }

    /// Takes out all steps with a role.
    pub(super) fn drop(&mut self, role: Role) {
        self.steps.retain(|step| step.role != role);
    }

    /// Ends the story with the first step of a role. An identity check stays, even one just after the acceptance.
    pub(super) fn end_with(&mut self, role: Role) {
        let last = self.at(role);
        self.steps.retain(|step| step.at <= last || step.role == Role::Identity);
    }

    /// Puts off all that comes after the first step of a role.
    pub(super) fn delay_after(&mut self, role: Role, by: i64) {
        let last = self.at(role);
        for step in self.steps.iter_mut().filter(|step| step.at > last) {
            step.at += by;
        }
    }

    /// A member of staff of a site.
    pub(super) fn clerk(&mut self, site: &'w Site) -> &'w str {
        self.dice.pick(&site.staff)
    }

    /// The acceptance, to be changed.
    pub(super) fn accepted(&mut self) -> &mut Accepted {
        match &mut self.step_mut(Role::Acceptance).happening {
            Happening::Accepted(accepted) => accepted,
            _ => unreachable!("the role is only given to acceptances"),
        }
    }

    /// The identity check, to be changed.
    pub(super) fn identity(&mut self) -> &mut IdentityChecked {
        match &mut self.step_mut(Role::Identity).happening {
            Happening::IdentityChecked(checked) => checked,
            _ => unreachable!("the role is only given to identity checks"),
        }
    }

    /// The inspection, to be changed.
    pub(super) fn inspected(&mut self) -> &mut Inspected {
        match &mut self.step_mut(Role::Inspection).happening {
            Happening::Inspected(inspected) => inspected,
            _ => unreachable!("the role is only given to inspections"),
        }
    }

    /// The screening, to be changed.
    pub(super) fn screened(&mut self) -> &mut XrayScreened {
        match &mut self.step_mut(Role::Screening).happening {
            Happening::XrayScreened(screened) => screened,
            _ => unreachable!("the role is only given to screenings"),
        }
    }

    /// The id of an event of this parcel, shaped like a UUID of version 4.
    pub(super) fn event_id(&self, ordinal: u64) -> String {
        uuid(&mut Dice::new(
            self.world.plan.seed,
            Use::EventId,
            self.slot.index * 4_096 + ordinal,
        ))
    }

    /// Day and outlet of the acceptance that counts; `None` where there is none, or the parcel was taken out before it
    /// moved.
    pub(super) fn counting(&self) -> Option<(i64, &'w str)> {
        use Happening::{Accepted, Arrived, Delivered, Departed, Rejected, Retracted, Voided};
        let retractions = self.steps.iter().filter_map(|step| match &step.happening {
            Retracted(retracted) => Some(retracted.event_id.as_str()),
            _ => None,
        });
        let retracted: Vec<&str> = retractions.collect();
        let taken_back =
            |step: &Step<'w>| !retracted.is_empty() && retracted.contains(&self.event_id(step.ordinal).as_str());
        let is_out = self
            .steps
            .iter()
            .any(|step| matches!(step.happening, Voided(_) | Rejected(_)) && !taken_back(step));
        let moved = self
            .steps
            .iter()
            .any(|step| matches!(step.happening, Departed(_) | Arrived(_) | Delivered(_)));
        let accepted = self.steps.iter().filter(|step| matches!(step.happening, Accepted(_)));
        let first = accepted.filter(|step| !taken_back(step)).min_by_key(|step| step.at)?;
        (moved || !is_out).then_some((day_of(first.at), first.site.key.as_str()))
    }

    /// When the steps reach us, in milliseconds, in their order.
    pub(super) fn intakes(&self) -> impl Iterator<Item = i64> {
        self.steps.iter().map(|step| self.uploaded(step) + step.lag)
    }

    /// When a step is uploaded: after its delay, or after the line is back.
    fn uploaded(&self, step: &Step<'_>) -> i64 {
        let natural = step.at + step.upload;
        match step.site.line_down(natural) {
            Some(outage) => {
                let salt = self.slot.index * 4_096 + step.ordinal;
                outage.to + Dice::new(self.world.plan.seed, Use::Outage, salt).between(5 * SECOND, 5 * MINUTE)
            }
            None => natural,
        }
    }

    /// Whether an outage made an upload so late that a judgement without the register would object.
    pub(super) fn suffers_outage(&self) -> bool {
        use Happening::{IdentityChecked, Inspected, XrayScreened};
        self.steps.iter().any(|step| {
            matches!(step.happening, IdentityChecked(_) | Inspected(_) | XrayScreened(_))
                && step.site.line_down(step.at + step.upload).is_some()
        })
    }

    /// The event of a step.
    pub(super) fn event(&self, step: Step<'w>) -> ParcelEvent {
        let occurred = step.at + self.world.clock_error(step.site, step.at) + step.skew;
        let uploaded = self.uploaded(&step);
        let mut happening = step.happening;
        stamp_mark(&mut happening, occurred);
        ParcelEvent {
            event_id: self.event_id(step.ordinal),
            brand: self.net.brand.code.to_owned(),
            waybill: self.waybill.clone(),
            site: step.site.key.clone(),
            operator: step.operator.to_owned(),
            place: step.place,
            occurred_at: Some(timestamp(occurred)),
            uploaded_at: Some(timestamp(uploaded)),
            source: format!("{}-gateway", self.net.brand.code.to_ascii_lowercase()),
            intake_at: Some(timestamp(uploaded + step.lag)),
            happening: Some(happening),
            ..ParcelEvent::default()
        }
    }
}

/// Marks bear the time of the device, wherever they bear one.
fn stamp_mark(happening: &mut Happening, occurred: i64) {
    let mark = match happening {
        Happening::Inspected(inspected) => inspected.mark.as_mut(),
        Happening::XrayScreened(screened) => screened.mark.as_mut(),
        _ => None,
    };
    if let Some(time) = mark.and_then(|mark| mark.time.as_mut()) {
        *time = timestamp(occurred);
    }
}

impl World {
    /// What all devices of a site are off by on a day of work: at most three minutes, and mostly nothing.
    pub(super) fn clock_error(&self, site: &Site, at: i64) -> i64 {
        let day = work_day_of(at);
        if !self.plan.disorder || site.has_outage_on(day) {
            return 0;
        }
        let mut dice = Dice::new(self.plan.seed, Use::Clock, site.number * 100_000 + day.unsigned_abs());
        if dice.chance(1_500) {
            dice.between(-3 * MINUTE, 3 * MINUTE)
        } else {
            0
        }
    }
}
