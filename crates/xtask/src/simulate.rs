//! Seeds of the simulation, optimised: `crates/sim/examples/simulate.rs` runs them.

use std::path::Path;

use crate::arguments::Arguments;
use crate::process::{self, cargo};

/// Options that have a value.
const VALUES: [&str; 4] = ["--seeds", "--from", "--seed", "--mutant"];

/// What is asked for, as the runner takes it.
pub(crate) fn asked(arguments: &mut Arguments) -> anyhow::Result<Vec<String>> {
    let mut asked = Vec::new();
    for option in VALUES {
        if let Some(value) = arguments.value(option)? {
            asked.extend([option.to_owned(), value]);
        }
    }
    if arguments.flag("--trace") {
        asked.push("--trace".to_owned());
    }
    Ok(asked)
}

/// Builds the runner and starts it.
pub(crate) fn run(root: &Path, asked: &[String]) -> anyhow::Result<()> {
    let runner = [
        "run",
        "--locked",
        "--release",
        "--package",
        "sanbai-sim",
        "--example",
        "simulate",
        "--",
    ];
    process::run(cargo(root, &runner).args(asked))
}
