//! What comes out, as one line each.

use crate::duty::Ground;
use crate::rules::Duty;
use crate::shard::compliance::{ComplianceRow, Counts, Window};
use crate::shard::position::Position;
use crate::shard::scope::{OutletAlert, ScopeAlarm, ScopeOutput, ScopeSink};
use crate::time::{CivilDay, Timestamp};

/// Keeps what comes out, as lines with the offset of the cause.
#[derive(Debug, Default)]
pub(super) struct Told(pub(super) Vec<String>);

impl ScopeSink for Told {
    fn put(&mut self, _at: Position, output: ScopeOutput<'_>) {
        self.0.push(match output {
            ScopeOutput::Row(row) => format!("row {}", told_row(&row)),
            ScopeOutput::Alert(alert) => format!("alert {}", told_alert(&alert)),
            ScopeOutput::Hit(hit) => {
                let what = if hit.stands { "marks" } else { "frees" };
                format!("hit {} {what} {}/{}", hit.code, hit.brand, hit.waybill)
            }
            ScopeOutput::Alarm(alarm) => format!("alarm {}", told_alarm(alarm)),
        });
    }
}

pub(super) fn told_row(row: &ComplianceRow<'_>) -> String {
    let window = match row.window {
        Window::Day { day, operator } => format!("{} {operator}", told_day(day)),
        Window::Hour { day, hour } => format!("{} {hour}h", told_day(day)),
    };
    let place = row.place.map(|place| format!(" in {place}")).unwrap_or_default();
    let missing = if row.missing.is_empty() {
        String::new()
    } else {
        format!(" without {:?}", row.missing)
    };
    let (brand, site) = (row.brand, row.site);
    format!("{brand}/{site} {window}: {}{place}{missing}", told_counts(row.counts))
}

/// `N 3 rn 2+1a/1 in 1/0 xr 0/0?3`: kept, of these by agreement, failed, pending, unknown.
fn told_counts(counts: &Counts) -> String {
    let mut line = format!("N {}", counts.parcels);
    let mut also = |count: u64, name: &str| {
        if count > 0 {
            line.push_str(&format!(" {name} {count}"));
        }
    };
    also(counts.letters, "letters");
    also(counts.uncounted, "uncounted");
    for (duty, name) in Duty::ALL.into_iter().zip(["rn", "in", "xr"]) {
        let duty = counts.duty(duty);
        line.push_str(&format!(" {name} {}/{}", duty.pass, duty.fail));
        for (count, sign) in [(duty.pending, '~'), (duty.unknown, '?'), (duty.marked, '!')] {
            if count > 0 {
                line.push_str(&format!("{sign}{count}"));
            }
        }
        for (ground, count) in &duty.not_applicable {
            let sign = if *ground == Ground::Agreement {
                "a"
            } else {
                ground.as_str()
            };
            line.push_str(&format!("+{count}{sign}"));
        }
    }
    for ((code, severity), count) in &counts.findings {
        line.push_str(&format!(" {code}{} {count}", severity.letter()));
    }
    line
}

pub(super) fn told_alert(alert: &OutletAlert<'_>) -> String {
    let OutletAlert { rule, change, .. } = alert;
    let values: Vec<String> = alert.values.iter().map(|(_, value)| value.to_string()).collect();
    format!(
        "{} {} {} {}/{} {} ({}) at {}",
        rule.as_str(),
        change.as_str(),
        alert.severity.as_str(),
        alert.brand,
        alert.site,
        told_day(alert.day),
        values.join(" "),
        told_time(alert.at),
    )
}

fn told_alarm(alarm: ScopeAlarm) -> String {
    match alarm {
        ScopeAlarm::Gap { source, seen, from } => {
            format!("gap of {source}: seen {}, from {}", seen.offset, from.offset)
        }
        ScopeAlarm::GapHealed { source } => format!("gap of {source} healed"),
        ScopeAlarm::SourceLeftOut { source, is_out } => {
            format!("source {source} {}", if is_out { "left out" } else { "back" })
        }
        ScopeAlarm::UnknownSource { source } => format!("unknown source {source}"),
        ScopeAlarm::NegativeCount => "negative count".to_owned(),
        ScopeAlarm::TooLate { changes } => format!("too late: {changes}"),
    }
}

fn told_day(day: CivilDay) -> String {
    day.to_string()[5..].to_owned()
}

fn told_time(at: Timestamp) -> String {
    at.to_string()[5..16].replace('T', " ")
}
