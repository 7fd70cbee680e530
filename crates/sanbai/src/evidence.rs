//! From files to the evidence of parcels, with a ledger in which every event has exactly one outcome.

use std::path::{Path, PathBuf};

use anyhow::bail;
use sanbai_core::case::Evidence;
use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::time::{Span, Timestamp};
use sanbai_wire::{Code, Decoder, Encoding, Reject, Seen, TokenKeys, control};

use crate::ledger::Ledger;
use crate::piles::{Order, Origin, Piles};
use crate::reading::{self, Take};
use crate::rejects::{Place, Rejects};
use crate::rules::Overlay;
use crate::{keys, registers};

/// Where events, rules and registers come from, and as of when they are judged.
#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// Files of events: JSON lines or length-delimited protobuf, also .gz or .zst; `-` is standard input
    pub(crate) files: Vec<PathBuf>,
    /// Profile that decides: strict100, statutory, or one of the rule files
    #[arg(long)]
    pub(crate) profile: Option<String>,
    #[command(flatten)]
    pub(crate) overlay: Overlay,
    /// Folder with the registers, as sites.csv, staff.csv, agreements.csv (docs/registers.md); what they would answer is
    /// unanswered without
    #[arg(long, value_name = "DIR")]
    pub(crate) registry: Option<PathBuf>,
    /// Judge as of this moment, as 2026-03-12T00:00:00+08:00; events received later are left out. Default: the latest
    /// intake seen
    #[arg(long, value_name = "MOMENT", value_parser = instant)]
    pub(crate) as_of: Option<Timestamp>,
    /// File with the keys of tokens; without one a fresh key is drawn for this run
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// Write what could not be read: one JSON object a line, without the values
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// How the files are written; told from the first byte of each where nothing is said
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
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

/// What events are read and judged by.
pub(crate) struct Prepared {
    pub(crate) rules: Rules,
    pub(crate) keys: TokenKeys,
    pub(crate) registry: Registry,
    /// Records in the registers.
    pub(crate) records: u64,
}

/// Reads rules, keys and registers, and looks whether all that was asked for can be done.
pub(crate) fn prepare(source: &Source) -> anyhow::Result<Prepared> {
    if source.files.is_empty() {
        bail!("no FILES of events are named; `-` is standard input");
    }
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
    let (registry, records) = registers::load(source.registry.as_deref(), &keys)?;
    Ok(Prepared {
        rules,
        keys,
        registry,
        records,
    })
}

/// Reads all files as one set. With `only` the events of other waybills are read and counted, and not kept.
pub(crate) fn load(source: &Source, only: Option<&str>) -> anyhow::Result<Loaded> {
    let Prepared {
        rules, keys, registry, ..
    } = prepare(source)?;
    let decoder = decoder(&rules, keys);
    let mut taker = Taker {
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
    reading::all(&source.files, source.format, &mut taker)?;
    let as_of = source.as_of.or(taker.latest).unwrap_or_default();
    let parcels = Read {
        files: taker.files,
        piles: taker.piles,
        ledger: taker.ledger,
        rejects: taker.rejects,
    };
    drop(decoder);
    Ok(Loaded {
        rules,
        registry,
        as_of,
        parcels,
    })
}

/// Reads events by the limits and the brands of the rules.
pub(crate) fn decoder<'r>(rules: &'r Rules, keys: TokenKeys) -> Decoder<impl Fn(&str) -> Option<&'r str>> {
    let limits = rules.newest().limits;
    let brands = rules.brands();
    Decoder::new(keys, |brand: &str| brands.resolve(brand))
        .max_age(Span::days(limits.event_age_days_max.into()))
        .max_ahead(Span::hours(limits.event_future_hours_max.into()))
}

/// Whether two paths lead to one file that is there.
fn is_same_file(left: &Path, right: &Path) -> bool {
    matches!((left.canonicalize(), right.canonicalize()), (Ok(left), Ok(right)) if left == right)
}

struct Taker<'a, R> {
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

impl<'r, R: Fn(&str) -> Option<&'r str>> Take for Taker<'_, R> {
    fn file(&mut self, path: &Path, unit: &'static str) {
        self.files.push(Named {
            path: path.to_owned(),
            unit,
        });
    }

    fn record(&mut self, path: &Path, place: Place, bytes: &[u8], encoding: Encoding) -> anyhow::Result<()> {
        let decoder = self.decoder;
        let mut spare = std::mem::take(&mut self.spare);
        let (mut index, mut taken) = (0_usize, Ok(()));
        let whole = decoder.see_each(bytes, encoding, &mut spare, |seen| {
            if taken.is_ok() {
                let place = Place {
                    index: Some(index),
                    ..place
                };
                taken = self.outcome(path, place, seen.as_ref());
            }
            index += 1;
        });
        self.spare = spare;
        taken?;
        match whole {
            Ok(_) => Ok(()),
            Err(reject) => self.outcome(path, place, Err(&reject)),
        }
    }

    fn unreadable(&mut self, path: &Path, place: Place, reject: Reject) -> anyhow::Result<()> {
        self.outcome(path, place, Err(&reject))
    }

    /// Moves clocks, and here there is none: all lines are one set, judged as of one moment.
    fn control(&mut self, _: &Path, _: Place, read: control::Read) -> anyhow::Result<()> {
        self.ledger.controls += 1;
        self.ledger.unknown_fields += u64::from(read.unknown_fields);
        Ok(())
    }
}

impl<'r, R: Fn(&str) -> Option<&'r str>> Taker<'_, R> {
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
