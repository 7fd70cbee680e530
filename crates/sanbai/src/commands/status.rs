//! `sanbai status`: how everything is.

use serde_json::Value;

use super::controls::Print;
use super::{SYSEXITS, number, text};
use crate::Outcome;
use crate::orders::Order;
use crate::orders::client::{self, Where};

/// Say how the daemon, its log and its shards are
#[derive(Debug, clap::Args)]
#[command(after_help = SYSEXITS)]
pub(crate) struct Arguments {
    #[command(flatten)]
    at: Where,
    #[command(flatten)]
    print: Print,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let status = client::simple(&arguments.at.load()?, &Order::Status)?;
    arguments.print.done(&status, || words(&status))
}

fn words(status: &Value) -> String {
    let daemon = match &status["daemon"] {
        Value::Null => "未运行 not running".to_owned(),
        daemon => format!(
            "运行中 running, process {}, intake {}",
            number(daemon, "pid"),
            text(daemon, "intake")
        ),
    };
    let disk = &status["disk"];
    let free = disk["freeShare"].as_f64().unwrap_or_default();
    let registry = &status["registry"];
    let mut words = format!(
        "守护进程 daemon: {daemon}\n目录 directory: {}\n磁盘 disk: 空闲 free {:.0}%, 日志 log {} bytes\n登记册 registry: {} records\n",
        text(status, "directory"),
        free * 100.0,
        number(disk, "logBytes"),
        number(registry, "to"),
    );
    for shard in status["shards"].as_array().into_iter().flatten() {
        words.push_str(&format!(
            "{:<6} {:>4}  {:<24} {:>10} of {:<10} 时钟 clock {}\n",
            text(shard, "shard"),
            number(shard, "partition"),
            state(shard),
            number(shard, "next"),
            number(shard, "end"),
            text(shard, "clock"),
        ));
    }
    words
}

fn state(shard: &Value) -> String {
    match shard["parked"]["code"].as_str() {
        Some(code) => format!("停住 parked: {code}"),
        None => text(shard, "state").to_owned(),
    }
}
