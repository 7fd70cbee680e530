//! Hits: exactly the parcels of windows with too many have one that stands.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use sanbai_engine::log::Topic;
use sanbai_wire::proto::control::Hit;
use sanbai_wire::proto::event::ParcelEvent;

use super::log::kind;
use super::{Expected, Rest};
use crate::oracle::log::What;
use crate::oracle::watch;

pub(super) fn check(rest: &mut Rest<'_>, expected: &Expected, at_end: bool) -> Result<(), String> {
    let mut newest: BTreeMap<(String, String, String), Hit> = BTreeMap::new();
    let mut seen: BTreeMap<(String, String, String), Hit> = BTreeMap::new();
    let mut events: Vec<ParcelEvent> = Vec::new();
    for partition in 0..rest.parcel_partitions {
        for record in rest.log.records(Topic::ParcelEvents, partition) {
            if kind(record) == Some(b"hit") {
                let hit = Hit::decode(record.value.as_deref().unwrap_or_default());
                let hit = hit.map_err(|error| format!("a hit cannot be read: {error}"))?;
                let name = (hit.waybill.clone(), hit.id.clone(), hit.version.clone());
                if seen.insert(name, hit.clone()).is_some_and(|other| other != hit) {
                    return Err(format!("two hits have one version: {hit:?}"));
                }
                let key = (hit.brand.clone(), hit.waybill.clone(), hit.id.clone());
                let known = newest.entry(key).or_insert_with(|| hit.clone());
                if known.version < hit.version {
                    *known = hit;
                }
            }
        }
        for entry in super::log::read(rest.log, partition).entries {
            if let What::Events(more) = entry.what {
                events.extend(more.into_iter().map(|(_, event)| event));
            }
        }
    }
    let mut standing: BTreeMap<(String, String), u32> = BTreeMap::new();
    for hit in newest.values().filter(|hit| hit.stands) {
        *standing.entry((hit.brand.clone(), hit.waybill.clone())).or_default() += 1;
    }
    let marked = watch::marked(expected.said.iter(), &events.iter().collect::<Vec<_>>());
    let found: BTreeSet<(String, String)> = standing.keys().cloned().collect();
    if found != marked || standing.values().any(|count| *count != 1) {
        return Err(format!(
            "hits that stand: {standing:?}, expected one on each of {marked:?}"
        ));
    }
    if at_end {
        rest.seen.hits += newest.len() as u64;
        rest.seen.hits_taken_back += newest.values().filter(|hit| !hit.stands).count() as u64;
    }
    Ok(())
}
