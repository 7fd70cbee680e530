//! What became of every event of a replay.

use std::collections::BTreeMap;

use sanbai_core::shard::output::What;
use sanbai_engine::replay::Replay;

use crate::output;

/// What became of every event. The outcomes add up to the events.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) events: u64,
    /// About a device, a screener or an outlet.
    pub(super) subject: u64,
    /// Received after `--as-of`.
    pub(super) left_out: u64,
    /// Not read from the file, or not taken by its parcel.
    pub(super) rejected: BTreeMap<String, u64>,
    pub(super) unknown_fields: u64,
    /// Control records of the file.
    pub(super) controls: u64,
    /// Control records of the file after `--as-of`.
    pub(super) controls_left_out: u64,
    outcomes: BTreeMap<What, u64>,
    /// Records of the partition: of events, of control.
    records: (u64, u64),
}

impl Ledger {
    /// Takes over what became of the events that were handed to the shards.
    pub(super) fn close(&mut self, replay: &Replay) {
        for ledger in replay.ledgers() {
            for (what, count) in &ledger.outcomes {
                *self.outcomes.entry(*what).or_default() += count;
            }
            self.records.0 += ledger.event_records;
            self.records.1 += ledger.control_records;
        }
    }

    fn of(&self, what: What) -> u64 {
        self.outcomes.get(&what).copied().unwrap_or(0)
    }

    /// Events of parcels that were taken for the first time.
    fn applied(&self) -> u64 {
        self.of(What::Applied).saturating_sub(self.subject)
    }

    /// Whether anything can be said of a parcel.
    pub(super) fn has_judged(&self) -> bool {
        self.applied() > 0
    }

    pub(super) fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    pub(super) fn adds_up(&self) -> bool {
        let taken = [What::Amended, What::Duplicate].map(|what| self.of(what));
        let outcomes = self.applied() + taken.iter().sum::<u64>() + self.subject + self.left_out;
        // What is too late stands among the rejected: it has a code and a line in their file.
        self.events == outcomes + self.rejected_total()
    }

    /// Says in one line what became of the events, in another what was rejected.
    pub(super) fn note(&self) {
        if !self.has_judged() {
            output::note("没有可判定的事件 no event could be judged, so nothing is shown to be in order");
        }
        output::note(&format!(
            "事件 events {} = 采用 applied {} + 更正结论 amended {} + 重复 duplicate {} + 设备等 subject {} + 晚于判定时刻 after as-of {} + 拒绝 rejected {}",
            self.events,
            self.applied(),
            self.of(What::Amended),
            self.of(What::Duplicate),
            self.subject,
            self.left_out,
            self.rejected_total()
        ));
        let (events, controls) = self.records;
        output::note(&format!(
            "记录 records {} = 事件 of events {events} + 时钟等 of control {controls}, 文件所载 in the file {}, 晚于判定时刻 after as-of {}",
            events + controls,
            self.controls,
            self.controls_left_out
        ));
        if !self.rejected.is_empty() {
            let codes = self.rejected.iter().map(|(code, count)| format!("{code} × {count}"));
            let codes: Vec<String> = codes.collect();
            output::note(&format!("拒绝 rejected: {} (docs/bad-input.md)", codes.join(", ")));
        }
        if self.unknown_fields > 0 {
            output::note(&format!("未知字段 unknown fields passed over: {}", self.unknown_fields));
        }
    }
}
