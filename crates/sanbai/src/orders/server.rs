//! The socket of the daemon: takes orders from commands on this machine, of the same user.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use sanbai_engine::any::AnyLog;
use sanbai_engine::clock::Clock;
use sanbai_engine::node::Node;
use sanbai_engine::objects::Objects;
use serde_json::{Value, json};

use super::client::Reach;
use super::{Answers, Body, Failure, LINE_BYTES_MAX, Order, Place, Running, carry_out};
use crate::config::Config;
use crate::daemon::Daemon;
use crate::exit::{Exit, Sysexit};
use crate::reload::Reloader;

/// Orders that are carried out at a time.
const ORDERS_MAX: usize = 32;

/// How long an order may pause while it comes.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long whoever asked may leave its answers unread, as in a pager.
const WRITE_TIMEOUT: Duration = Duration::from_secs(600);

/// How long whoever follows a topic gets to say that this is the end.
const FOLLOW_TIMEOUT: Duration = Duration::from_secs(1);

/// How long orders that are under way get to end when the daemon stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Takes orders until it is stopped.
pub(crate) struct Server {
    shared: Arc<Shared>,
    listener: Arc<UnixListener>,
    thread: JoinHandle<()>,
    socket: PathBuf,
    addresses: PathBuf,
}

struct Shared {
    config: Config,
    log: AnyLog,
    objects: Objects,
    clock: Clock,
    node: Arc<Node>,
    reloader: Arc<Reloader>,
    addresses: Value,
    stopping: AtomicBool,
    open: Mutex<BTreeMap<u64, UnixStream>>,
    /// One was closed.
    closed: Condvar,
}

impl Server {
    /// Begins to take orders for a daemon, and says in `addresses.json` what listens where. What a dead daemon left there
    /// is replaced: the directory is locked by this one.
    ///
    /// # Errors
    /// Where the socket cannot be made.
    pub(crate) fn start(daemon: &Daemon, reloader: Arc<Reloader>) -> anyhow::Result<Self> {
        let directory = &daemon.config.data.directory;
        let socket = Config::socket(directory);
        let cannot = || format!("cannot make the socket {}", socket.display());
        let listener = bind(&socket).with_context(cannot);
        let listener = listener.map_err(|error| Sysexit::wrap(Exit::InputOutput, error))?;
        let addresses = json!({
            "pid": std::process::id(),
            "intake": daemon.http.to_string(),
            "metrics": daemon.metrics_at.to_string(),
        });
        let file = directory.join("addresses.json");
        fs::write(&file, format!("{addresses:#}\n"))
            .with_context(|| format!("cannot write {}", file.display()))
            .map_err(|error| Sysexit::wrap(Exit::InputOutput, error))?;
        let shared = Arc::new(Shared {
            config: daemon.config.clone(),
            log: daemon.log.clone(),
            objects: daemon.objects.clone(),
            clock: daemon.clock,
            node: Arc::clone(&daemon.node),
            reloader,
            addresses,
            stopping: AtomicBool::new(false),
            open: Mutex::default(),
            closed: Condvar::new(),
        });
        let listener = Arc::new(listener);
        let (taking, listening) = (Arc::clone(&shared), Arc::clone(&listener));
        let thread = std::thread::Builder::new().name("orders".to_owned());
        let thread = thread.spawn(move || accept(&listening, &taking));
        Ok(Self {
            shared,
            listener,
            thread: thread.context("cannot start the thread of orders")?,
            socket,
            addresses: file,
        })
    }

    /// Takes no more orders, and ends those that are under way.
    pub(crate) fn stop(self) {
        self.shared.stopping.store(true, Ordering::Release);
        // Whoever waits for the next one is woken. That takes no file: there may be none left to be had.
        let woken = rustix::net::shutdown(&*self.listener, rustix::net::Shutdown::Both);
        if woken.is_err() {
            // Where a listener cannot be shut down, an order wakes it.
            drop(Reach::of(&self.socket).and_then(|reach| UnixStream::connect(reach.path())));
        }
        for file in [&self.socket, &self.addresses] {
            if let Err(error) = fs::remove_file(file) {
                tracing::warn!(%error, file = %file.display(), "a file of the daemon cannot be removed");
            }
        }
        if self.thread.join().is_err() {
            tracing::error!("the thread of orders had panicked");
        }
        // Whoever follows a topic ends by itself; whoever is still at something is cut off.
        self.shared.log.signal().bump();
        let open = self.shared.wait_until_closed(self.shared.open(), FOLLOW_TIMEOUT);
        for stream in open.values() {
            stream.shutdown(Shutdown::Both).ok();
        }
        let open = self.shared.wait_until_closed(open, STOP_TIMEOUT);
        if !open.is_empty() {
            tracing::warn!(orders = open.len(), "orders are under way, and are left");
        }
    }
}

fn bind(socket: &PathBuf) -> io::Result<UnixListener> {
    match fs::remove_file(socket) {
        Ok(()) => tracing::info!("the socket of a daemon that is gone was replaced"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let reach = Reach::of(socket)?;
    let listener = UnixListener::bind(reach.path())?;
    fs::set_permissions(socket, Permissions::from_mode(0o600))?;
    Ok(listener)
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, UnixStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until_closed<'a>(
        &self,
        open: MutexGuard<'a, BTreeMap<u64, UnixStream>>,
        most: Duration,
    ) -> MutexGuard<'a, BTreeMap<u64, UnixStream>> {
        let all = self.closed.wait_timeout_while(open, most, |open| !open.is_empty());
        all.unwrap_or_else(PoisonError::into_inner).0
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    for number in 0.. {
        let accepted = listener.accept();
        if shared.is_stopping() {
            return;
        }
        let begun = accepted.and_then(|(stream, _)| begin(number, stream, shared));
        if let Err(error) = begun {
            tracing::warn!(%error, "an order could not be taken");
            // As when no file can be opened: not at once again.
            let open = shared.open();
            drop(shared.closed.wait_timeout(open, Duration::from_millis(100)));
        }
    }
}

fn begin(number: u64, stream: UnixStream, shared: &Arc<Shared>) -> io::Result<()> {
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    let mut open = shared.open();
    if open.len() >= ORDERS_MAX {
        let detail = format!("{ORDERS_MAX} orders are under way; try again");
        let failure = Failure::new(Exit::TemporaryFailure, "busy", detail);
        return writeln!(&stream, "{}", json!({"error": failure}));
    }
    open.insert(number, stream.try_clone()?);
    drop(open);
    let entry = Entry {
        number,
        shared: Arc::clone(shared),
    };
    let thread = std::thread::Builder::new().name(format!("order-{number}"));
    thread.spawn(move || entry.take(&stream)).map(drop)
}

/// One that is under way.
struct Entry {
    number: u64,
    shared: Arc<Shared>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.shared.open().remove(&self.number);
        self.shared.closed.notify_all();
    }
}

impl Entry {
    fn take(&self, stream: &UnixStream) {
        let mut body = Lines(BufReader::with_capacity(1 << 16, stream));
        let mut answers = Written(BufWriter::with_capacity(1 << 16, stream));
        let end = match self.carry_out(&mut body, &mut answers) {
            Ok(done) => json!({"done": done}),
            Err(failure) => {
                tracing::info!(code = failure.code, "an order was refused");
                json!({"error": failure})
            }
        };
        let told = writeln!(answers.0, "{end}").and_then(|()| answers.0.flush());
        stream.shutdown(Shutdown::Write).ok();
        // What is left of the body is taken, so that the answer is not lost with it.
        if told.is_ok() {
            while body.line().is_ok_and(|line| line.is_some()) {}
        }
    }

    fn carry_out(&self, body: &mut Lines<'_>, answers: &mut Written<'_>) -> Result<Value, Failure> {
        let line = body.line()?.unwrap_or_default();
        let wrong = |error: serde_json::Error| {
            let detail =
                format!("this daemon does not know such an order: {error}; is the command of another version?");
            Failure::usage("order_unknown", detail)
        };
        let order: Value = serde_json::from_str(&line).map_err(wrong)?;
        let name = order["order"].as_str().unwrap_or_default().to_owned();
        let order: Order = serde_json::from_value(order).map_err(wrong)?;
        if order.changes() {
            tracing::info!(order = name, "order");
        } else {
            tracing::debug!(order = name, "order");
        }
        let shared = &*self.shared;
        let place = Place {
            config: &shared.config,
            log: &shared.log,
            browser: OnceCell::new(),
            objects: &shared.objects,
            clock: shared.clock,
            daemon: Some(Running {
                node: &shared.node,
                reloader: &shared.reloader,
                addresses: &shared.addresses,
            }),
            stopping: &shared.stopping,
        };
        carry_out(&order, &place, body, answers)
    }
}

/// Lines from the socket.
struct Lines<'s>(BufReader<&'s UnixStream>);

impl Body for Lines<'_> {
    fn line(&mut self) -> Result<Option<String>, Failure> {
        let broken = |error: io::Error| {
            let detail = format!("the order broke off: {error}");
            Failure::new(Exit::InputOutput, "body_broken", detail)
        };
        let mut line = Vec::new();
        let mut limited = (&mut self.0).take(LINE_BYTES_MAX as u64);
        limited.read_until(b'\n', &mut line).map_err(broken)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.pop() != Some(b'\n') {
            return Err(broken(io::ErrorKind::UnexpectedEof.into()));
        }
        let line = String::from_utf8(line).map_err(|_| broken(io::ErrorKind::InvalidData.into()))?;
        Ok(Some(line))
    }
}

/// Lines to the socket.
struct Written<'s>(BufWriter<&'s UnixStream>);

impl Answers for Written<'_> {
    fn line(&mut self, line: &str) -> Result<(), Failure> {
        writeln!(self.0, "{line}").map_err(|_| Failure::gone())
    }

    fn idle(&mut self) -> Result<(), Failure> {
        // An empty line says nothing, and fails where nobody reads.
        writeln!(self.0)
            .and_then(|()| self.0.flush())
            .map_err(|_| Failure::gone())
    }
}
