//! `sanbai id`: judges numbers without echoing them.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use sanbai_core::document::ask::{Answer, Outcome as Graded, Question, answer};
use sanbai_core::document::{DocumentKind, Grade, NumberFacts, Sex, examine};
use sanbai_core::time::{CivilDay, Timestamp};
use serde::Serialize;

use crate::{Outcome, input, output};

/// A line may be this long and is still read whole; what is longer is no number, and is not kept.
const LINE_BYTES_KEPT: usize = 4_096;

const EXAMPLES: &str = "\
Examples:
  sanbai id numbers.txt --json
  sanbai id --kind uscc - < codes.txt
Exit codes: 0 none is invalid, 1 some are, 2 an error.";

/// Judge identity and waybill numbers, one a line, without echoing them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// File with one number a line; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// As what to read them: auto, resident, uscc (credit code), s10 (postal item), passport, residence_permit,
    /// hk_mo_travel_permit …
    #[arg(long, default_value = "auto", value_parser = question)]
    kind: Question,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Day on which the numbers are shown, YYYY-MM-DD; today where none is given
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<CivilDay>,
}

fn question(text: &str) -> Result<Question, String> {
    Question::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Question::all().map(Question::code).collect();
        format!("is none of uscc, {}", known.join(", "))
    })
}

fn day(text: &str) -> Result<CivilDay, String> {
    CivilDay::parse(text).ok_or_else(|| "a day is written YYYY-MM-DD".to_owned())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerJson {
    line: u64,
    valid: bool,
    outcome: &'static str,
    /// Kinds that it is valid as.
    kinds: Vec<&'static str>,
    /// Kinds without a check digit whose format it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    possible: Vec<&'static str>,
    #[serde(flatten)]
    grades: Option<Grades>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Grades {
    kind: &'static str,
    format: &'static str,
    checksum: &'static str,
    birth_date: &'static str,
    region: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sex: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_year: Option<u16>,
    normalised: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let today = arguments.as_of.unwrap_or_else(|| now().civil_day());
    let mut answers = output::answers();
    let mut worst = Outcome::Clean;
    let mut lines = input::Lines::open(&arguments.file, LINE_BYTES_KEPT)?;
    let mut line = 0_u64;
    while let Some(number) = lines.next().context("cannot read the numbers")? {
        line += 1;
        let answer = answer(arguments.kind, number, today);
        let facts = answer.facts.or_else(|| {
            if answer.candidates.s10 {
                None
            } else {
                looks_like(number, today)
            }
        });
        if answer.outcome == Graded::Invalid {
            worst = Outcome::Findings;
        }
        if arguments.json {
            serde_json::to_writer(&mut answers, &to_json(line, &answer, facts.as_ref()))?;
            answers.write_all(b"\n")?;
        } else {
            writeln!(answers, "{}", to_text(line, &answer, facts.as_ref()))?;
        }
    }
    answers.flush()?;
    Ok(worst)
}

/// The wall clock: read here and nowhere deeper.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

fn kinds(answer: &Answer) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = answer.candidates.valid_as.iter().map(DocumentKind::code).collect();
    if answer.outcome == Graded::Valid
        && let Some(facts) = &answer.facts
        && !kinds.contains(&facts.kind.code())
    {
        kinds.push(facts.kind.code());
    }
    if answer.candidates.s10 {
        kinds.push(Question::S10.code());
    }
    kinds
}

/// What a number that is valid as nothing looks like, so that its owner learns what is wrong with it.
fn looks_like(number: &[u8], today: CivilDay) -> Option<NumberFacts> {
    [
        DocumentKind::Resident,
        DocumentKind::CreditCode,
        DocumentKind::FirstGeneration,
        DocumentKind::ForeignPermanent2017,
    ]
    .into_iter()
    .map(|kind| examine(kind, number, today))
    .find(|facts| facts.format == Grade::Ok)
}

fn to_json(line: u64, answer: &Answer, facts: Option<&NumberFacts>) -> AnswerJson {
    AnswerJson {
        line,
        valid: answer.outcome == Graded::Valid,
        outcome: answer.outcome.code(),
        kinds: kinds(answer),
        possible: answer.candidates.possible.iter().map(DocumentKind::code).collect(),
        grades: facts.map(grades),
    }
}

fn grades(facts: &NumberFacts) -> Grades {
    Grades {
        kind: facts.kind.code(),
        format: facts.format.code(),
        checksum: facts.checksum.code(),
        birth_date: facts.birth_date.code(),
        region: facts.region.code(),
        sex: facts.sex.map(Sex::code),
        birth_year: facts.birth_year,
        normalised: facts.normalised != sanbai_core::document::Normalised::default(),
    }
}

fn to_text(line: u64, answer: &Answer, facts: Option<&NumberFacts>) -> String {
    let outcome = match answer.outcome {
        Graded::Valid => "有效 valid",
        Graded::Possible => "可能 possible",
        Graded::Invalid => "无效 invalid",
    };
    let mut words = kinds(answer);
    words.extend(answer.candidates.possible.iter().map(DocumentKind::code));
    if words.is_empty() {
        words.extend(facts.map(|facts| facts.kind.code()));
    }
    let grades = facts.map(|facts| {
        format!(
            "  format {} · checksum {} · birth {} · region {}",
            facts.format.code(),
            facts.checksum.code(),
            facts.birth_date.code(),
            facts.region.code()
        )
    });
    format!("{line}: {outcome}  {}{}", words.join(", "), grades.unwrap_or_default())
}
