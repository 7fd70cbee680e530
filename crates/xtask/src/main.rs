//! Everything a developer runs: `cargo xtask`.

#![expect(clippy::print_stdout, reason = "a developer reads it on a terminal")]
#![expect(clippy::print_stderr, reason = "a developer reads it on a terminal")]

mod arguments;
mod ci;
mod fuzz;
mod r#gen;
mod kafka;
mod metrics_doc;
mod process;
mod proto;
mod proto_check;
mod purity;
mod rules_doc;
mod schema;
mod simulate;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::arguments::Arguments;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  ci [--without STEP]...   every check, in the order of what fails soonest; stops at the first failure
  test                     the tests of the whole workspace
  tidy                     what no compiler checks: lengths, links, manifests, what may stand where
  purity                   core and wire contain only allowed crates and build for wasm32 without imports
  gen [--check]            writes the generated files, or says which are stale
  proto-check [--accept]   no field number was reused, retyped or renamed; --accept notes new ones
  fuzz [TARGET]... [--seconds N] [--keep]
                           runs each fuzz target for N seconds (10); --keep adds what it found to the corpus
  simulate [--seeds N] [--from S] [--mutant NAME]
                           runs N seeds (100) of the simulation from S (0), and stops at the first that fails
  simulate --seed S [--trace]
                           runs one seed once more; --trace prints what it did, as one number
  kafka up [--brokers N] [--tls]
                           N real brokers (1) on 19091 and the next ports, until Ctrl-C; --tls adds TLS and a user
";

fn main() -> ExitCode {
    match root().and_then(|root| dispatch(&root, Arguments::from_env())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(root: &Path, mut arguments: Arguments) -> anyhow::Result<()> {
    let Some(command) = arguments.next_word() else {
        print!("{USAGE}");
        return Ok(());
    };
    match command.as_str() {
        "ci" => {
            let without = arguments.values("--without")?;
            arguments.finish()?;
            ci::run(root, &without)
        }
        "test" => arguments.finish().and_then(|()| ci::test(root)),
        "tidy" => arguments.finish().and_then(|()| tidy::run(root)),
        "purity" => arguments.finish().and_then(|()| purity::run(root)),
        "gen" => {
            let check = arguments.flag("--check");
            arguments.finish()?;
            r#gen::run(root, check)
        }
        "proto-check" => {
            let accept = arguments.flag("--accept");
            arguments.finish()?;
            proto_check::run(root, accept)
        }
        "fuzz" => {
            let session = fuzz::Session {
                seconds: arguments
                    .value("--seconds")?
                    .map_or(Ok(fuzz::SECONDS), |text| text.parse())?,
                keep: arguments.flag("--keep"),
                targets: arguments.words(),
            };
            arguments.finish()?;
            fuzz::run(root, &session)
        }
        "simulate" => {
            let asked = simulate::asked(&mut arguments)?;
            arguments.finish()?;
            simulate::run(root, &asked)
        }
        "kafka" => {
            let asked = kafka::asked(&mut arguments)?;
            arguments.finish()?;
            kafka::up(root, &asked)
        }
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => anyhow::bail!("no command `{other}`\n\n{USAGE}"),
    }
}

/// The root of the workspace, from where the running binary was built.
fn root() -> anyhow::Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .context("the workspace that this xtask was built in is gone")
}
