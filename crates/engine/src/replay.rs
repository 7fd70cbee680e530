//! Replay: the stages on events of the past, in one process and without a log.
//!
//! ```text
//! events, ticks ─▶ parcel stage of each partition ──sections──▶ scope stage
//!                     ▲       └─▶ verdicts, alerts, rejects       │ └─▶ rows, alerts
//!                     └───────────────────hits────────────────────┘
//! ```
//!
//! What comes out is what a daemon would have sent whose ticks stood where they are made here.

use std::collections::VecDeque;

use sanbai_core::registry::Registry;
use sanbai_core::shard::input::{Behaviour, Tick};
use sanbai_core::time::{Span, Timestamp};
use sanbai_core::verdict::Verdict;
use sanbai_wire::Decoded;
use sanbai_wire::control::Control;

use crate::ledger::Ledger;
use crate::log::{Headers, Message, Record, Topic};
use crate::parcel::{ParcelSettings, ParcelStage, control_message, spread};
use crate::scope::ScopeStage;
use crate::stage::{Layout, Outbox, Stage, StageAlarm, Step};

/// How ticks are made: where events come, and where none do.
///
/// A parcel is judged as of its own moment however far the ticks are apart. The holds of alerts on outlets are measured by
/// the clock: in a quiet stretch such an alert may come up to ten minutes later than it would on a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Between two ticks while events come, as on a log. One more stands at the intake of every event.
    pub busy: Span,
    /// Between two ticks once no event came for [`quiet_after`](Self::quiet_after): as far as one tick moves a clock.
    pub quiet: Span,
    /// How long after an event the stretch is quiet.
    pub quiet_after: Span,
}

/// The one that is used. All ticks but those at an intake stand at whole multiples of their span, in civil time too.
pub const CADENCE: Cadence = Cadence {
    busy: Span::seconds(5),
    quiet: Span::minutes(10),
    quiet_after: Span::hours(1),
};

/// A tick further ahead of its record is not believed by any shard.
pub const AHEAD_MAX: Span = Span::seconds(60);

/// Shards that live through the past.
#[derive(Debug)]
pub struct Replay {
    layout: Layout,
    parcels: Vec<Lane>,
    scope: ScopeStage,
    /// Records that the scope stage was given.
    sections: u64,
    registry: Registry,
    /// Ticks that are made name this one.
    registry_offset: u64,
    /// Up to when time passed: the latest tick that was believed.
    now: Option<Timestamp>,
    latest_event: Option<Timestamp>,
}

/// One partition of `sanbai.parcel-events`.
#[derive(Debug)]
struct Lane {
    stage: ParcelStage,
    next: u64,
    /// While nobody works on it: what waits there. Its owner is away, so no ticks are among it.
    waiting: Option<VecDeque<Waiting>>,
}

/// A record that has no offset yet.
#[derive(Debug)]
struct Waiting {
    recorded_at: Timestamp,
    key: Option<Vec<u8>>,
    headers: Headers,
    value: Vec<u8>,
}

impl Replay {
    /// Shards that have seen nothing. `registry` is all there is, from the start; ticks that are made say so, too.
    pub fn new(settings: &ParcelSettings, registry: Registry, partitions: u32) -> Self {
        let layout = Layout {
            generation: 1,
            parcels: partitions.max(1),
            scopes: 1,
        };
        let lane = |partition| Lane {
            stage: ParcelStage::new(settings, partition, layout),
            next: 0,
            waiting: None,
        };
        Self {
            layout,
            parcels: (0..layout.parcels).map(lane).collect(),
            scope: ScopeStage::new(&(), 0, layout),
            sections: 0,
            registry,
            registry_offset: u64::MAX,
            now: None,
            latest_event: None,
        }
    }

    /// From now on ticks that are made name this offset: the registry records before it are known.
    pub const fn know_registry_before(&mut self, offset: u64) {
        self.registry_offset = offset;
    }

    /// The clock: that of the partition that is furthest. `None` before the first tick.
    pub fn clock(&self) -> Option<Timestamp> {
        self.parcels.iter().filter_map(|lane| lane.stage.clock()).max()
    }

    /// The latest intake or tick so far.
    pub fn latest(&self) -> Option<Timestamp> {
        self.now.max(self.latest_event)
    }

    /// Applies an event. The clock stays where it is: see [`advance`](Self::advance).
    pub fn event(&mut self, event: &Decoded, out: &mut impl Outbox) {
        let partition = event.partition(self.layout.parcels).unwrap_or(0);
        self.latest_event = self.latest_event.max(Some(event.intake_at()));
        let record = Waiting {
            recorded_at: self.latest().unwrap_or_default(),
            key: Some(event.key().into_bytes()),
            headers: vec![("content-type".to_owned(), b"application/protobuf".to_vec())],
            value: event.as_bytes().to_vec(),
        };
        let step = self.put(partition, record, out);
        debug_assert!(step.is_ok(), "an event names no behaviour");
    }

    /// Applies a control record: a hit to the partition of its parcel, all others to every partition.
    ///
    /// # Errors
    /// Where it names a behaviour that this build does not run.
    pub fn control(
        &mut self,
        control: &Control,
        recorded_at: Timestamp,
        out: &mut impl Outbox,
    ) -> Result<(), Behaviour> {
        if let Control::Tick(tick) = control
            && tick.time <= recorded_at.plus(AHEAD_MAX)
        {
            self.now = self.now.max(Some(tick.time));
        }
        let to = control.key().map(|key| spread(&key, self.layout.parcels));
        for partition in 0..self.layout.parcels {
            if to.is_some_and(|to| to != partition) {
                continue;
            }
            let is_away = self.lane(partition).is_some_and(|lane| lane.waiting.is_some());
            if is_away && matches!(control, Control::Tick(_)) {
                continue;
            }
            let record = waiting(control_message(partition, control), recorded_at);
            self.put(partition, record, out)?;
        }
        Ok(())
    }

    /// Lets time pass up to an instant, with ticks as [`CADENCE`] says. The first tick stands there. Where it is later
    /// already, nothing happens.
    pub fn advance(&mut self, to: Timestamp, out: &mut impl Outbox) {
        while self.now.is_none_or(|now| now < to) {
            // Where nobody works on any partition, nobody ticks.
            let is_away = self.parcels.iter().all(|lane| lane.waiting.is_some());
            let time = if is_away { to } else { self.next_tick(to) };
            self.tick(time, out);
        }
    }

    /// Lets time pass up to an instant and stops there: with a last tick, so that everything before it is counted, and
    /// with more of them until clocks that were behind are there, too.
    pub fn finish(&mut self, end: Timestamp, out: &mut impl Outbox) {
        self.advance(end, out);
        loop {
            let before = self.slowest();
            self.tick(end, out);
            if before == self.slowest() {
                return;
            }
        }
    }

    /// The clock that is furthest behind, of the partitions that somebody works on.
    fn slowest(&self) -> Option<Timestamp> {
        let working = self.parcels.iter().filter(|lane| lane.waiting.is_none());
        working.map(|lane| lane.stage.clock()).min().flatten()
    }

    /// One tick at an instant, for every partition that somebody works on.
    fn tick(&mut self, time: Timestamp, out: &mut impl Outbox) {
        let tick = Control::Tick(Tick {
            time,
            registry_offset: self.registry_offset,
            reset: false,
            recorded_at: time,
        });
        let step = self.control(&tick, time, out);
        debug_assert!(step.is_ok(), "a tick names no behaviour");
    }

    fn next_tick(&self, to: Timestamp) -> Timestamp {
        let Some(now) = self.now else { return to };
        // A clock that is behind catches up by ten minutes with each tick, as it does on a log.
        let is_quiet = self.slowest() >= Some(now)
            && self
                .latest_event
                .is_none_or(|event| now.since(event) >= CADENCE.quiet_after);
        let every = if is_quiet { CADENCE.quiet } else { CADENCE.busy };
        let seconds = every.whole_seconds();
        let next = now
            .to_parts()
            .0
            .div_euclid(seconds)
            .saturating_add(1)
            .saturating_mul(seconds);
        Timestamp::from_parts(next, 0).unwrap_or(to).min(to)
    }

    /// Nobody works on a partition from now on: what comes to it waits there, and it gets no ticks.
    pub fn leave(&mut self, partition: u32) {
        if let Some(lane) = self.lane_mut(partition) {
            lane.waiting.get_or_insert_default();
        }
    }

    /// Somebody works on it again: what waits is applied first, by the clock as it stood.
    pub fn resume(&mut self, partition: u32, out: &mut impl Outbox) {
        let waiting = self.lane_mut(partition).and_then(|lane| lane.waiting.take());
        for record in waiting.into_iter().flatten() {
            let step = self.put(partition, record, out);
            debug_assert!(step.is_ok(), "it was looked at when it came");
        }
    }

    /// Judges every open parcel by the clock, published or not: partition by partition, in each in the order of brand and
    /// waybill.
    pub fn each_verdict(&self, mut each: impl FnMut(&Verdict<'_>)) {
        for lane in &self.parcels {
            lane.stage.shard().each_verdict(self.registry.view(), &mut each);
        }
    }

    /// What is on file.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The registry records before this offset are known, by the ticks so far.
    pub fn registry_offset(&self) -> u64 {
        let offsets = self.parcels.iter().map(|lane| lane.stage.registry_offset());
        offsets.max().unwrap_or(0)
    }

    /// What became of the events of each partition.
    pub fn ledgers(&self) -> impl Iterator<Item = &Ledger> {
        self.parcels.iter().map(|lane| lane.stage.ledger())
    }

    /// What an operator must know, since it was asked last.
    pub fn alarms(&mut self) -> Vec<StageAlarm> {
        let parcels = self.parcels.iter_mut().flat_map(|lane| lane.stage.alarms());
        let mut alarms: Vec<StageAlarm> = parcels.collect();
        alarms.extend(self.scope.alarms());
        alarms
    }

    fn lane(&self, partition: u32) -> Option<&Lane> {
        self.parcels.get(usize::try_from(partition).ok()?)
    }

    fn lane_mut(&mut self, partition: u32) -> Option<&mut Lane> {
        self.parcels.get_mut(usize::try_from(partition).ok()?)
    }

    /// Puts a record at the end of a partition, and everything that follows from it where it belongs.
    fn put(&mut self, partition: u32, record: Waiting, out: &mut impl Outbox) -> Result<(), Behaviour> {
        let mut records = VecDeque::from([(partition, record)]);
        while let Some((partition, record)) = records.pop_front() {
            let recorded_at = record.recorded_at;
            let Some(lane) = self.parcels.get_mut(usize::try_from(partition).unwrap_or(usize::MAX)) else {
                continue;
            };
            if let Some(waiting) = &mut lane.waiting {
                waiting.push_back(record);
                continue;
            }
            let record = record.at(lane.next);
            let mut sorting = Sorting {
                topic: Topic::Sightings,
                taken: Vec::new(),
                rest: out,
            };
            // The registry is all there is, so no tick has to wait for more.
            match lane.stage.apply(&record, &self.registry, u64::MAX, &mut sorting) {
                Step::AnotherBehaviour(behaviour) => return Err(behaviour),
                Step::Applied | Step::AwaitsRegistry(_) => lane.next += 1,
            }
            lane.stage.tell_clock(&mut sorting);
            for section in sorting.taken {
                let hits = self.section(waiting(section, recorded_at), out);
                records.extend(hits.into_iter().map(|hit| (hit.partition, waiting(hit, recorded_at))));
            }
        }
        Ok(())
    }

    /// Gives a record to the scope stage, and returns the hits that follow.
    fn section(&mut self, record: Waiting, out: &mut impl Outbox) -> Vec<Message> {
        let record = record.at(self.sections);
        self.sections += 1;
        let mut sorting = Sorting {
            topic: Topic::ParcelEvents,
            taken: Vec::new(),
            rest: out,
        };
        let step = self.scope.apply(&record, &self.registry, u64::MAX, &mut sorting);
        debug_assert_eq!(step, Step::Applied, "the registry is all there is");
        self.scope.flush(false, &self.registry, &mut sorting);
        sorting.taken
    }
}

impl Waiting {
    fn at(self, offset: u64) -> Record {
        Record {
            offset,
            timestamp: self.recorded_at,
            key: self.key,
            headers: self.headers,
            value: Some(self.value),
        }
    }
}

fn waiting(message: Message, recorded_at: Timestamp) -> Waiting {
    Waiting {
        recorded_at,
        key: message.key,
        headers: message.headers,
        value: message.value,
    }
}

/// Takes the messages of one topic aside, and passes on the rest.
struct Sorting<'o, O> {
    topic: Topic,
    taken: Vec<Message>,
    rest: &'o mut O,
}

impl<O: Outbox> Outbox for Sorting<'_, O> {
    fn put(&mut self, message: Message) {
        if message.topic == self.topic {
            self.taken.push(message);
        } else {
            self.rest.put(message);
        }
    }

    fn retired(&mut self, verdict: &Verdict<'_>) {
        self.rest.retired(verdict);
    }
}
