//! From messages to what `sanbai-core` judges.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use sanbai_core::document::{DocumentKind, Grade, KindSet};
use sanbai_core::event::{
    Accepted, ContentDigest, Document, Event, EventId, Expiry, Happening, IdentityChecked, IdentityResult,
    Inspected, InspectionResult, Leg, Mark, Number, OpenCheckResult, OpenChecked, Place, ProhibitedClass, Route,
    TokenSet, Transport, XrayJudgement, XrayScreened,
};
use sanbai_core::time::CivilDay;
use sanbai_wire::proto::event as wire;
use sanbai_wire::proto::event::parcel_event::Happening as Told;

use super::clock::from_proto;

/// The events that a shard would read; those that are not about a parcel, or lack what every event has, are left out.
pub fn events(events: &[wire::ParcelEvent]) -> Vec<Event<'_>> {
    events.iter().filter_map(event).collect()
}

/// Equal for equal values, on every machine and run.
pub(super) fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn event(told: &wire::ParcelEvent) -> Option<Event<'_>> {
    let content =
        wire::ParcelEvent { source: String::new(), uploaded_at: None, intake_at: None, ..told.clone() };
    Some(Event {
        id: EventId::parse(&told.event_id)?,
        digest: ContentDigest(digest(&content)),
        brand: &told.brand,
        waybill: &told.waybill,
        site: &told.site,
        operator: &told.operator,
        place: Place::parse(&told.place),
        occurred_at: from_proto(told.occurred_at.as_ref()),
        uploaded_at: told.uploaded_at.as_ref().map(|at| from_proto(Some(at))),
        intake_at: from_proto(told.intake_at.as_ref()),
        source: &told.source,
        redacted: !told.redacted_fields.is_empty(),
        happening: happening(told.happening.as_ref()?)?,
    })
}

fn happening(told: &Told) -> Option<Happening<'_>> {
    Some(match told {
        Told::Accepted(accepted) => Happening::Accepted(acceptance(accepted)),
        Told::IdentityChecked(check) => Happening::IdentityChecked(identity(check)),
        Told::Inspected(inspected) => Happening::Inspected(inspection(inspected)),
        Told::Sealed(_) => Happening::Sealed,
        Told::XrayScreened(screened) => Happening::XrayScreened(screening(screened)),
        Told::Departed(departed) => Happening::Departed(match departed.leg() {
            wire::Leg::LineHaul => Leg::LineHaul,
            wire::Leg::Local => Leg::Local,
            wire::Leg::Unspecified => return None,
        }),
        Told::Arrived(arrived) => Happening::Arrived(&arrived.from),
        Told::Delivered(_) => Happening::Delivered,
        Told::OpenChecked(check) => Happening::OpenChecked(OpenChecked {
            result: match check.result() {
                wire::OpenCheckResult::Pass => OpenCheckResult::Pass,
                wire::OpenCheckResult::Prohibited => OpenCheckResult::Prohibited,
                wire::OpenCheckResult::Refused => OpenCheckResult::Refused,
                wire::OpenCheckResult::Unspecified => OpenCheckResult::Unspecified,
            },
            prohibited_class: ProhibitedClass::new(check.prohibited_class),
        }),
        Told::Held(_) => Happening::Held,
        Told::Released(_) => Happening::Released,
        Told::Reported(_) => Happening::Reported,
        Told::Rejected(_) => Happening::Rejected,
        Told::Returned(_) => Happening::Returned,
        Told::Voided(_) => Happening::Voided,
        Told::Retracted(retracted) => Happening::Retracted(EventId::parse(&retracted.event_id)?),
        Told::DeviceState(_) | Told::ScreenerShift(_) | Told::DeclaredVolume(_) => return None,
    })
}

fn acceptance(told: &wire::Accepted) -> Accepted<'_> {
    let mut sender = TokenSet::default();
    for token in told.sender.iter().flat_map(|sender| &sender.phone_tokens).take(TokenSet::MAX) {
        sender.insert(digest(token));
    }
    Accepted {
        letter: told.item_kind() == wire::ItemKind::Letter,
        transport: match told.transport() {
            wire::Transport::Unspecified => None,
            wire::Transport::Road => Some(Transport::Road),
            wire::Transport::Rail => Some(Transport::Rail),
            wire::Transport::HighSpeedRail => Some(Transport::HighSpeedRail),
            wire::Transport::Air => Some(Transport::Air),
            wire::Transport::Water => Some(Transport::Water),
        },
        route: match told.route() {
            wire::Route::Unspecified => None,
            wire::Route::SameCity => Some(Route::SameCity),
            wire::Route::IntraProvince => Some(Route::IntraProvince),
            wire::Route::InterProvince => Some(Route::InterProvince),
            wire::Route::HkMoTw => Some(Route::HkMoTw),
            wire::Route::International => Some(Route::International),
        },
        agreement: &told.agreement,
        declared_item: &told.declared_item,
        destination: Place::parse(&told.destination),
        sender,
        by_agent: told.by_agent,
    }
}

fn identity(told: &wire::IdentityChecked) -> IdentityChecked {
    IdentityChecked {
        result: match told.result() {
            wire::IdentityResult::Unspecified => IdentityResult::Unspecified,
            wire::IdentityResult::Pass => IdentityResult::Pass,
            wire::IdentityResult::Refused => IdentityResult::Refused,
            wire::IdentityResult::Mismatch => IdentityResult::Mismatch,
            wire::IdentityResult::PersonDiffers => IdentityResult::PersonDiffers,
            wire::IdentityResult::RefusedRegistration => IdentityResult::RefusedRegistration,
        },
        document: document(&told.document.clone().unwrap_or_default()),
        agent: told.agent_document.as_ref().map(document),
        name_matches: told.name_matches,
    }
}

fn document(told: &wire::Document) -> Document {
    let number = match &told.facts {
        _ if told.tokens.is_empty() => Number::Absent,
        None => Number::Unexamined,
        Some(facts) => {
            let mut valid_as = KindSet::default();
            for kind in facts.valid_as.iter().filter_map(|kind| document_kind(*kind)) {
                valid_as.insert(kind);
            }
            Number::Examined {
                format: grade(facts.format()),
                checksum: grade(facts.checksum()),
                birth_date: grade(facts.birth_date()),
                valid_as,
            }
        }
    };
    let expiry = match told.expires_on.as_str() {
        "long-term" => Expiry::LongTerm,
        day => CivilDay::parse(day).map_or(Expiry::Unanswered, Expiry::On),
    };
    Document { kind: document_kind(told.kind), number, expiry }
}

/// The kinds of the proto stand in the order of those of the core, after `unspecified`.
fn document_kind(told: i32) -> Option<DocumentKind> {
    let place = usize::try_from(told).ok()?.checked_sub(1)?;
    DocumentKind::ALL.get(place).copied()
}

fn grade(told: wire::Grade) -> Grade {
    match told {
        wire::Grade::Ok => Grade::Ok,
        wire::Grade::Wrong => Grade::Wrong,
        wire::Grade::Implausible => Grade::Implausible,
        wire::Grade::NotApplicable | wire::Grade::Unspecified => Grade::NotApplicable,
    }
}

fn inspection(told: &wire::Inspected) -> Inspected {
    Inspected {
        result: match told.result() {
            wire::InspectionResult::Unspecified => InspectionResult::Unspecified,
            wire::InspectionResult::Pass => InspectionResult::Pass,
            wire::InspectionResult::Refused => InspectionResult::Refused,
            wire::InspectionResult::Failed => InspectionResult::Failed,
            wire::InspectionResult::Prohibited => InspectionResult::Prohibited,
        },
        prohibited_class: ProhibitedClass::new(told.prohibited_class),
        matches_declared: told.matches_declared,
        mark: mark(told.mark.as_ref()),
    }
}

fn screening(told: &wire::XrayScreened) -> XrayScreened<'_> {
    XrayScreened {
        device: &told.device,
        screener: &told.screener,
        judgement: match told.judgement() {
            wire::XrayJudgement::Unspecified => XrayJudgement::Unspecified,
            wire::XrayJudgement::Clear => XrayJudgement::Clear,
            wire::XrayJudgement::Suspect => XrayJudgement::Suspect,
            wire::XrayJudgement::Prohibited => XrayJudgement::Prohibited,
        },
        at_destination: told.stage() == wire::ScreeningStage::Destination,
        mark: mark(told.mark.as_ref()),
        third_party: &told.third_party,
        prohibited_class: ProhibitedClass::new(told.prohibited_class),
    }
}

fn mark(told: Option<&wire::Mark>) -> Mark {
    told.map_or(Mark::NONE, |told| {
        Mark::NONE
            .with(Mark::UNIT, !told.unit.is_empty())
            .with(Mark::OPERATOR, !told.operator.is_empty())
            .with(Mark::TIME, told.time.is_some())
            .with(Mark::DEVICE, !told.device.is_empty())
            .with(Mark::SEQUENCE, !told.sequence.is_empty())
    })
}
