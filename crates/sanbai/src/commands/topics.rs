//! `sanbai topics`: the topics on brokers, as they must be.

use std::io::Write as _;

use anyhow::anyhow;
use sanbai_engine::kafka::{Finding, Plan, Topics};
use serde_json::json;

use super::controls::Print;
use super::{SYSEXITS, number};
use crate::config::Config;
use crate::daemon::{kafka_error, retention};
use crate::exit::{Exit, Sysexit};
use crate::orders::Order;
use crate::orders::client::{self, Where};
use crate::{Outcome, output};

/// Make and check the topics on Apache Kafka
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make those that are missing, and begin partitions that hold nothing
    #[command(after_help = SYSEXITS)]
    Create(Create),
    /// Hold their settings against what they must be; exit 65 where records could be lost or misread
    #[command(after_help = SYSEXITS)]
    Check(Check),
}

#[derive(Debug, clap::Args)]
struct Create {
    /// Partitions of events; they cannot be changed later
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=4096))]
    partitions: u32,
    /// Partitions of sections; a quarter of those of events, if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    scope_partitions: Option<u32>,
    /// Copies of each partition; as many as the brokers make by themselves, if not given
    #[arg(long, value_name = "N")]
    replication: Option<u16>,
    #[command(flatten)]
    at: Where,
    #[command(flatten)]
    print: Print,
}

#[derive(Debug, clap::Args)]
struct Check {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.action {
        Action::Create(create) => create.run(),
        Action::Check(check) => check.run(),
    }
}

fn open(config: &Config) -> anyhow::Result<Topics> {
    let wrong = |error| Sysexit::wrap(Exit::Configuration, error);
    let settings = config.kafka.settings().map_err(wrong)?;
    let settings = settings.ok_or_else(|| wrong(anyhow!("kafka.brokers: names none; give --brokers HOST:PORT")))?;
    Topics::new(settings).map_err(|error| kafka_error(&error))
}

impl Create {
    fn run(&self) -> anyhow::Result<Outcome> {
        let config = self.at.load()?;
        let scopes = self.scope_partitions.unwrap_or_else(|| (self.partitions / 4).max(1));
        if scopes > self.partitions {
            let wrong = anyhow!("--scope-partitions: at most as many as --partitions");
            return Err(Sysexit::wrap(Exit::Usage, wrong));
        }
        let plan = Plan {
            parcels: self.partitions,
            scopes,
            replication: self.replication,
            is_rehearsal: config.rehearsal.is_some(),
            retention: retention(&config),
        };
        let new = open(&config)?.create(&plan).map_err(|error| kafka_error(&error))?;
        let mut done = client::simple(&config, &Order::Begin)?;
        done["created"] = json!(new);
        self.print.done(&done, || {
            let (begun, all) = (number(&done, "begun"), number(&done, "partitions"));
            format!(
                "新建主题 topics created: {} · 启用分区 partitions begun: {begun}/{all}",
                new.len()
            )
        })
    }
}

impl Check {
    fn run(&self) -> anyhow::Result<Outcome> {
        let config = self.at.load()?;
        let findings = open(&config)?.check(config.rehearsal.is_some());
        let findings = findings.map_err(|error| kafka_error(&error))?;
        let mut answers = output::answers();
        for finding in &findings {
            writeln!(answers, "{}", if self.json { line(finding) } else { words(finding) })?;
        }
        answers.flush()?;
        let grave = findings.iter().filter(|finding| finding.is_grave).count();
        if grave == 0 {
            return Ok(Outcome::Clean);
        }
        let wrong = anyhow!("{grave} settings of topics are such that records can be lost or misread");
        Err(Sysexit::wrap(Exit::Data, wrong))
    }
}

fn line(finding: &Finding) -> String {
    json!({
        "topic": finding.topic,
        "setting": finding.setting,
        "found": finding.found,
        "wanted": finding.wanted,
        "grave": finding.is_grave,
    })
    .to_string()
}

fn words(finding: &Finding) -> String {
    let how = if finding.is_grave {
        "错误 wrong"
    } else {
        "建议 advice"
    };
    format!(
        "{how}  {} {}: {} → {}",
        finding.topic, finding.setting, finding.found, finding.wanted
    )
}
