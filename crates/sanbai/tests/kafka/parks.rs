//! What a daemon must not go on with: it says why, wherever somebody looks.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use sanbai_engine::log::Topic;
use sanbai_rig::Brokers;
use sanbai_wire::snapshot::Manifest;

use crate::admin::Admin;
use crate::alone_with_brokers;
use crate::daemon::wait;
use crate::feed::{self, Feed, Form};
use crate::fleet::Fleet;
use crate::rig::Place;
use crate::story::Story;

/// Partitions of events and of sections.
const PARTITIONS: (u32, u32) = (2, 1);
/// Six hours take four seconds.
const SPEED: u32 = 6_000;

#[test]
fn what_must_not_go_on_parks_and_says_why() {
    let Some((_alone, brokers)) = alone_with_brokers(1) else {
        return;
    };
    a_topic_that_was_made_anew(&brokers);
    records_that_are_gone(&brokers);
    more_partitions(&brokers);
    snapshots_that_are_elsewhere(&brokers);
    another_log(&brokers);
    an_output_that_is_refused_twice(&brokers);
}

/// Daemons that have applied some hours, and have snapshots.
fn begin(brokers: &Brokers, name: &str, daemons: usize) -> (Place, Fleet) {
    let story = Story::new(600, 7).first_hours(6);
    let place = Place::new(brokers, name, PARTITIONS, &story);
    let fleet = Fleet::new(&place, daemons, story.start, SPEED).start();
    feed(&place, &fleet, &story);
    let log = place.log(fleet.clock());
    fleet.wait_until_calm(&log);
    log.close(Duration::from_secs(10));
    wait("each shard has a snapshot", || {
        manifests(&fleet.directory.path().join("snapshots")).len() >= 3
    });
    (place, fleet)
}

fn feed(place: &Place, fleet: &Fleet, story: &Story) {
    let due = feed::messages(&story.told, PARTITIONS.0, Form::Single, &mut 7);
    Feed::begin(place.log(fleet.clock()), due, fleet.world).finish();
}

fn a_topic_that_was_made_anew(brokers: &Brokers) {
    let (place, mut fleet) = begin(brokers, "anew", 1);
    let (admin, name) = (Admin::of(&place.brokers), place.name(Topic::ParcelEvents));
    admin.delete(&name);
    admin.create(&name, PARTITIONS.0, &[]);
    expect_parked(&fleet, 0, Topic::ParcelEvents, "topic_recreated");
    // Started again it knows by its snapshots.
    fleet.daemons[0].kill();
    fleet.again_all();
    expect_parked(&fleet, 0, Topic::ParcelEvents, "topic_recreated");
}

fn records_that_are_gone(brokers: &Brokers) {
    let (place, mut fleet) = begin(brokers, "gone", 1);
    fleet.terminate_all();
    // More comes, and goes before anybody has read it.
    feed(&place, &fleet, &Story::new(600, 8).first_hours(6));
    let end = {
        let log = place.log(fleet.clock());
        let end = log.range(Topic::ParcelEvents, 0).expect("a broker answers").end;
        log.close(Duration::from_secs(10));
        end
    };
    Admin::of(&place.brokers).forget(&place.name(Topic::ParcelEvents), 0, end);
    fleet.again_all();
    expect_parked(&fleet, 0, Topic::ParcelEvents, "data_gap");
}

fn more_partitions(brokers: &Brokers) {
    let (place, mut fleet) = begin(brokers, "more", 1);
    let more = PARTITIONS.0 as usize + 1;
    Admin::of(&place.brokers).raise(&place.name(Topic::ParcelEvents), more);
    expect_parked(&fleet, 0, Topic::ParcelEvents, "partition_count_changed");
    fleet.daemons[0].kill();
    fleet.daemons[0].again();
    wait("it ends", || {
        !fleet.daemons[0].runs() || fleet.daemons[0].has_ended().is_some()
    });
    let said = fleet.daemons[0].said_last();
    assert!(said.contains("partitions, and must have"), "it says why: {said}");
}

fn snapshots_that_are_elsewhere(brokers: &Brokers) {
    let (_, mut fleet) = begin(brokers, "elsewhere", 2);
    // How far shards are is announced every five seconds.
    park_timeout(Duration::from_secs(6));
    let elsewhere = fleet.directory.path().join("elsewhere").display().to_string();
    fleet.daemons[1].terminate();
    fleet.daemons[1].set("SNAPSHOTS__URL", &elsewhere);
    fleet.daemons[1].again();
    fleet.daemons[1].wait_until_up();
    fleet.daemons[0].terminate();
    expect_parked(&fleet, 1, Topic::ParcelEvents, "snapshot_store_not_shared");
    wait("all of them park", || {
        let shards = fleet.shards();
        shards.len() == 3 && shards.values().all(|shard| shard.parked.is_some())
    });
    for (shard, partition) in [("parcel", "0"), ("parcel", "1"), ("scope", "0")] {
        let told = fleet.sanbai(1, &["resume", shard, partition]);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    }
    wait("told to go on, it does", || {
        let shards = fleet.shards();
        shards.len() == 3 && shards.values().all(|shard| shard.state == "running")
    });
}

fn another_log(brokers: &Brokers) {
    let (_, mut fleet) = begin(brokers, "another", 1);
    fleet.terminate_all();
    // Snapshots that were made from other records.
    for path in manifests(&fleet.directory.path().join("snapshots/parcel")) {
        let bytes = std::fs::read(&path).expect("a manifest");
        let mut manifest = Manifest::decode(&bytes).expect("a manifest");
        manifest.record_digest = vec![7; 32];
        std::fs::write(&path, manifest.encode()).expect("written");
    }
    fleet.again_all();
    expect_parked(&fleet, 0, Topic::ParcelEvents, "log_diverged");
}

fn an_output_that_is_refused_twice(brokers: &Brokers) {
    let admin = Admin::of(&brokers.bootstrap());
    let name = format!("refused.{}", Topic::Verdicts.name());
    admin.create(&name, PARTITIONS.0, &[("max.message.bytes", "100")]);
    let story = Story::new(600, 7).first_hours(6);
    let place = Place::new(brokers, "refused", PARTITIONS, &story);
    let fleet = Fleet::new(&place, 1, story.start, SPEED).start();
    feed(&place, &fleet, &story);
    expect_parked(&fleet, 0, Topic::ParcelEvents, "output_refused");
    // Somebody else's outputs are not refused: those shards go on.
    let shards = fleet.shards();
    assert_eq!(shards[&(Topic::Sightings, 0)].state, "running", "{shards:?}");
    let (_, lives) = get(fleet.daemons[0].metrics, "/livez");
    assert!(lives.contains("workers ok"), "{lives}");
}

/// Shards park, and the code is where people, scripts and Prometheus look.
fn expect_parked(fleet: &Fleet, daemon: usize, topic: Topic, code: &str) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let shards = fleet.shards();
        let mut parked = shards
            .iter()
            .filter(|((of, _), shard)| *of == topic && shard.daemon == daemon);
        if parked.any(|(_, shard)| shard.parked.as_deref() == Some(code)) {
            break;
        }
        assert!(Instant::now() < until, "not parked for {code}: {shards:#?}");
        park_timeout(Duration::from_millis(100));
    }
    let at = fleet.daemons[daemon].metrics;
    let (status, ready) = get(at, "/readyz");
    assert_eq!(status, 503, "{ready}");
    assert!(ready.contains("shards-not-parked failed"), "{ready}");
    let (_, metrics) = get(at, "/metrics");
    let parked = metrics
        .lines()
        .filter(|line| line.starts_with("sanbai_parked_shards{") && line.contains(code));
    assert!(
        parked.clone().any(|line| !line.ends_with(" 0")),
        "{code}: {:?}",
        parked.collect::<Vec<_>>()
    );
    assert!(
        fleet.daemons[daemon].said_last().contains(&format!("code=\"{code}\"")),
        "its log says so"
    );
    println!("parked for {code}");
}

/// Asks over HTTP: the status, and all of the answer.
pub(crate) fn get(at: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(at).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), answer)
}

/// All manifests below a directory.
fn manifests(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(manifests(&path));
        } else if path.extension().is_some_and(|end| end == "manifest") {
            found.push(path);
        }
    }
    found
}
