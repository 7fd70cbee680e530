//! Screenings beside the first one: suspect images (XR-06), second screenings (XR-03), marks (XR-09).

use crate::case::{Case, ids};
use crate::duty::inspection::missing_field;
use crate::duty::xray::{Screening, screenings};
use crate::event::{Event, EventId, Happening, Kinds, Mark, OpenCheckResult, XrayScreened};
use crate::finding::{Code, Findings, Value};
use crate::time::Timestamp;

/// A suspect image that was not cleared before the next move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uncleared<'a> {
    image: (usize, &'a Event<'a>),
    moved: (usize, &'a Event<'a>),
}

impl<'a> Uncleared<'a> {
    /// The first that stands by now: the clock has passed the move, its intake and the grace.
    pub(crate) fn find(case: &Case<'a>) -> Option<Self> {
        suspects(case).find_map(|(place, event, screened)| {
            let moved = case.move_after(place, event.site)?;
            let due = case.due(
                moved.1.occurred_at,
                moved.1.intake_at,
                moved.1.site,
                case.rules.spans.urgent_grace(),
            );
            let is_cleared = case
                .live()
                .any(|(_, other)| clears(other, event, screened, moved.1.occurred_at));
            (!is_cleared && case.has_come(due)).then_some(Self {
                image: (place, event),
                moved,
            })
        })
    }

    /// The image and the move.
    pub(crate) fn events(&self) -> Vec<EventId> {
        ids([self.image.1, self.moved.1])
    }

    /// When the parcel moved on.
    pub(crate) fn moved_at(&self) -> Timestamp {
        self.moved.1.occurred_at
    }

    /// Raises XR-06.
    pub(crate) fn raise(&self, findings: &mut Findings<'_, 'a>) {
        findings.raise(
            Code::Xr06,
            &[self.image.0, self.moved.0],
            &[
                ("imageAt", Value::Time(self.image.1.occurred_at)),
                ("movedAt", Value::Time(self.moved_at())),
            ],
        );
    }
}

/// Suspect images; a retraction never removes one.
fn suspects<'a>(case: &Case<'a>) -> impl Iterator<Item = Screening<'a>> {
    case.all_of(Kinds::SUSPECT)
        .filter_map(|(place, item)| Some((place, &item.event, item.event.happening.as_xray_screened()?)))
}

/// An open check that passes or a release, by somebody else than the screener, not before the image and not after the move.
fn clears(other: &Event<'_>, image: &Event<'_>, screened: &XrayScreened<'_>, moved_at: Timestamp) -> bool {
    let is_clearance = other.happening == Happening::Released
        || other
            .happening
            .as_open_checked()
            .is_some_and(|check| check.result == OpenCheckResult::Pass);
    let screener = if screened.screener.is_empty() {
        image.operator
    } else {
        screened.screener
    };
    is_clearance
        && !other.operator.is_empty()
        && other.operator != screener
        && (image.occurred_at..=moved_at).contains(&other.occurred_at)
}

/// How the second screening of a parcel to a key area stands (二次安检).
#[derive(Clone, Copy, Debug)]
pub(crate) enum SecondScreening<'a> {
    /// No key area asks for it.
    NotAsked,
    /// It may still come.
    Pending {
        /// The delivery; `None` before it.
        deadline: Option<Timestamp>,
    },
    /// Done.
    Done {
        /// The screening.
        event: &'a Event<'a>,
        /// When it would have counted as missing.
        due: Timestamp,
    },
    /// Delivered without.
    Missed {
        /// The delivery.
        delivery: (usize, &'a Event<'a>),
    },
}

impl<'a> SecondScreening<'a> {
    /// What says where the parcel is to be screened: its last arrival before it was delivered, or the delivery.
    pub(crate) const ENDS: Kinds = Kinds::ARRIVED.with(Kinds::DELIVERED);

    /// Whether an event surely lies outside of all key areas: whoever comes to ask for a second screening because of it is
    /// told that none is.
    pub(crate) fn is_outside_key_areas(case: &Case<'a>, event: &Event<'a>) -> bool {
        let place = case.site(event.site).found();
        let place = place.and_then(|site| site.place);
        place.is_some_and(|place| !case.registers.in_key_area(place, event.occurred_at))
    }

    /// How it stands for a parcel that only its delivery can make fail: before it, nobody asks.
    pub(crate) fn of_delivered(case: &Case<'a>) -> Self {
        // A delivery behind all others is awaited where it may matter: see `is_outside_key_areas`.
        if case.peek(Kinds::DELIVERED).is_some() {
            Self::of(case)
        } else {
            Self::NotAsked
        }
    }

    /// How it stands.
    pub(crate) fn of(case: &Case<'a>) -> Self {
        // An arrival or a delivery behind all others is awaited where it may matter: see `is_outside_key_areas`. What lies
        // outside of them changes what is pending alone, and that is awaited below.
        let delivery = case.peek(Kinds::DELIVERED);
        let Some((end_place, end)) = delivery.or_else(|| case.peek_last(Kinds::ARRIVED)) else {
            return Self::NotAsked;
        };
        let destination = case.acceptance().and_then(|acceptance| acceptance.accepted.destination);
        let place = case.site(end.site).found().and_then(|site| site.place).or(destination);
        if !place.is_some_and(|place| case.registers.in_key_area(place, end.occurred_at)) {
            return Self::NotAsked;
        }
        let Some(delivery) = delivery else {
            case.awaits(Self::ENDS);
            return Self::Pending { deadline: None };
        };
        let due = case.due(end.occurred_at, end.intake_at, end.site, case.rules.spans.grace());
        let from = case
            .last_of(Kinds::ARRIVED)
            .find(|(place, _)| *place < end_place)
            .map(|(_, event)| event.occurred_at);
        let done = screenings(case).find(|(_, event, screened)| {
            screened.at_destination
                && screened.mark != Mark::NONE
                && from.is_none_or(|from| from <= event.occurred_at)
                && event.occurred_at <= end.occurred_at
        });
        match done {
            Some((_, event, _)) => Self::Done { event, due },
            None if case.has_come(due) => Self::Missed { delivery },
            None => Self::Pending {
                deadline: Some(end.occurred_at),
            },
        }
    }

    /// Raises XR-03.
    pub(crate) fn raise(&self, findings: &mut Findings<'_, 'a>) {
        match self {
            Self::Missed {
                delivery: (place, event),
            } => {
                let delivered_at = ("deliveredAt", Value::Time(event.occurred_at));
                findings.raise(
                    Code::Xr03,
                    &[*place],
                    &[delivered_at, ("deliveringSite", Value::Word(event.site))],
                );
            }
            Self::NotAsked | Self::Pending { .. } | Self::Done { .. } => {}
        }
    }
}

/// XR-09: a screening without a complete security mark.
pub(crate) fn mark((place, _, screened): Screening<'_>, findings: &mut Findings<'_, '_>) {
    if !screened.mark.has(Mark::SECURITY) {
        findings.raise(
            Code::Xr09,
            &[place],
            &[("missing", Value::Word(missing_field(screened.mark)))],
        );
    }
}
