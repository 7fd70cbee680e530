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
    let registry = &status["registry"];
    let mut words = format!(
        "守护进程 daemon: {daemon}\n目录 directory: {}\n{}\n登记册 registry: {} records\n",
        text(status, "directory"),
        log(status),
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

/// Where the log is, and how that is.
fn log(status: &Value) -> String {
    let (disk, kafka) = (&status["disk"], &status["kafka"]);
    if kafka.is_null() {
        let free = disk["freeShare"].as_f64().unwrap_or_default();
        let bytes = number(disk, "logBytes");
        return format!("磁盘 disk: 空闲 free {:.0}%, 日志 log {bytes} bytes", free * 100.0);
    }
    let state = match kafka["downSeconds"].as_u64() {
        Some(seconds) => format!("{seconds} 秒无应答 no broker has answered for {seconds} s"),
        None => "正常 answering".to_owned(),
    };
    let (parcels, scopes) = (number(&kafka["ours"], "parcels"), number(&kafka["ours"], "scopes"));
    format!(
        "Kafka {}: {state}, 负责分区 our partitions {parcels} + {scopes} ({}, group {})",
        text(kafka, "brokers"),
        text(kafka, "assignment"),
        text(kafka, "group"),
    )
}

fn state(shard: &Value) -> String {
    match shard["parked"]["code"].as_str() {
        Some(code) => format!("停住 parked: {code}"),
        None => text(shard, "state").to_owned(),
    }
}
