//! Orders: what an operator may ask of a log, carried out by the daemon that has it open, or by the command itself where no
//! daemon runs. The same code does both.
//!
//! ```text
//! command ──order, body lines──▶ socket of the daemon ─▶ carry_out ─▶ log, node, snapshots
//!    ▲  └──────── no daemon: the command opens the directory ──▲          │
//!    └───────────────── answer lines, the last says how it ended ─────────┘
//! ```

mod append;
pub(crate) mod client;
mod controls;
mod export;
mod log;
mod registry;
mod rejects;
pub(crate) mod server;
mod snapshots;
mod status;
mod tail;
mod upgrade;

use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use sanbai_engine::any::{AnyBrowser, AnyLog};
use sanbai_engine::clock::Clock;
use sanbai_engine::log::Topic;
use sanbai_engine::node::Node;
use sanbai_engine::objects::Objects;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;
use crate::exit::{Exit, Sysexit};
use crate::reload::Reloader;

/// How long brokers may take to say where a partition ends.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) use registry::line_of as line_of_record;

/// Most bytes of a line that goes over the socket.
pub(crate) const LINE_BYTES_MAX: usize = 2 << 20;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Order {
    /// How everything is.
    Status,
    /// Reads the file of the configuration again.
    Reload,
    /// Begins partitions that hold nothing yet.
    Begin,
    /// Appends records of registers: the lines of the body.
    RegistryImport,
    /// Counts what the registry holds.
    RegistryShow,
    /// Publishes a rule file: the body.
    RulesPublish {
        /// Open parcels are judged again, so the file may be in force from a day in the past.
        rejudge: bool,
    },
    /// Judges open parcels again. Empty texts leave nothing out.
    Rejudge {
        brand: String,
        site: String,
        from: String,
        to: String,
    },
    /// Sets the clocks of all parcel shards.
    ClockSet { time: String },
    /// From here on another behaviour runs.
    Upgrade { to: u32 },
    /// Passes over records of a partition.
    Skip {
        shard: Shard,
        partition: u32,
        from: u64,
        to: u64,
    },
    /// Lets a parked shard go on.
    Resume { shard: Shard, partition: u32 },
    /// Lists rejected events.
    RejectsList {
        since: Option<String>,
        code: Option<String>,
    },
    /// Says what is known of one rejected event.
    RejectsShow { key: String },
    /// Appends rejected events again: the one of a key, or all of a code.
    RejectsReplay { key: Option<String>, code: Option<String> },
    /// Lists snapshots.
    SnapshotList,
    /// Reads snapshots to their ends.
    SnapshotVerify,
    /// Has every shard take one.
    SnapshotTake,
    /// Everything that stands.
    Export { what: Vec<Stream> },
    /// What a topic holds, and what comes.
    Tail {
        stream: Stream,
        from_beginning: bool,
        until_end: bool,
        partition: Option<u32>,
    },
}

impl Order {
    /// Whether something is otherwise afterwards.
    pub(crate) const fn changes(&self) -> bool {
        !matches!(
            self,
            Self::Status
                | Self::RegistryShow
                | Self::RejectsList { .. }
                | Self::RejectsShow { .. }
                | Self::SnapshotList
                | Self::SnapshotVerify
                | Self::Export { .. }
                | Self::Tail { .. }
        )
    }
}

/// Kinds of shards, as operators name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shard {
    /// Joins and judges parcels
    Parcel,
    /// Counts for outlets and weighs patterns
    Scope,
}

/// Topics that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stream {
    /// Revisions of verdicts
    Verdicts,
    /// Alerts, raised and taken back
    Alerts,
    /// Rows of outlets
    Compliance,
    /// Events that were rejected
    Rejects,
}

/// Where orders are carried out.
pub(crate) struct Place<'a> {
    pub(crate) config: &'a Config,
    pub(crate) log: &'a AnyLog,
    /// Reads the log; made when it is first needed.
    pub(crate) browser: OnceCell<AnyBrowser>,
    pub(crate) objects: &'a Objects,
    pub(crate) clock: Clock,
    /// What only a daemon has.
    pub(crate) daemon: Option<Running<'a>>,
    /// Whoever carries orders out is to stop.
    pub(crate) stopping: &'a AtomicBool,
}

impl Place<'_> {
    /// What reads the log.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn browser(&self) -> Result<&AnyBrowser, Failure> {
        if let Some(browser) = self.browser.get() {
            return Ok(browser);
        }
        let made = self.log.browser();
        let made = made.map_err(|error| Failure::new(Exit::Unavailable, "log_unavailable", error.to_string()))?;
        Ok(self.browser.get_or_init(|| made))
    }

    /// The first offset of a partition, and the first that is not there yet.
    ///
    /// # Errors
    /// Where nobody can tell now.
    pub(crate) fn range(&self, topic: Topic, partition: u32) -> Result<Range<u64>, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.log.range(topic, partition) {
                Ok(range) => return Ok(range),
                // Topics that were just made have no leaders for a moment.
                Err(_) if Instant::now() < until => {}
                Err(_) => return Err(log::unavailable()),
            }
        }
    }
}

/// The daemon that carries orders out.
#[derive(Clone, Copy)]
pub(crate) struct Running<'a> {
    pub(crate) node: &'a Node,
    pub(crate) reloader: &'a Reloader,
    /// What listens where.
    pub(crate) addresses: &'a Value,
}

/// The lines that come with an order.
pub(crate) trait Body {
    /// The next one, without its end.
    ///
    /// # Errors
    /// Where they break off.
    fn line(&mut self) -> Result<Option<String>, Failure>;
}

/// Where answers go.
pub(crate) trait Answers {
    /// Takes a line.
    ///
    /// # Errors
    /// Where nobody takes it any more.
    fn line(&mut self, line: &str) -> Result<(), Failure>;

    /// Nothing came for a while: passes on what was kept back, and looks whether anybody still listens.
    ///
    /// # Errors
    /// Where nobody does.
    fn idle(&mut self) -> Result<(), Failure>;
}

/// Why an order was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// Stable.
    pub(crate) code: String,
    /// One sentence, and what to do.
    pub(crate) detail: String,
    /// With which the command ends.
    pub(crate) exit: u8,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &str, detail: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.into(),
            exit: exit.code(),
        }
    }

    /// What was asked for cannot be.
    pub(crate) fn usage(code: &str, detail: impl Into<String>) -> Self {
        Self::new(Exit::Usage, code, detail)
    }

    /// Only a running daemon could do it.
    pub(crate) fn no_daemon() -> Self {
        let detail = "no daemon runs on this data directory; start it with `sanbai serve`";
        Self::new(Exit::Unavailable, "no_daemon", detail)
    }

    /// Nobody listens any more.
    pub(crate) fn gone() -> Self {
        Self::new(Exit::InputOutput, "reader_gone", "nobody reads the answers any more")
    }

    /// As the error of a command.
    pub(crate) fn into_error(self) -> anyhow::Error {
        let exit = Exit::of_code(self.exit);
        Sysexit::wrap(exit, anyhow!("{}: {}", self.code, self.detail))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// Carries an order out, and says what it came to.
///
/// # Errors
/// Why it was not carried out. What was answered before stands.
pub(crate) fn carry_out(
    order: &Order,
    place: &Place<'_>,
    body: &mut dyn Body,
    answers: &mut dyn Answers,
) -> Result<Value, Failure> {
    match order {
        Order::Status => status::of(place),
        Order::Reload => {
            let daemon = place.daemon.ok_or_else(Failure::no_daemon)?;
            daemon.reloader.reload()
        }
        Order::Begin => controls::begin(place),
        Order::RegistryImport => registry::import(place, body),
        Order::RegistryShow => registry::show(place),
        Order::RulesPublish { rejudge } => controls::publish(place, *rejudge, body),
        Order::Rejudge { brand, site, from, to } => controls::rejudge(place, [brand, site, from, to]),
        Order::ClockSet { time } => controls::set_clock(place, time),
        Order::Upgrade { to } => upgrade::order(place, *to),
        Order::Skip {
            shard,
            partition,
            from,
            to,
        } => controls::skip(place, *shard, *partition, (*from, *to)),
        Order::Resume { shard, partition } => controls::resume(place, *shard, *partition),
        Order::RejectsList { since, code } => rejects::list(place, since.as_deref(), code.as_deref(), answers),
        Order::RejectsShow { key } => rejects::show(place, key),
        Order::RejectsReplay { key, code } => rejects::replay(place, key.as_deref(), code.as_deref(), answers),
        Order::SnapshotList => snapshots::list(place, answers),
        Order::SnapshotVerify => snapshots::verify(place, answers),
        Order::SnapshotTake => snapshots::take(place),
        Order::Export { what } => export::all(place, what, answers),
        Order::Tail {
            stream,
            from_beginning,
            until_end,
            partition,
        } => tail::follow(place, *stream, (*from_beginning, *until_end), *partition, answers),
    }
}
