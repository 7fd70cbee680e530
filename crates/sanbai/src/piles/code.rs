//! How the parts of an event are written in a record, the same words for writing and reading.
//!
//! Times are differences as zigzag variable-length integers, in milliseconds where they are whole; texts are numbers of
//! [`Names`](super::names::Names).

use std::mem::discriminant;

use sanbai_core::document::{DocumentKind, Grade, KindSet};
use sanbai_core::event::{
    Accepted, Document, Event, EventId, Expiry, Happening, IdentityChecked, Mark, Number, Place, ProhibitedClass,
    TokenSet,
};
use sanbai_core::time::{CivilDay, Timestamp};

use super::words::{
    ANSWERS, GRADES, IDENTITY_RESULTS, INSPECTION_RESULTS, JUDGEMENTS, KINDS, LEGS, NO_DOCUMENT, OPEN_CHECK_RESULTS,
    ROUTES, TRANSPORTS,
};

/// A declared item longer than any generic word describes something; its text is not kept.
const ITEM_BYTES_KEPT: usize = 48;
/// What stands for it.
const DESCRIBED_ITEM: &str = "(described)";

/// Writes the parts of a record, or reads them into what is given.
pub(super) trait Coder<'a> {
    /// A number that is mostly small.
    fn number(&mut self, value: &mut u64);
    /// A number of which all bytes count.
    fn long(&mut self, value: &mut u64);
    /// A text that recurs.
    fn text(&mut self, value: &mut &'a str);
    /// A place; places recur, too.
    fn place(&mut self, value: &mut Option<Place>);

    /// Small numbers of so many bits each, together as one number; what is mostly 0 stands last.
    fn bits<const PARTS: usize>(&mut self, mut parts: [(u32, &mut u64); PARTS]) {
        let mut all = parts.iter().rev().fold(0, |all, (width, part)| all << width | **part);
        self.number(&mut all);
        for (width, part) in &mut parts {
            **part = all & ((1 << *width) - 1);
            all >>= *width;
        }
    }

    fn time(&mut self, earlier: Timestamp, value: &mut Timestamp) {
        const MILLISECOND: i64 = 1_000_000;
        let earlier = earlier.as_nanos();
        // What wraps here wraps back when it is read.
        let nanos = value.as_nanos().wrapping_sub(earlier);
        let millis = nanos / MILLISECOND;
        let is_whole = millis.wrapping_mul(MILLISECOND) == nanos;
        let mut coded = if is_whole { zigzag(millis) << 1 } else { 1 };
        self.number(&mut coded);
        let mut nanos = nanos.cast_unsigned();
        if coded & 1 == 0 {
            nanos = unzigzag(coded >> 1).wrapping_mul(MILLISECOND).cast_unsigned();
        } else {
            self.long(&mut nanos);
        }
        *value = Timestamp::from_nanos(earlier.wrapping_add(nanos.cast_signed()));
    }

    fn id(&mut self, is_ulid: bool, value: &mut EventId) {
        let (mut high, mut low) = ((value.bits() >> 64) as u64, value.bits() as u64);
        self.long(&mut high);
        self.long(&mut low);
        *value = EventId::from_bits(u128::from(high) << 64 | u128::from(low), is_ulid);
    }
}

const fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

const fn unzigzag(coded: u64) -> i64 {
    (coded >> 1).cast_signed() ^ (coded & 1).cast_signed().wrapping_neg()
}

/// Flags of an event, above the four bits of what happened. Those that are rare stand where they need a second byte.
const NOT_UPLOADED: u64 = 1 << 4;
const NOT_PLACED: u64 = 1 << 5;
const ULID: u64 = 1 << 6;
const REDACTED: u64 = 1 << 7;
const CONFLICTED: u64 = 1 << 8;

/// Writes an event but for its brand and waybill, or reads it into one; times are differences to `base`.
pub(super) fn event<'a, C: Coder<'a>>(coder: &mut C, base: Timestamp, (event, conflicted): &mut (Event<'a>, bool)) {
    let flag = |bit: u64, set: bool| if set { bit } else { 0 };
    let mut flags = kind(&event.happening)
        | flag(NOT_UPLOADED, event.uploaded_at.is_none())
        | flag(NOT_PLACED, event.place.is_none())
        | flag(ULID, event.id.is_ulid())
        | flag(REDACTED, event.redacted)
        | flag(CONFLICTED, *conflicted);
    coder.number(&mut flags);
    coder.id(flags & ULID != 0, &mut event.id);
    coder.long(&mut event.digest.0);
    coder.time(base, &mut event.occurred_at);
    coder.time(event.occurred_at, &mut event.intake_at);
    if flags & NOT_UPLOADED == 0 {
        let mut upload = event.uploaded_at.unwrap_or_default();
        coder.time(event.intake_at, &mut upload);
        event.uploaded_at = Some(upload);
    }
    coder.text(&mut event.source);
    coder.text(&mut event.site);
    coder.text(&mut event.operator);
    if flags & NOT_PLACED == 0 {
        coder.place(&mut event.place);
    }
    event.redacted = flags & REDACTED != 0;
    *conflicted = flags & CONFLICTED != 0;
    if flags & KIND != kind(&event.happening) {
        event.happening = KINDS[(flags & KIND) as usize];
    }
    happening(coder, &mut event.happening);
}

const KIND: u64 = 0xf;

/// The number of what happened, of four bits.
fn kind(happening: &Happening<'_>) -> u64 {
    let place = KINDS
        .iter()
        .position(|one| discriminant(one) == discriminant(happening));
    place.unwrap_or(0) as u64
}

/// Where a value stands in a list.
fn index<T: PartialEq>(all: &[T], value: &T) -> u64 {
    all.iter().position(|one| one == value).unwrap_or(0) as u64
}

/// The value at a place of a list.
fn at<T: Copy>(all: &[T], index: u64) -> T {
    all[index as usize]
}

fn class_of(class: Option<ProhibitedClass>) -> u64 {
    class.map_or(0, ProhibitedClass::get).into()
}

fn class_at(class: u64) -> Option<ProhibitedClass> {
    ProhibitedClass::new(class as u32)
}

fn happening<'a, C: Coder<'a>>(coder: &mut C, happening: &mut Happening<'a>) {
    match happening {
        Happening::Accepted(it) => accepted(coder, it),
        Happening::IdentityChecked(it) => identity_checked(coder, it),
        Happening::Inspected(it) => {
            let mut result = index(&INSPECTION_RESULTS, &it.result);
            let mut answer = index(&ANSWERS, &it.matches_declared);
            let (mut mark, mut class) = (it.mark.bits().into(), class_of(it.prohibited_class));
            coder.bits([(3, &mut result), (2, &mut answer), (5, &mut mark), (5, &mut class)]);
            it.result = at(&INSPECTION_RESULTS, result);
            it.matches_declared = at(&ANSWERS, answer);
            (it.mark, it.prohibited_class) = (Mark::from_bits(mark as u8), class_at(class));
        }
        Happening::XrayScreened(it) => {
            let (mut judgement, mut stage) = (index(&JUDGEMENTS, &it.judgement), it.at_destination.into());
            let (mut mark, mut class) = (it.mark.bits().into(), class_of(it.prohibited_class));
            coder.bits([(2, &mut judgement), (5, &mut mark), (1, &mut stage), (5, &mut class)]);
            (it.judgement, it.at_destination) = (at(&JUDGEMENTS, judgement), stage != 0);
            (it.mark, it.prohibited_class) = (Mark::from_bits(mark as u8), class_at(class));
            coder.text(&mut it.device);
            coder.text(&mut it.screener);
            coder.text(&mut it.third_party);
        }
        Happening::Departed(leg) => {
            let mut place = index(&LEGS, leg);
            coder.bits([(1, &mut place)]);
            *leg = at(&LEGS, place);
        }
        Happening::Arrived(from) => coder.text(from),
        Happening::OpenChecked(it) => {
            let (mut result, mut class) = (index(&OPEN_CHECK_RESULTS, &it.result), class_of(it.prohibited_class));
            coder.bits([(2, &mut result), (5, &mut class)]);
            (it.result, it.prohibited_class) = (at(&OPEN_CHECK_RESULTS, result), class_at(class));
        }
        Happening::Retracted(target) => {
            let mut is_ulid = target.is_ulid().into();
            coder.bits([(1, &mut is_ulid)]);
            coder.id(is_ulid != 0, target);
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

fn accepted<'a, C: Coder<'a>>(coder: &mut C, it: &mut Accepted<'a>) {
    if it.declared_item.len() > ITEM_BYTES_KEPT {
        it.declared_item = DESCRIBED_ITEM;
    }
    let (mut transport, mut route) = (index(&TRANSPORTS, &it.transport), index(&ROUTES, &it.route));
    let (mut letter, mut by_agent) = (it.letter.into(), it.by_agent.into());
    let known = it.sender;
    let mut tokens = known.len() as u64;
    coder.bits([
        (3, &mut transport),
        (3, &mut route),
        (1, &mut letter),
        (3, &mut tokens),
        (1, &mut by_agent),
    ]);
    (it.transport, it.route) = (at(&TRANSPORTS, transport), at(&ROUTES, route));
    (it.letter, it.by_agent) = (letter != 0, by_agent != 0);
    coder.text(&mut it.agreement);
    coder.text(&mut it.declared_item);
    coder.place(&mut it.destination);
    let mut known = known.iter();
    it.sender = TokenSet::EMPTY;
    for _ in 0..tokens {
        let mut digest = known.next().unwrap_or_default();
        coder.long(&mut digest);
        it.sender.insert(digest);
    }
}

fn identity_checked<'a, C: Coder<'a>>(coder: &mut C, it: &mut IdentityChecked) {
    let (mut result, mut answer) = (index(&IDENTITY_RESULTS, &it.result), index(&ANSWERS, &it.name_matches));
    let mut has_agent = it.agent.is_some().into();
    coder.bits([(3, &mut result), (2, &mut answer), (1, &mut has_agent)]);
    (it.result, it.name_matches) = (at(&IDENTITY_RESULTS, result), at(&ANSWERS, answer));
    document(coder, &mut it.document);
    it.agent = (has_agent != 0).then(|| {
        let mut agent = it.agent.unwrap_or(NO_DOCUMENT);
        document(coder, &mut agent);
        agent
    });
}

fn document<'a, C: Coder<'a>>(coder: &mut C, document: &mut Document) {
    let mut kind = document.kind.map_or(0, |kind| 1 + u64::from(kind.index()));
    let (mut number, facts) = match document.number {
        Number::Absent => (0, None),
        Number::Unexamined => (1, None),
        Number::Examined {
            format,
            checksum,
            birth_date,
            valid_as,
        } => (2, Some(([format, checksum, birth_date], valid_as))),
    };
    let (mut expiry, day) = match document.expiry {
        Expiry::Unanswered => (0, 0),
        Expiry::LongTerm => (1, 0),
        Expiry::On(day) => (2, day.as_days()),
    };
    coder.bits([(2, &mut number), (2, &mut expiry), (4, &mut kind)]);
    document.kind = kind.checked_sub(1).map(|place| at(&DocumentKind::ALL, place));
    document.number = match number {
        0 => Number::Absent,
        1 => Number::Unexamined,
        _ => {
            let (grades, valid_as) = facts.unwrap_or(([Grade::Ok; 3], KindSet::EMPTY));
            let [mut format, mut checksum, mut birth_date] = grades.map(|grade| index(&GRADES, &grade));
            let mut kinds = valid_as.bits().into();
            coder.bits([
                (2, &mut format),
                (2, &mut checksum),
                (2, &mut birth_date),
                (14, &mut kinds),
            ]);
            Number::Examined {
                format: at(&GRADES, format),
                checksum: at(&GRADES, checksum),
                birth_date: at(&GRADES, birth_date),
                valid_as: KindSet::from_bits(kinds as u16),
            }
        }
    };
    document.expiry = match expiry {
        0 => Expiry::Unanswered,
        1 => Expiry::LongTerm,
        _ => {
            let mut days = zigzag(day.into());
            coder.number(&mut days);
            Expiry::On(CivilDay::from_days(unzigzag(days) as i32))
        }
    };
}
