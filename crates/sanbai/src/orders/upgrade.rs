//! Handing a log over to a build that computes something else.

use sanbai_core::shard::input::Behaviour;
use sanbai_engine::node::State;
use sanbai_engine::parcel::control_message;
use sanbai_engine::task::Parked;
use sanbai_wire::control::Control;
use serde_json::{Value, json};

use super::{Failure, Place, append};

/// From here on another behaviour runs: appended to every partition of events.
pub(super) fn order(place: &Place<'_>, to: u32) -> Result<Value, Failure> {
    let (own, next) = (Behaviour::CURRENT, Behaviour(to));
    if to == 0 {
        return Err(Failure::usage("behaviour_invalid", "behaviours are numbered from 1"));
    }
    if next == own {
        let detail = format!("behaviour {to} is the one of this build, and runs already; name that of the other build");
        return Err(Failure::usage("behaviour_runs", detail));
    }
    // Asked for once more it is finished, where it broke off.
    if let Some(Behaviour(begun)) = handed_over(place).filter(|begun| *begun != next) {
        let detail = format!(
            "the log was handed over to behaviour {begun} already: start the build that has it; with that one \
             `sanbai upgrade` goes to {to}, or back to {}",
            own.0
        );
        return Err(Failure::usage("upgrade_under_way", detail));
    }
    let partitions = place.log.layout().parcels;
    let mut messages = Vec::new();
    for partition in 0..partitions {
        messages.extend(append::first(place, partition)?);
        messages.push(control_message(partition, &Control::Activate(next)));
    }
    append::durable(place, messages)?;
    Ok(json!({"from": own.0, "to": to, "partitions": partitions}))
}

/// The behaviour for which a shard is parked, as far as a running daemon knows.
fn handed_over(place: &Place<'_>) -> Option<Behaviour> {
    let tasks = place.daemon?.node.tasks();
    tasks.into_iter().find_map(|task| match task.state {
        State::Parked(Parked::BehaviourChanged(behaviour)) => Some(behaviour),
        _ => None,
    })
}
