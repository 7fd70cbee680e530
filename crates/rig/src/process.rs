//! Programs that end with us.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::process::{Child, Command, Output};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

/// A command to be started, and where to tell what became of it.
type Job = (Command, SyncSender<Result<Child>>);

/// Starts a program that the system kills when this process ends, however it ends.
///
/// The system looks at the *thread* that started it, so one thread that never ends starts them all.
pub(crate) fn spawn(command: Command) -> Result<Child> {
    static SPAWNER: OnceLock<SyncSender<Job>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (jobs, asked) = sync_channel::<Job>(1);
        thread::spawn(move || {
            for (mut command, told) in asked {
                let child = command.spawn();
                // Its ends of pipes are to be the only ones.
                drop(command);
                if let Err(lost) = told.send(child) {
                    // Nobody waits for it any more.
                    drop(lost.0.map(|mut child| child.kill()));
                }
            }
        });
        jobs
    });
    let gone = || Error::other("the thread that starts programs is gone");
    let (told, answer) = sync_channel(1);
    spawner.send((command, told)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

/// `program`, killed when the thread that starts it ends: for [`spawn`].
pub(crate) fn tied(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}

/// Runs it to its end; what it said, where it failed.
pub(crate) fn run(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| Error::new(error.kind(), format!("cannot start `{name}`: {error}")))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = [output.stdout, output.stderr].concat();
    Err(Error::other(format!(
        "`{name}` failed, {}:\n{}",
        output.status,
        String::from_utf8_lossy(&said).trim()
    )))
}

/// Where a program lies; [`ErrorKind::NotFound`] where it does not.
pub(crate) fn find(name: &str, how_to_get: &str) -> Result<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("`{name}` is missing: {how_to_get}")))
}

/// Sends a signal to a process that is ours and was not waited for yet.
pub(crate) fn signal(child: &Child, signal: Signal) -> Result<()> {
    signal_process(child.id(), signal)
}

/// Sends a signal to a process of which somebody made sure that it is ours.
pub(crate) fn signal_process(id: u32, signal: Signal) -> Result<()> {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw);
    let id = id.ok_or_else(|| Error::other("not the id of a process"))?;
    Ok(kill_process(id, signal)?)
}

/// The command line of a process, words divided by blanks; `None` where there is no such process.
pub(crate) fn command_line(id: u32) -> Option<String> {
    let line = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    Some(line.trim_end().to_owned())
}
