//! Processes on a shared log that crash, fall behind, lose partitions and go on all the same, and a naive reading of that
//! log that everything must agree with in the end.
//!
//! A seed decides everything: how many processes and partitions there are, what happens to how many parcels, and which of
//! all that may happen next does. Processes run the tasks of `sanbai-engine`, on a log and a store in memory. What is
//! published is read as any reader reads it, and compared with [`oracle`](crate::oracle) at points of rest, when faults
//! have stopped, everything was delivered and the clock has passed what was due.
//!
//! [`Mutant`]s break one guarantee each, around the product and never in it: a simulation that does not find them proves
//! nothing.
//!
//! ```
//! use sanbai_sim::simulation::run;
//!
//! let (first, second) = (run(7, None), run(7, None));
//! assert_eq!(first.failure, None);
//! assert_eq!(first.trace, second.trace, "a seed decides everything");
//! ```

mod broken;
mod check;
mod faults;
mod log;
mod node;
mod plan;
mod reader;
mod run;
mod seen;
mod store;
mod trace;
mod traffic;

use sanbai_engine::log::{Record, Topic};
use sanbai_engine::stage::Layout;

pub use broken::Mutant;
pub use check::{Records, log_at_rest};
pub use seen::Seen;

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The seed that decided everything.
    pub seed: u64,
    /// What was done, as one number.
    pub trace: u64,
    /// How often what happened.
    pub seen: Seen,
    /// What was wrong, if anything was.
    pub failure: Option<String>,
}

/// Runs a seed to its end, or until something is wrong.
pub fn run(seed: u64, mutant: Option<Mutant>) -> Outcome {
    let mut run = run::Run::new(seed, mutant);
    let failure = run.finish().err();
    Outcome {
        seed,
        trace: run.trace(),
        seen: run.seen(),
        failure,
    }
}

/// The first records of the first partition of events as a run left them, with the registry and the layout: a log with
/// ticks and hits, to be read again.
pub fn recorded(seed: u64, most: usize) -> (Vec<Record>, Vec<Record>, Layout) {
    let mut run = run::Run::new(seed, None);
    let outcome = run.finish();
    assert_eq!(outcome, Ok(()), "a run that is recorded is a sound one");
    let records = run.log.records(Topic::ParcelEvents, 0);
    let records = records[..most.min(records.len())].to_vec();
    (records, run.log.records(Topic::Registry, 0).to_vec(), run.plan.layout())
}

/// Runs seeds one after another until one fails. Gives what happened in all of them, and the one that failed.
pub fn run_all(seeds: impl Iterator<Item = u64>, mutant: Option<Mutant>) -> (Seen, Option<Outcome>) {
    let mut seen = Seen::default();
    for seed in seeds {
        let outcome = run(seed, mutant);
        seen.add(&outcome.seen);
        if outcome.failure.is_some() {
            return (seen, Some(outcome));
        }
    }
    (seen, None)
}
