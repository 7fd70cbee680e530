//! Events to bytes.

use super::{Flags, Follows, Texts};
use crate::bytes::Writer;
use crate::document::{DocumentKind, Grade};
use crate::event::{
    Accepted, Document, Event, Expiry, Happening, IdentityChecked, IdentityResult, InspectionResult, Leg, Number,
    OpenCheckResult, Place, ProhibitedClass, Route, TokenSet, Transport, XrayJudgement, XrayScreened,
};
use crate::time::Timestamp;

/// Writes an event behind those that are `out` already.
pub(super) fn put(out: &mut Writer, event: &Event<'_>, conflicted: bool, follows: Follows, texts: &mut Texts<'_>) {
    let start = out.open_block();
    let bytes = &mut *out;
    let flags = flags(event, conflicted, follows);
    bytes.fixed(&(flags.bits() | u16::from(kind(&event.happening))).to_le_bytes());
    bytes.fixed(&event.id.bits().to_le_bytes());
    bytes.fixed(&event.digest.0.to_le_bytes());
    let mut difference = |later: Timestamp, earlier: Timestamp| {
        let nanos = later.as_nanos().wrapping_sub(earlier.as_nanos());
        bytes.signed(if flags.has(Flags::NANOS) {
            nanos
        } else {
            nanos / 1_000_000
        });
    };
    difference(event.occurred_at, follows.occurred_at);
    difference(event.intake_at, event.occurred_at);
    if let Some(upload) = event.uploaded_at {
        difference(upload, event.intake_at);
    }
    for (same, text) in [
        (Flags::SAME_SOURCE, event.source),
        (Flags::SAME_SITE, event.site),
        (Flags::SAME_OPERATOR, event.operator),
    ] {
        if !flags.has(same) {
            texts.put(bytes, text);
        }
    }
    if let Some(place) = event.place.filter(|_| !flags.has(Flags::SAME_PLACE)) {
        put_place(bytes, Some(place), follows.place);
    }
    happening(bytes, &event.happening, event.place, texts);
    out.close_block(start);
}

fn flags(event: &Event<'_>, conflicted: bool, follows: Follows) -> Flags {
    let times = [
        Some((event.occurred_at, follows.occurred_at)),
        Some((event.intake_at, event.occurred_at)),
        event.uploaded_at.map(|upload| (upload, event.intake_at)),
    ];
    let is_whole =
        |(later, earlier): (Timestamp, Timestamp)| later.as_nanos().wrapping_sub(earlier.as_nanos()) % 1_000_000 == 0;
    follows
        .same
        .with(Flags::ULID, event.id.is_ulid())
        .with(Flags::REDACTED, event.redacted)
        .with(Flags::CONFLICTED, conflicted)
        .with(Flags::UPLOADED, event.uploaded_at.is_some())
        .with(Flags::PLACED, event.place.is_some())
        .with(Flags::NANOS, !times.into_iter().flatten().all(is_whole))
}

/// A place as its difference to one that is likely near, at its own level: two bytes within a district.
fn put_place(bytes: &mut Writer, place: Option<Place>, near: Option<Place>) {
    let Some((level, prefix)) = place.map(Place::level) else {
        return bytes.number(0);
    };
    let near = near.map_or(0, |near| near.at_level(level));
    let difference = prefix.cast_signed().wrapping_sub(near.cast_signed());
    let zigzag = (difference << 1 ^ difference >> 63).cast_unsigned();
    bytes.number(zigzag.wrapping_mul(6).wrapping_add(u64::from(level)).wrapping_add(1));
}

fn happening(bytes: &mut Writer, happening: &Happening<'_>, place: Option<Place>, texts: &mut Texts<'_>) {
    match happening {
        Happening::Accepted(accepted) => self::accepted(bytes, accepted, place, texts),
        Happening::IdentityChecked(check) => identity(bytes, check),
        Happening::Inspected(inspected) => bytes.fixed(&[
            inspection_result(inspected.result),
            class(inspected.prohibited_class),
            answer(inspected.matches_declared),
            inspected.mark.bits(),
        ]),
        Happening::XrayScreened(screened) => self::screened(bytes, screened, texts),
        Happening::Departed(leg) => bytes.byte(match leg {
            Leg::LineHaul => 0,
            Leg::Local => 1,
        }),
        Happening::Arrived(from) => texts.put(bytes, from),
        Happening::OpenChecked(check) => {
            bytes.fixed(&[open_check_result(check.result), class(check.prohibited_class)]);
        }
        Happening::Retracted(target) => {
            bytes.flag(target.is_ulid());
            bytes.fixed(&target.bits().to_le_bytes());
        }
        Happening::Sealed
        | Happening::Delivered
        | Happening::Held
        | Happening::Released
        | Happening::Reported
        | Happening::Rejected
        | Happening::Returned
        | Happening::Voided => {}
    }
}

fn accepted(bytes: &mut Writer, accepted: &Accepted<'_>, place: Option<Place>, texts: &mut Texts<'_>) {
    let bits = u8::from(accepted.letter) | u8::from(accepted.by_agent) << 1;
    bytes.fixed(&[bits, transport(accepted.transport) | route(accepted.route) << 4]);
    texts.put(bytes, accepted.agreement);
    let [item @ .., _, _] = accepted.declared_item.bits().to_le_bytes();
    bytes.fixed(&item);
    put_place(bytes, accepted.destination, place);
    bytes.byte(u8::try_from(accepted.sender.len()).unwrap_or(0));
    for digest in accepted.sender.iter() {
        let [half @ .., _, _, _, _] = digest.to_le_bytes();
        bytes.fixed(&half);
    }
}

fn identity(bytes: &mut Writer, check: &IdentityChecked) {
    let bits = identity_result(check.result) | answer(check.name_matches) << 3 | u8::from(check.agent.is_some()) << 5;
    bytes.byte(bits);
    document(bytes, &check.document);
    if let Some(agent) = &check.agent {
        document(bytes, agent);
    }
    tokens(bytes, &check.tokens);
}

fn screened(bytes: &mut Writer, screened: &XrayScreened<'_>, texts: &mut Texts<'_>) {
    let judgement: u8 = match screened.judgement {
        XrayJudgement::Unspecified => 0,
        XrayJudgement::Clear => 1,
        XrayJudgement::Suspect => 2,
        XrayJudgement::Prohibited => 3,
    };
    let bits = judgement | u8::from(screened.at_destination) << 2;
    bytes.fixed(&[bits, screened.mark.bits(), class(screened.prohibited_class)]);
    for text in [screened.device, screened.screener, screened.third_party] {
        texts.put(bytes, text);
    }
}

fn document(bytes: &mut Writer, document: &Document) {
    let place = DocumentKind::ALL.iter().position(|kind| Some(*kind) == document.kind);
    let kind = place.and_then(|place| u8::try_from(place).ok()?.checked_add(1));
    let number: u8 = match document.number {
        Number::Absent => 0,
        Number::Unexamined => 1,
        Number::Examined { .. } => 2,
    };
    let expiry: u8 = match document.expiry {
        Expiry::Unanswered => 0,
        Expiry::LongTerm => 1,
        Expiry::On(_) => 2,
    };
    bytes.fixed(&[kind.unwrap_or(0), number | expiry << 2]);
    if let Number::Examined {
        format,
        checksum,
        birth_date,
        valid_as,
    } = document.number
    {
        bytes.byte(grade(format) | grade(checksum) << 2 | grade(birth_date) << 4);
        bytes.number(valid_as.bits().into());
    }
    if let Expiry::On(day) = document.expiry {
        bytes.signed(day.as_days().into());
    }
}

fn tokens(bytes: &mut Writer, tokens: &TokenSet) {
    bytes.byte(u8::try_from(tokens.len()).unwrap_or(0));
    for digest in tokens.iter() {
        bytes.fixed(&digest.to_le_bytes());
    }
}

pub(super) fn kind(happening: &Happening<'_>) -> u8 {
    match happening {
        Happening::Accepted(_) => 0,
        Happening::IdentityChecked(_) => 1,
        Happening::Inspected(_) => 2,
        Happening::Sealed => 3,
        Happening::XrayScreened(_) => 4,
        Happening::Departed(_) => 5,
        Happening::Arrived(_) => 6,
        Happening::Delivered => 7,
        Happening::OpenChecked(_) => 8,
        Happening::Held => 9,
        Happening::Released => 10,
        Happening::Reported => 11,
        Happening::Rejected => 12,
        Happening::Returned => 13,
        Happening::Voided => 14,
        Happening::Retracted(_) => 15,
    }
}

fn class(class: Option<ProhibitedClass>) -> u8 {
    class.map_or(0, ProhibitedClass::get)
}

fn answer(answer: Option<bool>) -> u8 {
    match answer {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    }
}

fn grade(grade: Grade) -> u8 {
    match grade {
        Grade::Ok => 0,
        Grade::Wrong => 1,
        Grade::NotApplicable => 2,
        Grade::Implausible => 3,
    }
}

fn identity_result(result: IdentityResult) -> u8 {
    match result {
        IdentityResult::Unspecified => 0,
        IdentityResult::Pass => 1,
        IdentityResult::Refused => 2,
        IdentityResult::Mismatch => 3,
        IdentityResult::PersonDiffers => 4,
        IdentityResult::RefusedRegistration => 5,
    }
}

fn inspection_result(result: InspectionResult) -> u8 {
    match result {
        InspectionResult::Unspecified => 0,
        InspectionResult::Pass => 1,
        InspectionResult::Refused => 2,
        InspectionResult::Failed => 3,
        InspectionResult::Prohibited => 4,
    }
}

fn open_check_result(result: OpenCheckResult) -> u8 {
    match result {
        OpenCheckResult::Unspecified => 0,
        OpenCheckResult::Pass => 1,
        OpenCheckResult::Prohibited => 2,
        OpenCheckResult::Refused => 3,
    }
}

fn transport(transport: Option<Transport>) -> u8 {
    match transport {
        None => 0,
        Some(Transport::Road) => 1,
        Some(Transport::Rail) => 2,
        Some(Transport::HighSpeedRail) => 3,
        Some(Transport::Air) => 4,
        Some(Transport::Water) => 5,
    }
}

fn route(route: Option<Route>) -> u8 {
    match route {
        None => 0,
        Some(Route::SameCity) => 1,
        Some(Route::IntraProvince) => 2,
        Some(Route::InterProvince) => 3,
        Some(Route::HkMoTw) => 4,
        Some(Route::International) => 5,
    }
}
