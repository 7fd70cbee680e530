//! What a scope shard's rows add up to: today and yesterday by brand and place, and the worst outlets and couriers.
//!
//! It is made on the worker, a piece at a time between two steps, so that no shard stands still for it; whoever reads it
//! reads a copy that lies on the board.

mod figures;
mod ranking;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sanbai_core::registry::RegistryView;
use sanbai_core::rules::Severity;
use sanbai_core::shard::scope::{AlertRule, OutletStanding, ScopeShard};
use sanbai_core::time::{CivilDay, Timestamp};

pub use figures::{DutyFigures, Figures};
pub use ranking::{Ranked, Ranking};

/// Outlets that are looked at in one piece: some milliseconds.
const PIECE: usize = 4_096;

/// Summaries are never closer together than this, however fast the clock runs.
pub(super) const EVERY_MIN: Duration = Duration::from_millis(250);

/// Summing up takes at most one part in so many of a shard's time.
const SHARE: u32 = 50;

/// How often it is summed up, and how much is told by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SummarySettings {
    /// Time between two summaries of a shard, by the clock of the process. Longer where a summary takes more than 1 part in 50 of it.
    pub every: Duration,
    /// Outlets of a day that are told by name, the worst first.
    pub outlets_max: usize,
    /// Couriers of a day that are told by name, the worst first.
    pub couriers_max: usize,
}

impl Default for SummarySettings {
    /// Every 10 s, 200 outlets and 200 couriers.
    fn default() -> Self {
        Self {
            every: Duration::from_secs(10),
            outlets_max: 200,
            couriers_max: 200,
        }
    }
}

/// What stands in a scope shard.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The clock of the sources at which it was begun.
    pub as_of: Timestamp,
    /// When it was made.
    pub made: Instant,
    /// How long that took, all pieces together.
    pub took: Duration,
    /// How long the longest piece took: the shard stood still for it.
    pub longest_piece: Duration,
    /// Sources that are left out.
    pub missing: usize,
    /// Today, by the clock of the sources, and the day before.
    pub days: [DaySummary; 2],
    /// Alerts on outlets that stand, of all days that are kept.
    pub alerts: BTreeMap<(AlertRule, Severity), u64>,
}

/// What stands of one day.
#[derive(Clone, Debug)]
pub struct DaySummary {
    /// The day.
    pub day: CivilDay,
    /// Sums by brand and by district: six digits, zeros on the right where the register says less, 0 where nothing.
    pub places: BTreeMap<(Box<str>, u32), Figures>,
    /// The worst outlets.
    pub outlets: Ranking,
    /// The worst couriers, each at one outlet.
    pub couriers: Ranking,
}

impl Summary {
    /// What stands in a shard now, at once; `None` before it has a clock. A node makes it in pieces.
    pub fn of(shard: &ScopeShard, registry: RegistryView<'_>, settings: SummarySettings) -> Option<Arc<Self>> {
        let mut summing = Summing::new(settings);
        shard.source_clock()?;
        loop {
            if let Some(summary) = summing.piece(shard, 0, registry) {
                return Some(summary);
            }
        }
    }
}

impl DaySummary {
    fn new(day: CivilDay, settings: &SummarySettings) -> Self {
        Self {
            day,
            places: BTreeMap::new(),
            outlets: Ranking::new(settings.outlets_max),
            couriers: Ranking::new(settings.couriers_max),
        }
    }

    fn add(&mut self, outlet: OutletStanding<'_>) {
        let mut sum = Figures::default();
        for (operator, counts) in outlet.operators() {
            let figures = Figures::of(counts);
            sum.add(&figures);
            self.couriers.offer(outlet.brand, outlet.site, operator, &figures);
        }
        if sum == Figures::default() {
            return;
        }
        self.outlets.offer(outlet.brand, outlet.site, "", &sum);
        let district = outlet.place.map_or(0, |place| place.digits() / 1_000_000);
        let district = u32::try_from(district).unwrap_or(0);
        self.places
            .entry((outlet.brand.into(), district))
            .or_default()
            .add(&sum);
    }
}

/// Sums up a shard again and again.
#[derive(Debug)]
pub(super) struct Summing {
    settings: SummarySettings,
    begun: Option<Begun>,
    /// When the last one was finished, how long to wait from then on, and the offset that the shard had reached.
    last: Option<(Instant, Duration, u64)>,
}

/// A summary that is being made.
#[derive(Debug)]
struct Begun {
    summary: Summary,
    next: u64,
    rest: Rest,
}

/// What is left to be looked at.
#[derive(Debug)]
enum Rest {
    /// Outlets of one of the two days, after the last one that was seen.
    Outlets(usize, Option<(Box<str>, Box<str>)>),
    /// Alerts of these days.
    Alerts(Vec<CivilDay>),
}

impl Summing {
    pub(super) const fn new(settings: SummarySettings) -> Self {
        Self {
            settings,
            begun: None,
            last: None,
        }
    }

    /// The shard is another one now.
    pub(super) fn begin_again(&mut self) {
        self.begun = None;
        self.last = None;
    }

    /// Whether one is begun and not finished.
    pub(super) const fn is_under_way(&self) -> bool {
        self.begun.is_some()
    }

    /// Whether a piece is to be made of a shard that has reached an offset.
    pub(super) fn is_due(&self, next: u64) -> bool {
        self.begun.is_some()
            || self
                .last
                .is_none_or(|(when, pause, at)| at != next && when.elapsed() >= pause)
    }

    /// Makes a piece; the summary, where it was the last.
    pub(super) fn piece(&mut self, shard: &ScopeShard, next: u64, registry: RegistryView<'_>) -> Option<Arc<Summary>> {
        let started = Instant::now();
        let mut begun = match self.begun.take() {
            Some(begun) => begun,
            None => Begun::new(shard, next, &self.settings)?,
        };
        let is_over = begun.go_on(shard, registry);
        let took = started.elapsed();
        begun.summary.took += took;
        begun.summary.longest_piece = begun.summary.longest_piece.max(took);
        if !is_over {
            self.begun = Some(begun);
            return None;
        }
        let mut summary = begun.summary;
        summary.made = Instant::now();
        for day in &mut summary.days {
            day.outlets.sort();
            day.couriers.sort();
        }
        let pause = self.settings.every.max(summary.took.saturating_mul(SHARE));
        self.last = Some((summary.made, pause, begun.next));
        Some(Arc::new(summary))
    }
}

impl Begun {
    /// `None` where the shard has no clock yet, and so no days.
    fn new(shard: &ScopeShard, next: u64, settings: &SummarySettings) -> Option<Self> {
        let as_of = shard.source_clock()?;
        let today = as_of.civil_day();
        let summary = Summary {
            as_of,
            made: Instant::now(),
            took: Duration::ZERO,
            longest_piece: Duration::ZERO,
            missing: shard.missing_sources().len(),
            days: [today, today.plus_days(-1)].map(|day| DaySummary::new(day, settings)),
            alerts: BTreeMap::new(),
        };
        Some(Self {
            summary,
            next,
            rest: Rest::Outlets(0, None),
        })
    }

    /// Makes a piece; `true` where it was the last.
    fn go_on(&mut self, shard: &ScopeShard, registry: RegistryView<'_>) -> bool {
        match &mut self.rest {
            Rest::Outlets(number, after) => {
                let Some(sum) = self.summary.days.get_mut(*number) else {
                    self.rest = Rest::Alerts(shard.standing_days().collect());
                    return false;
                };
                let seen = after.as_ref().map(|(brand, site)| (&**brand, &**site));
                let (mut last, mut count) = (None, 0);
                for outlet in shard.standing_outlets(sum.day, seen, registry).take(PIECE) {
                    sum.add(outlet);
                    last = Some((outlet.brand, outlet.site));
                    count += 1;
                }
                let last = last.filter(|_| count == PIECE);
                let last = last.map(|(brand, site)| (brand.into(), site.into()));
                self.rest = Rest::Outlets(*number + usize::from(last.is_none()), last);
                false
            }
            Rest::Alerts(days) => {
                let Some(day) = days.pop() else { return true };
                for alert in shard.standing_alerts_on(day) {
                    *self.summary.alerts.entry(alert).or_default() += 1;
                }
                days.is_empty()
            }
        }
    }
}
