//! What lies in `deploy/`: units, configurations, rules and the dashboard, tried with the programs that they are for.
//!
//! Where such a program is missing, its test says so and passes over; in CI it fails.

mod config;
mod daemon;
mod dashboard;
mod names;
mod prometheus;
mod rules;
mod unit;
mod watched;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// Nothing takes longer than this, or it never comes.
const PATIENCE: Duration = Duration::from_secs(90);

/// A path below the root of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The text of a file of the repository.
fn text(path: &str) -> String {
    fs::read_to_string(repository(path)).expect(path)
}

/// Runs it, and expects that it ends well; what it said.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("text");
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    said
}

/// Waits for what comes.
fn eventually<T>(what: &str, mut come: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(came) = come() {
            return came;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        park_timeout(Duration::from_millis(200));
    }
}
