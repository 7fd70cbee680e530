//! `sanbai registry`: imports registers, and shows what the registry holds.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use indicatif::ProgressBar;
use sanbai_wire::TokenKeys;
use sanbai_wire::registers::{self, Format, Kind, to_core};
use serde_json::Value;

use super::controls::Print;
use super::{SYSEXITS, number, text};
use crate::exit::{Exit, Sysexit};
use crate::orders::client::{self, Where};
use crate::orders::{Body, Failure, Order, line_of_record};
use crate::registers::{Chunks, FAULTS_MAX, files_of};
use crate::{Outcome, daemon, output};

/// Import registers, and show what the registry holds
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Append the registers of a folder (docs/registers.md); nothing where any row is wrong, and only what is new
    #[command(after_help = SYSEXITS)]
    Import {
        /// Holds sites.csv, staff.ndjson …
        folder: PathBuf,
        #[command(flatten)]
        at: Where,
        #[command(flatten)]
        print: Print,
    },
    /// Count what the registry holds, by register, with its rule files
    #[command(after_help = SYSEXITS)]
    Show {
        #[command(flatten)]
        at: Where,
        #[command(flatten)]
        print: Print,
    },
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.action {
        Action::Import { folder, at, print } => import(folder, at, *print),
        Action::Show { at, print } => {
            let done = client::simple(&at.load()?, &Order::RegistryShow)?;
            print.done(&done, || show(&done))
        }
    }
}

fn import(folder: &Path, at: &Where, print: Print) -> anyhow::Result<Outcome> {
    let config = at.load()?;
    let files = files_of(folder).map_err(|error| Sysexit::wrap(Exit::Usage, error))?;
    let keys = daemon::keys::load_or_make(&config.key_file());
    let keys = keys.map_err(|error| Sysexit::wrap(Exit::Configuration, error))?;
    let bytes = files.iter().filter_map(|(path, ..)| path.metadata().ok());
    let bar = output::progress(Some(2 * bytes.map(|metadata| metadata.len()).sum::<u64>()));
    // All of it is looked through first: a registry with half of a file would accuse or excuse somebody.
    let mut faults = 0_u64;
    let mut rows = Rows::new(files.clone(), &keys, &bar);
    while let Some((path, read)) = rows
        .next_chunk()
        .map_err(|error| Sysexit::wrap(Exit::InputOutput, error))?
    {
        for fault in read.faults {
            faults += 1;
            if faults <= FAULTS_MAX {
                bar.suspend(|| output::note(&format!("{}: {fault}", path.display())));
            }
        }
    }
    if faults > 0 {
        let wrong = anyhow!(
            "{faults} faults in the registers of {}; nothing was imported",
            folder.display()
        );
        return Err(Sysexit::wrap(Exit::Data, wrong));
    }
    let mut body = Records {
        rows: Rows::new(files, &keys, &bar),
        ready: VecDeque::new(),
    };
    let done = client::run(&config, &Order::RegistryImport, &mut body, &mut |_| Ok(()));
    bar.finish_and_clear();
    let done = done?;
    print.done(&done, || imported(&done))
}

fn counts(done: &Value) -> String {
    let counts = done["records"].as_object().into_iter().flatten();
    let counts: Vec<String> = counts.map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() {
        "0".to_owned()
    } else {
        counts.join(", ")
    }
}

fn imported(done: &Value) -> String {
    format!(
        "已导入 imported: {} · 未变化 unchanged {} · 位置 offsets {} to {}\n导入不改判已定的件 parcels that were judged stay as they are: `sanbai rejudge` judges them again",
        counts(done),
        number(done, "unchanged"),
        number(done, "from"),
        number(done, "to")
    )
}

fn show(done: &Value) -> String {
    let mut words = format!(
        "登记册 registers: {}\n位置 offsets {} to {} · 各分片已知到 known to all shards before {} · 无法读取 unreadable {}\n",
        counts(done),
        number(done, "from"),
        number(done, "to"),
        number(done, "knownToAllShards"),
        number(done, "unreadable")
    );
    for set in done["rules"].as_array().into_iter().flatten() {
        let (version, effective) = (text(set, "version"), text(set, "effective"));
        words.push_str(&format!(
            "规则 rules {version} from {effective} at offset {}\n",
            number(set, "offset")
        ));
    }
    words
}

/// The rows of some files, in pieces.
struct Rows<'a> {
    files: VecDeque<(PathBuf, Kind, Format)>,
    keys: &'a TokenKeys,
    bar: &'a ProgressBar,
    current: Option<(PathBuf, Kind, Format, Chunks)>,
}

impl<'a> Rows<'a> {
    fn new(files: Vec<(PathBuf, Kind, Format)>, keys: &'a TokenKeys, bar: &'a ProgressBar) -> Self {
        Self {
            files: files.into(),
            keys,
            bar,
            current: None,
        }
    }

    /// What stands in the next piece, with the lines of faults as the file counts them.
    fn next_chunk(&mut self) -> anyhow::Result<Option<(PathBuf, registers::Read)>> {
        loop {
            if self.current.is_none() {
                let Some((path, kind, format)) = self.files.pop_front() else {
                    return Ok(None);
                };
                let chunks = Chunks::open(&path, format)?;
                self.current = Some((path, kind, format, chunks));
            }
            let Some((path, kind, format, chunks)) = &mut self.current else {
                continue;
            };
            let Some(chunk) = chunks.next()? else {
                self.current = None;
                continue;
            };
            self.bar.inc(chunk.taken);
            let mut read = registers::read(*kind, *format, &chunk.bytes, self.keys);
            for fault in &mut read.faults {
                fault.line += chunk.lines_before;
            }
            for record in &read.records {
                if let Err(reject) = to_core(record, 0) {
                    read.faults.push(registers::Fault {
                        line: chunk.lines_before + 1,
                        column: reject.pointer.clone(),
                        code: reject.code,
                        detail: format!("a row from here on: {}", reject.detail),
                    });
                }
            }
            return Ok(Some((path.clone(), read)));
        }
    }
}

/// The records of some files, as lines of an order.
struct Records<'a> {
    rows: Rows<'a>,
    ready: VecDeque<String>,
}

impl Records<'_> {
    fn fill(&mut self) -> anyhow::Result<()> {
        while self.ready.is_empty() {
            let Some((path, read)) = self.rows.next_chunk()? else {
                return Ok(());
            };
            if !read.faults.is_empty() {
                bail!("{} changed while it was read", path.display());
            }
            self.ready.extend(read.records.iter().filter_map(line_of_record));
        }
        Ok(())
    }
}

impl Body for Records<'_> {
    fn line(&mut self) -> Result<Option<String>, Failure> {
        self.fill()
            .map_err(|error| Failure::new(Exit::InputOutput, "registers_changed", format!("{error:#}")))?;
        Ok(self.ready.pop_front())
    }
}
