//! At rest: what is published, as a reader keeps it, is what the oracle says of the log.

mod alerts;
mod hits;
mod log;
mod rows;
mod sections;
#[cfg(test)]
mod tests;
mod verdicts;

use sanbai_engine::log::{Record, Topic};
use sanbai_engine::stage::{Layout, Stage};

use super::broken::Mutant;
use super::run::Run;
use super::seen::Seen;
use crate::oracle::log::{Registry, Replay, Said};

/// What was logged, to its end.
pub trait Records {
    /// The records of a partition, in their order.
    fn records(&self, topic: Topic, partition: u32) -> &[Record];
}

/// A log at rest: all that was caused is published.
struct Rest<'r> {
    log: &'r dyn Records,
    parcel_partitions: u32,
    scope_partitions: u32,
    /// A mistake of the reader: what comes last is kept, whatever its version.
    last_wins: bool,
    seen: &'r mut Seen,
}

/// Compares all that a log at rest holds, whoever wrote it, with what the oracle says of it: verdicts, rows, standing
/// alerts, hits, sections, rejects. `holds`: alerts on outlets too, for all holds have passed.
///
/// # Errors
/// The first difference.
pub fn log_at_rest(log: &dyn Records, layout: Layout, holds: bool) -> Result<Seen, String> {
    let mut seen = Seen::default();
    let mut rest = Rest {
        log,
        parcel_partitions: layout.parcels,
        scope_partitions: layout.scopes,
        last_wins: false,
        seen: &mut seen,
    };
    rest.check(holds)?;
    Ok(seen)
}

/// Everything that the oracle says.
struct Expected {
    /// One for each partition.
    replays: Vec<Replay>,
    registry: Registry,
    /// What is said of each life of each parcel, in the order of partitions.
    said: Vec<Said>,
}

/// Compares everything. Alerts only `at_end`, when all holds have passed.
pub(super) fn at_rest(run: &mut Run, at_end: bool) -> Result<(), String> {
    check_ledgers(run)?;
    let mut rest = Rest {
        log: &run.log,
        parcel_partitions: run.plan.parcel_partitions,
        scope_partitions: run.plan.scope_partitions,
        last_wins: run.mutant == Some(Mutant::LastValueWins),
        seen: &mut run.seen,
    };
    rest.check(at_end)?;
    if at_end {
        run.seen.snapshot_damaged += u64::from(run.seen.snapshot_damaged == 0 && run.store.set_aside() > 0);
    }
    Ok(())
}

impl Rest<'_> {
    fn check(&mut self, at_end: bool) -> Result<(), String> {
        self.seen.comparisons += 1;
        let mut expected = Expected {
            replays: Vec::new(),
            registry: log::registry(self.log),
            said: Vec::new(),
        };
        for partition in 0..self.parcel_partitions {
            let read = log::read(self.log, partition);
            let replay = Replay::of(&read.entries);
            check_refused(self, partition, &read.unreadable, &replay)?;
            verdicts::check(self, partition, &replay, &expected.registry, at_end)?;
            let rest = replay.said_at_rest(&expected.registry);
            expected.said.extend(rest.into_values().flatten());
            expected.replays.push(replay);
        }
        sections::check(self, at_end)?;
        hits::check(self, &expected, at_end)?;
        rows::check(self, &expected)?;
        alerts::check_urgent(self, &expected, at_end)?;
        if at_end {
            alerts::check_outlets(self, &expected)?;
            count(self, &expected);
        }
        Ok(())
    }
}

fn check_ledgers(run: &Run) -> Result<(), String> {
    for node in run.nodes.iter().filter(|node| node.up) {
        let parcels = node.parcels.values().filter_map(|seat| seat.task.stage());
        let scopes = node.scopes.values().filter_map(|seat| seat.task.stage());
        let ledgers = parcels.map(Stage::ledger).chain(scopes.map(Stage::ledger));
        for ledger in ledgers {
            // A scope stage consumes records of sections; of events it knows nothing.
            if !ledger.adds_up() {
                return Err(format!("a ledger does not add up: {ledger:?}"));
            }
        }
    }
    Ok(())
}

/// Each record or event that was not taken is among the rejects, and nothing else is.
fn check_refused(rest: &Rest<'_>, partition: u32, unreadable: &[(u64, u32)], replay: &Replay) -> Result<(), String> {
    let mut expected: Vec<(u64, u32)> = unreadable.to_vec();
    expected.extend(&replay.refused);
    expected.sort_unstable();
    let mut found: Vec<(u64, u32)> = rest
        .log
        .records(Topic::Rejects, partition)
        .iter()
        .filter_map(|record| {
            let key = String::from_utf8(record.key.clone()?).ok()?;
            let mut parts = key.rsplit('-');
            let (index, offset) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some((offset, index))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    if found != expected {
        return Err(format!(
            "rejects of partition {partition}: {found:?}, expected {expected:?}"
        ));
    }
    Ok(())
}

fn count(rest: &mut Rest<'_>, expected: &Expected) {
    for replay in &expected.replays {
        let lives = || replay.parcels.values();
        rest.seen.ticks_ignored += replay.ticks_ignored;
        rest.seen.ticks_capped += replay.ticks_capped;
        rest.seen.duplicates += replay.copies;
        rest.seen.retired += lives().flatten().filter(|life| life.is_over()).count() as u64;
        rest.seen.reused += lives().filter(|lives| lives.len() > 1).count() as u64;
    }
    let rejects = (0..rest.parcel_partitions).flat_map(|partition| rest.log.records(Topic::Rejects, partition));
    let mut rejects: Vec<(bool, &[u8])> = rejects
        .map(|record| {
            let late = record.headers.iter().any(|(_, value)| value == b"too_late");
            (late, record.key.as_deref().unwrap_or_default())
        })
        .collect();
    rejects.sort_unstable();
    rejects.dedup();
    let late = rejects.iter().filter(|(late, _)| *late).count() as u64;
    rest.seen.too_late += late;
    rest.seen.rejected += rejects.len() as u64 - late;
}
