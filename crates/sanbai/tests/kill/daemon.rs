//! `sanbai serve` as a process that can be killed.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant, SystemTime};

use tempfile::NamedTempFile;

/// Waits until something is so, at most a minute.
pub(crate) fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        park_timeout(Duration::from_millis(20));
    }
}

/// However much there is to do, it ends within so long.
const END_MOST: Duration = Duration::from_secs(30);

/// What its log says first of a start, before what it said itself.
const STARTED: &str = "=== started at ";

#[derive(Debug)]
pub(crate) struct Daemon {
    child: Option<Child>,
    /// As it sees it.
    pub(crate) directory: PathBuf,
    /// What runs it: a program and its arguments.
    by: Vec<OsString>,
    settings: Vec<(String, String)>,
    /// Its clock is that of the machine.
    is_real: bool,
    said: NamedTempFile,
    pub(crate) http: SocketAddr,
    pub(crate) metrics: SocketAddr,
    /// Its clock stood at `start` then.
    pub(crate) since: SystemTime,
    pub(crate) start: u64,
    pub(crate) speed: u32,
    pub(crate) started: Instant,
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}

impl Daemon {
    /// One that is not started yet.
    pub(crate) fn new(directory: &Path, start: u64, speed: u32) -> Self {
        let mut daemon = Self {
            child: None,
            directory: directory.to_owned(),
            by: Vec::new(),
            settings: Vec::new(),
            is_real: false,
            said: NamedTempFile::new().expect("a file"),
            http: free_address(),
            metrics: free_address(),
            since: SystemTime::now(),
            start,
            speed,
            started: Instant::now(),
        };
        daemon.set("SNAPSHOTS__RECOVERY", "1s");
        daemon.set("SNAPSHOTS__AT_MOST_EVERY", "1s");
        daemon.set("DATA__FREE_MIN", "0.01");
        daemon
    }

    pub(crate) fn start(directory: &Path, start: u64, speed: u32) -> Self {
        let mut daemon = Self::new(directory, start, speed);
        daemon.begin();
        daemon
    }

    /// With the clock of the machine.
    pub(crate) fn real(mut self) -> Self {
        self.is_real = true;
        self
    }

    /// Run by a program.
    pub(crate) fn by(mut self, program: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.by.extend(program.into_iter().map(Into::into));
        self
    }

    /// With a key of the configuration, as the environment names it.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.set(key, value);
        self
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.set_variable(&format!("SANBAI__{key}"), value);
    }

    pub(crate) fn set_variable(&mut self, name: &str, value: &str) {
        self.settings.retain(|(set, _)| set != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn unset(&mut self, key: &str) {
        let name = format!("SANBAI__{key}");
        self.settings.retain(|(set, _)| *set != name);
    }

    /// Nothing runs it any more: it runs itself.
    pub(crate) fn by_itself(&mut self, directory: &Path) {
        self.by.clear();
        self.directory = directory.to_owned();
    }

    /// Starts it for the first time: its clock begins now.
    pub(crate) fn begin(&mut self) {
        self.since = SystemTime::now();
        self.started = Instant::now();
        self.again();
    }

    /// Starts it again on its directory, with its clock going on.
    pub(crate) fn again(&mut self) {
        let mut said = OpenOptions::new().append(true).open(self.said.path()).expect("its log");
        writeln!(said, "{STARTED}{}", self.now()).expect("its log");
        let mut command = self.command(self.http, self.metrics);
        self.child = Some(command.stderr(said).spawn().expect("the binary runs"));
    }

    /// What starts it, on addresses.
    pub(crate) fn command(&self, http: SocketAddr, metrics: SocketAddr) -> Command {
        let binary = env!("CARGO_BIN_EXE_sanbai");
        let mut words = self.by.iter().cloned().chain([binary.into()]);
        let mut command = Command::new(words.next().expect("at least the binary"));
        command.args(words).arg("serve").arg("--data-dir").arg(&self.directory);
        command.args(["--http", &http.to_string(), "--metrics", &metrics.to_string()]);
        if !self.is_real {
            let since = self.since.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
            command
                .env("SANBAI__REHEARSAL__START", self.start.to_string())
                .env("SANBAI__REHEARSAL__SINCE", since.as_millis().to_string())
                .env("SANBAI__REHEARSAL__SPEED", self.speed.to_string());
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    /// A second one on the same directory, until its end.
    pub(crate) fn second(&self) -> std::process::Output {
        let mut command = self.command(free_address(), free_address());
        command.output().expect("the binary runs")
    }

    /// What its clock says, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        let passed = self.since.elapsed().unwrap_or_default() * self.speed;
        self.start + passed.as_secs()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// How it ended, if it ended by itself.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        let child = self.child.as_mut().expect("it was started");
        let ended = child.try_wait().expect("it can be asked");
        ended.inspect(|_| self.child = None)
    }

    /// Whether it was started, and nobody ended it.
    pub(crate) const fn runs(&self) -> bool {
        self.child.is_some()
    }

    /// Everything that it has said of itself so far.
    pub(crate) fn said(&self) -> String {
        let bytes = std::fs::read(self.said.path()).expect("its log");
        String::from_utf8(bytes).expect("it writes text")
    }

    /// What it said since it was started the last time.
    pub(crate) fn said_last(&self) -> String {
        let said = self.said();
        said.rsplit(STARTED).next().unwrap_or_default().to_owned()
    }

    /// What it said after each start, with what its clock said then.
    pub(crate) fn said_each(&self) -> Vec<(u64, String)> {
        let said = self.said();
        let each = said.split(STARTED).skip(1).map(|said| {
            let (time, rest) = said.split_once('\n').expect("a line");
            (time.parse().expect("a time"), rest.to_owned())
        });
        each.collect()
    }

    /// Waits until it takes requests.
    pub(crate) fn wait_until_up(&self) {
        wait("it takes requests", || TcpStream::connect(self.http).is_ok());
    }

    /// What it answers on the listener of its metrics: status and body.
    pub(crate) fn asked(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.metrics).expect("it listens");
        let request = format!("GET {path} HTTP/1.1\r\nhost: sanbai\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).expect("a status");
        (status.parse().expect("a number"), body.to_owned())
    }

    /// As a power cut would, but for the disk.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }

    /// Asks it to end, so many times.
    pub(crate) fn ask_to_end(&mut self, times: usize) -> (ExitStatus, Duration) {
        let mut child = self.child.take().expect("it runs");
        let asked = Instant::now();
        for _ in 0..times {
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
            park_timeout(Duration::from_millis(20));
        }
        loop {
            if let Some(status) = child.try_wait().expect("it can be asked") {
                return (status, asked.elapsed());
            }
            if asked.elapsed() > END_MOST {
                let threads = threads(child.id());
                child.kill().ok();
                panic!("told to end, it does not; its threads: {threads}");
            }
            park_timeout(Duration::from_millis(5));
        }
    }

    /// In order.
    pub(crate) fn terminate(&mut self) {
        self.wait_until_up();
        let (status, _) = self.ask_to_end(1);
        assert_eq!(status.code(), Some(0), "it ends in order: {}", self.said_last());
    }

    /// From its next start on its clock goes on from another time, so fast.
    pub(crate) fn set_clock(&mut self, start: u64, speed: u32) {
        self.start = start;
        self.since = SystemTime::now();
        self.speed = speed;
        self.is_real = false;
    }
}

/// What each thread of a process is at, as the kernel says.
fn threads(pid: u32) -> String {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    let each = tasks.flatten().map(|task| {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let state = read("status").lines().nth(2).unwrap_or_default().to_owned();
        format!(
            "\n{} {state} {} {}",
            read("comm").trim(),
            read("wchan"),
            read("syscall").trim()
        )
    });
    each.collect()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().ok();
            child.wait().ok();
        }
        if std::thread::panicking() {
            let said = std::fs::read_to_string(self.said.path()).unwrap_or_default();
            let lines: Vec<&str> = said.lines().collect();
            let last = lines.len().saturating_sub(60);
            println!("the daemon said last:\n{}", lines[last..].join("\n"));
        }
    }
}
