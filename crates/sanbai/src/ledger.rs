//! What became of every event that was read.

use std::collections::BTreeMap;

use sanbai_wire::Reject;

use crate::output;

/// What became of every event. The outcomes add up to the events.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) events: u64,
    pub(crate) merged: u64,
    pub(crate) duplicate: u64,
    /// About a device, a screener or an outlet: no parcel is judged by it.
    pub(crate) subject: u64,
    /// Received after `--as-of`.
    pub(crate) left_out: u64,
    /// Of another waybill than the one asked for.
    pub(crate) other: u64,
    pub(crate) rejected: BTreeMap<&'static str, u64>,
    pub(crate) unknown_fields: u64,
    /// Control records, which are no events: a file is judged as of one moment.
    pub(crate) controls: u64,
}

impl Ledger {
    pub(crate) fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    pub(crate) fn reject(&mut self, reject: &Reject) {
        *self.rejected.entry(reject.code.as_str()).or_default() += 1;
    }

    pub(crate) fn adds_up(&self) -> bool {
        let outcomes = self.merged + self.duplicate + self.subject + self.left_out + self.other;
        self.events == outcomes + self.rejected_total()
    }

    /// Says in one line what became of the events, and in another what was rejected.
    pub(crate) fn note(&self) {
        if self.merged == 0 {
            output::note("没有可判定的事件 no event could be judged, so nothing is shown to be in order");
        }
        output::note(&format!(
            "事件 events {} = 采用 merged {} + 重复 duplicate {} + 设备等 subject {} + 晚于判定时刻 after as-of {} + 其他运单 other {} + 拒绝 rejected {}",
            self.events,
            self.merged,
            self.duplicate,
            self.subject,
            self.left_out,
            self.other,
            self.rejected_total()
        ));
        if !self.rejected.is_empty() {
            let codes: Vec<String> = self
                .rejected
                .iter()
                .map(|(code, count)| format!("{code} × {count}"))
                .collect();
            output::note(&format!("拒绝 rejected: {} (docs/bad-input.md)", codes.join(", ")));
        }
        if self.controls > 0 {
            output::note(&format!(
                "控制记录（时钟等）略过 control records (ticks and the like) passed over: {}",
                self.controls
            ));
        }
        if self.unknown_fields > 0 {
            output::note(&format!("未知字段 unknown fields passed over: {}", self.unknown_fields));
        }
    }
}
