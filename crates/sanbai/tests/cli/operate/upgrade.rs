//! A log is handed over to another build, and back. The other build runs inside the test: the same code under another number.

use std::sync::mpsc::sync_channel;

use sanbai_core::registry::Registry;
use sanbai_core::shard::input::Behaviour;
use sanbai_engine::clock::Clock;
use sanbai_engine::local::LocalLog;
use sanbai_engine::log::Append as _;
use sanbai_engine::node::{Node, NodeSettings, State, TaskStatus};
use sanbai_engine::objects::Objects;
use sanbai_engine::parcel::{ParcelSettings, control_message};
use sanbai_engine::task::Parked;
use sanbai_wire::control::Control;
use sanbai_wire::snapshot::ShardKind;
use sanbai_wire::{RawValues, TokenKeys};

use super::daemon::{Site, recent};

const OWN: u32 = Behaviour::CURRENT.0;

/// The build that has the next number, on the directory of a site.
struct Other {
    log: LocalLog,
    node: Node,
    _runtime: tokio::runtime::Runtime,
}

impl Other {
    fn start(site: &Site) -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().expect("a runtime");
        let log = site.log();
        let snapshots = std::path::Path::new(&site.data).join("snapshots");
        let objects = Objects::local(&snapshots, runtime.handle().clone()).expect("snapshots");
        let settings = NodeSettings::new(ParcelSettings {
            keys: TokenKeys::single("test", [7; 32]).expect("a version of letters"),
            raw_values: RawValues::Forbid,
            profile: None,
            behaviour: Behaviour(OWN + 1),
        });
        let node = Node::start(&log, &objects, Registry::default(), Clock::SYSTEM, &settings).expect("a node");
        Self {
            log,
            node,
            _runtime: runtime,
        }
    }

    fn parcels(&self, is_so: impl Fn(&TaskStatus) -> bool) -> bool {
        let tasks = self.node.tasks().into_iter();
        tasks
            .filter(|task| task.shard == ShardKind::Parcel)
            .all(|task| is_so(&task))
    }

    fn stop(self) {
        self.node.stop(&self.log, std::time::Duration::from_secs(3));
        self.log.close().expect("everything is durable");
    }
}

/// Codes for which parcel shards are parked; `None` where one is not.
fn parked(site: &Site) -> Option<Vec<String>> {
    let status = site.json(&["status"]);
    let shards = status["shards"].as_array().expect("shards").iter();
    let shards = shards.filter(|shard| shard["shard"] == "parcel");
    shards
        .map(|shard| shard["parked"]["code"].as_str().map(str::to_owned))
        .collect()
}

/// Behaviour and offset of the newest snapshot of the parcel shard of a partition.
fn newest(site: &Site, partition: u64) -> Option<(u64, u64)> {
    let snapshots = site.lines(&["snapshot", "list", "--json"]);
    let of_it = snapshots
        .iter()
        .filter(|line| line["shard"] == "parcel" && line["partition"] == partition);
    of_it
        .map(|line| {
            (
                line["behaviour"].as_u64().expect("a number"),
                line["offset"].as_u64().expect("a number"),
            )
        })
        .max_by_key(|(_, offset)| *offset)
}

#[test]
fn an_upgrade_to_what_runs_already_is_refused() {
    let site = Site::running();
    for (number, code) in [(OWN, "behaviour_runs"), (0, "behaviour_invalid")] {
        let run = site.run(&["upgrade", "--to", &number.to_string()]);
        assert_eq!(run.code, 64, "{}", run.err);
        assert!(run.err.contains(code), "{}", run.err);
    }
    site.parcel("W1");
    assert_eq!(parked(&site), None, "nothing was appended");
}

#[test]
fn a_log_is_handed_over_to_the_next_build_and_back() {
    let mut site = Site::running();
    site.parcel("W1");
    let done = site.json(&["upgrade", "--to", &(OWN + 1).to_string()]);
    assert_eq!(
        (&done["from"], &done["to"], &done["partitions"]),
        (&OWN.into(), &(OWN + 1).into(), &2.into())
    );
    let changed = vec!["behaviour_changed".to_owned(); 2];
    site.eventually("all park", || (parked(&site)? == changed).then_some(()));
    let run = site.run(&["upgrade", "--to", &(OWN + 2).to_string()]);
    assert_eq!(run.code, 64, "{}", run.err);
    assert!(run.err.contains("upgrade_under_way"), "{}", run.err);
    // What comes meanwhile is taken, and waits.
    let (status, answer) = site.post("", &recent("W2"));
    assert_eq!((status, &answer["accepted"]), (200, &8.into()), "{answer}");
    site.stop();
    // Started again, it stays where it was.
    site.start();
    site.eventually("all park again", || (parked(&site)? == changed).then_some(()));
    let old = [0, 1].map(|partition| newest(&site, partition).expect("a snapshot"));
    assert_eq!(old.map(|(behaviour, _)| behaviour), [u64::from(OWN); 2]);
    site.stop();

    let other = Other::start(&site);
    let is_at_end = |task: &TaskStatus| task.state == State::Running && task.next > old[task.partition as usize].1 + 1;
    site.eventually("the other build goes on", || other.parcels(is_at_end).then_some(()));
    let (done, is_done) = sync_channel(1);
    let back = [0, 1].map(|partition| control_message(partition, &Control::Activate(Behaviour::CURRENT)));
    let told = Box::new(move |delivery| done.send(delivery).expect("somebody waits"));
    other.log.append(back.to_vec(), told).expect("there is room");
    is_done.recv().expect("told").expect("durable");
    let parks = State::Parked(Parked::BehaviourChanged(Behaviour::CURRENT));
    site.eventually("the other build parks", || {
        other.parcels(|task| task.state == parks).then_some(())
    });
    other.stop();

    site.start();
    site.verdict("W2", |verdict| verdict["duties"]["xray"]["status"] == "pass");
    site.parcel("W3");
    assert_eq!(parked(&site), None, "this build runs again");
    let verdicts = site.lines(&["tail", "verdicts", "--from-beginning", "--until-end"]);
    let version = |verdict: &serde_json::Value| format!("{} {}", verdict["waybill"], verdict["version"]);
    let mut versions: Vec<_> = verdicts.iter().map(version).collect();
    let published = versions.len();
    versions.sort();
    versions.dedup();
    assert_eq!(
        versions.len(),
        published,
        "no record belongs to two builds, and none is told twice"
    );
}
