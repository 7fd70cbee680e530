//! `sanbai rejects`: rejected events, and once more from where they lie.

use std::io::Write as _;

use serde_json::Value;

use super::controls::Print;
use super::{SYSEXITS, number, text};
use crate::orders::Order;
use crate::orders::client::{self, Nothing, Where};
use crate::{Outcome, output};

/// List rejected events, and have them taken once more
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List them, partition by partition in their order; never any part of an event
    #[command(after_help = SYSEXITS)]
    List {
        /// Only those rejected since, as 2026-03-12T00:00:00+08:00
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Only those of this code (docs/bad-input.md)
        #[arg(long)]
        code: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: Where,
    },
    /// Say what is known of one
    #[command(after_help = SYSEXITS)]
    Show {
        /// As `list` prints it
        key: String,
        #[command(flatten)]
        at: Where,
        #[command(flatten)]
        print: Print,
    },
    /// Append the event again, as it lies in sanbai.parcel-events: for what later rules or registers let in
    #[command(after_help = SYSEXITS)]
    Replay {
        /// As `list` prints it
        #[arg(required_unless_present = "code", conflicts_with = "code")]
        key: Option<String>,
        /// All of this code
        #[arg(long)]
        code: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: Where,
    },
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.action {
        Action::List { since, code, json, at } => {
            let order = Order::RejectsList {
                since: since.clone(),
                code: code.clone(),
            };
            let done = lines(at, &order, *json, |line| {
                let (at, code) = (text(line, "at"), text(line, "code"));
                format!(
                    "{at}  {code:<24}  {}  {} {}",
                    text(line, "key"),
                    text(line, "pointer"),
                    text(line, "detail")
                )
            })?;
            if !json {
                output::note(&format!("{} 条拒收 rejected events", number(&done, "rejects")));
            }
            Ok(Outcome::Clean)
        }
        Action::Show { key, at, print } => {
            let done = client::simple(&at.load()?, &Order::RejectsShow { key: key.clone() })?;
            print.done(&done, || shown(&done))
        }
        Action::Replay { key, code, json, at } => {
            let order = Order::RejectsReplay {
                key: key.clone(),
                code: code.clone(),
            };
            let done = lines(at, &order, *json, |line| {
                let words = match text(line, "became") {
                    "appended" => "已重新送入 appended",
                    "gone" => "原始记录已不保留 the original is no longer kept",
                    _ => "仍会被拒收 would be rejected again",
                };
                let code = line["code"].as_str().unwrap_or_default();
                format!("{}  {words} {code}", text(line, "key")).trim_end().to_owned()
            })?;
            let count = |name: &str| number(&done, name);
            output::note(&format!(
                "重新送入 appended {} · 已不保留 gone {} · 仍拒收 refused {}",
                count("appended"),
                count("gone"),
                count("refused")
            ));
            Ok(Outcome::Clean)
        }
    }
}

/// Prints the lines of an order, as they come or in words.
fn lines(at: &Where, order: &Order, json: bool, words: impl Fn(&Value) -> String) -> anyhow::Result<Value> {
    let mut answers = output::answers();
    let done = client::run(&at.load()?, order, &mut Nothing, &mut |line| {
        if json {
            writeln!(answers, "{line}")?;
        } else {
            writeln!(answers, "{}", words(&serde_json::from_str(line)?))?;
        }
        Ok(())
    })?;
    answers.flush()?;
    Ok(done)
}

fn shown(done: &Value) -> String {
    let original = &done["original"];
    let kept = if original["kept"] == true {
        format!(
            "原始记录仍保留 the original is kept: {} bytes, recorded at {}",
            number(original, "bytes"),
            text(original, "recordedAt")
        )
    } else {
        "原始记录已不保留 the original is no longer kept".to_owned()
    };
    format!(
        "{}\n拒收时间 rejected at {}\n代码 code {}\n位置 pointer {}\n说明 detail {}\n{kept}",
        text(done, "key"),
        text(done, "at"),
        text(done, "code"),
        text(done, "pointer"),
        text(done, "detail"),
    )
}
