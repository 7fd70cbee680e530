//! Bytes to events: the inverse of the writer.

use super::writer::{CONFLICTED, PLACED, REDACTED, ULID, UPLOADED};
use crate::document::{DocumentKind, Grade, KindSet};
use crate::event::{
    Accepted, ContentDigest, DeclaredItem, Document, Event, EventId, Expiry, Happening, IdentityChecked,
    IdentityResult, Inspected, InspectionResult, Leg, Mark, Number, OpenCheckResult, OpenChecked, Place,
    ProhibitedClass, Route, TokenSet, Transport, XrayJudgement, XrayScreened,
};
use crate::parcel::names::Names;
use crate::time::{CivilDay, Timestamp};

/// Reads one event.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    base: i64,
    names: &'a Names,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], base: i64, names: &'a Names) -> Self {
        Self { bytes, base, names }
    }

    /// The event and whether its id came with two contents; `None` for bytes that the writer did not write.
    pub(super) fn event(mut self, brand: &'a str, waybill: &'a str) -> Option<(Event<'a>, bool)> {
        let [_, _, kind, flags] = self.take::<4>()?;
        let id = EventId::from_bits(u128::from_le_bytes(self.take()?), flags & ULID != 0);
        let digest = ContentDigest(u64::from_le_bytes(self.take()?));
        let occurred_at = self.difference(self.base)?;
        let intake_at = self.difference(occurred_at.as_nanos())?;
        let uploaded_at = if flags & UPLOADED != 0 {
            Some(self.difference(intake_at.as_nanos())?)
        } else {
            None
        };
        let (source, site, operator) = (self.text()?, self.text()?, self.text()?);
        let place = if flags & PLACED != 0 {
            Place::from_digits(self.number()?)
        } else {
            None
        };
        let event = Event {
            id,
            digest,
            brand,
            waybill,
            site,
            operator,
            place,
            occurred_at,
            uploaded_at,
            intake_at,
            source,
            redacted: flags & REDACTED != 0,
            happening: self.happening(kind)?,
        };
        Some((event, flags & CONFLICTED != 0))
    }

    fn happening(&mut self, kind: u8) -> Option<Happening<'a>> {
        Some(match kind {
            0 => Happening::Accepted(self.accepted()?),
            1 => Happening::IdentityChecked(self.identity()?),
            2 => Happening::Inspected(self.inspected()?),
            3 => Happening::Sealed,
            4 => Happening::XrayScreened(self.screened()?),
            5 => Happening::Departed(if self.byte()? == 0 { Leg::LineHaul } else { Leg::Local }),
            6 => Happening::Arrived(self.text()?),
            7 => Happening::Delivered,
            8 => Happening::OpenChecked(OpenChecked {
                result: match self.byte()? {
                    1 => OpenCheckResult::Pass,
                    2 => OpenCheckResult::Prohibited,
                    3 => OpenCheckResult::Refused,
                    _ => OpenCheckResult::Unspecified,
                },
                prohibited_class: self.class()?,
            }),
            9 => Happening::Held,
            10 => Happening::Released,
            11 => Happening::Reported,
            12 => Happening::Rejected,
            13 => Happening::Returned,
            14 => Happening::Voided,
            15 => {
                let is_ulid = self.byte()? != 0;
                Happening::Retracted(EventId::from_bits(u128::from_le_bytes(self.take()?), is_ulid))
            }
            _ => return None,
        })
    }

    fn accepted(&mut self) -> Option<Accepted<'a>> {
        let [bits, transport, route] = self.take::<3>()?;
        let (agreement, declared_item) = (self.text()?, DeclaredItem::from_bits(self.number()?));
        let destination = Place::from_digits(self.number()?);
        let sender = self.tokens()?;
        Some(Accepted {
            letter: bits & 1 != 0,
            transport: match transport {
                1 => Some(Transport::Road),
                2 => Some(Transport::Rail),
                3 => Some(Transport::HighSpeedRail),
                4 => Some(Transport::Air),
                5 => Some(Transport::Water),
                _ => None,
            },
            route: match route {
                1 => Some(Route::SameCity),
                2 => Some(Route::IntraProvince),
                3 => Some(Route::InterProvince),
                4 => Some(Route::HkMoTw),
                5 => Some(Route::International),
                _ => None,
            },
            agreement,
            declared_item,
            destination,
            sender,
            by_agent: bits & 2 != 0,
        })
    }

    fn identity(&mut self) -> Option<IdentityChecked> {
        let result = match self.byte()? {
            1 => IdentityResult::Pass,
            2 => IdentityResult::Refused,
            3 => IdentityResult::Mismatch,
            4 => IdentityResult::PersonDiffers,
            5 => IdentityResult::RefusedRegistration,
            _ => IdentityResult::Unspecified,
        };
        let name_matches = self.answer()?;
        let document = self.document()?;
        let agent = if self.byte()? != 0 {
            Some(self.document()?)
        } else {
            None
        };
        Some(IdentityChecked {
            result,
            document,
            agent,
            name_matches,
            tokens: self.tokens()?,
        })
    }

    fn tokens(&mut self) -> Option<TokenSet> {
        let mut tokens = TokenSet::default();
        for _ in 0..self.byte()? {
            tokens.insert(u64::from_le_bytes(self.take()?));
        }
        Some(tokens)
    }

    fn document(&mut self) -> Option<Document> {
        let kind = match self.byte()?.checked_sub(1) {
            Some(place) => Some(*DocumentKind::ALL.get(usize::from(place))?),
            None => None,
        };
        let number = match self.byte()? {
            0 => Number::Absent,
            1 => Number::Unexamined,
            _ => Number::Examined {
                format: self.grade()?,
                checksum: self.grade()?,
                birth_date: self.grade()?,
                valid_as: KindSet::from_bits(u16::from_le_bytes(self.take()?)),
            },
        };
        let expiry = match self.byte()? {
            0 => Expiry::Unanswered,
            1 => Expiry::LongTerm,
            _ => Expiry::On(CivilDay::from_days(i32::from_le_bytes(self.take()?))),
        };
        Some(Document { kind, number, expiry })
    }

    fn inspected(&mut self) -> Option<Inspected> {
        let result = match self.byte()? {
            1 => InspectionResult::Pass,
            2 => InspectionResult::Refused,
            3 => InspectionResult::Failed,
            4 => InspectionResult::Prohibited,
            _ => InspectionResult::Unspecified,
        };
        let prohibited_class = self.class()?;
        let matches_declared = self.answer()?;
        Some(Inspected {
            result,
            prohibited_class,
            matches_declared,
            mark: Mark::from_bits(self.byte()?),
        })
    }

    fn screened(&mut self) -> Option<XrayScreened<'a>> {
        let bits = self.byte()?;
        let mark = Mark::from_bits(self.byte()?);
        let prohibited_class = self.class()?;
        Some(XrayScreened {
            device: self.text()?,
            screener: self.text()?,
            third_party: self.text()?,
            judgement: match bits & 3 {
                1 => XrayJudgement::Clear,
                2 => XrayJudgement::Suspect,
                3 => XrayJudgement::Prohibited,
                _ => XrayJudgement::Unspecified,
            },
            at_destination: bits & 4 != 0,
            mark,
            prohibited_class,
        })
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*front)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    fn class(&mut self) -> Option<Option<ProhibitedClass>> {
        self.byte().map(|class| ProhibitedClass::new(class.into()))
    }

    fn answer(&mut self) -> Option<Option<bool>> {
        self.byte().map(|answer| match answer {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        })
    }

    fn grade(&mut self) -> Option<Grade> {
        self.byte().map(|grade| match grade {
            0 => Grade::Ok,
            1 => Grade::Wrong,
            2 => Grade::NotApplicable,
            _ => Grade::Implausible,
        })
    }

    fn text(&mut self) -> Option<&'a str> {
        Some(self.names.text(u32::try_from(self.number()?).ok()?))
    }

    fn wide(&mut self) -> Option<u128> {
        let mut value = 0_u128;
        for shift in (0_u32..128).step_by(7) {
            let byte = self.byte()?;
            value |= u128::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn number(&mut self) -> Option<u64> {
        u64::try_from(self.wide()?).ok()
    }

    fn difference(&mut self, earlier: i64) -> Option<Timestamp> {
        let coded = self.wide()?;
        let zigzag = coded.wrapping_shr(1);
        let amount = zigzag.wrapping_shr(1).cast_signed() ^ (zigzag & 1).cast_signed().wrapping_neg();
        let nanos = if coded & 1 == 0 {
            amount.checked_mul(1_000_000)?
        } else {
            amount
        };
        i64::try_from(i128::from(earlier).checked_add(nanos)?)
            .ok()
            .map(Timestamp::from_nanos)
    }
}
