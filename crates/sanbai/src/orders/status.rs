//! How everything is.

use std::collections::BTreeMap;

use sanbai_core::shard::input::Behaviour;
use sanbai_engine::any::Health;
use sanbai_engine::log::Topic;
use sanbai_engine::node::{State, TaskStatus};
use sanbai_wire::snapshot::ShardKind;
use serde_json::{Value, json};

use super::snapshots;
use super::{Failure, Place, Running, Shard};

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

/// Everything that an operator looks at, as one object.
pub(super) fn of(place: &Place<'_>) -> Result<Value, Failure> {
    let layout = place.log.layout();
    let registry = place.range(Topic::Registry, 0)?;
    let shards = match place.daemon {
        Some(daemon) => daemon.node.tasks().iter().map(|task| running(place, task)).collect(),
        None => standing(place)?,
    };
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "behaviour": Behaviour::CURRENT.0,
        "now": place.clock.now().to_string(),
        "directory": place.config.data.directory.display().to_string(),
        "layout": {"generation": layout.generation, "parcels": layout.parcels, "scopes": layout.scopes},
        "daemon": place.daemon.map(|daemon| daemon.addresses.clone()),
        "disk": disk(place),
        "kafka": kafka(place),
        "registry": {
            "from": registry.start,
            "to": registry.end,
            "knownToAllShards": place.daemon.map(|daemon| daemon.node.registry_known_to_all()),
            "unreadable": place.daemon.map(|daemon| daemon.node.registry().unreadable()),
        },
        "rules": place.daemon.map(rules),
        "shards": shards,
        // A store that does not answer keeps nothing else from being said.
        "damaged": snapshots::damaged(place).ok(),
        "snapshots": store(place),
    }))
}

/// The snapshot store.
fn store(place: &Place<'_>) -> Value {
    let unanswered = place.objects.unanswered();
    json!({
        "url": place.config.snapshots.url,
        "failures": place.objects.failures(),
        "unansweredSeconds": unanswered.as_ref().map(|unanswered| unanswered.since.elapsed().as_secs()),
        "unansweredReason": unanswered.map(|unanswered| unanswered.reason),
    })
}

/// The disk of a log in a directory.
fn disk(place: &Place<'_>) -> Option<Value> {
    let Health::Local(health) = place.log.health() else {
        return None;
    };
    Some(json!({
        "freeShare": health.free_share,
        "freeBytes": health.free_bytes,
        "freeMin": place.config.data.free_min,
        "logBytes": health.log_bytes,
        "intakeStopped": health.intake_stopped,
        "queuedBytes": health.queued_bytes,
        "queuedMessages": health.queued_messages,
        "damagedOffsets": health.damaged_offsets,
        "stalledSince": health.stalled.as_ref().map(|stall| stall.since.to_string()),
        "stalledReason": health.stalled.as_ref().map(|stall| stall.reason.clone()),
    }))
}

/// The brokers of a log on Kafka.
fn kafka(place: &Place<'_>) -> Option<Value> {
    let Health::Kafka(health) = place.log.health() else {
        return None;
    };
    Some(json!({
        "brokers": place.config.kafka.brokers,
        "group": place.config.kafka.group,
        "assignment": place.config.kafka.assignment,
        "ours": {"parcels": health.ours.0, "scopes": health.ours.1},
        "downSeconds": health.down.as_ref().map(|(down, _)| down.as_secs()),
        "downReason": health.down.as_ref().map(|(_, reason)| reason.clone()),
        "fatal": health.fatal,
        "rebalances": health.rebalances,
        "lost": health.lost,
        "rewinds": health.rewinds,
        "gaps": health.gaps,
        "sheds": health.sheds,
        "readBytes": health.read_bytes,
        "outsideBytes": health.outside.0,
        "outsideMessages": health.outside.1,
        "errors": health.errors,
    }))
}

fn rules(daemon: Running<'_>) -> Value {
    let rules = daemon.node.rules();
    let sets = rules.sets().iter();
    json!(
        sets.map(|set| json!({"version": set.version, "effective": set.effective.to_string()}))
            .collect::<Vec<_>>()
    )
}

/// A shard of a running daemon.
fn running(place: &Place<'_>, task: &TaskStatus) -> Value {
    let shard = Shard::of(task.shard);
    // What brokers said last is seconds old; what was applied is there.
    let end = place.log.known_end(shard.input(), task.partition);
    let end = end.map(|end| end.max(task.next));
    let behind = task.clock.map(|clock| place.clock.now().since(clock).whole_seconds());
    let mut line = json!({
        "shard": shard,
        "partition": task.partition,
        "state": state(task.state),
        "next": task.next,
        "end": end,
        "lag": end.map(|end| end.saturating_sub(task.next)),
        "clock": task.clock.map(|clock| clock.to_string()),
        "clockBehindSeconds": behind,
        "registryOffset": task.registry_offset,
        "snapshotAt": task.snapshot_at,
        "snapshotAgeSeconds": task.snapshot_since.map(|since| since.elapsed().as_secs()),
        "unacknowledged": task.unacknowledged,
        "restores": task.restores,
        "alarms": task.alarms,
        "ledgerAddsUp": task.ledger.adds_up(),
    });
    if let Some(parcels) = &task.parcels {
        line["openParcels"] = parcels.open.into();
        line["retiredParcels"] = parcels.retired.into();
    }
    if let State::Parked(parked) = task.state {
        line["parked"] = json!({"code": parked.code(), "whatToDo": parked.what_to_do()});
    }
    line
}

const fn state(state: State) -> &'static str {
    match state {
        State::Restoring => "restoring",
        State::Running => "running",
        State::Unavailable => "unavailable",
        State::AwaitsRegistry(_) => "awaits_registry",
        State::AwaitsAcknowledgements => "awaits_acknowledgements",
        State::Parked(_) => "parked",
        State::Elsewhere => "elsewhere",
    }
}

/// The shards as their newest snapshots have them, where no daemon runs.
fn standing(place: &Place<'_>) -> Result<Vec<Value>, Failure> {
    let layout = place.log.layout();
    // Without the store nobody knows how far they were.
    let (mut newest, kept) = (BTreeMap::new(), snapshots::kept(place));
    let is_known = kept.is_ok();
    for kept in kept.into_iter().flatten() {
        newest.insert((kept.shard, kept.partition), kept);
    }
    let mut shards = Vec::new();
    for kind in [ShardKind::Parcel, ShardKind::Scope] {
        let shard = Shard::of(kind);
        for partition in 0..layout.partitions(shard.input()) {
            let end = place.range(shard.input(), partition)?.end;
            let kept = newest.get(&(kind, partition));
            let at = is_known.then(|| kept.map_or(0, |kept| kept.offset));
            let manifest = kept.and_then(|kept| kept.manifest.as_ref().ok());
            let clock = manifest.and_then(|manifest| manifest.clock);
            shards.push(json!({
                "shard": shard,
                "partition": partition,
                "state": "stopped",
                "next": at,
                "end": end,
                "lag": at.map(|at| end.saturating_sub(at)),
                "clock": clock.map(|clock| clock.to_string()),
                "clockBehindSeconds": clock.map(|clock| place.clock.now().as_nanos().saturating_sub(clock.as_nanos()) / SECOND),
                "snapshotAt": at,
            }));
        }
    }
    Ok(shards)
}
