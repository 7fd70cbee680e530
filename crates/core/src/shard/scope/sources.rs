//! Sources: what has been seen of each partition, and what time it is for all of them.

use crate::shard::position::Position;
use crate::shard::scope::ScopeAlarm;
use crate::shard::section::Section;
use crate::time::{Span, Timestamp};

/// A source further behind the foremost one is left out.
const LAG_MAX: Span = Span::minutes(10);

/// What is known of one source partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// Everything up to here was taken.
    pub(super) seen: Position,
    /// Its clock there; `None`: never heard.
    pub(super) clock: Option<Timestamp>,
    /// It sent something from beyond what was seen; the rest is awaited.
    pub(super) in_gap: bool,
}

/// All source partitions, by their number.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    list: Vec<Source>,
    /// Numbers of those that are left out, in their order; none before a clock was heard. Follows from the list.
    missing: Vec<u32>,
}

/// What becomes of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Admission {
    /// What an operator must know.
    pub(super) alarm: Option<ScopeAlarm>,
    /// Entries after this position are taken; `None`: the section is ignored whole.
    pub(super) after: Option<Position>,
}

impl Sources {
    pub(super) fn new(list: Vec<Source>) -> Self {
        let mut sources = Self {
            list,
            missing: Vec::new(),
        };
        sources.missing = sources.left_out();
        sources
    }

    pub(super) fn list(&self) -> &[Source] {
        &self.list
    }

    pub(super) fn missing(&self) -> &[u32] {
        &self.missing
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut Source> {
        self.list.get_mut(usize::try_from(number).ok()?)
    }

    /// Decides what becomes of a section, and remembers what was seen.
    pub(super) fn admit(&mut self, section: &Section<'_>) -> Admission {
        let number = section.source;
        let ignored = |alarm| Admission { alarm, after: None };
        let Some(source) = self.get_mut(number) else {
            return ignored(Some(ScopeAlarm::UnknownSource { source: number }));
        };
        let (seen, from) = (source.seen, section.from);
        if from > seen {
            let is_new = !core::mem::replace(&mut source.in_gap, true);
            return ignored(is_new.then_some(ScopeAlarm::Gap {
                source: number,
                seen,
                from,
            }));
        }
        if section.to < seen {
            // Sent again, and older than what is known: it heals nothing either.
            return ignored(None);
        }
        source.clock = if section.to > seen {
            section.clock.or(source.clock)
        } else {
            source.clock.max(section.clock)
        };
        source.seen = section.to;
        let is_healed = core::mem::replace(&mut source.in_gap, false);
        Admission {
            alarm: is_healed.then_some(ScopeAlarm::GapHealed { source: number }),
            after: Some(seen),
        }
    }

    /// The clock of all sources: the slowest that is not left out; `None` before any was heard.
    pub(super) fn clock(&self) -> Option<Timestamp> {
        let foremost = self.foremost()?;
        let clocks = self.list.iter().filter_map(|source| source.clock);
        clocks.filter(|clock| foremost.since(*clock) <= LAG_MAX).min()
    }

    /// Looks anew who is left out, and says which sources came or went.
    pub(super) fn look(&mut self) -> Vec<ScopeAlarm> {
        let now = self.left_out();
        let before = core::mem::replace(&mut self.missing, now);
        let is_in = |list: &[u32], number: &u32| list.binary_search(number).is_ok();
        let gone = self.missing.iter().filter(|number| !is_in(&before, number));
        let back = before.iter().filter(|number| !is_in(&self.missing, number));
        let mut changes: Vec<(u32, bool)> = gone
            .map(|number| (*number, true))
            .chain(back.map(|number| (*number, false)))
            .collect();
        changes.sort_unstable();
        let alarm = |(source, is_out)| ScopeAlarm::SourceLeftOut { source, is_out };
        changes.into_iter().map(alarm).collect()
    }

    fn left_out(&self) -> Vec<u32> {
        let Some(foremost) = self.foremost() else {
            return Vec::new();
        };
        let is_out = |source: &Source| source.clock.is_none_or(|clock| foremost.since(clock) > LAG_MAX);
        let numbered = (0_u32..).zip(&self.list);
        numbered
            .filter(|(_, source)| is_out(source))
            .map(|(number, _)| number)
            .collect()
    }

    fn foremost(&self) -> Option<Timestamp> {
        self.list.iter().filter_map(|source| source.clock).max()
    }
}
