//! `sanbai rejudge`, `clock`, `skip`, `resume`, `reload`, `rules publish`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

use super::{SYSEXITS, number, text};
use crate::exit::{Exit, Sysexit};
use crate::orders::client::{self, Where};
use crate::orders::{Body, Failure, Order, Shard};
use crate::{Outcome, output};

/// Judge open parcels again, by all rules and registers that are known now
#[derive(Debug, clap::Args)]
#[command(after_help = SYSEXITS)]
pub(crate) struct Rejudge {
    #[command(flatten)]
    at: Where,
    /// Only parcels of this brand
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    brand: String,
    /// Only parcels that this outlet accepted
    #[arg(long, value_name = "SITE", default_value = "", hide_default_value = true)]
    site: String,
    /// Only parcels accepted on or after this day, YYYY-MM-DD
    #[arg(long, value_name = "DAY", default_value = "", hide_default_value = true)]
    from: String,
    /// Only parcels accepted on or before this day, YYYY-MM-DD
    #[arg(long, value_name = "DAY", default_value = "", hide_default_value = true)]
    to: String,
    #[command(flatten)]
    print: Print,
}

/// Set the clock of all parcel shards, on record
#[derive(Debug, clap::Args)]
pub(crate) struct Clock {
    #[command(subcommand)]
    action: ClockAction,
}

#[derive(Debug, clap::Subcommand)]
enum ClockAction {
    /// Set it, also back: for a log whose clock ran ahead. Not later than a minute after now
    #[command(after_help = SYSEXITS)]
    Set {
        /// As 2026-03-12T00:00:00+08:00, or now
        time: String,
        #[command(flatten)]
        at: Where,
        #[command(flatten)]
        print: Print,
    },
}

/// Pass over records that no shard can apply, and accept what is lost
#[derive(Debug, clap::Args)]
#[command(after_help = SYSEXITS)]
pub(crate) struct Skip {
    /// Number of the partition
    partition: u32,
    /// First offset that is passed over
    from: u64,
    /// First offset that is not
    to: u64,
    /// Of which shard: parcel reads sanbai.parcel-events, scope reads sanbai.sightings
    #[arg(long, value_enum, default_value_t = Shard::Parcel)]
    shard: Shard,
    #[command(flatten)]
    at: Where,
    #[command(flatten)]
    print: Print,
}

/// Let a parked shard go on, once what it was parked for is put right
#[derive(Debug, clap::Args)]
#[command(after_help = SYSEXITS)]
pub(crate) struct Resume {
    /// parcel or scope
    #[arg(value_enum)]
    shard: Shard,
    /// Number of its partition
    partition: u32,
    #[command(flatten)]
    at: Where,
    #[command(flatten)]
    print: Print,
}

/// Have the daemon read its configuration again: all of it, or nothing
#[derive(Debug, clap::Args)]
#[command(after_help = SYSEXITS)]
pub(crate) struct Reload {
    #[command(flatten)]
    at: Where,
    #[command(flatten)]
    print: Print,
}

/// How it is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Print {
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl Print {
    /// Prints what an order came to: as JSON, or in words for people.
    pub(super) fn done(self, done: &Value, words: impl FnOnce() -> String) -> anyhow::Result<Outcome> {
        let mut answers = output::answers();
        if self.json {
            writeln!(answers, "{done}")?;
        } else {
            writeln!(answers, "{}", words().trim_end())?;
        }
        answers.flush()?;
        Ok(Outcome::Clean)
    }
}

pub(crate) fn rejudge(arguments: &Rejudge) -> anyhow::Result<Outcome> {
    let order = Order::Rejudge {
        brand: arguments.brand.clone(),
        site: arguments.site.clone(),
        from: arguments.from.clone(),
        to: arguments.to.clone(),
    };
    let done = client::simple(&arguments.at.load()?, &order)?;
    arguments.print.done(&done, || {
        let partitions = number(&done, "partitions");
        format!("已下达重新判定 asked for in {partitions} partitions; verdicts that change come as new revisions")
    })
}

pub(crate) fn clock(arguments: &Clock) -> anyhow::Result<Outcome> {
    let ClockAction::Set { time, at, print } = &arguments.action;
    let done = client::simple(&at.load()?, &Order::ClockSet { time: time.clone() })?;
    print.done(&done, || {
        format!("时钟已设为 the clock is set to {}", text(&done, "time"))
    })
}

pub(crate) fn skip(arguments: &Skip) -> anyhow::Result<Outcome> {
    let order = Order::Skip {
        shard: arguments.shard,
        partition: arguments.partition,
        from: arguments.from,
        to: arguments.to,
    };
    let done = client::simple(&arguments.at.load()?, &order)?;
    arguments.print.done(&done, || {
        format!(
            "已记录跳过 partition {} passes over {} up to and without {}",
            arguments.partition, arguments.from, arguments.to
        )
    })
}

pub(crate) fn resume(arguments: &Resume) -> anyhow::Result<Outcome> {
    let order = Order::Resume {
        shard: arguments.shard,
        partition: arguments.partition,
    };
    let done = client::simple(&arguments.at.load()?, &order)?;
    arguments.print.done(&done, || {
        "已通知继续 told to go on; `sanbai status` says whether it does".to_owned()
    })
}

pub(crate) fn reload(arguments: &Reload) -> anyhow::Result<Outcome> {
    let done = client::simple(&arguments.at.load()?, &Order::Reload)?;
    arguments.print.done(&done, || {
        let sources = number(&done, "sources");
        let mut words = format!(
            "配置已重新读取 read again: {sources} sources, logging.filter {}\n",
            text(&done, "filter")
        );
        for key in done["needsRestart"].as_array().into_iter().flatten() {
            words.push_str(&format!(
                "需要重启 needs a restart: {}\n",
                key.as_str().unwrap_or_default()
            ));
        }
        words
    })
}

/// Publishes a rule file.
pub(crate) fn publish(file: &Path, rejudge: bool, at: &Where, print: Print) -> anyhow::Result<Outcome> {
    let config = at.load()?;
    let read = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()));
    let text_of_file = read.map_err(|error| Sysexit::wrap(Exit::Usage, error))?;
    if let Err(error) = sanbai_core::rules::RuleSet::overlay(&text_of_file) {
        for fault in &error.faults {
            output::note(&format!("{}: {fault}", file.display()));
        }
        let wrong = anyhow::anyhow!("{} faults in {}", error.faults.len(), file.display());
        return Err(Sysexit::wrap(Exit::Data, wrong));
    }
    let mut lines = TextLines(text_of_file.lines());
    let done = client::run(&config, &Order::RulesPublish { rejudge }, &mut lines, &mut |_| Ok(()))?;
    print.done(&done, || {
        let again = if rejudge {
            "；已下达重新判定 and asked for rejudgement"
        } else {
            ""
        };
        format!(
            "规则已发布 published: {} from {} at registry offset {}{again}",
            text(&done, "version"),
            text(&done, "effective"),
            number(&done, "offset")
        )
    })
}

/// The lines of a text.
struct TextLines<'t>(std::str::Lines<'t>);

impl Body for TextLines<'_> {
    fn line(&mut self) -> Result<Option<String>, Failure> {
        Ok(self.0.next().map(str::to_owned))
    }
}

/// `rules publish`.
#[derive(Debug, clap::Args)]
#[command(after_help = SYSEXITS)]
pub(crate) struct Publish {
    /// The file, laid over the built-in rules
    file: PathBuf,
    /// Judge open parcels again by it; without, its day must not lie in the past
    #[arg(long)]
    rejudge: bool,
    #[command(flatten)]
    at: Where,
    #[command(flatten)]
    print: Print,
}

impl Publish {
    pub(crate) fn run(&self) -> anyhow::Result<Outcome> {
        publish(&self.file, self.rejudge, &self.at, self.print)
    }
}
