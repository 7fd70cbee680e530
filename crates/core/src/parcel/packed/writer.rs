//! Events to bytes.

use crate::document::{DocumentKind, Grade};
use crate::event::{
    Accepted, Document, Event, Expiry, Happening, IdentityResult, InspectionResult, Leg, Number, OpenCheckResult,
    ProhibitedClass, Route, TokenSet, Transport, XrayJudgement, XrayScreened,
};
use crate::parcel::names::Names;
use crate::parcel::store::Position;

/// The numbers of the texts of an event, in the order in which they are written.
#[derive(Debug)]
pub(super) struct Numbers {
    source: u32,
    site: u32,
    operator: u32,
    carried: [u32; 3],
}

impl Numbers {
    /// Numbers of the texts, new or known.
    pub(super) fn of(event: &Event<'_>, names: &mut Names) -> Self {
        Self {
            source: names.intern(event.source),
            site: names.intern(event.site),
            operator: names.intern(event.operator),
            carried: carried(&event.happening).map(|text| names.intern(text)),
        }
    }

    /// Numbers of texts that are all known.
    pub(super) fn known(event: &Event<'_>, names: &Names) -> Self {
        let number = |text: &str| names.find(text).unwrap_or(0);
        Self {
            source: number(event.source),
            site: number(event.site),
            operator: number(event.operator),
            carried: carried(&event.happening).map(number),
        }
    }
}

/// The texts that a happening carries.
fn carried<'a>(happening: &Happening<'a>) -> [&'a str; 3] {
    match happening {
        Happening::Accepted(accepted) => [accepted.agreement, "", ""],
        Happening::XrayScreened(screened) => [screened.device, screened.screener, screened.third_party],
        Happening::Arrived(from) => [from, "", ""],
        Happening::IdentityChecked(_)
        | Happening::Inspected(_)
        | Happening::Sealed
        | Happening::Departed(_)
        | Happening::Delivered
        | Happening::OpenChecked(_)
        | Happening::Held
        | Happening::Released
        | Happening::Reported
        | Happening::Rejected
        | Happening::Returned
        | Happening::Voided
        | Happening::Retracted(_) => ["", "", ""],
    }
}

/// Flags of an event.
pub(super) const ULID: u8 = 1;
pub(super) const REDACTED: u8 = 2;
pub(super) const CONFLICTED: u8 = 4;
pub(super) const UPLOADED: u8 = 8;
pub(super) const PLACED: u8 = 16;
pub(super) const REPLACED: u8 = 32;

/// Writes one event.
#[derive(Debug)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    base: i64,
}

impl Writer {
    /// For an event that comes after `before` in a parcel with a base.
    pub(super) fn new(before: Position, base: i64) -> Self {
        let mut bytes = Vec::with_capacity(96);
        bytes.extend(before.to_bytes());
        Self { bytes, base }
    }

    /// The event with its length in front.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let length = u16::try_from(self.bytes.len()).expect("an event of numbers and digests is far below 64 KiB");
        let place = self.bytes.get_mut(Position::BYTES..).and_then(<[u8]>::first_chunk_mut);
        if let Some(place) = place {
            *place = length.to_le_bytes();
        }
        self.bytes
    }

    pub(super) fn event(&mut self, event: &Event<'_>, conflicted: bool, numbers: &Numbers) {
        let flag = |bit: u8, set: bool| if set { bit } else { 0 };
        let upload = event.uploaded_at;
        self.bytes.extend([0, 0, kind(&event.happening)]);
        self.bytes.push(
            flag(ULID, event.id.is_ulid())
                | flag(REDACTED, event.redacted)
                | flag(CONFLICTED, conflicted)
                | flag(UPLOADED, upload.is_some())
                | flag(PLACED, event.place.is_some()),
        );
        self.bytes.extend(event.id.bits().to_le_bytes());
        self.bytes.extend(event.digest.0.to_le_bytes());
        let occurred = event.occurred_at.as_nanos();
        self.difference(occurred, self.base);
        self.difference(event.intake_at.as_nanos(), occurred);
        if let Some(upload) = upload {
            self.difference(upload.as_nanos(), event.intake_at.as_nanos());
        }
        self.number(numbers.source.into());
        self.number(numbers.site.into());
        self.number(numbers.operator.into());
        if let Some(place) = event.place {
            self.number(place.digits());
        }
        self.happening(&event.happening, numbers);
    }

    fn happening(&mut self, happening: &Happening<'_>, numbers: &Numbers) {
        let [first, second, third] = numbers.carried;
        match happening {
            Happening::Accepted(accepted) => self.accepted(accepted, first),
            Happening::IdentityChecked(check) => {
                self.bytes.push(identity_result(check.result));
                self.bytes.push(answer(check.name_matches));
                self.document(&check.document);
                self.bytes.push(check.agent.is_some().into());
                if let Some(agent) = &check.agent {
                    self.document(agent);
                }
                self.tokens(&check.tokens);
            }
            Happening::Inspected(inspected) => self.bytes.extend([
                inspection_result(inspected.result),
                class(inspected.prohibited_class),
                answer(inspected.matches_declared),
                inspected.mark.bits(),
            ]),
            Happening::XrayScreened(screened) => {
                self.screened(screened);
                self.number(first.into());
                self.number(second.into());
                self.number(third.into());
            }
            Happening::Departed(leg) => self.bytes.push(match leg {
                Leg::LineHaul => 0,
                Leg::Local => 1,
            }),
            Happening::Arrived(_) => self.number(first.into()),
            Happening::OpenChecked(check) => {
                self.bytes
                    .extend([open_check_result(check.result), class(check.prohibited_class)]);
            }
            Happening::Retracted(target) => {
                self.bytes.push(target.is_ulid().into());
                self.bytes.extend(target.bits().to_le_bytes());
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

    fn accepted(&mut self, accepted: &Accepted<'_>, agreement: u32) {
        let bits = u8::from(accepted.letter) | u8::from(accepted.by_agent).wrapping_shl(1);
        self.bytes
            .extend([bits, transport(accepted.transport), route(accepted.route)]);
        self.number(agreement.into());
        self.number(accepted.declared_item.bits());
        self.number(accepted.destination.map_or(0, |place| place.digits()));
        self.tokens(&accepted.sender);
    }

    fn tokens(&mut self, tokens: &TokenSet) {
        self.bytes.push(u8::try_from(tokens.len()).unwrap_or(0));
        for digest in tokens.iter() {
            self.bytes.extend(digest.to_le_bytes());
        }
    }

    fn screened(&mut self, screened: &XrayScreened<'_>) {
        let judgement: u8 = match screened.judgement {
            XrayJudgement::Unspecified => 0,
            XrayJudgement::Clear => 1,
            XrayJudgement::Suspect => 2,
            XrayJudgement::Prohibited => 3,
        };
        let bits = judgement | u8::from(screened.at_destination).wrapping_shl(2);
        self.bytes
            .extend([bits, screened.mark.bits(), class(screened.prohibited_class)]);
    }

    fn document(&mut self, document: &Document) {
        let place = DocumentKind::ALL.iter().position(|kind| Some(*kind) == document.kind);
        self.bytes.push(
            place
                .and_then(|place| u8::try_from(place).ok()?.checked_add(1))
                .unwrap_or(0),
        );
        match document.number {
            Number::Absent => self.bytes.push(0),
            Number::Unexamined => self.bytes.push(1),
            Number::Examined {
                format,
                checksum,
                birth_date,
                valid_as,
            } => {
                self.bytes
                    .extend([2, grade(format), grade(checksum), grade(birth_date)]);
                self.bytes.extend(valid_as.bits().to_le_bytes());
            }
        }
        match document.expiry {
            Expiry::Unanswered => self.bytes.push(0),
            Expiry::LongTerm => self.bytes.push(1),
            Expiry::On(day) => {
                self.bytes.push(2);
                self.bytes.extend(day.as_days().to_le_bytes());
            }
        }
    }

    /// A variable-length integer, seven bits a byte.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            let low = u8::try_from(number & 0x7f).unwrap_or(0);
            self.bytes.push(low | 0x80);
            number = number.wrapping_shr(7);
        }
        self.bytes.push(u8::try_from(number).unwrap_or(0));
    }

    /// A difference in time: twice the milliseconds where they are whole, else twice the nanoseconds and one.
    fn difference(&mut self, later: i64, earlier: i64) {
        let nanos = i128::from(later).wrapping_sub(earlier.into());
        let (amount, is_nanos) = match nanos.rem_euclid(1_000_000) {
            0 => (nanos.div_euclid(1_000_000), 0_u128),
            _ => (nanos, 1),
        };
        let zigzag = amount.wrapping_shl(1) ^ amount.wrapping_shr(127);
        let mut coded = zigzag.cast_unsigned().wrapping_shl(1) | is_nanos;
        while coded >= 0x80 {
            let low = u8::try_from(coded & 0x7f).unwrap_or(0);
            self.bytes.push(low | 0x80);
            coded = coded.wrapping_shr(7);
        }
        self.bytes.push(u8::try_from(coded).unwrap_or(0));
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
