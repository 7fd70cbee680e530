//! One process: tasks for the partitions that it believes to own, a copy of the registry, a producer, a clock.

use std::collections::BTreeMap;

use sanbai_core::shard::input::Behaviour;
use sanbai_engine::log::NotDelivered;
use sanbai_engine::parcel::{ParcelSettings, ParcelStage};
use sanbai_engine::registry::RegistryCopy;
use sanbai_engine::scope::ScopeStage;
use sanbai_engine::stage::{Layout, Stage};
use sanbai_engine::task::{Parked, Progress, Task, TaskAlarm, TaskSettings};
use sanbai_wire::{RawValues, TokenKeys};

use super::broken::{Broken, Mutant};
use super::log::{Producer, SimLog, View};
use super::plan::Plan;
use super::seen::Seen;
use super::store::SimStore;
use crate::world::dice::Dice;

/// A task, and whether somebody else has its partition by now.
#[derive(Debug)]
pub(super) struct Seat<S: Stage> {
    pub(super) task: Task<S>,
    /// Somebody else owns the partition, and this process does not know yet.
    pub(super) zombie: bool,
    /// It does nothing until then.
    pub(super) asleep_until: i64,
}

/// One process. What it has is gone when it crashes.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) up: bool,
    pub(super) producer: Producer,
    pub(super) registry: RegistryCopy,
    pub(super) parcels: BTreeMap<u32, Seat<ParcelStage>>,
    pub(super) scopes: BTreeMap<u32, Seat<ScopeStage>>,
    /// How far its clock is off, in milliseconds.
    pub(super) clock_error: i64,
    pub(super) broken: Broken,
}

/// What all nodes share.
pub(super) struct Shared<'s> {
    pub(super) log: &'s mut SimLog,
    pub(super) store: &'s mut SimStore,
    pub(super) dice: &'s mut Dice,
    pub(super) seen: &'s mut Seen,
}

/// Which task of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Parcel(u32),
    Scope(u32),
}

impl Node {
    pub(super) fn new(broken: Broken, log: &SimLog) -> Self {
        Self {
            up: true,
            producer: Producer::default(),
            registry: broken.registry(log),
            parcels: BTreeMap::new(),
            scopes: BTreeMap::new(),
            clock_error: 0,
            broken,
        }
    }

    /// All its tasks.
    pub(super) fn tasks(&self) -> Vec<Which> {
        let parcels = self.parcels.keys().copied().map(Which::Parcel);
        parcels.chain(self.scopes.keys().copied().map(Which::Scope)).collect()
    }

    /// Gives it a partition anew, or back.
    pub(super) fn assign(&mut self, which: Which, plan: &Plan, dice: &mut Dice) {
        match which {
            Which::Parcel(partition) => {
                let settings = settings(partition, plan, parcel_settings(), dice);
                self.parcels
                    .entry(partition)
                    .and_modify(|seat| seat.zombie = false)
                    .or_insert_with(|| Seat::new(settings));
            }
            Which::Scope(partition) => {
                let settings = settings(partition, plan, (), dice);
                self.scopes
                    .entry(partition)
                    .and_modify(|seat| seat.zombie = false)
                    .or_insert_with(|| Seat::new(settings));
            }
        }
    }

    /// It lost a partition, and goes on with it for a while, perhaps after a long sleep.
    pub(super) fn leave(&mut self, which: Which, asleep_until: i64) {
        match which {
            Which::Parcel(partition) => {
                if let Some(seat) = self.parcels.get_mut(&partition) {
                    seat.fall_asleep(asleep_until);
                }
            }
            Which::Scope(partition) => {
                if let Some(seat) = self.scopes.get_mut(&partition) {
                    seat.fall_asleep(asleep_until);
                }
            }
        }
    }

    /// It learns what it lost, save what sleeps until after a moment.
    pub(super) fn bury_zombies(&mut self, now: i64) {
        self.parcels.retain(|_, seat| !seat.zombie || now < seat.asleep_until);
        self.scopes.retain(|_, seat| !seat.zombie || now < seat.asleep_until);
    }

    /// Reads what is new of the registry, or some of it.
    pub(super) fn read_registry(&mut self, shared: &mut Shared<'_>) -> bool {
        let mut view = View {
            log: shared.log,
            producer: &mut self.producer,
            dice: shared.dice,
            broken: &mut self.broken,
        };
        self.registry.read(&mut view).is_ok_and(|read| read > 0)
    }

    /// Lets a task do a piece of work; says whether it got on.
    pub(super) fn step(&mut self, which: Which, shared: &mut Shared<'_>) -> bool {
        let mut view = View {
            log: shared.log,
            producer: &mut self.producer,
            dice: shared.dice,
            broken: &mut self.broken,
        };
        let registry = &self.registry;
        let progress = match which {
            Which::Parcel(partition) => {
                let seat = self.parcels.get_mut(&partition);
                seat.and_then(|seat| seat.step(&mut view, shared.store, registry, shared.seen))
            }
            Which::Scope(partition) => {
                let seat = self.scopes.get_mut(&partition);
                seat.and_then(|seat| seat.step(&mut view, shared.store, registry, shared.seen))
            }
        };
        if self.broken.is(Mutant::ManifestBeforeAcknowledgement) {
            for ticket in self.producer.waiting() {
                self.deliver(ticket, Ok(()));
            }
        }
        if self.producer.failed().is_some() {
            self.close(shared);
        }
        matches!(progress, Some(Progress::Worked(_)))
    }

    /// Reports a delivery to whichever task waits for it.
    pub(super) fn deliver(&mut self, ticket: sanbai_engine::log::Ticket, delivery: Result<(), NotDelivered>) {
        let parcels = self
            .parcels
            .values_mut()
            .any(|seat| seat.task.delivered(ticket, delivery));
        if !parcels {
            self.scopes
                .values_mut()
                .any(|seat| seat.task.delivered(ticket, delivery));
        }
    }

    /// Closes the producer after a delivery that failed: all tasks go back.
    pub(super) fn close(&mut self, shared: &mut Shared<'_>) {
        if let Some(ticket) = self.producer.close(shared.log, shared.dice) {
            shared.seen.closed += 1;
            self.deliver(ticket, Err(NotDelivered));
        }
        self.parcels.values_mut().for_each(|seat| seat.task.producer_closed());
        self.scopes.values_mut().for_each(|seat| seat.task.producer_closed());
    }

    /// An operator lets what was parked go on.
    pub(super) fn resume(&mut self) -> usize {
        let parcels = self.parcels.values_mut().filter_map(Seat::resume).count();
        parcels + self.scopes.values_mut().filter_map(Seat::resume).count()
    }

    /// Why tasks are parked, if any is.
    pub(super) fn parked(&self) -> Option<Parked> {
        let parcels = self.parcels.values().find_map(|seat| seat.task.parked());
        parcels.or_else(|| self.scopes.values().find_map(|seat| seat.task.parked()))
    }
}

impl<S: Stage> Seat<S> {
    fn new(settings: TaskSettings<S::Settings>) -> Self {
        Self {
            task: Task::new(settings),
            zombie: false,
            asleep_until: i64::MIN,
        }
    }

    fn fall_asleep(&mut self, until: i64) {
        self.zombie = true;
        self.asleep_until = until;
    }

    fn step(
        &mut self,
        view: &mut View<'_>,
        store: &mut SimStore,
        registry: &RegistryCopy,
        seen: &mut Seen,
    ) -> Option<Progress> {
        if self.zombie && view.log.now < self.asleep_until {
            return None;
        }
        let queued = view.producer.queued();
        let progress = self.task.step(view, store, registry);
        if self.zombie && view.producer.queued() > queued {
            seen.zombie_sent += 1;
        }
        for alarm in self.task.alarms() {
            match alarm {
                TaskAlarm::Stage(alarm) => seen.stage_alarm(alarm),
                TaskAlarm::SnapshotDamaged { .. } => seen.snapshot_damaged += 1,
                TaskAlarm::SnapshotNotWritten { .. } => seen.snapshot_not_written += 1,
                TaskAlarm::Parked(parked) => seen.park(parked),
            }
        }
        Some(progress)
    }

    fn resume(&mut self) -> Option<()> {
        self.task.parked()?;
        self.task.resume();
        Some(())
    }
}

fn settings<S>(partition: u32, plan: &Plan, stage: S, dice: &mut Dice) -> TaskSettings<S> {
    TaskSettings {
        partition,
        layout: plan.layout(),
        stage,
        snapshot_every: plan.snapshot_every,
        snapshots_kept: 2,
        batch_max: 1 + dice.below(48) as usize,
        unacknowledged_max: 16 + dice.below(200) as usize,
    }
}

fn parcel_settings() -> ParcelSettings {
    ParcelSettings {
        keys: TokenKeys::single("1", [7; 32]).expect("a version of one digit"),
        raw_values: RawValues::Forbid,
        profile: None,
        behaviour: Behaviour::CURRENT,
    }
}

impl Plan {
    /// How the topics are laid out.
    pub(super) const fn layout(&self) -> Layout {
        Layout {
            generation: 1,
            parcels: self.parcel_partitions,
            scopes: self.scope_partitions,
        }
    }
}
