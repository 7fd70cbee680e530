//! A daemon is killed under load: how long until everything is applied again.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::{Choice, KafkaLog, KafkaSettings};
use sanbai_engine::log::Topic;
use sanbai_engine::node::{Node, State};
use sanbai_engine::objects::Objects;
use sanbai_wire::snapshot::ShardKind;

use super::{Appender, PARTITIONS, background, client};

/// Nothing takes longer.
const MOST: Duration = Duration::from_secs(180);

/// What a daemon is, as the name of its topics and its group have it.
const ALL: &str = "all";
const GROUP: &str = "group";

/// Kills a daemon that has all partitions, and then one of two that share them.
pub(crate) fn measure(brokers: &str, rate: u64, time: Duration) {
    for (choice, count) in [(ALL, 1), (GROUP, 2)] {
        let prefix = format!("killed-{choice}.");
        let appender = Appender::new(client(brokers, &prefix, Clock::SYSTEM, true));
        let snapshots = tempfile::tempdir().expect("a directory");
        let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| background(&appender, rate, &stop, &sent));
            let start = || Daemon::start(brokers, &prefix, choice, snapshots.path());
            let mut daemons: Vec<Daemon> = (0..count).map(|_| start()).collect();
            let before_that = wait_for_all(&daemons);
            std::thread::park_timeout(time);
            let before = sent.load(Ordering::Relaxed);
            let killed = Instant::now();
            drop(daemons.remove(0));
            if choice == ALL {
                daemons.push(start());
            }
            let after_that = before_that.and_then(|()| wait_for_all(&daemons));
            let took = killed.elapsed();
            stop.store(true, Ordering::Release);
            if let Err(said) = after_that {
                unreachable!("of {PARTITIONS} partitions daemons have caught up with {said:?}");
            }
            println!(
                "kill -9 at {rate} events/s after {before} events, assignment {choice}: caught up after {took:.1?}"
            );
        });
        appender.finish();
        appender.log.close(Duration::from_secs(5));
    }
}

/// A daemon in a process of its own, killed when it is dropped.
struct Daemon {
    process: Child,
    /// How many parcel partitions it has, where it has applied all that lies on them; `BEHIND` where it has not.
    caught_up: Arc<AtomicU64>,
}

/// What a daemon is taken for that has not said anything else.
const BEHIND: u64 = u64::MAX;
/// One that says nothing more.
const GONE: u64 = u64::MAX - 1;

impl Daemon {
    fn start(brokers: &str, prefix: &str, choice: &str, snapshots: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("its own path"));
        command.args(["child", "keep", brokers, prefix, choice]).arg(snapshots);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let out = process.stdout.take().expect("it is piped");
        let caught_up = Arc::new(AtomicU64::new(BEHIND));
        let says = Arc::clone(&caught_up);
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let said = line.strip_prefix("caught up ").and_then(|count| count.parse().ok());
                says.store(said.unwrap_or(BEHIND), Ordering::Release);
            }
            says.store(GONE, Ordering::Release);
        });
        Self { process, caught_up }
    }
}

/// Waits until daemons have caught up with all partitions, however the group has dealt them out: it makes partitions of both
/// kinds together even, not those of each. Otherwise what each has said, `None` for one that is behind; at once where one is
/// gone.
fn wait_for_all(daemons: &[Daemon]) -> Result<(), Vec<Option<u64>>> {
    let until = Instant::now() + MOST;
    loop {
        let said = daemons.iter().map(|daemon| daemon.caught_up.load(Ordering::Acquire));
        let said: Vec<Option<u64>> = said.map(|said| (said != BEHIND).then_some(said)).collect();
        let all: Option<u64> = said.iter().copied().try_fold(0_u64, |all, one| all.checked_add(one?));
        if all == Some(u64::from(PARTITIONS)) && !said.contains(&Some(0)) {
            return Ok(());
        }
        if Instant::now() > until || said.contains(&Some(GONE)) {
            return Err(said);
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it was killed");
    }
}

/// Runs a daemon until it is killed, and says whenever it has caught up, and when it no longer has.
pub(crate) fn keep(
    (brokers, prefix, choice): (&str, &str, &str),
    snapshots: &Path,
    node: impl FnOnce(&KafkaLog, &Objects, Clock) -> Node,
) {
    let settings = KafkaSettings {
        prefix: prefix.to_owned(),
        group: prefix.to_owned(),
        assignment: if choice == GROUP { Choice::Group } else { Choice::All },
        ..KafkaSettings::new(brokers)
    };
    let log = KafkaLog::open(settings, Clock::SYSTEM).expect("topics");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let objects = Objects::local(snapshots, runtime.handle().clone()).expect("a directory");
    let node = node(&log, &objects, Clock::SYSTEM);
    let end = |topic, partition| log.range(topic, partition).map_or(u64::MAX, |range| range.end);
    let mut said = None;
    loop {
        // Where each partition ended a moment ago: what tasks tell of themselves is a quarter of a second old.
        let tasks = node.tasks();
        let ours = tasks.iter().filter(|task| task.state != State::Elsewhere);
        let ends: Vec<(ShardKind, u32, u64)> = ours
            .map(|task| {
                (
                    task.shard,
                    task.partition,
                    end(Topic::read_by(task.shard), task.partition),
                )
            })
            .collect();
        std::thread::park_timeout(Duration::from_millis(400));
        let tasks = node.tasks();
        let is_there = |(shard, partition, end): &(ShardKind, u32, u64)| {
            let task = tasks
                .iter()
                .find(|task| (task.shard, task.partition) == (*shard, *partition));
            task.is_some_and(|task| task.state == State::Running && task.next >= *end)
        };
        let parcels = ends.iter().filter(|(shard, ..)| *shard == ShardKind::Parcel).count();
        let now = ends.iter().all(is_there).then_some(parcels);
        if said != Some(now) {
            said = Some(now);
            match now {
                Some(parcels) => println!("caught up {parcels}"),
                None => println!("behind"),
            }
        }
    }
}
