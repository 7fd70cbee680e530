//! `sanbai serve` as a process that can be killed.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant, SystemTime};

/// How fast time goes, and how far.
#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) speed: u32,
    pub(crate) seconds: u64,
}

#[derive(Debug)]
pub(crate) struct Daemon {
    child: Option<Child>,
    directory: PathBuf,
    pub(crate) http: SocketAddr,
    metrics: SocketAddr,
    /// Its clock stood at `start` then.
    pub(crate) since: SystemTime,
    start: u64,
    pub(crate) speed: u32,
    pub(crate) started: Instant,
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}

impl Daemon {
    pub(crate) fn start(directory: &Path, start: u64, speed: u32) -> Self {
        let mut daemon = Self {
            child: None,
            directory: directory.to_owned(),
            http: free_address(),
            metrics: free_address(),
            since: SystemTime::now(),
            start,
            speed,
            started: Instant::now(),
        };
        daemon.again();
        daemon
    }

    /// Starts it again on its directory, with its clock going on.
    pub(crate) fn again(&mut self) {
        let since = self.since.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let child = Command::new(env!("CARGO_BIN_EXE_sanbai"))
            .arg("serve")
            .arg("--data-dir")
            .arg(&self.directory)
            .arg("--http")
            .arg(self.http.to_string())
            .arg("--metrics")
            .arg(self.metrics.to_string())
            .env("SANBAI__REHEARSAL__START", self.start.to_string())
            .env("SANBAI__REHEARSAL__SINCE", since.as_millis().to_string())
            .env("SANBAI__REHEARSAL__SPEED", self.speed.to_string())
            .env("SANBAI__SNAPSHOTS__RECOVERY", "1s")
            .env("SANBAI__SNAPSHOTS__AT_MOST_EVERY", "1s")
            .env("SANBAI__LOGGING__FILTER", "error")
            .env("SANBAI__DATA__FREE_MIN", "0.01")
            .stdin(Stdio::null())
            .spawn();
        self.child = Some(child.expect("the binary runs"));
    }

    /// As a power cut would, but for the disk.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }

    /// In order.
    pub(crate) fn terminate(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(self.http).is_err() {
            assert!(Instant::now() < deadline, "it does not come up");
            park_timeout(Duration::from_millis(20));
        }
        let mut child = self.child.take().expect("it runs");
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(0), "it ends in order");
    }

    /// Time goes on at another pace, until everything fell due.
    pub(crate) fn settle(&mut self, pace: &Pace) {
        self.terminate();
        let passed = self.since.elapsed().unwrap_or_default() * self.speed;
        self.start += passed.as_secs();
        self.since = SystemTime::now();
        self.speed = pace.speed;
        self.again();
        park_timeout(Duration::from_secs(pace.seconds / u64::from(pace.speed)));
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().ok();
            child.wait().ok();
        }
    }
}
