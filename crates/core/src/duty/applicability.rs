//! Which duties apply. Looks at no evidence, save `returned`.

use super::{Cause, Ground};
use crate::case::{Acceptance, Case};
use crate::event::{Kinds, Place, Route, Transport};
use crate::registry::{Agreement, Lookup};
use crate::rules::ClassO;
use crate::time::{Span, Timestamp};

/// What became of a parcel, as far as it decides which duties apply.
#[derive(Clone, Copy, Debug)]
pub enum Course<'a> {
    /// Accepted from its sender, and counted.
    Accepted(Acceptance<'a>),
    /// Taken out, or never accepted: no duty applies.
    Out(Ground),
    /// Came from outside the register: only a second screening may be due.
    Inbound,
    /// Moved or screened without an acceptance, which may still come.
    Awaited,
    /// Moved or screened without an acceptance, and nobody can tell.
    Unknown(Cause),
}

impl<'a> Course<'a> {
    /// The acceptance of a parcel that counts.
    pub fn acceptance(&self) -> Option<Acceptance<'a>> {
        if let Self::Accepted(acceptance) = self {
            Some(*acceptance)
        } else {
            None
        }
    }

    /// What became of the parcel.
    pub fn of(case: &Case<'a>) -> Self {
        let moved = || case.first_movement().is_some();
        if is_voided(case) && !moved() {
            return Self::Out(Ground::Voided);
        }
        let Some(acceptance) = case.acceptance() else {
            return Self::without_acceptance(case, moved());
        };
        if is_rejected_after(case, acceptance.place) && !moved() {
            return Self::Out(Ground::Rejected);
        }
        Self::Accepted(acceptance)
    }

    fn without_acceptance(case: &Case<'a>, moved: bool) -> Self {
        if !moved {
            if case.has(Kinds::REJECTED) {
                return Self::Out(Ground::Rejected);
            }
            if !case.has(Kinds::XRAY_SCREENED) {
                return Self::Out(Ground::NotAccepted);
            }
        }
        let origin = case
            .first_movement()
            .and_then(|(_, event)| event.happening.arrived_from())
            .map(|from| case.registers.knows_site(from));
        let wait = Span::hours(case.rules.spans.unreported_after_intake_h.into());
        let until = case.first_intake().unwrap_or(Timestamp::MIN).plus(wait);
        match origin {
            Some(Lookup::Absent) => Self::Inbound,
            _ if !case.has_come(until) => Self::Awaited,
            Some(Lookup::NoRegister) => Self::Unknown(Cause::NoSiteRegister),
            Some(Lookup::Found(())) | None => Self::Unknown(Cause::NoAcceptance),
        }
    }
}

/// Whether the waybill was cancelled.
pub(crate) fn is_voided(case: &Case<'_>) -> bool {
    case.has(Kinds::VOIDED)
}

/// Whether the parcel was sent back at the counter after its acceptance.
pub(crate) fn is_rejected_after(case: &Case<'_>, acceptance: usize) -> bool {
    case.live_of(Kinds::REJECTED).any(|(place, _)| place > acceptance)
}

/// What the agreement is worth that an acceptance claims.
#[derive(Clone, Copy, Debug)]
pub enum AgreementClaim<'a> {
    /// None is claimed.
    None,
    /// It is valid.
    Valid(&'a Agreement),
    /// It is not, for a reason (AG-01).
    Invalid(&'static str),
    /// There is no register to ask.
    NoRegister,
}

impl<'a> AgreementClaim<'a> {
    /// What the claimed agreement is worth on the day of the acceptance.
    pub fn of(case: &Case<'a>, acceptance: &Acceptance<'a>) -> Self {
        let (event, number) = (acceptance.event, acceptance.accepted.agreement);
        if number.is_empty() {
            return Self::None;
        }
        let day = event.occurred_at.civil_day();
        match case.registers.agreement(number, event.occurred_at) {
            Lookup::NoRegister => Self::NoRegister,
            Lookup::Absent => Self::Invalid("unknown"),
            Lookup::Found(agreement) => {
                if agreement.signed_on.is_none_or(|signed| signed > day) {
                    Self::Invalid("not_signed")
                } else if agreement.filed_on.is_none_or(|filed| filed > day) {
                    Self::Invalid("not_filed")
                } else if !agreement.term.contains(day) {
                    Self::Invalid("expired")
                } else if !agreement.sites.is_empty() && !agreement.sites.contains(event.site) {
                    Self::Invalid("wrong_site")
                } else {
                    Self::Valid(agreement)
                }
            }
        }
    }
}

/// Whether statute wants a parcel screened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Air, high-speed rail, international, HK-MO-TW, inter-province, or to a key area.
    M,
    /// The rest.
    O,
    /// Route or transport not stated, and what is stated does not decide.
    Unclear,
}

/// The route that counts: the wider of the declared one and that between the places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountingRoute {
    /// As declared.
    pub declared: Option<Route>,
    /// Between the registered place of the accepting site and the destination.
    pub between_places: Option<Route>,
}

impl CountingRoute {
    /// Of an acceptance.
    pub fn of<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>) -> Self {
        let origin = case.site(acceptance.event.site).found().and_then(|site| site.place);
        let between_places = origin
            .zip(acceptance.accepted.destination)
            .and_then(|(origin, destination)| route_between(origin, destination));
        Self {
            declared: acceptance.accepted.route,
            between_places,
        }
    }

    /// The wider of the two.
    pub fn widest(self) -> Option<Route> {
        self.declared.max(self.between_places)
    }

    /// Whether the declaration is narrower than the places (DQ-02).
    pub fn is_narrower(self) -> bool {
        self.declared
            .zip(self.between_places)
            .is_some_and(|(declared, between)| declared < between)
    }
}

/// 4 digits equal: same city; 2: same province; 71, 81, 82: HK-MO-TW. Where a code does not go far enough to tell, the
/// nearer is taken, for it accuses nobody.
fn route_between(origin: Place, destination: Place) -> Option<Route> {
    let (from, to) = (origin.prefix(2)?, destination.prefix(2)?);
    if from != to {
        let outside = |province: u64| matches!(province, 71 | 81 | 82);
        return Some(if outside(from) || outside(to) {
            Route::HkMoTw
        } else {
            Route::InterProvince
        });
    }
    match (origin.prefix(4), destination.prefix(4)) {
        (Some(from), Some(to)) if from != to => Some(Route::IntraProvince),
        _ => Some(Route::SameCity),
    }
}

/// Class M or O of an accepted parcel.
pub fn class<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>) -> Class {
    let accepted = acceptance.accepted;
    let route = CountingRoute::of(case, acceptance).widest();
    let key_area = accepted
        .destination
        .is_some_and(|place| case.registers.in_key_area(place, acceptance.event.occurred_at));
    let by_transport = matches!(accepted.transport, Some(Transport::Air | Transport::HighSpeedRail));
    if key_area || by_transport || route.is_some_and(|route| route >= Route::InterProvince) {
        Class::M
    } else if route.is_none() || accepted.transport.is_none() {
        Class::Unclear
    } else {
        Class::O
    }
}

/// Whether and why an accepted parcel needs no screening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreeningDuty {
    /// It must be screened; under class M for XR-01, else for XR-02.
    Applies {
        /// Whether statute wants it.
        statutory: bool,
    },
    /// It need not, on a ground.
    Exempt(Ground),
    /// It depends on what nobody stated.
    Unclear,
}

/// Whether an accepted parcel must be screened; a return is not looked at.
pub fn screening<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, agreement: AgreementClaim<'a>) -> ScreeningDuty {
    let exempts = &case.rules.exemptions.xray;
    if acceptance.accepted.letter && exempts.contains("letter") {
        return ScreeningDuty::Exempt(Ground::Letter);
    }
    let valid = match agreement {
        AgreementClaim::Valid(agreement) => Some(agreement),
        AgreementClaim::None | AgreementClaim::Invalid(_) | AgreementClaim::NoRegister => None,
    };
    if valid.is_some() && exempts.contains("agreement") {
        return ScreeningDuty::Exempt(Ground::Agreement);
    }
    match (class(case, acceptance), case.profile.class_o) {
        (Class::M, _) => {
            let special = valid.is_some_and(|agreement| agreement.special_way);
            if special && case.profile.special_way && allows_special_way(case, acceptance) {
                ScreeningDuty::Exempt(Ground::SpecialWay)
            } else {
                ScreeningDuty::Applies { statutory: true }
            }
        }
        (Class::O | Class::Unclear, ClassO::Required) => ScreeningDuty::Applies { statutory: false },
        (Class::O, ClassO::AsNeeded) => ScreeningDuty::Exempt(Ground::AsNeeded),
        (Class::Unclear, ClassO::AsNeeded) => ScreeningDuty::Unclear,
    }
}

/// Inter-province by road or water, and no key area.
fn allows_special_way<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>) -> bool {
    let accepted = acceptance.accepted;
    let key_area = accepted
        .destination
        .is_some_and(|place| case.registers.in_key_area(place, acceptance.event.occurred_at));
    CountingRoute::of(case, acceptance).widest() == Some(Route::InterProvince)
        && matches!(accepted.transport, Some(Transport::Road | Transport::Water))
        && !key_area
}
