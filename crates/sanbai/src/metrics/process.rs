//! Metrics of the process.

use std::sync::atomic::Ordering;

use sanbai_core::shard::input::Behaviour;
use sanbai_engine::node::TaskStatus;
use sanbai_gateway::Gauge;

use super::{Metrics, Page};

pub(super) fn write(page: &mut Page, metrics: &Metrics, tasks: &[TaskStatus]) {
    let behaviour = Behaviour::CURRENT.0.to_string();
    page.family("sanbai_build_info")
        .put(&[env!("CARGO_PKG_VERSION"), &behaviour], 1);
    page.one("sanbai_start_timestamp_seconds", metrics.started_at.to_parts().0);
    page.one("sanbai_uptime_seconds", metrics.started.elapsed().as_secs_f64());
    memory(page, metrics, tasks);
    let is_right = metrics.config_is_right.load(Ordering::Relaxed);
    page.one("sanbai_config_last_reload_successful", u8::from(is_right));
    let read_at = metrics.config_read_at.load(Ordering::Relaxed);
    page.one("sanbai_config_last_reload_success_timestamp_seconds", read_at);
}

fn memory(page: &mut Page, metrics: &Metrics, tasks: &[TaskStatus]) {
    let parcels = tasks.iter().filter_map(|task| task.parcels);
    let (open, retired) = parcels.fold((0, 0), |(open, retired), parcels| {
        (open + parcels.bytes.0, retired + parcels.bytes.1)
    });
    let watched = &metrics.watched;
    let mut family = page.family("sanbai_memory_bytes");
    family.put(&["open_parcels"], open);
    family.put(&["retired_parcels"], retired);
    family.put(&["log_queue"], watched.log.health().queued_bytes());
    family.put(&["intake_bodies"], watched.intake.counts().now(Gauge::Bytes));
    let mut family = page.family("sanbai_resident_memory_bytes");
    if let Some(bytes) = resident() {
        family.put(&[], bytes);
    }
}

/// Memory of the process as Linux tells it; elsewhere nobody does.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}
