//! The small bridge: an intake of our own, from which events go straight onto the brokers.
//!
//! It is the intake of the daemon, on a port of this machine that only this process knows the token of: what it refuses, a
//! daemon refuses, and what leaves it holds no ID number, phone number or name.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use sanbai_core::shard::input::Tick;
use sanbai_engine::any::AnyLog;
use sanbai_engine::kafka::{Choice, KafkaLog};
use sanbai_engine::parcel::control_message;
use sanbai_gateway::{Intake, Known, Parts, Settings, SourceToken, Sources};
use sanbai_wire::control::Control;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::client::Target;
use crate::config::{Config, Flags};
use crate::daemon::{self, close, keys, open_kafka};
use crate::exit::{Exit, Sysexit};

/// The intake, and where it is.
pub(super) struct Bridge {
    log: AnyLog,
    runtime: Runtime,
    stopping: watch::Sender<bool>,
    serving: JoinHandle<std::io::Result<()>>,
    target: Target,
    token: String,
}

impl Bridge {
    /// Starts it.
    ///
    /// # Errors
    /// Where the configuration is wrong, brokers do not answer, or topics are missing.
    pub(super) fn start(flags: &Flags, source: &str) -> anyhow::Result<Self> {
        let wrong = |error| Sysexit::wrap(Exit::Configuration, error);
        let config = Config::load(flags).map_err(wrong)?;
        let mut settings = config
            .kafka
            .settings()
            .map_err(wrong)?
            .ok_or_else(|| wrong(anyhow!("kafka.brokers: names none")))?;
        settings.assignment = Choice::List {
            parcels: Vec::new(),
            scopes: Vec::new(),
        };
        let keys = keys::load(&config.key_file()).map_err(wrong)?;
        let clock = config.clock().map_err(wrong)?;
        let kafka = open_kafka(settings, clock)?;
        let token = random()?;
        let known = SourceToken::new(&token).map_err(|error| anyhow!("the token of the bridge: {error}"))?;
        let sources = Sources::new([(source, known)]).map_err(|error| wrong(anyhow!("--source: {error}")))?;
        let log = AnyLog::Kafka(kafka.clone());
        let intake = intake(&log, kafka, clock, keys, sources)?;
        let runtime = daemon::runtime()?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = daemon::bind(&runtime, address, "the bridge")?;
        let address = listener.local_addr().context("the bridge has no address")?;
        let target = format!("http://{address}")
            .parse()
            .map_err(|error: String| anyhow!(error))?;
        let (stopping, stop) = watch::channel(false);
        let serving = runtime.spawn(sanbai_gateway::serve(listener, intake, daemon::told_to_stop(stop)));
        Ok(Self {
            log,
            runtime,
            stopping,
            serving,
            target,
            token,
        })
    }

    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Stops it; everything that was answered is on the brokers.
    ///
    /// # Errors
    /// Where it failed meanwhile.
    pub(super) fn close(self) -> anyhow::Result<()> {
        self.stopping.send_replace(true);
        let served = self.runtime.block_on(self.serving);
        served
            .context("the bridge had panicked")?
            .context("the bridge had failed")?;
        close(self.log)
    }
}

fn intake(
    log: &AnyLog,
    kafka: KafkaLog,
    clock: sanbai_engine::clock::Clock,
    keys: sanbai_wire::TokenKeys,
    sources: Sources,
) -> anyhow::Result<Arc<Intake>> {
    let registry = log.registry();
    let registry = registry.map_err(|error| {
        let cannot = anyhow!("the registry cannot be read: {error:?}");
        Sysexit::wrap(Exit::Unavailable, cannot)
    })?;
    let rules = Arc::new(registry.registry().rules().clone());
    let up_to = registry.next();
    // Behind such a tick every shard knows what is known here: what is accepted here is not refused there.
    let tick = Control::Tick(Tick {
        time: clock.now(),
        registry_offset: up_to,
        reset: false,
        recorded_at: clock.now(),
    });
    let partitions = 0..log.layout().parcels;
    daemon::append(
        log,
        partitions.map(|partition| control_message(partition, &tick)).collect(),
    )
    .map_err(|error| Sysexit::wrap(Exit::Unavailable, error))?;
    let knows = move || Known {
        rules: Arc::clone(&rules),
        up_to,
    };
    Ok(Intake::new(Parts {
        append: Arc::new(kafka),
        layout: log.layout(),
        clock,
        keys,
        knows: Arc::new(knows),
        sources,
        settings: Settings::default(),
    }))
}

/// A token that nobody can guess.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no random token can be had: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
