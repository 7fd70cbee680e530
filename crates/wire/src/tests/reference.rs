//! What the core should see, by way of prost: slow and plain, to hold the fast way against.

use sanbai_core::document::KindSet;
use sanbai_core::event::{self, DeclaredItem, EventId, Expiry, Happening, Number, Place, ProhibitedClass, TokenSet};
use sanbai_core::time::{CivilDay, Timestamp};

use crate::facts;
use crate::proto;
use crate::proto::event as wire;
use crate::proto::event::parcel_event::Happening as Wire;
use crate::token::Token;

pub(super) fn instant(time: proto::Timestamp) -> Option<Timestamp> {
    Timestamp::from_parts(time.seconds, time.nanos)
}

pub(super) fn happening(happening: &Wire) -> Option<Happening<'_>> {
    Some(match happening {
        Wire::Accepted(accepted) => Happening::Accepted(self::accepted(accepted)),
        Wire::IdentityChecked(checked) => Happening::IdentityChecked(event::IdentityChecked {
            result: facts::identity_result(checked.result),
            document: document(checked.document.as_ref()),
            agent: checked.agent_document.as_ref().map(|agent| document(Some(agent))),
            name_matches: checked.name_matches,
            tokens: checked
                .document
                .as_ref()
                .map_or_else(TokenSet::default, |document| tokens(&document.tokens)),
        }),
        Wire::Inspected(inspected) => Happening::Inspected(event::Inspected {
            result: facts::inspection_result(inspected.result),
            prohibited_class: ProhibitedClass::new(inspected.prohibited_class),
            matches_declared: inspected.matches_declared,
            mark: mark(inspected.mark.as_ref()),
        }),
        Wire::Sealed(_) => Happening::Sealed,
        Wire::XrayScreened(screened) => Happening::XrayScreened(event::XrayScreened {
            device: &screened.device,
            screener: &screened.screener,
            judgement: facts::xray_judgement(screened.judgement),
            at_destination: screened.stage() == wire::ScreeningStage::Destination,
            mark: mark(screened.mark.as_ref()),
            third_party: &screened.third_party,
            prohibited_class: ProhibitedClass::new(screened.prohibited_class),
        }),
        Wire::Departed(departed) => Happening::Departed(match departed.leg() {
            wire::Leg::LineHaul => event::Leg::LineHaul,
            wire::Leg::Local | wire::Leg::Unspecified => event::Leg::Local,
        }),
        Wire::Arrived(arrived) => Happening::Arrived(&arrived.from),
        Wire::Delivered(_) => Happening::Delivered,
        Wire::OpenChecked(checked) => Happening::OpenChecked(event::OpenChecked {
            result: facts::open_check_result(checked.result),
            prohibited_class: ProhibitedClass::new(checked.prohibited_class),
        }),
        Wire::Held(_) => Happening::Held,
        Wire::Released(_) => Happening::Released,
        Wire::Reported(_) => Happening::Reported,
        Wire::Rejected(_) => Happening::Rejected,
        Wire::Returned(_) => Happening::Returned,
        Wire::Voided(_) => Happening::Voided,
        Wire::Retracted(retracted) => Happening::Retracted(EventId::parse(&retracted.event_id)?),
        Wire::DeviceState(_) | Wire::ScreenerShift(_) | Wire::DeclaredVolume(_) => return None,
    })
}

fn accepted(accepted: &wire::Accepted) -> event::Accepted<'_> {
    event::Accepted {
        letter: accepted.item_kind() == wire::ItemKind::Letter,
        transport: facts::transport(accepted.transport),
        route: facts::route(accepted.route),
        agreement: &accepted.agreement,
        declared_item: DeclaredItem::of(&accepted.declared_item),
        destination: Place::parse(&accepted.destination),
        sender: accepted.sender.as_ref().map_or_else(TokenSet::default, |sender| {
            let mut halves = TokenSet::default();
            tokens(&sender.phone_tokens).iter().for_each(|digest| {
                halves.insert(digest >> 32);
            });
            halves
        }),
        by_agent: accepted.by_agent,
    }
}

/// The digests of the tokens; what is over the limit of the set adds nothing.
fn tokens(tokens: &[String]) -> TokenSet {
    let mut set = TokenSet::default();
    for token in tokens.iter().filter_map(|token| Token::parse(token)) {
        if !set.insert(token.digest()) {
            break;
        }
    }
    set
}

fn document(document: Option<&wire::Document>) -> event::Document {
    let Some(document) = document else {
        return event::Document {
            kind: None,
            number: Number::Absent,
            expiry: Expiry::Unanswered,
        };
    };
    event::Document {
        kind: facts::document_kind(document.kind),
        number: number(document),
        expiry: expiry(&document.expires_on),
    }
}

fn expiry(text: &str) -> Expiry {
    match CivilDay::parse(text) {
        Some(day) => Expiry::On(day),
        None if text == "long-term" => Expiry::LongTerm,
        None => Expiry::Unanswered,
    }
}

fn number(document: &wire::Document) -> Number {
    let examined = document
        .facts
        .as_ref()
        .filter(|facts| facts.format() != wire::Grade::Unspecified);
    match examined {
        Some(known) => Number::Examined {
            format: facts::grade(known.format),
            checksum: facts::grade(known.checksum),
            birth_date: facts::grade(known.birth_date),
            valid_as: known
                .valid_as
                .iter()
                .filter_map(|kind| facts::document_kind(*kind))
                .collect::<KindSet>(),
        },
        None if document.tokens.is_empty() => Number::Absent,
        None => Number::Unexamined,
    }
}

fn mark(mark: Option<&wire::Mark>) -> event::Mark {
    let Some(mark) = mark else { return event::Mark::NONE };
    event::Mark::NONE
        .with(event::Mark::UNIT, !mark.unit.is_empty())
        .with(event::Mark::OPERATOR, !mark.operator.is_empty())
        .with(event::Mark::TIME, mark.time.is_some())
        .with(event::Mark::DEVICE, !mark.device.is_empty())
        .with(event::Mark::SEQUENCE, !mark.sequence.is_empty())
}
