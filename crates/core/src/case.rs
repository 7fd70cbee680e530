//! A case: the evidence of one parcel in canonical order, and everything that it is judged by.

mod evidence;

pub use evidence::{Evidence, Item, merge};

use core::cell::Cell;

use crate::event::{Accepted, Event, EventId, Happening, Leg};
use crate::finding::Code;
use crate::registry::{Lookup, RegistryView, Site};
use crate::rules::{Duty, Profile, RuleSet};
use crate::time::{Span, Timestamp};

/// The evidence of one parcel, and everything that it is judged by. All judging reads this and nothing else.
#[derive(Debug)]
pub struct Case<'a> {
    /// All events of the set in canonical order (occurred, intake, source, id), retracted ones included.
    pub items: &'a [Item<'a>],
    /// Rules in force at the acceptance.
    pub rules: &'a RuleSet,
    /// Profile that decides.
    pub profile: &'a Profile,
    /// Registers as known at R.
    pub registry: RegistryView<'a>,
    /// What the events themselves do not say.
    pub marks: Marks<'a>,
    /// The clock.
    now: Timestamp,
    /// The earliest moment asked for that has not come yet.
    next: Cell<Option<Timestamp>>,
    /// Place of the counting acceptance in `items`.
    accepted: Option<usize>,
}

impl<'a> Case<'a> {
    /// A case, judged at `now`.
    pub fn new(
        items: &'a [Item<'a>],
        rules: &'a RuleSet,
        profile: &'a Profile,
        registry: RegistryView<'a>,
        marks: Marks<'a>,
        now: Timestamp,
    ) -> Self {
        let accepted = items
            .iter()
            .position(|item| item.is_live() && item.event.happening.as_accepted().is_some());
        Self {
            items,
            rules,
            profile,
            registry,
            marks,
            now,
            next: Cell::new(None),
            accepted,
        }
    }

    /// Whether a moment has come by the clock. The only question that judging asks of the clock.
    pub fn has_come(&self, due: Timestamp) -> bool {
        let has_come = self.now >= due;
        if !has_come {
            self.next.set(Some(self.next.get().map_or(due, |next| next.min(due))));
        }
        has_come
    }

    /// The earliest moment that was asked for and has not come: before it no answer changes.
    pub fn next_change(&self) -> Option<Timestamp> {
        self.next.get()
    }

    /// The events that count: not retracted, and no retraction. With their places in canonical order.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Event<'a>)> + Clone + use<'a> {
        let items = self.items;
        items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.is_live())
            .map(|(place, item)| (place, &item.event))
    }

    /// The counting acceptance: the first in canonical order that is not retracted.
    pub fn acceptance(&self) -> Option<Acceptance<'a>> {
        let place = self.accepted?;
        let event = &self.items.get(place)?.event;
        Some(Acceptance {
            place,
            event,
            accepted: event.happening.as_accepted()?,
        })
    }

    /// The events that nobody took back, retractions among them. With their places in canonical order.
    pub fn reported(&self) -> impl Iterator<Item = (usize, &'a Item<'a>)> + use<'a> {
        let items = self.items;
        items.iter().enumerate().filter(|(_, item)| !item.retracted)
    }

    /// Any event that counts; the first in canonical order, else the first of all.
    pub fn first(&self) -> Option<&'a Event<'a>> {
        self.live()
            .map(|(_, event)| event)
            .next()
            .or_else(|| self.items.first().map(|item| &item.event))
    }

    /// Brand of the parcel.
    pub fn brand(&self) -> &'a str {
        self.items.first().map_or("", |item| item.event.brand)
    }

    /// The earliest intake of any event.
    pub fn first_intake(&self) -> Option<Timestamp> {
        self.items.iter().map(|item| item.event.intake_at).min()
    }

    /// The instant as of which rules and registers count: the acceptance, else the earliest event.
    pub fn reference(&self) -> Timestamp {
        self.acceptance()
            .map(|acceptance| acceptance.event.occurred_at)
            .or_else(|| self.first().map(|event| event.occurred_at))
            .unwrap_or(self.now)
    }

    /// Departures, deliveries, and arrivals at another site than the accepting one.
    pub fn movements(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Event<'a>)> + Clone + use<'a> {
        let accepting = self.acceptance().map(|acceptance| acceptance.event.site);
        self.live().filter(move |(_, event)| {
            let is_here = matches!(event.happening, Happening::Arrived(_)) && Some(event.site) == accepting;
            is_movement(event) && !is_here
        })
    }

    /// The first movement in canonical order.
    pub fn first_movement(&self) -> Option<&'a Event<'a>> {
        self.movements().map(|(_, event)| event).next()
    }

    /// The first departure out of the origin network.
    pub fn first_line_haul(&self) -> Option<(usize, &'a Event<'a>)> {
        self.live()
            .find(|(_, event)| matches!(event.happening, Happening::Departed(Leg::LineHaul)))
    }

    /// The first sign-off.
    pub fn first_delivery(&self) -> Option<(usize, &'a Event<'a>)> {
        self.live()
            .find(|(_, event)| matches!(event.happening, Happening::Delivered))
    }

    /// The first move after a place in canonical order: a departure, a delivery, or an arrival at another site.
    pub fn move_after(&self, place: usize, site: &str) -> Option<(usize, &'a Event<'a>)> {
        self.moves_after(place, site).next()
    }

    /// All moves after a place in canonical order.
    pub fn moves_after<'s>(
        &self,
        place: usize,
        site: &'s str,
    ) -> impl Iterator<Item = (usize, &'a Event<'a>)> + use<'a, 's> {
        self.movements().filter(move |(at, event)| {
            *at > place && (!matches!(event.happening, Happening::Arrived(_)) || event.site != site)
        })
    }

    /// A site of the parcel's brand, as on file at the reference instant.
    pub fn site(&self, key: &str) -> Lookup<&'a Site> {
        self.registry.site(self.brand(), key, self.reference())
    }

    /// When what is missing counts as missing: `max(deadline, intake of what made it due)`, moved to the end of an outage
    /// of the site in which it lies, and the grace.
    pub fn due(&self, deadline: Timestamp, intake: Timestamp, site: &str, grace: Span) -> Timestamp {
        let base = deadline.max(intake);
        self.registry
            .outage_end(self.brand(), site, base)
            .unwrap_or(base)
            .plus(grace)
    }
}

/// What is known of a parcel beside its events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks<'a> {
    /// What patterns across parcels say of it.
    pub hits: &'a [Mark],
    /// Its waybill was used before, for a parcel of another sender that is retired (LC-02).
    pub reused: bool,
}

/// A pattern across parcels that takes a duty's credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The rule, such as RN-08.
    pub code: Code,
    /// The duty.
    pub duty: Duty,
}

/// The counting acceptance.
#[derive(Clone, Copy, Debug)]
pub struct Acceptance<'a> {
    /// Its place in canonical order.
    pub place: usize,
    /// The event.
    pub event: &'a Event<'a>,
    /// What was accepted.
    pub accepted: &'a Accepted<'a>,
}

/// Whether an event is a departure, an arrival or a delivery.
pub fn is_movement(event: &Event<'_>) -> bool {
    matches!(
        event.happening,
        Happening::Departed(_) | Happening::Arrived(_) | Happening::Delivered
    )
}

/// Ids of some events.
pub(crate) fn ids<'e, 'a: 'e>(events: impl IntoIterator<Item = &'e Event<'a>>) -> Vec<EventId> {
    events.into_iter().map(|event| event.id).collect()
}
