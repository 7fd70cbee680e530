//! Topics as they were recorded, through the shards once more: each record under its own offset, with the ticks and hits that
//! lie there. What parcel shards say is what the daemon said, byte for byte.

use sanbai_core::registry::Registry;
use sanbai_core::shard::input::Behaviour;
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::Verdict;

use crate::ledger::Ledger;
use crate::log::{Message, Record, Topic};
use crate::parcel::{ParcelSettings, ParcelStage};
use crate::scope::ScopeStage;
use crate::stage::{Layout, Outbox, Stage, StageAlarm, Step};

/// Shards of a topic that was recorded.
#[derive(Debug)]
pub struct Recorded {
    layout: Layout,
    parcels: Vec<ParcelStage>,
    /// Scope shards, each with how many records it was given.
    scopes: Vec<(ScopeStage, u64)>,
    registry: Registry,
}

impl Recorded {
    /// Shards that have seen nothing. `registry` is all there is; ticks say how much of it was known when.
    pub fn new(settings: &ParcelSettings, registry: Registry, layout: Layout) -> Self {
        Self {
            layout,
            parcels: (0..layout.parcels)
                .map(|partition| ParcelStage::new(settings, partition, layout))
                .collect(),
            scopes: (0..layout.scopes)
                .map(|partition| (ScopeStage::new(&(), partition, layout), 0))
                .collect(),
            registry,
        }
    }

    /// Puts a shard that was restored in the place of the one of its partition.
    pub fn put(&mut self, partition: u32, stage: ParcelStage) {
        if let Some(place) = usize::try_from(partition).ok().and_then(|at| self.parcels.get_mut(at)) {
            *place = stage;
        }
    }

    /// The offset that a partition goes on from.
    pub fn next(&self, partition: u32) -> u64 {
        let place = usize::try_from(partition).ok().and_then(|at| self.parcels.get(at));
        place.map_or(0, |stage| stage.ledger().next)
    }

    /// Goes on at an offset: what lies before it is not applied.
    pub fn pass_over(&mut self, partition: u32, to: u64) {
        if let Some(stage) = usize::try_from(partition).ok().and_then(|at| self.parcels.get_mut(at)) {
            stage.ledger_mut().pass_over(to);
        }
    }

    /// Applies the next record of a partition of events.
    ///
    /// # Errors
    /// Where another behaviour runs from it on.
    pub fn apply(&mut self, partition: u32, record: &Record, out: &mut impl Outbox) -> Result<(), Behaviour> {
        let Some(stage) = usize::try_from(partition).ok().and_then(|at| self.parcels.get_mut(at)) else {
            return Ok(());
        };
        let mut sorting = Sorting {
            sections: Vec::new(),
            rest: out,
        };
        // The registry is all there is, so no tick has to wait for more.
        if let Step::AnotherBehaviour(behaviour) = stage.apply(record, &self.registry, u64::MAX, &mut sorting) {
            return Err(behaviour);
        }
        stage.flush(false, &self.registry, &mut sorting);
        let sections = sorting.sections;
        for section in sections {
            self.section(section, record.timestamp, out);
        }
        Ok(())
    }

    /// Gives a section to its scope shard. The hits that follow from it lie on the topic already.
    fn section(&mut self, section: Message, recorded_at: Timestamp, out: &mut impl Outbox) {
        let place = usize::try_from(section.partition).unwrap_or(usize::MAX);
        let Some((stage, next)) = self.scopes.get_mut(place) else {
            return;
        };
        let record = Record {
            offset: *next,
            timestamp: recorded_at,
            key: section.key,
            headers: section.headers,
            value: Some(section.value),
        };
        *next += 1;
        let mut rest = WithoutHits(out);
        let step = stage.apply(&record, &self.registry, u64::MAX, &mut rest);
        debug_assert_eq!(step, Step::Applied, "the registry is all there is");
        stage.flush(false, &self.registry, &mut rest);
    }

    /// Judges every open parcel by the clock, partition by partition.
    pub fn each_verdict(&self, mut each: impl FnMut(&Verdict<'_>)) {
        for stage in &self.parcels {
            stage.shard().each_verdict(self.registry.view(), &mut each);
        }
    }

    /// The clock that is furthest.
    pub fn clock(&self) -> Option<Timestamp> {
        self.parcels.iter().filter_map(Stage::clock).max()
    }

    /// What is on file.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// How topics are laid out.
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// What became of the records and events of each partition.
    pub fn ledgers(&self) -> impl Iterator<Item = &Ledger> {
        self.parcels.iter().map(Stage::ledger)
    }

    /// What an operator must know, since it was asked last.
    pub fn alarms(&mut self) -> Vec<StageAlarm> {
        let mut alarms: Vec<StageAlarm> = self.parcels.iter_mut().flat_map(Stage::alarms).collect();
        alarms.extend(self.scopes.iter_mut().flat_map(|(stage, _)| stage.alarms()));
        alarms
    }
}

/// Takes sections aside, and passes on the rest.
struct Sorting<'o, O> {
    sections: Vec<Message>,
    rest: &'o mut O,
}

impl<O: Outbox> Outbox for Sorting<'_, O> {
    fn put(&mut self, message: Message) {
        if message.topic == Topic::Sightings {
            self.sections.push(message);
        } else {
            self.rest.put(message);
        }
    }

    fn retired(&mut self, verdict: &Verdict<'_>) {
        self.rest.retired(verdict);
    }
}

struct WithoutHits<'o, O>(&'o mut O);

impl<O: Outbox> Outbox for WithoutHits<'_, O> {
    fn put(&mut self, message: Message) {
        if message.topic != Topic::ParcelEvents {
            self.0.put(message);
        }
    }
}
