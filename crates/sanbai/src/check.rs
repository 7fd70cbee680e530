//! `sanbai check`: judges files.

use std::io::Write as _;

use sanbai_core::verdict::Judge;

use crate::evidence::{self, Source};
use crate::table::Summary;
use crate::{Outcome, output};

const EXAMPLES: &str = "\
Examples:
  sanbai check day.ndjson --registry registers
  sanbai check day.ndjson.zst --rejects rejects.ndjson --as-of 2026-03-12T00:00:00+08:00
  sanbai check --json day.ndjson > verdicts.ndjson
Exit codes: 0 nothing found, 1 findings or rejected events, 2 an error.";

/// Judge files of parcel events and print the rates, or one verdict a line
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// One verdict a line as JSON (docs/verdict.md), in the order of brand and waybill
    #[arg(long)]
    json: bool,
    /// How many outlets and couriers to print, the worst first; 0 prints all
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "json")]
    rows: usize,
}

/// Of a file the first revision is the only one.
const REVISION: u32 = 1;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let loaded = evidence::load(&arguments.source, None)?;
    let profile = arguments.source.profile.as_deref();
    let judge = Judge {
        rules: &loaded.rules,
        registry: loaded.registry.view(),
        profile,
    };
    let mut answers = output::answers();
    let newest = loaded.rules.newest();
    let mut summary = Summary::default();
    for evidence in loaded.parcels.iter_sorted() {
        let Some(verdict) = judge.verdict(&evidence, loaded.as_of)? else {
            continue;
        };
        summary.add(&verdict, &newest.indicator);
        if arguments.json {
            let line = sanbai_wire::verdict::to_json(&verdict, &loaded.rules, profile, REVISION)?;
            answers.write_all(line.as_bytes())?;
            answers.write_all(b"\n")?;
        }
    }
    if !arguments.json && loaded.ledger.merged > 0 {
        let profile = profile.unwrap_or(&newest.profile);
        writeln!(
            answers,
            "判定时刻 as of {} · 口径 profile {profile} · 规则 rules {}",
            loaded.as_of, newest.version
        )?;
        writeln!(answers)?;
        let registered = (loaded.registry.view(), loaded.as_of);
        summary.print(&mut answers, newest, profile, arguments.rows, registered)?;
    }
    answers.flush()?;
    loaded.ledger.note();
    let is_clean = summary.parcels_with_findings == 0 && loaded.ledger.rejected_total() == 0;
    Ok(if is_clean { Outcome::Clean } else { Outcome::Findings })
}
