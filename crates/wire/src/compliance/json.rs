//! Rows of compliance as lines of JSON.

use std::collections::BTreeMap;

use sanbai_core::rules::Duty;
use sanbai_core::shard::compliance::{ComplianceRow, Counts, Window};
use sanbai_core::shard::position::Position;
use serde::Serialize;

use super::{credible, of_duty, satisfied};

/// The row as a JSON object without a line break, which begins with `"kind":"row"`. It says what
/// [`to_message`](super::to_message) says.
pub fn to_json(version: Position, row: &ComplianceRow<'_>) -> String {
    let (day, operator, hour) = match row.window {
        Window::Day { day, operator } => (day, Some(operator), None),
        Window::Hour { day, hour } => (day, None, Some(hour)),
    };
    let findings = row.counts.findings.iter();
    let json = RowJson {
        kind: "row",
        brand: row.brand,
        site: row.site,
        day: day.to_string(),
        operator,
        hour,
        place: row.place.map(|place| place.to_string()),
        version: version.to_string(),
        as_of: row.as_of.to_string(),
        missing_sources: row.missing,
        parcels: row.counts.parcels,
        letters: row.counts.letters,
        uncounted: row.counts.uncounted,
        duties: DutiesJson {
            real_name: duty(row.counts, Duty::RealName),
            inspection: duty(row.counts, Duty::Inspection),
            xray: duty(row.counts, Duty::Xray),
        },
        findings: findings
            .map(|((code, severity), count)| FindingJson {
                code: code.as_str(),
                severity: severity.as_str(),
                count: *count,
            })
            .collect(),
    };
    serde_json::to_string(&json).expect("texts and numbers are always JSON")
}

fn duty(counts: &Counts, duty: Duty) -> DutyJson {
    let of = of_duty(counts, duty);
    let [minute, ten_minutes, hour, two_hours, day, longer] = of.delays;
    DutyJson {
        satisfied: satisfied(counts, duty),
        credible: credible(counts, duty),
        pass: of.pass,
        fail: of.fail,
        pending: of.pending,
        unknown: of.unknown,
        not_applicable: of
            .not_applicable
            .iter()
            .map(|(ground, count)| (ground.as_str(), *count))
            .collect(),
        performed_late: of.performed_late,
        reported_late: of.reported_late,
        marked: of.marked,
        delays: DelaysJson {
            minute,
            ten_minutes,
            hour,
            two_hours,
            day,
            longer,
        },
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowJson<'a> {
    kind: &'static str,
    brand: &'a str,
    site: &'a str,
    day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hour: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    version: String,
    as_of: String,
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    missing_sources: &'a [u32],
    parcels: u64,
    letters: u64,
    uncounted: u64,
    duties: DutiesJson,
    findings: Vec<FindingJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DutiesJson {
    real_name: DutyJson,
    inspection: DutyJson,
    xray: DutyJson,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DutyJson {
    satisfied: u64,
    credible: u64,
    pass: u64,
    fail: u64,
    pending: u64,
    unknown: u64,
    not_applicable: BTreeMap<&'static str, u64>,
    performed_late: u64,
    reported_late: u64,
    marked: u64,
    delays: DelaysJson,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DelaysJson {
    minute: u64,
    ten_minutes: u64,
    hour: u64,
    two_hours: u64,
    day: u64,
    longer: u64,
}

#[derive(Serialize)]
struct FindingJson {
    code: &'static str,
    severity: &'static str,
    count: u64,
}
