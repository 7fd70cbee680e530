//! Runs seeds of the simulation: `cargo xtask simulate` starts it.

#![expect(clippy::print_stdout, reason = "a developer reads it on a terminal")]
#![expect(clippy::print_stderr, reason = "a developer reads it on a terminal")]

use std::process::ExitCode;
use std::time::Instant;

use sanbai_sim::simulation::{Mutant, Seen, run};

/// What is asked for on the command line.
struct Asked {
    from: u64,
    seeds: u64,
    mutant: Option<Mutant>,
    trace: bool,
}

fn main() -> ExitCode {
    let asked = match asked() {
        Ok(asked) => asked,
        Err(wrong) => {
            eprintln!("error: {wrong}");
            return ExitCode::from(2);
        }
    };
    let started = Instant::now();
    let mut seen = Seen::default();
    for seed in asked.from..asked.from + asked.seeds {
        let outcome = run(seed, asked.mutant);
        seen.add(&outcome.seen);
        if asked.trace {
            println!("seed {seed}: trace {:016x}", outcome.trace);
        }
        if let Some(failure) = outcome.failure {
            let mutant = asked.mutant.map(|mutant| format!(" --mutant {}", mutant.as_str()));
            let again = format!(
                "cargo xtask simulate --seed {seed} --trace{}",
                mutant.unwrap_or_default()
            );
            println!("seed {seed} failed: {failure}\n\nonce more: {again}");
            return ExitCode::FAILURE;
        }
    }
    for (name, count) in seen.list() {
        println!("{count:>10}  {name}");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{} seeds in {seconds:.1} s: nothing is wrong", asked.seeds);
    ExitCode::SUCCESS
}

fn asked() -> Result<Asked, String> {
    let mut asked = Asked {
        from: 0,
        seeds: 100,
        mutant: None,
        trace: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || {
            let word = words.next().ok_or("a number is missing")?;
            word.parse::<u64>().map_err(|error| format!("{word}: {error}"))
        };
        match word.as_str() {
            "--seeds" => asked.seeds = number()?,
            "--from" => asked.from = number()?,
            "--seed" => (asked.from, asked.seeds) = (number()?, 1),
            "--trace" => asked.trace = true,
            "--mutant" => {
                let name = words.next().unwrap_or_default();
                asked.mutant = Some(Mutant::parse(&name).ok_or(format!("no mutant `{name}`"))?);
            }
            other => return Err(format!("not understood: {other}")),
        }
    }
    Ok(asked)
}
