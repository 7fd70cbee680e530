//! Reading the configuration again while the daemon runs: all of it, or nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use sanbai_gateway::Intake;
use serde_json::{Value, json};
use toml::{Table, Value as Toml};

use crate::config::{Config, Flags};
use crate::daemon::{self, Daemon};
use crate::exit::Exit;
use crate::logging::Filter;
use crate::metrics::Metrics;
use crate::orders::Failure;

/// What changes while the daemon runs; everything else needs a restart.
const LIVE: [&str; 2] = ["intake.sources", "logging.filter"];

/// Reads the configuration again.
pub(crate) struct Reloader {
    flags: Flags,
    /// What was read last.
    current: Mutex<Config>,
    intake: Arc<Intake>,
    http: SocketAddr,
    filter: Filter,
    metrics: Arc<Metrics>,
}

impl Reloader {
    pub(crate) fn new(flags: Flags, daemon: &Daemon, filter: Filter) -> Self {
        Self {
            flags,
            current: Mutex::new(daemon.config.clone()),
            intake: Arc::clone(&daemon.intake),
            http: daemon.http,
            filter,
            metrics: Arc::clone(&daemon.metrics),
        }
    }

    /// Reads it again. Who may send, their tokens and what is logged change at once; what else differs from the
    /// configuration with which the daemon was started is named.
    ///
    /// # Errors
    /// What is wrong with it; then nothing changed.
    pub(crate) fn reload(&self) -> Result<Value, Failure> {
        let reloaded = self.try_reload();
        self.metrics.config_was_read(reloaded.is_ok());
        match &reloaded {
            Ok(done) => tracing::info!(%done, "the configuration was read again"),
            Err(failure) => tracing::error!(
                detail = failure.detail,
                "the configuration is wrong, and the one before stays"
            ),
        }
        reloaded
    }

    fn try_reload(&self) -> Result<Value, Failure> {
        let wrong = |detail: String| Failure::new(Exit::Configuration, "config_invalid", detail);
        let config = Config::load(&self.flags).map_err(|error| wrong(format!("{error:#}")))?;
        let sources = daemon::sources(&config.intake.sources).map_err(|error| wrong(format!("{error:#}")))?;
        sources
            .may_listen_on(self.http)
            .map_err(|error| wrong(format!("intake.sources: {error}")))?;
        let filter = Filter::parse(&config.logging.filter).map_err(|error| wrong(format!("{error:#}")))?;
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, after) = (flat(&current), flat(&config));
        // From here on nothing fails.
        self.intake.replace_sources(sources);
        self.filter.replace(filter);
        let differs = |key: &&String| before.get(*key) != after.get(*key);
        let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let needs_restart: Vec<&String> = keys
            .into_iter()
            .filter(differs)
            .filter(|key| !LIVE.iter().any(|live| key.starts_with(live)))
            .collect();
        let done = json!({
            "sources": config.intake.sources.len(),
            "filter": config.logging.filter,
            "needsRestart": needs_restart,
        });
        // What needs a restart is named each time, so what it is held against stays.
        current.intake.sources = config.intake.sources;
        current.logging.filter = config.logging.filter;
        Ok(done)
    }
}

/// The values of a configuration by their keys; secrets are masked.
fn flat(config: &Config) -> BTreeMap<String, String> {
    let table = config.to_toml().ok().and_then(|text| text.parse::<Table>().ok());
    let mut all = BTreeMap::new();
    for (section, values) in table.unwrap_or_default() {
        match values {
            Toml::Table(values) => {
                for (key, value) in values {
                    all.insert(format!("{section}.{key}"), value.to_string());
                }
            }
            value => {
                all.insert(section, value.to_string());
            }
        }
    }
    all
}
