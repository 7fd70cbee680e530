//! The alerts that stand.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use sanbai_core::registry::RegistryView;
use sanbai_core::time::Timestamp;
use sanbai_wire::proto::alert::{Alert, Change, Severity, Subject};

use crate::table::site_name;

/// Standing alerts by their ids, each with when it was raised.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    standing: BTreeMap<String, (Timestamp, Alert)>,
}

impl Alerts {
    pub(super) fn are_none(&self) -> bool {
        self.standing.is_empty()
    }

    /// Takes the next word on an alert.
    pub(super) fn take(&mut self, alert: Alert) {
        if alert.change() == Change::Withdrawn {
            self.standing.remove(&alert.id);
            return;
        }
        let at = alert.at.and_then(|at| Timestamp::from_parts(at.seconds, at.nanos));
        let raised_at = match self.standing.get(&alert.id) {
            Some((raised_at, _)) => *raised_at,
            None => at.unwrap_or_default(),
        };
        self.standing.insert(alert.id.clone(), (raised_at, alert));
    }

    /// Prints the `rows_max` gravest of each kind; 0 are all.
    pub(super) fn print(
        &self,
        out: &mut impl Write,
        rows_max: usize,
        registered: (RegistryView<'_>, Timestamp),
    ) -> io::Result<()> {
        writeln!(out)?;
        if self.are_none() {
            return writeln!(out, "没有未解除的预警 no alert stands");
        }
        writeln!(
            out,
            "未解除的预警 Standing alerts (C 严重 critical · H 高 high · M 中 medium · L 低 low · I 提示 notice)"
        )?;
        for subject in [Subject::Parcel, Subject::Outlet] {
            let of_kind = self.standing.values().filter(|(_, alert)| alert.subject() == subject);
            let mut alerts: Vec<&(Timestamp, Alert)> = of_kind.collect();
            alerts.sort_by_key(|(raised_at, alert)| (Reverse(alert.severity), *raised_at, &alert.id));
            let shown = if rows_max == 0 { alerts.len() } else { rows_max };
            for (raised_at, alert) in alerts.iter().take(shown) {
                writeln!(out, "  {raised_at}  {}", line(alert, registered))?;
            }
            let more = alerts.len().saturating_sub(shown);
            if more > 0 {
                writeln!(out, "  … 另有 {more} 条 {more} more, print all: --rows 0")?;
            }
        }
        Ok(())
    }
}

fn line(alert: &Alert, (registry, at): (RegistryView<'_>, Timestamp)) -> String {
    let letter = match alert.severity() {
        Severity::Unspecified => '-',
        Severity::Info => 'I',
        Severity::Low => 'L',
        Severity::Medium => 'M',
        Severity::High => 'H',
        Severity::Critical => 'C',
    };
    let (brand, outlet) = (&alert.brand, &alert.outlet);
    let about = if alert.subject() == Subject::Parcel {
        let first = if alert.police_first {
            " · 先报公安 police first"
        } else {
            ""
        };
        format!("{brand}:{} {}{first}", alert.waybill, alert.site)
    } else {
        let name = site_name(registry, brand, outlet, at);
        let name = format!("{brand} {outlet} {name}");
        let values = alert.values.iter().map(|(name, value)| format!("{name} {value}"));
        let values: Vec<String> = values.collect();
        format!("{} {} ({})", name.trim_end(), alert.day, values.join(", "))
    };
    format!(
        "{:<22} {letter} {} · {} · {about}",
        alert.rule, alert.title_zh, alert.title_en
    )
}
