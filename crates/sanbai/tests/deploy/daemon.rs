//! The daemon with the sample day.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use sanbai_rig::Tied;
use serde_json::Value;
use tempfile::TempDir;

use crate::{eventually, repository, run};

/// When the sample day is sent: 2026-03-10T22:00:00+08:00.
const SENT: u64 = 1_773_151_200;

/// When all of it is judged and it is yesterday, for half an hour more: 2026-03-11T23:30:00+08:00.
const JUDGED: u64 = 1_773_243_000;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sanbai");

pub(crate) struct Daemon {
    /// Of the intake, and of `/metrics`.
    http: String,
    pub(crate) metrics: String,
    process: Tied,
    folder: TempDir,
}

impl Daemon {
    /// One that got the registers and the events of the sample day on its evening, and was started again a day later.
    pub(crate) fn after_the_sample_day() -> Self {
        let daemon = Self::start(tempfile::tempdir().expect("a folder"), SENT);
        let mut import = Command::new(PROGRAM);
        import.args(["registry", "import"]).arg(repository("samples/registry"));
        run(import.arg("--data-dir").arg(daemon.folder.path().join("data")));
        daemon.push_sample();
        let Self {
            mut process, folder, ..
        } = daemon;
        assert!(process.stop().expect("told").success());
        Self::start(folder, JUDGED)
    }

    fn start(folder: TempDir, at: u64) -> Self {
        let (data, config) = (folder.path().join("data"), folder.path().join("sanbai.toml"));
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let since = since.expect("after 1970").as_millis();
        std::fs::write(
            &config,
            format!("[rehearsal]\nstart = {at}\nsince = {since}\nspeed = 1\n"),
        )
        .expect("written");
        let log = File::create(folder.path().join("log.txt")).expect("a file");
        let process = Tied::start(Path::new(PROGRAM), |command| {
            command
                .args([
                    "serve",
                    "--http",
                    "127.0.0.1:0",
                    "--metrics",
                    "127.0.0.1:0",
                    "--data-dir",
                ])
                .arg(&data)
                .arg("--config")
                .arg(&config)
                // Whatever room the disk of the tests has.
                .env("SANBAI__DATA__FREE_MIN", "0.0")
                .stderr(log);
        });
        let process = process.expect("it starts");
        let addresses = eventually("the daemon listens", || {
            let addresses = std::fs::read_to_string(data.join("addresses.json")).ok()?;
            serde_json::from_str::<Value>(&addresses).ok()
        });
        let address = |key: &str| addresses[key].as_str().expect(key).to_owned();
        Self {
            http: address("intake"),
            metrics: address("metrics"),
            process,
            folder,
        }
    }

    /// Its shards learn at once what the time is.
    pub(crate) fn set_clock(&self) {
        let mut set = Command::new(PROGRAM);
        set.args(["clock", "set", "now", "--data-dir"]);
        run(set.arg(self.folder.path().join("data")));
    }

    /// The events of the sample day. Some are of days that are still to come, and are refused.
    pub(crate) fn push_sample(&self) {
        let mut push = Command::new(PROGRAM);
        push.arg("push").arg(repository("samples/day.ndjson")).arg("--to");
        let output = push.arg(format!("http://{}", self.http)).output().expect("it starts");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
}
