//! The daemon with the sample day.

use std::fs::File;
use std::path::{Path, PathBuf};
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

/// A daemon with a folder of its own.
pub(crate) struct Daemon {
    /// Where `/metrics` is.
    pub(crate) metrics: String,
    intake: String,
    process: Tied,
    place: Place,
}

/// What outlives a daemon.
struct Place {
    folder: TempDir,
    brokers: Option<String>,
}

impl Place {
    fn config(&self) -> PathBuf {
        self.folder.path().join("sanbai.toml")
    }

    /// Writes the configuration, for a time that begins now.
    fn begin(&self, at: u64) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let mut config = format!(
            "[rehearsal]\nstart = {at}\nsince = {}\nspeed = 1\n[intake]\naddress = '127.0.0.1:0'\n\
             [metrics]\naddress = '127.0.0.1:0'\n[data]\ndirectory = '{}'\nfree-min = 0.0\n",
            since.expect("after 1970").as_millis(),
            self.folder.path().join("data").display()
        );
        if let Some(brokers) = &self.brokers {
            let prefix = format!("deploy-{}.", std::process::id());
            config += &format!("[kafka]\nbrokers = '{brokers}'\ntopic-prefix = '{prefix}'\ngroup = '{prefix}'\n");
        }
        std::fs::write(self.config(), config).expect("written");
    }

    /// A command on it.
    fn run(&self, words: &[&str]) {
        run(Command::new(PROGRAM).args(words).arg("--config").arg(self.config()));
    }
}

impl Daemon {
    /// One that got the registers and the events of the sample day on its evening, and was started again a day later. Its
    /// log is on brokers, if there are any.
    pub(crate) fn after_the_sample_day(brokers: Option<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place { folder, brokers };
        place.begin(SENT);
        if place.brokers.is_some() {
            place.run(&["topics", "create", "--partitions", "4", "--scope-partitions", "1"]);
        }
        let mut daemon = Self::start(place);
        let registers = repository("samples/registry").display().to_string();
        daemon.place.run(&["registry", "import", &registers]);
        daemon.push_sample();
        assert!(daemon.process.stop().expect("told").success());
        daemon.place.begin(JUDGED);
        Self::start(daemon.place)
    }

    fn start(place: Place) -> Self {
        let log = File::create(place.folder.path().join("log.txt")).expect("a file");
        let process = Tied::start(Path::new(PROGRAM), |command| {
            command.args(["serve", "--config"]).arg(place.config()).stderr(log);
        });
        let process = process.expect("it starts");
        let addresses = eventually("the daemon listens", || {
            let addresses = std::fs::read_to_string(place.folder.path().join("data/addresses.json")).ok()?;
            serde_json::from_str::<Value>(&addresses).ok()
        });
        let address = |key: &str| addresses[key].as_str().expect(key).to_owned();
        Self {
            metrics: address("metrics"),
            intake: address("intake"),
            process,
            place,
        }
    }

    /// Its shards learn at once what the time is.
    pub(crate) fn set_clock(&self) {
        self.place.run(&["clock", "set", "now"]);
    }

    /// The events of the sample day. Some are of days that are still to come, and are refused.
    pub(crate) fn push_sample(&self) {
        let mut push = Command::new(PROGRAM);
        push.arg("push").arg(repository("samples/day.ndjson")).arg("--to");
        let output = push.arg(format!("http://{}", self.intake)).output().expect("it starts");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
}
