//! From what stands in files to the shards: events, the ticks between them, and where it ends.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;
use sanbai_core::shard::input::{Behaviour, Tick};
use sanbai_core::shard::output::Alarm;
use sanbai_core::shard::scope::ScopeAlarm;
use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::replay::AHEAD_MAX;
use sanbai_engine::stage::StageAlarm;
use sanbai_wire::control::{Control, Read};
use sanbai_wire::{Decoded, Decoder, Encoding, Reject};

use super::ledger::Ledger;
use super::side::Side;
use crate::evidence::Source;
use crate::output;
use crate::reading::Take;
use crate::rejects::{Place, Rejects};

/// A file says of no tick when it was recorded: at its own time, but not later than so long after what came before. That
/// is as far as one tick moves a clock; one that claims more than a minute beyond it is not believed.
const TICK_AFTER_MAX: Span = Span::minutes(10);

/// Gives what stands in files to one or two sets of shards.
pub(super) struct Stream<'a, R> {
    decoder: &'a Decoder<R>,
    sides: Vec<Side>,
    as_of: Option<Timestamp>,
    /// The file has a clock of its own: no ticks are made.
    has_ticks: bool,
    /// The clock of the file went past the end.
    is_over: bool,
    ledger: Ledger,
    rejects: Rejects,
    /// What an operator would be told, and how often.
    alarms: BTreeMap<&'static str, u64>,
}

impl<'a, R> Stream<'a, R> {
    pub(super) fn new(
        source: &Source,
        decoder: &'a Decoder<R>,
        after: Side,
        before: Option<Side>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            decoder,
            sides: [after].into_iter().chain(before).collect(),
            as_of: source.as_of,
            has_ticks: false,
            is_over: false,
            ledger: Ledger::default(),
            rejects: Rejects::open(source.rejects.as_deref())?,
            alarms: BTreeMap::new(),
        })
    }

    /// Moves the clocks to the end, and sums up: the side of the rules that were given, the other, and the ledger.
    pub(super) fn finish(mut self) -> anyhow::Result<(Side, Option<Side>, Ledger)> {
        let latest = self.sides.first().and_then(|side| side.replay.latest());
        if let Some(end) = self.as_of.or(latest) {
            for side in &mut self.sides {
                if self.has_ticks {
                    // What the clock of the file knew last is what is known at the end.
                    let known = side.replay.registry_offset();
                    side.replay.know_registry_before(known);
                }
                side.replay.finish(end, &mut side.told);
            }
        }
        for side in &mut self.sides {
            side.sum_up();
        }
        self.look()?;
        self.rejects.close()?;
        let mut sides = self.sides.into_iter();
        let Some(after) = sides.next() else {
            bail!("there are no shards");
        };
        let mut ledger = self.ledger;
        ledger.close(&after.replay);
        if !ledger.adds_up() {
            bail!("the ledger does not add up: {ledger:?}");
        }
        for (alarm, count) in &self.alarms {
            output::note(&format!("报警 alarm: {alarm} × {count}"));
        }
        Ok((after, sides.next(), ledger))
    }

    fn reject(&mut self, path: &Path, place: Place, reject: &Reject) -> anyhow::Result<()> {
        *self.ledger.rejected.entry(reject.code.as_str().to_owned()).or_default() += 1;
        self.rejects.write(path, place, reject)
    }

    /// Looks at what only somebody who runs shards would see.
    fn look(&mut self) -> anyhow::Result<()> {
        let Some(side) = self.sides.first_mut() else {
            return Ok(());
        };
        for alarm in side.replay.alarms() {
            *self.alarms.entry(words(alarm)).or_default() += 1;
        }
        Ok(side.told.failure()?)
    }

    /// The tick as it would lie in a log.
    fn recorded(&self, tick: Tick) -> Tick {
        let latest = self.sides.first().and_then(|side| side.replay.latest());
        let recorded_at = match latest {
            Some(latest) => tick.time.min(latest.plus(TICK_AFTER_MAX)),
            None => tick.time,
        };
        Tick { recorded_at, ..tick }
    }
}

impl<R> Stream<'_, R> {
    fn event(&mut self, path: &Path, place: Place, decoded: Result<Decoded, Reject>) -> anyhow::Result<()> {
        self.ledger.events += 1;
        let decoded = match decoded {
            Ok(decoded) => decoded,
            Err(reject) => return self.reject(path, place, &reject),
        };
        self.ledger.unknown_fields += u64::from(decoded.unknown_fields());
        if self.as_of.is_some_and(|as_of| decoded.intake_at() > as_of) {
            self.ledger.left_out += 1;
            return Ok(());
        }
        let is_subject = decoded.event().is_none();
        for side in &mut self.sides {
            if !self.has_ticks {
                side.replay.advance(decoded.intake_at(), &mut side.told);
            }
            side.replay.event(&decoded, &mut side.told);
        }
        let rejected = self
            .sides
            .first_mut()
            .map(|side| std::mem::take(&mut side.told.rejected));
        let rejected = rejected.unwrap_or_default();
        self.ledger.subject += u64::from(is_subject && rejected.is_empty());
        for (code, detail) in rejected {
            self.rejects.write_code(path, place, &code, "", &detail)?;
            *self.ledger.rejected.entry(code).or_default() += 1;
        }
        self.look()
    }
}

impl<'r, R: Fn(&str) -> Option<&'r str>> Take for Stream<'_, R> {
    fn file(&mut self, _: &Path, _: &'static str) {}

    fn record(&mut self, path: &Path, place: Place, bytes: &[u8], encoding: Encoding) -> anyhow::Result<()> {
        let decoder = self.decoder;
        let (mut index, mut taken) = (0_usize, Ok(()));
        let whole = decoder.decode_each(bytes, encoding, |decoded| {
            if taken.is_ok() {
                let place = Place {
                    index: Some(index),
                    ..place
                };
                taken = self.event(path, place, decoded);
            }
            index += 1;
        });
        taken?;
        match whole {
            Ok(_) => Ok(()),
            Err(reject) => self.event(path, place, Err(reject)),
        }
    }

    fn unreadable(&mut self, path: &Path, place: Place, reject: Reject) -> anyhow::Result<()> {
        self.event(path, place, Err(reject))
    }

    fn control(&mut self, path: &Path, place: Place, read: Read) -> anyhow::Result<()> {
        self.ledger.controls += 1;
        self.ledger.unknown_fields += u64::from(read.unknown_fields);
        let (control, recorded_at) = match read.control {
            Control::Tick(tick) => {
                let tick = self.recorded(tick);
                let is_believed = tick.time <= tick.recorded_at.plus(AHEAD_MAX);
                self.is_over |= is_believed && self.as_of.is_some_and(|as_of| tick.time > as_of);
                (Control::Tick(tick), tick.recorded_at)
            }
            other => {
                let latest = self.sides.first().and_then(|side| side.replay.latest());
                (other, latest.unwrap_or_default())
            }
        };
        if self.is_over {
            self.ledger.controls_left_out += 1;
            return Ok(());
        }
        self.has_ticks |= matches!(control, Control::Tick(_) | Control::Activate(_));
        for side in &mut self.sides {
            if let Err(Behaviour(number)) = side.replay.control(&control, recorded_at, &mut side.told) {
                let Behaviour(own) = Behaviour::CURRENT;
                bail!(
                    "{} {} {}: behaviour {number} runs from here on, and this build runs {own}",
                    path.display(),
                    place.name,
                    place.number
                );
            }
        }
        self.look()
    }
}

/// An alarm in a few words.
const fn words(alarm: StageAlarm) -> &'static str {
    match alarm {
        StageAlarm::Parcel(Alarm::TickAhead { .. }) => {
            "时钟记录超前，未采用 a tick far ahead of what came before it, ignored"
        }
        StageAlarm::Parcel(Alarm::HitWithoutParcel) => "a pattern speaks of a parcel that is not open",
        StageAlarm::Parcel(Alarm::TooManyHits) => "more patterns speak of one parcel than it holds",
        StageAlarm::Scope(ScopeAlarm::TooLate { .. }) => "统计已冻结 changes for days whose rows are frozen",
        StageAlarm::Scope(ScopeAlarm::NegativeCount) => "a count would have become negative",
        StageAlarm::Scope(ScopeAlarm::Gap { .. } | ScopeAlarm::GapHealed { .. }) => "a gap between shards",
        StageAlarm::Scope(ScopeAlarm::SourceLeftOut { .. } | ScopeAlarm::UnknownSource { .. }) => {
            "a partition came or went"
        }
    }
}
