//! `sanbai export` and `sanbai tail`: topics as lines of JSON.

use std::io::{self, Write as _};

use super::SYSEXITS;
use crate::orders::client::{self, Nothing, Where};
use crate::orders::{Order, Stream};
use crate::{Outcome, output};

/// Print everything that stands, as JSON lines with versions: a new reader begins with it and follows the topics
///
/// The last line says with which offsets to go on (docs/streams.md).
#[derive(Debug, clap::Args)]
#[command(after_help = SYSEXITS)]
pub(crate) struct Export {
    /// Verdicts; without any of the three flags all three
    #[arg(long)]
    verdicts: bool,
    /// Rows of outlets
    #[arg(long)]
    rows: bool,
    /// Alerts, also those that were taken back
    #[arg(long)]
    alerts: bool,
    #[command(flatten)]
    at: Where,
}

/// Print a topic as JSON lines, and what comes (docs/streams.md)
#[derive(Debug, clap::Args)]
#[command(after_help = SYSEXITS)]
pub(crate) struct Tail {
    /// Which
    #[arg(value_enum)]
    stream: Stream,
    /// Everything that is kept, not only what comes
    #[arg(long)]
    from_beginning: bool,
    /// Up to what is there now, not what comes
    #[arg(long)]
    until_end: bool,
    /// Only this partition
    #[arg(long, value_name = "N")]
    partition: Option<u32>,
    #[command(flatten)]
    at: Where,
}

pub(crate) fn export(arguments: &Export) -> anyhow::Result<Outcome> {
    let all = [
        (arguments.verdicts, Stream::Verdicts),
        (arguments.rows, Stream::Compliance),
        (arguments.alerts, Stream::Alerts),
    ];
    let is_any = all.iter().any(|(is_asked, _)| *is_asked);
    let what = all.into_iter().filter(|(is_asked, _)| *is_asked || !is_any);
    let order = Order::Export {
        what: what.map(|(_, stream)| stream).collect(),
    };
    let mut answers = output::answers();
    let mut done = client::run(&arguments.at.load()?, &order, &mut Nothing, &mut |line| {
        Ok(writeln!(answers, "{line}")?)
    })?;
    done["kind"] = "end".into();
    writeln!(answers, "{done}")?;
    answers.flush()?;
    Ok(Outcome::Clean)
}

pub(crate) fn tail(arguments: &Tail) -> anyhow::Result<Outcome> {
    let order = Order::Tail {
        stream: arguments.stream,
        from_beginning: arguments.from_beginning,
        until_end: arguments.until_end,
        partition: arguments.partition,
    };
    // Each line when it comes: whoever reads it may wait for it.
    let mut answers = io::stdout().lock();
    client::run(&arguments.at.load()?, &order, &mut Nothing, &mut |line| {
        Ok(writeln!(answers, "{line}")?)
    })?;
    Ok(Outcome::Clean)
}
