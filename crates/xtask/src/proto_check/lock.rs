//! The lock file: one line for each field and enum value that there ever was.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;

use super::schema::{Entry, Schema};

/// The shape of what is no longer used.
pub(super) const RESERVED: &str = "reserved";

const HEADER: &str = "\
# Every field and enum value that the schemas ever had. Written by `cargo xtask proto-check --accept`, never by hand.
# MESSAGE NUMBER NAME SHAPE
";

/// By message (or enum) and number.
pub(super) type Lock = BTreeMap<(String, i32), Entry>;

/// What the lock file says.
pub(super) fn parse(text: &str) -> anyhow::Result<Lock> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| parse_line(line).with_context(|| format!("`{line}`")))
        .collect()
}

fn parse_line(line: &str) -> anyhow::Result<((String, i32), Entry)> {
    let mut words = line.splitn(4, ' ');
    let mut word = || words.next().context("MESSAGE NUMBER NAME SHAPE expected");
    let key = (word()?.to_owned(), word()?.parse()?);
    Ok((
        key,
        Entry {
            name: word()?.to_owned(),
            shape: word()?.to_owned(),
        },
    ))
}

/// The text of the lock file.
pub(super) fn print(lock: &Lock) -> String {
    let mut text = HEADER.to_owned();
    for ((message, number), Entry { name, shape }) in lock {
        writeln!(text, "{message} {number} {name} {shape}").expect("a String takes everything");
    }
    text
}

/// The lock file after this schema: what it has, and as reserved what it no longer has.
pub(super) fn next(locked: &Lock, schema: &Schema) -> Lock {
    let mut next: Lock = schema
        .iter()
        .flat_map(|(name, message)| {
            let entries = message.entries.iter();
            entries.map(move |(number, entry)| ((name.clone(), *number), entry.clone()))
        })
        .collect();
    for (key, entry) in locked {
        let gone = || Entry {
            name: entry.name.clone(),
            shape: RESERVED.to_owned(),
        };
        next.entry(key.clone()).or_insert_with(gone);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_and_parse_are_inverse() {
        let text = format!("{HEADER}sanbai.Parcel 1 waybill string in key\nsanbai.Parcel 2 weight reserved\n");
        assert_eq!(print(&parse(&text).unwrap()), text);
    }

    #[test]
    fn a_damaged_line_is_named() {
        assert_eq!(
            format!("{:#}", parse("sanbai.Parcel 1").unwrap_err()),
            "`sanbai.Parcel 1`: MESSAGE NUMBER NAME SHAPE expected"
        );
    }
}
