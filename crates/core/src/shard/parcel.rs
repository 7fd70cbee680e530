//! The parcel shard: joins the evidence of parcels over time and judges their duties.
//!
//! ```text
//! open ──(7 days after the later of acceptance and first intake)──▶ retired ──(45 days)──▶ forgotten
//!   ▲                                                                  │
//!   └──────────── an acceptance on a later day (LC-02) ────────────────┘   anything else: too late
//! ```

mod body;
mod calm;
mod deadlines;
mod follow;
mod judged;
mod kept;
mod look;
mod retired;
mod rows;
#[cfg(test)]
mod tests;
mod touch;
mod urgent;

use crate::bytes::Writer;
use crate::event::Event;
use crate::parcel::packed::Texts;
use crate::parcel::{Brought, Slot, Table, Tail};
use crate::registry::RegistryView;
use crate::shard::input::{Behaviour, Hit, Input, Rejudge, Tick};
use crate::shard::output::{Alarm, Outcome, Output, Sink, What};
use crate::shard::position::Position;
use crate::time::{Span, Timestamp};
use crate::verdict::Judge;
use calm::Epoch;
use deadlines::Deadlines;
use kept::{Kept, KeptHit};
use retired::{Key, Retired};
use touch::{Cause, New, Touched};

/// How far one tick moves the clock at most, after the first.
const TICK_MAX: Span = Span::minutes(10);
/// How far a tick may be ahead of its own record.
const AHEAD_MAX: Span = Span::seconds(60);
/// Patterns that may speak of one parcel.
const HITS_MAX: usize = 32;
/// Parcels whose states are read together.
const NEAR: usize = 256;

/// Judges the parcels of one partition.
///
/// Its state is a function of the inputs so far and of the registers as its ticks named them; so are its outputs.
///
/// ```
/// use sanbai_core::registry::Registry;
/// use sanbai_core::shard::input::{Input, Tick};
/// use sanbai_core::shard::output::{Output, Sink};
/// use sanbai_core::shard::parcel::ParcelShard;
/// use sanbai_core::shard::position::Position;
/// use sanbai_core::time::Timestamp;
///
/// struct Count(usize);
/// impl Sink for Count {
///     fn put(&mut self, _: Position, _: Output<'_>) {
///         self.0 += 1;
///     }
/// }
///
/// let registry = Registry::default();
/// let (mut shard, mut out) = (ParcelShard::default(), Count(0));
/// let time = Timestamp::parse("2026-03-10T10:00:00+08:00").expect("a time");
/// let tick = Tick { time, registry_offset: 0, reset: false, recorded_at: time };
/// shard.handle(Position::START, Input::Tick(tick), registry.view(), &mut out);
/// assert_eq!((shard.clock(), out.0), (Some(time), 0), "nothing was due");
/// ```
#[derive(Clone, Debug)]
pub struct ParcelShard {
    table: Table,
    deadlines: Deadlines,
    retired: Retired,
    clock: Option<Timestamp>,
    registry_offset: u64,
    behaviour: Option<Behaviour>,
    profile: Option<String>,
    epoch: Epoch,
}

impl Default for ParcelShard {
    fn default() -> Self {
        Self {
            table: Table::of_open(),
            deadlines: Deadlines::default(),
            retired: Retired::default(),
            clock: None,
            registry_offset: 0,
            behaviour: None,
            profile: None,
            epoch: Epoch::default(),
        }
    }
}

impl ParcelShard {
    /// Judges by this profile instead of the one that the rules in force name: for replays with a question of their own.
    #[must_use]
    pub fn with_profile(self, profile: &str) -> Self {
        let mut shard = Self {
            profile: Some(profile.to_owned()),
            ..self
        };
        shard.judge_in_full();
        shard
    }

    /// Applies one input; what follows from it goes to `out` one by one, in a fixed order: expiries by deadline, then by
    /// brand and waybill.
    ///
    /// `registry` knows at least as much as the ticks so far have named; what it knows beyond is not used.
    pub fn handle(&mut self, at: Position, input: Input<'_>, registry: RegistryView<'_>, out: &mut impl Sink) {
        let view = registry.limited_to(self.registry_offset);
        match input {
            Input::Event(event) => self.event(at, event, view, out),
            Input::Subject(event) => {
                out.put(at, Output::Subject(event));
                let (event, what) = (event.id, What::Applied);
                out.put(at, Output::Outcome(Outcome { event, what }));
            }
            Input::Tick(tick) => self.tick(at, tick, registry, out),
            Input::Hit(hit) => self.hit(at, hit, view, out),
            Input::Rejudge(rejudge) => self.rejudge(at, rejudge, view, out),
            Input::Activate(behaviour) => self.behaviour = Some(behaviour),
            Input::Skip(_) => {}
        }
    }

    /// The clock; `None` before the first tick.
    pub const fn clock(&self) -> Option<Timestamp> {
        self.clock
    }

    /// Registry records before this offset are used.
    pub const fn registry_offset(&self) -> u64 {
        self.registry_offset
    }

    /// The behaviour that the log names; `None` before it names one.
    pub const fn behaviour(&self) -> Option<Behaviour> {
        self.behaviour
    }

    /// Open parcels.
    pub fn open(&self) -> usize {
        self.table.len()
    }

    /// Retired parcels that are remembered.
    pub const fn retired(&self) -> usize {
        self.retired.len()
    }

    /// Texts that recur (sites, operators, devices), each held once while an open parcel has it.
    pub fn texts(&self) -> usize {
        self.table.names().len()
    }

    /// Bytes in use by open parcels and by retired ones, without what the allocator rounds up.
    pub fn bytes(&self) -> (usize, usize) {
        let open = self.table.bytes().saturating_add(self.deadlines.bytes());
        (open, self.retired.bytes())
    }

    fn event(&mut self, at: Position, event: &Event<'_>, view: RegistryView<'_>, out: &mut impl Sink) {
        let what = self.admitted(at, event, view, out);
        let event = event.id;
        out.put(at, Output::Outcome(Outcome { event, what }));
    }

    fn admitted(&mut self, at: Position, event: &Event<'_>, view: RegistryView<'_>, out: &mut impl Sink) -> What {
        let mut reused = false;
        let known = self.table.find(event.brand, event.waybill);
        if known.is_none() {
            let key = Key::of(event.brand, event.waybill);
            if let Some(rest) = self.retired.find(key) {
                let sender = event.happening.as_accepted().map(|accepted| accepted.sender);
                let Some(sender) = sender.filter(|_| event.occurred_at.civil_day() > rest.day) else {
                    return What::TooLate;
                };
                reused = !rest.sender.agrees_with(&sender);
                self.retired.remove(key);
            }
        }
        let limits = view.rules_in_force(event.occurred_at).limits;
        let events_max = usize::try_from(limits.events_per_parcel_max).unwrap_or(usize::MAX);
        let (slot, new) = match self.table.bring(known, event, events_max) {
            Ok((slot, Brought::First)) => (slot, New::First(event)),
            Ok((slot, Brought::Merged)) => (slot, New::Nothing),
            Ok((slot, Brought::Behind(tail, reference))) => {
                if reference.is_some_and(|reference| self.is_plain(slot, event, reference, view)) {
                    self.table.keep(slot, None, tail);
                    return What::Applied;
                }
                (slot, New::Behind(event, tail))
            }
            Ok((_, Brought::Duplicate)) => return What::Duplicate,
            Ok((_, Brought::Full)) => return What::ParcelFull,
            Err(_) => return What::FieldTooLong,
        };
        let cause = Cause {
            at,
            now: self.clock.unwrap_or(Timestamp::MIN),
            when: event.intake_at,
            is_expiry: false,
            reused,
        };
        match self.touch(slot, new, cause, None, view, out) {
            Touched::Judged { is_amended: true } => What::Amended,
            Touched::Judged { is_amended: false } | Touched::Spared | Touched::Ended => What::Applied,
        }
    }

    fn judge<'a>(&'a self, view: RegistryView<'a>) -> Judge<'a> {
        Judge {
            profile: self.profile.as_deref(),
            ..Judge::of(view)
        }
    }

    fn tick(&mut self, at: Position, tick: Tick, registry: RegistryView<'_>, out: &mut impl Sink) {
        if tick.time > tick.recorded_at.plus(AHEAD_MAX) {
            let (claimed, recorded_at) = (tick.time, tick.recorded_at);
            return out.put(at, Output::Alarm(Alarm::TickAhead { claimed, recorded_at }));
        }
        let now = match self.clock {
            Some(clock) if !tick.reset => tick.time.min(clock.plus(TICK_MAX)).max(clock),
            Some(_) | None => tick.time,
        };
        if tick.registry_offset > self.registry_offset || self.clock.is_some_and(|clock| now < clock) {
            self.judge_in_full();
        }
        self.clock = Some(now);
        self.registry_offset = self.registry_offset.max(tick.registry_offset);
        self.retired.sweep(now);
        let view = registry.limited_to(self.registry_offset);
        self.expire(now, at, view, out);
    }

    /// Looks at the parcels whose moment has come, by moment, then by brand and waybill.
    fn expire(&mut self, now: Timestamp, at: Position, view: RegistryView<'_>, out: &mut impl Sink) {
        let due_of = |table: &Table, slot: Slot| Kept::due_of(table.state(slot));
        let mut index = 0_u32;
        loop {
            let table = &self.table;
            let dues = |slots: &[Slot]| {
                let states = slots.chunks(NEAR).flat_map(|slots| table.states(slots));
                states.map(Kept::due_of).collect()
            };
            let Some((moment, mut slots)) = self.deadlines.take(now, dues) else {
                return;
            };
            slots.retain(|slot| due_of(&self.table, *slot) == Some(moment));
            slots.sort_unstable_by_key(|slot| self.table.key(*slot));
            for slot in slots {
                let cause = Cause {
                    at: at.at(index),
                    now: moment,
                    when: moment,
                    is_expiry: true,
                    reused: false,
                };
                index = index.saturating_add(1);
                if let Touched::Ended = self.touch(slot, New::Nothing, cause, None, view, out) {
                    continue;
                }
                if let Some(next) = due_of(&self.table, slot) {
                    self.deadlines.put(slot, next);
                }
            }
        }
    }

    fn hit(&mut self, at: Position, hit: Hit<'_>, view: RegistryView<'_>, out: &mut impl Sink) {
        let Some(slot) = self.table.find(hit.brand, hit.waybill) else {
            return out.put(at, Output::Alarm(Alarm::HitWithoutParcel));
        };
        let mut hits = self.kept(slot).hits;
        let said = KeptHit {
            id: hit.id,
            version: hit.version,
            code: hit.code,
            duty: hit.duty,
            stands: hit.stands,
        };
        match hits.binary_search_by_key(&hit.id, |hit| hit.id) {
            Ok(place) => match hits.get_mut(place) {
                Some(known) if known.version < hit.version => *known = said,
                Some(_) | None => return,
            },
            Err(_) if hits.len() >= HITS_MAX => return out.put(at, Output::Alarm(Alarm::TooManyHits)),
            Err(place) => hits.insert(place, said),
        }
        let mut state = Writer::default();
        let changed = Kept {
            hits,
            ..self.kept(slot)
        };
        changed.write(&mut state, &mut Texts::Known(self.table.names()));
        self.table.keep(slot, Some(&state.finish()), Tail::default());
        let cause = self.by_clock(at);
        self.touch(slot, New::Nothing, cause, None, view, out);
    }

    fn rejudge(&mut self, at: Position, rejudge: Rejudge<'_>, view: RegistryView<'_>, out: &mut impl Sink) {
        let mut index = 0;
        for slot in self.table.sorted() {
            if !rejudge.brand.is_empty() && self.table.key(slot).0 != rejudge.brand {
                continue;
            }
            let cause = self.by_clock(at.at(index));
            match self.touch(slot, New::Nothing, cause, Some(&rejudge), view, out) {
                Touched::Spared => {}
                Touched::Judged { .. } | Touched::Ended => index = index.saturating_add(1),
            }
        }
    }

    fn by_clock(&self, at: Position) -> Cause {
        let now = self.clock.unwrap_or(Timestamp::MIN);
        Cause {
            at,
            now,
            when: now,
            is_expiry: false,
            reused: false,
        }
    }
}
