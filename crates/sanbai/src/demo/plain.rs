//! Plain lines, for pipes and files.

use std::io::Write as _;

use sanbai_core::rules::Duty;
use sanbai_core::time::Timestamp;
use sanbai_wire::proto::alert::{Alert, Change, Severity};

use super::picture::{Line, Picture};
use super::{Arguments, Shown, View, note, places};
use crate::daemon::Daemon;
use crate::output;
use crate::table::site_name;

/// Lines of each table at the end.
const LINES: usize = 10;

/// Prints a line for each hour, and each alert as it comes.
pub(super) struct Plain {
    hour: Option<i64>,
    told: u64,
}

impl Plain {
    pub(super) fn new(arguments: &Arguments, daemon: &Daemon) -> anyhow::Result<Self> {
        let mut out = output::answers();
        writeln!(
            out,
            "演示：{} 小时，每天 {} 件，{} 倍速 demonstration: {} hours, {} parcels a day, {} times as fast",
            arguments.hours, arguments.parcels, arguments.speed, arguments.hours, arguments.parcels, arguments.speed
        )?;
        out.flush()?;
        places(daemon).iter().for_each(|place| note(place));
        Ok(Self::silent())
    }

    /// One that has said nothing yet.
    pub(super) const fn silent() -> Self {
        Self { hour: None, told: 0 }
    }
}

impl View for Plain {
    fn show(&mut self, picture: &Picture, world: &Shown<'_>) -> anyhow::Result<bool> {
        let mut out = output::answers();
        let fresh = picture.news_total.saturating_sub(self.told);
        let fresh = usize::try_from(fresh).unwrap_or(usize::MAX).min(picture.news.len());
        for alert in picture.news.iter().take(fresh).rev() {
            writeln!(out, "  {}", alert_line(alert))?;
        }
        self.told = picture.news_total;
        let hour = world.now.to_parts().0.div_euclid(3_600);
        if self.hour != Some(hour) {
            self.hour = Some(hour);
            writeln!(out, "{}  {}", short(world.now), rates(picture))?;
        }
        out.flush()?;
        Ok(true)
    }

    fn close(self: Box<Self>, picture: &Picture, world: &Shown<'_>) -> anyhow::Result<()> {
        let mut out = output::answers();
        writeln!(out)?;
        writeln!(out, "结果 How it came out, {}", short(world.now))?;
        writeln!(out, "{}", rates(picture))?;
        let registry = world.daemon.node.registry();
        let name = |line: &Line| {
            let name = site_name(registry.registry().view(), &line.brand, &line.site, world.now);
            format!("{} {} {name} {}", line.brand, line.site, line.operator)
        };
        for (title, lines) in [
            ("网点 Outlets, the worst first", picture.outlets()),
            ("快递员 Couriers, the worst first", picture.couriers()),
        ] {
            writeln!(out)?;
            writeln!(out, "{title}")?;
            for line in lines.iter().take(LINES) {
                writeln!(out, "  {}  {}", of_counts(&line.counts), name(line).trim_end())?;
            }
        }
        writeln!(out)?;
        writeln!(out, "未解除的预警 Standing alerts: {}", picture.standing().count())?;
        let mut outcomes = sanbai_engine::ledger::Ledger::new();
        for task in world.daemon.node.tasks() {
            if task.parcels.is_some() {
                outcomes.add(&task.total);
            }
        }
        let words = outcomes
            .outcomes
            .iter()
            .map(|(what, count)| format!("{} {count}", what.as_str()));
        let words: Vec<String> = words.collect();
        writeln!(out, "事件 events {}: {}", outcomes.events, words.join(", "))?;
        out.flush()?;
        Ok(())
    }
}

fn short(time: Timestamp) -> String {
    let (_, month, day) = time.civil_day().ymd();
    format!("{month:02}-{day:02} {:02}:00", time.civil_hour())
}

/// The rates of everything together.
pub(super) fn rates(picture: &Picture) -> String {
    let whole = picture.whole();
    let alerts = picture.standing().count();
    format!("{} · 预警 alerts {alerts}", of_counts(&whole))
}

fn of_counts(counts: &sanbai_core::shard::compliance::Counts) -> String {
    let duties = Duty::ALL.map(|duty| {
        let (zh, en) = duty.title();
        format!("{zh} {en} {:>7}", counts.rate(duty))
    });
    format!("收寄 parcels {:>5} · {}", counts.parcels, duties.join(" · "))
}

/// One word on an alert.
pub(super) fn alert_line(alert: &Alert) -> String {
    let change = match alert.change() {
        Change::Unspecified => "",
        Change::Raised => "预警 raised",
        Change::Worsened => "加重 worsened",
        Change::Eased => "缓解 eased",
        Change::Withdrawn => "解除 withdrawn",
    };
    let severity = match alert.severity() {
        Severity::Unspecified => "",
        Severity::Info => "提示 notice",
        Severity::Low => "低 low",
        Severity::Medium => "中 medium",
        Severity::High => "高 high",
        Severity::Critical => "严重 critical",
    };
    let about = if alert.waybill.is_empty() {
        format!("{} {} {}", alert.brand, alert.site, alert.day)
    } else {
        format!("{}:{} {}", alert.brand, alert.waybill, alert.site)
    };
    let first = if alert.police_first {
        " · 先报公安 police first"
    } else {
        ""
    };
    let at = alert.at.and_then(|at| Timestamp::from_parts(at.seconds, at.nanos));
    let at = at.map_or(String::new(), |at| {
        let minute = at.to_parts().0.rem_euclid(3_600).div_euclid(60);
        format!("{:02}:{minute:02} ", at.civil_hour())
    });
    format!(
        "{at}{change} · {severity} · {} {} · {about}{first}",
        alert.title_zh, alert.title_en
    )
}
