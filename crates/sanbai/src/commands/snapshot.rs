//! `sanbai snapshot`: which there are, whether they can be read, and taking them.

use std::io::Write as _;

use anyhow::anyhow;
use serde_json::Value;

use super::controls::Print;
use super::{SYSEXITS, number, text};
use crate::exit::{Exit, Sysexit};
use crate::orders::Order;
use crate::orders::client::{self, Nothing, Where};
use crate::{Outcome, output};

/// List, verify and take snapshots of shards
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List those that are kept
    #[command(after_help = SYSEXITS)]
    List(Listing),
    /// Read each to its end; exit 65 where one is damaged
    #[command(after_help = SYSEXITS)]
    Verify(Listing),
    /// Have every shard take one as soon as it can
    #[command(after_help = SYSEXITS)]
    Take {
        #[command(flatten)]
        at: Where,
        #[command(flatten)]
        print: Print,
    },
}

#[derive(Debug, clap::Args)]
struct Listing {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.action {
        Action::List(listing) => {
            listing.print(&Order::SnapshotList)?;
            Ok(Outcome::Clean)
        }
        Action::Verify(listing) => {
            let done = listing.print(&Order::SnapshotVerify)?;
            if !listing.json {
                let (whole, damaged) = (number(&done, "whole"), number(&done, "damaged"));
                output::note(&format!("完好 whole {whole} · 损坏 damaged {damaged}"));
            }
            if done["damaged"] == 0 {
                return Ok(Outcome::Clean);
            }
            let damaged = anyhow!(
                "{} snapshots are damaged: a shard restores from an older one, and puts them aside itself",
                done["damaged"]
            );
            Err(Sysexit::wrap(Exit::Data, damaged))
        }
        Action::Take { at, print } => {
            let done = client::simple(&at.load()?, &Order::SnapshotTake)?;
            print.done(&done, || {
                let shards = number(&done, "shards");
                format!("已通知 {shards} 个分片 told to {shards} shards; `sanbai snapshot list` shows them when they are there")
            })
        }
    }
}

impl Listing {
    fn print(&self, order: &Order) -> anyhow::Result<Value> {
        let mut answers = output::answers();
        let done = client::run(&self.at.load()?, order, &mut Nothing, &mut |line| {
            if self.json {
                writeln!(answers, "{line}")?;
            } else {
                writeln!(answers, "{}", words(&serde_json::from_str(line)?))?;
            }
            Ok(())
        })?;
        answers.flush()?;
        Ok(done)
    }
}

fn words(line: &Value) -> String {
    let place = format!(
        "{:<6} {:>5}  {:>12}",
        text(line, "shard"),
        number(line, "partition"),
        number(line, "offset")
    );
    match line["damaged"].as_str() {
        Some(code) => format!("{place}  损坏 damaged: {code}"),
        None => format!(
            "{place}  行 rows {:>9}  字节 bytes {:>11}  时钟 clock {}  行为 behaviour {}",
            number(line, "rows"),
            number(line, "bytes"),
            text(line, "clock"),
            number(line, "behaviour")
        ),
    }
}
