//! From reports to a set: copies, conflicts, retractions, canonical order.

use crate::event::{Event, EventId, Kinds};
use crate::time::Timestamp;

/// One event of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// The event: of two contents under one id the one with the smaller digest, with the earliest intake and upload of its
    /// copies.
    pub event: Event<'a>,
    /// The id came with two contents (DQ-03).
    pub conflicted: bool,
    /// Its source took it back.
    pub retracted: bool,
    /// What happened.
    pub(crate) kinds: Kinds,
}

impl<'a> Item<'a> {
    /// An event that nobody has taken back yet.
    #[inline]
    pub(crate) fn of(event: Event<'a>, conflicted: bool) -> Self {
        Self {
            kinds: Kinds::of(&event.happening),
            event,
            conflicted,
            retracted: false,
        }
    }

    /// Whether it counts: neither retracted nor itself a retraction.
    pub fn is_live(&self) -> bool {
        !self.retracted && !self.kinds.has_any(Kinds::RETRACTED)
    }
}

/// What two reports under one source and id are together. Commutative and associative.
///
/// Equal digests are copies: the earliest intake and the earliest upload count. Of different digests the smaller counts.
pub fn merge<'a>(mine: (Event<'a>, bool), theirs: (Event<'a>, bool)) -> (Event<'a>, bool) {
    let ((mine, my_conflict), (theirs, their_conflict)) = (mine, theirs);
    if mine.digest != theirs.digest {
        let smaller = if mine.digest < theirs.digest { mine } else { theirs };
        return (smaller, true);
    }
    let upload_at = mine.upload_at().min(theirs.upload_at());
    let intake_at = mine.intake_at.min(theirs.intake_at);
    (
        Event {
            uploaded_at: Some(upload_at),
            intake_at,
            ..mine
        },
        my_conflict || their_conflict,
    )
}

/// The set of events of one parcel in canonical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence<'a> {
    items: Vec<Item<'a>>,
}

impl<'a> Evidence<'a> {
    /// From reports in any order, with any copies: the same for every order and repetition.
    pub fn of(reports: impl IntoIterator<Item = Event<'a>>) -> Self {
        Self::of_merged(reports.into_iter().map(|event| (event, false)))
    }

    /// From reports of which some were merged before; the flag says that an id came with two contents.
    pub fn of_merged(reports: impl IntoIterator<Item = (Event<'a>, bool)>) -> Self {
        let mut reports: Vec<(Event<'a>, bool)> = reports.into_iter().collect();
        if is_set(&reports) {
            return Self::of_set(reports);
        }
        reports.sort_by(|(a, _), (b, _)| (a.source, a.id, a.digest).cmp(&(b.source, b.id, b.digest)));
        let mut set: Vec<(Event<'a>, bool)> = Vec::with_capacity(reports.len());
        for report in reports {
            match set.last_mut() {
                Some(last) if (last.0.source, last.0.id) == (report.0.source, report.0.id) => {
                    *last = merge(*last, report)
                }
                _ => set.push(report),
            }
        }
        Self::of_set(set)
    }

    /// From a set, in any order: whoever calls it has merged the reports under one source and id. The flag says that they
    /// had two contents.
    pub fn of_set(set: impl IntoIterator<Item = (Event<'a>, bool)>) -> Self {
        let set = set.into_iter();
        let mut items: Vec<Item<'a>> = Vec::with_capacity(set.size_hint().1.map_or(USUAL, |most| most.min(USUAL)));
        items.extend(set.map(|(event, conflicted)| Item::of(event, conflicted)));
        if items.iter().any(|item| item.kinds.has_any(Kinds::RETRACTED)) {
            retract(&mut items);
        }
        items.sort_by(|a, b| {
            let order = |event: &Event<'a>| (event.occurred_at, event.intake_at);
            let name = |event: &Event<'a>| (event.source, event.id);
            order(&a.event)
                .cmp(&order(&b.event))
                .then_with(|| name(&a.event).cmp(&name(&b.event)))
        });
        Self { items }
    }

    /// The counting acceptance: the first in canonical order that is not retracted.
    pub fn acceptance(&self) -> Option<&Event<'a>> {
        let mut live = self.items.iter().filter(|item| item.is_live());
        live.find(|item| item.kinds.has_any(Kinds::ACCEPTED))
            .map(|item| &item.event)
    }

    /// The instant as of which rules and registers count: the acceptance, else the earliest event that counts, else the
    /// earliest; `None` where there are no events.
    pub fn reference(&self) -> Option<Timestamp> {
        let live = || self.items.iter().find(|item| item.is_live());
        let earliest = || live().or_else(|| self.items.first()).map(|item| item.event.occurred_at);
        self.acceptance().map(|event| event.occurred_at).or_else(earliest)
    }

    /// The earliest intake of any event.
    pub fn first_intake(&self) -> Option<Timestamp> {
        self.items.iter().map(|item| item.event.intake_at).min()
    }

    /// The events in canonical order.
    pub fn items(&self) -> &[Item<'a>] {
        &self.items
    }
}

/// Room that is made at first: for the events of most parcels.
const USUAL: usize = 8;

/// Reports of up to so many events are compared each with each.
const FEW: usize = 24;

/// Whether it is seen at once that no two reports are of one event. A parcel has few.
fn is_set(reports: &[(Event<'_>, bool)]) -> bool {
    if reports.len() > FEW {
        return false;
    }
    let mut rest = reports;
    while let [(one, _), others @ ..] = rest {
        if others.iter().any(|(other, _)| other.id == one.id) {
            return false;
        }
        rest = others;
    }
    true
}

/// Marks what was taken back.
fn retract(items: &mut [Item<'_>]) {
    let retractions: Vec<(&str, EventId)> = items
        .iter()
        .filter_map(|item| Some((item.event.source, item.event.happening.retracts()?)))
        .collect();
    for item in items {
        let name = (item.event.source, item.event.id);
        item.retracted = item.event.happening.retracts().is_none() && retractions.contains(&name);
    }
}
