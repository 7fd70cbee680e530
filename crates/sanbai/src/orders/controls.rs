//! Orders that become control records, and those that publish rules.

use sanbai_core::rules::RuleSet;
use sanbai_core::shard::input::Skip;
use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::log::Topic;
use sanbai_engine::parcel::control_message;
use sanbai_engine::registry::message_of_rules;
use sanbai_wire::control::{self, Control};
use sanbai_wire::snapshot::ShardKind;
use serde_json::{Value, json};

use super::{Body, Failure, Place, Shard, append};
use crate::exit::Exit;

/// Most bytes of a rule file.
const RULES_BYTES_MAX: usize = 1 << 20;

/// A clock that claims to be later than its record by more is believed by no shard.
const AHEAD_MAX: Span = Span::seconds(60);

/// Publishes a rule file.
pub(super) fn publish(place: &Place<'_>, rejudge: bool, body: &mut dyn Body) -> Result<Value, Failure> {
    let mut text = String::new();
    while let Some(line) = body.line()? {
        text.push_str(&line);
        text.push('\n');
        if text.len() > RULES_BYTES_MAX {
            let detail = format!("the rule file has more than {RULES_BYTES_MAX} bytes");
            return Err(Failure::new(Exit::Data, "rules_invalid", detail));
        }
    }
    let set = RuleSet::overlay(&text).map_err(|error| {
        let faults: Vec<String> = error.faults.iter().map(ToString::to_string).collect();
        Failure::new(Exit::Data, "rules_invalid", faults.join("; "))
    })?;
    let today = place.clock.now().civil_day();
    if set.effective < today && !rejudge {
        let detail = format!(
            "the rules would be in force from {}, before today, {today}: parcels of those days were judged by others; set a \
             later day, or judge them again with --rejudge",
            set.effective
        );
        return Err(Failure::usage("effective_in_the_past", detail));
    }
    let lock = append::lock_registry();
    let offsets = append::to_registry(place, vec![message_of_rules(&text)])?;
    drop(lock);
    if rejudge {
        append::to_all(place, &[Control::Rejudge(control::OwnedRejudge::default())]).map_err(|failure| Failure {
            detail: format!(
                "the rules are published at offset {}, but nothing is judged again: {}; run `sanbai rejudge`",
                offsets.start, failure.detail
            ),
            ..failure
        })?;
    }
    Ok(json!({
        "version": set.version,
        "effective": set.effective.to_string(),
        "offset": offsets.start,
        "rejudge": rejudge,
    }))
}

/// Begins partitions that hold nothing yet: with the behaviour of this build, and a tick.
pub(super) fn begin(place: &Place<'_>) -> Result<Value, Failure> {
    let tick = append::tick(place, place.clock.now(), false)?;
    let mut messages = Vec::new();
    for partition in 0..place.log.layout().parcels {
        if let Some(first) = append::first(place, partition)? {
            messages.push(first);
            messages.push(control_message(partition, &tick));
        }
    }
    let begun = messages.len() / 2;
    append::durable(place, messages)?;
    Ok(json!({"begun": begun, "partitions": place.log.layout().parcels}))
}

/// Judges open parcels again, by all that is known now.
pub(super) fn rejudge(place: &Place<'_>, [brand, site, from, to]: [&String; 4]) -> Result<Value, Failure> {
    let line = json!({"rejudge": {"brand": brand, "site": site, "from": from, "to": to}}).to_string();
    let read = control::of_json_line(line.as_bytes()).unwrap_or_else(|| unreachable!("it names its kind"));
    let control = read.map_err(|reject| {
        let place = reject.pointer.trim_start_matches("/rejudge/");
        Failure::usage("rejudge_invalid", format!("{place}: {}", reject.detail))
    })?;
    append::to_all(place, std::slice::from_ref(&control.control))?;
    Ok(json!({"partitions": place.log.layout().parcels}))
}

/// Sets the clocks of all parcel shards.
pub(super) fn set_clock(place: &Place<'_>, time: &str) -> Result<Value, Failure> {
    let now = place.clock.now();
    let time = match time {
        "now" => Some(now),
        time => Timestamp::parse(time),
    };
    let time =
        time.ok_or_else(|| Failure::usage("time_invalid", "a time is written 2026-03-12T00:00:00+08:00, or now"))?;
    if time > now.plus(AHEAD_MAX) {
        let detail = format!("{time} is more than a minute after now, {now}, and no shard would believe it");
        return Err(Failure::usage("time_ahead", detail));
    }
    let tick = append::tick(place, time, true)?;
    let partitions = 0..place.log.layout().parcels;
    let mut messages = Vec::new();
    for partition in partitions {
        messages.extend(append::first(place, partition)?);
        messages.push(control_message(partition, &tick));
    }
    append::durable(place, messages)?;
    Ok(json!({"time": time.to_string(), "partitions": place.log.layout().parcels}))
}

/// Passes over records of a partition.
pub(super) fn skip(place: &Place<'_>, shard: Shard, partition: u32, (from, to): (u64, u64)) -> Result<Value, Failure> {
    let topic = shard.input();
    check_partition(place, shard, partition)?;
    let end = place.range(topic, partition)?.end;
    if from >= to || to > end {
        let detail =
            format!("from {from} up to and without {to} is no range of {topic} {partition}, which ends at {end}");
        return Err(Failure::usage("range_invalid", detail));
    }
    let mut message = control_message(partition, &Control::Skip(Skip { from, to }));
    message.topic = topic;
    append::durable(place, vec![message])?;
    Ok(json!({"shard": shard, "partition": partition, "from": from, "to": to}))
}

/// Lets a parked shard go on.
pub(super) fn resume(place: &Place<'_>, shard: Shard, partition: u32) -> Result<Value, Failure> {
    check_partition(place, shard, partition)?;
    let daemon = place.daemon.ok_or_else(Failure::no_daemon)?;
    if !daemon.node.resume(shard.kind(), partition) {
        return Err(no_partition(shard, partition));
    }
    Ok(json!({"shard": shard, "partition": partition}))
}

fn check_partition(place: &Place<'_>, shard: Shard, partition: u32) -> Result<(), Failure> {
    if partition < place.log.layout().partitions(shard.input()) {
        return Ok(());
    }
    Err(no_partition(shard, partition))
}

fn no_partition(shard: Shard, partition: u32) -> Failure {
    let detail = format!(
        "{} has no partition {partition}; `sanbai status` lists them",
        shard.input()
    );
    Failure::usage("partition_unknown", detail)
}

impl Shard {
    /// What it reads.
    pub(super) const fn input(self) -> Topic {
        Topic::read_by(self.kind())
    }

    pub(super) const fn kind(self) -> ShardKind {
        match self {
            Self::Parcel => ShardKind::Parcel,
            Self::Scope => ShardKind::Scope,
        }
    }

    pub(super) const fn of(kind: ShardKind) -> Self {
        match kind {
            ShardKind::Parcel => Self::Parcel,
            ShardKind::Scope => Self::Scope,
        }
    }
}
