//! `sanbai explain`: one parcel's story.

use std::io::Write as _;

use anyhow::anyhow;
use sanbai_core::verdict::Judge;

use crate::evidence::{self, Loaded, Source};
use crate::piles::Order;
use crate::story::{self, Language};
use crate::{Outcome, output};

const EXAMPLES: &str = "\
Examples:
  sanbai explain ZTO:78401056215986 day.ndjson --registry registers
  sanbai explain 78401056215986 day.ndjson --lang en
Exit codes: 0 nothing found, 1 findings, 2 an error, or no event of that waybill.";

/// Tell one parcel's story, step by step
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Waybill number, or BRAND:WAYBILL
    waybill: String,
    #[command(flatten)]
    source: Source,
    /// Language of the story
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    lang: Language,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let (brand, waybill) = match arguments.waybill.split_once(':') {
        Some((brand, waybill)) => (Some(brand), waybill),
        None => (None, arguments.waybill.as_str()),
    };
    let waybill = sanbai_wire::canonical_waybill(waybill);
    let Loaded {
        rules,
        registry,
        as_of,
        parcels,
    } = evidence::load(&arguments.source, Some(&waybill))?;
    let brand = brand.map(|brand| rules.brands().resolve(brand).unwrap_or(brand));
    let judge = Judge {
        rules: &rules,
        registry: registry.view(),
        profile: arguments.source.profile.as_deref(),
    };
    let mut answers = output::answers();
    let mut outcome = None;
    let ledger = parcels.judge(Order::Sorted, |evidence| {
        let Some(verdict) = judge.verdict(evidence, as_of)? else {
            return Ok(());
        };
        if verdict.waybill != waybill || brand.is_some_and(|brand| brand != verdict.brand) {
            return Ok(());
        }
        let story = story::tell(evidence, &verdict, &judge, as_of, arguments.lang);
        write!(answers, "{story}")?;
        let clean = verdict.is_clean() && outcome != Some(Outcome::Findings);
        outcome = Some(if clean { Outcome::Clean } else { Outcome::Findings });
        Ok(())
    })?;
    answers.flush()?;
    ledger.note();
    outcome.ok_or_else(|| anyhow!("no event of that waybill can be read in the files"))
}
