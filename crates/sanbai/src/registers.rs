//! The registers of a folder: one file a kind, CSV or JSON lines.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use sanbai_core::registry::Registry;
use sanbai_wire::TokenKeys;
use sanbai_wire::registers::{self, Format, Kind};

use crate::output;

/// Faults of a register file that are printed; the rest is counted.
const FAULTS_MAX: usize = 20;

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
    let (mut offset, mut files, mut faults) = (0_u64, 0_usize, 0_usize);
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
