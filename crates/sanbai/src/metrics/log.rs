//! Metrics of the log and of the intake.

use sanbai_gateway::Gauge;

use super::{Page, Watched};

pub(super) fn write(page: &mut Page, watched: &Watched) {
    let health = watched.log.health();
    let stalled = health.stalled.as_ref().map_or(0, |stall| {
        let since = watched.clock.now().since(stall.since);
        since.whole_seconds().max(0)
    });
    page.one("sanbai_log_free_bytes", health.free_bytes);
    page.one("sanbai_log_disk_bytes", health.total_bytes);
    page.one("sanbai_log_free_ratio", health.free_share);
    page.one("sanbai_log_intake_stopped", u8::from(health.intake_stopped));
    page.one("sanbai_log_stalled_seconds", stalled);
    page.one("sanbai_log_queued_bytes", health.queued_bytes);
    page.one("sanbai_log_queued_messages", health.queued_messages);
    page.one("sanbai_log_bytes", health.log_bytes);
    page.one("sanbai_log_damaged_offsets", health.damaged_offsets);

    let counts = watched.intake.counts();
    let mut family = page.family("sanbai_intake_requests_total");
    for (class, name) in [(2, "2xx"), (3, "3xx"), (4, "4xx"), (5, "5xx")] {
        family.put(&[name], counts.answers(class));
    }
    page.one("sanbai_intake_accepted_events_total", counts.accepted());
    let mut family = page.family("sanbai_intake_refused_events_total");
    for (code, count) in counts.refused() {
        family.put(&[code.as_str()], count);
    }
    let mut family = page.family("sanbai_intake_turned_away_requests_total");
    for (why, count) in counts.turned_away() {
        family.put(&[why.as_str()], count);
    }
    page.one("sanbai_intake_body_bytes_total", counts.body_bytes());
    page.one("sanbai_intake_closed_connections_total", counts.connections_closed());
    page.one("sanbai_intake_connections", counts.now(Gauge::Connections));
    page.one("sanbai_intake_requests_under_way", counts.now(Gauge::Requests));
}
