//! Snapshots: which there are, and whether they can be read.

use sanbai_engine::snapshots::{self, Fault, Kept};
use sanbai_engine::store::StoreError;
use serde_json::{Value, json};

use super::{Answers, Failure, Place, Shard};
use crate::exit::Exit;

/// All snapshots, shard by shard, the oldest first.
pub(super) fn kept(place: &Place<'_>) -> Result<Vec<Kept>, Failure> {
    snapshots::list(&mut place.objects.clone(), place.log.layout()).map_err(unavailable)
}

/// Names of objects that were set aside as damaged.
pub(super) fn damaged(place: &Place<'_>) -> Result<Vec<String>, Failure> {
    snapshots::set_aside(&mut place.objects.clone(), place.log.layout()).map_err(unavailable)
}

fn unavailable(_: StoreError) -> Failure {
    let detail = "the snapshot store does not answer; see the log of the daemon";
    Failure::new(Exit::Unavailable, "snapshots_unavailable", detail)
}

/// A snapshot as a line.
fn json(kept: &Kept) -> Value {
    let mut line = json!({
        "shard": Shard::of(kept.shard),
        "partition": kept.partition,
        "offset": kept.offset,
    });
    match &kept.manifest {
        Err(error) => line["damaged"] = error.code().into(),
        Ok(manifest) => {
            line["rows"] = manifest.rows.into();
            line["bytes"] = manifest.object_bytes.into();
            line["clock"] = manifest.clock.map(|clock| clock.to_string()).into();
            line["takenAt"] = manifest.taken_at.to_string().into();
            line["registryOffset"] = manifest.registry_offset.into();
            line["behaviour"] = manifest.behaviour.0.into();
        }
    }
    line
}

/// Lists snapshots.
pub(super) fn list(place: &Place<'_>, answers: &mut dyn Answers) -> Result<Value, Failure> {
    let kept = kept(place)?;
    kept.iter().try_for_each(|kept| answers.line(&json(kept).to_string()))?;
    Ok(json!({"snapshots": kept.len()}))
}

/// Reads every snapshot to its end.
pub(super) fn verify(place: &Place<'_>, answers: &mut dyn Answers) -> Result<Value, Failure> {
    let (mut whole, mut damaged) = (0_u64, 0_u64);
    for kept in kept(place)? {
        let mut line = json(&kept);
        match snapshots::verify(&mut place.objects.clone(), &kept) {
            Ok(summary) => {
                whole += 1;
                line["rowsRead"] = summary.rows.into();
            }
            // A newer one took its place while this one was to be read.
            Err(Fault::Missing) if !is_there(place, &kept)? => continue,
            Err(Fault::Unavailable) => return Err(unavailable(StoreError::Unavailable)),
            Err(fault) => {
                damaged += 1;
                line["damaged"] = fault.code().into();
            }
        }
        answers.line(&line.to_string())?;
    }
    Ok(json!({"whole": whole, "damaged": damaged}))
}

fn is_there(place: &Place<'_>, kept: &Kept) -> Result<bool, Failure> {
    let there = self::kept(place)?;
    Ok(there
        .iter()
        .any(|other| (other.shard, other.partition, other.offset) == (kept.shard, kept.partition, kept.offset)))
}

/// Has every shard take one.
pub(super) fn take(place: &Place<'_>) -> Result<Value, Failure> {
    let daemon = place.daemon.ok_or_else(Failure::no_daemon)?;
    daemon.node.snapshot_soon();
    Ok(json!({"shards": daemon.node.tasks().len()}))
}
