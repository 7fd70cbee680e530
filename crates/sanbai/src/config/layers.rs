//! The layers: file, environment, flags. Each overrides the one before, key by key.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// What variables of the environment begin with: `SANBAI__INTAKE__ADDRESS` is `intake.address`.
const PREFIX: &str = "SANBAI__";

/// The flags that override the file and the environment.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Flags {
    /// Configuration file (TOML); `sanbai config schema` says what may stand in it
    #[arg(long, value_name = "FILE", env = "SANBAI_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Data directory: log, snapshots, token key, socket
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Where snapshots are kept: a directory, file:///… or s3://NAME/PREFIX
    #[arg(long, value_name = "URL")]
    pub(crate) snapshots: Option<String>,
    /// Address of /metrics, /livez, /readyz
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Address of the intake: POST /v1/events
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,
    /// Brokers of Apache Kafka, if the log is there
    #[arg(long, value_name = "HOST:PORT,…")]
    pub(crate) brokers: Option<String>,
    /// Partitions that are ours: all, group, or a list such as parcel:0-3,scope:0
    #[arg(long, value_name = "WHICH")]
    pub(crate) assignment: Option<String>,
}

/// Reads what all layers say together.
pub(super) fn read<C: DeserializeOwned>(
    flags: &Flags,
    environment: impl Iterator<Item = (String, String)>,
) -> anyhow::Result<C> {
    let mut table = match &flags.config {
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            text.parse::<Table>().map_err(|error| {
                // Not the line itself: it may hold a secret.
                let place = error.span().map_or(1, |span| line_of(&text, span.start));
                anyhow!("{}:{place}: {}", path.display(), error.message())
            })?
        }
        None => Table::new(),
    };
    let mut variables: Vec<(String, String)> = environment
        .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value)))
        .collect();
    variables.sort();
    for (name, value) in variables {
        let path = name.to_lowercase().replace("__", ".").replace('_', "-");
        put(&mut table, &path, value_of(&value)).with_context(|| format!("{PREFIX}{name}"))?;
    }
    let text = |value: String| Value::String(value);
    let flags = [
        (
            "data.directory",
            flags.data_dir.as_ref().map(|path| text(path.display().to_string())),
        ),
        ("snapshots.url", flags.snapshots.clone().map(text)),
        (
            "metrics.address",
            flags.metrics.map(|address| text(address.to_string())),
        ),
        ("intake.address", flags.http.map(|address| text(address.to_string()))),
        ("kafka.brokers", flags.brokers.clone().map(text)),
        ("kafka.assignment", flags.assignment.clone().map(text)),
    ];
    for (path, value) in flags {
        if let Some(value) = value {
            put(&mut table, path, value)?;
        }
    }
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let path = error.path().to_string();
        anyhow!("{path}: {}", error.into_inner().message())
    })
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.bytes().filter(|byte| *byte == b'\n').count() + 1
}

/// A number, a truth value or a list as TOML writes it; a text otherwise.
fn value_of(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<Table>();
    let value = parsed.ok().and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn put(table: &mut Table, path: &str, value: Value) -> anyhow::Result<()> {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
            Ok(())
        }
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            match inner {
                Value::Table(inner) => put(inner, rest, value),
                _ => Err(anyhow!("{first}: is a value, and no table")),
            }
        }
    }
}
