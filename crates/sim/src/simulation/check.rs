//! At rest: what is published, as a reader keeps it, is what the oracle says of the log.

mod alerts;
mod hits;
mod log;
mod rows;
mod sections;
#[cfg(test)]
mod tests;
mod verdicts;

use sanbai_engine::log::Topic;
use sanbai_engine::stage::Stage;

use super::broken::Mutant;
use super::run::Run;
use crate::oracle::log::{Registry, Replay, Said};

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
    run.seen.comparisons += 1;
    check_ledgers(run)?;
    let registry = log::registry(&run.log);
    let mut expected = Expected {
        replays: Vec::new(),
        registry,
        said: Vec::new(),
    };
    for partition in 0..run.plan.parcel_partitions {
        let read = log::read(&run.log, partition);
        let replay = Replay::of(&read.entries);
        check_refused(run, partition, &read.unreadable, &replay)?;
        verdicts::check(run, partition, &replay, &expected.registry, at_end)?;
        let rest = replay.said_at_rest(&expected.registry);
        expected.said.extend(rest.into_values().flatten());
        expected.replays.push(replay);
    }
    sections::check(run, at_end)?;
    hits::check(run, &expected, at_end)?;
    rows::check(run, &expected)?;
    alerts::check_urgent(run, &expected, at_end)?;
    if at_end {
        alerts::check_outlets(run, &expected)?;
        count(run, &expected);
    }
    Ok(())
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
fn check_refused(run: &mut Run, partition: u32, unreadable: &[(u64, u32)], replay: &Replay) -> Result<(), String> {
    let mut expected: Vec<(u64, u32)> = unreadable.to_vec();
    expected.extend(&replay.refused);
    expected.sort_unstable();
    let mut found: Vec<(u64, u32)> = run
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

fn count(run: &mut Run, expected: &Expected) {
    for replay in &expected.replays {
        let lives = || replay.parcels.values();
        run.seen.ticks_ignored += replay.ticks_ignored;
        run.seen.ticks_capped += replay.ticks_capped;
        run.seen.duplicates += replay.copies;
        run.seen.retired += lives().flatten().filter(|life| life.is_over()).count() as u64;
        run.seen.reused += lives().filter(|lives| lives.len() > 1).count() as u64;
    }
    let rejects = (0..run.plan.parcel_partitions).flat_map(|partition| run.log.records(Topic::Rejects, partition));
    let mut rejects: Vec<(bool, &[u8])> = rejects
        .map(|record| {
            let late = record.headers.iter().any(|(_, value)| value == b"too_late");
            (late, record.key.as_deref().unwrap_or_default())
        })
        .collect();
    rejects.sort_unstable();
    rejects.dedup();
    let late = rejects.iter().filter(|(late, _)| *late).count() as u64;
    run.seen.too_late += late;
    run.seen.rejected += rejects.len() as u64 - late;
    run.seen.snapshot_damaged += u64::from(run.seen.snapshot_damaged == 0 && run.store.set_aside() > 0);
}

impl Run {
    fn last_wins(&self) -> bool {
        self.mutant == Some(Mutant::LastValueWins)
    }
}
