//! `core` and `wire` do no I/O, read no clock and draw no random number.
//!
//! Clippy bans the calls (`clippy.toml` of each crate). Here we look at what it cannot see: which crates are inside,
//! and that the compiled code asks its host for nothing.

mod allowed;
mod wasm;

use std::collections::BTreeSet;
use std::path::Path;

use self::allowed::Allowed;
use crate::process::{self, cargo};

/// The crates that are pure.
const PURE: [&str; 2] = ["sanbai-core", "sanbai-wire"];

/// Checks the dependency trees against the allow-list, then builds for wasm32.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let allowed = Allowed::read(root)?;
    let mut problems = Vec::new();
    for package in PURE {
        problems.extend(allowed.problems(package, &inside(root, package)?));
    }
    anyhow::ensure!(problems.is_empty(), "{}:\n  {}", allowed::PATH, problems.join("\n  "));
    wasm::run(root, &PURE)
}

/// The crates that end up inside this one where it is built. Procedural macros run in the compiler and do not.
fn inside(root: &Path, package: &str) -> anyhow::Result<BTreeSet<String>> {
    let mut tree = cargo(root, &["tree", "--locked", "--package", package, "--prefix", "none"]);
    tree.args(["--edges", "normal,build,no-proc-macro"]);
    tree.args(["--target", "x86_64-unknown-linux-gnu", "--target", wasm::TARGET]);
    let tree = process::output(&mut tree)?;
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    Ok(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
}
