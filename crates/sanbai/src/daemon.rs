//! The daemon: log, snapshots, shards and intake in one process.

mod keeper;
pub(crate) mod keys;

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sanbai_core::registry::Registry;
use sanbai_core::shard::input::Behaviour;
use sanbai_engine::any::AnyLog;
use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::{KafkaLog, KafkaOpenError, KafkaSettings};
use sanbai_engine::local::{self, LocalLog, LocalSettings, OpenError, Retention};
use sanbai_engine::log::{Append as _, Message};
use sanbai_engine::node::{Node, NodeSettings};
use sanbai_engine::objects::{BucketError, Objects};
use sanbai_engine::parcel::ParcelSettings;
use sanbai_gateway::{Intake, Known, Parts, Settings, SourceToken, Sources};
use sanbai_wire::{RawValues, TokenKeys};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::config::{Config, SnapshotStore, SourceConfig, read_secret};
use crate::exit::{Exit, Sysexit};
use crate::metrics::{self, Metrics, Watched};

/// Threads for requests; judging has its own.
const REQUEST_THREADS: usize = 2;

/// How long brokers may take at the end to acknowledge what was handed over.
const CLOSE: Duration = Duration::from_secs(10);

/// How long shards may take at the end to apply what is there.
const DRAIN: Duration = Duration::from_secs(3);

/// How long a snapshot that is being written may take at the end.
const SNAPSHOT: Duration = Duration::from_secs(3);

/// A running daemon.
pub(crate) struct Daemon {
    pub(crate) config: Config,
    pub(crate) log: AnyLog,
    pub(crate) objects: Objects,
    pub(crate) node: Arc<Node>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) clock: Clock,
    /// Where the intake listens.
    pub(crate) http: SocketAddr,
    pub(crate) metrics: Arc<Metrics>,
    /// Where `/metrics`, `/livez` and `/readyz` are.
    pub(crate) metrics_at: SocketAddr,
    pub(crate) runtime: Runtime,
    keeper: keeper::Keeper,
    /// Held as long as the daemon runs, where the log is on brokers: nobody else uses the directory.
    _lock: Option<File>,
    /// Says when it is to stop.
    stopping: watch::Sender<bool>,
    /// The intake, until its last answer.
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    telling: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// The log alone, as commands open it where no daemon runs.
pub(crate) fn open_log(config: &Config, clock: Clock) -> anyhow::Result<AnyLog> {
    let settings = config
        .kafka
        .settings()
        .map_err(|error| Sysexit::wrap(Exit::Configuration, error))?;
    match settings {
        Some(settings) => Ok(AnyLog::Kafka(open_kafka(settings, clock)?)),
        None => Ok(AnyLog::Local(open_local(config, clock)?)),
    }
}

/// The log on brokers.
pub(crate) fn open_kafka(settings: KafkaSettings, clock: Clock) -> anyhow::Result<KafkaLog> {
    KafkaLog::open(settings, clock).map_err(|error| kafka_error(&error))
}

/// Why brokers or topics cannot be used, with the exit code that says so.
pub(crate) fn kafka_error(error: &KafkaOpenError) -> anyhow::Error {
    let exit = match error {
        KafkaOpenError::Setting(_) => Exit::Configuration,
        KafkaOpenError::Unavailable(_) => Exit::Unavailable,
        KafkaOpenError::Missing(_) | KafkaOpenError::Partitions { .. } => Exit::Data,
    };
    Sysexit::wrap(exit, anyhow!("{error}"))
}

/// Locks the data directory, where the log does not do it.
fn lock_directory(config: &Config) -> anyhow::Result<Option<File>> {
    if config.kafka.brokers.is_none() {
        return Ok(None);
    }
    let locked = local::lock_directory(&config.data.directory);
    locked.map(Some).map_err(directory_error)
}

fn directory_error(error: OpenError) -> anyhow::Error {
    let exit = match error {
        OpenError::Locked { .. } => Exit::TemporaryFailure,
        OpenError::Io { .. } => Exit::InputOutput,
        _ => Exit::Data,
    };
    Sysexit::wrap(exit, anyhow!(error).context("cannot open the data directory"))
}

/// How long what is on topics is kept.
pub(crate) fn retention(config: &Config) -> Retention {
    let outputs = config.data.keep_outputs.get();
    Retention {
        parcel_events: Some(config.data.keep_events.get()),
        registry: None,
        sightings: Some(outputs.min(Duration::from_secs(7 * 86_400))),
        verdicts: Some(outputs),
        alerts: Some(outputs * 3),
        compliance: Some(outputs),
        rejects: Some(outputs * 3),
    }
}

fn open_local(config: &Config, clock: Clock) -> anyhow::Result<LocalLog> {
    let data = &config.data;
    let settings = LocalSettings {
        parcels: data.parcel_partitions,
        scopes: data.scope_partitions,
        free_min: data.free_min,
        retention: retention(config),
        ..LocalSettings::default()
    };
    LocalLog::open(&data.directory, &settings, clock).map_err(directory_error)
}

/// The threads for requests.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(REQUEST_THREADS)
        .thread_name("requests")
        .enable_all()
        .build()
        .context("cannot start the threads for requests")
        .map_err(|error| Sysexit::wrap(Exit::InputOutput, error))
}

impl Daemon {
    /// Starts everything.
    ///
    /// # Errors
    /// What could not be started, with the exit code that says so.
    pub(crate) fn start(config: Config, clock: Clock, runtime: Runtime) -> anyhow::Result<Self> {
        let lock = lock_directory(&config)?;
        let log = open_log(&config, clock)?;
        let keys = keys::load_or_make(&config.key_file()).map_err(|error| Sysexit::wrap(Exit::Configuration, error))?;
        let objects = objects(&config, &runtime)?;
        test_bucket(&config, &objects)?;
        let settings = node_settings(&config, keys.clone());
        let node = Node::start(&log, &objects, Registry::default(), clock, &settings)
            .context("cannot start the shards")
            .map_err(|error| Sysexit::wrap(Exit::InputOutput, error))?;
        let node = Arc::new(node);
        let intake = intake(&config, &log, &node, clock, keys)?;
        let listener = bind(&runtime, config.intake.address, "intake.address")?;
        let http = listener.local_addr().context("the intake has no address")?;
        let (stopping, stop) = watch::channel(false);
        let serving = runtime.spawn(sanbai_gateway::serve(listener, Arc::clone(&intake), told_to_stop(stop)));
        let listener = bind(&runtime, config.metrics.address, "metrics.address")?;
        let metrics_at = listener.local_addr().context("the metrics have no address")?;
        let watched = Watched {
            node: Arc::clone(&node),
            log: log.clone(),
            objects: objects.clone(),
            intake: Arc::clone(&intake),
            clock,
        };
        let metrics = Metrics::new(watched, config.metrics.clone());
        let telling = metrics::serve(listener, Arc::clone(&metrics), told_to_stop(stopping.subscribe()));
        let telling = runtime.spawn(telling);
        let keeper = keeper::Keeper::start(log.clone(), Arc::clone(&node))?;
        Ok(Self {
            config,
            log,
            objects,
            node,
            intake,
            clock,
            http,
            metrics,
            metrics_at,
            runtime,
            keeper,
            _lock: lock,
            stopping,
            serving,
            telling,
        })
    }

    /// Finishes the requests under way, stops the shards and makes durable what they sent.
    ///
    /// # Errors
    /// Where something could not be written in the end. What was acknowledged is durable all the same.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.stopping.send_replace(true);
        let served = self.runtime.block_on(self.serving);
        served
            .context("the intake had panicked")?
            .context("the intake had failed")?;
        self.runtime
            .block_on(self.telling)
            .context("the metrics had panicked")?
            .context("the metrics had failed")?;
        // They hold the log, too.
        drop(self.metrics);
        self.keeper.stop();
        // A disk that cannot be written is not waited for twice: closing the log does.
        let is_stalled = self.log.waiting().0.is_some();
        let drain = if is_stalled { Duration::ZERO } else { DRAIN };
        if !self.node.stop(&self.log, drain) {
            tracing::warn!("not everything was applied in time: the rest is applied at the next start");
        }
        if let (Some(reason), bytes, messages) = self.log.waiting() {
            tracing::error!(
                reason,
                messages,
                bytes,
                "the log cannot be written: what waits for it is tried for 10 s more"
            );
        }
        let closed = close(self.log);
        // The kernel lets no process end that waits for its disk: better to wait here, and to say so.
        if !self.objects.rest(SNAPSHOT) {
            tracing::warn!("a snapshot is still being written: it is left, and taken again after the next start");
        }
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        closed
    }
}

/// Closes a log: what was handed over becomes durable.
///
/// # Errors
/// Where something did not, for 10 s.
pub(crate) fn close(log: AnyLog) -> anyhow::Result<()> {
    match log {
        AnyLog::Local(log) => log
            .close()
            .map_err(|left| Sysexit::wrap(Exit::InputOutput, anyhow!(left))),
        AnyLog::Kafka(log) => match log.close(CLOSE) {
            0 => Ok(()),
            left => {
                let detail = anyhow!("{left} messages were not acknowledged by the brokers");
                Err(Sysexit::wrap(Exit::Unavailable, detail))
            }
        },
    }
}

/// Where snapshots are.
///
/// # Errors
/// Where they cannot be opened.
pub(crate) fn objects(config: &Config, runtime: &Runtime) -> anyhow::Result<Objects> {
    let wrong = |error| Sysexit::wrap(Exit::Configuration, error);
    let handle = runtime.handle().clone();
    match config.snapshot_store().map_err(wrong)? {
        SnapshotStore::Directory(directory) => Objects::local(&directory, handle)
            .with_context(|| format!("cannot open the snapshots in {}", directory.display()))
            .map_err(|error| Sysexit::wrap(Exit::InputOutput, error)),
        SnapshotStore::Bucket(settings) => Objects::bucket(&settings, handle)
            .context("snapshots.s3: cannot be used")
            .map_err(wrong),
    }
}

/// Whether the bucket of the snapshots does what it must, where they are in one.
fn test_bucket(config: &Config, objects: &Objects) -> anyhow::Result<()> {
    if config.snapshots.s3.is_none() {
        return Ok(());
    }
    let Err(error) = objects.self_test() else { return Ok(()) };
    let (exit, what) = match &error {
        BucketError::Refuses(_) => (Exit::Configuration, "look at snapshots.url and snapshots.s3"),
        BucketError::Unavailable(_) => (Exit::Unavailable, "look at snapshots.s3.endpoint, and at the store"),
    };
    Err(Sysexit::wrap(exit, anyhow!("snapshots: {error}; {what}")))
}

/// Appends messages, and waits until they are durable.
///
/// # Errors
/// Where the log does not take them.
pub(crate) fn append(log: &AnyLog, messages: Vec<Message>) -> anyhow::Result<()> {
    let (done, durable) = std::sync::mpsc::sync_channel(1);
    let told = Box::new(move |delivery| {
        // Whoever does not wait any more need not know.
        done.send(delivery).ok();
    });
    log.append(messages, told)
        .map_err(|busy| anyhow!("the log takes nothing now: {busy:?}"))?;
    let delivered = durable.recv().context("the log is closed")?;
    delivered.map_err(|_| anyhow!("the log did not keep it"))
}

/// Binds a listener, with the key of the configuration that names its address.
pub(crate) fn bind(runtime: &Runtime, address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    let bound = runtime.block_on(TcpListener::bind(address));
    bound
        .with_context(|| format!("{key}: cannot listen on {address}"))
        .map_err(|error| Sysexit::wrap(Exit::Unavailable, error))
}

/// Waits until told to stop.
pub(crate) async fn told_to_stop(mut stop: watch::Receiver<bool>) {
    // Where nobody is left who could tell, it is over, too.
    drop(stop.wait_for(|stop| *stop).await);
}

fn node_settings(config: &Config, keys: TokenKeys) -> NodeSettings {
    let parcel = ParcelSettings {
        keys,
        raw_values: RawValues::Forbid,
        profile: None,
        behaviour: Behaviour::CURRENT,
    };
    let mut settings = NodeSettings::new(parcel);
    settings.recovery = config.snapshots.recovery.get();
    settings.snapshot_at_most = config.snapshots.at_most_every.get();
    settings.snapshots_kept = config.snapshots.kept;
    settings.workers = config.node.workers.unwrap_or(settings.workers);
    settings.batch_max = config.node.batch_max.unwrap_or(settings.batch_max);
    settings.summary.outlets_max = config.metrics.outlets_max;
    settings.summary.couriers_max = config.metrics.couriers_max;
    settings
}

fn intake(
    config: &Config,
    log: &AnyLog,
    node: &Arc<Node>,
    clock: Clock,
    keys: TokenKeys,
) -> anyhow::Result<Arc<Intake>> {
    let sources = sources(&config.intake.sources).map_err(|error| Sysexit::wrap(Exit::Configuration, error))?;
    let wrong = |error| Sysexit::wrap(Exit::Configuration, anyhow!("intake.address: {error}"));
    sources.may_listen_on(config.intake.address).map_err(wrong)?;
    let node = Arc::clone(node);
    let knows = move || Known {
        rules: node.rules(),
        up_to: node.registry_known_to_all(),
    };
    Ok(Intake::new(Parts {
        append: Arc::new(log.clone()),
        layout: log.layout(),
        clock,
        keys,
        knows: Arc::new(knows),
        sources,
        settings: Settings {
            body_bytes_max: config.intake.body_max,
            ..Settings::default()
        },
    }))
}

/// Who may send, as it is configured.
///
/// # Errors
/// What is wrong with a source, with its place.
pub(crate) fn sources(configured: &[SourceConfig]) -> anyhow::Result<Sources> {
    let mut sources = Vec::new();
    for (number, source) in configured.iter().enumerate() {
        let place = format!("intake.sources[{number}]");
        let text = match (&source.token, &source.token_file) {
            (Some(token), None) => token.clone(),
            (None, Some(path)) => read_secret(path).with_context(|| format!("{place}.token-file"))?,
            _ => return Err(anyhow!("{place}: wants either token or token-file")),
        };
        let token = SourceToken::new(text.trim()).map_err(|error| anyhow!("{place}: {error}"))?;
        sources.push((source.name.as_str(), token));
    }
    Sources::new(sources).map_err(|error| anyhow!("intake.sources: {error}"))
}
