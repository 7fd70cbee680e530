//! Daemons that share topics.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use sanbai_core::shard::input::Tick;
use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::KafkaLog;
use sanbai_engine::log::{Message, Topic};
use sanbai_engine::parcel::control_message;
use sanbai_wire::control::Control;
use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::{Daemon, wait};
use crate::feed::{KEYS, clock};
use crate::rig::{Place, append};

/// Within so long everything that lies on the topics is applied, whatever happened before.
const CALM: Duration = Duration::from_secs(120);
/// A clock moves by at most ten minutes a tick.
const STEP: i64 = 570;
/// Within so many seconds everything falls due.
const PASSES: i64 = 50 * 3_600;
/// Then holds pass, of which shards must see that they do, all of them together. A source that is ten minutes behind begins
/// them anew, so brokers may stall for six seconds.
const HOLDS: (u32, Duration) = (100, Duration::from_secs(20));
/// Ticks that say the last moment, so that clocks that were left behind arrive there: at most ten minutes each.
const ARRIVE: usize = 600;

/// Daemons that share topics, snapshots and keys.
pub(crate) struct Fleet {
    pub(crate) daemons: Vec<Daemon>,
    pub(crate) directory: TempDir,
    /// The clock of the world: when it stood where, and how fast it runs.
    pub(crate) world: (SystemTime, u64, u32),
    settings: Vec<(String, String)>,
}

/// A shard as the daemon says that has it.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    pub(crate) daemon: usize,
    pub(crate) state: String,
    pub(crate) next: u64,
    pub(crate) adds_up: bool,
    pub(crate) parked: Option<String>,
    /// It knows the registry before this offset.
    pub(crate) registry: u64,
}

impl Fleet {
    /// So many daemons that are not started yet: one has all partitions, several are a group.
    pub(crate) fn new(place: &Place, count: usize, start: u64, speed: u32) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let keys = directory.path().join("keys");
        std::fs::write(&keys, KEYS).expect("written");
        let group = place.prefix.trim_end_matches('.').to_owned();
        let settings = vec![
            ("KAFKA__BROKERS".to_owned(), place.brokers.clone()),
            ("KAFKA__TOPIC_PREFIX".to_owned(), place.prefix.clone()),
            ("KAFKA__GROUP".to_owned(), group),
            (
                "KAFKA__ASSIGNMENT".to_owned(),
                if count == 1 { "all" } else { "group" }.to_owned(),
            ),
            ("KAFKA__SESSION_TIMEOUT".to_owned(), "3s".to_owned()),
            ("TOKENS__KEY_FILE".to_owned(), keys.display().to_string()),
            (
                "SNAPSHOTS__URL".to_owned(),
                directory.path().join("snapshots").display().to_string(),
            ),
            ("NODE__WORKERS".to_owned(), "2".to_owned()),
        ];
        let mut fleet = Self {
            daemons: Vec::new(),
            directory,
            world: (SystemTime::now(), start, speed),
            settings,
        };
        for number in 0..count {
            let data = fleet.directory.path().join(format!("daemon-{number}"));
            std::fs::create_dir(&data).expect("made");
            let mut daemon = Daemon::new(&data, start, speed);
            for (key, value) in &fleet.settings {
                daemon.set(key, value);
            }
            fleet.daemons.push(daemon);
        }
        fleet
    }

    /// All of them, with another setting.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        for daemon in &mut self.daemons {
            daemon.set(key, value);
        }
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Starts all: the clock of the world begins now.
    pub(crate) fn start(mut self) -> Self {
        self.world.0 = SystemTime::now();
        for daemon in &mut self.daemons {
            daemon.since = self.world.0;
            daemon.started = Instant::now();
            daemon.again();
        }
        self.daemons.iter().for_each(Daemon::wait_until_up);
        self
    }

    /// Waits until every parcel shard knows all of the registry: what comes before that is judged without registers, and
    /// nothing judges it again because they came.
    pub(crate) fn wait_until_registered(&self, parcels: u32) {
        wait("every shard knows the registry", || {
            let Some(status) = self.status(0) else { return false };
            let end = status["registry"]["to"].as_u64().unwrap_or(u64::MAX);
            let shards = self.shards();
            let knows = |partition| {
                let shard = shards.get(&(Topic::ParcelEvents, partition));
                shard.is_some_and(|shard| shard.registry >= end)
            };
            (0..parcels).all(knows)
        });
    }

    /// The clock of the world.
    pub(crate) fn clock(&self) -> Clock {
        clock(self.world)
    }

    /// Stops a process where it stands, or lets it go on.
    pub(crate) fn signal(&self, daemon: usize, signal: Signal) {
        let id = i32::try_from(self.daemons[daemon].pid()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("an id"), signal).expect("it is ours");
    }

    /// `sanbai …` about a daemon.
    pub(crate) fn sanbai(&self, daemon: usize, words: &[&str]) -> std::process::Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanbai"));
        command
            .args(words)
            .arg("--data-dir")
            .arg(&self.daemons[daemon].directory);
        let settings = self.settings.iter();
        command.envs(settings.map(|(key, value)| (format!("SANBAI__{key}"), value)));
        command.stdin(Stdio::null()).output().expect("the binary runs")
    }

    /// `sanbai status` of a daemon that runs.
    pub(crate) fn status(&self, daemon: usize) -> Option<Value> {
        if !self.daemons[daemon].runs() {
            return None;
        }
        let output = self.sanbai(daemon, &["status", "--json"]);
        let status: Value = serde_json::from_slice(&output.stdout).ok()?;
        (!status["daemon"].is_null()).then_some(status)
    }

    /// Every shard that some daemon has.
    pub(crate) fn shards(&self) -> BTreeMap<(Topic, u32), Shard> {
        let mut all = BTreeMap::new();
        for daemon in 0..self.daemons.len() {
            let Some(status) = self.status(daemon) else { continue };
            for shard in status["shards"].as_array().into_iter().flatten() {
                let topic = if shard["shard"] == "parcel" {
                    Topic::ParcelEvents
                } else {
                    Topic::Sightings
                };
                let partition = shard["partition"].as_u64().expect("a number") as u32;
                let state = shard["state"].as_str().expect("a state").to_owned();
                if state == "elsewhere" {
                    continue;
                }
                let shard = Shard {
                    daemon,
                    state,
                    next: shard["next"].as_u64().expect("a number"),
                    adds_up: shard["ledgerAddsUp"].as_bool().expect("yes or no"),
                    parked: shard["parked"]["code"].as_str().map(str::to_owned),
                    registry: shard["registryOffset"].as_u64().unwrap_or_default(),
                };
                all.insert((topic, partition), shard);
            }
        }
        all
    }

    /// Waits until everything that lies on the topics now is applied, and what follows from it sent and applied.
    pub(crate) fn wait_until_calm(&self, log: &KafkaLog) {
        for _ in 0..2 {
            let ends = ends(log);
            let until = Instant::now() + CALM;
            loop {
                let shards = self.shards();
                let parked = shards.iter().find(|(_, shard)| shard.parked.is_some());
                assert!(parked.is_none(), "{parked:?}");
                let late = ends.iter().find(|(place, end)| {
                    let shard = shards.get(place);
                    shard.is_none_or(|shard| shard.state != "running" || shard.next < **end)
                });
                let Some((place, end)) = late else { break };
                assert!(
                    Instant::now() < until,
                    "{place:?} should be at {end}, and is {:?}; all: {shards:#?}",
                    shards.get(place)
                );
                park_timeout(Duration::from_millis(100));
            }
            assert!(
                self.shards().values().all(|shard| shard.adds_up),
                "every ledger adds up"
            );
        }
    }

    /// Lets everything fall due, has the daemons apply it, and stops them.
    pub(crate) fn let_all_fall_due(&mut self, place: &Place) {
        self.let_pass(place, PASSES, Vec::new());
    }

    /// The same after so many seconds, and what comes only then.
    pub(crate) fn let_pass(&mut self, place: &Place, seconds: i64, late: Vec<Message>) {
        self.terminate_all();
        let to = self.pass(place, seconds);
        let log = place.log(self.clock());
        self.set_clock(to, 1);
        self.again_all();
        self.wait_until_calm(&log);
        append(&log, late);
        self.let_holds_pass(&log);
        log.close(Duration::from_secs(10));
    }

    /// Has everything that is there applied, lets the holds of alerts pass, and stops all.
    pub(crate) fn let_holds_pass(&mut self, log: &KafkaLog) {
        self.wait_until_calm(log);
        self.terminate_all();
        self.set_clock(self.daemons[0].now(), HOLDS.0);
        self.again_all();
        self.wait_until_calm(log);
        // Whenever the group is rebalanced some sources are left out for a while, and holds begin anew.
        self.only_the_first();
        self.wait_until_calm(log);
        park_timeout(HOLDS.1);
        self.stop_at_rest(log);
    }

    /// Puts ticks on the log, as daemons would have put them there within days; says up to when.
    fn pass(&self, place: &Place, passes: i64) -> u64 {
        let from = self.daemons[0].now().cast_signed();
        let to = from + passes;
        let log = place.log(Clock::fast(seconds(to.cast_unsigned()), 1));
        let steps = (1..).map(|step| from + step * STEP).take_while(|at| *at < to);
        let steps = steps.chain(std::iter::repeat_n(to, ARRIVE));
        let ticks = steps.flat_map(|at| {
            let time = seconds(at.cast_unsigned());
            let tick = Control::Tick(Tick {
                time,
                registry_offset: 0,
                reset: false,
                recorded_at: time,
            });
            (0..log.layout().parcels).map(move |partition| control_message(partition, &tick))
        });
        append(&log, ticks.collect());
        log.close(Duration::from_secs(10));
        to.cast_unsigned()
    }

    /// None ended by itself.
    pub(crate) fn assert_all_run(&mut self) {
        for (number, daemon) in self.daemons.iter_mut().enumerate() {
            let ended = daemon.has_ended();
            assert!(
                ended.is_none(),
                "daemon {number} ended: {ended:?}: {}",
                daemon.said_last()
            );
        }
    }

    fn set_clock(&mut self, to: u64, speed: u32) {
        self.world = (SystemTime::now(), to, speed);
        for daemon in &mut self.daemons {
            daemon.set_clock(to, speed);
            daemon.since = self.world.0;
        }
    }

    /// Starts those that do not run.
    pub(crate) fn again_all(&mut self) {
        self.daemons
            .iter_mut()
            .filter(|daemon| !daemon.runs())
            .for_each(Daemon::again);
        self.daemons.iter().for_each(Daemon::wait_until_up);
    }

    pub(crate) fn terminate_all(&mut self) {
        self.daemons
            .iter_mut()
            .filter(|daemon| daemon.runs())
            .for_each(Daemon::terminate);
    }

    fn only_the_first(&mut self) {
        let others = self.daemons.iter_mut().skip(1);
        others.filter(|daemon| daemon.runs()).for_each(Daemon::terminate);
    }

    /// Stops all, the last one once everything is applied.
    pub(crate) fn stop_at_rest(&mut self, log: &KafkaLog) {
        self.only_the_first();
        for _ in 0..10 {
            self.wait_until_calm(log);
            self.daemons[0].terminate();
            if !self.daemons[0]
                .said_last()
                .contains("not everything was applied in time")
            {
                return;
            }
            let now = self.daemons[0].now();
            self.set_clock(now, 1);
            self.daemons[0].again();
            self.daemons[0].wait_until_up();
        }
        panic!("what fell due is never applied");
    }
}

/// Where each partition that shards read ends.
fn ends(log: &KafkaLog) -> BTreeMap<(Topic, u32), u64> {
    let mut ends = BTreeMap::new();
    let until = Instant::now() + CALM;
    for topic in [Topic::ParcelEvents, Topic::Sightings] {
        for partition in 0..log.layout().partitions(topic) {
            loop {
                match log.range(topic, partition) {
                    Ok(range) => {
                        ends.insert((topic, partition), range.end);
                        break;
                    }
                    Err(error) => assert!(Instant::now() < until, "{topic} {partition}: {error:?}"),
                }
            }
        }
    }
    ends
}

/// A moment, in seconds since 1970.
pub(crate) const fn seconds(since: u64) -> Timestamp {
    Timestamp::from_nanos(since.cast_signed() * 1_000_000_000)
}
