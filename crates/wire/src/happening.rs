//! What happened, as the core sees it, read from protobuf bytes that have passed a survey.

use sanbai_core::document::{Grade, KindSet};
use sanbai_core::event::{
    Accepted, DeclaredItem, Document, EventId, Expiry, Happening, IdentityChecked, IdentityResult, Inspected,
    InspectionResult, Leg, Mark, Number, OpenCheckResult, OpenChecked, Place, ProhibitedClass, TokenSet, XrayJudgement,
    XrayScreened,
};
use sanbai_core::time::CivilDay;

use crate::facts;
use crate::form::LONG_TERM;
use crate::proto::event::{ItemKind, ScreeningStage};
use crate::proto::schema::{
    accepted, arrived, departed, document, identity_checked, inspected, mark, number_facts, open_checked, parcel_event,
    party, retracted, xray_screened,
};
use crate::protobuf::{Value, varint};
use crate::token::Token;
use crate::view::{fields, nested, number, text};

/// What happened; `None` for what is about a device, a screener or an outlet.
pub(crate) fn read(happening: u32, bytes: &[u8]) -> Option<Happening<'_>> {
    Some(match happening {
        parcel_event::ACCEPTED => Happening::Accepted(read_accepted(bytes)),
        parcel_event::IDENTITY_CHECKED => Happening::IdentityChecked(read_identity_checked(bytes)),
        parcel_event::INSPECTED => Happening::Inspected(read_inspected(bytes)),
        parcel_event::SEALED => Happening::Sealed,
        parcel_event::XRAY_SCREENED => Happening::XrayScreened(read_xray_screened(bytes)),
        parcel_event::DEPARTED => Happening::Departed(read_leg(bytes)?),
        parcel_event::ARRIVED => Happening::Arrived(first_text(bytes, arrived::FROM)),
        parcel_event::DELIVERED => Happening::Delivered,
        parcel_event::OPEN_CHECKED => Happening::OpenChecked(read_open_checked(bytes)),
        parcel_event::HELD => Happening::Held,
        parcel_event::RELEASED => Happening::Released,
        parcel_event::REPORTED => Happening::Reported,
        parcel_event::REJECTED => Happening::Rejected,
        parcel_event::RETURNED => Happening::Returned,
        parcel_event::VOIDED => Happening::Voided,
        parcel_event::RETRACTED => Happening::Retracted(EventId::parse(first_text(bytes, retracted::EVENT_ID))?),
        _ => return None,
    })
}

/// The text of a field; empty where it is not there.
pub(crate) fn first_text(bytes: &[u8], field: u32) -> &str {
    fields(bytes)
        .find(|(number, _)| *number == field)
        .map(|(_, value)| text(value))
        .unwrap_or_default()
}

/// The leg of a departure; `None` where it is not said.
pub(crate) fn read_leg(bytes: &[u8]) -> Option<Leg> {
    let leg = fields(bytes)
        .find(|(number, _)| *number == departed::LEG)
        .map(|(_, value)| choice(value));
    facts::leg(leg.unwrap_or_default())
}

/// The number of an enum value.
fn choice(value: Value<'_>) -> i32 {
    i32::try_from(number(value)).unwrap_or_default()
}

fn flag(value: Value<'_>) -> bool {
    number(value) != 0
}

fn read_accepted(bytes: &[u8]) -> Accepted<'_> {
    let mut read = Accepted {
        letter: false,
        transport: None,
        route: None,
        agreement: "",
        declared_item: DeclaredItem::NONE,
        destination: None,
        sender: TokenSet::default(),
        by_agent: false,
    };
    for (number, value) in fields(bytes) {
        match number {
            accepted::ITEM_KIND => read.letter = choice(value) == i32::from(ItemKind::Letter),
            accepted::TRANSPORT => read.transport = facts::transport(choice(value)),
            accepted::ROUTE => read.route = facts::route(choice(value)),
            accepted::AGREEMENT => read.agreement = text(value),
            accepted::DECLARED_ITEM => read.declared_item = DeclaredItem::of(text(value)),
            accepted::DESTINATION => read.destination = Place::parse(text(value)),
            accepted::SENDER => read.sender = half(&read_tokens(nested(value), party::PHONE_TOKENS)),
            accepted::BY_AGENT => read.by_agent = flag(value),
            _ => {}
        }
    }
    read
}

/// The digests of the tokens in a field; what is over the limit of the set adds nothing.
fn read_tokens(bytes: &[u8], field: u32) -> TokenSet {
    let mut set = TokenSet::default();
    let tokens = fields(bytes).filter(|(number, _)| *number == field);
    for token in tokens.filter_map(|(_, value)| Token::parse(text(value))) {
        if !set.insert(token.digest()) {
            break;
        }
    }
    set
}

/// The upper half of each digest: enough to compare the senders of one waybill.
fn half(tokens: &TokenSet) -> TokenSet {
    let mut halves = TokenSet::default();
    tokens.iter().for_each(|digest| {
        halves.insert(digest >> 32);
    });
    halves
}

fn read_identity_checked(bytes: &[u8]) -> IdentityChecked {
    let mut read = IdentityChecked {
        result: IdentityResult::Unspecified,
        document: Document {
            kind: None,
            number: Number::Absent,
            expiry: Expiry::Unanswered,
        },
        agent: None,
        name_matches: None,
        tokens: TokenSet::default(),
    };
    for (number, value) in fields(bytes) {
        match number {
            identity_checked::DOCUMENT => {
                read.document = read_document(nested(value));
                read.tokens = read_tokens(nested(value), document::TOKENS);
            }
            identity_checked::RESULT => read.result = facts::identity_result(choice(value)),
            identity_checked::NAME_MATCHES => read.name_matches = Some(flag(value)),
            identity_checked::AGENT_DOCUMENT => read.agent = Some(read_document(nested(value))),
            _ => {}
        }
    }
    read
}

fn read_document(bytes: &[u8]) -> Document {
    let mut read = Document {
        kind: None,
        number: Number::Absent,
        expiry: Expiry::Unanswered,
    };
    let mut examined = None;
    for (number, value) in fields(bytes) {
        match number {
            document::KIND => read.kind = facts::document_kind(choice(value)),
            document::TOKENS => read.number = Number::Unexamined,
            document::FACTS => examined = read_facts(nested(value)),
            document::EXPIRES_ON => read.expiry = read_expiry(text(value)),
            _ => {}
        }
    }
    read.number = examined.unwrap_or(read.number);
    read
}

fn read_expiry(text: &str) -> Expiry {
    match CivilDay::parse(text) {
        Some(day) => Expiry::On(day),
        None if text == LONG_TERM => Expiry::LongTerm,
        None => Expiry::Unanswered,
    }
}

/// What was found out about a number; `None` where nothing was said.
fn read_facts(bytes: &[u8]) -> Option<Number> {
    let (mut format, mut checksum, mut birth_date) = (None, Grade::NotApplicable, Grade::NotApplicable);
    let mut valid_as = KindSet::EMPTY;
    for (number, value) in fields(bytes) {
        match number {
            number_facts::FORMAT => format = Some(facts::grade(choice(value))),
            number_facts::CHECKSUM => checksum = facts::grade(choice(value)),
            number_facts::BIRTH_DATE => birth_date = facts::grade(choice(value)),
            number_facts::VALID_AS => {
                let mut packed = nested(value);
                while let Some((kind, rest)) = varint(packed) {
                    i32::try_from(kind)
                        .ok()
                        .and_then(facts::document_kind)
                        .into_iter()
                        .for_each(|kind| valid_as.insert(kind));
                    packed = rest;
                }
            }
            _ => {}
        }
    }
    Some(Number::Examined {
        format: format?,
        checksum,
        birth_date,
        valid_as,
    })
}

fn read_inspected(bytes: &[u8]) -> Inspected {
    let mut read = Inspected {
        result: InspectionResult::Unspecified,
        prohibited_class: None,
        matches_declared: None,
        mark: Mark::NONE,
    };
    for (field, value) in fields(bytes) {
        match field {
            inspected::RESULT => read.result = facts::inspection_result(choice(value)),
            inspected::PROHIBITED_CLASS => read.prohibited_class = ProhibitedClass::new(number(value)),
            inspected::MATCHES_DECLARED => read.matches_declared = Some(flag(value)),
            inspected::MARK => read.mark = read_mark(nested(value)),
            _ => {}
        }
    }
    read
}

fn read_xray_screened(bytes: &[u8]) -> XrayScreened<'_> {
    let mut read = XrayScreened {
        device: "",
        screener: "",
        judgement: XrayJudgement::Unspecified,
        at_destination: false,
        mark: Mark::NONE,
        third_party: "",
        prohibited_class: None,
    };
    for (field, value) in fields(bytes) {
        match field {
            xray_screened::DEVICE => read.device = text(value),
            xray_screened::SCREENER => read.screener = text(value),
            xray_screened::JUDGEMENT => read.judgement = facts::xray_judgement(choice(value)),
            xray_screened::STAGE => read.at_destination = choice(value) == i32::from(ScreeningStage::Destination),
            xray_screened::MARK => read.mark = read_mark(nested(value)),
            xray_screened::THIRD_PARTY => read.third_party = text(value),
            xray_screened::PROHIBITED_CLASS => read.prohibited_class = ProhibitedClass::new(number(value)),
            _ => {}
        }
    }
    read
}

fn read_open_checked(bytes: &[u8]) -> OpenChecked {
    let mut read = OpenChecked {
        result: OpenCheckResult::Unspecified,
        prohibited_class: None,
    };
    for (field, value) in fields(bytes) {
        match field {
            open_checked::RESULT => read.result = facts::open_check_result(choice(value)),
            open_checked::PROHIBITED_CLASS => read.prohibited_class = ProhibitedClass::new(number(value)),
            _ => {}
        }
    }
    read
}

/// Which fields a mark carries; canonical bytes hold none that is empty.
fn read_mark(bytes: &[u8]) -> Mark {
    fields(bytes).fold(Mark::NONE, |read, (number, _)| match number {
        mark::UNIT => read.with(Mark::UNIT, true),
        mark::OPERATOR => read.with(Mark::OPERATOR, true),
        mark::TIME => read.with(Mark::TIME, true),
        mark::DEVICE => read.with(Mark::DEVICE, true),
        mark::SEQUENCE => read.with(Mark::SEQUENCE, true),
        _ => read,
    })
}
