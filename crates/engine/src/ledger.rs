//! The ledger: nothing vanishes. Every offset is a record or a gap, every event has exactly one outcome.

use std::collections::BTreeMap;

use sanbai_core::shard::output::What;

/// What became of the records that were consumed since a shard was restored, and of the events in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// First offset that was not consumed before.
    pub from: u64,
    /// First offset that is not consumed yet.
    pub next: u64,
    /// Records of events.
    pub event_records: u64,
    /// Control records.
    pub control_records: u64,
    /// Offsets under which there is no record, or one that a `skip` passed over.
    pub gaps: u64,
    /// Events, those that could not be read among them.
    pub events: u64,
    /// Events by what became of them.
    pub outcomes: BTreeMap<What, u64>,
    /// Events that could not be read, by code.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Fields in control records that this version does not know.
    pub unknown_control_fields: u64,
    /// Control records that could not be read.
    pub unreadable_controls: u64,
    /// Alerts that followed, by rule and change: of no line, but counted where the rest is.
    pub alerts: BTreeMap<(&'static str, &'static str), u64>,
}

impl Ledger {
    /// Nothing was consumed.
    pub const fn new() -> Self {
        Self {
            from: 0,
            next: 0,
            event_records: 0,
            control_records: 0,
            gaps: 0,
            events: 0,
            outcomes: BTreeMap::new(),
            rejected: BTreeMap::new(),
            unknown_control_fields: 0,
            unreadable_controls: 0,
            alerts: BTreeMap::new(),
        }
    }

    /// Offsets that were consumed.
    pub const fn consumed(&self) -> u64 {
        self.next.saturating_sub(self.from)
    }

    /// Adds what another one says was consumed. Both lines of a sum of ledgers add up; its offsets are those of a log that
    /// holds what was consumed, one after the other.
    ///
    /// ```
    /// use sanbai_engine::ledger::Ledger;
    ///
    /// let mut one = Ledger::starting_at(100);
    /// one.pass_over(107);
    /// let mut sum = Ledger::new();
    /// sum.add(&one);
    /// sum.add(&one);
    /// assert_eq!((sum.consumed(), sum.gaps, sum.adds_up()), (14, 14, true));
    /// ```
    pub fn add(&mut self, other: &Self) {
        self.next += other.consumed();
        self.event_records += other.event_records;
        self.control_records += other.control_records;
        self.gaps += other.gaps;
        self.events += other.events;
        self.unknown_control_fields += other.unknown_control_fields;
        self.unreadable_controls += other.unreadable_controls;
        for (what, count) in &other.outcomes {
            *self.outcomes.entry(*what).or_default() += count;
        }
        for (code, count) in &other.rejected {
            *self.rejected.entry(code).or_default() += count;
        }
        for (alert, count) in &other.alerts {
            *self.alerts.entry(*alert).or_default() += count;
        }
    }

    /// Nothing was consumed since an offset.
    pub fn starting_at(offset: u64) -> Self {
        Self {
            from: offset,
            next: offset,
            ..Self::default()
        }
    }

    /// Whether both lines add up: consumed offsets = event records + control records + gaps, and events = outcomes.
    pub fn adds_up(&self) -> bool {
        let records = self.event_records + self.control_records + self.gaps;
        let outcomes = self.outcomes.values().sum::<u64>() + self.rejected.values().sum::<u64>();
        self.next.checked_sub(self.from) == Some(records) && self.events == outcomes
    }

    /// Consumes the offsets before one, under which there is no record.
    pub fn pass_over(&mut self, offset: u64) {
        self.gaps += offset.saturating_sub(self.next);
        self.next = self.next.max(offset);
    }

    pub(crate) fn applied(&mut self, what: What) {
        self.events += 1;
        *self.outcomes.entry(what).or_default() += 1;
    }

    pub(crate) fn alert(&mut self, rule: &'static str, change: &'static str) {
        *self.alerts.entry((rule, change)).or_default() += 1;
    }

    pub(crate) fn reject(&mut self, code: &'static str) {
        self.events += 1;
        *self.rejected.entry(code).or_default() += 1;
    }
}
