//! Bytes to events: the inverse of the writer.

use super::{ACCEPTED, Around, Flags, RETRACTED, TextsOf};
use crate::bytes::Reader;
use crate::document::{DocumentKind, Grade, KindSet};
use crate::event::{
    Accepted, ContentDigest, DeclaredItem, Document, Event, EventId, Expiry, Happening, IdentityChecked,
    IdentityResult, Inspected, InspectionResult, Leg, Mark, Number, OpenCheckResult, OpenChecked, Place,
    ProhibitedClass, Route, TokenSet, Transport, XrayJudgement, XrayScreened,
};
use crate::time::{CivilDay, Timestamp};

/// Bytes of an event's id and digest.
const ID_AND_DIGEST: usize = 16 + 4;

/// Reads one event without the length in front, and whether its id came with two contents; `None` for bytes that the
/// writer did not write. `around` is when and where the event before it happened, and then that of this one.
#[inline]
pub(super) fn event<'a>(
    bytes: &'a [u8],
    around: &mut Around<&'a str>,
    (brand, waybill): (&'a str, &'a str),
    texts: TextsOf<'a>,
) -> Option<(Event<'a>, bool)> {
    let mut reader = Reader::new(bytes);
    let (flags, kind) = Flags::of(u16::from_le_bytes(reader.take()?));
    let id = EventId::from_bits(u128::from_le_bytes(reader.take()?), flags.has(Flags::ULID));
    let digest = ContentDigest(u32::from_le_bytes(reader.take()?));
    around.go_on(&mut reader, flags, |reader| texts.get(reader))?;
    let happening = happening(&mut reader, kind, around.place, texts)?;
    let event = Event {
        id,
        digest,
        brand,
        waybill,
        site: around.site,
        operator: around.operator,
        place: around.place,
        occurred_at: around.occurred_at,
        uploaded_at: around.uploaded_at,
        intake_at: around.intake_at,
        source: around.source,
        redacted: flags.has(Flags::REDACTED),
        happening,
    };
    reader.is_empty().then_some((event, flags.has(Flags::CONFLICTED)))
}

/// Reads of an event without the length in front only when and where it happened, with the numbers of its texts, and of
/// what kind it is.
#[inline]
pub(super) fn go_on(bytes: &[u8], around: &mut Around<u32>) -> Option<u16> {
    let mut reader = Reader::new(bytes);
    let (flags, kind) = Flags::of(u16::from_le_bytes(reader.take()?));
    reader.take::<ID_AND_DIGEST>()?;
    around.go_on(&mut reader, flags, Reader::narrow)?;
    Some(kind)
}

impl<T: Copy> Around<T> {
    /// From one event on to the next.
    #[inline]
    fn go_on<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        flags: Flags,
        text: impl Fn(&mut Reader<'a>) -> Option<T>,
    ) -> Option<()> {
        let unit = if flags.has(Flags::NANOS) { 1 } else { 1_000_000 };
        let later = |reader: &mut Reader<'a>, earlier: Timestamp| {
            let nanos = reader.large_signed()?.wrapping_mul(unit);
            Some(Timestamp::from_nanos(earlier.as_nanos().wrapping_add(nanos)))
        };
        self.occurred_at = later(reader, self.occurred_at)?;
        self.intake_at = later(reader, self.occurred_at)?;
        self.uploaded_at = if flags.has(Flags::UPLOADED) {
            Some(later(reader, self.intake_at)?)
        } else {
            None
        };
        for (same, place) in [
            (Flags::SAME_SOURCE, &mut self.source),
            (Flags::SAME_SITE, &mut self.site),
            (Flags::SAME_OPERATOR, &mut self.operator),
        ] {
            if !flags.has(same) {
                *place = text(reader)?;
            }
        }
        if !flags.has(Flags::SAME_PLACE) {
            self.place = if flags.has(Flags::PLACED) {
                Some(read_place(reader, self.place)??)
            } else {
                None
            };
        }
        Some(())
    }
}

/// The inverse of the writer's: outer `None` for bytes that it did not write.
fn read_place(reader: &mut Reader<'_>, near: Option<Place>) -> Option<Option<Place>> {
    let Some(coded) = reader.number()?.checked_sub(1) else {
        return Some(None);
    };
    let (zigzag, level) = (coded / 6, u8::try_from(coded % 6).ok()?);
    let difference = (zigzag >> 1).cast_signed() ^ (zigzag & 1).cast_signed().wrapping_neg();
    let near = near.map_or(0, |near| near.at_level(level));
    let prefix = near.cast_signed().wrapping_add(difference).cast_unsigned();
    Place::of_level(level, prefix).map(Some)
}

fn happening<'a>(
    reader: &mut Reader<'a>,
    kind: u16,
    place: Option<Place>,
    texts: TextsOf<'a>,
) -> Option<Happening<'a>> {
    Some(match kind {
        ACCEPTED => Happening::Accepted(accepted(reader, place, texts)?),
        1 => Happening::IdentityChecked(identity(reader)?),
        2 => Happening::Inspected(inspected(reader)?),
        3 => Happening::Sealed,
        4 => Happening::XrayScreened(screened(reader, texts)?),
        5 => Happening::Departed(if reader.flag()? { Leg::Local } else { Leg::LineHaul }),
        6 => Happening::Arrived(texts.get(reader)?),
        7 => Happening::Delivered,
        8 => Happening::OpenChecked(OpenChecked {
            result: match reader.byte()? {
                1 => OpenCheckResult::Pass,
                2 => OpenCheckResult::Prohibited,
                3 => OpenCheckResult::Refused,
                _ => OpenCheckResult::Unspecified,
            },
            prohibited_class: class(reader)?,
        }),
        9 => Happening::Held,
        10 => Happening::Released,
        11 => Happening::Reported,
        12 => Happening::Rejected,
        13 => Happening::Returned,
        14 => Happening::Voided,
        RETRACTED => {
            let is_ulid = reader.flag()?;
            Happening::Retracted(EventId::from_bits(u128::from_le_bytes(reader.take()?), is_ulid))
        }
        _ => return None,
    })
}

fn accepted<'a>(reader: &mut Reader<'a>, place: Option<Place>, texts: TextsOf<'a>) -> Option<Accepted<'a>> {
    let [bits, ways] = reader.take()?;
    Some(Accepted {
        letter: bits & 1 != 0,
        by_agent: bits & 2 != 0,
        transport: match ways & 15 {
            1 => Some(Transport::Road),
            2 => Some(Transport::Rail),
            3 => Some(Transport::HighSpeedRail),
            4 => Some(Transport::Air),
            5 => Some(Transport::Water),
            _ => None,
        },
        route: match ways >> 4 {
            1 => Some(Route::SameCity),
            2 => Some(Route::IntraProvince),
            3 => Some(Route::InterProvince),
            4 => Some(Route::HkMoTw),
            5 => Some(Route::International),
            _ => None,
        },
        agreement: texts.get(reader)?,
        declared_item: read_item(reader)?,
        destination: read_place(reader, place)?,
        sender: read_sender(reader)?,
    })
}

fn read_item(reader: &mut Reader<'_>) -> Option<DeclaredItem> {
    let [a, b, c, d, e, f] = reader.take()?;
    Some(DeclaredItem::from_bits(u64::from_le_bytes([a, b, c, d, e, f, 0, 0])))
}

fn read_sender(reader: &mut Reader<'_>) -> Option<TokenSet> {
    let mut tokens = TokenSet::default();
    for _ in 0..reader.byte()? {
        let fits = tokens.insert(u32::from_le_bytes(reader.take()?).into());
        if !fits {
            return None;
        }
    }
    Some(tokens)
}

fn identity(reader: &mut Reader<'_>) -> Option<IdentityChecked> {
    let bits = reader.byte()?;
    let document = read_document(reader)?;
    let agent = if bits & 32 != 0 {
        Some(read_document(reader)?)
    } else {
        None
    };
    Some(IdentityChecked {
        result: match bits & 7 {
            1 => IdentityResult::Pass,
            2 => IdentityResult::Refused,
            3 => IdentityResult::Mismatch,
            4 => IdentityResult::PersonDiffers,
            5 => IdentityResult::RefusedRegistration,
            _ => IdentityResult::Unspecified,
        },
        document,
        agent,
        name_matches: answer(bits >> 3 & 3),
        tokens: tokens(reader)?,
    })
}

fn read_document(reader: &mut Reader<'_>) -> Option<Document> {
    let [kind, bits] = reader.take()?;
    let kind = match kind.checked_sub(1) {
        Some(place) => Some(*DocumentKind::ALL.get(usize::from(place))?),
        None => None,
    };
    let number = match bits & 3 {
        0 => Number::Absent,
        1 => Number::Unexamined,
        _ => {
            let grades = reader.byte()?;
            Number::Examined {
                format: grade(grades),
                checksum: grade(grades >> 2),
                birth_date: grade(grades >> 4),
                valid_as: KindSet::from_bits(reader.narrow()?),
            }
        }
    };
    let expiry = match bits >> 2 & 3 {
        0 => Expiry::Unanswered,
        1 => Expiry::LongTerm,
        _ => Expiry::On(CivilDay::from_days(i32::try_from(reader.signed()?).ok()?)),
    };
    Some(Document { kind, number, expiry })
}

fn inspected(reader: &mut Reader<'_>) -> Option<Inspected> {
    Some(Inspected {
        result: match reader.byte()? {
            1 => InspectionResult::Pass,
            2 => InspectionResult::Refused,
            3 => InspectionResult::Failed,
            4 => InspectionResult::Prohibited,
            _ => InspectionResult::Unspecified,
        },
        prohibited_class: class(reader)?,
        matches_declared: answer(reader.byte()?),
        mark: Mark::from_bits(reader.byte()?),
    })
}

fn screened<'a>(reader: &mut Reader<'a>, texts: TextsOf<'a>) -> Option<XrayScreened<'a>> {
    let [bits, mark] = reader.take()?;
    let prohibited_class = class(reader)?;
    Some(XrayScreened {
        device: texts.get(reader)?,
        screener: texts.get(reader)?,
        third_party: texts.get(reader)?,
        judgement: match bits & 3 {
            1 => XrayJudgement::Clear,
            2 => XrayJudgement::Suspect,
            3 => XrayJudgement::Prohibited,
            _ => XrayJudgement::Unspecified,
        },
        at_destination: bits & 4 != 0,
        mark: Mark::from_bits(mark),
        prohibited_class,
    })
}

fn tokens(reader: &mut Reader<'_>) -> Option<TokenSet> {
    let mut tokens = TokenSet::default();
    for _ in 0..reader.byte()? {
        let fits = tokens.insert(u64::from_le_bytes(reader.take()?));
        if !fits {
            return None;
        }
    }
    Some(tokens)
}

fn class(reader: &mut Reader<'_>) -> Option<Option<ProhibitedClass>> {
    reader.byte().map(|class| ProhibitedClass::new(class.into()))
}

fn answer(bits: u8) -> Option<bool> {
    match bits {
        1 => Some(false),
        2 => Some(true),
        _ => None,
    }
}

fn grade(bits: u8) -> Grade {
    match bits & 3 {
        0 => Grade::Ok,
        1 => Grade::Wrong,
        2 => Grade::NotApplicable,
        _ => Grade::Implausible,
    }
}
