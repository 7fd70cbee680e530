//! Registers in JSON lines: one flat object a line, blank lines between them.

use super::Kind;
use super::cells::{Cell, Row};
use super::columns::columns;
use crate::code::Code;
use crate::json::{Reader, Shape, push_text};
use crate::limits::EVENT_BYTES_MAX;
use crate::reject::Reject;
use crate::schema::loosely_equal;

/// Gives the rows to `take`, with their lines.
pub(super) fn read(kind: Kind, bytes: &[u8], take: &mut impl FnMut(u64, Row)) {
    for (number, line) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
        if !line.trim_ascii().is_empty() {
            take(number, row(kind, line));
        }
    }
}

fn row(kind: Kind, line: &[u8]) -> Row {
    if line.len() > EVENT_BYTES_MAX {
        let detail = format!("the row has {} bytes, over the limit of {EVENT_BYTES_MAX}", line.len());
        return Row::broken(Reject::new(Code::EventTooLarge, detail));
    }
    let mut row = Row::default();
    if let Err(reject) = fill(kind, line, &mut row) {
        row.break_off(reject);
    }
    row
}

/// Reads a row to its end; an error where it is no JSON.
fn fill(kind: Kind, line: &[u8], row: &mut Row) -> Result<(), Reject> {
    let mut seen = Vec::new();
    let mut reader = Reader::new(line);
    reader.open_object()?;
    let mut is_first = true;
    while let Some(name) = reader.name(core::mem::take(&mut is_first))? {
        let name = core::str::from_utf8(&name).unwrap_or_default();
        let Some(column) = columns(kind).find(|(known, _)| loosely_equal(known, name)) else {
            let detail = format!("the name before byte {} is no column of this register", reader.offset());
            row.fault(Reject::new(Code::UnknownField, detail));
            reader.skip()?;
            continue;
        };
        if seen.contains(&column) {
            row.fault(reader.duplicate().under(column.0));
            reader.skip()?;
            continue;
        }
        seen.push(column);
        match entries(&mut reader, column.1.is_list()).map_err(|reject| reject.under(column.0))? {
            Some(entries) => row.insert(column, entries),
            None => {
                let detail = "a text, a number, true or false is needed here";
                row.fault(Reject::new(Code::TypeMismatch, detail).under(column.0));
            }
        }
    }
    reader.finish()
}

/// What stands in a column: a list where it holds one, else one value; a single value does for a list. `None` where
/// something else stands there.
fn entries(reader: &mut Reader<'_>, is_list: bool) -> Result<Option<Vec<String>>, Reject> {
    match reader.shape()? {
        Shape::Null => reader.literal("null").map(|()| Some(Vec::new())),
        Shape::Array if is_list => {
            let (mut entries, mut is_first) = (Some(Vec::new()), true);
            reader.open_array()?;
            while reader.entry(core::mem::take(&mut is_first))? {
                let entry = entry(reader)?;
                entries = entries.zip(entry).map(|(mut entries, entry)| {
                    entries.push(entry);
                    entries
                });
            }
            Ok(entries)
        }
        Shape::Object | Shape::Array | Shape::Text | Shape::Number | Shape::True | Shape::False => {
            Ok(entry(reader)?.map(|entry| vec![entry]))
        }
    }
}

fn entry(reader: &mut Reader<'_>) -> Result<Option<String>, Reject> {
    let entry = match reader.shape()? {
        Shape::Text => reader.text()?.into_owned(),
        Shape::Number => reader.number()?.to_owned(),
        Shape::True => reader.literal("true").map(|()| "true".to_owned())?,
        Shape::False => reader.literal("false").map(|()| "false".to_owned())?,
        Shape::Object | Shape::Array | Shape::Null => return reader.skip().map(|()| None),
    };
    Ok(Some(entry))
}

/// Writes an object a line.
pub(super) fn write(rows: impl Iterator<Item = Vec<(&'static str, Cell)>>) -> Vec<u8> {
    let mut out = String::new();
    for row in rows {
        out.push('{');
        for (name, cell) in row {
            if !out.ends_with('{') {
                out.push(',');
            }
            push_text(name, &mut out);
            out.push(':');
            match cell {
                Cell::Text(text) => push_text(&text, &mut out),
                Cell::Bare(text) => out.push_str(&text),
                Cell::List(entries) => push_list(&entries, &mut out),
            }
        }
        out.push_str("}\n");
    }
    out.into_bytes()
}

fn push_list(entries: &[String], out: &mut String) {
    out.push('[');
    for entry in entries {
        if !out.ends_with('[') {
            out.push(',');
        }
        push_text(entry, out);
    }
    out.push(']');
}
