//! The scope shard: sections in, rows, alerts and hits out.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::SourceClock;
use super::count::Step;
use super::day::{Day, Declared, OutletDay, WindowKey};
use super::outlet::{Outlet, entry_of};
use super::pattern::{self, Moved};
use super::sources::{Source, Sources};
use super::territory::Territory;
use super::{AlertRule, ScopeAlarm, ScopeOutput, ScopeSink};
use crate::event::Place;
use crate::finding::Code;
use crate::registry::{RegistryView, days::noon};
use crate::rules::Duty;
use crate::shard::compliance::ComplianceRow;
use crate::shard::contribution::Contribution;
use crate::shard::input::{Hit, SubjectEvent, SubjectHappening};
use crate::shard::position::Position;
use crate::shard::section::{Change, Entry, Section};
use crate::time::{CivilDay, Timestamp};

/// Counts the contributions of outlets, watches their rates, findings and silence, and looks for what only many parcels
/// of one subject show.
///
/// A deterministic state machine: its state is a function of the sections that it was given, in their order, and of the
/// registry records before the offset that they name. One for each partition of the log of sections.
#[derive(Clone, Debug)]
pub struct ScopeShard {
    pub(super) territory: Territory,
    pub(super) sources: Sources,
    pub(super) registry_offset: u64,
    pub(super) clock: Option<SourceClock>,
    pub(super) days: BTreeMap<CivilDay, Day>,
    /// When which alert is looked at again. Follows from the alerts.
    pub(super) queue: BTreeSet<Due>,
    /// Rows that changed and were not said since. No part of the state: a snapshot is taken where there are none.
    unsaid: Rows,
}

/// Rows by outlet, and whether they stood before they changed.
type Rows = BTreeMap<Outlet, BTreeMap<WindowKey, bool>>;

/// An alert to be looked at again at a moment.
pub(super) type Due = (Timestamp, Outlet, CivilDay, AlertRule);

/// Outlets and days that are looked at.
pub(super) type Judged = BTreeSet<(Outlet, CivilDay)>;

/// What one section changed.
#[derive(Debug, Default)]
struct Touched {
    rows: Rows,
    judged: Judged,
    moved: Moved,
    /// Something came out that was not in.
    is_negative: bool,
    too_late: u64,
}

impl Touched {
    /// Alerts look at every outlet and day of which a row changed.
    fn judge_rows(&mut self) {
        for (outlet, windows) in &self.rows {
            let mut last = None;
            for day in windows.keys().map(WindowKey::day) {
                if last.replace(day) != Some(day) {
                    self.judged.insert((outlet.clone(), day));
                }
            }
        }
    }
}

impl ScopeShard {
    /// A shard that has seen nothing of `sources` source partitions, numbered from 0, and answers for a territory.
    ///
    /// The first section of each source begins at [`Position::START`]; one that begins later is ahead of a gap.
    pub fn new(sources: u32, territory: Territory) -> Self {
        let list = (0..sources).map(|_| Source::default()).collect();
        Self {
            territory,
            sources: Sources::new(list),
            registry_offset: 0,
            clock: None,
            days: BTreeMap::new(),
            queue: BTreeSet::new(),
            unsaid: Rows::new(),
        }
    }

    /// The clock of the sources: the slowest of those that are not left out, never back. `None` before any had one.
    pub fn source_clock(&self) -> Option<Timestamp> {
        self.clock.map(|clock| clock.now)
    }

    /// The registry records before this offset are known: the highest that a section named.
    pub const fn registry_offset(&self) -> u64 {
        self.registry_offset
    }

    /// Numbers of the sources that are left out, in their order: more than 10 minutes behind the foremost, or never
    /// heard. None before any was heard.
    pub fn missing_sources(&self) -> &[u32] {
        self.sources.missing()
    }

    /// Everything of a source up to here was taken; `None` for a source that there is not.
    pub fn seen(&self, source: u32) -> Option<Position> {
        let source = self.sources.list().get(usize::try_from(source).ok()?)?;
        Some(source.seen)
    }

    /// Applies one section that stands at `at` in the shard's own log, and says the rows that it changed.
    ///
    /// `registry` knows at least as much as [`registry_offset`](Self::registry_offset) and as the section names; what it
    /// knows beyond is not looked at. Out come, all with version `at`: alarms, rows in the order of brand, site and window,
    /// hits in that of brand and waybill, alerts in that of brand, site, day and rule.
    pub fn handle(
        &mut self,
        at: Position,
        section: &Section<'_>,
        registry: RegistryView<'_>,
        out: &mut impl ScopeSink,
    ) {
        self.apply(at, section, registry, true, out);
    }

    /// The same, but for the rows: they are said by the next [`say_rows`](Self::say_rows), once for all sections until
    /// then, or when their day is frozen. No [`rows`](Self::rows) of the state are asked for before.
    pub fn count_in(
        &mut self,
        at: Position,
        section: &Section<'_>,
        registry: RegistryView<'_>,
        out: &mut impl ScopeSink,
    ) {
        self.apply(at, section, registry, false, out);
    }

    fn apply(
        &mut self,
        at: Position,
        section: &Section<'_>,
        registry: RegistryView<'_>,
        says_rows: bool,
        out: &mut impl ScopeSink,
    ) {
        let admission = self.sources.admit(section);
        let mut alarms: Vec<ScopeAlarm> = admission.alarm.into_iter().collect();
        let Some(after) = admission.after else {
            alarms
                .into_iter()
                .for_each(|alarm| out.put(at, ScopeOutput::Alarm(alarm)));
            return;
        };
        let knows_more = section.registry_offset > self.registry_offset;
        self.registry_offset = self.registry_offset.max(section.registry_offset);
        let registry = registry.limited_to(self.registry_offset);
        let mut touched = Touched::default();
        for (position, entry) in &section.entries {
            if after < *position && *position <= section.to {
                self.take(entry, &mut touched);
            }
        }
        let had_clock = self.clock.is_some();
        self.move_clock(&mut touched, &mut alarms);
        alarms.extend(touched.is_negative.then_some(ScopeAlarm::NegativeCount));
        let changes = touched.too_late;
        alarms.extend((changes > 0).then_some(ScopeAlarm::TooLate { changes }));
        alarms
            .into_iter()
            .for_each(|alarm| out.put(at, ScopeOutput::Alarm(alarm)));

        touched.judge_rows();
        self.note(touched.rows, had_clock);
        // A day that is frozen takes its rows with it.
        if says_rows || self.clock.is_some_and(|clock| clock.is_to_freeze(registry)) {
            self.say_rows(at, registry, out);
        }
        self.mark(at, &touched.moved, registry, out);
        self.freeze(registry);
        if knows_more {
            self.look_at_alerts(&mut touched.judged);
        }
        self.close_days(registry, &mut touched.judged);
        self.look_at_due(&mut touched.judged);
        self.judge(at, touched.judged, registry, out);
    }

    /// Says every row that changed since the last time, once, as of the section at `at`, which was the last one; and drops
    /// those that became zero.
    pub fn say_rows(&mut self, at: Position, registry: RegistryView<'_>, out: &mut impl ScopeSink) {
        let rows = std::mem::take(&mut self.unsaid);
        self.publish(at, &rows, registry.limited_to(self.registry_offset), out);
    }

    /// Takes note of rows that changed. Whoever cuts the log into other batches may have said what stood between two of
    /// these sections only: then it is said that it stands no more. Before there was a clock nobody said anything.
    fn note(&mut self, rows: Rows, had_clock: bool) {
        if self.unsaid.is_empty() {
            self.unsaid = rows;
            return;
        }
        for (outlet, windows) in rows {
            let noted = self.unsaid.entry(outlet).or_default();
            for (window, stood) in windows {
                *noted.entry(window).or_insert(stood) |= stood && had_clock;
            }
        }
    }

    fn take(&mut self, entry: &Entry<'_>, touched: &mut Touched) {
        let is_in_time = match entry {
            Entry::Change(Change { old, new }) => {
                let old = old.as_ref().is_none_or(|old| self.count(old, Step::Out, touched));
                let new = new.as_ref().is_none_or(|new| self.count(new, Step::In, touched));
                old && new
            }
            Entry::Sighting(sighting) => {
                let clock = self.clock;
                let frozen = |day| clock.is_some_and(|clock| clock.is_frozen(day));
                pattern::see(&mut self.days, frozen, sighting, &mut touched.moved)
            }
            Entry::Subject(event) => self.hear(event, touched),
        };
        if !is_in_time {
            touched.too_late = touched.too_late.saturating_add(1);
        }
    }

    fn is_frozen(&self, day: CivilDay) -> bool {
        self.clock.is_some_and(|clock| clock.is_frozen(day))
    }

    /// False where the day is frozen.
    fn count(&mut self, contribution: &Contribution<'_>, step: Step, touched: &mut Touched) -> bool {
        let day = contribution.day;
        if self.is_frozen(day) {
            return false;
        }
        let (brand, site) = (contribution.brand, contribution.site);
        let counts = self.days.entry(day).or_default().outlet_mut(brand, site);
        let rows = entry_of(&mut touched.rows, brand, site);
        let enough = counts.step(contribution, step, |window, stood| {
            rows.entry(window).or_insert(stood);
        });
        touched.is_negative |= !enough;
        true
    }

    /// What is about no parcel. Of machines and shifts nothing is weighed yet: they are accepted, and change nothing.
    /// False where the day is frozen.
    fn hear(&mut self, event: &SubjectEvent<'_>, touched: &mut Touched) -> bool {
        let (day, accepted) = match event.happening {
            SubjectHappening::DeclaredVolume { day, accepted } => (day, accepted),
            SubjectHappening::Device(_) | SubjectHappening::Shift { .. } => return true,
        };
        if self.is_frozen(day) {
            return false;
        }
        let site = if event.subject.is_empty() {
            event.site
        } else {
            event.subject
        };
        let declared = Declared {
            occurred_at: event.occurred_at,
            id: event.id,
            accepted,
        };
        let kept = self.days.entry(day).or_default().outlet_mut(event.brand, site);
        kept.declared = kept.declared.max(Some(declared));
        touched.judged.insert((Outlet::new(event.brand, site), day));
        true
    }

    /// Moves the clock to where the sources are. With the first one everything that was counted before is said.
    fn move_clock(&mut self, touched: &mut Touched, alarms: &mut Vec<ScopeAlarm>) {
        alarms.extend(self.sources.look());
        let Some(now) = self.sources.clock() else { return };
        if self.clock.is_none() {
            for (day, kept) in &self.days {
                for (outlet, counts) in &kept.outlets {
                    let rows = touched.rows.entry(outlet.clone()).or_default();
                    for operator in counts.operators.keys() {
                        let (day, operator) = (*day, operator.clone());
                        rows.insert(WindowKey::Day { day, operator }, false);
                    }
                    for hour in counts.hours.keys() {
                        let (day, hour) = (*day, *hour);
                        rows.insert(WindowKey::Hour { day, hour }, false);
                    }
                    touched.judged.insert((outlet.clone(), *day));
                }
            }
        }
        let is_complete = self.sources.missing().is_empty();
        self.clock
            .get_or_insert_with(|| SourceClock::begin(now))
            .take(now, is_complete);
    }

    fn publish(&mut self, at: Position, touched: &Rows, registry: RegistryView<'_>, out: &mut impl ScopeSink) {
        let as_of = self.source_clock();
        for (outlet, windows) in touched {
            let mut kept = KeptOn::default();
            let mut zeros = Vec::new();
            for (window, stood) in windows {
                let (counts, place) = kept.of(&self.days, outlet, window.day(), registry);
                let Some(counts) = counts.and_then(|counts| counts.counts(window)) else {
                    continue;
                };
                if counts.is_zero() {
                    zeros.push(window);
                }
                if let Some(as_of) = as_of.filter(|_| *stood || !counts.is_zero()) {
                    let row = ComplianceRow {
                        brand: &outlet.brand,
                        site: &outlet.site,
                        window: window.borrowed(),
                        place,
                        counts,
                        as_of,
                        missing: self.sources.missing(),
                    };
                    out.put(at, ScopeOutput::Row(row));
                }
            }
            for window in zeros {
                if let Some(day) = self.days.get_mut(&window.day()) {
                    day.remove_row(outlet, window);
                }
            }
        }
    }

    /// Says which parcels patterns mark, and which no longer.
    fn mark(&mut self, at: Position, moved: &Moved, registry: RegistryView<'_>, out: &mut impl ScopeSink) {
        for mark in pattern::weigh(&mut self.days, moved, registry) {
            let hit = Hit {
                brand: &mark.brand,
                waybill: &mark.waybill,
                id: mark.id,
                code: Code::Rn08,
                duty: Duty::RealName,
                stands: mark.stands,
                version: at,
            };
            out.put(at, ScopeOutput::Hit(hit));
        }
    }
}

/// What is kept of an outlet on a day, and its place; asked once for each day.
#[derive(Debug, Default)]
struct KeptOn<'a> {
    asked: Option<(CivilDay, Option<&'a OutletDay>, Option<Place>)>,
}

impl<'a> KeptOn<'a> {
    fn of(
        &mut self,
        days: &'a BTreeMap<CivilDay, Day>,
        outlet: &Outlet,
        day: CivilDay,
        registry: RegistryView<'_>,
    ) -> (Option<&'a OutletDay>, Option<Place>) {
        let asked = self.asked.filter(|(asked, ..)| *asked == day);
        let (_, counts, place) = *self.asked.insert(asked.unwrap_or_else(|| {
            let counts = days.get(&day).and_then(|kept| kept.outlets.get(outlet));
            (day, counts, place_on(outlet, day, registry))
        }));
        (counts, place)
    }
}

/// The place of an outlet by the register, as of the noon of a day.
pub(super) fn place_on(outlet: &Outlet, day: CivilDay, registry: RegistryView<'_>) -> Option<Place> {
    let site = registry.site(&outlet.brand, &outlet.site, noon(day)).found();
    site.and_then(|site| site.place)
}
