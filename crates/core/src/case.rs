//! A case: the evidence of one parcel in canonical order, and everything that it is judged by.

mod evidence;
mod queries;

pub use evidence::{Evidence, Item, merge};

use core::cell::Cell;

use crate::event::{Accepted, Event, EventId, Kinds};
use crate::finding::Code;
use crate::registry::{BrandView, Lookup, RegistryView, Site};
use crate::rules::{Duty, Profile, RuleSet};
use crate::time::{Span, Timestamp};

/// A site, and what the register says of it.
type SiteFound<'a> = (&'a str, Lookup<&'a Site>);

/// The evidence of one parcel, and everything that it is judged by. All judging reads this and nothing else.
#[derive(Debug)]
pub struct Case<'a> {
    /// All events of the set in canonical order (occurred, intake, source, id), retracted ones included.
    items: &'a [Item<'a>],
    /// Rules in force at the acceptance.
    pub rules: &'a RuleSet,
    /// Profile that decides.
    pub profile: &'a Profile,
    /// Registers of the brand as known at R.
    pub registers: BrandView<'a>,
    /// What the events themselves do not say.
    pub marks: Marks<'a>,
    /// The clock.
    now: Timestamp,
    /// The earliest moment asked for that has not come yet.
    next: Cell<Option<Timestamp>>,
    /// Kinds of which one more event would have been looked at.
    awaited: Cell<Kinds>,
    /// A moment that was asked for, and kinds of which one more event would make nobody ask for it.
    idle: Cell<Option<(Timestamp, Kinds)>>,
    /// What happened, as far as it counts: nobody looks for what is not there.
    kinds: Kinds,
    /// Place of the counting acceptance in `items`.
    accepted: Option<usize>,
    /// Place of the first movement.
    moved: Option<usize>,
    /// The instant as of which rules and registers count.
    reference: Timestamp,
    /// Sites that were looked up last.
    sites: Cell<[Option<SiteFound<'a>>; 2]>,
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
        let (mut kinds, mut accepted, mut live) = (Kinds::NONE, None, None);
        for (place, item) in items.iter().enumerate().filter(|(_, item)| item.is_live()) {
            kinds = kinds.with(item.kinds);
            live = live.or(Some(item));
            if accepted.is_none() && item.kinds.has_any(Kinds::ACCEPTED) {
                accepted = Some(place);
            }
        }
        let reference = accepted.and_then(|place| items.get(place)).or(live).or(items.first());
        let brand = items.first().map_or("", |item| item.event.brand);
        let mut case = Self {
            items,
            rules,
            profile,
            registers: registry.of_brand(brand),
            marks,
            now,
            next: Cell::new(None),
            awaited: Cell::new(if accepted.is_none() {
                Kinds::ACCEPTED
            } else {
                Kinds::NONE
            }),
            idle: Cell::new(None),
            kinds,
            accepted,
            moved: None,
            reference: reference.map_or(now, |item| item.event.occurred_at),
            sites: Cell::new([None; 2]),
        };
        case.moved = case.first_move();
        case
    }

    /// The same as of an instant that other events decide.
    #[must_use]
    pub fn as_of(self, reference: Timestamp) -> Self {
        Self { reference, ..self }
    }

    /// Whether a moment has come by the clock. The only question that judging asks of the clock.
    pub fn has_come(&self, due: Timestamp) -> bool {
        let has_come = self.now >= due;
        if !has_come {
            self.next.set(Some(self.next.get().map_or(due, |next| next.min(due))));
        }
        has_come
    }

    /// The same where an event of some kinds would make the question idle.
    pub(crate) fn has_come_without(&self, kinds: Kinds, due: Timestamp) -> bool {
        let has_come = self.has_come(due);
        if has_come {
            self.awaits(kinds);
        } else {
            self.idle.set(Some((due, kinds)));
        }
        has_come
    }

    /// The earliest moment that was asked for and has not come: before it no answer changes.
    pub fn next_change(&self) -> Option<Timestamp> {
        self.next.get()
    }

    /// The instant as of which rules and registers count: the acceptance, else the earliest event.
    pub const fn reference(&self) -> Timestamp {
        self.reference
    }

    /// A site of the parcel's brand, as on file at the reference instant.
    pub fn site(&self, key: &'a str) -> Lookup<&'a Site> {
        // Events of a parcel mostly happen where one of the last did.
        let [last, other] = self.sites.get();
        for (known, site) in [last, other].into_iter().flatten() {
            if known == key {
                return site;
            }
        }
        let site = self.registers.site(key, self.reference);
        self.sites.set([Some((key, site)), last]);
        site
    }

    /// When what is missing counts as missing: `max(deadline, intake of what made it due)`, moved to the end of an outage
    /// of the site in which it lies, and the grace.
    pub fn due(&self, deadline: Timestamp, intake: Timestamp, site: &str, grace: Span) -> Timestamp {
        let base = deadline.max(intake);
        self.registers.outage_end(site, base).unwrap_or(base).plus(grace)
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

/// Ids of some events.
pub(crate) fn ids<'e, 'a: 'e>(events: impl IntoIterator<Item = &'e Event<'a>>) -> Vec<EventId> {
    events.into_iter().map(|event| event.id).collect()
}
