//! Brokers for a developer: `crates/rig/examples/kafka.rs` runs them.

use std::os::unix::process::CommandExt as _;
use std::path::Path;

use anyhow::Context as _;

use crate::arguments::Arguments;
use crate::process::cargo;

/// What is asked for, as the runner takes it.
pub(crate) fn asked(arguments: &mut Arguments) -> anyhow::Result<Vec<String>> {
    let word = arguments.next_word();
    anyhow::ensure!(word.as_deref() == Some("up"), "say `kafka up`: it runs until Ctrl-C");
    let mut asked = Vec::new();
    if let Some(count) = arguments.value("--brokers")? {
        asked.extend(["--brokers".to_owned(), count]);
    }
    if arguments.flag("--tls") {
        asked.push("--tls".to_owned());
    }
    Ok(asked)
}

/// Builds the runner and becomes it, so that Ctrl-C reaches one process and that one has the last word.
pub(crate) fn up(root: &Path, asked: &[String]) -> anyhow::Result<()> {
    let runner = [
        "run",
        "--locked",
        "--quiet",
        "--package",
        "sanbai-rig",
        "--example",
        "kafka",
        "--",
    ];
    Err(cargo(root, &runner).args(asked).exec()).context("cannot start cargo")
}
