//! What single values may be: texts of each kind, and times.

use sanbai_core::event::EventId;
use sanbai_core::time::{CivilDay, Timestamp};

use crate::check::Policy;
use crate::code::Code;
use crate::limits::{Text, TextKind};
use crate::reject::Reject;
use crate::text::{REMOVED, Run, find_personal, has_blank, is_clean, is_name, may_be_personal};
use crate::token::Token;

/// A document without an end, as it is written.
pub(crate) const LONG_TERM: &str = "long-term";
/// The same on the document.
pub(crate) const LONG_TERM_ZH: &str = "长期";

/// What becomes of a text that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays as it is.
    Stays,
    /// It is written anew, for it holds personal data or is not in its canonical form.
    Anew,
    /// It is raw: it becomes tokens and facts, or is dropped if it should be masked and is not.
    Raw,
}

impl Fate {
    const fn anew(is_anew: bool) -> Self {
        if is_anew { Self::Anew } else { Self::Stays }
    }
}

/// Whether a text that is ASCII and all seen stays as it is; `false` where that needs a closer look.
#[inline]
pub(crate) fn stays(rule: Text, graphic: &[u8]) -> bool {
    let is_short_enough = graphic.len() <= rule.bytes_max;
    is_short_enough
        && match rule.kind {
            TextKind::EventId => true,
            TextKind::Place => is_division(graphic),
            TextKind::Identifier | TextKind::WorkIdentifier | TextKind::Code | TextKind::WorkCode => {
                !may_be_personal(graphic, Run::Code)
            }
            TextKind::Waybill | TextKind::Words => !may_be_personal(graphic, rule.kind.run()),
            TextKind::Digest => is_canonical_digest(graphic),
            TextKind::Image => {
                graphic.iter().all(|byte| is_plain_in_names(*byte)) && !may_be_personal(graphic, Run::Code)
            }
            TextKind::Day => is_canonical_day(graphic),
            TextKind::Raw | TextKind::Masked | TextKind::Token => false,
        }
}

/// Checks a text.
pub(crate) fn check_text(rule: Text, bytes: &[u8], policy: &Policy) -> Result<Fate, Reject> {
    let is_raw = matches!(rule.kind, TextKind::Raw | TextKind::Masked);
    if (bytes.is_empty() && rule.kind != TextKind::Token) || (bytes == REMOVED.as_bytes() && !is_raw) {
        return Ok(Fate::Stays);
    }
    if bytes.len() > rule.bytes_max {
        let detail = format!(
            "the text has {} bytes, over the limit of {}",
            bytes.len(),
            rule.bytes_max
        );
        return Err(Reject::new(Code::FieldTooLong, detail));
    }
    let text = core::str::from_utf8(bytes)
        .map_err(|_| Reject::new(Code::TextInvalid, "the text is not UTF-8; encode it so"))?;
    if !is_clean(text) {
        return Err(Reject::new(
            Code::TextInvalid,
            "the text holds control or direction characters; remove them",
        ));
    }
    let is_personal = || find_personal(text, rule.kind.run()).is_some();
    match rule.kind {
        // Checked where it is read: what is an id holds no number of a person.
        TextKind::EventId => Ok(Fate::Stays),
        TextKind::Raw if policy.forbid_raw => Err(raw("a raw value stands where only tokens are allowed")),
        TextKind::Raw | TextKind::Masked => Ok(Fate::Raw),
        TextKind::Identifier | TextKind::WorkIdentifier | TextKind::Waybill if is_personal() => Err(personal()),
        TextKind::WorkIdentifier if is_name(text) => Err(named()),
        TextKind::Token if is_personal() => Err(raw("a raw number stands where only a token may")),
        TextKind::Token => token(text, policy.key_versions.as_deref()).map(|()| Fate::Stays),
        TextKind::Identifier | TextKind::WorkIdentifier => no_blanks(text).map(|()| Fate::Stays),
        TextKind::Code => no_blanks(text).map(|()| Fate::anew(is_personal())),
        TextKind::WorkCode => no_blanks(text).map(|()| Fate::anew(is_personal() || is_name(text))),
        TextKind::Waybill => Ok(Fate::Stays),
        TextKind::Words => Ok(Fate::anew(is_personal())),
        TextKind::Day => Ok(Fate::anew(is_personal() || check_day(text)?)),
        TextKind::Place => Ok(Fate::anew(is_personal() || check_place(text)?)),
        TextKind::Digest => Ok(Fate::anew(is_personal() || check_digest(text)?)),
        TextKind::Image => check_image(text).map(|()| Fate::anew(is_personal())),
    }
}

impl TextKind {
    /// What hides a number in such a text.
    pub(crate) const fn run(self) -> Run {
        match self {
            Self::Words | Self::Raw | Self::Masked | Self::Day => Run::Digits,
            Self::Identifier | Self::WorkIdentifier | Self::Code | Self::WorkCode => Run::Code,
            Self::Place | Self::Digest | Self::Image => Run::Code,
            Self::Waybill | Self::EventId | Self::Token => Run::Key,
        }
    }
}

fn no_blanks(text: &str) -> Result<(), Reject> {
    if !has_blank(text) {
        return Ok(());
    }
    Err(Reject::new(
        Code::TextInvalid,
        "blanks stand inside a code; remove them",
    ))
}

fn token(text: &str, known: Option<&[String]>) -> Result<(), Reject> {
    let token = Token::parse(text).ok_or_else(|| {
        let detail = "a token names algorithm, key version and value, with colons between; let the edge make it";
        Reject::new(Code::TokenKeyUnknown, detail)
    })?;
    if known.is_none_or(|known| known.iter().any(|known| known == token.version)) {
        return Ok(());
    }
    let detail = "the token names a key version that is not in force; make it again with a current key";
    Err(Reject::new(Code::TokenKeyUnknown, detail))
}

/// Checks a day; says whether it is written in another way than the canonical one. So do those below.
fn check_day(text: &str) -> Result<bool, Reject> {
    if CivilDay::parse(text).is_some() || text == LONG_TERM {
        return Ok(false);
    }
    let detail = "not a real day; write YYYY-MM-DD, or long-term for a document without an end";
    if text == LONG_TERM_ZH {
        Ok(true)
    } else {
        Err(Reject::new(Code::EventTimeInvalid, detail))
    }
}

fn check_place(text: &str) -> Result<bool, Reject> {
    if matches!(text.len(), 2..=12) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(false);
    }
    Err(Reject::new(
        Code::ValueRange,
        "a division code has 2 to 12 digits and nothing else",
    ))
}

fn check_digest(text: &str) -> Result<bool, Reject> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.bytes().any(|byte| byte.is_ascii_uppercase()));
    }
    Err(Reject::new(
        Code::RefInvalid,
        "a photo is named by the 64 hex digits of its SHA-256",
    ))
}

fn check_image(text: &str) -> Result<(), Reject> {
    if is_plain_name(text) {
        return Ok(());
    }
    Err(Reject::new(
        Code::RefInvalid,
        "an image is named by its id, never by an address or a path",
    ))
}

/// Whether it is written as a division code, and is too short or too long for a phone number.
fn is_division(bytes: &[u8]) -> bool {
    matches!(bytes.len(), 2..=10 | 12) && bytes.iter().all(u8::is_ascii_digit)
}

/// Whether it is a SHA-256 in small hex digits: 64 in a row, and no number of a person has so many.
fn is_canonical_digest(bytes: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    bytes.len() == 64 && bytes.iter().fold(true, |all, byte| all & is_digit(byte))
}

/// Whether it is a real day in its canonical form, and so too short for a number of a person.
fn is_canonical_day(bytes: &[u8]) -> bool {
    let day = core::str::from_utf8(bytes).ok().and_then(CivilDay::parse);
    day.is_some()
}

/// Neither a path nor an address, and nothing that could become one.
fn is_plain_name(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let has_scheme =
        scheme.is_some_and(|scheme| scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphabetic()));
    !has_scheme && !text.contains(['/', '\\', '%', '?', '#', '@']) && !text.contains("..") && !has_blank(text)
}

/// Whether a byte can be part of no address or path, whatever stands beside it.
fn is_plain_in_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Reads an id.
pub(crate) fn event_id(text: &str) -> Result<EventId, Reject> {
    EventId::parse(text).ok_or_else(|| {
        if find_personal(text, Run::Key).is_some() {
            return personal();
        }
        Reject::new(Code::EventIdInvalid, "an event id is a UUID with hyphens or a ULID")
    })
}

/// The rejection of personal data in what names a parcel, a place or a person at work.
pub(crate) fn personal() -> Reject {
    let detail = "an ID number or a phone number stands in an identifier; use the licence, staff or waybill number";
    Reject::new(Code::PiiInWrongField, detail)
}

/// The rejection of a name where a number of a place, a machine or a person at work belongs.
pub(crate) fn named() -> Reject {
    let detail = "a name stands where a number belongs; use the licence, staff or device number";
    Reject::new(Code::PiiInWrongField, detail)
}

fn raw(what: &str) -> Reject {
    Reject::new(
        Code::PlaintextIdForbidden,
        format!("{what}; let the gateway make tokens"),
    )
}

/// A time as the core has it, from the numbers on the wire.
pub(crate) fn instant(seconds: u64, nanos: u64) -> Result<Timestamp, Reject> {
    let (seconds, nanos) = (seconds.cast_signed(), i32::try_from(nanos.cast_signed()).unwrap_or(-1));
    match Timestamp::from_parts(seconds, nanos) {
        Some(instant) if instant >= FIRST => Ok(instant),
        Some(_) if seconds >= 0 => Err(unit("the time lies in 1970: were seconds taken for milliseconds?")),
        None if seconds > 0 && (0..1_000_000_000).contains(&nanos) => {
            Err(unit("the time lies after 2262: were milliseconds taken for seconds?"))
        }
        Some(_) | None => Err(Reject::new(
            Code::EventTimeInvalid,
            "a time before 1970, or not a time at all",
        )),
    }
}

/// The beginning of 1971: before it, somebody has mistaken a unit.
pub(crate) const FIRST: Timestamp = Timestamp::from_nanos(31_536_000_000_000_000);

fn unit(detail: &str) -> Reject {
    Reject::new(Code::EventTimeUnit, detail)
}
