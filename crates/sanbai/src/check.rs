//! `sanbai check`: judges files.

use std::io::Write as _;

use sanbai_core::verdict::Judge;

use crate::evidence::{self, Loaded, Source};
use crate::piles::Order;
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
    let Loaded {
        rules,
        registry,
        as_of,
        parcels,
    } = evidence::load(&arguments.source, None)?;
    let profile = arguments.source.profile.as_deref();
    let judge = Judge {
        rules: &rules,
        registry: registry.view(),
        profile,
    };
    let mut answers = output::answers();
    let newest = rules.newest();
    let mut summary = Summary::default();
    // Sums are the same in any order.
    let order = if arguments.json { Order::Sorted } else { Order::Any };
    let ledger = parcels.judge(order, |evidence| {
        let Some(verdict) = judge.verdict(evidence, as_of)? else {
            return Ok(());
        };
        summary.add(&verdict, &newest.indicator);
        if arguments.json {
            let line = sanbai_wire::verdict::to_json(&verdict, &rules, profile, REVISION)?;
            answers.write_all(line.as_bytes())?;
            answers.write_all(b"\n")?;
        }
        Ok(())
    })?;
    if !arguments.json && ledger.merged > 0 {
        let profile = profile.unwrap_or(&newest.profile);
        writeln!(
            answers,
            "判定时刻 as of {as_of} · 口径 profile {profile} · 规则 rules {}",
            newest.version
        )?;
        writeln!(answers)?;
        summary.print(&mut answers, newest, profile, arguments.rows, (registry.view(), as_of))?;
    }
    answers.flush()?;
    ledger.note();
    let is_clean = summary.parcels_with_findings == 0 && ledger.rejected_total() == 0;
    Ok(if is_clean { Outcome::Clean } else { Outcome::Findings })
}
