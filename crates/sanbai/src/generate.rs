//! `sanbai generate`: a believable day of a district, from a seed.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use sanbai_core::time::CivilDay;
use sanbai_sim::world::{Plan, World, generate};
use sanbai_wire::registers::{self, Format as RegisterFormat, Kind};

use crate::{Outcome, output};

const EXAMPLES: &str = "\
Examples:
  sanbai generate --parcels 5000 --registry registers --truth truth.ndjson > day.ndjson
  sanbai generate --parcels 200000 --format protobuf | sanbai check -";

/// Write a believable day of a district, with violations planted at a stated rate
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Parcels in all
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    parcels: u64,
    /// Days on which they are accepted
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// The first of them, YYYY-MM-DD
    #[arg(long, default_value = "2026-03-10", value_parser = day)]
    day: CivilDay,
    /// Seed of all chance: the same seed writes the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Of ten thousand parcels, how many hold a planted violation
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    violations: u32,
    /// No second scans, clock offsets, outages, retractions and late arrivals
    #[arg(long)]
    tidy: bool,
    /// How events are written to standard output
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// Write the registers into this folder, as `check --registry` reads them
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
    /// How the registers are written
    #[arg(long, value_enum, default_value_t = RegistersAs::Csv)]
    registry_format: RegistersAs,
    /// Write what was planted: one JSON object a line with brand, waybill, planted and codes
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// One JSON object a line
    Ndjson,
    /// Protobuf, each event after its length
    Protobuf,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum RegistersAs {
    /// Comma-separated values
    Csv,
    /// One JSON object a line
    Ndjson,
}

fn day(text: &str) -> Result<CivilDay, String> {
    CivilDay::parse(text).ok_or_else(|| "a day is written YYYY-MM-DD".to_owned())
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let plan = Plan {
        parcels: arguments.parcels,
        days: arguments.days,
        first_day: arguments.day.ymd(),
        seed: arguments.seed,
        violation_rate_per_10k: arguments.violations,
        disorder: !arguments.tidy,
    };
    let world = World::new(&plan);
    write_registers(arguments, &world)?;
    let mut truth_file = match &arguments.truth {
        Some(path) => {
            let file = fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Some(BufWriter::new(file))
        }
        None => None,
    };
    let mut events = output::answers();
    let (mut event_error, mut truth_error) = (Ok(()), Ok(()));
    generate(
        &world,
        &mut |event| {
            if event_error.is_ok() {
                event_error = match arguments.format {
                    Format::Ndjson => writeln!(events, "{}", sanbai_wire::encode_json(&event)),
                    Format::Protobuf => events.write_all(&sanbai_wire::encode_delimited(&event)),
                };
            }
        },
        &mut |truth| {
            if let (Some(file), true) = (&mut truth_file, truth_error.is_ok()) {
                let line = serde_json::json!({
                    "brand": truth.brand,
                    "waybill": truth.waybill,
                    "planted": truth.planted,
                    "codes": truth.codes,
                });
                truth_error = writeln!(file, "{line}");
            }
        },
    );
    event_error.context("cannot write the events")?;
    truth_error.context("cannot write the truth")?;
    if let Some(mut file) = truth_file {
        file.flush().context("cannot write the truth")?;
    }
    events.flush().context("cannot write the events")?;
    Ok(Outcome::Clean)
}

fn write_registers(arguments: &Arguments, world: &World) -> anyhow::Result<()> {
    let Some(folder) = &arguments.registry else {
        return Ok(());
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let format = match arguments.registry_format {
        RegistersAs::Csv => RegisterFormat::Csv,
        RegistersAs::Ndjson => RegisterFormat::JsonLines,
    };
    let records = world.registers();
    for kind in Kind::ALL {
        let path = folder.join(kind.file_name(format));
        let bytes = registers::write(kind, format, &records);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
