//! Whether the daemon lives, and whether it is ready.

use sanbai_engine::any::Health;
use sanbai_engine::node::{State, TaskStatus};

/// One thing that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// A stable name.
    pub(crate) name: &'static str,
    pub(crate) is_ok: bool,
}

/// Whether it lives. A disk that cannot be written holds workers up, and to start the daemon again mends no disk.
pub(crate) fn lives(runs: bool, got_on: bool, is_stalled: bool) -> Vec<Check> {
    vec![Check {
        name: "workers",
        is_ok: runs && (got_on || is_stalled),
    }]
}

/// Whether events can be taken and judged. Ready does not mean current: that is what the lags say.
pub(super) fn ready(log: &Health, tasks: &[TaskStatus]) -> Vec<Check> {
    checks(log, tasks.iter().map(|task| task.state))
}

pub(super) fn checks(log: &Health, states: impl Iterator<Item = State> + Clone) -> Vec<Check> {
    let none = |is: fn(&State) -> bool| !states.clone().any(|state| is(&state));
    let is_stalled = log.is_stalled();
    [
        ("log-writable", !is_stalled),
        // A log that is stalled takes nothing either, and says so one line above.
        ("log-room", is_stalled || !log.intake_stopped()),
        ("shards-not-parked", none(|state| matches!(state, State::Parked(_)))),
        ("shards-restored", none(|state| *state == State::Restoring)),
    ]
    .map(|(name, is_ok)| Check { name, is_ok })
    .to_vec()
}

/// The body of an answer: each check with `ok` or `failed`.
pub(super) fn body(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let result = if check.is_ok { "ok" } else { "failed" };
        format!("{} {result}\n", check.name)
    };
    checks.iter().map(line).collect()
}
