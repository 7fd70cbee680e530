//! Registers in CSV: RFC 4180, UTF-8, a line of column names first.

use csv::{ByteRecord, ReaderBuilder, Terminator, WriterBuilder};

use super::Kind;
use super::cells::{Cell, Row};
use super::columns::{Column, columns};
use crate::code::Code;
use crate::reject::Reject;
use crate::schema::loosely_equal;

/// What stands between the entries of a list.
const SEPARATOR: char = ';';

/// Gives the rows to `take`, with their lines.
pub(super) fn read(kind: Kind, bytes: &[u8], take: &mut impl FnMut(u64, Row)) {
    // Spreadsheets put a byte order mark in front.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().flexible(false).from_reader(bytes);
    let header = match reader.byte_headers().cloned() {
        Ok(header) => header,
        Err(error) => return take(1, Row::broken(broken(&error))),
    };
    let mut places: Vec<Option<Column>> = Vec::new();
    for (index, name) in header.iter().enumerate() {
        let column = column(kind, name);
        if let Some(reject) = heading_fault(&places, column, index.saturating_add(1)) {
            take(1, Row::broken(reject));
        }
        places.push(column);
    }
    let mut record = ByteRecord::new();
    loop {
        let read = reader.read_byte_record(&mut record);
        match read {
            Ok(false) => return,
            Ok(true) => {
                let line = record.position().map_or(0, csv::Position::line);
                take(line, row(&places, &record));
            }
            Err(error) => take(
                error.position().map_or(0, csv::Position::line),
                Row::broken(broken(&error)),
            ),
        }
    }
}

fn column(kind: Kind, name: &[u8]) -> Option<Column> {
    let name = core::str::from_utf8(name).ok()?.trim();
    columns(kind).find(|(known, _)| loosely_equal(known, name))
}

fn heading_fault(before: &[Option<Column>], column: Option<Column>, number: usize) -> Option<Reject> {
    match column {
        None => {
            let detail = format!("column {number} has a name that this register does not have; see docs/registers.md");
            Some(Reject::new(Code::UnknownField, detail))
        }
        Some(_) if before.contains(&column) => Some(Reject::new(
            Code::JsonDuplicateKey,
            format!("the name of column {number} stands twice"),
        )),
        Some(_) => None,
    }
}

fn row(places: &[Option<Column>], record: &ByteRecord) -> Row {
    let mut row = Row::default();
    for (column, cell) in places.iter().zip(record) {
        let Some(column) = *column else { continue };
        let Ok(text) = core::str::from_utf8(cell) else {
            row.fault(Reject::new(Code::TextInvalid, "the text is not UTF-8; save the file so").under(column.0));
            continue;
        };
        let entries = if column.1.is_list() {
            text.split(SEPARATOR).map(str::to_owned).collect()
        } else {
            vec![text.to_owned()]
        };
        row.insert(column, entries);
    }
    row
}

fn broken(error: &csv::Error) -> Reject {
    let detail = if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
        format!("the row has {len} columns, and the first line {expected_len}")
    } else {
        "the row is no CSV in UTF-8".to_owned()
    };
    Reject::new(Code::CsvSyntax, detail)
}

/// Writes the rows below a line of column names.
pub(super) fn write(kind: Kind, rows: impl Iterator<Item = Vec<(&'static str, Cell)>>) -> Vec<u8> {
    let written: Vec<&'static str> = columns(kind)
        .filter(|(_, form)| !form.is_raw())
        .map(|(name, _)| name)
        .collect();
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    writer
        .write_record(written.iter().map(|name| snake_case(name)))
        .expect("a Vec takes everything");
    for mut row in rows {
        let mut take = |name: &str| {
            let place = row.iter().position(|(column, _)| *column == name)?;
            Some(row.swap_remove(place).1)
        };
        let cells = written.iter().map(|name| match take(name) {
            Some(Cell::Text(text) | Cell::Bare(text)) => text,
            Some(Cell::List(entries)) => entries.join(";"),
            None => String::new(),
        });
        writer
            .write_record(cells.collect::<Vec<String>>())
            .expect("each row has a cell for every column");
    }
    writer.into_inner().expect("a Vec takes everything")
}

/// `validFrom` as `valid_from`.
pub(super) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len().saturating_add(2));
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
