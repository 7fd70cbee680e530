//! `sanbai push`: sends files of events to a daemon, and waits where it must.

pub(crate) mod batch;
mod bridge;
pub(crate) mod client;
mod report;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::config::Flags;
use crate::evidence::Format;
use crate::{Outcome, output, reading};
use batch::{Batch, Batches};
use bridge::Bridge;
use client::{Client, Stop, Target};
use report::Report;

const EXAMPLES: &str = "\
Examples:
  sanbai push day.ndjson --to http://127.0.0.1:8080 --token-file outlet-7.token
  sanbai push day.pb.zst --to https://sanbai.example --ca bureau.pem --rejects refused.ndjson --give-up-after 10m
  sanbai push day.ndjson --brokers 127.0.0.1:9092 --config sanbai.toml
The files hold ID numbers and names as the outlet wrote them; the daemon makes tokens of them. Plain HTTP is for this
machine only: elsewhere something that speaks TLS stands in front of the daemon, and https:// reaches it.
Control lines, as `generate --ticks` writes them, are not for outsiders to send: they are passed over and counted.
Exit codes: 0 all accepted, 1 some refused, 2 an error.";

/// Send files of parcel events to a daemon, and print what was refused and why
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Files of events: JSON lines or length-delimited protobuf, also .gz or .zst; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where the daemon takes events, over https, or as http://127.0.0.1:8080
    #[arg(
        long,
        value_name = "URL",
        required_unless_present = "brokers",
        conflicts_with = "brokers"
    )]
    to: Option<Target>,
    /// File of certificates in PEM: whom to trust over https, in the place of the authorities of this system
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Check the events here as the intake of a daemon does, and append them to the topics on these brokers
    #[arg(long, value_name = "HOST:PORT,…")]
    brokers: Option<String>,
    /// Configuration file of the daemons on these brokers: their token keys, and how they reach the brokers
    #[arg(long, value_name = "FILE", env = "SANBAI_CONFIG", requires = "brokers")]
    config: Option<PathBuf>,
    /// Data directory, for the token keys where the configuration names no file of them
    #[arg(long, value_name = "DIR", requires = "brokers")]
    data_dir: Option<PathBuf>,
    /// The source that the events are of
    #[arg(long, value_name = "NAME", default_value = "local", requires = "brokers")]
    source: String,
    /// File with the token of the source
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Events in a batch, at most 500
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=500))]
    batch: u16,
    /// Batches under way at a time; with one, they arrive in the order of the files
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=32))]
    concurrency: u8,
    /// How long a batch is sent again and again while the daemon is away, as 90s, 10m, 2h; for ever without
    #[arg(long, value_name = "TIME", value_parser = duration)]
    give_up_after: Option<Duration>,
    /// Send over plain HTTP to another machine: whoever is between reads ID numbers and names
    #[arg(long)]
    insecure: bool,
    /// Write what was refused: one JSON object a line, without the values
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Print the sum as one JSON object, and no list of what was refused
    #[arg(long)]
    json: bool,
    /// How the files are written; told from the first byte of each where nothing is said
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.to {
        Some(target) => {
            let token = token(arguments)?;
            send(arguments, target, token.as_deref())
        }
        None => {
            let bridge = Bridge::start(&arguments.bridged(), &arguments.source)?;
            let sent = send(arguments, bridge.target(), Some(bridge.token()));
            bridge.close().and(sent)
        }
    }
}

impl Arguments {
    /// How the brokers are reached.
    fn bridged(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            brokers: self.brokers.clone(),
            ..Flags::default()
        }
    }
}

fn token(arguments: &Arguments) -> anyhow::Result<Option<String>> {
    let token = arguments.token_file.as_ref().map(|file| {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok::<_, anyhow::Error>(text.trim().to_owned())
    });
    token.transpose()
}

fn send(arguments: &Arguments, target: &Target, token: Option<&str>) -> anyhow::Result<Outcome> {
    if !target.is_tls() {
        if arguments.ca.is_some() {
            bail!("--ca says whom to trust over https, and {target} is plain HTTP");
        }
        if !target.is_loopback() && !arguments.insecure {
            bail!(
                "{target} is another machine, and plain HTTP shows ID numbers and names to whoever is between: use https, or --insecure"
            );
        }
    }
    let client = Client::new(target.clone(), token, arguments.ca.as_deref(), arguments.give_up_after)?;
    let report = Mutex::new(Report::new(arguments.rejects.as_deref(), !arguments.json)?);
    send_all(arguments, &client, &report)?;
    let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.finish(arguments.json, client.repeated())
}

/// Reads the files, and sends what is read by as many threads as are asked for.
fn send_all(arguments: &Arguments, client: &Client, report: &Mutex<Report>) -> anyhow::Result<()> {
    let stop = Stop::default();
    let failure = Mutex::new(None);
    let (sender, receiver) = sync_channel::<Batch>(arguments.concurrency.into());
    // It goes when the last thread ends: then nobody waits for room in it.
    let receiver = Arc::new(Mutex::new(receiver));
    let read = std::thread::scope(|scope| {
        for _ in 0..arguments.concurrency {
            let receiver = Arc::clone(&receiver);
            let (stop, failure) = (&stop, &failure);
            scope.spawn(move || {
                if let Err(error) = send_each(&receiver, client, report, stop) {
                    stop.now();
                    failure
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .get_or_insert(error);
                }
            });
        }
        drop(receiver);
        let mut batches = Batches::new(arguments.batch.into(), sender, report);
        reading::all(&arguments.files, arguments.format, &mut batches).and_then(|()| batches.flush())
    });
    // Where sending failed, reading did for that reason.
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => read,
    }
}

fn send_each(
    receiver: &Mutex<Receiver<Batch>>,
    client: &Client,
    report: &Mutex<Report>,
    stop: &Stop,
) -> anyhow::Result<()> {
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(batch) = next else { return Ok(()) };
        if stop.is_now() {
            return Ok(());
        }
        let Some(answer) = client.send(&batch, stop).with_context(|| not_sent(&batch))? else {
            return Ok(());
        };
        report
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(&batch, &answer)?;
    }
}

/// Where to go on by hand.
fn not_sent(batch: &Batch) -> String {
    let (path, place) = batch.first();
    format!(
        "from {} {} {} on, events may not be accepted",
        path.display(),
        place.name,
        place.number
    )
}

/// A time as `90s`, `10m`, `2h`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is written 90s, 10m or 2h".to_owned();
    let split = text.len().saturating_sub(1);
    let (number, unit) = text.split_at_checked(split).ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_| wrong())?;
    match unit {
        "s" => Ok(Duration::from_secs(number.into())),
        "m" => Ok(Duration::from_mins(number.into())),
        "h" => Ok(Duration::from_hours(number.into())),
        _ => Err(wrong()),
    }
}

/// A line for people beside the answers.
fn note(text: &str) {
    output::note(&format!("sanbai: {text}"));
}
