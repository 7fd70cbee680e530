//! `sanbai rules`: shows, checks and publishes rule sets.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use sanbai_core::finding::Code;
use sanbai_core::rules::{Duty, RuleSet, Rules};

use crate::commands::controls::Publish;
use crate::{Outcome, output};

/// Show, check and publish rules
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// All rules, one a line
    List(Overlay),
    /// One rule in full, or the whole built-in file
    Show {
        /// Code such as RN-01; without one the built-in rule file is printed
        code: Option<String>,
        #[command(flatten)]
        overlay: Overlay,
    },
    /// Check a rule file and say everything that is wrong with it
    Check {
        /// The file, laid over the built-in rules
        file: PathBuf,
    },
    /// Publish a rule file to the daemon: parcels accepted from its day on are judged by it
    Publish(Publish),
}

/// Rule files laid over the built-in set.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Overlay {
    /// Rule file laid over the built-in rules, in force from its own day; may be given several times
    #[arg(id = "rules", long = "rules", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Overlay {
    /// Whether there are any.
    pub(crate) fn is_given(&self) -> bool {
        !self.files.is_empty()
    }

    /// The rule sets.
    pub(crate) fn load(&self) -> anyhow::Result<Rules> {
        let mut texts = Vec::new();
        for file in &self.files {
            texts.push(std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?);
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        Rules::with_overlays(&texts).map_err(|error| anyhow!("the rules are not right: {error}"))
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    if let Action::Publish(publish) = &arguments.action {
        return publish.run();
    }
    let mut answers = output::answers();
    match &arguments.action {
        Action::Publish(_) => {}
        Action::List(overlay) => {
            let rules = overlay.load()?;
            let set = rules.newest();
            writeln!(answers, "{} · effective {}", set.version, set.effective)?;
            for (code, rule) in &set.rule {
                let duty = rule.duty.map_or("-", Duty::as_str);
                let fails = if rule.fails_duty { "fails" } else { "beside" };
                let profiles: Vec<&str> = rule.profiles.iter().map(String::as_str).collect();
                let letter = rule.severity.letter();
                writeln!(
                    answers,
                    "{code}  {letter}  {duty:<10}  {fails:<6}  {:<19}  {} · {}",
                    profiles.join(","),
                    rule.title_zh,
                    rule.title_en
                )?;
            }
        }
        Action::Show { code: None, .. } => answers.write_all(RuleSet::builtin_text().as_bytes())?,
        Action::Show {
            code: Some(code),
            overlay,
        } => {
            let code = Code::parse(code).ok_or_else(|| anyhow!("no rule has that code: see `sanbai rules list`"))?;
            show(&mut answers, code, overlay.load()?.newest())?;
        }
        Action::Check { file } => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            match RuleSet::overlay(&text) {
                Ok(set) => writeln!(answers, "{}: right, effective {}", set.version, set.effective)?,
                Err(error) => {
                    for fault in &error.faults {
                        writeln!(answers, "{fault}")?;
                    }
                    answers.flush()?;
                    return Ok(Outcome::Findings);
                }
            }
        }
    }
    answers.flush()?;
    Ok(Outcome::Clean)
}

fn show(answers: &mut impl std::io::Write, code: Code, set: &RuleSet) -> anyhow::Result<()> {
    let rule = set
        .rule(code)
        .ok_or_else(|| anyhow!("the rule set has no rule {code}"))?;
    writeln!(
        answers,
        "{code} [{}] {} · {}",
        rule.severity.letter(),
        rule.title_zh,
        rule.title_en
    )?;
    for (name, profile) in set.profile_set.iter() {
        let breaks = if rule.profiles.contains(name) {
            "breaks"
        } else {
            "does not break"
        };
        let severity = set.severity(code, profile);
        writeln!(answers, "  {name}: {breaks}, {}", severity.as_str())?;
    }
    for reference in &rule.clauses {
        let id = reference.split(' ').next().unwrap_or_default();
        let Some(law) = set.law.get(id) else { continue };
        for version in &law.versions {
            let clause = set
                .clauses(code, version.from)
                .into_iter()
                .find(|clause| clause.law_en == law.en);
            if let Some(clause) = clause {
                writeln!(
                    answers,
                    "  {} ({}) {}  {}",
                    clause.law_zh, clause.version, clause.article, clause.law_en
                )?;
            }
        }
    }
    writeln!(answers, "  {}\n  {}", rule.next_zh, rule.next_en)?;
    Ok(())
}
