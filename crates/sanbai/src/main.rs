//! `sanbai`: tells for every parcel whether the three 100% duties (三个100%) were kept.

mod check;
mod commands;
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
mod orders;
mod output;
mod piles;
mod push;
mod reading;
mod registers;
mod rejects;
mod reload;
mod replay;
mod rules;
mod serve;
mod story;
mod table;
mod watchdog;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use commands::{controls, doctor, registry, snapshot, status, streams, topics};

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
    Clock(controls::Clock),
    Config(commands::config::Arguments),
    Doctor(doctor::Arguments),
    Explain(explain::Arguments),
    Export(streams::Export),
    Generate(generate::Arguments),
    Id(id::Arguments),
    Push(push::Arguments),
    Registry(registry::Arguments),
    Rejects(commands::rejects::Arguments),
    Rejudge(controls::Rejudge),
    Reload(controls::Reload),
    Replay(replay::Arguments),
    Resume(controls::Resume),
    Rules(rules::Arguments),
    Serve(serve::Arguments),
    Skip(controls::Skip),
    Snapshot(snapshot::Arguments),
    Status(status::Arguments),
    Tail(streams::Tail),
    Topics(topics::Arguments),
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
    let outcome = run(&arguments.command);
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

fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Check(arguments) => check::run(arguments),
        Command::Clock(arguments) => controls::clock(arguments),
        Command::Config(arguments) => commands::config::run(arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Export(arguments) => streams::export(arguments),
        Command::Generate(arguments) => generate::run(arguments),
        Command::Id(arguments) => id::run(arguments),
        Command::Push(arguments) => push::run(arguments),
        Command::Registry(arguments) => registry::run(arguments),
        Command::Rejects(arguments) => commands::rejects::run(arguments),
        Command::Rejudge(arguments) => controls::rejudge(arguments),
        Command::Reload(arguments) => controls::reload(arguments),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Resume(arguments) => controls::resume(arguments),
        Command::Rules(arguments) => rules::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Skip(arguments) => controls::skip(arguments),
        Command::Snapshot(arguments) => snapshot::run(arguments),
        Command::Status(arguments) => status::run(arguments),
        Command::Tail(arguments) => streams::tail(arguments),
        Command::Topics(arguments) => topics::run(arguments),
    }
}
