//! The commands of an operator: each asks for an order and prints what it came to.

pub(crate) mod config;
pub(crate) mod controls;
pub(crate) mod doctor;
pub(crate) mod registry;
pub(crate) mod rejects;
pub(crate) mod snapshot;
pub(crate) mod status;
pub(crate) mod streams;
pub(crate) mod topics;
pub(crate) mod upgrade;

use serde_json::Value;

/// Exit codes of commands that speak to a daemon.
pub(crate) const SYSEXITS: &str = "Exit codes: 0 done, 64 usage, 65 what is stored or sent is wrong, 69 unavailable, \
                                   70 internal, 74 disk, 75 try later, 78 configuration.";

/// A text of an object, for people.
fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or("-")
}

/// A number of an object, for people.
fn number(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::Null => "-".to_owned(),
        value => value.to_string(),
    }
}
