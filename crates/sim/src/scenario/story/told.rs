//! What comes out of a story, in lines for people.

use std::collections::BTreeMap;

use sanbai_core::rules::Duty;
use sanbai_core::shard::compliance::{Counts, DutyCounts};
use sanbai_core::shard::output::Alarm;
use sanbai_core::shard::scope::ScopeAlarm;
use sanbai_core::time::{CivilDay, Timestamp};
use sanbai_engine::log::{Message, Topic};
use sanbai_engine::stage::{Outbox, StageAlarm};
use sanbai_wire::compliance::{OwnedRow, OwnedWindow};
use sanbai_wire::proto::alert::{Alert, Change};
use sanbai_wire::proto::verdict as message;
use sanbai_wire::{alert, compliance, verdict};

use super::super::clock::from_proto;

/// Collects the lines.
pub(super) struct Told {
    /// Where the story is.
    pub(super) now: Timestamp,
    /// The parcel of the event that is applied.
    pub(super) waybill: String,
    /// Its day, which is left out.
    day: CivilDay,
    show_rows: bool,
    lines: Vec<String>,
    rows: BTreeMap<(String, OwnedWindow), OwnedRow>,
}

impl Outbox for Told {
    fn put(&mut self, message: Message) {
        let bytes = message.value.as_slice();
        match message.topic {
            Topic::Verdicts => {
                if let Ok(verdict) = verdict::decode(bytes) {
                    self.verdict(&verdict);
                }
            }
            Topic::Alerts => {
                if let Ok(alert) = alert::decode(bytes) {
                    self.alert(&alert);
                }
            }
            Topic::Compliance => {
                if let Ok(row) = compliance::decode(bytes) {
                    self.row(row);
                }
            }
            Topic::Rejects => {
                let header = message.headers.iter().find(|(name, _)| name == "sanbai-code");
                let code = header.map(|(_, code)| String::from_utf8_lossy(code).into_owned());
                let waybill = self.waybill.clone();
                self.rejected(&waybill, &code.unwrap_or_default());
            }
            Topic::ParcelEvents | Topic::Registry | Topic::Sightings => {}
        }
    }
}

impl Told {
    pub(super) const fn new(day: CivilDay, show_rows: bool) -> Self {
        Self {
            now: Timestamp::MIN,
            waybill: String::new(),
            day,
            show_rows,
            lines: Vec::new(),
            rows: BTreeMap::new(),
        }
    }

    /// All lines, with the rows as they stand.
    pub(super) fn finish(mut self) -> Vec<String> {
        if !self.show_rows {
            let rows = self.rows.values().filter(|row| row.counts != Counts::default());
            let rows: Vec<String> = rows.map(row_text).collect();
            self.lines.extend(rows);
        }
        self.lines
    }

    pub(super) fn rejected(&mut self, waybill: &str, code: &str) {
        let at = self.time(self.now);
        self.lines.push(format!("{at}  {waybill} rejected: {code}"));
    }

    pub(super) fn alarms(&mut self, alarms: &[StageAlarm]) {
        for alarm in alarms {
            let text = match alarm {
                StageAlarm::Parcel(Alarm::TickAhead { claimed, .. }) => {
                    format!("a tick claims {claimed} and is ignored")
                }
                StageAlarm::Scope(ScopeAlarm::SourceLeftOut { source, is_out: true }) => {
                    format!("partition {source} is left out")
                }
                StageAlarm::Scope(ScopeAlarm::SourceLeftOut { source, is_out: false }) => {
                    format!("partition {source} is counted again")
                }
                other => format!("{other:?}"),
            };
            self.lines.push(format!("alarm: {text}"));
        }
    }

    /// `12:04:00`, with the day in front where it is another, and what is less than a second where there is any.
    fn time(&self, at: Timestamp) -> String {
        let text = at.to_string();
        let (day, clock) = text.split_once('T').unwrap_or(("", &text));
        let clock = clock.trim_end_matches("+08:00");
        if at.civil_day() == self.day {
            clock.to_owned()
        } else {
            format!("{} {clock}", day.get(5..).unwrap_or(day))
        }
    }

    fn verdict(&mut self, verdict: &message::Verdict) {
        let at = self.time(from_proto(verdict.at.as_ref()));
        let duties = [
            ("realName", &verdict.real_name),
            ("inspection", &verdict.inspection),
            ("xray", &verdict.xray),
        ];
        let duties = duties.map(|(name, duty)| format!("{name} {}", duty.as_ref().map(duty_text).unwrap_or_default()));
        let mut line = format!("{at}  {} r{} {}", verdict.waybill, verdict.revision, duties.join(", "));
        if !verdict.credible {
            line.push_str(", not credible");
        }
        for finding in &verdict.findings {
            line.push_str(" · ");
            line.push_str(&finding.code);
        }
        self.lines.push(line);
    }

    fn alert(&mut self, alert: &Alert) {
        let at = self.time(from_proto(alert.at.as_ref()));
        let change = match alert.change() {
            Change::Unspecified => "unspecified",
            Change::Raised => "raised",
            Change::Worsened => "worsened",
            Change::Eased => "eased",
            Change::Withdrawn => "withdrawn",
        };
        let about = if alert.waybill.is_empty() {
            format!("{} {}", alert.outlet, alert.day)
        } else {
            alert.waybill.clone()
        };
        self.lines.push(format!("{at}  alert {about} {} {change}", alert.rule));
    }

    fn row(&mut self, row: OwnedRow) {
        if matches!(row.window, OwnedWindow::Hour { .. }) {
            return;
        }
        if self.show_rows {
            let at = self.time(row.as_of);
            self.lines.push(format!("{at}  {}", row_text(&row)));
        }
        self.rows.insert((row.site.clone(), row.window.clone()), row);
    }
}

fn duty_text(duty: &message::Duty) -> String {
    let mut text = match duty.status() {
        message::Status::Unspecified => "unspecified".to_owned(),
        message::Status::Pending => "pending".to_owned(),
        message::Status::Pass => "pass".to_owned(),
        message::Status::Fail => "fail".to_owned(),
        message::Status::NotApplicable => format!("n/a {}", duty.ground),
        message::Status::Unknown => format!("unknown {}", duty.ground),
    };
    if duty.performed_late {
        text.push_str(" performed late");
    }
    if duty.reported_late {
        text.push_str(" reported late");
    }
    text
}

fn row_text(row: &OwnedRow) -> String {
    let (day, operator) = match &row.window {
        OwnedWindow::Day { day, operator } => (day, operator.as_str()),
        OwnedWindow::Hour { day, .. } => (day, ""),
    };
    let counts = &row.counts;
    let duty = |duty: Duty| {
        let rate = counts.rate(duty);
        let DutyCounts { pending, unknown, .. } = counts.duty(duty);
        let mut text = format!("{} {}/{}", duty.as_str(), rate.part, rate.whole);
        for (count, what) in [(pending, "pending"), (unknown, "unknown")] {
            if *count > 0 {
                text.push_str(&format!(" ({count} {what})"));
            }
        }
        text
    };
    let mut text = format!("row {} {day} {operator}: {} counted, ", row.site, counts.parcels);
    text.push_str(&Duty::ALL.map(duty).join(", "));
    if counts.uncounted > 0 {
        text.push_str(&format!(", {} not counted", counts.uncounted));
    }
    for ((code, _), count) in &counts.findings {
        text.push_str(&format!(" · {code} {count}"));
    }
    for source in &row.missing {
        text.push_str(&format!(" · without partition {source}"));
    }
    text
}
