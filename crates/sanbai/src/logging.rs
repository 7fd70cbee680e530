//! What the daemon says of itself, to standard error.

use anyhow::{Context as _, anyhow};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{Format, Logging};

/// Changes what is said while the process runs.
pub(crate) struct Filter(Box<dyn Fn(EnvFilter) + Send + Sync>);

impl Filter {
    /// Reads a filter as the configuration writes it.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn parse(text: &str) -> anyhow::Result<EnvFilter> {
        EnvFilter::try_new(text).context("logging.filter")
    }

    /// From now on this is said.
    pub(crate) fn replace(&self, filter: EnvFilter) {
        (self.0)(filter);
    }
}

/// Starts it, once a process.
pub(crate) fn start(logging: &Logging) -> anyhow::Result<Filter> {
    let filter = Filter::parse(&logging.filter)?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let (started, filter): (_, Box<dyn Fn(EnvFilter) + Send + Sync>) = match logging.format {
        Format::Text => {
            let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
            let lines = lines.with_ansi(is_terminal).with_filter_reloading();
            let handle = lines.reload_handle();
            // It fails only where nothing is logged any more.
            (lines.try_init(), Box::new(move |filter| drop(handle.reload(filter))))
        }
        Format::Json => {
            let lines = lines.json().flatten_event(true).with_filter_reloading();
            let handle = lines.reload_handle();
            (lines.try_init(), Box::new(move |filter| drop(handle.reload(filter))))
        }
    };
    started.map_err(|error| anyhow!("{error}"))?;
    Ok(Filter(filter))
}
