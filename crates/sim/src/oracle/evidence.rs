//! From a heap of events to the evidence of one parcel, in canonical order.

use std::collections::{BTreeMap, BTreeSet};

use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::event::{
    Accepted, IdentityChecked, Inspected, Leg, Mark, ParcelEvent, ScreeningStage, XrayScreened,
};

use super::clock::{Nanos, nanos};
use super::register::Register;
use super::{Profile, Settings};

/// One event, its copies merged.
#[derive(Clone, Debug)]
pub(super) struct Event<'a> {
    pub(super) body: &'a ParcelEvent,
    pub(super) happening: &'a Happening,
    /// `occurredAt`.
    pub(super) at: Nanos,
    /// Earliest intake of its copies.
    pub(super) intake: Nanos,
    /// Earliest upload time of its copies.
    pub(super) upload: Nanos,
    /// Another content came under the same id.
    pub(super) disputed: bool,
    pub(super) retracted: bool,
}

/// The acceptance that counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acceptance<'c> {
    pub(super) event: &'c Event<'c>,
    pub(super) body: &'c Accepted,
}

/// Everything that is known of one parcel.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) brand: &'a str,
    pub(super) waybill: &'a str,
    /// In canonical order, the retracted ones too.
    pub(super) events: Vec<Event<'a>>,
    pub(super) register: Register<'a>,
    pub(super) profile: Profile,
    /// The clock.
    pub(super) now: Nanos,
    pub(super) settings: &'a Settings<'a>,
}

impl<'a> Case<'a> {
    /// `None` if nothing had been received by `received_by`.
    pub(super) fn gather(
        settings: &'a Settings<'a>,
        events: &'a [ParcelEvent],
        register: Register<'a>,
        profile: Profile,
        (now, received_by): (Nanos, Nanos),
    ) -> Option<Self> {
        let events = merge(settings, events, received_by);
        let first = events.first()?.body;
        let mut case = Self {
            brand: &first.brand,
            waybill: &first.waybill,
            register,
            events,
            profile,
            now,
            settings,
        };
        // "A parcel is judged by what was in force when it was accepted"; without an acceptance:
        // "Rules and registers as of the earliest `occurredAt`."
        let accepted = case.acceptance().map(|accepted| accepted.event.at);
        let earliest = case.earliest().map(|event| event.at);
        case.register.moment = accepted.or(earliest).unwrap_or(now);
        Some(case)
    }

    /// The events that count, in canonical order.
    pub(super) fn live(&self) -> impl Iterator<Item = &Event<'a>> {
        self.events.iter().filter(|event| !event.retracted)
    }

    /// The first event that counts, a retraction aside: it is about another event, not about the parcel.
    pub(super) fn earliest(&self) -> Option<&Event<'a>> {
        let is_retraction = |event: &&Event<'a>| matches!(event.happening, Happening::Retracted(_));
        let first = self.live().find(|event| !is_retraction(event));
        first.or_else(|| self.events.first())
    }

    /// "The first acceptance in it that is not retracted gives outlet, day and deadlines."
    pub(super) fn acceptance(&self) -> Option<Acceptance<'_>> {
        self.acceptances().into_iter().next()
    }

    pub(super) fn acceptances(&self) -> Vec<Acceptance<'_>> {
        let mut all = Vec::new();
        for event in self.live() {
            if let Happening::Accepted(body) = event.happening {
                all.push(Acceptance { event, body });
            }
        }
        all
    }

    pub(super) fn identity_checks(&self) -> Vec<(&Event<'a>, &IdentityChecked)> {
        let mut all = Vec::new();
        for event in self.live() {
            if let Happening::IdentityChecked(body) = event.happening {
                all.push((event, body));
            }
        }
        all
    }

    pub(super) fn inspections(&self) -> Vec<(&Event<'a>, &Inspected)> {
        let mut all = Vec::new();
        for event in self.live() {
            if let Happening::Inspected(body) = event.happening {
                all.push((event, body));
            }
        }
        all
    }

    pub(super) fn screenings(&self) -> Vec<(&Event<'a>, &XrayScreened)> {
        let mut all = Vec::new();
        for event in self.live() {
            if let Happening::XrayScreened(body) = event.happening {
                all.push((event, body));
            }
        }
        all
    }

    /// Whether something of this sort is among the events that count.
    pub(super) fn has(&self, sort: fn(&Happening) -> bool) -> bool {
        self.live().any(|event| sort(event.happening))
    }

    /// "The first line-haul departure".
    pub(super) fn line_haul(&self) -> Option<&Event<'a>> {
        self.live().find(|event| match event.happening {
            Happening::Departed(departed) => departed.leg() == Leg::LineHaul,
            _ => false,
        })
    }

    /// The first movement: seen from the site of the acceptance; without one every arrival is a movement.
    pub(super) fn first_movement(&self) -> Option<&Event<'a>> {
        let from = self.acceptance().map(|accepted| accepted.event.body.site.clone());
        self.live().find(|event| event.is_move(from.as_deref()))
    }

    /// "`voided`, or `rejected` after acceptance, takes the parcel out (n/a, not in N) unless a movement is in the set".
    pub(super) fn taken_out(&self) -> Option<&'static str> {
        if self.first_movement().is_some() {
            None
        } else {
            self.withdrawn()
        }
    }

    /// The ground on which the parcel would be taken out if it has not moved.
    pub(super) fn withdrawn(&self) -> Option<&'static str> {
        if self.has(|happening| matches!(happening, Happening::Voided(_))) {
            return Some("voided");
        }
        let accepted = self.acceptance()?;
        let rejected = self
            .live()
            .any(|event| matches!(event.happening, Happening::Rejected(_)) && event.order() > accepted.event.order());
        rejected.then_some("rejected")
    }

    /// "`max(deadline, intake of what made it due) + grace`"; "in an outage of the site … grace count\[s\] from its end".
    pub(super) fn moment(&self, due: &Event<'_>, deadline: Nanos, grace: Nanos) -> Nanos {
        self.register.after_outages(&due.body.site, deadline.max(due.intake)) + grace
    }
}

impl Event<'_> {
    /// "Canonical order inside a parcel is (occurredAt, intakeAt, source, eventId)".
    pub(super) fn order(&self) -> (Nanos, Nanos, &str, &str) {
        (self.at, self.intake, &self.body.source, &self.body.event_id)
    }

    /// "A *move* is `departed`, `delivered`, or `arrived` at another site" than `from`.
    pub(super) fn is_move(&self, from: Option<&str>) -> bool {
        match self.happening {
            Happening::Departed(_) | Happening::Delivered(_) => true,
            Happening::Arrived(_) => from != Some(self.body.site.as_str()),
            _ => false,
        }
    }
}

/// "Stage unspecified = origin; a `destination` screening never counts for the first duty."
pub(super) fn is_second(screening: &XrayScreened) -> bool {
    screening.stage() == ScreeningStage::Destination
}

/// "Mark absent or without unit, operator and time".
pub(super) fn mark_is_complete(mark: Option<&Mark>) -> bool {
    mark.is_some_and(|mark| !mark.unit.is_empty() && !mark.operator.is_empty() && mark.time.is_some())
}

/// The copies of one id, by content digest.
type Contents<'a> = BTreeMap<Vec<u8>, Vec<Event<'a>>>;

/// Copies merged, conflicts settled, retractions applied, put in order.
fn merge<'a>(settings: &Settings<'_>, events: &'a [ParcelEvent], received_by: Nanos) -> Vec<Event<'a>> {
    let mut by_id: BTreeMap<(&str, &str), Contents<'a>> = BTreeMap::new();
    for event in events {
        let Some(read) = read(event) else { continue };
        // "Events with a later intake are left out".
        if read.intake <= received_by {
            let contents = by_id.entry((&event.source, &event.event_id)).or_default();
            contents.entry(content_digest(settings, event)).or_default().push(read);
        }
    }
    let mut merged = Vec::new();
    for contents in by_id.values() {
        // "Different digests under one id: the smaller counts, DQ-03."
        let Some(copies) = contents.values().next() else {
            continue;
        };
        let Some(mut event) = copies.first().cloned() else {
            continue;
        };
        // "Of copies the earliest intake and the earliest upload time count."
        for copy in copies {
            event.intake = event.intake.min(copy.intake);
            event.upload = event.upload.min(copy.upload);
        }
        event.disputed = contents.len() > 1;
        merged.push(event);
    }
    retract(&mut merged);
    merged.sort_by(|one, other| one.order().cmp(&other.order()));
    merged
}

fn read(body: &ParcelEvent) -> Option<Event<'_>> {
    let at = nanos(body.occurred_at?);
    // "`intakeAt` is the field where present, else `uploadedAt`, else `occurredAt`."
    let intake = body.intake_at.or(body.uploaded_at).map_or(at, nanos);
    // "Upload time = `uploadedAt`, else `intakeAt`."
    let upload = body.uploaded_at.map_or(intake, nanos);
    Some(Event {
        body,
        happening: body.happening.as_ref()?,
        at,
        intake,
        upload,
        disputed: false,
        retracted: false,
    })
}

/// "The content digest leaves out `source`, `uploadedAt`, `intakeAt`".
fn content_digest(settings: &Settings<'_>, event: &ParcelEvent) -> Vec<u8> {
    let mut content = event.clone();
    content.source = String::new();
    content.uploaded_at = None;
    content.intake_at = None;
    (settings.digest)(&content)
}

/// "A retraction names the id, hence all copies; by another source, or of a retraction, it has no effect."
fn retract(events: &mut [Event<'_>]) {
    let mut named = BTreeSet::new();
    for event in events.iter() {
        if let Happening::Retracted(retracted) = event.happening {
            named.insert((event.body.source.clone(), retracted.event_id.clone()));
        }
    }
    for event in events.iter_mut() {
        let is_retraction = matches!(event.happening, Happening::Retracted(_));
        event.retracted = !is_retraction && named.contains(&(event.body.source.clone(), event.body.event_id.clone()));
    }
}
