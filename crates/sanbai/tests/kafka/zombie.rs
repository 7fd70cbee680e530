//! A daemon stands still for so long that another takes its partitions over, and then goes on.

use std::thread::park_timeout;
use std::time::Duration;

use rustix::process::Signal;
use sanbai_rig::Brokers;

use crate::alone_with_brokers;
use crate::daemon::wait;
use crate::feed::{self, Feed, Form};
use crate::fleet::Fleet;
use crate::rig::Place;
use crate::story::{Story, next, setting};
use crate::told::Told;

/// Partitions of events and of sections.
const PARTITIONS: (u32, u32) = (6, 2);
/// Twenty hours take forty-eight seconds.
const SPEED: u32 = 1_500;

#[test]
fn a_zombie_sends_what_was_sent_and_stops_by_itself() {
    let Some((_alone, mut brokers)) = alone_with_brokers(1) else {
        return;
    };
    let rounds = setting("SANBAI_KAFKA_ROUNDS", 4);
    let mut seed = setting("SANBAI_KAFKA_SEED", 7);
    println!("SANBAI_KAFKA_ROUNDS={rounds} SANBAI_KAFKA_SEED={seed}");
    let story = Story::new(20_000, seed).first_hours(20);
    let place = Place::new(&brokers, "zombie", PARTITIONS, &story);
    let mut fleet = Fleet::new(&place, 2, story.start, SPEED).start();
    let due = feed::messages(&story.told, PARTITIONS.0, Form::Single, &mut seed);
    let feed = Feed::begin(place.log(fleet.clock()), due, fleet.world);
    for round in 0..rounds {
        let zombie = round as usize % 2;
        let other = 1 - zombie;
        wait("both have partitions", || {
            let shards = fleet.shards();
            let of = |daemon| {
                shards
                    .values()
                    .filter(|shard| shard.daemon == daemon && shard.state == "running")
                    .count()
            };
            of(zombie) > 0 && of(other) > 0
        });
        park_timeout(Duration::from_millis(next(&mut seed) % 500));
        stop(&mut fleet, &mut brokers, zombie, round % 2 == 1);
        let left = not_ours(&fleet, zombie);
        wait("the other has them all, and gets on", || {
            has_all(&fleet, other, feed.fed())
        });
        fleet.signal(zombie, Signal::CONT);
        wait("the zombie stops by itself", || not_ours(&fleet, zombie) > left);
        fleet.assert_all_run();
    }
    let told = Told::in_the_end(&mut fleet, &place, feed);
    assert!(told.lost >= rounds, "partitions were lost, not given back: {told:?}");
    assert!(told.zombies > 0, "zombies sent something: {told:?}");
    assert_eq!(told.undelivered, 0, "{told:?}");
}

/// How often a daemon said that a partition is not its own.
fn not_ours(fleet: &Fleet, daemon: usize) -> usize {
    fleet.daemons[daemon]
        .said()
        .matches("the partition is not ours")
        .count()
}

/// Has a daemon stand still; `holds`: while it has outputs that the broker has not taken yet, those of records that it applies
/// again.
fn stop(fleet: &mut Fleet, brokers: &mut Brokers, zombie: usize, holds: bool) {
    if holds {
        let restored = |fleet: &Fleet| fleet.daemons[zombie].said().matches("restored from a snapshot").count();
        let before = restored(fleet);
        fleet.daemons[zombie].kill();
        fleet.daemons[zombie].again();
        wait("it is restored", || restored(fleet) > before);
        brokers.pause(1).expect("it runs");
        park_timeout(Duration::from_millis(500));
    }
    fleet.signal(zombie, Signal::STOP);
    if holds {
        brokers.resume(1).expect("it runs");
    }
}

/// Whether a daemon has all shards, and has applied what was there when it was asked.
fn has_all(fleet: &Fleet, daemon: usize, fed: u64) -> bool {
    let Some(status) = fleet.status(daemon) else {
        return false;
    };
    let shards = status["shards"].as_array().into_iter().flatten();
    let running: Vec<_> = shards.filter(|shard| shard["state"] == "running").collect();
    let parcels = running.iter().filter(|shard| shard["shard"] == "parcel");
    let next: u64 = parcels.filter_map(|shard| shard["next"].as_u64()).sum();
    running.len() == (PARTITIONS.0 + PARTITIONS.1) as usize && next > fed
}
