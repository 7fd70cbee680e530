//! One broker: a folder, and the process that works in it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Error, PipeReader, Result, Write as _, pipe};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::folder::PID;
use crate::kafka::Kafka;
use crate::process::{self, spawn};
use crate::settings::{CLUSTER, LOGGING, READY};

/// Longest wait for a broker to take requests: many times what it needs on a machine with nothing else to do.
const START_MOST: Duration = Duration::from_secs(120);

/// Longest wait for a broker that was told to stop; then it is killed.
const STOP_MOST: Duration = Duration::from_secs(30);

/// Lines of its log that an error shows.
const TAIL: usize = 25;

/// A broker that runs or does not.
#[derive(Debug)]
pub(crate) struct Broker {
    id: u16,
    kafka: Kafka,
    folder: PathBuf,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// One message once it is ready; closed once it has ended.
    heard: Mutex<Receiver<()>>,
}

impl Running {
    fn hear(&mut self, most: Duration) -> std::result::Result<(), RecvTimeoutError> {
        let heard = self.heard.get_mut().unwrap_or_else(PoisonError::into_inner);
        heard.recv_timeout(most)
    }
}

impl Broker {
    /// One that does not run yet, with its settings and an empty log.
    ///
    /// `user` is a name and a password for SCRAM.
    pub(crate) fn new(
        id: u16,
        kafka: &Kafka,
        folder: &Path,
        properties: &str,
        user: Option<(&str, &str)>,
    ) -> Result<Self> {
        let broker = Self {
            id,
            kafka: kafka.clone(),
            folder: folder.to_owned(),
            running: None,
        };
        fs::create_dir(folder)?;
        fs::write(folder.join("log4j2.properties"), LOGGING)?;
        fs::write(folder.join("server.properties"), properties)?;
        let mut format = broker.java("kafka.tools.StorageTool", ["format", "-t", CLUSTER, "-c"]);
        format.arg(folder.join("server.properties"));
        if let Some((name, password)) = user {
            format.arg("--add-scram");
            format.arg(format!("SCRAM-SHA-512=[name={name},password={password}]"));
        }
        process::run(&mut format)?;
        Ok(broker)
    }

    /// The same, run by another program from now on.
    pub(crate) fn run_by(mut self, kafka: &Kafka) -> Self {
        self.kafka = kafka.clone();
        self
    }

    /// A class of Kafka with its arguments.
    fn java<const N: usize>(&self, class: &str, arguments: [&str; N]) -> Command {
        let mut command = self.kafka.command(class, &self.folder.join("log4j2.properties"));
        command
            .args(arguments)
            .stdin(Stdio::null())
            // What is meant for the terminal must not reach it, least of all Ctrl-C.
            .process_group(0);
        command
    }

    /// Starts it; [`Broker::wait_until_ready`] waits.
    pub(crate) fn launch(&mut self) -> Result<()> {
        if self.running.is_some() {
            return Err(self.error("it runs already"));
        }
        let (said, saying) = pipe()?;
        let mut command = self.java("kafka.Kafka", []);
        command
            .arg(self.folder.join("server.properties"))
            .stdout(saying.try_clone()?)
            .stderr(saying);
        let child = spawn(command)?;
        fs::write(self.folder.join(PID), child.id().to_string())?;
        let log = File::options().create(true).append(true).open(self.log())?;
        let (ready, heard) = sync_channel(1);
        thread::spawn(move || listen(said, log, &ready));
        self.running = Some(Running {
            child,
            heard: Mutex::new(heard),
        });
        Ok(())
    }

    /// Waits for the line that says that it takes requests.
    pub(crate) fn wait_until_ready(&mut self) -> Result<()> {
        let Some(running) = &mut self.running else {
            return Err(self.error("it does not run"));
        };
        match running.hear(START_MOST) {
            Ok(()) => Ok(()),
            Err(reason) => {
                self.kill()?;
                let tail = self.tail();
                Err(match reason {
                    RecvTimeoutError::Disconnected => self.error(&format!("it ended at its start:\n{tail}")),
                    RecvTimeoutError::Timeout => {
                        self.error(&format!("it was not ready within {START_MOST:?}:\n{tail}"))
                    }
                })
            }
        }
    }

    /// Kills it where it stands, and waits until it is gone; nothing where it does not run.
    pub(crate) fn kill(&mut self) -> Result<()> {
        if let Some(mut running) = self.running.take() {
            running.child.kill()?;
            running.child.wait()?;
            fs::remove_file(self.folder.join(PID))?;
        }
        Ok(())
    }

    /// Tells it to stop in order, and waits until it is gone.
    pub(crate) fn stop(&mut self) -> Result<()> {
        if let Some(running) = &mut self.running {
            process::signal(&running.child, Signal::TERM)?;
            // A paused one would not hear it.
            process::signal(&running.child, Signal::CONT)?;
            let deadline = Instant::now() + STOP_MOST;
            while let Ok(()) = running.hear(deadline.saturating_duration_since(Instant::now())) {}
        }
        self.kill()
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        match &self.running {
            Some(running) => process::signal(&running.child, signal),
            None => Err(self.error("it does not run")),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("broker.log")
    }

    fn tail(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines
            .get(lines.len().saturating_sub(TAIL)..)
            .unwrap_or_default()
            .join("\n")
    }

    fn error(&self, what: &str) -> Error {
        Error::other(format!("broker {}: {what}", self.id))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // What cannot be killed now is killed by the system when we end.
        drop(self.kill());
    }
}

/// Writes what it says into its log, until it ends.
fn listen(said: PipeReader, mut log: File, ready: &SyncSender<()>) {
    for line in BufReader::new(said).split(b'\n').map_while(Result::ok) {
        // A full disk must not stop the broker: it is read on.
        drop(log.write_all(&line).and_then(|()| log.write_all(b"\n")));
        if line.windows(READY.len()).any(|words| words == READY.as_bytes()) {
            // Nobody listens to a second one.
            _ = ready.try_send(());
        }
    }
}
