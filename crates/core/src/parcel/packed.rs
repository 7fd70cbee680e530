//! The events of one parcel as bytes: about 40 each. For whoever keeps very many of them in memory.
//!
//! ```text
//! event = length u8 · kind and flags u16 · id 16 · digest 4 · occurred · intake · upload · source · site · operator ·
//!         place · what the kind carries
//! ```
//! Times are differences (occurred to the event before, intake to occurred, upload to intake), in milliseconds where all
//! are whole. What is the same as in the event before is not repeated. In memory texts are numbers of [`Names`]; in rows,
//! which outlive it, they are written out.

use core::cell::RefCell;

pub use super::names::Names;
use crate::bytes::{Reader, Writer};
use crate::event::{Event, Place};
use crate::time::Timestamp;

mod reader;
mod writer;

/// Where in an event, without the length in front, its id begins.
const ID_AT: usize = 2;

/// Kinds as they are written.
const ACCEPTED: u16 = 0;
const RETRACTED: u16 = 15;

/// Where texts go.
#[derive(Debug)]
pub enum Texts<'n> {
    /// Held here; their numbers are written.
    Held(&'n mut Names),
    /// Held already by somebody else; their numbers are written.
    Known(&'n Names),
    /// Written out.
    Inline,
}

impl Texts<'_> {
    pub(crate) fn put(&mut self, bytes: &mut Writer, text: &str) {
        match self {
            Self::Held(names) => bytes.number(names.hold(text).into()),
            Self::Known(names) => bytes.number(names.find(text).unwrap_or(0).into()),
            Self::Inline => bytes.text(text),
        }
    }
}

/// Where texts come from.
#[derive(Clone, Copy, Debug)]
pub enum TextsOf<'n> {
    /// Numbers of texts that are held here.
    Held(&'n Names),
    /// Their numbers are gathered, nothing else.
    Numbers(&'n RefCell<Vec<u32>>),
    /// Written out.
    Inline,
}

impl<'n> TextsOf<'n> {
    #[inline]
    pub(crate) fn get(self, reader: &mut Reader<'n>) -> Option<&'n str> {
        match self {
            Self::Held(names) => Some(names.text(reader.narrow()?)),
            Self::Numbers(numbers) => {
                numbers.borrow_mut().push(reader.narrow()?);
                Some("")
            }
            Self::Inline => reader.text(),
        }
    }
}

/// When and where an event happened, with its texts or their numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Around<T> {
    occurred_at: Timestamp,
    uploaded_at: Option<Timestamp>,
    intake_at: Timestamp,
    source: T,
    site: T,
    operator: T,
    place: Option<Place>,
}

impl<'a> Around<&'a str> {
    fn at(occurred_at: Timestamp) -> Self {
        Self {
            occurred_at,
            ..Self::default()
        }
    }

    fn of(event: &Event<'a>) -> Self {
        Self {
            occurred_at: event.occurred_at,
            uploaded_at: event.uploaded_at,
            intake_at: event.intake_at,
            source: event.source,
            site: event.site,
            operator: event.operator,
            place: event.place,
        }
    }
}

/// Flags of an event; its kind stands in the four bits below them.
#[derive(Clone, Copy, Debug)]
struct Flags(u16);

impl Flags {
    const NONE: Self = Self(0);
    const ULID: Self = Self(1 << 4);
    const REDACTED: Self = Self(1 << 5);
    const CONFLICTED: Self = Self(1 << 6);
    const UPLOADED: Self = Self(1 << 7);
    const PLACED: Self = Self(1 << 8);
    const NANOS: Self = Self(1 << 9);
    const SAME_SOURCE: Self = Self(1 << 10);
    const SAME_SITE: Self = Self(1 << 11);
    const SAME_OPERATOR: Self = Self(1 << 12);
    const SAME_PLACE: Self = Self(1 << 13);

    /// Flags and kind.
    const fn of(bits: u16) -> (Self, u16) {
        (Self(bits & !15), bits & 15)
    }

    const fn bits(self) -> u16 {
        self.0
    }

    const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    const fn with(self, flag: Self, present: bool) -> Self {
        if present { Self(self.0 | flag.0) } else { self }
    }
}

/// What an event has in common with the one before it, which is not written again.
#[derive(Clone, Copy, Debug)]
pub struct Follows {
    same: Flags,
    occurred_at: Timestamp,
    place: Option<Place>,
}

impl Follows {
    /// Of an event and the one before it, if there is one.
    pub fn of(event: &Event<'_>, before: Option<&Event<'_>>) -> Self {
        Self::between(event, &before.map(Around::of).unwrap_or_default())
    }

    /// Of an event that stands alone; its time is written as a difference to a base.
    pub fn alone(event: &Event<'_>, base: Timestamp) -> Self {
        Self::between(event, &Around::at(base))
    }

    fn between(event: &Event<'_>, before: &Around<&str>) -> Self {
        Self {
            same: Flags::NONE
                .with(Flags::SAME_SOURCE, event.source == before.source)
                .with(Flags::SAME_SITE, event.site == before.site)
                .with(Flags::SAME_OPERATOR, event.operator == before.operator)
                .with(Flags::SAME_PLACE, event.place.is_some() && event.place == before.place),
            occurred_at: before.occurred_at,
            place: before.place,
        }
    }
}

/// Reads an event that stands alone, whose time was written as a difference to a base.
///
/// # Errors
/// Where the bytes were not written here.
pub fn alone<'a>(
    bytes: &'a [u8],
    base: Timestamp,
    key: (&'a str, &'a str),
    texts: TextsOf<'a>,
) -> Result<(Event<'a>, bool), Foreign> {
    let mut around = Around::at(base);
    let mut reader = Reader::new(bytes);
    let event = reader
        .block()
        .and_then(|bytes| reader::event(bytes, &mut around, key, texts));
    event.ok_or(Foreign)
}

/// Writes an event, and whether its id came with two contents.
pub fn put(out: &mut Writer, (event, conflicted): (&Event<'_>, bool), follows: Follows, texts: &mut Texts<'_>) {
    writer::put(out, event, conflicted, follows, texts);
}

/// Reads the events of a parcel one after the other, each with whether its id came with two contents.
///
/// Ends with `Err` at bytes that were not written here.
#[inline]
pub fn events<'a>(
    bytes: &'a [u8],
    key: (&'a str, &'a str),
    texts: TextsOf<'a>,
) -> impl Iterator<Item = Result<(Event<'a>, bool), Foreign>> {
    let (mut reader, mut around, mut ended) = (Reader::new(bytes), Around::default(), false);
    core::iter::from_fn(move || {
        if ended || reader.is_empty() {
            return None;
        }
        let read = reader
            .block()
            .and_then(|bytes| reader::event(bytes, &mut around, key, texts));
        ended = read.is_none();
        Some(read.ok_or(Foreign))
    })
}

/// What a look at the events of a parcel tells whoever adds one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Any of them has its id; ids of different sources may be alike.
    pub(crate) has_id: bool,
    /// How many there are.
    pub(crate) count: usize,
    /// What it has in common with the last of them.
    pub(crate) follows: Follows,
    /// The instant as of which rules and registers count for them, where it comes behind all of them in canonical order,
    /// was received no earlier than the first of them, and none of them takes anything back.
    pub(crate) behind: Option<Timestamp>,
}

/// Looks at the events of a parcel, to which one is to be added.
pub(crate) fn look(bytes: &[u8], event: &Event<'_>, names: &Names) -> Look {
    let (mut reader, mut last) = (Reader::new(bytes), Around::<u32>::default());
    let (mut has_id, mut count, mut retracts) = (false, 0_usize, false);
    let (mut earliest, mut latest, mut accepted, mut intake) =
        (Timestamp::MAX, Timestamp::MIN, Timestamp::MAX, Timestamp::MAX);
    let id = event.id.bits().to_le_bytes();
    while let Some(event) = reader.block() {
        has_id |= event.get(ID_AT..).is_some_and(|rest| rest.starts_with(&id));
        count = count.saturating_add(1);
        let kind =
            reader::go_on(event, &mut last).expect("what was packed can be unpacked: tests pack every happening");
        retracts |= kind == RETRACTED;
        earliest = earliest.min(last.occurred_at);
        latest = latest.max(last.occurred_at);
        intake = intake.min(last.intake_at);
        if kind == ACCEPTED {
            accepted = accepted.min(last.occurred_at);
        }
    }
    let is_behind = !retracts && latest < event.occurred_at && intake <= event.intake_at;
    let reference = if accepted < Timestamp::MAX { accepted } else { earliest };
    let last = Around {
        occurred_at: last.occurred_at,
        uploaded_at: last.uploaded_at,
        intake_at: last.intake_at,
        source: names.text(last.source),
        site: names.text(last.site),
        operator: names.text(last.operator),
        place: last.place,
    };
    Look {
        has_id,
        count,
        follows: Follows::between(event, &last),
        behind: is_behind.then_some(reference),
    }
}

/// Bytes that were not written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign;
