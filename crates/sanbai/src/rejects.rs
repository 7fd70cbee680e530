//! Where what could not be read is written: one JSON object a line.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use sanbai_wire::Reject;

/// Where what could not be read is written.
pub(crate) struct Rejects {
    file: Option<BufWriter<File>>,
}

impl Rejects {
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let file = match path {
            Some(path) => Some(File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
            None => None,
        };
        Ok(Self {
            file: file.map(BufWriter::new),
        })
    }

    pub(crate) fn write(&mut self, path: &Path, place: Place, reject: &Reject) -> anyhow::Result<()> {
        self.write_code(path, place, reject.code.as_str(), &reject.pointer, &reject.detail)
    }

    /// The same for an event that its parcel could not take.
    pub(crate) fn write_code(
        &mut self,
        path: &Path,
        place: Place,
        code: &str,
        pointer: &str,
        detail: &str,
    ) -> anyhow::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut line = serde_json::json!({
            "file": path.display().to_string(),
            "code": code,
            "pointer": pointer,
            "detail": detail,
        });
        line[place.name] = place.number.into();
        if let Some(index) = place.index {
            line["index"] = index.into();
        }
        writeln!(file, "{line}").context("cannot write the rejects")
    }

    pub(crate) fn close(self) -> anyhow::Result<()> {
        match self.file {
            Some(mut file) => file.flush().context("cannot write the rejects"),
            None => Ok(()),
        }
    }
}

/// Where in a file an event stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// `line` or `offset`.
    pub(crate) name: &'static str,
    pub(crate) number: u64,
    /// Ordinal of the event in its batch.
    pub(crate) index: Option<usize>,
}
