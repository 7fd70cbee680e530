//! Rows of compliance from bytes.

use std::collections::BTreeMap;

use sanbai_core::duty::Ground;
use sanbai_core::event::Place;
use sanbai_core::shard::compliance::{ComplianceRow, Counts, DutyCounts, Window};
use sanbai_core::shard::position::Position;
use sanbai_core::time::{CivilDay, Timestamp};

use crate::check::unknown_choice;
use crate::code::Code;
use crate::fields::{
    day_of, finding_code, message, missing, out_of_range, place_of, position_of, severity_of, time_of,
};
use crate::proto::compliance as wire;
use crate::reject::Reject;

/// The highest number of a field of a row.
const LAST: u32 = 16;

/// A row that was read: a [`ComplianceRow`] that owns what it says, with its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedRow {
    /// Position of its cause; of several rows with one key the highest counts.
    pub version: Position,
    /// As [`ComplianceRow::brand`].
    pub brand: String,
    /// As [`ComplianceRow::site`].
    pub site: String,
    /// As [`ComplianceRow::window`].
    pub window: OwnedWindow,
    /// As [`ComplianceRow::place`].
    pub place: Option<Place>,
    /// As [`ComplianceRow::counts`].
    pub counts: Counts,
    /// As [`ComplianceRow::as_of`].
    pub as_of: Timestamp,
    /// As [`ComplianceRow::missing`].
    pub missing: Vec<u32>,
}

/// A [`Window`] that owns its operator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnedWindow {
    /// As [`Window::Day`].
    Day {
        /// Civil day of the acceptance.
        day: CivilDay,
        /// Staff id; may be empty.
        operator: String,
    },
    /// As [`Window::Hour`].
    Hour {
        /// Civil day of the acceptance.
        day: CivilDay,
        /// Civil hour of the acceptance, 0 to 23.
        hour: u8,
    },
}

impl OwnedRow {
    /// The row, borrowed.
    pub fn row(&self) -> ComplianceRow<'_> {
        ComplianceRow {
            brand: &self.brand,
            site: &self.site,
            window: match &self.window {
                OwnedWindow::Day { day, operator } => Window::Day { day: *day, operator },
                OwnedWindow::Hour { day, hour } => Window::Hour { day: *day, hour: *hour },
            },
            place: self.place,
            counts: &self.counts,
            as_of: self.as_of,
            missing: &self.missing,
        }
    }
}

/// Reads a row. Figures that follow from others (`satisfied`, `credible`) are not looked at, nor are fields that nobody
/// knows.
///
/// # Errors
///
/// What is wrong with it.
pub fn decode(bytes: &[u8]) -> Result<OwnedRow, Reject> {
    let (row, _): (wire::ComplianceRow, _) = message(bytes, LAST)?;
    if row.brand.is_empty() {
        return Err(missing("brand"));
    }
    if row.site.is_empty() {
        return Err(missing("site"));
    }
    let day = day_of(&row.day).map_err(|reject| reject.under("day"))?;
    let window = match row.window {
        None => return Err(missing("operator")),
        Some(wire::compliance_row::Window::Operator(operator)) => OwnedWindow::Day { day, operator },
        Some(wire::compliance_row::Window::Hour(hour)) => {
            let hour = u8::try_from(hour).ok().filter(|hour| *hour < 24);
            let hour = hour.ok_or_else(|| out_of_range("an hour of the day is at most 23").under("hour"))?;
            OwnedWindow::Hour { day, hour }
        }
    };
    let duty = |counts: Option<wire::DutyCounts>, name: &'static str| {
        duty(counts.ok_or_else(|| missing(name))?).map_err(|reject| reject.under(name))
    };
    let as_of = row.as_of.ok_or_else(|| missing("asOf"))?;
    Ok(OwnedRow {
        version: position_of(&row.version).map_err(|reject| reject.under("version"))?,
        window,
        place: place_of(&row.place).map_err(|reject| reject.under("place"))?,
        counts: Counts {
            parcels: row.parcels,
            letters: row.letters,
            uncounted: row.uncounted,
            duties: [
                duty(row.real_name, "realName")?,
                duty(row.inspection, "inspection")?,
                duty(row.xray, "xray")?,
            ],
            findings: findings(&row.findings).map_err(|reject| reject.under("findings"))?,
        },
        as_of: time_of(as_of).map_err(|reject| reject.under("asOf"))?,
        missing: row.missing_sources,
        brand: row.brand,
        site: row.site,
    })
}

fn findings(
    counts: &[wire::FindingCount],
) -> Result<BTreeMap<(sanbai_core::finding::Code, sanbai_core::rules::Severity), u64>, Reject> {
    let mut findings = BTreeMap::new();
    for (index, count) in counts.iter().enumerate() {
        let read = || {
            let key = (finding_code(&count.code)?, severity_of(count.severity)?);
            if findings.insert(key, count.count).is_some() {
                return Err(Reject::new(Code::ProtoDecode, "one code and severity stand twice"));
            }
            Ok(())
        };
        let mut read = read;
        read().map_err(|reject| reject.under(index))?;
    }
    Ok(findings)
}

fn duty(counts: wire::DutyCounts) -> Result<DutyCounts, Reject> {
    let delays = counts.delays.unwrap_or_default();
    let not_applicable = counts
        .not_applicable
        .iter()
        .map(|(name, count)| Ok((ground(name)?, *count)))
        .collect::<Result<_, Reject>>();
    Ok(DutyCounts {
        pass: counts.pass,
        fail: counts.fail,
        pending: counts.pending,
        unknown: counts.unknown,
        not_applicable: not_applicable.map_err(|reject| reject.under("notApplicable"))?,
        performed_late: counts.performed_late,
        reported_late: counts.reported_late,
        marked: counts.marked,
        delays: [
            delays.minute,
            delays.ten_minutes,
            delays.hour,
            delays.two_hours,
            delays.day,
            delays.longer,
        ],
    })
}

fn ground(name: &str) -> Result<Ground, Reject> {
    let ground = Ground::ALL.into_iter().find(|ground| ground.as_str() == name);
    ground.ok_or_else(unknown_choice)
}
