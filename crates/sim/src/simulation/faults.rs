//! What goes wrong.

use sanbai_engine::log::Topic;

use super::broken::Broken;
use super::node::{Node, Which};
use super::run::Run;
use crate::world::civil::{DAY, HOUR, MINUTE, SECOND};

/// Something goes wrong at a node, or around it.
pub(super) fn strike(run: &mut Run, number: usize) {
    if !run.nodes[number].up {
        return restart(run, number);
    }
    match run.dice.below(20) {
        0..4 => crash(run, number),
        4..7 => run.with_node(number, |node, shared| node.close(shared)),
        7..12 => reassign(run),
        12..14 => run.nodes[number].bury_zombies(run.log.now),
        14 => {
            let error = match run.dice.below(6) {
                0 => 365 * DAY,
                1 => -365 * DAY,
                2 => run.dice.between(61 * SECOND, HOUR),
                3 => -run.dice.between(MINUTE, 3 * HOUR),
                _ => run.dice.between(-20 * SECOND, 20 * SECOND),
            };
            run.nodes[number].clock_error = error;
        }
        15 => {
            let partition = run.dice.below(run.plan.parcel_partitions.into()) as usize;
            run.tickless[partition] = run.log.now + run.dice.between(10 * MINUTE, 5 * HOUR);
        }
        16 => {
            let partition = run.dice.below(run.plan.parcel_partitions.into()) as u32;
            run.operator_ticks(partition, true);
            run.seen.resets += 1;
        }
        17 => refuse(run, number),
        _ => run.store.harm(&mut run.dice),
    }
}

/// All memory is gone. Of what it sent some is appended, some is not.
fn crash(run: &mut Run, number: usize) {
    run.seen.crashes += 1;
    let began = run.nodes[number].tasks().into_iter().any(|which| {
        let folder = match which {
            Which::Parcel(partition) => format!("parcel/0001/{partition:05}/"),
            Which::Scope(partition) => format!("scope/0001/{partition:05}/"),
        };
        run.store.has_begun(&folder)
    });
    run.seen.crashes_within_snapshot += u64::from(began);
    run.with_node(number, |node, shared| {
        node.producer.close(shared.log, shared.dice);
        node.up = false;
        node.parcels.clear();
        node.scopes.clear();
    });
    // Somebody else may take over at once, or nobody until it is back.
    for partition in 0..run.plan.parcel_partitions {
        if run.parcel_owners[partition as usize] == number && run.dice.chance(6_000) {
            give(run, Which::Parcel(partition));
        }
    }
    for partition in 0..run.plan.scope_partitions {
        if run.scope_owners[partition as usize] == number && run.dice.chance(6_000) {
            give(run, Which::Scope(partition));
        }
    }
}

/// The process starts again, and knows nothing.
pub(super) fn restart(run: &mut Run, number: usize) {
    let broken = Broken::new(run.mutant, run.lives);
    run.lives += 1;
    // Tickets go on, so that a late report meets nobody.
    run.nodes[number] = Node::new(broken, &run.log);
    run.assign_all(number);
}

/// A partition goes to another node, and the old owner does not know.
fn reassign(run: &mut Run) {
    let parcels = u64::from(run.plan.parcel_partitions);
    let any = run.dice.below(parcels + u64::from(run.plan.scope_partitions));
    let which = if any < parcels {
        Which::Parcel(any as u32)
    } else {
        Which::Scope((any - parcels) as u32)
    };
    let sleep = if run.dice.chance(5_000) {
        0
    } else {
        run.dice.between(MINUTE, 6 * HOUR)
    };
    let owner = match which {
        Which::Parcel(partition) => run.parcel_owners[partition as usize],
        Which::Scope(partition) => run.scope_owners[partition as usize],
    };
    let asleep_until = run.log.now + sleep;
    run.nodes[owner].leave(which, asleep_until);
    give(run, which);
    run.seen.rebalances += 1;
}

/// Gives a partition to some node that is up; to whoever has it where none is.
fn give(run: &mut Run, which: Which) {
    let up: Vec<usize> = (0..run.nodes.len()).filter(|number| run.nodes[*number].up).collect();
    if up.is_empty() {
        return;
    }
    let number = up[run.dice.below(up.len() as u64) as usize];
    match which {
        Which::Parcel(partition) => run.parcel_owners[partition as usize] = number,
        Which::Scope(partition) => run.scope_owners[partition as usize] = number,
    }
    run.nodes[number].assign(which, &run.plan, &mut run.dice);
}

/// From now on for some hours the messages of one key are refused; the first of them waits already.
pub(super) fn refuse(run: &mut Run, number: usize) {
    let waiting = run.nodes[number]
        .producer
        .waiting_keys([Topic::Verdicts, Topic::Compliance]);
    if !run.plan.refuses || run.log.refused.is_some() || waiting.is_empty() {
        return;
    }
    run.log.refused = Some(waiting[run.dice.below(waiting.len() as u64) as usize].clone());
    run.refused_until = run.log.now + run.dice.between(10 * MINUTE, 4 * HOUR);
}
