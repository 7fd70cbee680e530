//! Bodies of rows. What is read is written again and compared, so one state has one body.

use super::AlertChange;
use super::body_counts::{read_counts, write_counts};
use super::clock::SourceClock;
use super::day::{Declared, OutletDay};
use super::lifecycle::{AlertState, Pending, Standing};
use super::pattern::IdentityWindow;
use super::sources::Source;
use crate::bytes::{Reader, Writer};
use crate::event::EventId;
use crate::rules::Severity;
use crate::shard::position::Position;
use crate::time::{CivilDay, Timestamp};

/// By their number in rows.
pub(super) const SEVERITIES: [Severity; 5] = [
    Severity::Info,
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
];
/// What a standing alert can have been said to be, by its number in rows.
const CHANGES: [AlertChange; 3] = [AlertChange::Raised, AlertChange::Worsened, AlertChange::Eased];

/// What belongs to no source, outlet or subject alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) registry_offset: u64,
    pub(super) clock: Option<SourceClock>,
}

pub(super) fn write_head(head: &Head) -> Vec<u8> {
    let mut body = Writer::default();
    body.number(head.registry_offset);
    write_option(&mut body, head.clock.as_ref(), |body, clock| {
        write_time(body, clock.now);
        for day in [
            clock.began_on,
            clock.frozen_before,
            clock.over_before,
            clock.silence_before,
        ] {
            body.signed(day.as_days().into());
        }
        write_option(body, clock.complete_since, write_time);
    });
    body.finish()
}

pub(super) fn read_head(bytes: &[u8]) -> Option<Head> {
    let read = |body: &mut Reader<'_>| {
        Some(Head {
            registry_offset: body.number()?,
            clock: read_option(body, |body| {
                Some(SourceClock {
                    now: read_time(body)?,
                    began_on: read_day(body)?,
                    frozen_before: read_day(body)?,
                    over_before: read_day(body)?,
                    silence_before: read_day(body)?,
                    complete_since: read_option(body, read_time)?,
                })
            })?,
        })
    };
    let head = read_whole(bytes, read, write_head)?;
    let is_sound = head.clock.is_none_or(|clock| {
        clock.frozen_before <= clock.silence_before
            && clock.silence_before <= clock.over_before.max(clock.began_on)
            && clock.frozen_before <= clock.over_before
            && clock.over_before <= clock.now.civil_day()
            && clock.complete_since.is_none_or(|since| since <= clock.now)
    });
    is_sound.then_some(head)
}

pub(super) fn write_source(source: &Source) -> Vec<u8> {
    let mut body = Writer::default();
    let Position {
        generation,
        offset,
        index,
    } = source.seen;
    body.number(generation.into());
    body.number(offset);
    body.number(index.into());
    write_option(&mut body, source.clock, write_time);
    body.flag(source.in_gap);
    body.finish()
}

pub(super) fn read_source(bytes: &[u8]) -> Option<Source> {
    let read = |body: &mut Reader<'_>| {
        Some(Source {
            seen: Position {
                generation: body.narrow()?,
                offset: body.number()?,
                index: body.narrow()?,
            },
            clock: read_option(body, read_time)?,
            in_gap: body.flag()?,
        })
    };
    read_whole(bytes, read, write_source)
}

pub(super) fn write_outlet(counts: &OutletDay) -> Vec<u8> {
    let mut body = Writer::default();
    write_option(&mut body, counts.declared, |body, declared| {
        write_time(body, declared.occurred_at);
        body.flag(declared.id.is_ulid());
        body.fixed(&declared.id.bits().to_be_bytes());
        body.number(declared.accepted.into());
    });
    write_length(&mut body, counts.operators.len());
    for (operator, counts) in &counts.operators {
        body.text(operator);
        write_counts(&mut body, counts);
    }
    write_length(&mut body, counts.hours.len());
    for (hour, counts) in &counts.hours {
        body.byte(*hour);
        write_counts(&mut body, counts);
    }
    body.finish()
}

pub(super) fn read_outlet(bytes: &[u8]) -> Option<OutletDay> {
    let read = |body: &mut Reader<'_>| {
        let mut counts = OutletDay {
            declared: read_option(body, |body| {
                let (occurred_at, is_ulid) = (read_time(body)?, body.flag()?);
                Some(Declared {
                    occurred_at,
                    id: EventId::from_bits(u128::from_be_bytes(body.take()?), is_ulid),
                    accepted: body.narrow()?,
                })
            })?,
            ..OutletDay::default()
        };
        for _ in 0..body.number()? {
            let operator = body.text()?.into();
            counts.operators.insert(operator, Box::new(read_counts(body)?));
        }
        for _ in 0..body.number()? {
            let hour = body.byte()?;
            counts.hours.insert(hour, Box::new(read_counts(body)?));
        }
        Some(counts)
    };
    read_whole(bytes, read, write_outlet).filter(|counts| !counts.is_empty())
}

pub(super) fn write_alert(state: &AlertState) -> Vec<u8> {
    let mut body = Writer::default();
    write_option(&mut body, state.standing.as_ref(), |body, standing| {
        body.byte(number_of(&SEVERITIES, &standing.severity));
        body.byte(number_of(&CHANGES, &standing.change));
        write_time(body, standing.at);
        standing.values.iter().for_each(|value| body.signed(*value));
    });
    write_option(&mut body, state.pending, |body, pending| {
        body.flag(pending.is_graver);
        write_time(body, pending.due);
    });
    body.finish()
}

/// An alert of a rule with so many figures.
pub(super) fn read_alert(bytes: &[u8], figures: usize) -> Option<AlertState> {
    let read = |body: &mut Reader<'_>| {
        Some(AlertState {
            standing: read_option(body, |body| {
                Some(Standing {
                    severity: numbered(&SEVERITIES, body.byte()?)?,
                    change: numbered(&CHANGES, body.byte()?)?,
                    at: read_time(body)?,
                    values: (0..figures).map(|_| body.signed()).collect::<Option<_>>()?,
                })
            })?,
            pending: read_option(body, |body| {
                Some(Pending {
                    is_graver: body.flag()?,
                    due: read_time(body)?,
                })
            })?,
        })
    };
    read_whole(bytes, read, write_alert).filter(|state| !state.is_empty())
}

pub(super) fn write_window(window: &IdentityWindow) -> Vec<u8> {
    write_waybills(&(window.stands, window.waybills.as_slice()))
}

fn write_waybills((stands, waybills): &(bool, &[Box<str>])) -> Vec<u8> {
    let mut body = Writer::default();
    body.flag(*stands);
    write_length(&mut body, waybills.len());
    waybills.iter().for_each(|waybill| body.text(waybill));
    body.finish()
}

pub(super) fn read_window(bytes: &[u8]) -> Option<(bool, Vec<Box<str>>)> {
    let read = |body: &mut Reader<'_>| {
        let stands = body.flag()?;
        let count = body.number()?;
        let waybills: Option<Vec<Box<str>>> = (0..count).map(|_| body.text().map(Into::into)).collect();
        Some((stands, waybills?))
    };
    let (stands, waybills) = read_whole(bytes, read, |(stands, waybills): &(bool, Vec<Box<str>>)| {
        write_waybills(&(*stands, waybills.as_slice()))
    })?;
    let is_in_order = waybills.is_sorted_by(|a, b| a < b);
    (is_in_order && !waybills.is_empty()).then_some((stands, waybills))
}

/// Reads all bytes, and refuses what would not be written so.
fn read_whole<T>(
    bytes: &[u8],
    read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    write: impl FnOnce(&T) -> Vec<u8>,
) -> Option<T> {
    let value = read(&mut Reader::new(bytes))?;
    (write(&value) == bytes).then_some(value)
}

fn write_option<T>(body: &mut Writer, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
    body.flag(value.is_some());
    if let Some(value) = value {
        write(body, value);
    }
}

/// `None` where it cannot be read, `Some(None)` where there is nothing.
#[expect(
    clippy::option_option,
    reason = "whether it can be read, and whether it is there, are two questions"
)]
fn read_option<T>(body: &mut Reader<'_>, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Option<Option<T>> {
    if body.flag()? { read(body).map(Some) } else { Some(None) }
}

fn write_time(body: &mut Writer, time: Timestamp) {
    body.signed(time.as_nanos());
}

fn read_time(body: &mut Reader<'_>) -> Option<Timestamp> {
    body.signed().map(Timestamp::from_nanos)
}

fn read_day(body: &mut Reader<'_>) -> Option<CivilDay> {
    i32::try_from(body.signed()?).ok().map(CivilDay::from_days)
}

pub(super) fn write_length(body: &mut Writer, length: usize) {
    body.number(u64::try_from(length).unwrap_or(u64::MAX));
}

/// Place in a list of at most 255.
pub(super) fn number_of<T: PartialEq>(list: &[T], value: &T) -> u8 {
    (0_u8..)
        .zip(list)
        .find(|(_, other)| *other == value)
        .map_or(u8::MAX, |(number, _)| number)
}

pub(super) fn numbered<T: Copy>(list: &[T], number: u8) -> Option<T> {
    list.get(usize::from(number)).copied()
}
