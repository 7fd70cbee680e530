//! Everything that must hold before a change lands.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;

use crate::process::{self, cargo};
use crate::{fuzz, r#gen, proto_check, purity, tidy};

struct Step {
    name: &'static str,
    run: fn(&Path) -> anyhow::Result<()>,
}

/// What fails soonest and costs least stands first.
const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt },
    Step {
        name: "tidy",
        run: tidy::run,
    },
    Step {
        name: "gen",
        run: |root| r#gen::run(root, true),
    },
    Step {
        name: "proto-check",
        run: |root| proto_check::run(root, false),
    },
    Step {
        name: "clippy",
        run: clippy,
    },
    Step { name: "doc", run: doc },
    Step {
        name: "purity",
        run: purity::run,
    },
    Step {
        name: "test",
        run: test,
    },
    Step {
        name: "benches",
        run: benches,
    },
    Step {
        name: "deny",
        run: deny,
    },
    Step {
        name: "fuzz",
        run: |root| fuzz::run(root, &fuzz::Session::smoke()),
    },
];

/// Runs the steps in order and stops at the first that fails.
pub(crate) fn run(root: &Path, without: &[String]) -> anyhow::Result<()> {
    for name in without {
        anyhow::ensure!(STEPS.iter().any(|step| step.name == name), "no step `{name}`");
    }
    let started = Instant::now();
    for step in STEPS {
        if without.iter().any(|name| name == step.name) {
            println!("==> {}: left out", step.name);
            continue;
        }
        println!("==> {}", step.name);
        let step_started = Instant::now();
        (step.run)(root).with_context(|| format!("step {}", step.name))?;
        println!("==> {}: ok, {:.1} s", step.name, step_started.elapsed().as_secs_f64());
    }
    println!("==> all steps: ok, {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// The tests of every crate: unit tests, scenarios, properties, documentation examples.
pub(crate) fn test(root: &Path) -> anyhow::Result<()> {
    process::run(&mut cargo(root, &["test", "--locked", "--workspace"]))
}

fn fmt(root: &Path) -> anyhow::Result<()> {
    process::run(&mut cargo(root, &["fmt", "--all", "--check"]))?;
    process::run(&mut cargo(
        root,
        &["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"],
    ))
}

fn clippy(root: &Path) -> anyhow::Result<()> {
    let arguments = [
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    process::run(&mut cargo(root, &arguments))
}

fn doc(root: &Path) -> anyhow::Result<()> {
    let mut command = cargo(root, &["doc", "--locked", "--workspace", "--no-deps"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Each bench once, without measuring, so that none rots. The whole workspace is named, for one package alone has its
/// dependencies with other features, and they would be built again.
fn benches(root: &Path) -> anyhow::Result<()> {
    process::run(&mut cargo(root, &["test", "--locked", "--workspace", "--bench", "*"]))
}

/// Licences, duplicate versions, unknown sources. Advisories need their database from the network: see `deny.toml`.
fn deny(root: &Path) -> anyhow::Result<()> {
    if !process::works(&mut cargo(root, &["deny", "--version"])) {
        return process::missing("cargo-deny", "cargo install --locked cargo-deny");
    }
    process::run(&mut cargo(
        root,
        &["deny", "--locked", "check", "bans", "licenses", "sources"],
    ))
}
