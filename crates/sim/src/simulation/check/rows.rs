//! Rows: every figure of every window.

use std::collections::BTreeMap;

use sanbai_engine::log::Topic;
use sanbai_wire::proto::compliance::{ComplianceRow, DutyCounts, compliance_row::Window};
use sanbai_wire::proto::verdict::Severity;

use super::verdicts::letter;
use super::{Expected, Rest};
use crate::oracle::counting::{self, DUTIES, Figures, RowKey};
use crate::simulation::reader::{self, Published};

impl Published for ComplianceRow {
    fn key(&self) -> String {
        let (brand, site, _, window) = key_of(self);
        format!("{brand}:{site}:{}{window}", self.day)
    }

    fn version(&self) -> &str {
        &self.version
    }
}

pub(super) fn check(rest: &mut Rest<'_>, expected: &Expected) -> Result<(), String> {
    let records = (0..rest.scope_partitions).flat_map(|scope| rest.log.records(Topic::Compliance, scope));
    let reading = reader::read::<ComplianceRow>(records, rest.last_wins)?;
    let rows = reading.kept.values().map(|row| (key_of(row), figures(row)));
    let found: BTreeMap<RowKey, Figures> = rows.filter(|(_, figures)| !figures.is_empty()).collect();
    let expected = counting::rows(expected.said.iter());
    for (key, figures) in &expected {
        let found = found.get(key);
        if found != Some(figures) {
            return Err(format!("row {key:?}: {found:?}, expected {figures:?}"));
        }
    }
    if let Some(surplus) = found.keys().find(|key| !expected.contains_key(*key)) {
        return Err(format!(
            "row {surplus:?} counts what is not there: {:?}",
            found[surplus]
        ));
    }
    check_sums(&found)
}

/// Operators sum to the outlet, and hours do.
pub(super) fn check_sums(rows: &BTreeMap<RowKey, Figures>) -> Result<(), String> {
    let mut sums: BTreeMap<(&str, &str, i64), [Figures; 2]> = BTreeMap::new();
    for ((brand, site, day, window), figures) in rows {
        let [operators, hours] = sums.entry((brand, site, *day)).or_default();
        let sum = if window.starts_with(':') { operators } else { hours };
        for (name, count) in figures {
            *sum.entry(name.clone()).or_default() += count;
        }
    }
    match sums.iter().find(|(_, [operators, hours])| operators != hours) {
        Some((outlet, sums)) => Err(format!("operators and hours of {outlet:?} differ: {sums:?}")),
        None => Ok(()),
    }
}

fn key_of(row: &ComplianceRow) -> RowKey {
    let window = match &row.window {
        Some(Window::Operator(operator)) => format!(":{operator}"),
        Some(Window::Hour(hour)) => format!("T{hour:02}"),
        None => String::new(),
    };
    let day = sanbai_core::time::CivilDay::parse(&row.day);
    let day = day.map_or(i64::MIN, |day| day.as_days().into());
    (row.brand.clone(), row.site.clone(), day, window)
}

fn figures(row: &ComplianceRow) -> Figures {
    let mut figures = Figures::new();
    let mut put = |name: String, count: u64| {
        if count > 0 {
            figures.insert(name, count);
        }
    };
    put("parcels".to_owned(), row.parcels);
    put("letters".to_owned(), row.letters);
    put("uncounted".to_owned(), row.uncounted);
    for finding in &row.findings {
        let severity = Severity::try_from(finding.severity).unwrap_or_default();
        put(format!("finding.{}.{}", finding.code, letter(severity)), finding.count);
    }
    let duties = [&row.real_name, &row.inspection, &row.xray];
    for (name, duty) in DUTIES.iter().zip(duties) {
        duty_figures(name, &duty.clone().unwrap_or_default(), &mut put);
    }
    figures
}

fn duty_figures(name: &str, duty: &DutyCounts, put: &mut impl FnMut(String, u64)) {
    let delays = duty.delays.unwrap_or_default();
    let counts = [
        ("satisfied", duty.satisfied),
        ("credible", duty.credible),
        ("pass", duty.pass),
        ("fail", duty.fail),
        ("pending", duty.pending),
        ("unknown", duty.unknown),
        ("performed_late", duty.performed_late),
        ("reported_late", duty.reported_late),
        ("marked", duty.marked),
        ("delay.0", delays.minute),
        ("delay.1", delays.ten_minutes),
        ("delay.2", delays.hour),
        ("delay.3", delays.two_hours),
        ("delay.4", delays.day),
        ("delay.5", delays.longer),
    ];
    for (figure, count) in counts {
        put(format!("{name}.{figure}"), count);
    }
    for (ground, count) in &duty.not_applicable {
        put(format!("{name}.not_applicable.{ground}"), *count);
    }
}
