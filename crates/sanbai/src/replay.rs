//! `sanbai replay`: runs files through the shards, with ticks, as a daemon would.

mod alerts;
mod difference;
mod ledger;
mod side;
mod stream;
mod topic;

use std::io::Write as _;

use sanbai_core::registry::RegistryView;
use sanbai_core::rules::Rules;
use sanbai_core::time::Timestamp;

use crate::evidence::{self, Prepared, Source};
use crate::{Outcome, output, reading};
use difference::{Difference, Found};
use side::{Side, Told};
use stream::Stream;

const EXAMPLES: &str = "\
Examples:
  sanbai replay day.ndjson --registry registers
  sanbai replay --json day.ndjson | grep '\"kind\":\"alert\"'
  sanbai replay week.ndjson --registry registers --rules district.toml
  sanbai replay --from sanbai.parcel-events --brokers 127.0.0.1:9092 --since 2026-03-12T00:00:00+08:00 --json
Exit codes: 0 nothing found, 1 findings, standing alerts or rejected events, 2 an error.";

/// Run files of parcel events through the shards in their order, with a clock, as a daemon would (docs/replay.md)
///
/// Prints the rates as `check` does, and the alerts that stand at the end; with --rules also what these rules change
/// against the built-in ones.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    range: topic::Range,
    /// Every verdict, row and alert when it comes, one a line as JSON (docs/replay.md)
    #[arg(long)]
    json: bool,
    /// How many outlets, couriers, alerts and differences to print, the worst first; 0 prints all
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "json")]
    rows: usize,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    if arguments.range.is_given() {
        return topic::run(arguments);
    }
    let source = &arguments.source;
    let Prepared {
        rules,
        keys,
        registry,
        records,
    } = evidence::prepare(source)?;
    let profile = source.profile.as_deref();
    let side = |rules: &Rules, json| {
        Side::new(
            &keys,
            registry.clone().with_rules(rules.clone()),
            records,
            profile,
            json,
        )
    };
    let mut after = side(&rules, arguments.json);
    let before = source.overlay.is_given().then(|| {
        let mut before = side(&Rules::builtin(), false);
        before.told.found = Some(Found::default());
        after.told.found = Some(Found::default());
        before
    });
    let decoder = evidence::decoder(&rules, keys.clone());
    let mut stream = Stream::new(source, &decoder, after, before)?;
    reading::all(&source.files, source.format, &mut stream)?;
    let (mut after, before, ledger) = stream.finish()?;
    let found = before.and_then(|before| before.told.found).zip(after.told.found.take());
    let difference = found.map(|(before, after)| Difference::between(&before, &after));
    let as_of = after.replay.clock().unwrap_or_default();
    if !arguments.json && ledger.has_judged() {
        print(
            arguments,
            &after.told,
            difference.as_ref(),
            &rules,
            (after.replay.registry().view(), as_of),
        )?;
    }
    for line in difference.iter().flat_map(Difference::lines) {
        after.told.write(|| Some(line.to_string()));
    }
    after.told.flush()?;
    ledger.note();
    if records > 0 && ledger.has_judged() && after.replay.registry_offset() < records {
        output::note(&format!(
            "登记册 registers: the ticks of the file name {} of {records} records; the others were not used",
            after.replay.registry_offset()
        ));
    }
    let is_clean = after.told.is_clean() && ledger.rejected_total() == 0;
    Ok(if is_clean { Outcome::Clean } else { Outcome::Findings })
}

fn print(
    arguments: &Arguments,
    told: &Told,
    difference: Option<&Difference>,
    rules: &Rules,
    registered: (RegistryView<'_>, Timestamp),
) -> anyhow::Result<()> {
    let newest = rules.newest();
    let profile = arguments.source.profile.as_deref().unwrap_or(&newest.profile);
    let mut answers = output::answers();
    writeln!(
        answers,
        "判定时刻 as of {} · 口径 profile {profile} · 规则 rules {}",
        registered.1, newest.version
    )?;
    writeln!(answers)?;
    let rows = arguments.rows;
    told.summary.print(&mut answers, newest, profile, rows, registered)?;
    told.alerts.print(&mut answers, rows, registered)?;
    if let Some(difference) = difference {
        difference.print(&mut answers, rows)?;
    }
    Ok(answers.flush()?)
}
