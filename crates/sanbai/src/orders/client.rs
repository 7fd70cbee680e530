//! The side of the command: asks a running daemon, or opens the directory where none runs.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::net::Shutdown;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sanbai_engine::any::AnyLog;
use sanbai_engine::kafka::Choice;
use serde_json::Value;

use super::{Answers, Body, Failure, Order, Place, carry_out};
use crate::config::{Config, Flags};
use crate::daemon::{close, objects, open_kafka, open_log};
use crate::exit::{Exit, Sysexit};
use crate::output;

/// Longest path of a socket, with room to spare.
const PATH_BYTES_MAX: usize = 100;

/// Where the data directory is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Where {
    /// Configuration file of the daemon
    #[arg(long, value_name = "FILE", env = "SANBAI_CONFIG")]
    config: Option<PathBuf>,
    /// Data directory of the daemon
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Brokers of Apache Kafka, where no daemon runs here
    #[arg(long, value_name = "HOST:PORT,…")]
    brokers: Option<String>,
}

impl Where {
    /// The same from elsewhere.
    pub(crate) const fn new(config: Option<PathBuf>, data_dir: Option<PathBuf>, brokers: Option<String>) -> Self {
        Self {
            config,
            data_dir,
            brokers,
        }
    }

    /// The flags of the daemon that say the same.
    pub(crate) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            brokers: self.brokers.clone(),
            ..Flags::default()
        }
    }

    /// The configuration.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn load(&self) -> anyhow::Result<Config> {
        Config::load(&self.flags()).map_err(|error| Sysexit::wrap(Exit::Configuration, error))
    }
}

/// A path under which a socket can be reached, however long its own is.
pub(crate) struct Reach {
    path: PathBuf,
    /// Its folder, open as long as the path is used.
    _folder: Option<File>,
}

impl Reach {
    /// The path of a socket.
    ///
    /// # Errors
    /// Where its folder cannot be opened.
    pub(crate) fn of(socket: &Path) -> io::Result<Self> {
        let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if socket.as_os_str().len() <= PATH_BYTES_MAX {
            return Ok(Self {
                path: socket.to_owned(),
                _folder: None,
            });
        }
        let folder = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
        Ok(Self {
            path,
            _folder: Some(folder),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// No lines.
pub(crate) struct Nothing;

impl Body for Nothing {
    fn line(&mut self) -> Result<Option<String>, Failure> {
        Ok(None)
    }
}

/// What takes answer lines.
pub(crate) type Each<'e> = &'e mut dyn FnMut(&str) -> anyhow::Result<()>;

/// Has an order carried out, and gives what it came to.
///
/// # Errors
/// Why it was not carried out, marked with its exit code.
pub(crate) fn run(config: &Config, order: &Order, body: &mut dyn Body, each: Each<'_>) -> anyhow::Result<Value> {
    let socket = Config::socket(&config.data.directory);
    match Reach::of(&socket).and_then(|reach| UnixStream::connect(reach.path())) {
        Ok(stream) => ask(&stream, order, body, each),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            by_ourselves(config, order, body, each)
        }
        Err(error) => {
            let cannot = format!("cannot reach the daemon at {}; run this as its user", socket.display());
            Err(Sysexit::wrap(Exit::Unavailable, anyhow!(error).context(cannot)))
        }
    }
}

/// The same for an order without lines, whose answers are of no interest.
///
/// # Errors
/// As [`run`].
pub(crate) fn simple(config: &Config, order: &Order) -> anyhow::Result<Value> {
    run(config, order, &mut Nothing, &mut |_| Ok(()))
}

fn ask(stream: &UnixStream, order: &Order, body: &mut dyn Body, each: Each<'_>) -> anyhow::Result<Value> {
    let unavailable =
        |error: io::Error| Sysexit::wrap(Exit::Unavailable, anyhow!(error).context("the daemon does not answer"));
    // Whatever is short is not waited for longer than somebody would.
    let patience = match order {
        Order::Status | Order::Reload | Order::Resume { .. } => Duration::from_secs(30),
        _ => Duration::from_secs(3_600),
    };
    stream.set_read_timeout(Some(patience)).map_err(unavailable)?;
    let mut to = BufWriter::with_capacity(1 << 16, stream);
    let mut sent = serde_json::to_string(order).map(|order| writeln!(to, "{order}"))?;
    while sent.is_ok()
        && let Some(line) = body.line().map_err(Failure::into_error)?
    {
        sent = writeln!(to, "{line}");
    }
    // Where the daemon takes no more, it has said why.
    drop(sent.and_then(|()| to.flush()));
    stream.shutdown(Shutdown::Write).ok();
    for line in BufReader::with_capacity(1 << 16, stream).lines() {
        let line = line.map_err(unavailable)?;
        if line.starts_with("{\"done\":") {
            let mut done: Value = serde_json::from_str(&line)?;
            return Ok(done["done"].take());
        }
        if line.starts_with("{\"error\":") {
            let mut error: Value = serde_json::from_str(&line)?;
            let failure: Failure = serde_json::from_value(error["error"].take())?;
            return Err(failure.into_error());
        }
        if !line.is_empty() {
            each(&line)?;
        }
    }
    let broken = anyhow!("the daemon broke off its answer; it may have stopped");
    Err(Sysexit::wrap(Exit::Unavailable, broken))
}

/// Whether there is a data directory: commands make none.
///
/// # Errors
/// Where there is not.
pub(crate) fn check_directory(config: &Config) -> anyhow::Result<()> {
    let directory = &config.data.directory;
    // With brokers the log is not in it.
    if config.kafka.brokers.is_some() || directory.join("layout.json").is_file() {
        return Ok(());
    }
    let missing = anyhow!(
        "{} is no data directory; `sanbai serve --data-dir {0}` makes one",
        directory.display()
    );
    Err(Sysexit::wrap(Exit::Unavailable, missing))
}

/// The log, for a command that runs by itself: on brokers none of its partitions are ours.
pub(crate) fn open_alone(config: &Config) -> anyhow::Result<AnyLog> {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let clock = config.clock()?;
    if let Some(mut settings) = config.kafka.settings()? {
        settings.assignment = Choice::List {
            parcels: Vec::new(),
            scopes: Vec::new(),
        };
        return Ok(AnyLog::Kafka(open_kafka(settings, clock)?));
    }
    check_directory(config)?;
    open_log(config, clock).context("no daemon answers on its socket, and the directory cannot be opened without it")
}

fn by_ourselves(config: &Config, order: &Order, body: &mut dyn Body, each: Each<'_>) -> anyhow::Result<Value> {
    let log = open_alone(config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .context("cannot start a thread")?;
    let objects = objects(config, &runtime)?;
    let mut answers = Printed { each, broken: None };
    let done = {
        let place = Place {
            config,
            log: &log,
            browser: OnceCell::new(),
            objects: &objects,
            clock: config.clock()?,
            daemon: None,
            stopping: &AtomicBool::new(false),
        };
        carry_out(&alone(order), &place, body, &mut answers)
    };
    let closed = close(log);
    if let Some(broken) = answers.broken {
        return Err(broken);
    }
    let done = done.map_err(Failure::into_error)?;
    closed?;
    Ok(done)
}

/// Where no daemon runs nothing comes, and whoever waited for it would keep the daemon from starting.
fn alone(order: &Order) -> Order {
    let mut order = order.clone();
    if let Order::Tail { until_end, .. } = &mut order
        && !*until_end
    {
        *until_end = true;
        output::note("没有守护进程在运行，读到末尾为止 no daemon runs: read up to the end");
    }
    order
}

/// Answers of an order that this process carries out.
struct Printed<'e> {
    each: Each<'e>,
    broken: Option<anyhow::Error>,
}

impl Answers for Printed<'_> {
    fn line(&mut self, line: &str) -> Result<(), Failure> {
        (self.each)(line).map_err(|error| {
            self.broken = Some(error);
            Failure::gone()
        })
    }

    fn idle(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
