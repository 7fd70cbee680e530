//! From reports to a set: copies, conflicts, retractions, canonical order.

use crate::event::{Event, EventId};

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
}

impl Item<'_> {
    /// Whether it counts: neither retracted nor itself a retraction.
    pub fn is_live(&self) -> bool {
        !self.retracted && self.event.happening.retracts().is_none()
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
    pub fn of_set(set: Vec<(Event<'a>, bool)>) -> Self {
        let retractions: Vec<(&str, EventId)> = set
            .iter()
            .filter_map(|(event, _)| Some((event.source, event.happening.retracts()?)))
            .collect();
        let mut items: Vec<Item<'a>> = set
            .into_iter()
            .map(|(event, conflicted)| {
                let retracted = event.happening.retracts().is_none() && retractions.contains(&(event.source, event.id));
                Item {
                    event,
                    conflicted,
                    retracted,
                }
            })
            .collect();
        items.sort_by(|a, b| {
            let order = |event: &Event<'a>| (event.occurred_at, event.intake_at, event.source, event.id);
            order(&a.event).cmp(&order(&b.event))
        });
        Self { items }
    }

    /// The events in canonical order.
    pub fn items(&self) -> &[Item<'a>] {
        &self.items
    }
}
