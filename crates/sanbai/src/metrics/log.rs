//! Metrics of the log and of the intake.

use std::fmt::Display;

use sanbai_engine::any::Health;
use sanbai_engine::kafka::KafkaHealth;
use sanbai_engine::local::LogHealth;
use sanbai_gateway::Gauge;

use super::{Page, Watched};

pub(super) fn write(page: &mut Page, watched: &Watched) {
    let (disk, kafka) = match watched.log.health() {
        Health::Local(disk) => (Some(disk), None),
        Health::Kafka(kafka) => (None, Some(kafka)),
    };
    write_disk(page, watched, disk.as_ref());
    write_kafka(page, kafka.as_ref());
    write_intake(page, watched);
}

/// A metric of a log that there may not be: then it has no sample.
fn one(page: &mut Page, name: &str, value: Option<impl Display>) {
    let mut family = page.family(name);
    if let Some(value) = value {
        family.put(&[], value);
    }
}

fn write_disk(page: &mut Page, watched: &Watched, disk: Option<&LogHealth>) {
    let stalled = disk.map(|disk| {
        let stall = disk.stalled.as_ref();
        stall.map_or(0, |stall| {
            let since = watched.clock.now().since(stall.since);
            since.whole_seconds().max(0)
        })
    });
    one(page, "sanbai_log_free_bytes", disk.map(|disk| disk.free_bytes));
    one(page, "sanbai_log_disk_bytes", disk.map(|disk| disk.total_bytes));
    one(page, "sanbai_log_free_ratio", disk.map(|disk| disk.free_share));
    let stopped = disk.map(|disk| u8::from(disk.intake_stopped));
    one(page, "sanbai_log_intake_stopped", stopped);
    one(page, "sanbai_log_stalled_seconds", stalled);
    one(page, "sanbai_log_queued_bytes", disk.map(|disk| disk.queued_bytes));
    one(
        page,
        "sanbai_log_queued_messages",
        disk.map(|disk| disk.queued_messages),
    );
    one(page, "sanbai_log_bytes", disk.map(|disk| disk.log_bytes));
    one(
        page,
        "sanbai_log_damaged_offsets",
        disk.map(|disk| disk.damaged_offsets),
    );
}

fn write_kafka(page: &mut Page, kafka: Option<&KafkaHealth>) {
    let down = kafka.map(|kafka| kafka.down.as_ref().map_or(0, |(down, _)| down.as_secs()));
    one(page, "sanbai_kafka_down_seconds", down);
    let mut family = page.family("sanbai_kafka_assigned_partitions");
    if let Some(kafka) = kafka {
        family.put(&["parcel"], kafka.ours.0);
        family.put(&["scope"], kafka.ours.1);
    }
    one(
        page,
        "sanbai_kafka_rebalances_total",
        kafka.map(|kafka| kafka.rebalances),
    );
    one(
        page,
        "sanbai_kafka_lost_assignments_total",
        kafka.map(|kafka| kafka.lost),
    );
    one(
        page,
        "sanbai_kafka_rewound_records_total",
        kafka.map(|kafka| kafka.rewinds),
    );
    one(page, "sanbai_kafka_gaps_total", kafka.map(|kafka| kafka.gaps));
    one(page, "sanbai_kafka_sheds_total", kafka.map(|kafka| kafka.sheds));
    one(page, "sanbai_kafka_stuck_partitions", kafka.map(|kafka| kafka.stuck));
    one(page, "sanbai_kafka_read_bytes", kafka.map(|kafka| kafka.read_bytes));
    one(page, "sanbai_kafka_outside_bytes", kafka.map(|kafka| kafka.outside.0));
    one(
        page,
        "sanbai_kafka_outside_messages",
        kafka.map(|kafka| kafka.outside.1),
    );
    let mut family = page.family("sanbai_kafka_errors_total");
    for (error, count) in kafka.iter().flat_map(|kafka| &kafka.errors) {
        family.put(&[error], count);
    }
}

fn write_intake(page: &mut Page, watched: &Watched) {
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
