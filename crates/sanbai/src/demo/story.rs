//! A parcel's story, from the log.

use anyhow::anyhow;
use sanbai_core::parcel::Parcels;
use sanbai_core::time::Span;
use sanbai_core::verdict::Judge;
use sanbai_engine::log::{ReadError, Topic};
use sanbai_wire::{Decoder, Record, TokenKeys};

use super::Shown;
use crate::story::{Language, tell};

/// Records read at once.
const BATCH: usize = 1_000;

/// Tells what happened to a parcel, as of now.
pub(super) fn of(world: &Shown<'_>, brand: &str, waybill: &str) -> anyhow::Result<String> {
    let log = &world.daemon.log;
    let count = log.layout().parcels;
    let key = sanbai_wire::key(brand, waybill);
    let partition = sanbai_wire::partition(&key, count).unwrap_or(0);
    let rules = world.daemon.node.rules();
    let keys = TokenKeys::single("none", [0; 32]).map_err(|error| anyhow!("no key: {error}"))?;
    // What is on the log was taken already, however long ago.
    let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand)).max_age(Span::days(3_650));
    let mut parcels = Parcels::default();
    let cannot = |error: ReadError| anyhow!("the log cannot be read: {error:?}");
    let browser = log.browser()?;
    let range = log.range(Topic::ParcelEvents, partition).map_err(cannot)?;
    let mut next = range.start;
    while next < range.end {
        let records = browser
            .read(Topic::ParcelEvents, partition, next, BATCH)
            .map_err(cannot)?;
        let Some(last) = records.last() else { break };
        next = last.offset + 1;
        for record in &records {
            let headers: Vec<(&str, &[u8])> = record
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_slice()))
                .collect();
            let whole = Record {
                key: record.key.as_deref(),
                value: record.value.as_deref(),
                headers: &headers,
                partition: None,
            };
            // Control records are no events, and what a shard rejected is no part of the story.
            let read = decoder.decode_record(&whole, |decoded| {
                let Ok(decoded) = decoded else { return };
                if let Some(event) = decoded
                    .event()
                    .filter(|event| (event.brand, event.waybill) == (brand, waybill))
                {
                    parcels.apply(&event).ok();
                }
            });
            drop(read);
        }
    }
    let registry = world.daemon.node.registry();
    let judge = Judge::new(&rules, registry.registry().view());
    let evidence = parcels
        .find(brand, waybill)
        .ok_or_else(|| anyhow!("no event of it is on the log"))?;
    let verdict = judge.verdict(&evidence, world.now)?;
    let verdict = verdict.ok_or_else(|| anyhow!("there is nothing to judge yet"))?;
    Ok(tell(&evidence, &verdict, &judge, world.now, Language::Zh))
}
