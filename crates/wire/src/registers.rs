//! Registers as files: one file a kind, CSV or JSON lines, with the columns of `docs/registers.md`.
//!
//! ```
//! use sanbai_wire::TokenKeys;
//! use sanbai_wire::registers::{Format, Kind, read, to_core, write};
//!
//! let keys = TokenKeys::single("1", [7; 32])?;
//! let csv = b"key,brand,kind,place,licence\nGZ-0117,SF,licensed,440117,GZ-2024-0117\n,SF,licensed,440117,\n";
//! let sites = read(Kind::Sites, Format::Csv, csv, &keys);
//! assert_eq!(sites.records.len(), 1);
//! assert_eq!(sites.faults[0].to_string(), "line 3, column key: field_missing: the column is required; fill it in");
//!
//! let json = write(Kind::Sites, Format::JsonLines, &sites.records);
//! let line = r#"{"key":"GZ-0117","brand":"SF","kind":"licensed","place":"440117","licence":"GZ-2024-0117"}"#;
//! assert_eq!(String::from_utf8(json)?.trim_end(), line);
//! assert!(to_core(&sites.records[0], 0)?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod cells;
mod columns;
mod csv_rows;
mod json_rows;

use core::fmt;

use crate::code::Code;
use crate::proto::registry::RegistryRecord;
use crate::proto::registry::registry_record::Value;
use crate::reject::Reject;
use crate::token::TokenKeys;

pub use crate::registry::to_core;

/// The registers that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Outlets, terminal points, processing centres.
    Sites,
    /// Staff.
    Staff,
    /// X-ray machines.
    Machines,
    /// Contracts with third parties that screen.
    Contracts,
    /// Safety agreements with bulk senders.
    Agreements,
    /// Areas with a second screening.
    KeyAreas,
    /// Times without upload.
    Outages,
    /// Days that are not what the calendar says.
    Calendar,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Sites,
        Self::Staff,
        Self::Machines,
        Self::Contracts,
        Self::Agreements,
        Self::KeyAreas,
        Self::Outages,
        Self::Calendar,
    ];

    /// The name of the register, as of its file: `key_areas`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sites => "sites",
            Self::Staff => "staff",
            Self::Machines => "machines",
            Self::Contracts => "contracts",
            Self::Agreements => "agreements",
            Self::KeyAreas => "key_areas",
            Self::Outages => "outages",
            Self::Calendar => "calendar",
        }
    }

    /// The name of its file: `sites.csv`, `sites.ndjson`.
    pub fn file_name(self, format: Format) -> String {
        format!("{}.{}", self.name(), format.extension())
    }

    /// The register to which a record belongs; `None` where it says nothing.
    pub const fn of(record: &RegistryRecord) -> Option<Self> {
        match &record.value {
            Some(Value::Site(_)) => Some(Self::Sites),
            Some(Value::Staff(_)) => Some(Self::Staff),
            Some(Value::Machine(_)) => Some(Self::Machines),
            Some(Value::Contract(_)) => Some(Self::Contracts),
            Some(Value::Agreement(_)) => Some(Self::Agreements),
            Some(Value::KeyArea(_)) => Some(Self::KeyAreas),
            Some(Value::Outage(_)) => Some(Self::Outages),
            Some(Value::CalendarDay(_)) => Some(Self::Calendar),
            None => None,
        }
    }
}

/// How a register is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV with a line of column names.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Format {
    /// The end of file names: `csv`, `ndjson`.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "ndjson",
        }
    }
}

/// What was read of a register.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// The records, in the order of the file.
    pub records: Vec<RegistryRecord>,
    /// All that is wrong with the rows that could not be read, of each column the first fault. The other rows were read.
    pub faults: Vec<Fault>,
}

/// What is wrong with a row. Never holds any part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line in the file, counted from 1.
    pub line: u64,
    /// The column, by the name that JSON lines use; empty for the whole row.
    pub column: String,
    /// The stable code.
    pub code: Code,
    /// One sentence for people.
    pub detail: String,
}

impl Fault {
    fn of(line: u64, reject: Reject) -> Self {
        let column = reject.pointer.trim_start_matches('/').to_owned();
        Self {
            line,
            column,
            code: reject.code,
            detail: reject.detail,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {}: {}", self.code, self.detail)
    }
}

impl core::error::Error for Fault {}

/// Reads a register. Raw numbers, phones and names in it become tokens.
pub fn read(kind: Kind, format: Format, bytes: &[u8], keys: &TokenKeys) -> Read {
    let mut read = Read::default();
    let mut take = |line: u64, row: cells::Row| match build::record(kind, row, keys) {
        Ok(record) => read.records.push(record),
        Err(faults) => read
            .faults
            .extend(faults.into_iter().map(|reject| Fault::of(line, reject))),
    };
    match format {
        Format::Csv => csv_rows::read(kind, bytes, &mut take),
        Format::JsonLines => json_rows::read(kind, bytes, &mut take),
    }
    read
}

/// Writes the records of one register; those of others are passed over.
pub fn write(kind: Kind, format: Format, records: &[RegistryRecord]) -> Vec<u8> {
    let own = records.iter().filter(|record| Kind::of(record) == Some(kind));
    let rows = own.map(cells::cells);
    match format {
        Format::Csv => csv_rows::write(kind, rows),
        Format::JsonLines => json_rows::write(rows),
    }
}

#[cfg(test)]
mod tests;
