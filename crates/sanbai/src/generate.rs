//! `sanbai generate`: believable days of a district, from a seed.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use sanbai_core::time::{CivilDay, Span, Timestamp};
use sanbai_sim::world::{Plan, Told, Truth, World};
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::registers::{self, Format as RegisterFormat, Kind};

use crate::{Outcome, output};

const EXAMPLES: &str = "\
Examples:
  sanbai generate --parcels 5000 --registry registers --truth truth.ndjson > day.ndjson
  sanbai generate --parcels 200000 --format protobuf | sanbai check -
  sanbai generate --days 7 --subjects --ticks 5 --registry registers > week.ndjson";

/// Parcels that a stream can hold: waybill numbers are no longer than those of the brands.
const PARCELS_MAX: u64 = 100_000_000;

/// Write believable days of a district, with violations planted at a stated rate
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Parcels of each day
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=PARCELS_MAX))]
    parcels: u64,
    /// Days one after the other; parcels of one day go on on the next
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
    /// Also events without a waybill: machines switched on and off, screeners logged in and out, and in the evening the
    /// brands' own counts
    #[arg(long)]
    subjects: bool,
    /// Also ticks, one every so many seconds of intake, between the events; only in JSON lines
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=600))]
    ticks: Option<u32>,
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
    let parcels = arguments.parcels.saturating_mul(arguments.days.into());
    ensure!(
        parcels <= PARCELS_MAX,
        "{parcels} parcels in all are over the limit of {PARCELS_MAX}"
    );
    ensure!(
        arguments.ticks.is_none() || matches!(arguments.format, Format::Ndjson),
        "ticks are written in JSON lines only: leave out --format protobuf"
    );
    let plan = Plan {
        parcels,
        days: arguments.days,
        first_day: arguments.day.ymd(),
        seed: arguments.seed,
        violation_rate_per_10k: arguments.violations,
        disorder: !arguments.tidy,
        subjects: arguments.subjects,
    };
    let world = World::new(&plan);
    let registry_records = write_registers(arguments, &world)?;
    let mut ticks = arguments.ticks.map(|seconds| Ticks {
        every: Span::seconds(seconds.into()),
        next: None,
        registry_offset: registry_records,
    });
    let mut truth_file = match &arguments.truth {
        Some(path) => {
            let file = fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Some(BufWriter::new(file))
        }
        None => None,
    };
    let mut events = output::answers();
    for told in world.stream() {
        match (told, &mut truth_file) {
            (Told::Event(event), _) => {
                if let Some(ticks) = &mut ticks {
                    ticks
                        .write_before(&event, &mut events)
                        .context("cannot write the ticks")?;
                }
                let written = match arguments.format {
                    Format::Ndjson => writeln!(events, "{}", sanbai_wire::encode_json(&event)),
                    Format::Protobuf => events.write_all(&sanbai_wire::encode_delimited(&event)),
                };
                written.context("cannot write the events")?;
            }
            (Told::Truth(truth), Some(file)) => {
                writeln!(file, "{}", truth_line(&truth)).context("cannot write the truth")?;
            }
            (Told::Truth(_), None) => {}
        }
    }
    if let Some(mut file) = truth_file {
        file.flush().context("cannot write the truth")?;
    }
    events.flush().context("cannot write the events")?;
    Ok(Outcome::Clean)
}

fn truth_line(truth: &Truth) -> serde_json::Value {
    serde_json::json!({
        "brand": truth.brand,
        "waybill": truth.waybill,
        "planted": truth.planted,
        "codes": truth.codes,
    })
}

/// The clock of the stream: a line at every full interval, before what is received from then on.
struct Ticks {
    every: Span,
    next: Option<Timestamp>,
    /// Registry records that are known all along.
    registry_offset: u64,
}

impl Ticks {
    /// Writes the ticks that fall due up to the intake of an event.
    fn write_before(&mut self, event: &ParcelEvent, out: &mut impl Write) -> io::Result<()> {
        let Some(intake) = event.intake_at else { return Ok(()) };
        let every = self.every.whole_seconds();
        let first = Timestamp::from_parts(intake.seconds.div_euclid(every) * every, 0);
        let intake = Timestamp::from_parts(intake.seconds, intake.nanos);
        let (Some(intake), Some(mut next)) = (intake, self.next.or(first)) else {
            return Ok(());
        };
        while next <= intake {
            let tick = serde_json::json!({"tick": {"time": next.to_string(), "registryOffset": self.registry_offset}});
            writeln!(out, "{tick}")?;
            next = next.plus(self.every);
        }
        self.next = Some(next);
        Ok(())
    }
}

/// Writes the registers where they are asked for, and says how many records there are.
fn write_registers(arguments: &Arguments, world: &World) -> anyhow::Result<u64> {
    let Some(folder) = &arguments.registry else {
        return Ok(0);
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
    Ok(records.len() as u64)
}
