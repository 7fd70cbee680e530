//! `sanbai doctor`: what is wrong, and what to do.

mod brokers;
mod files;
mod running;

use std::io::Write as _;

use anyhow::anyhow;
use serde_json::json;

use super::SYSEXITS;
use crate::exit::{Exit, Sysexit};
use crate::orders::Order;
use crate::orders::client::{self, Where};
use crate::{Outcome, output};

/// Say what is wrong with the daemon, its directory and its shards, and what to do
#[derive(Debug, clap::Args)]
#[command(after_help = format!("Exit codes: 0 nothing, 1 findings. Else: {SYSEXITS}"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    at: Where,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// How soon somebody must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    /// Now: something stands still, or is lost.
    Error,
    /// Soon.
    Warning,
    /// Good to know.
    Notice,
}

impl Severity {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Error => ("严重", "error"),
            Self::Warning => ("注意", "warning"),
            Self::Notice => ("提示", "notice"),
        }
    }
}

/// Something that is wrong.
struct Finding {
    severity: Severity,
    /// Stable.
    code: String,
    zh: String,
    en: String,
    do_zh: String,
    do_en: String,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding: what is wrong, then what to do, each in Chinese and in English.
    fn add(&mut self, severity: Severity, code: &str, [zh, en]: [String; 2], [do_zh, do_en]: [&str; 2]) {
        self.0.push(Finding {
            severity,
            code: code.to_owned(),
            zh,
            en,
            do_zh: do_zh.to_owned(),
            do_en: do_en.to_owned(),
        });
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let config = arguments.at.load()?;
    let mut findings = Findings::default();
    if files::look(&config, &mut findings) {
        match client::simple(&config, &Order::Status) {
            Ok(status) => {
                running::look(&config, &status, &mut findings);
                brokers::look(&config, &status, &mut findings);
            }
            Err(error) if is(&error, Exit::Unavailable) && config.kafka.brokers.is_some() => {
                brokers::silent(&error, &mut findings);
            }
            Err(error) if is(&error, Exit::TemporaryFailure) => findings.add(
                Severity::Error,
                "daemon_silent",
                [
                    "数据目录被占用，但守护进程不应答".to_owned(),
                    format!("the data directory is in use, and no daemon answers: {error:#}"),
                ],
                [
                    "若守护进程刚启动，稍候再试；否则查看其日志并重启。",
                    "If the daemon has just been started, try again; else read its log and restart it.",
                ],
            ),
            Err(error) => return Err(error),
        }
    }
    findings.0.sort_by_key(|finding| match finding.severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Notice => 2,
    });
    print(&findings, arguments.json)?;
    // What is only good to know is nothing that is wrong.
    let is_clean = findings.0.iter().all(|finding| finding.severity == Severity::Notice);
    Ok(if is_clean { Outcome::Clean } else { Outcome::Findings })
}

fn is(error: &anyhow::Error, exit: Exit) -> bool {
    error.downcast_ref::<Sysexit>().is_some_and(|marked| marked.0 == exit)
}

fn print(findings: &Findings, json: bool) -> anyhow::Result<()> {
    let mut answers = output::answers();
    for finding in &findings.0 {
        let Finding {
            code,
            zh,
            en,
            do_zh,
            do_en,
            ..
        } = finding;
        let (word_zh, word_en) = finding.severity.words();
        if json {
            let line = json!({
                "severity": word_en, "code": code, "zh": zh, "en": en, "doZh": do_zh, "doEn": do_en,
            });
            writeln!(answers, "{line}")?;
        } else {
            writeln!(
                answers,
                "{word_zh} {word_en} {code}\n  {zh}\n  {en}\n  → {do_zh}\n  → {do_en}"
            )?;
        }
    }
    if findings.0.is_empty() && !json {
        writeln!(answers, "一切正常 nothing is wrong")?;
    }
    answers.flush().map_err(|error| anyhow!(error))
}
