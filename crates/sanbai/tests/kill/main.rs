//! The daemon is killed again and again while outlets go on sending; then everything is as if nothing had happened.
//!
//! `SANBAI_KILL_EVENTS`, `SANBAI_KILL_SECONDS` and `SANBAI_KILL_SEED` make it longer or another one. The seed is printed.

mod client;
mod daemon;
mod recorded;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use sanbai_sim::world::{Plan, Told, World};

use client::{Batch, Client, Got};
use daemon::{Daemon, Pace};
use recorded::Recorded;

/// Clients that send at the same time.
const CLIENTS: usize = 8;
/// Events of a request.
const BATCH: usize = 40;
/// Parcels of the world bring about so many events each.
const EVENTS_PER_PARCEL: usize = 6;
/// How long the sending takes by the clock of the world.
const WORLD_SECONDS: u64 = 36 * 3_600;
/// After the sending everything falls due: two days at this speed.
const SETTLE: Pace = Pace {
    speed: 6_000,
    seconds: 48 * 3_600,
};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// A number that the seed decides, other than the last.
fn next(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn nothing_is_lost_however_often_the_daemon_is_killed() {
    let events = setting("SANBAI_KILL_EVENTS", 8_000) as usize;
    let seconds = setting("SANBAI_KILL_SECONDS", 20);
    let mut seed = setting("SANBAI_KILL_SEED", 7);
    println!("SANBAI_KILL_EVENTS={events} SANBAI_KILL_SECONDS={seconds} SANBAI_KILL_SEED={seed}");
    let world = World::new(&Plan {
        parcels: (events / EVENTS_PER_PARCEL) as u64,
        days: 1,
        first_day: (2026, 3, 10),
        seed,
        violation_rate_per_10k: 600,
        disorder: true,
        subjects: true,
    });
    let told: Vec<_> = world
        .stream()
        .filter_map(|told| match told {
            Told::Event(event) => Some(*event),
            Told::Truth(_) => None,
        })
        .collect();
    let start = told
        .iter()
        .filter_map(|event| event.intake_at)
        .map(|at| at.seconds)
        .min()
        .expect("events");
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &world.registers());
    let speed = u32::try_from(WORLD_SECONDS / seconds).expect("a speed");
    let mut daemon = Daemon::start(directory.path(), start as u64, speed);
    let batches = Batch::cut(told, BATCH);
    let (clients, got) = send(&daemon, batches, start as u64);
    // Meanwhile it is killed every few seconds.
    let mut kills = 0;
    while clients.iter().any(|client| !client.is_finished()) {
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
    clients
        .into_iter()
        .for_each(|client| client.join().expect("no client panics"));
    assert!(kills >= 4, "it was killed {kills} times");
    daemon.settle(&SETTLE);
    daemon.terminate();
    let recorded = Recorded::read(directory.path());
    let got = Arc::into_inner(got)
        .expect("nobody else has it")
        .into_inner()
        .expect("no client panics");
    check(&recorded, &got);
    println!(
        "{kills} kills, {} events accepted, {} requests sent again",
        got.accepted.len(),
        got.again
    );
    assert!(got.again > 0, "no request was ever sent again");
}

/// Sends all batches at their times, from several clients.
fn send(daemon: &Daemon, batches: Vec<Batch>, start: u64) -> (Vec<std::thread::JoinHandle<()>>, Arc<Mutex<Got>>) {
    let got = Arc::new(Mutex::new(Got::default()));
    let mut hands: Vec<Vec<Batch>> = (0..CLIENTS).map(|_| Vec::new()).collect();
    for (number, batch) in batches.into_iter().enumerate() {
        hands[number % CLIENTS].push(batch);
    }
    let clients = hands.into_iter().map(|batches| {
        let client = Client::new(daemon.http, daemon.since, start, daemon.speed);
        let got = Arc::clone(&got);
        std::thread::spawn(move || client.send_all(batches, &got))
    });
    (clients.collect(), got)
}

fn check(recorded: &Recorded, got: &Got) {
    let logged = recorded.event_ids();
    let lost: BTreeSet<_> = got.accepted.difference(&logged).collect();
    assert!(lost.is_empty(), "accepted, and not on the log: {lost:?}");
    assert!(
        got.refused
            .keys()
            .all(|code| code == "event_time_too_old" || code == "event_time_future"),
        "refused: {:?}",
        got.refused
    );
    let seen = recorded.as_the_oracle_says().unwrap_or_else(|what| panic!("{what}"));
    assert!(seen.revisions > 100 && seen.duplicates > 0, "{seen:?}");
    recorded.as_a_replay_says();
}

#[test]
fn a_stop_in_order_takes_no_time_and_leaves_nothing_undone() {
    let directory = tempfile::tempdir().expect("a directory");
    let stopped = AtomicBool::new(false);
    let mut daemon = Daemon::start(directory.path(), 1_773_100_000, 1);
    let begun = Instant::now();
    daemon.terminate();
    stopped.store(true, Ordering::Relaxed);
    assert!(begun.elapsed() < Duration::from_secs(5));
    Recorded::read(directory.path())
        .as_the_oracle_says()
        .expect("nothing happened");
}
