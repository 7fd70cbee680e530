//! Other programs that a test starts and that must not outlive it.

use std::io::Result;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use rustix::process::Signal;

use crate::process;

/// A program that is killed when this is dropped, and by the system when this process ends, however it ends.
#[derive(Debug)]
pub struct Tied(Child);

impl Tied {
    /// Starts a program, as `set` sets it up: arguments, environment, where its output goes.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(program: &Path, set: impl FnOnce(&mut Command)) -> Result<Self> {
        let mut command = process::tied(program);
        set(&mut command);
        process::spawn(command).map(Self)
    }

    /// Tells it to end (SIGTERM), and waits until it has.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        process::signal(&self.0, Signal::TERM)?;
        self.0.wait()
    }

    /// Its exit status, where it has ended.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.0.try_wait()
    }
}

impl Drop for Tied {
    fn drop(&mut self) {
        // It may have ended; what cannot be killed now is killed by the system when we end.
        drop(self.0.kill().and_then(|()| self.0.wait()));
    }
}
