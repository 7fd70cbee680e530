//! What a log of events, ticks and hits says: read from its beginning, in its order, with everything kept in lists.

use std::collections::{BTreeMap, BTreeSet};

use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::control::{Hit, Tick};
use sanbai_wire::proto::event::{Accepted, ParcelEvent, parcel_event::Happening};
use sanbai_wire::proto::registry::RegistryRecord;

use super::clock::{HOUR, MINUTE, NEVER, Nanos, SECOND, civil_day, nanos, timestamp};
use super::life::Life;
use super::{DutyJudged, Judged};

/// So many days the counts of a day can change.
const ROWS_DAYS: i64 = 16;

/// One record of a partition.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its offset.
    pub offset: u64,
    /// When the log took it.
    pub recorded_at: Timestamp,
    /// What it says.
    pub what: What,
}

/// What a record says.
#[derive(Clone, Debug)]
pub enum What {
    /// Events that can be read and belong here, each with its ordinal in the record.
    Events(Vec<(u32, ParcelEvent)>),
    /// The clock moves.
    Tick(Tick),
    /// A pattern marks a parcel, or no longer.
    Hit(Hit),
    /// Parcels are judged again.
    Rejudge,
    /// Nothing that concerns a parcel.
    Other,
}

/// The registers, in the order of their offsets.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// Offset of each record.
    pub offsets: Vec<u64>,
    /// The records.
    pub records: Vec<RegistryRecord>,
}

impl Registry {
    fn before(&self, offset: u64) -> &[RegistryRecord] {
        let count = self.offsets.iter().filter(|known| **known < offset).count();
        &self.records[..count]
    }
}

/// What is said of a parcel.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its judgement. A hit is a finding.
    pub judged: Judged,
    /// Real-name sending is kept in name only.
    pub marked: bool,
}

/// A cause of a revision: a record, the ordinal in it, and when the revision came to be.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// Offset of the record.
    pub offset: u64,
    /// Ordinal in the record.
    pub index: u32,
    /// When the revision came to be.
    pub at: Timestamp,
}

/// A partition that was read to its end.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Of each parcel its lives, in their order.
    pub parcels: BTreeMap<(String, String), Vec<Life>>,
    /// Offset, whether a tick, events' intakes, clock before and after, registry offset after.
    records: BTreeMap<u64, Moment>,
    /// Offset and ordinal of what was not taken: too old, too far ahead, too late.
    pub refused: BTreeSet<(u64, u32)>,
    /// Of outlets and days what was declared last: when, id, how many.
    pub declared: BTreeMap<(String, String, i64), (Nanos, String, u32)>,
    /// Ticks that claimed too much.
    pub ticks_ignored: u64,
    /// Ticks that would have moved the clock by too much.
    pub ticks_capped: u64,
    /// Copies of events.
    pub copies: u64,
    clock: Option<Nanos>,
    registry_offset: u64,
}

/// What a record did to the clock.
#[derive(Clone, Debug)]
struct Moment {
    kind: Kind,
    before: Option<Nanos>,
    after: Option<Nanos>,
    registry_offset: u64,
}

#[derive(Clone, Debug)]
enum Kind {
    Events(BTreeMap<u32, Nanos>),
    Tick,
    Order,
    Other,
}

impl Replay {
    /// Reads a partition.
    pub fn of(entries: &[Entry]) -> Self {
        let mut replay = Self::default();
        for entry in entries {
            let before = replay.clock;
            let kind = replay.take(entry);
            let moment = Moment {
                kind,
                before,
                after: replay.clock,
                registry_offset: replay.registry_offset,
            };
            replay.records.insert(entry.offset, moment);
        }
        replay
    }

    /// The clock at the end.
    pub fn clock(&self) -> Option<Timestamp> {
        self.clock.map(timestamp)
    }

    /// What is known of the registry at the end.
    pub fn registry_offset(&self) -> u64 {
        self.registry_offset
    }

    /// Whether a record holds events.
    pub fn is_event(&self, offset: u64) -> bool {
        self.records
            .get(&offset)
            .is_some_and(|record| matches!(record.kind, Kind::Events(_)))
    }

    /// Whether a record is a tick.
    pub fn is_tick(&self, offset: u64) -> bool {
        self.records
            .get(&offset)
            .is_some_and(|record| matches!(record.kind, Kind::Tick))
    }

    fn take(&mut self, entry: &Entry) -> Kind {
        match &entry.what {
            What::Events(events) => {
                let mut intakes = BTreeMap::new();
                for (index, event) in events {
                    intakes.insert(*index, nanos(event.intake_at.unwrap_or_default()));
                    if !self.event(entry.offset, *index, event) {
                        self.refused.insert((entry.offset, *index));
                    }
                }
                Kind::Events(intakes)
            }
            What::Tick(tick) => {
                self.tick(entry, tick);
                Kind::Tick
            }
            What::Hit(hit) => {
                let lives = self.parcels.get_mut(&(hit.brand.clone(), hit.waybill.clone()));
                let life = lives.and_then(|lives| lives.last_mut());
                if let Some(life) = life.filter(|life| life.ended.is_none()) {
                    life.hits.push((entry.offset, hit.clone()));
                }
                Kind::Order
            }
            What::Rejudge => Kind::Order,
            What::Other => Kind::Other,
        }
    }

    /// False where it is not taken.
    fn event(&mut self, offset: u64, index: u32, event: &ParcelEvent) -> bool {
        let occurred = nanos(event.occurred_at.unwrap_or_default());
        let intake = nanos(event.intake_at.unwrap_or_default());
        // "More than 7 days before its own `intakeAt`: rejected"; "up to 24 h after it: TM-04; beyond: rejected".
        if intake - occurred > 7 * 24 * HOUR || occurred - intake > 24 * HOUR {
            return false;
        }
        if event.waybill.is_empty() {
            self.declare(event, occurred);
            return true;
        }
        let key = (event.brand.clone(), event.waybill.clone());
        let lives = self.parcels.entry(key).or_default();
        let known = lives.last().map_or(&[][..], |life| &life.events);
        let is_copy = known.iter().any(|(_, _, known)| known.event_id == event.event_id);
        self.copies += u64::from(is_copy);
        match lives.last_mut() {
            Some(life) if life.ended.is_none() => life.add((offset, index), event, self.clock),
            None => lives.push(Life::begin((offset, index), event, self.clock, false)),
            // "16 bytes that answer `too_late`, save that a later acceptance opens a new parcel with LC-02".
            Some(life) => {
                let Some(accepted) = accepted(event).filter(|_| civil_day(occurred) > life.day()) else {
                    return false;
                };
                let reused = !life.has_sender(accepted);
                lives.push(Life::begin((offset, index), event, self.clock, reused));
            }
        }
        true
    }

    fn declare(&mut self, event: &ParcelEvent, occurred: Nanos) {
        if let Some(Happening::DeclaredVolume(volume)) = &event.happening {
            let day = super::clock::day_number(&volume.day).unwrap_or(0);
            // "Rows of a scope shard 16 days, then frozen (a later change is counted as `too_late`)".
            if self.clock.is_some_and(|clock| day < civil_day(clock) - ROWS_DAYS) {
                return;
            }
            let key = (event.brand.clone(), event.subject.clone(), day);
            let said = (occurred, event.event_id.clone(), volume.accepted);
            let known = self.declared.entry(key).or_insert_with(|| said.clone());
            // "Of several the last counts".
            if *known < said {
                *known = said;
            }
        }
    }

    fn tick(&mut self, entry: &Entry, tick: &Tick) {
        let claimed = nanos(tick.time.unwrap_or_default());
        // "A tick that claims more than 60 s after its record's own timestamp is ignored, the first one too".
        if claimed > nanos(entry.recorded_at) + 60 * SECOND {
            self.ticks_ignored += 1;
            return;
        }
        // "It never goes back and, after the first, moves by at most 10 minutes per tick"; "only a tick marked as reset
        // moves the clock back".
        let now = match self.clock {
            Some(clock) if !tick.reset => claimed.max(clock).min(clock + 10 * MINUTE),
            _ => claimed,
        };
        self.ticks_capped += u64::from(now < claimed);
        self.clock = Some(now);
        self.registry_offset = self.registry_offset.max(tick.registry_offset);
        for life in self.parcels.values_mut().filter_map(|lives| lives.last_mut()) {
            if life.ended.is_none() && life.ends_at <= now {
                life.ended = Some((entry.offset, self.registry_offset));
            }
        }
    }

    /// What was to be said of a parcel at a cause.
    ///
    /// # Errors
    /// Where nothing was to be said then.
    pub fn said_at(&self, key: &(String, String), cause: Cause, registry: &Registry) -> Result<(usize, Said), String> {
        let moment = self.records.get(&cause.offset).ok_or("there is no such record")?;
        let at = nanos(cause.at);
        let until = match &moment.kind {
            Kind::Events(intakes) => {
                let intake = intakes.get(&cause.index).ok_or("the record has no such event")?;
                (*intake == at)
                    .then_some(())
                    .ok_or("it came to be at another time than the event was taken in")?;
                (cause.offset, cause.index)
            }
            Kind::Tick => {
                let passed = moment.after.is_some_and(|clock| at <= clock);
                passed.then_some(()).ok_or("the clock had not come so far")?;
                (cause.offset, u32::MAX)
            }
            Kind::Order => {
                (moment.before == Some(at))
                    .then_some(())
                    .ok_or("it came to be at another time than the clock's")?;
                (cause.offset, u32::MAX)
            }
            Kind::Other => return Err("nothing follows from that record".to_owned()),
        };
        let now = match moment.kind {
            Kind::Tick => at,
            _ => moment.before.unwrap_or(-NEVER),
        };
        let lives = self.parcels.get(key).ok_or("there is no such parcel")?;
        let begun = lives.iter().rposition(|life| life.began() <= until);
        let number = begun.ok_or("the parcel came later")?;
        let life = &lives[number];
        if life.ended.is_some_and(|(ended, _)| ended < cause.offset) {
            return Err("the parcel had retired".to_owned());
        }
        let ends = life.ended.is_some_and(|(ended, _)| ended == cause.offset) && at >= life.ends_at;
        let said = life.said(until, now, ends, registry.before(moment.registry_offset));
        said.map(|said| (number, said))
            .ok_or_else(|| "nothing was known of it".to_owned())
    }

    /// Everything that is known of a parcel, one event a line.
    pub fn story(&self, key: &(String, String)) -> String {
        let mut story = String::new();
        for life in self.parcels.get(key).into_iter().flatten() {
            story.push_str(&format!("life that ends at {}, ended {:?}\n", life.ends_at, life.ended));
            for (offset, index, event) in &life.events {
                let moments = [event.occurred_at, event.uploaded_at, event.intake_at];
                let moments = moments.map(|moment| moment.map(|moment| moment.seconds));
                let what = format!("{:?}", event.happening);
                let what: String = what.chars().take(90).collect();
                let (id, site) = (&event.event_id, &event.site);
                story.push_str(&format!("  {offset}:{index} {id} {moments:?} {site} {what}\n"));
            }
        }
        story
    }

    /// What is to be said of each life of each parcel at the end.
    pub fn said_at_rest(&self, registry: &Registry) -> BTreeMap<(&str, &str), Vec<Said>> {
        self.said_before_the_end(registry, 0)
    }

    /// The same, some minutes before the clock came to where it is.
    pub fn said_before_the_end(&self, registry: &Registry, minutes: u32) -> BTreeMap<(&str, &str), Vec<Said>> {
        let now = self.clock.unwrap_or(-NEVER) - Nanos::from(minutes) * MINUTE;
        let mut all = BTreeMap::new();
        for ((brand, waybill), lives) in &self.parcels {
            let said = |life: &Life| match life.ended {
                Some((offset, known)) => life.said((offset, u32::MAX), life.ends_at, true, registry.before(known)),
                None => life.said((u64::MAX, u32::MAX), now, false, registry.before(self.registry_offset)),
            };
            all.insert(
                (brand.as_str(), waybill.as_str()),
                lives.iter().filter_map(said).collect(),
            );
        }
        all
    }
}

impl Said {
    /// "All duties are judged, one has failed, or an urgent finding (PR, XR-06) stands"; of a parcel that was never
    /// accepted nothing is said before LC-03 is.
    pub fn is_publishable(&self) -> bool {
        let has_ended = self.judged.findings.contains_key("LC-03");
        let awaited = |duty: &DutyJudged| duty.status == "pending" || duty.ground == "not_accepted" && !has_ended;
        let urgent = ["PR-01", "PR-02", "XR-06"];
        !self.judged.duties.iter().any(awaited)
            || self.judged.duties.iter().any(|duty| duty.status == "fail")
            || urgent.iter().any(|code| self.judged.findings.contains_key(*code))
    }
}

fn accepted(event: &ParcelEvent) -> Option<&Accepted> {
    match &event.happening {
        Some(Happening::Accepted(accepted)) => Some(accepted),
        _ => None,
    }
}
