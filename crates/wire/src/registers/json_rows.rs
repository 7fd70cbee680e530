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
pub(super) fn read(kind: Kind, bytes: &[u8], take: &mut impl FnMut(u64, Result<Row, Reject>)) {
    for (number, line) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
        if !line.trim_ascii().is_empty() {
            take(number, row(kind, line));
        }
    }
}

fn row(kind: Kind, line: &[u8]) -> Result<Row, Reject> {
    if line.len() > EVENT_BYTES_MAX {
        let detail = format!("the row has {} bytes, over the limit of {EVENT_BYTES_MAX}", line.len());
        return Err(Reject::new(Code::EventTooLarge, detail));
    }
    let mut row = Row::default();
    let mut seen = Vec::new();
    let mut reader = Reader::new(line);
    reader.open_object()?;
    while let Some(name) = reader.name(seen.is_empty())? {
        let name = core::str::from_utf8(&name).unwrap_or_default();
        let Some(column) = columns(kind).find(|(known, _)| loosely_equal(known, name)) else {
            let detail = format!("the name before byte {} is no column of this register", reader.offset());
            return Err(Reject::new(Code::UnknownField, detail));
        };
        if seen.contains(&column) {
            return Err(reader.duplicate().under(column.0));
        }
        seen.push(column);
        let entries = entries(&mut reader, column.1.is_list()).map_err(|reject| reject.under(column.0))?;
        row.insert(column, entries)?;
    }
    reader.finish()?;
    Ok(row)
}

/// What stands in a column: a list where it holds one, else one value; a single value does for a list.
fn entries(reader: &mut Reader<'_>, is_list: bool) -> Result<Vec<String>, Reject> {
    let mut entries = Vec::new();
    match reader.shape()? {
        Shape::Null => reader.literal("null")?,
        Shape::Array if is_list => {
            reader.open_array()?;
            while reader.entry(entries.is_empty())? {
                entries.push(entry(reader)?);
            }
        }
        Shape::Object | Shape::Array | Shape::Text | Shape::Number | Shape::True | Shape::False => {
            entries.push(entry(reader)?);
        }
    }
    Ok(entries)
}

fn entry(reader: &mut Reader<'_>) -> Result<String, Reject> {
    match reader.shape()? {
        Shape::Text => reader.text().map(std::borrow::Cow::into_owned),
        Shape::Number => reader.number().map(str::to_owned),
        Shape::True => reader.literal("true").map(|()| "true".to_owned()),
        Shape::False => reader.literal("false").map(|()| "false".to_owned()),
        Shape::Object | Shape::Array | Shape::Null => Err(Reject::new(
            Code::TypeMismatch,
            "a text, a number, true or false is needed here",
        )),
    }
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
