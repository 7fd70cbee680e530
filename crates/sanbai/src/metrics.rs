//! What the daemon tells of itself: `/metrics` for Prometheus, `/livez` and `/readyz` for whoever starts and stops it.
//!
//! Everything that is told lies ready somewhere: on the board of the node, in the counts of the intake, in the health of the
//! log. A scrape copies it into text; it waits for no shard and no shard for it. Which metrics there are stands in
//! `data/metrics.toml`, once: for the exporter, for the page of the documentation, and for the tests that compare them.

mod health;
mod http;
mod log;
mod process;
mod rates;
mod table;
mod tasks;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use sanbai_core::time::Timestamp;
use sanbai_engine::any::AnyLog;
use sanbai_engine::clock::Clock;
use sanbai_engine::node::Node;
use sanbai_engine::objects::Objects;
use sanbai_gateway::Intake;

pub(crate) use http::serve;
pub(crate) use text::{Form, Page};

use crate::config;
use health::Check;

/// A worker that said nothing for so long is stuck.
const ALIVE_WITHIN: Duration = Duration::from_secs(60);

/// What is watched.
pub(crate) struct Watched {
    pub(crate) node: Arc<Node>,
    pub(crate) log: AnyLog,
    pub(crate) objects: Objects,
    pub(crate) intake: Arc<Intake>,
    pub(crate) clock: Clock,
}

/// Tells how the daemon is.
pub(crate) struct Metrics {
    watched: Watched,
    settings: config::Metrics,
    started: Instant,
    started_at: Timestamp,
    /// When the configuration was read without a mistake, in seconds since 1970, and whether it was the last time.
    config_read_at: AtomicI64,
    config_is_right: AtomicBool,
    /// Digits of places in labels: it only falls, so that series do not come and go.
    place_digits: AtomicU8,
}

impl Metrics {
    /// The configuration was just read.
    pub(crate) fn new(watched: Watched, settings: config::Metrics) -> Arc<Self> {
        let now = watched.clock.now();
        Arc::new(Self {
            watched,
            settings,
            started: Instant::now(),
            started_at: now,
            config_read_at: AtomicI64::new(now.to_parts().0),
            config_is_right: AtomicBool::new(true),
            place_digits: AtomicU8::new(rates::DISTRICT),
        })
    }

    /// Takes note that the configuration was read again, and whether it was right.
    pub(crate) fn config_was_read(&self, is_right: bool) {
        self.config_is_right.store(is_right, Ordering::Relaxed);
        if is_right {
            let now = self.watched.clock.now().to_parts().0;
            self.config_read_at.store(now, Ordering::Relaxed);
        }
    }

    /// Everything, as text.
    pub(crate) fn page(&self, form: Form) -> String {
        let started = Instant::now();
        let mut page = Page::new(form);
        let tasks = self.watched.node.tasks();
        rates::write(&mut page, &tasks, &self.settings, &self.place_digits);
        tasks::write(&mut page, &tasks, &self.watched);
        log::write(&mut page, &self.watched);
        process::write(&mut page, self, &tasks);
        page.one("sanbai_scrape_duration_seconds", started.elapsed().as_secs_f64());
        page.finish()
    }

    /// Whether it lives: if not, it is to be started again.
    pub(crate) fn lives(&self) -> Vec<Check> {
        let node = &self.watched.node;
        let health = self.watched.log.health();
        let runs = node.runs() && health.fatal().is_none();
        health::lives(runs, node.got_on(ALIVE_WITHIN), health.is_stalled())
    }

    /// Whether it is ready: if not, no events are to be sent to it.
    pub(crate) fn readiness(&self) -> Vec<Check> {
        health::ready(&self.watched.log.health(), &self.watched.node.tasks())
    }
}
