//! What judging may ask of the events of a case.
//!
//! Whoever reads to the end of what there is would have met one more: the case takes note of it. So a case knows which
//! kinds of events were looked for in vain, or all of them looked at, and another event that comes behind the others in
//! canonical order and is of no such kind changes no answer: it changes nothing of the verdict. Rules that look at each
//! event by itself ask for [`Case::reported`], which takes no note: they must say of one event what they say of it among
//! others.

use core::iter::Enumerate;
use core::slice;

use super::{Acceptance, Case, Item};
use crate::event::{Event, EventId, Happening, Kinds};
use crate::time::Timestamp;

/// Events of some kinds in canonical order, with their places in it.
#[derive(Clone, Debug)]
pub(crate) struct Found<'c, 'a> {
    case: &'c Case<'a>,
    items: Enumerate<slice::Iter<'a, Item<'a>>>,
    kinds: Kinds,
}

impl<'a> Iterator for Found<'_, 'a> {
    type Item = (usize, &'a Event<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let found = self
            .items
            .find(|(_, item)| !item.retracted && item.kinds.has_any(self.kinds));
        if found.is_none() {
            self.case.awaits(self.kinds);
        }
        found.map(|(place, item)| (place, &item.event))
    }
}

impl<'a> Case<'a> {
    /// Takes note that another event of some kinds would have been looked at.
    #[inline]
    pub(crate) fn awaits(&self, kinds: Kinds) {
        self.awaited.set(self.awaited.get().with(kinds));
    }

    /// Kinds of which another event, behind the others in canonical order, may change something.
    pub(crate) fn awaited(&self) -> Kinds {
        // Nobody looks at a parcel earlier because of a moment that is not the next.
        let next = self.next_change();
        let idle = self.idle.get().filter(|(due, _)| Some(*due) == next);
        self.awaited.get().with(idle.map_or(Kinds::NONE, |(_, kinds)| kinds))
    }

    /// Whether anything of some kinds happened that counts.
    pub(crate) fn has(&self, kinds: Kinds) -> bool {
        let has = self.kinds.has_any(kinds);
        if !has {
            self.awaits(kinds);
        }
        has
    }

    /// The events of some kinds that count: not retracted. With their places in canonical order.
    pub(crate) fn live_of(&self, kinds: Kinds) -> Found<'_, 'a> {
        let items: &[Item<'a>] = if self.has(kinds) { self.items } else { &[] };
        Found {
            case: self,
            items: items.iter().enumerate(),
            kinds,
        }
    }

    /// The same up to an instant. An event behind all others comes later than they, so it seldom matters.
    pub(crate) fn until(
        &self,
        at: Timestamp,
        kinds: Kinds,
    ) -> impl DoubleEndedIterator<Item = (usize, &'a Event<'a>)> + use<'a> {
        if self.latest().is_none_or(|latest| latest < at) {
            self.awaits(kinds);
        }
        let items = self.items.iter().enumerate();
        items
            .filter(move |(_, item)| !item.retracted && item.kinds.has_any(kinds) && item.event.occurred_at <= at)
            .map(|(place, item)| (place, &item.event))
    }

    /// When the last event in canonical order happened. Another one behind it happens later.
    pub(crate) fn latest(&self) -> Option<Timestamp> {
        self.items.last().map(|item| item.event.occurred_at)
    }

    /// The first event of some kinds, where whoever asks takes note of what is awaited.
    pub(crate) fn peek(&self, kinds: Kinds) -> Option<(usize, &'a Event<'a>)> {
        let mut items = self.items.iter().enumerate();
        let found = items.find(|(_, item)| !item.retracted && item.kinds.has_any(kinds));
        found.map(|(place, item)| (place, &item.event))
    }

    /// The last event of some kinds, where whoever asks takes note of what is awaited.
    pub(crate) fn peek_last(&self, kinds: Kinds) -> Option<(usize, &'a Event<'a>)> {
        let mut items = self.items.iter().enumerate().rev();
        let found = items.find(|(_, item)| !item.retracted && item.kinds.has_any(kinds));
        found.map(|(place, item)| (place, &item.event))
    }

    /// The events of some kinds that count, from the last to the first.
    pub(crate) fn last_of(&self, kinds: Kinds) -> impl Iterator<Item = (usize, &'a Event<'a>)> + use<'a> {
        self.awaits(kinds);
        let items: &[Item<'a>] = if self.has(kinds) { self.items } else { &[] };
        let items = items.iter().enumerate().rev();
        items
            .filter(move |(_, item)| !item.retracted && item.kinds.has_any(kinds))
            .map(|(place, item)| (place, &item.event))
    }

    /// The events that count: not retracted, and no retraction.
    pub(crate) fn live(&self) -> Found<'_, 'a> {
        self.live_of(Kinds::LIVE)
    }

    /// All events of some kinds, retracted ones included.
    pub(crate) fn all_of(&self, kinds: Kinds) -> impl Iterator<Item = (usize, &'a Item<'a>)> + use<'a> {
        self.awaits(kinds);
        let items = self.items.iter().enumerate();
        items.filter(move |(_, item)| item.kinds.has_any(kinds))
    }

    /// The events that nobody took back, retractions among them, for rules that look at each by itself.
    pub(crate) fn reported(&self) -> impl Iterator<Item = (usize, &'a Item<'a>)> + use<'a> {
        let items = self.items.iter().enumerate();
        items.filter(|(_, item)| !item.retracted)
    }

    /// The event at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&'a Event<'a>> {
        self.items.get(place).map(|item| &item.event)
    }

    /// Places of some events, of which no other has the ids.
    pub(crate) fn places(&self, ids: &[EventId]) -> Vec<usize> {
        let items = self.items.iter().enumerate();
        items
            .filter(|(_, item)| ids.contains(&item.event.id))
            .map(|(place, _)| place)
            .collect()
    }

    /// The counting acceptance: the first in canonical order that is not retracted.
    pub(crate) fn acceptance(&self) -> Option<Acceptance<'a>> {
        let event = self.at(self.accepted?)?;
        Some(Acceptance {
            place: self.accepted?,
            event,
            accepted: event.happening.as_accepted()?,
        })
    }

    /// Any event that counts; the first in canonical order, else the first of all.
    pub(crate) fn first(&self) -> Option<&'a Event<'a>> {
        self.live().map(|(_, event)| event).next().or_else(|| self.at(0))
    }

    /// Brand of the parcel.
    pub(crate) fn brand(&self) -> &'a str {
        self.at(0).map_or("", |event| event.brand)
    }

    /// The earliest intake of any event.
    pub(crate) fn first_intake(&self) -> Option<Timestamp> {
        self.items.iter().map(|item| item.event.intake_at).min()
    }

    /// Departures, deliveries, and arrivals at another site than the accepting one.
    pub(crate) fn movements(&self) -> impl Iterator<Item = (usize, &'a Event<'a>)> {
        self.live_of(Kinds::MOVEMENTS).filter(self.is_away())
    }

    /// Whether it is no arrival at the accepting site.
    fn is_away(&self) -> impl Fn(&(usize, &'a Event<'a>)) -> bool + use<'a> {
        let accepting = self.acceptance().map(|acceptance| acceptance.event.site);
        move |(_, event)| !matches!(event.happening, Happening::Arrived(_)) || Some(event.site) != accepting
    }

    /// The place of the first movement.
    pub(super) fn first_move(&self) -> Option<usize> {
        let items = self.items.iter().enumerate();
        let mut moves = items
            .filter(|(_, item)| !item.retracted && item.kinds.has_any(Kinds::MOVEMENTS))
            .map(|(place, item)| (place, &item.event));
        moves.find(self.is_away()).map(|(place, _)| place)
    }

    /// The first movement in canonical order.
    pub(crate) fn first_movement(&self) -> Option<(usize, &'a Event<'a>)> {
        if self.moved.is_none() {
            self.awaits(Kinds::MOVEMENTS);
        }
        self.peek_movement()
    }

    /// The same, where whoever asks takes note of what is awaited.
    pub(crate) fn peek_movement(&self) -> Option<(usize, &'a Event<'a>)> {
        let place = self.moved?;
        Some((place, self.at(place)?))
    }

    /// The first movement up to an instant.
    pub(crate) fn movement_until(&self, at: Timestamp) -> Option<(usize, &'a Event<'a>)> {
        self.until(at, Kinds::MOVEMENTS).find(self.is_away())
    }

    /// The first departure out of the origin network.
    pub(crate) fn first_line_haul(&self) -> Option<(usize, &'a Event<'a>)> {
        self.live_of(Kinds::LINE_HAUL).next()
    }

    /// The first move after a place in canonical order: a departure, a delivery, or an arrival at another site.
    pub(crate) fn move_after(&self, place: usize, site: &str) -> Option<(usize, &'a Event<'a>)> {
        self.moves_after(place, site).next()
    }

    /// All moves after a place in canonical order.
    pub(crate) fn moves_after(&self, place: usize, site: &str) -> impl Iterator<Item = (usize, &'a Event<'a>)> {
        self.movements().filter(move |(at, event)| {
            *at > place && (!matches!(event.happening, Happening::Arrived(_)) || event.site != site)
        })
    }
}
