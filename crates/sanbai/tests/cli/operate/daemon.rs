//! A daemon on loopback, and what is posted to it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::clock::Clock;
use sanbai_engine::local::{LocalLog, LocalSettings};
use sanbai_engine::log::{Append as _, Message};
use serde_json::Value;

use crate::support::{Folder, Run, base, command, sanbai};

/// Nothing takes longer than this, or it never comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A data directory, with a daemon or without.
pub(super) struct Site {
    pub(super) folder: Folder,
    pub(super) data: String,
    daemon: Option<Child>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Site {
    /// A directory that is not there yet.
    pub(super) fn new() -> Self {
        Self::at("data")
    }

    /// The same under another name.
    pub(super) fn at(name: &str) -> Self {
        let folder = Folder::new();
        Self {
            data: folder.join(name),
            folder,
            daemon: None,
        }
    }

    /// One on which a daemon runs.
    pub(super) fn running() -> Self {
        let mut site = Self::new();
        site.start();
        site
    }

    /// One on which a daemon ran.
    pub(super) fn stopped() -> Self {
        let mut site = Self::running();
        site.stop();
        site
    }

    pub(super) fn serve(&self) -> Command {
        let mut serve = command(&["serve", "--data-dir", &self.data]);
        // Whatever room the disk of the tests has.
        serve.env("SANBAI__DATA__FREE_MIN", "0.0");
        serve.env("SANBAI__DATA__PARCEL_PARTITIONS", "2");
        serve.env("SANBAI__INTAKE__ADDRESS", "127.0.0.1:0");
        serve.env("SANBAI__METRICS__ADDRESS", "127.0.0.1:0");
        let config = self.folder.path().join("sanbai.toml");
        if config.is_file() {
            serve.arg("--config").arg(config);
        }
        serve
    }

    /// Starts a daemon, and waits until it takes orders.
    pub(super) fn start(&mut self) {
        assert!(self.daemon.is_none());
        let log = fs::File::create(self.folder.path().join("log.txt")).expect("a file");
        let mut serve = self.serve();
        let child = serve.stderr(Stdio::from(log)).spawn().expect("it starts");
        let pid = child.id();
        self.daemon = Some(child);
        self.eventually("it listens", || {
            let addresses = fs::read_to_string(PathBuf::from(&self.data).join("addresses.json")).ok()?;
            let addresses: Value = serde_json::from_str(&addresses).ok()?;
            (addresses["pid"] == pid).then_some(())
        });
    }

    /// Tells the daemon to stop, and waits until it has.
    pub(super) fn stop(&mut self) {
        self.signal("TERM");
        let status = self.daemon.take().expect("it runs").wait().expect("it ends");
        assert!(status.success(), "{status}\n{}", self.folder.read("log.txt"));
    }

    pub(super) fn signal(&self, name: &str) {
        let pid = self.daemon.as_ref().expect("it runs").id().to_string();
        let told = Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .expect("kill runs");
        assert!(told.success());
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().expect("it can be killed");
            daemon.wait().expect("it ends");
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.daemon.as_ref().expect("it runs").id()
    }

    /// A command for this directory, not started yet.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.args(["--data-dir", &self.data]);
        command.env("SANBAI__DATA__FREE_MIN", "0.0");
        command
    }

    /// Runs a command on this directory.
    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        sanbai_free(&[arguments, &["--data-dir", &self.data]].concat())
    }

    /// The same for a command that succeeds; its standard output.
    pub(super) fn ok(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}\n{}\n{}", run.out, run.err);
        run.out
    }

    /// The same as JSON.
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let out = self.ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&out).expect("one JSON object")
    }

    /// The same, line by line.
    pub(super) fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let out = self.ok(arguments);
        out.lines()
            .map(|line| serde_json::from_str(line).expect("a JSON object"))
            .collect()
    }

    /// Asks until there is an answer.
    pub(super) fn eventually<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let (until, (_never, pause)) = (Instant::now() + PATIENCE, sync_channel::<()>(0));
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            let log = || fs::read_to_string(self.folder.path().join("log.txt")).unwrap_or_default();
            assert!(Instant::now() < until, "{what} never comes\n{}", log());
            pause.recv_timeout(Duration::from_millis(50)).ok();
        }
    }

    /// Posts events; status and answer.
    pub(super) fn post(&self, token: &str, events: &[String]) -> (u16, Value) {
        let addresses = fs::read_to_string(PathBuf::from(&self.data).join("addresses.json")).expect("addresses");
        let addresses: Value = serde_json::from_str(&addresses).expect("JSON");
        let address = addresses["intake"].as_str().expect("an address");
        let body = format!("[{}]", events.join(","));
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        write!(
            stream,
            "POST /v1/events HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).expect("a status").parse().expect("a number");
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Posts the events of a parcel with which nothing is wrong, and waits for its verdict.
    pub(super) fn parcel(&self, waybill: &str) -> Value {
        let (status, answer) = self.post("", &recent(waybill));
        assert_eq!((status, &answer["accepted"]), (200, &8.into()), "{answer}");
        self.verdict(waybill, |verdict| verdict["duties"]["xray"]["status"] == "pass")
    }

    /// The first verdict of a parcel that says something.
    pub(super) fn verdict(&self, waybill: &str, says: impl Fn(&Value) -> bool) -> Value {
        self.eventually("the verdict", || {
            let verdicts = self.lines(&["tail", "verdicts", "--from-beginning", "--until-end"]);
            let mut of_parcel = verdicts.into_iter().filter(|verdict| verdict["waybill"] == waybill);
            of_parcel.find(|verdict| says(verdict))
        })
    }

    /// The same, judged by other rules.
    pub(super) fn strict(&self, waybill: &str) -> Value {
        self.verdict(waybill, |verdict| verdict["rules"] == "strict")
    }

    /// Appends records to the log of a daemon that does not run.
    pub(super) fn append(&self, messages: Vec<Message>) {
        let (done, is_done) = sync_channel(1);
        let done = Box::new(move |delivery| done.send(delivery).expect("somebody waits"));
        self.log().append(messages, done).expect("there is room");
        is_done.recv().expect("told").expect("durable");
    }

    /// The log, opened by the test itself.
    pub(super) fn log(&self) -> LocalLog {
        assert!(self.daemon.is_none());
        let settings = LocalSettings {
            free_min: 0.0,
            ..LocalSettings::default()
        };
        LocalLog::open(self.data.as_ref(), &settings, Clock::SYSTEM).expect("the log opens")
    }
}

/// Runs a command, whatever room the disk of the tests has.
fn sanbai_free(arguments: &[&str]) -> Run {
    let output = command(arguments)
        .env("SANBAI__DATA__FREE_MIN", "0.0")
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("whatever it prints is UTF-8");
    Run {
        code: output.status.code().expect("no signal"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// The events of [`base`], of the last hours.
pub(super) fn recent(waybill: &str) -> Vec<String> {
    let last = Timestamp::parse("2026-03-10T21:00:00+08:00").expect("a time");
    let shift = Clock::SYSTEM.now().since(last).whole_seconds() - 60;
    base(waybill)
        .into_iter()
        .map(|line| {
            let mut parts = line.split("2026-03-10T");
            let mut shifted = parts.next().expect("a beginning").to_owned();
            for part in parts {
                let (clock, rest) = part.split_at("10:00:00+08:00".len());
                let time = Timestamp::parse(&format!("2026-03-10T{clock}")).expect("a time");
                shifted.push_str(&time.plus(Span::seconds(shift)).to_string());
                shifted.push_str(rest);
            }
            shifted
        })
        .collect()
}

/// Runs a command that needs no directory.
pub(super) fn plain(arguments: &[&str]) -> Run {
    sanbai(arguments)
}
