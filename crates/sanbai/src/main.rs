//! `sanbai`: tells for every parcel whether the three 100% duties (三个100%) were kept.

mod check;
mod config;
mod daemon;
mod demo;
mod evidence;
mod exit;
mod explain;
mod generate;
mod id;
mod input;
mod keys;
mod ledger;
mod logging;
mod metrics;
mod output;
mod piles;
mod push;
mod reading;
mod registers;
mod rejects;
mod replay;
mod rules;
mod serve;
mod story;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const EXIT_CODES: &str = "Exit codes: 0 all is clean, 1 something was found, 2 an error.";

/// Tells for every parcel whether the three 100% duties (三个100%) were kept: real-name sending (实名收寄), acceptance
/// inspection (收寄验视), X-ray screening (过机安检).
#[derive(Debug, Parser)]
#[command(name = "sanbai", version, max_term_width = 120, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Demo(demo::Arguments),
    Explain(explain::Arguments),
    Generate(generate::Arguments),
    Id(id::Arguments),
    Push(push::Arguments),
    Replay(replay::Arguments),
    Rules(rules::Arguments),
    Serve(serve::Arguments),
}

/// How a command ended. The numbers are those of `grep` and `diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing to say: exit 0.
    Clean,
    /// Something was found: exit 1.
    Findings,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // The help goes to standard output, and whoever reads it may stop before its end.
            let code = if error.use_stderr() { 2 } else { 0 };
            return match error.print() {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(2),
                Ok(()) | Err(_) => ExitCode::from(code),
            };
        }
    };
    let outcome = match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Id(arguments) => id::run(&arguments),
        Command::Push(arguments) => push::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
    };
    match outcome {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            let marked = error.downcast_ref::<exit::Sysexit>();
            ExitCode::from(marked.map_or(2, |exit| exit.0.code()))
        }
    }
}
