//! No number and no name of a schema ever gets another meaning.
//!
//! `proto/lock.txt` has a line for each field and enum value that there ever was:
//! `MESSAGE NUMBER NAME SHAPE`, where the shape is label, type and oneof, or `reserved` for what is no longer used.
//! Names count because the JSON mapping is part of the contract.

mod lock;
mod schema;

use std::path::Path;

use anyhow::Context as _;

use self::lock::{Lock, RESERVED};
use self::schema::Schema;
use crate::proto;

const LOCK: &str = "proto/lock.txt";

/// Compares the schemas with the lock file. With `accept`, what is new or newly reserved goes into the lock file.
///
/// # Errors
///
/// Every number or name that was reused, retyped, renamed or dropped without `reserved`, and, unless accepted, that
/// there is something new.
pub(crate) fn run(root: &Path, accept: bool) -> anyhow::Result<()> {
    let path = root.join(LOCK);
    let locked = match std::fs::read_to_string(&path) {
        Ok(text) => lock::parse(&text).context(LOCK)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && accept => Lock::new(),
        Err(error) => return Err(error).context(LOCK),
    };
    let schema = schema::read(&proto::compile(root)?);
    let broken = broken(&locked, &schema);
    anyhow::ensure!(
        broken.is_empty(),
        "the schemas broke their contract:\n  {}",
        broken.join("\n  ")
    );

    let next = lock::next(&locked, &schema);
    if next == locked {
        return Ok(());
    }
    anyhow::ensure!(
        accept,
        "{LOCK} does not know all of the schemas: run `cargo xtask proto-check --accept`"
    );
    std::fs::write(&path, lock::print(&next)).context(LOCK)?;
    println!("wrote {LOCK}");
    Ok(())
}

/// What was promised and is no longer so, one sentence each.
fn broken(locked: &Lock, schema: &Schema) -> Vec<String> {
    locked
        .iter()
        .filter_map(|((message, number), was)| {
            let name = &was.name;
            let problem = match schema.get(message) {
                None => format!("`{name}` is gone with its message"),
                Some(now) => match now.entries.get(number) {
                    Some(_) if was.shape == RESERVED => {
                        format!("is reserved for what was `{name}`")
                    }
                    Some(entry) if entry.name != *name => {
                        format!("renamed from `{name}` to `{}`", entry.name)
                    }
                    Some(entry) if entry.shape != was.shape => {
                        format!("`{name}` was `{}`, is `{}`", was.shape, entry.shape)
                    }
                    None if !now.reserves(*number) => {
                        format!("`{name}` is gone without `reserved {number};`")
                    }
                    None if !now.reserved_names.contains(name) => {
                        format!("`{name}` is gone without `reserved \"{name}\";`")
                    }
                    Some(_) | None => return None,
                },
            };
            Some(format!("{message} {number}: {problem}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use protox::prost_reflect::prost_types::FileDescriptorSet;

    use super::*;

    const BEFORE: &str = "message Parcel { string waybill = 1; optional uint32 weight = 2; }";

    fn schema(messages: &str) -> Schema {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sanbai.proto");
        std::fs::write(&path, format!("syntax = \"proto3\"; package sanbai; {messages}")).unwrap();
        let set: FileDescriptorSet = protox::compile([path], [folder.path()]).unwrap();
        schema::read(&set)
    }

    /// What is said about the step from `BEFORE` to these messages.
    fn said(after: &str) -> Vec<String> {
        broken(&lock::next(&Lock::new(), &schema(BEFORE)), &schema(after))
    }

    #[test]
    fn a_new_field_breaks_nothing() {
        let after = "message Parcel { string waybill = 1; optional uint32 weight = 2; repeated string site = 3; }";
        assert_eq!(said(after), [""; 0]);
    }

    #[test]
    fn a_retyped_field_is_found() {
        let after = "message Parcel { string waybill = 1; uint32 weight = 2; }";
        assert_eq!(
            said(after),
            ["sanbai.Parcel 2: `weight` was `optional uint32`, is `uint32`"]
        );
    }

    #[test]
    fn a_field_that_moves_into_a_oneof_is_found() {
        let after = "message Parcel { oneof key { string waybill = 1; } optional uint32 weight = 2; }";
        assert_eq!(
            said(after),
            ["sanbai.Parcel 1: `waybill` was `string`, is `string in key`"]
        );
    }

    #[test]
    fn a_renamed_field_is_found() {
        let after = "message Parcel { string number = 1; optional uint32 weight = 2; }";
        assert_eq!(said(after), ["sanbai.Parcel 1: renamed from `waybill` to `number`"]);
    }

    #[test]
    fn a_dropped_field_needs_its_number_and_name_reserved() {
        let start = "message Parcel { string waybill = 1;";
        assert_eq!(
            said(&format!("{start} }}")),
            ["sanbai.Parcel 2: `weight` is gone without `reserved 2;`"]
        );
        let number_only = format!("{start} reserved 2; }}");
        assert_eq!(
            said(&number_only),
            ["sanbai.Parcel 2: `weight` is gone without `reserved \"weight\";`"]
        );
        assert_eq!(said(&format!("{start} reserved 2; reserved \"weight\"; }}")), [""; 0]);
    }

    #[test]
    fn a_reserved_number_stays_so() {
        let before = lock::next(&Lock::new(), &schema(BEFORE));
        let dropped = schema("message Parcel { string waybill = 1; reserved 2; reserved \"weight\"; }");
        let after = lock::next(&before, &dropped);
        assert_eq!(
            broken(&after, &schema(BEFORE)),
            ["sanbai.Parcel 2: is reserved for what was `weight`"]
        );
    }

    #[test]
    fn an_enum_value_is_held_to_the_same() {
        let before = lock::next(&Lock::new(), &schema("enum Mode { MODE_UNSPECIFIED = 0; AIR = 1; }"));
        let after = schema("enum Mode { MODE_UNSPECIFIED = 0; SEA = 1; }");
        assert_eq!(broken(&before, &after), ["sanbai.Mode 1: renamed from `AIR` to `SEA`"]);
    }

    #[test]
    fn a_dropped_message_is_found() {
        assert_eq!(said("message Other {}").len(), 2);
    }

    #[test]
    fn the_lock_file_is_current() {
        run(&crate::root().unwrap(), false).unwrap();
    }
}
