//! Rows of compliance as messages and JSON, `proto/sanbai/compliance/v1`.
//!
//! A row is published with the position of its cause as its version: of several with one [`key`] the highest counts.

mod json;
mod read;
#[cfg(test)]
mod tests;

use prost::Message as _;
use sanbai_core::duty::Ground;
use sanbai_core::rules::Duty;
use sanbai_core::shard::compliance::{ComplianceRow, Counts, DutyCounts, Window};
use sanbai_core::shard::position::Position;

use crate::fields::{severity_number, time_message};
use crate::proto::compliance as message;

pub use json::to_json;
pub use read::{OwnedRow, OwnedWindow, decode};

/// The key of a row: `<brand>:<site>:<day>:<operator>`, or `<brand>:<site>:<day>T<hour>` with two digits of the hour.
///
/// ```
/// use sanbai_core::shard::compliance::{ComplianceRow, Counts, Window};
/// use sanbai_core::time::{CivilDay, Timestamp};
/// use sanbai_wire::compliance::key;
///
/// let (day, counts) = (CivilDay::from_days(20_522), Counts::default());
/// let mut row = ComplianceRow {
///     brand: "SF",
///     site: "GZ-0001",
///     window: Window::Hour { day, hour: 9 },
///     place: None,
///     counts: &counts,
///     as_of: Timestamp::MIN,
///     missing: &[],
/// };
/// assert_eq!(key(&row), "SF:GZ-0001:2026-03-10T09");
/// row.window = Window::Day { day, operator: "17" };
/// assert_eq!(key(&row), "SF:GZ-0001:2026-03-10:17");
/// ```
pub fn key(row: &ComplianceRow<'_>) -> String {
    let (brand, site) = (row.brand, row.site);
    match row.window {
        Window::Day { day, operator } => format!("{brand}:{site}:{day}:{operator}"),
        Window::Hour { day, hour } => format!("{brand}:{site}:{day}T{hour:02}"),
    }
}

/// Parcels above the line of the rate of a duty: kept, and for real-name sending also those under an agreement.
///
/// The rate is satisfied / (satisfied + fail); nothing where that is 0 / 0.
pub fn satisfied(counts: &Counts, duty: Duty) -> u64 {
    let [real_name, inspection, xray] = &counts.duties;
    match duty {
        Duty::RealName => {
            let by_agreement = real_name.not_applicable.get(&Ground::Agreement);
            real_name.pass.saturating_add(by_agreement.copied().unwrap_or(0))
        }
        Duty::Inspection => inspection.pass,
        Duty::Xray => xray.pass,
    }
}

/// Parcels above the line of the credible rate of a duty: [`satisfied`] without those that a hit on it has marked.
pub fn credible(counts: &Counts, duty: Duty) -> u64 {
    satisfied(counts, duty).saturating_sub(of_duty(counts, duty).marked)
}

/// The counts of a duty.
const fn of_duty(counts: &Counts, duty: Duty) -> &DutyCounts {
    let [real_name, inspection, xray] = &counts.duties;
    match duty {
        Duty::RealName => real_name,
        Duty::Inspection => inspection,
        Duty::Xray => xray,
    }
}

/// The row as a message. `version` is the position of its cause.
pub fn to_message(version: Position, row: &ComplianceRow<'_>) -> message::ComplianceRow {
    let (day, window) = match row.window {
        Window::Day { day, operator } => (day, message::compliance_row::Window::Operator(operator.to_owned())),
        Window::Hour { day, hour } => (day, message::compliance_row::Window::Hour(hour.into())),
    };
    message::ComplianceRow {
        brand: row.brand.to_owned(),
        site: row.site.to_owned(),
        day: day.to_string(),
        window: Some(window),
        place: row.place.map(|place| place.to_string()).unwrap_or_default(),
        version: version.to_string(),
        as_of: Some(time_message(row.as_of)),
        missing_sources: row.missing.to_vec(),
        parcels: row.counts.parcels,
        letters: row.counts.letters,
        uncounted: row.counts.uncounted,
        real_name: Some(duty_message(row.counts, Duty::RealName)),
        inspection: Some(duty_message(row.counts, Duty::Inspection)),
        xray: Some(duty_message(row.counts, Duty::Xray)),
        findings: row
            .counts
            .findings
            .iter()
            .map(|((code, severity), count)| message::FindingCount {
                code: code.as_str().to_owned(),
                severity: severity_number(*severity),
                count: *count,
            })
            .collect(),
    }
}

/// The row as protobuf: [`to_message`], encoded.
pub fn encode(version: Position, row: &ComplianceRow<'_>) -> Vec<u8> {
    to_message(version, row).encode_to_vec()
}

fn duty_message(counts: &Counts, duty: Duty) -> message::DutyCounts {
    let of = of_duty(counts, duty);
    let [minute, ten_minutes, hour, two_hours, day, longer] = of.delays;
    message::DutyCounts {
        satisfied: satisfied(counts, duty),
        credible: credible(counts, duty),
        pass: of.pass,
        fail: of.fail,
        pending: of.pending,
        unknown: of.unknown,
        not_applicable: of
            .not_applicable
            .iter()
            .map(|(ground, count)| (ground.as_str().to_owned(), *count))
            .collect(),
        performed_late: of.performed_late,
        reported_late: of.reported_late,
        marked: of.marked,
        delays: Some(message::Delays {
            minute,
            ten_minutes,
            hour,
            two_hours,
            day,
            longer,
        }),
    }
}
