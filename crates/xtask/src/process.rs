//! Running other programs.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// `cargo` in the root of the workspace.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(arguments);
    command
}

/// Runs it with our own input and output, and fails if it does.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    anyhow::ensure!(status.success(), "`{}` failed: {status}", shown(command));
    Ok(())
}

/// What it printed. Its errors go to ours.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    anyhow::ensure!(
        output.status.success(),
        "`{}` failed: {}",
        shown(command),
        output.status
    );
    String::from_utf8(output.stdout).with_context(|| format!("output of `{}`", shown(command)))
}

/// Whether it starts and ends well. Nothing is printed.
pub(crate) fn works(command: &mut Command) -> bool {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// A tool that a check needs is not there: CI must not pass without it, a developer may.
pub(crate) fn missing(tool: &str, how_to_get: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!in_ci(), "{tool} is missing: {how_to_get}");
    println!("left out, {tool} is missing: {how_to_get}");
    Ok(())
}

/// Whether this is a run of CI, which says so in the variable `CI`.
fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
