//! `sanbai registry`: imports registers, and shows what the registry holds.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Lines, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use indicatif::ProgressBar;
use sanbai_wire::TokenKeys;
use sanbai_wire::proto::registry::RegistryRecord;
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
    let data = &config.data.directory;
    let io = |error| Sysexit::wrap(Exit::InputOutput, error);
    client::check_directory(&config)?;
    fs::create_dir_all(data).map_err(|error| io(error.into()))?;
    let keys = daemon::keys::load_or_make(&config.key_file());
    let keys = keys.map_err(|error| Sysexit::wrap(Exit::Configuration, error))?;
    let mut spool = Spool::in_folder(data).map_err(io)?;
    // All of it is looked through first: a registry with half of a file would accuse or excuse somebody.
    let faults = read_all(&files, &keys, &mut spool).map_err(io)?;
    if faults > 0 {
        let wrong = anyhow!(
            "{faults} faults in the registers of {}; nothing was imported",
            folder.display()
        );
        return Err(Sysexit::wrap(Exit::Data, wrong));
    }
    let mut body = spool.into_body().map_err(io)?;
    let done = client::run(&config, &Order::RegistryImport, &mut body, &mut |_| Ok(()));
    body.bar.finish_and_clear();
    let done = done?;
    print.done(&done, || imported(&done))
}

/// Reads all register files, and keeps their records in canonical form; how many faults there are.
fn read_all(files: &[(PathBuf, Kind, Format)], keys: &TokenKeys, spool: &mut Spool) -> anyhow::Result<u64> {
    let bytes = files.iter().filter_map(|(path, ..)| path.metadata().ok());
    let bar = output::progress(Some(bytes.map(|metadata| metadata.len()).sum()));
    let mut faults = 0_u64;
    for (path, kind, format) in files {
        let mut chunks = Chunks::open(path, *format)?;
        while let Some(chunk) = chunks.next()? {
            let read = registers::read(*kind, *format, &chunk.bytes, keys);
            let mut say = |fault: String| {
                faults += 1;
                if faults <= FAULTS_MAX {
                    bar.suspend(|| output::note(&format!("{}: {fault}", path.display())));
                }
            };
            for mut fault in read.faults {
                fault.line += chunk.lines_before;
                say(fault.to_string());
            }
            for record in &read.records {
                match to_core(record, 0) {
                    Ok(_) => spool.add(record)?,
                    Err(reject) => say(reject.to_string()),
                }
            }
            bar.inc(chunk.taken);
        }
    }
    bar.finish_and_clear();
    Ok(faults)
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

/// Records in canonical form, in a file that nobody else sees and that goes with this process.
struct Spool(BufWriter<File>);

impl Spool {
    fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(format!("import-{}.tmp", std::process::id()));
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path);
        let file = file.with_context(|| format!("cannot make {}", path.display()))?;
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        Ok(Self(BufWriter::with_capacity(1 << 18, file)))
    }

    fn add(&mut self, record: &RegistryRecord) -> anyhow::Result<()> {
        writeln!(self.0, "{}", line_of_record(record)).context("cannot keep what was read")
    }

    /// What was added, from its beginning.
    fn into_body(self) -> anyhow::Result<Spooled> {
        let mut file = self.0.into_inner().context("cannot keep what was read")?;
        let bytes = file.stream_position()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Spooled {
            lines: BufReader::with_capacity(1 << 18, file).lines(),
            bar: output::progress(Some(bytes)),
        })
    }
}

/// The lines of an order, and how many bytes of them are sent.
struct Spooled {
    lines: Lines<BufReader<File>>,
    bar: ProgressBar,
}

impl Body for Spooled {
    fn line(&mut self) -> Result<Option<String>, Failure> {
        let broken = |error: std::io::Error| {
            let detail = format!("what was read of the registers is lost: {error}");
            Failure::new(Exit::InputOutput, "registers_lost", detail)
        };
        let line = self.lines.next().transpose().map_err(broken)?;
        self.bar.inc(line.as_ref().map_or(0, |line| line.len() as u64 + 1));
        Ok(line)
    }
}
