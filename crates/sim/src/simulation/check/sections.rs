//! Sections: of each source they cover everything from its beginning to its end, and what is said twice is said alike.

use std::collections::BTreeMap;

use prost::Message as _;
use sanbai_engine::log::Topic;
use sanbai_wire::proto::sighting::{Entry, Position, Sightings};

use super::Rest;
use crate::oracle::log::What;

/// Generation, offset, index.
pub(super) type At = (u32, u64, u32);

/// What was taken of one source.
#[derive(Default)]
pub(super) struct Taken {
    seen: At,
    pub(super) in_gap: bool,
    entries: BTreeMap<At, Vec<Entry>>,
}

pub(super) fn check(rest: &mut Rest<'_>, at_end: bool) -> Result<(), String> {
    for scope in 0..rest.scope_partitions {
        let mut sources: BTreeMap<u32, Taken> = BTreeMap::new();
        for record in rest.log.records(Topic::Sightings, scope) {
            let value = record.value.as_deref().unwrap_or_default();
            let read = Sightings::decode(value).map_err(|error| format!("a section cannot be read: {error}"))?;
            for section in read.sections {
                let (from, to) = (at(section.from.as_ref()), at(section.to.as_ref()));
                let taken = sources.entry(section.source).or_default();
                if at_end {
                    rest.seen.overlaps += u64::from(from < taken.seen);
                    rest.seen.gaps += u64::from(from > taken.seen && !taken.in_gap);
                    rest.seen.healed += u64::from(from <= taken.seen && to >= taken.seen && taken.in_gap);
                }
                taken.take(from, to, section.entries)?;
            }
        }
        for partition in 0..rest.parcel_partitions {
            let last = rest.log.records(Topic::ParcelEvents, partition).last();
            let taken = sources.remove(&partition).unwrap_or_default();
            let seen = taken.seen.1;
            // The last records may have left nothing to say.
            let entries = super::log::read(rest.log, partition).entries;
            let mut ticks = entries.iter().rev().filter(|entry| matches!(entry.what, What::Tick(_)));
            let tick = ticks.next().map_or(0, |tick| tick.offset);
            if taken.in_gap || seen < tick || last.is_some_and(|last| seen > last.offset + 4) {
                return Err(format!(
                    "sections of source {partition} for scope {scope} end at {seen}, the last tick is at {tick}; in a gap: {}",
                    taken.in_gap
                ));
            }
        }
    }
    Ok(())
}

impl Taken {
    pub(super) fn take(&mut self, from: At, to: At, entries: Vec<Entry>) -> Result<(), String> {
        if from > self.seen {
            self.in_gap = true;
            return Ok(());
        }
        let mut by_position: BTreeMap<At, Vec<Entry>> = BTreeMap::new();
        for entry in entries {
            by_position.entry(at(entry.at.as_ref())).or_default().push(entry);
        }
        for (position, entries) in by_position {
            if position <= self.seen {
                if self.entries.get(&position) != Some(&entries) {
                    return Err(format!("what is said of {position:?} differs: {entries:?}"));
                }
            } else if position <= to {
                self.entries.insert(position, entries);
            }
        }
        if to >= self.seen {
            self.seen = to;
            self.in_gap = false;
        }
        Ok(())
    }
}

fn at(position: Option<&Position>) -> At {
    position.map_or((0, 0, 0), |position| {
        (position.generation, position.offset, position.index)
    })
}
