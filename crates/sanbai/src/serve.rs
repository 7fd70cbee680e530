//! `sanbai serve`: the daemon on one box.

mod deadline;

use std::sync::Arc;

use anyhow::Context as _;
use sd_notify::NotifyState;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::Outcome;
use crate::config::{Config, Flags};
use crate::daemon::{self, Daemon};
use crate::exit::{Exit, Sysexit};
use crate::logging;
use crate::orders::server::Server;
use crate::reload::Reloader;
use crate::watchdog;
use deadline::Deadline;

const EXAMPLES: &str = "\
Examples:
  sanbai serve --data-dir data
  sanbai serve --config /etc/sanbai.toml
SIGTERM and SIGINT stop it in order: requests under way are answered, what was sent is made durable; after 25 s it ends.
SIGHUP, or `sanbai reload`, reads the configuration again.
Exit codes: 0 stopped in order, 64 usage, 65 stored data, 69 unavailable, 70 internal, 74 disk, 75 locked, 78 configuration.";

/// Run the daemon: take events, judge, count, alert
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: Flags,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let config = Config::load(&arguments.flags).map_err(|error| Sysexit::wrap(Exit::Configuration, error))?;
    let filter = logging::start(&config.logging).map_err(|error| Sysexit::wrap(Exit::Configuration, error))?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let clock = config
        .clock()
        .map_err(|error| Sysexit::wrap(Exit::InputOutput, error))?;
    let runtime = daemon::runtime()?;
    // Before anything starts: whoever tells it to stop meanwhile is heard.
    let deadline = Deadline::default();
    let signals = Signals::listen(&runtime, deadline.clone()).map_err(|error| Sysexit::wrap(Exit::Internal, error))?;
    let daemon = Daemon::start(config, clock, runtime)?;
    deadline.watch(&daemon);
    let reloader = Arc::new(Reloader::new(arguments.flags.clone(), &daemon, filter));
    let orders = Server::start(&daemon, Arc::clone(&reloader))?;
    daemon.runtime.spawn(reload_when_told(reloader));
    daemon.runtime.spawn(watchdog::tell(Arc::clone(&daemon.metrics)));
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        intake = %daemon.http,
        metrics = %daemon.metrics_at,
        data = %daemon.config.data.directory.display(),
        "started"
    );
    notify(&[NotifyState::Ready]);
    let name = daemon
        .runtime
        .block_on(signals.first())
        .unwrap_or("nobody listens for signals");
    notify(&[NotifyState::Stopping]);
    tracing::info!(signal = name, "stopping");
    orders.stop();
    daemon.stop()?;
    tracing::info!("stopped");
    Ok(Outcome::Clean)
}

/// Reads the configuration again at each SIGHUP.
async fn reload_when_told(reloader: Arc<Reloader>) {
    let mut told = match signal(SignalKind::hangup()) {
        Ok(told) => told,
        Err(error) => return tracing::error!(%error, "SIGHUP is not heard"),
    };
    while told.recv().await.is_some() {
        let reloader = Arc::clone(&reloader);
        // It says itself what became of it.
        let reload = tokio::task::spawn_blocking(move || drop(reloader.reload()));
        if reload.await.is_err() {
            tracing::error!("reading the configuration again had panicked");
        }
    }
}

/// Tells systemd, if it is there.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd was not told");
    }
}

/// Hears the signals that stop it, from before anything starts until the end.
struct Signals {
    first: oneshot::Receiver<&'static str>,
}

impl Signals {
    fn listen(runtime: &Runtime, deadline: Deadline) -> anyhow::Result<Self> {
        let _guard = runtime.enter();
        let listen = |kind| signal(kind).context("cannot listen for signals");
        let mut heard = Heard {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        };
        let (tell, first) = oneshot::channel();
        runtime.spawn(async move {
            let name = heard.next().await;
            deadline.begin();
            // Where it starts, nobody waits for it yet, and it is found later.
            tell.send(name).ok();
            heard.next().await;
            tracing::warn!("told twice: stopping at once");
            std::process::exit(i32::from(Exit::TemporaryFailure.code()));
        });
        Ok(Self { first })
    }

    /// The name of the first one, once it came.
    async fn first(self) -> Option<&'static str> {
        self.first.await.ok()
    }
}

struct Heard {
    terminate: Signal,
    interrupt: Signal,
}

impl Heard {
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
