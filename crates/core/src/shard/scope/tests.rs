//! Traces in, what comes out.

#![expect(clippy::arithmetic_side_effects, reason = "a test that panics has failed")]

mod alerts;
mod patterns;
mod properties;
mod rows;
mod sections;
mod silence;
mod told;
mod trace;
mod world;

use trace::run;

/// The lines that come out of a trace and begin with a word.
fn only(word: &str, trace: &str) -> Vec<String> {
    run(trace).into_iter().filter(|line| line.starts_with(word)).collect()
}
