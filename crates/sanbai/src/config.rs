//! The configuration of the daemon: one TOML file, then `SANBAI__…` of the environment, then flags.

mod duration;
mod kafka;
mod layers;
mod snapshots;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use std::time::SystemTime;

use anyhow::{Context as _, bail};
use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use duration::Duration;
pub(crate) use kafka::Kafka;
pub(crate) use layers::Flags;
pub(crate) use snapshots::{SnapshotStore, Snapshots};

/// Everything that can be configured. What is left out has the value that is right for most.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// The data directory and the log in it.
    pub(crate) data: Data,
    /// Snapshots of shards.
    pub(crate) snapshots: Snapshots,
    /// Where events are posted.
    pub(crate) intake: Intake,
    /// Where Prometheus reads, and whether the daemon is well.
    pub(crate) metrics: Metrics,
    /// The keys that make tokens of numbers, names and phones.
    pub(crate) tokens: Tokens,
    /// How the daemon runs.
    pub(crate) node: Node,
    /// What the daemon says of itself.
    pub(crate) logging: Logging,
    /// The brokers of Apache Kafka, if the log is there.
    pub(crate) kafka: Kafka,
    /// A time that runs faster than that of the machine, for rehearsals and tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rehearsal: Option<Rehearsal>,
}

/// A time that runs faster than that of the machine: what takes days is seen within minutes. Events are stamped with it,
/// so a data directory that was begun so is of no use for anything else.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rehearsal {
    /// What the time is at `since`, in seconds since 1970.
    pub(crate) start: u32,
    /// A moment by the clock of the machine, in milliseconds since 1970. Default: when the data directory was first used.
    /// A daemon that is started again goes on with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<u64>,
    /// How many times as fast it runs.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) speed: u32,
}

/// The data directory and the log in it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Data {
    /// Holds the log, the snapshots, the token key and the socket for commands.
    pub(crate) directory: PathBuf,
    /// Partitions of events; counts when the directory is made.
    #[schemars(range(min = 1, max = 4096))]
    pub(crate) parcel_partitions: u32,
    /// Partitions of sections; counts when the directory is made.
    #[schemars(range(min = 1, max = 4096))]
    pub(crate) scope_partitions: u32,
    /// Share of the disk that must be free, or no events are taken.
    #[schemars(range(min = 0.0, max = 0.9))]
    pub(crate) free_min: f64,
    /// How long events are kept.
    pub(crate) keep_events: Duration,
    /// How long verdicts, rows and sections are kept, and alerts and rejects three times as long.
    pub(crate) keep_outputs: Duration,
}

impl Default for Data {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("sanbai-data"),
            parcel_partitions: 4,
            scope_partitions: 1,
            free_min: 0.15,
            keep_events: Duration::days(14),
            keep_outputs: Duration::days(30),
        }
    }
}

/// Where events are posted.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Intake {
    /// Address and port. Beyond this machine only with sources.
    pub(crate) address: SocketAddr,
    /// Who may send. Without any, whoever is on this machine, as the source `local`.
    pub(crate) sources: Vec<SourceConfig>,
    /// Most bytes of a request.
    #[schemars(range(min = 1024, max = 16_777_216))]
    pub(crate) body_max: usize,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8480)),
            sources: Vec::new(),
            body_max: 1 << 20,
        }
    }
}

/// One that may send.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SourceConfig {
    /// Its name, which every event of it bears.
    pub(crate) name: String,
    /// Its token. Better in a file.
    #[serde(default, serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// A file that holds its token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_file: Option<PathBuf>,
}

impl std::fmt::Debug for SourceConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceConfig")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn masked<S: serde::Serializer>(token: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match token {
        Some(_) => serializer.serialize_str("********"),
        None => serializer.serialize_none(),
    }
}

/// Where Prometheus reads, and whether the daemon is well.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Metrics {
    /// Address and port of `/metrics`, `/livez`, `/readyz`.
    pub(crate) address: SocketAddr,
    /// Outlets with series of their own, the worst first: 36 series each.
    #[schemars(range(max = 2_000))]
    pub(crate) outlets_max: usize,
    /// Couriers with series of their own, the worst first: 36 series each.
    #[schemars(range(max = 2_000))]
    pub(crate) couriers_max: usize,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 9480)),
            outlets_max: 200,
            couriers_max: 200,
        }
    }
}

/// The keys that make tokens.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Tokens {
    /// A file of keys (docs/tokens.md). Default: `token-keys` in the data directory, made at the first start.
    pub(crate) key_file: Option<PathBuf>,
}

/// How the daemon runs.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Node {
    /// Threads that judge and count. Default: as many as there are processors.
    #[schemars(range(min = 1, max = 256))]
    pub(crate) workers: Option<usize>,
    /// Records that a shard applies at once. However a log is cut, the same comes of it. Default: 256.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) batch_max: Option<usize>,
}

/// What the daemon says of itself.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Logging {
    /// `text` or `json`.
    pub(crate) format: Format,
    /// What is said: a level, or a filter such as `info,sanbai_engine=debug`.
    pub(crate) filter: String,
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            format: Format::Text,
            filter: "info".to_owned(),
        }
    }
}

/// How lines of the daemon's log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Reads a file that holds a secret.
pub(crate) fn read_secret(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

impl Config {
    /// Reads the layers, and checks what they say together.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub(crate) fn load(flags: &Flags) -> anyhow::Result<Self> {
        let config: Self = layers::read(flags, std::env::vars())?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        let within = |path: &str, ok: bool, allowed: &str| {
            if ok {
                return Ok(());
            }
            bail!("{path}: out of range; allowed: {allowed}")
        };
        let partitions = 1..=4096;
        within(
            "data.parcel-partitions",
            partitions.contains(&self.data.parcel_partitions),
            "1 to 4096",
        )?;
        within(
            "data.scope-partitions",
            self.data.scope_partitions >= 1 && self.data.scope_partitions <= self.data.parcel_partitions,
            "1 to as many as data.parcel-partitions",
        )?;
        within("data.free-min", (0.0..=0.9).contains(&self.data.free_min), "0.0 to 0.9")?;
        within(
            "intake.body-max",
            (1 << 10..=16 << 20).contains(&self.intake.body_max),
            "1024 to 16777216",
        )?;
        within("metrics.outlets-max", self.metrics.outlets_max <= 2_000, "0 to 2000")?;
        within("metrics.couriers-max", self.metrics.couriers_max <= 2_000, "0 to 2000")?;
        within(
            "node.workers",
            self.node.workers.is_none_or(|workers| (1..=256).contains(&workers)),
            "1 to 256",
        )?;
        within(
            "node.batch-max",
            self.node
                .batch_max
                .is_none_or(|records| (1..=100_000).contains(&records)),
            "1 to 100000",
        )?;
        // What a snapshot needs must not be thrown away under it.
        let hour = Duration::hours(1);
        within(
            "data.keep-events",
            self.data.keep_events >= Duration::days(1) && self.data.keep_events >= self.snapshots.at_most_every,
            "at least 1d, and no less than snapshots.at-most-every",
        )?;
        within("data.keep-outputs", self.data.keep_outputs >= hour, "at least 1h")?;
        self.kafka.check(self)?;
        self.check_snapshots()
    }

    /// The clock of the process.
    ///
    /// # Errors
    /// Where a rehearsal does not say since when, and that cannot be read or written.
    pub(crate) fn clock(&self) -> anyhow::Result<Clock> {
        let Some(rehearsal) = self.rehearsal else {
            return Ok(Clock::SYSTEM);
        };
        let since = match rehearsal.since {
            Some(since) => since,
            None => self.first_use()?,
        };
        let since = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(since);
        let start = Timestamp::from_parts(rehearsal.start.into(), 0).unwrap_or_default();
        Ok(Clock::fast_since(since, start, rehearsal.speed))
    }

    /// When the data directory was first used for a rehearsal, in milliseconds since 1970.
    fn first_use(&self) -> anyhow::Result<u64> {
        let path = self.data.directory.join("rehearsal-since");
        if let Ok(text) = std::fs::read_to_string(&path) {
            return text
                .trim()
                .parse()
                .with_context(|| format!("{}: is no number", path.display()));
        }
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        std::fs::create_dir_all(&self.data.directory)
            .and_then(|()| std::fs::write(&path, now.to_string()))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(now)
    }

    /// The file of the token keys.
    pub(crate) fn key_file(&self) -> PathBuf {
        let given = self.tokens.key_file.clone();
        given.unwrap_or_else(|| self.data.directory.join("token-keys"))
    }

    /// The socket on which a running daemon takes commands.
    pub(crate) fn socket(directory: &Path) -> PathBuf {
        directory.join("sanbai.sock")
    }

    /// As TOML, secrets masked.
    ///
    /// # Errors
    /// Where it cannot be written as TOML, which is a fault of this program.
    pub(crate) fn to_toml(&self) -> anyhow::Result<String> {
        toml::to_string_pretty(self).context("cannot write the configuration as TOML")
    }

    /// The schema of the file, as JSON.
    ///
    /// # Errors
    /// Where it cannot be written as JSON, which is a fault of this program.
    pub(crate) fn schema() -> anyhow::Result<String> {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).context("cannot write the schema")
    }
}
