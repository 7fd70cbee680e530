//! From files to the evidence of parcels, with a ledger in which every event has exactly one outcome.

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sanbai_core::case::Evidence;
use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::time::{Span, Timestamp};
use sanbai_wire::{Code, Decoder, Encoding, Frame, Reject, Seen, limits};

use crate::ledger::Ledger;
use crate::piles::{Order, Origin, Piles};
use crate::rules::Overlay;
use crate::{input, keys, registers};

/// Bytes read at once from a protobuf file.
const CHUNK: usize = 1 << 16;

/// Where events, rules and registers come from, and as of when they are judged.
#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// Files of events: JSON lines or length-delimited protobuf, also .gz or .zst; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Profile that decides: strict100, statutory, or one of the rule files
    #[arg(long)]
    pub(crate) profile: Option<String>,
    #[command(flatten)]
    overlay: Overlay,
    /// Folder with the registers, as sites.csv, staff.csv, agreements.csv (docs/registers.md); what they would answer is
    /// unanswered without
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
    /// Judge as of this moment, as 2026-03-12T00:00:00+08:00; events received later are left out. Default: the latest
    /// intake seen
    #[arg(long, value_name = "MOMENT", value_parser = instant)]
    as_of: Option<Timestamp>,
    /// File with the keys of tokens; without one a fresh key is drawn for this run
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Write what could not be read: one JSON object a line, without the values
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// How the files are written; told from the first byte of each where nothing is said
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Told from the first byte
    Auto,
    /// One JSON event or batch a line
    Ndjson,
    /// Protobuf events, each after its length
    Protobuf,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "a moment is written 2026-03-12T00:00:00+08:00".to_owned())
}

/// Everything that a run judges, and by what.
pub(crate) struct Loaded {
    pub(crate) rules: Rules,
    pub(crate) registry: Registry,
    pub(crate) as_of: Timestamp,
    pub(crate) parcels: Read,
}

/// What was read.
pub(crate) struct Read {
    files: Vec<Named>,
    piles: Piles,
    ledger: Ledger,
    rejects: Rejects,
}

/// A file, and what its events are counted by: `line` or `offset`.
struct Named {
    path: PathBuf,
    unit: &'static str,
}

impl Read {
    /// Gives the evidence of every parcel, and then the ledger.
    pub(crate) fn judge(
        self,
        order: Order,
        judge: impl FnMut(&Evidence<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Ledger> {
        let Self {
            files,
            piles,
            mut ledger,
            mut rejects,
        } = self;
        let settled = piles.each(order, judge)?;
        (ledger.merged, ledger.duplicate) = (settled.merged, settled.duplicate);
        reject_full(&settled.full, &files, &mut ledger, &mut rejects)?;
        rejects.close()?;
        if !ledger.adds_up() {
            bail!("the ledger does not add up: {ledger:?}");
        }
        Ok(ledger)
    }
}

/// Rejects events of parcels that held as many as they may.
fn reject_full(full: &[Origin], files: &[Named], ledger: &mut Ledger, rejects: &mut Rejects) -> anyhow::Result<()> {
    for origin in full {
        let Named { path, unit } = &files[origin.file];
        let place = Place {
            name: unit,
            number: origin.number,
            index: Some(origin.index),
        };
        let reject = Reject::new(Code::BatchTooMany, "the parcel holds as many events as it may");
        ledger.reject(&reject);
        rejects.write(path, place, &reject)?;
    }
    Ok(())
}

/// Reads all files as one set. With `only` the events of other waybills are read and counted, and not kept.
pub(crate) fn load(source: &Source, only: Option<&str>) -> anyhow::Result<Loaded> {
    let rules = source.overlay.load()?;
    if let Some(profile) = &source.profile
        && let Some(set) = rules.sets().iter().find(|set| !set.profile_set.contains_key(profile))
    {
        let known: Vec<&str> = set.profile_set.keys().map(String::as_str).collect();
        bail!(
            "profile {profile} is not in rule set {}, which has {}",
            set.version,
            known.join(", ")
        );
    }
    if let Some(rejects) = &source.rejects
        && source.files.iter().any(|file| is_same_file(file, rejects))
    {
        bail!("{} is read, so the rejects cannot be written to it", rejects.display());
    }
    let keys = keys::load(source.keys.as_deref())?;
    let registry = registers::load(source.registry.as_deref(), &keys)?;
    let limits = rules.newest().limits;
    let brands = rules.brands();
    let decoder = Decoder::new(keys, |brand: &str| brands.resolve(brand))
        .max_age(Span::days(limits.event_age_days_max.into()))
        .max_ahead(Span::hours(limits.event_future_hours_max.into()));
    let mut reader = Reader {
        decoder: &decoder,
        as_of: source.as_of,
        only,
        files: Vec::new(),
        piles: Piles::default(),
        spare: Vec::new(),
        latest: None,
        ledger: Ledger::default(),
        rejects: Rejects::open(source.rejects.as_deref())?,
    };
    for file in &source.files {
        reader.file(file, source.format)?;
    }
    let as_of = source.as_of.or(reader.latest).unwrap_or_default();
    let parcels = Read {
        files: reader.files,
        piles: reader.piles,
        ledger: reader.ledger,
        rejects: reader.rejects,
    };
    Ok(Loaded {
        rules,
        registry,
        as_of,
        parcels,
    })
}

/// Whether two paths lead to one file that is there.
fn is_same_file(left: &Path, right: &Path) -> bool {
    matches!((left.canonicalize(), right.canonicalize()), (Ok(left), Ok(right)) if left == right)
}

struct Reader<'a, R> {
    decoder: &'a Decoder<R>,
    as_of: Option<Timestamp>,
    only: Option<&'a str>,
    files: Vec<Named>,
    piles: Piles,
    /// Where events are decoded.
    spare: Vec<u8>,
    latest: Option<Timestamp>,
    ledger: Ledger,
    rejects: Rejects,
}

impl<'r, R: Fn(&str) -> Option<&'r str>> Reader<'_, R> {
    fn file(&mut self, path: &Path, format: Format) -> anyhow::Result<()> {
        let (mut reader, bar) = input::open(path)?;
        let cannot_read = || format!("cannot read {}", path.display());
        let start = reader.fill_buf().with_context(cannot_read)?;
        if matches!(start, [0xff, 0xfe, _, 0, ..] | [0xfe, 0xff, 0, ..]) {
            bail!("{} is UTF-16: save it as UTF-8", path.display());
        }
        let is_json = match format {
            Format::Auto => input::is_json(start),
            Format::Ndjson => true,
            Format::Protobuf => false,
        };
        self.files.push(Named {
            path: path.to_owned(),
            unit: if is_json { "line" } else { "offset" },
        });
        if is_json {
            self.json_lines(path, reader)
        } else {
            self.frames(path, reader)
        }
        .with_context(cannot_read)?;
        bar.finish_and_clear();
        Ok(())
    }

    fn json_lines(&mut self, path: &Path, reader: input::Bytes) -> anyhow::Result<()> {
        let mut lines = input::Lines::over(reader, limits::RECORD_BYTES_MAX);
        let mut number = 0_u64;
        while let Some(line) = lines.next()? {
            number += 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            let place = Place {
                name: "line",
                number,
                index: None,
            };
            self.record(path, place, line, Encoding::Json)?;
        }
        Ok(())
    }

    fn frames(&mut self, path: &Path, mut reader: input::Bytes) -> anyhow::Result<()> {
        let mut buffer: Vec<u8> = Vec::new();
        let (mut start, mut offset) = (0_usize, 0_u64);
        loop {
            let place = Place {
                name: "offset",
                number: offset,
                index: None,
            };
            match Frame::first(&buffer[start..]) {
                Ok(Frame::Whole { content, length }) => {
                    self.record(path, place, content, Encoding::Protobuf)?;
                    start += length;
                    offset += length as u64;
                }
                Ok(Frame::Broken { missing }) => {
                    buffer.drain(..start);
                    start = 0;
                    let wanted = missing.max(CHUNK) as u64;
                    if reader.by_ref().take(wanted).read_to_end(&mut buffer)? == 0 {
                        if !buffer.is_empty() {
                            let detail = "the file ends in the middle of an event";
                            self.outcome(path, place, Err(&Reject::new(Code::ProtoDecode, detail)))?;
                        }
                        return Ok(());
                    }
                }
                Ok(Frame::TooLong { length }) => {
                    let detail = "the event is over the limit of 1 MiB";
                    self.outcome(path, place, Err(&Reject::new(Code::EventTooLarge, detail)))?;
                    let here = (buffer.len() - start) as u64;
                    buffer.clear();
                    start = 0;
                    io::copy(&mut reader.by_ref().take(length.saturating_sub(here)), &mut io::sink())?;
                    offset = offset.saturating_add(length);
                }
                Err(reject) => {
                    // Without a length nobody can tell where the next event begins.
                    return self.outcome(path, place, Err(&reject));
                }
            }
        }
    }

    /// One event, or a batch of them.
    fn record(&mut self, path: &Path, place: Place, bytes: &[u8], encoding: Encoding) -> anyhow::Result<()> {
        let decoder = self.decoder;
        let mut spare = std::mem::take(&mut self.spare);
        let (mut index, mut written) = (0_usize, Ok(()));
        let whole = decoder.see_each(bytes, encoding, &mut spare, |seen| {
            if written.is_ok() {
                written = self.outcome(
                    path,
                    Place {
                        index: Some(index),
                        ..place
                    },
                    seen.as_ref(),
                );
            }
            index += 1;
        });
        self.spare = spare;
        written?;
        match whole {
            Ok(_) => Ok(()),
            Err(reject) => self.outcome(path, place, Err(&reject)),
        }
    }

    /// Every event comes through here once, and has exactly one outcome: here, or with its parcel.
    fn outcome(&mut self, path: &Path, place: Place, seen: Result<&Seen<'_>, &Reject>) -> anyhow::Result<()> {
        self.ledger.events += 1;
        let seen = match seen {
            Ok(seen) => seen,
            Err(reject) => return self.reject(path, place, reject),
        };
        self.ledger.unknown_fields += u64::from(seen.unknown_fields);
        if self.as_of.is_some_and(|as_of| seen.intake_at > as_of) {
            self.ledger.left_out += 1;
            return Ok(());
        }
        self.latest = self.latest.max(Some(seen.intake_at));
        let Some(event) = &seen.event else {
            self.ledger.subject += 1;
            return Ok(());
        };
        if self.only.is_some_and(|only| only != event.waybill) {
            self.ledger.other += 1;
            return Ok(());
        }
        let origin = Origin {
            file: self.files.len().saturating_sub(1),
            number: place.number,
            index: place.index.unwrap_or_default(),
        };
        self.piles.add(event, origin);
        reject_full(
            &self.piles.take_full(),
            &self.files,
            &mut self.ledger,
            &mut self.rejects,
        )
    }

    fn reject(&mut self, path: &Path, place: Place, reject: &Reject) -> anyhow::Result<()> {
        self.ledger.reject(reject);
        self.rejects.write(path, place, reject)
    }
}

/// Where what could not be read is written.
struct Rejects {
    file: Option<BufWriter<File>>,
}

impl Rejects {
    fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let file = match path {
            Some(path) => Some(File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
            None => None,
        };
        Ok(Self {
            file: file.map(BufWriter::new),
        })
    }

    fn write(&mut self, path: &Path, place: Place, reject: &Reject) -> anyhow::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut line = serde_json::json!({
            "file": path.display().to_string(),
            "code": reject.code.as_str(),
            "pointer": reject.pointer,
            "detail": reject.detail,
        });
        line[place.name] = place.number.into();
        if let Some(index) = place.index {
            line["index"] = index.into();
        }
        writeln!(file, "{line}").context("cannot write the rejects")
    }

    fn close(self) -> anyhow::Result<()> {
        match self.file {
            Some(mut file) => file.flush().context("cannot write the rejects"),
            None => Ok(()),
        }
    }
}

/// Where in a file an event stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// `line` or `offset`.
    name: &'static str,
    number: u64,
    /// Ordinal of the event in its batch.
    index: Option<usize>,
}
