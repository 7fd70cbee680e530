//! The scope stage: sections in; rows, alerts on outlets and hits out.

use sanbai_core::registry::Registry;
use sanbai_core::shard::input::Behaviour;
use sanbai_core::shard::position::Position;
use sanbai_core::shard::row::{RestoreError, Row};
use sanbai_core::shard::scope::{ScopeOutput, ScopeShard, ScopeSink, Territory};
use sanbai_core::time::Timestamp;
use sanbai_wire::control::{KIND_HEADER, Kind, encode_hit, hit_key};
use sanbai_wire::sighting::decode_sections;
use sanbai_wire::snapshot::ShardKind;
use sanbai_wire::{alert, compliance, scope_partition_of_outlet};

use crate::ledger::Ledger;
use crate::log::{Message, Record, Topic};
use crate::parcel::spread;
use crate::stage::{Layout, Outbox, Stage, StageAlarm, Step};

/// One scope shard, with what it must know to send.
#[derive(Clone, Debug)]
pub struct ScopeStage {
    shard: ScopeShard,
    layout: Layout,
    ledger: Ledger,
    alarms: Vec<StageAlarm>,
    /// Where the last section stands whose rows were not sent.
    unsaid: Option<Position>,
}

impl Stage for ScopeStage {
    const SHARD: ShardKind = ShardKind::Scope;
    const INPUT: Topic = Topic::Sightings;
    type Settings = ();

    fn new(_: &(), partition: u32, layout: Layout) -> Self {
        Self::of(ScopeShard::new(layout.parcels, territory(partition, layout)), layout, 0)
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Row> + '_> {
        Box::new(self.shard.rows())
    }

    fn restore(
        _: &(),
        partition: u32,
        layout: Layout,
        next: u64,
        rows: &mut dyn Iterator<Item = Row>,
    ) -> Result<Self, RestoreError> {
        let shard = ScopeShard::restore(rows, territory(partition, layout))?;
        Ok(Self::of(shard, layout, next))
    }

    fn apply(&mut self, record: &Record, registry: &Registry, known: u64, out: &mut impl Outbox) -> Step {
        let value = record.value.as_deref().unwrap_or_default();
        let sections = decode_sections(value);
        let needed = sections
            .iter()
            .flatten()
            .map(|section| section.registry_offset)
            .max()
            .unwrap_or(0);
        if needed > known {
            return Step::AwaitsRegistry(needed);
        }
        self.ledger.pass_over(record.offset);
        match sections {
            Ok(sections) => {
                self.ledger.event_records += 1;
                for (index, section) in (0..).zip(&sections) {
                    let at = Position {
                        generation: self.layout.generation,
                        offset: record.offset,
                        index,
                    };
                    let mut sink = Sending {
                        layout: self.layout,
                        alarms: &mut self.alarms,
                        ledger: &mut self.ledger,
                        out,
                    };
                    self.shard.count_in(at, section, registry.view(), &mut sink);
                    self.unsaid = Some(at);
                }
            }
            // Only our own principals write here; what cannot be read leaves a gap, which its source heals.
            Err(_) => {
                self.ledger.event_records += 1;
                self.ledger.unreadable_controls += 1;
            }
        }
        self.ledger.next = record.offset + 1;
        Step::Applied
    }

    fn flush(&mut self, _: bool, registry: &Registry, out: &mut impl Outbox) {
        let Some(at) = self.unsaid.take() else { return };
        let mut sink = Sending {
            layout: self.layout,
            alarms: &mut self.alarms,
            ledger: &mut self.ledger,
            out,
        };
        self.shard.say_rows(at, registry.view(), &mut sink);
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    fn alarms(&mut self) -> Vec<StageAlarm> {
        std::mem::take(&mut self.alarms)
    }

    fn clock(&self) -> Option<Timestamp> {
        self.shard.source_clock()
    }

    fn registry_offset(&self) -> u64 {
        self.shard.registry_offset()
    }

    fn own_behaviour((): &()) -> Behaviour {
        Behaviour::CURRENT
    }

    fn behaviour(&self) -> Behaviour {
        Behaviour::CURRENT
    }
}

impl ScopeStage {
    fn of(shard: ScopeShard, layout: Layout, next: u64) -> Self {
        Self {
            shard,
            layout,
            ledger: Ledger::starting_at(next),
            alarms: Vec::new(),
            unsaid: None,
        }
    }

    /// The shard.
    pub const fn shard(&self) -> &ScopeShard {
        &self.shard
    }
}

fn territory(partition: u32, layout: Layout) -> Territory {
    Territory::partition(partition, layout.scopes, |brand, site, count| {
        scope_partition_of_outlet(brand, site, count).unwrap_or(0)
    })
}

struct Sending<'s, O> {
    layout: Layout,
    alarms: &'s mut Vec<StageAlarm>,
    ledger: &'s mut Ledger,
    out: &'s mut O,
}

impl<O: Outbox> ScopeSink for Sending<'_, O> {
    fn put(&mut self, at: Position, output: ScopeOutput<'_>) {
        let (topic, key, partition, headers, value) = match output {
            ScopeOutput::Row(row) => {
                let key = compliance::key(&row);
                let partition = scope_partition_of_outlet(row.brand, row.site, self.layout.scopes).unwrap_or(0);
                let value = compliance::encode(at, &row);
                (Topic::Compliance, key, partition, Vec::new(), value)
            }
            ScopeOutput::Alert(outlet) => {
                self.ledger.alert(outlet.rule.as_str(), outlet.change.as_str());
                let key = alert::key(outlet.id);
                let partition = spread(&key, self.layout.scopes);
                let value = alert::encode_outlet(at, &outlet);
                (Topic::Alerts, key, partition, Vec::new(), value)
            }
            ScopeOutput::Hit(hit) => {
                let key = hit_key(&hit);
                let partition = spread(&key, self.layout.parcels);
                let headers = vec![(KIND_HEADER.to_owned(), Kind::Hit.as_str().as_bytes().to_vec())];
                (Topic::ParcelEvents, key, partition, headers, encode_hit(&hit))
            }
            ScopeOutput::Alarm(alarm) => return self.alarms.push(StageAlarm::Scope(alarm)),
        };
        self.out.put(Message {
            topic,
            partition,
            key: Some(key.into_bytes()),
            headers,
            value,
        });
    }
}
