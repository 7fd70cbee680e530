//! The scheduler: one thing at a time, as the seed decides.

use sanbai_core::shard::input::Tick;
use sanbai_engine::log::{NotDelivered, Topic};
use sanbai_engine::parcel::control_message;
use sanbai_wire::control::{Control, OwnedRejudge};

use super::broken::{Broken, Mutant};
use super::check::Records;
use super::log::{SimLog, View, moment};
use super::node::{Node, Shared, Which};
use super::plan::Plan;
use super::seen::Seen;
use super::store::SimStore;
use super::traffic::{self, Due};
use super::{check, faults};
use crate::world::civil::{HOUR, MINUTE, SECOND};
use crate::world::dice::{Dice, Use};

/// A run of one seed.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) mutant: Option<Mutant>,
    pub(super) log: SimLog,
    pub(super) store: SimStore,
    pub(super) nodes: Vec<Node>,
    /// Which node owns which partition.
    pub(super) parcel_owners: Vec<usize>,
    pub(super) scope_owners: Vec<usize>,
    pub(super) dice: Dice,
    pub(super) seen: Seen,
    pub(super) traffic: Vec<Due>,
    /// The next of the traffic.
    fed: usize,
    /// Processes that were ever started.
    pub(super) lives: u64,
    /// When each partition got its last tick of a right clock.
    ticked: Vec<i64>,
    /// Partitions that get no ticks until a moment.
    pub(super) tickless: Vec<i64>,
    /// When a refused message is no longer refused.
    pub(super) refused_until: i64,
}

impl Run {
    pub(super) fn new(seed: u64, mutant: Option<Mutant>) -> Self {
        let plan = Plan::new(seed);
        let mut log = SimLog::default();
        log.gap_after_events = mutant == Some(Mutant::ClockMovedByEvents);
        let store = SimStore::new(0, Dice::new(seed, Use::Schedule, 1));
        let mut dice = Dice::new(seed, Use::Schedule, 0);
        let mut traffic = traffic::of(&plan);
        // What comes after faults have stopped could not come to rest.
        traffic.retain(|due| due.at < plan.heals_at());
        log.gaps_per_10k = [0, 100, 800][dice.below(3) as usize];
        let nodes: Vec<Node> = (0..plan.nodes as u64)
            .map(|life| Node::new(Broken::new(mutant, life), &log))
            .collect();
        let lives = plan.nodes as u64;
        let mut owners = |count: u32| (0..count).map(|_| dice.below(lives) as usize).collect::<Vec<_>>();
        let (parcel_owners, scope_owners) = (owners(plan.parcel_partitions), owners(plan.scope_partitions));
        let mut run = Self {
            ticked: vec![plan.start(); plan.parcel_partitions as usize],
            tickless: vec![i64::MIN; plan.parcel_partitions as usize],
            plan,
            mutant,
            log,
            store,
            nodes,
            parcel_owners,
            scope_owners,
            dice,
            seen: Seen::default(),
            traffic,
            fed: 0,
            lives,
            refused_until: i64::MIN,
        };
        for node in 0..run.nodes.len() {
            run.assign_all(node);
        }
        run
    }

    pub(super) fn trace(&self) -> u64 {
        self.log.trace.finish()
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.clone()
    }

    /// Gives a node what it owns.
    pub(super) fn assign_all(&mut self, number: usize) {
        let owned = |owners: &[usize]| -> Vec<u32> {
            let all = (0..).zip(owners);
            all.filter(|(_, owner)| **owner == number)
                .map(|(partition, _)| partition)
                .collect()
        };
        let (parcels, scopes) = (owned(&self.parcel_owners), owned(&self.scope_owners));
        let all = parcels
            .into_iter()
            .map(Which::Parcel)
            .chain(scopes.into_iter().map(Which::Scope));
        for which in all {
            self.nodes[number].assign(which, &self.plan, &mut self.dice);
        }
    }

    /// What a node works with, and the node.
    pub(super) fn with_node<T>(&mut self, number: usize, act: impl FnOnce(&mut Node, &mut Shared<'_>) -> T) -> T {
        let mut shared = Shared {
            log: &mut self.log,
            store: &mut self.store,
            dice: &mut self.dice,
            seen: &mut self.seen,
        };
        act(&mut self.nodes[number], &mut shared)
    }

    /// From the first tick to the last comparison.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.log.now = self.plan.start();
        self.feed();
        for partition in 0..self.plan.parcel_partitions {
            // Before anything else a clock is set, by what is known then.
            self.operator_ticks(partition, false);
        }
        self.flaky(self.plan.flaky);
        let rests_at = self.plan.start() + self.dice.between(4 * HOUR, 36 * HOUR);
        let mut rested = self.plan.late_registry;
        while self.log.now < self.plan.heals_at() {
            let is_busy = self.fed < self.traffic.len();
            for _ in 0..if is_busy { 12 } else { 5 } {
                self.act()?;
            }
            self.advance(if is_busy { 8 * MINUTE } else { 10 * MINUTE });
            if !rested && self.log.now > rests_at {
                rested = true;
                self.rest()?;
            }
        }
        self.heal()?;
        while self.log.now < self.plan.end {
            self.advance(10 * MINUTE);
            self.drain()?;
        }
        check::at_rest(self, true)
    }

    /// In the middle of everything all is delivered, if it can be, and compared.
    fn rest(&mut self) -> Result<(), String> {
        let is_whole = self.log.refused.is_none() && self.nodes.iter().all(|node| node.up && node.parked().is_none());
        if !is_whole {
            return Ok(());
        }
        self.flaky(false);
        self.drain()?;
        // A message that had been refused before may have come back only now.
        if self.nodes.iter().all(|node| node.parked().is_none()) {
            check::at_rest(self, false)?;
        }
        self.flaky(self.plan.flaky);
        Ok(())
    }

    /// An operator's tick, straight to the log.
    pub(super) fn operator_ticks(&mut self, partition: u32, reset: bool) {
        let known = self.log.records(Topic::Registry, 0).last();
        let known = known.map_or(0, |record| record.offset + 1);
        let tick = Control::Tick(Tick {
            time: moment(self.log.now),
            registry_offset: known,
            reset,
            recorded_at: moment(0),
        });
        self.append(Due::of(0, control_message(partition, &tick)));
    }

    fn append(&mut self, due: Due) {
        self.log
            .append(due.place, due.key, due.headers, due.value, &mut self.dice);
    }

    fn flaky(&mut self, flaky: bool) {
        self.log.unavailable_per_10k = if flaky { 150 } else { 0 };
        self.store.unavailable_per_10k = if flaky { 600 } else { 0 };
    }

    /// What has come by now.
    fn feed(&mut self) {
        while let Some(due) = self.traffic.get(self.fed).filter(|due| due.at <= self.log.now).cloned() {
            self.append(due);
            self.fed += 1;
        }
    }

    /// Time goes on: events come, and owners append ticks.
    fn advance(&mut self, most: i64) {
        self.log.now += self.dice.between(MINUTE.min(most), most);
        self.feed();
        self.tick_all();
        if self.log.now >= self.refused_until && self.log.refused.take().is_some() {
            // Its cause was found and put right.
            let released: usize = self.nodes.iter_mut().map(Node::resume).sum();
            self.seen.released += released as u64;
        }
        let number = self.dice.below(self.nodes.len() as u64) as usize;
        if self.dice.chance(400) {
            self.nodes[number].bury_zombies(self.log.now);
        }
        if self.dice.chance(60) && self.log.now < self.plan.heals_at() {
            faults::refuse(self, number);
        }
    }

    /// Every node appends ticks to what it believes to own, by its clock.
    fn tick_all(&mut self) {
        for number in 0..self.nodes.len() {
            if !self.nodes[number].up {
                continue;
            }
            for partition in 0..self.plan.parcel_partitions {
                let Some(seat) = self.nodes[number].parcels.get(&partition) else {
                    continue;
                };
                let sleeps = seat.zombie && self.log.now < seat.asleep_until;
                if sleeps || self.log.now < self.tickless[partition as usize] {
                    continue;
                }
                let ticked = &mut self.ticked[partition as usize];
                // There are ticks every few seconds; so many of them as may matter are appended.
                let is_right = self.nodes[number].clock_error.abs() < MINUTE && !seat.zombie;
                let more = if is_right {
                    ((self.log.now - *ticked - 1) / (10 * MINUTE)).clamp(0, 40)
                } else {
                    0
                };
                if is_right {
                    *ticked = self.log.now;
                }
                for _ in 0..1 + more {
                    self.tick(number, partition);
                }
            }
        }
    }

    fn tick(&mut self, number: usize, partition: u32) {
        let now = self.log.now;
        self.with_node(number, |node, shared| {
            let tick = Control::Tick(Tick {
                time: moment(now + node.clock_error - shared.dice.between(0, 3 * SECOND)),
                registry_offset: node.registry.next(),
                reset: false,
                recorded_at: moment(0),
            });
            let mut view = View {
                log: shared.log,
                producer: &mut node.producer,
                dice: shared.dice,
                broken: &mut node.broken,
            };
            sanbai_engine::log::Log::send(&mut view, control_message(partition, &tick));
            if node.producer.failed().is_some() {
                node.close(shared);
            }
        });
    }

    /// One thing happens.
    fn act(&mut self) -> Result<(), String> {
        let number = self.dice.below(self.nodes.len() as u64) as usize;
        if self.dice.chance(self.plan.faults_per_10k) {
            faults::strike(self, number);
            return Ok(());
        }
        if !self.nodes[number].up {
            return Ok(());
        }
        match self.dice.below(20) {
            0..10 => {
                let tasks = self.nodes[number].tasks();
                if !tasks.is_empty() {
                    let which = tasks[self.dice.below(tasks.len() as u64) as usize];
                    self.with_node(number, |node, shared| node.step(which, shared));
                }
            }
            10..15 => self.with_node(number, |node, shared| {
                if node.producer.queued() > 0 {
                    node.producer.append_some(shared.log, shared.dice, 24);
                }
                if node.producer.failed().is_some() {
                    node.close(shared);
                }
            }),
            15..19 => self.with_node(number, |node, shared| {
                if node.producer.unreported() > 0 {
                    for ticket in node.producer.report_some(shared.dice, 40) {
                        node.deliver(ticket, Ok(()));
                    }
                }
            }),
            _ => {
                self.with_node(number, |node, shared| node.read_registry(shared));
            }
        }
        self.no_alarm()
    }

    fn no_alarm(&self) -> Result<(), String> {
        if self.seen.negative_counts > 0 {
            return Err("a count would have become negative".to_owned());
        }
        if self.seen.parked_otherwise > 0 {
            let parked = self.nodes.iter().find_map(Node::parked);
            return Err(format!("a task was parked: {parked:?}"));
        }
        Ok(())
    }

    /// Faults stop, and what is broken is mended.
    fn heal(&mut self) -> Result<(), String> {
        self.flaky(false);
        self.log.refused = None;
        self.tickless.fill(i64::MIN);
        for number in 0..self.nodes.len() {
            if !self.nodes[number].up {
                faults::restart(self, number);
            }
            self.with_node(number, |node, shared| {
                if node.producer.failed().is_some() {
                    node.close(shared);
                }
            });
            let node = &mut self.nodes[number];
            node.clock_error = 0;
            node.bury_zombies(i64::MAX);
            self.seen.released += node.resume() as u64;
            self.assign_all(number);
        }
        self.drain()?;
        for partition in 0..self.plan.parcel_partitions {
            self.operator_ticks(partition, true);
            self.seen.resets += 1;
            if self.plan.late_registry {
                let rejudge = Control::Rejudge(OwnedRejudge::default());
                self.append(Due::of(0, control_message(partition, &rejudge)));
            }
        }
        self.drain()
    }

    /// Everything that can be done without time going on is done.
    fn drain(&mut self) -> Result<(), String> {
        for _ in 0..200_000 {
            let mut worked = false;
            for number in 0..self.nodes.len() {
                if self.nodes[number].up {
                    worked |= self.drain_node(number);
                }
            }
            self.no_alarm()?;
            if !worked {
                return Ok(());
            }
        }
        Err("there is no end to the work".to_owned())
    }

    fn drain_node(&mut self, number: usize) -> bool {
        self.with_node(number, |node, shared| {
            let mut worked = node.read_registry(shared);
            for which in node.tasks() {
                worked |= node.step(which, shared);
            }
            worked |= node.producer.append_all(shared.log, shared.dice);
            if node.producer.failed().is_some() {
                node.close(shared);
            }
            for ticket in node.producer.report_all() {
                worked = true;
                node.deliver(ticket, Ok::<(), NotDelivered>(()));
            }
            worked
        })
    }
}
