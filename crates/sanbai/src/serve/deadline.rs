//! The end of a daemon that was told to stop, come what may.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sanbai_engine::any::AnyLog;
use sanbai_engine::node::{Node, State};

use crate::daemon::Daemon;
use crate::exit::Exit;

/// So long after it was told, the process ends.
const MOST: Duration = Duration::from_secs(25);

/// Ends the process in time, and says what was left undone.
#[derive(Clone, Default)]
pub(super) struct Deadline {
    /// Nothing while it starts.
    watched: Arc<OnceLock<(AnyLog, Arc<Node>)>>,
}

impl Deadline {
    /// What is asked when it comes to that.
    pub(super) fn watch(&self, daemon: &Daemon) {
        // There is one daemon in a process.
        self.watched.set((daemon.log.clone(), Arc::clone(&daemon.node))).ok();
    }

    /// From now on it runs, on a thread of its own that nothing else holds up.
    pub(super) fn begin(self) {
        let thread = std::thread::Builder::new().name("deadline".to_owned());
        let begun = thread.spawn(move || {
            std::thread::park_timeout(MOST);
            self.end();
        });
        if let Err(error) = begun {
            tracing::error!(%error, "nothing ends the process if it does not end by itself");
        }
    }

    fn end(&self) -> ! {
        let seconds = MOST.as_secs();
        let Some((log, node)) = self.watched.get() else {
            tracing::error!(seconds, "told to stop while it started, it does not: it ends now");
            std::process::exit(i32::from(Exit::TemporaryFailure.code()));
        };
        // Nothing here asks a disk, which may be what holds it up.
        let (stall, bytes, messages) = log.waiting();
        let tasks = node.tasks();
        tracing::error!(
            seconds,
            reason = stall.as_deref(),
            messages,
            bytes,
            unacknowledged = tasks.iter().map(|task| task.unacknowledged).sum::<usize>(),
            parked = tasks
                .iter()
                .filter(|task| matches!(task.state, State::Parked(_)))
                .count(),
            "told to stop, it does not: it ends now, and what is named here is not on the disk"
        );
        let exit = if messages > 0 {
            Exit::InputOutput
        } else {
            Exit::TemporaryFailure
        };
        std::process::exit(i32::from(exit.code()))
    }
}
