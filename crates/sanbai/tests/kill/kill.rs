//! The daemon is killed again and again while outlets go on sending.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::thread::park_timeout;
use std::time::Duration;

use sanbai_engine::log::Topic;
use sanbai_sim::simulation::Records as _;

use crate::crowd::Crowd;
use crate::daemon::Daemon;
use crate::recorded::{self, Recorded};
use crate::story::{Story, next, setting};

/// How long the sending takes by the clock of the world.
const WORLD_SECONDS: u64 = 36 * 3_600;

#[test]
fn nothing_is_lost_however_often_the_daemon_is_killed() {
    let events = setting("SANBAI_KILL_EVENTS", 8_000) as usize;
    let seconds = setting("SANBAI_KILL_SECONDS", 20);
    let mut seed = setting("SANBAI_KILL_SEED", 7);
    println!("SANBAI_KILL_EVENTS={events} SANBAI_KILL_SECONDS={seconds} SANBAI_KILL_SEED={seed}");
    let story = Story::new(events, seed);
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &story.registers);
    let speed = u32::try_from(WORLD_SECONDS / seconds).expect("a speed");
    let mut daemon = Daemon::start(directory.path(), story.start, speed);
    let crowd = Crowd::send(&daemon, story.told);
    // Meanwhile it is killed every few seconds.
    let mut kills = 0;
    while !crowd.is_done() {
        park_timeout(Duration::from_millis(1_000 + next(&mut seed) % 3_000));
        daemon.kill();
        kills += 1;
        park_timeout(Duration::from_millis(next(&mut seed) % 400));
        daemon.again();
        assert!(
            daemon.started.elapsed() < Duration::from_secs(600),
            "the clients never come to an end"
        );
    }
    let got = crowd.finish();
    assert!(kills >= 4, "it was killed {kills} times");
    daemon.terminate();
    let (restored, replayed) = restores(directory.path(), &daemon);
    let seen = crate::check_all(directory.path(), &mut daemon, &got);
    println!("{kills} kills, {restored} shards restored from a snapshot, {replayed} records applied again");
    println!("{seen:?}");
    assert!(got.again > 0, "no request was ever sent again");
    assert!(restored > 0, "nothing was ever restored from a snapshot");
    assert!(replayed > 0, "no record was ever applied again");
    let happened = [
        seen.revisions,
        seen.duplicates,
        seen.corrections,
        seen.alerts_raised,
        seen.urgent_raised,
        seen.hits,
        seen.repeated_verdicts,
    ];
    assert!(!happened.contains(&0), "not everything happened: {seen:?}");
}

/// Shards that were restored from a snapshot, as the daemon says, and the records after it that were there already when
/// it was started.
fn restores(directory: &Path, daemon: &Daemon) -> (u64, u64) {
    let recorded = Recorded::read(directory);
    let (mut restored, mut replayed) = (0, 0);
    for (started, said) in daemon.said_each() {
        let lines = said.lines().filter(|line| line.contains("restored from a snapshot"));
        for line in lines {
            let field = |name: &str| {
                let (_, rest) = line.split_once(&format!(" {name}=")).expect("a field");
                rest.split(' ').next().expect("a value").to_owned()
            };
            let (partition, offset): (u32, u64) = (
                field("partition").parse().expect("a number"),
                field("offset").parse().expect("a number"),
            );
            let topic = if field("shard") == "Parcel" {
                Topic::ParcelEvents
            } else {
                Topic::Sightings
            };
            restored += 1;
            let records = recorded.records(topic, partition).iter();
            let again = records.filter(|record| {
                record.offset >= offset && record.timestamp.as_nanos() / 1_000_000_000 < started.cast_signed()
            });
            replayed += again.count() as u64;
        }
    }
    (restored, replayed)
}

/// Events of a request that takes long to be written.
const LARGE: usize = 400;

#[test]
fn killed_as_it_answers_it_has_kept_what_it_answered_for() {
    let story = crate::story();
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &story.registers);
    let mut daemon = Daemon::start(directory.path(), story.start + 12 * 3_600, 1);
    let mut kept = 0;
    for events in story.told.chunks(LARGE) {
        daemon.wait_until_up();
        let body: String = events
            .iter()
            .map(|event| sanbai_wire::encode_json(event) + "\n")
            .collect();
        let answer = first_line(&daemon, &body);
        daemon.kill();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let logged = Recorded::read(directory.path()).event_ids();
        let lost = events.iter().filter(|event| !logged.contains(&event.event_id)).count();
        assert_eq!(lost, 0, "of {} events that were answered for", events.len());
        kept += events.len();
        daemon.again();
    }
    println!("{kept} events kept");
}

/// Sends events, and returns as soon as an answer begins.
fn first_line(daemon: &Daemon, body: &str) -> String {
    let mut stream = TcpStream::connect(daemon.http).expect("it listens");
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).expect("it reads");
    let mut line = [0; 12];
    stream.read_exact(&mut line).expect("it answers");
    String::from_utf8_lossy(&line).into_owned()
}
