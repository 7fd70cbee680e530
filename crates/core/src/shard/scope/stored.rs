//! The state as rows, and back.
//!
//! | Kind | Key | Body |
//! | --- | --- | --- |
//! | source | nothing | registry offset, clock of the sources and the days that it closed |
//! | source | number | position seen, clock, whether in a gap |
//! | outlet | day, brand, site | declared volume, counts by operator, counts by hour |
//! | alert | day, brand, site, rule | what was said last, what is about to be said |
//! | subject | day, subject, brand, site | whether its parcels are marked, waybills |
//!
//! Bytes of keys compare as what they hold. A row is read only if it would be written so again, so equal states have
//! equal rows and nothing else is a state.

use std::collections::{BTreeMap, BTreeSet};

use super::body::{self, Head};
use super::day::Day;
use super::key::{AlertKey, OutletKey, SubjectKey, read_source, write_source};
use super::pattern::IdentityWindow;
use super::shard::{Due, ScopeShard};
use super::sources::{Source, Sources};
use super::territory::Territory;
use crate::shard::row::{RestoreError, Row, RowKind};
use crate::time::CivilDay;

impl ScopeShard {
    /// The state as rows in their order. Equal states have equal rows, whatever partition or log they came from.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        let head = Head {
            registry_offset: self.registry_offset,
            clock: self.clock,
        };
        let sources = (0_u32..).zip(self.sources.list()).map(|(number, source)| Row {
            kind: RowKind::Source,
            key: write_source(number),
            body: body::write_source(source),
        });
        let head = Row {
            kind: RowKind::Source,
            key: Vec::new(),
            body: body::write_head(&head),
        };
        let days = || self.days.iter();
        core::iter::once(head)
            .chain(sources)
            .chain(days().flat_map(|(day, kept)| outlet_rows(*day, kept)))
            .chain(days().flat_map(|(day, kept)| alert_rows(*day, kept)))
            .chain(days().flat_map(|(day, kept)| subject_rows(*day, kept)))
    }

    /// The shard of which these are the [`rows`](Self::rows).
    ///
    /// # Errors
    /// Where a row is damaged, out of order, or of a shard of another kind; where the rows of the sources are not there.
    pub fn restore(rows: impl IntoIterator<Item = Row>, territory: Territory) -> Result<Self, RestoreError> {
        let mut head = None;
        let mut sources = Vec::new();
        let mut shard = Self::new(0, territory);
        let mut last: Option<(RowKind, Vec<u8>)> = None;
        for Row { kind, key, body } in rows {
            if last.as_ref().is_some_and(|last| (last.0, &last.1) >= (kind, &key)) {
                return Err(RestoreError::OutOfOrder(kind));
            }
            let read = match kind {
                RowKind::Source if key.is_empty() => body::read_head(&body).map(|read| head = Some(read)),
                RowKind::Source => restore_source(&key, &body, &mut sources),
                RowKind::Outlet => restore_outlet(&key, &body, &mut shard.days),
                RowKind::Alert => restore_alert(&key, &body, &mut shard.days, &mut shard.queue),
                RowKind::Subject => restore_subject(&key, &body, &mut shard.days),
                RowKind::Clock | RowKind::Parcel | RowKind::Retired => return Err(RestoreError::AnotherShard(kind)),
            };
            read.ok_or(RestoreError::Damaged(kind))?;
            last = Some((kind, key));
        }
        let head = head.ok_or(RestoreError::Damaged(RowKind::Source))?;
        shard.registry_offset = head.registry_offset;
        shard.clock = head.clock;
        shard.sources = Sources::new(sources);
        if shard.clock.is_some() != shard.sources.clock().is_some() {
            return Err(RestoreError::Damaged(RowKind::Source));
        }
        Ok(shard)
    }
}

fn outlet_rows(day: CivilDay, kept: &Day) -> impl Iterator<Item = Row> + '_ {
    kept.outlets.iter().map(move |(outlet, counts)| Row {
        kind: RowKind::Outlet,
        key: OutletKey::write(day, outlet).finish(),
        body: body::write_outlet(counts),
    })
}

fn alert_rows(day: CivilDay, kept: &Day) -> impl Iterator<Item = Row> + '_ {
    kept.alerts.iter().map(move |((outlet, rule), state)| Row {
        kind: RowKind::Alert,
        key: AlertKey::write(day, outlet, *rule),
        body: body::write_alert(state),
    })
}

fn subject_rows(day: CivilDay, kept: &Day) -> impl Iterator<Item = Row> + '_ {
    kept.windows.iter().flat_map(move |(subject, windows)| {
        windows.iter().map(move |window| Row {
            kind: RowKind::Subject,
            key: SubjectKey::write(day, *subject, &window.outlet),
            body: body::write_window(window),
        })
    })
}

fn restore_source(key: &[u8], body: &[u8], sources: &mut Vec<Source>) -> Option<()> {
    let next = u32::try_from(sources.len()).ok()?;
    let number = read_source(key)?;
    sources.push(body::read_source(body).filter(|_| number == next)?);
    Some(())
}

fn restore_outlet(key: &[u8], body: &[u8], days: &mut BTreeMap<CivilDay, Day>) -> Option<()> {
    let OutletKey { day, outlet } = OutletKey::read(key)?;
    let counts = body::read_outlet(body)?;
    days.entry(day).or_default().outlets.insert(outlet, counts);
    Some(())
}

fn restore_alert(key: &[u8], body: &[u8], days: &mut BTreeMap<CivilDay, Day>, queue: &mut BTreeSet<Due>) -> Option<()> {
    let AlertKey { day, outlet, rule } = AlertKey::read(key)?;
    let state = body::read_alert(body, rule.value_names().len())?;
    if let Some(pending) = state.pending {
        queue.insert((pending.due, outlet.clone(), day, rule));
    }
    days.entry(day).or_default().alerts.insert((outlet, rule), state);
    Some(())
}

fn restore_subject(key: &[u8], body: &[u8], days: &mut BTreeMap<CivilDay, Day>) -> Option<()> {
    let SubjectKey { day, subject, outlet } = SubjectKey::read(key)?;
    let (stands, waybills) = body::read_window(body)?;
    let window = IdentityWindow {
        outlet,
        stands,
        waybills,
    };
    // Keys come in their order, so outlets do.
    days.entry(day)
        .or_default()
        .windows
        .entry(subject)
        .or_default()
        .push(window);
    Some(())
}
