//! The registers of a folder: one file a kind, CSV or JSON lines.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sanbai_core::registry::Registry;
use sanbai_wire::TokenKeys;
use sanbai_wire::registers::{self, Format, Kind};

use crate::output;

/// Faults of a register file that are printed; the rest is counted.
pub(crate) const FAULTS_MAX: u64 = 20;

/// Bytes of a piece of a register, at least.
const CHUNK_BYTES: usize = 4 << 20;

/// Most bytes of a line; what is longer is no row, and is read as several.
const ROW_BYTES_MAX: u64 = 1 << 20;

/// Reads all registers of a folder. A file that is not there is a register that is not there; a fault in one that is
/// there stops the run, for judging without the row would accuse or excuse somebody. Also says how many records there are.
pub(crate) fn load(folder: Option<&Path>, keys: &TokenKeys) -> anyhow::Result<(Registry, u64)> {
    let mut registry = Registry::default();
    let Some(folder) = folder else {
        return Ok((registry, 0));
    };
    if !folder.is_dir() {
        bail!("{} is no folder", folder.display());
    }
    let (mut offset, mut files, mut faults) = (0_u64, 0_usize, 0_u64);
    for kind in Kind::ALL {
        for format in [Format::Csv, Format::JsonLines] {
            let path = folder.join(kind.file_name(format));
            if !path.is_file() {
                continue;
            }
            files += 1;
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let read = registers::read(kind, format, &bytes, keys);
            for fault in &read.faults {
                faults += 1;
                if faults <= FAULTS_MAX {
                    output::note(&format!("{}: {fault}", path.display()));
                }
            }
            for record in &read.records {
                match registers::to_core(record, offset) {
                    Ok(Some(record)) => registry.insert(record),
                    Ok(None) => {}
                    Err(fault) => {
                        faults += 1;
                        output::note(&format!("{}: {fault}", path.display()));
                    }
                }
                offset += 1;
            }
        }
    }
    if faults > 0 {
        bail!("{faults} faults in the registers of {}", folder.display());
    }
    if files == 0 {
        bail!("{} holds no register: see docs/registers.md", folder.display());
    }
    Ok((registry, offset))
}

/// The register files of a folder.
///
/// # Errors
/// Where it is no folder, or holds none.
pub(crate) fn files_of(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Kind, Format)>> {
    if !folder.is_dir() {
        bail!("{} is no folder", folder.display());
    }
    let all = Kind::ALL
        .into_iter()
        .flat_map(|kind| [(kind, Format::Csv), (kind, Format::JsonLines)]);
    let files = all.map(|(kind, format)| (folder.join(kind.file_name(format)), kind, format));
    let files: Vec<_> = files.filter(|(path, ..)| path.is_file()).collect();
    if files.is_empty() {
        bail!("{} holds no register: see docs/registers.md", folder.display());
    }
    Ok(files)
}

/// A register file in pieces of whole rows, so that a large one need not be held as a whole.
pub(crate) struct Chunks {
    path: PathBuf,
    reader: BufReader<File>,
    /// The row of column names of CSV, which stands before each piece.
    header: Vec<u8>,
    header_lines: u64,
    lines: u64,
    is_begun: bool,
}

/// Some rows of a register.
pub(crate) struct Chunk {
    /// With the row of column names, where there is one.
    pub(crate) bytes: Vec<u8>,
    /// Bytes of the file that are in it.
    pub(crate) taken: u64,
    /// Lines of the file before the first that counts as one in it.
    pub(crate) lines_before: u64,
}

impl Chunks {
    pub(crate) fn open(path: &Path, format: Format) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let mut chunks = Self {
            path: path.to_owned(),
            reader: BufReader::with_capacity(1 << 18, file),
            header: Vec::new(),
            header_lines: 0,
            lines: 0,
            is_begun: false,
        };
        if format == Format::Csv {
            let mut header = Vec::new();
            chunks.read(&mut header, 1)?;
            (chunks.header, chunks.header_lines) = (header, chunks.lines);
        }
        Ok(chunks)
    }

    /// The next piece; `None` at the end, but one at least.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Chunk>> {
        let lines_before = self.lines - self.header_lines;
        let mut bytes = self.header.clone();
        self.read(&mut bytes, CHUNK_BYTES)?;
        let rows = bytes.len() - self.header.len();
        if rows == 0 && self.is_begun {
            return Ok(None);
        }
        let header = if self.is_begun { 0 } else { self.header.len() };
        self.is_begun = true;
        Ok(Some(Chunk {
            taken: (rows + header) as u64,
            bytes,
            lines_before,
        }))
    }

    /// Reads lines until there are so many bytes more and no quotation is open.
    fn read(&mut self, into: &mut Vec<u8>, least: usize) -> anyhow::Result<()> {
        let (start, mut is_quoted) = (into.len(), false);
        while into.len() - start < least || is_quoted {
            let from = into.len();
            let mut limited = (&mut self.reader).take(ROW_BYTES_MAX);
            let read = limited.read_until(b'\n', into);
            if read.with_context(|| format!("cannot read {}", self.path.display()))? == 0 {
                return Ok(());
            }
            self.lines += 1;
            let quotes = into[from..].iter().filter(|byte| **byte == b'"').count();
            is_quoted ^= quotes % 2 == 1;
            if into.len() - start > CHUNK_BYTES + usize::try_from(ROW_BYTES_MAX)? {
                bail!(
                    "{}: a quotation that begins before line {} does not end",
                    self.path.display(),
                    self.lines
                );
            }
        }
        Ok(())
    }
}
