//! Daemons and brokers are killed and stand still, again and again, while events come in.

use std::thread::park_timeout;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sanbai_rig::Brokers;
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::proto::event::parcel_event::Happening;

use crate::alone_with_brokers;
use crate::crowd::Crowd;
use crate::feed::{self, Due, Feed, Form};
use crate::fleet::Fleet;
use crate::rig::Place;
use crate::story::{Story, next, setting};
use crate::told::Told;

/// Partitions of events and of sections.
const PARTITIONS: (u32, u32) = (12, 3);
const BROKERS: u16 = 3;
const DAEMONS: usize = 3;
/// How long the story takes by the clock of the world.
const WORLD_SECONDS: u64 = 36 * 3_600;

/// A run of so many seconds has zombies.
const LONG: u64 = 120;

/// Days have passed by then: clocks must only arrive.
const PASSES: i64 = 6 * 3_600;

/// What was done to whom.
#[derive(Debug, Default)]
struct Done {
    daemons_killed: u64,
    daemons_paused: u64,
    brokers_killed: u64,
    brokers_paused: u64,
}

#[test]
fn nothing_is_lost_or_told_otherwise_whoever_is_killed() {
    let Some((_alone, mut brokers)) = alone_with_brokers(BROKERS) else {
        return;
    };
    let events = setting("SANBAI_KAFKA_EVENTS", 20_000) as usize;
    let seconds = setting("SANBAI_KAFKA_SECONDS", 30);
    let mut seed = setting("SANBAI_KAFKA_SEED", 7);
    println!("SANBAI_KAFKA_EVENTS={events} SANBAI_KAFKA_SECONDS={seconds} SANBAI_KAFKA_SEED={seed}");
    let story = Story::new(events, seed).first_hours(WORLD_SECONDS / 3_600);
    let place = Place::new(&brokers, "kill", PARTITIONS, &story);
    let speed = u32::try_from(WORLD_SECONDS / seconds).expect("a speed");
    let mut fleet = Fleet::new(&place, DAEMONS, story.start, speed).start();

    let (http, direct, held) = split(story.told);
    let due = messages(direct, story.start, events / 200, &mut seed);
    let held = feed::messages(&held, PARTITIONS.0, Form::Single, &mut seed);
    let held = held.into_iter().map(|due| due.message).collect();
    let crowds = fleet
        .daemons
        .iter()
        .zip(http)
        .map(|(daemon, told)| Crowd::send(daemon, told));
    let crowds: Vec<Crowd> = crowds.collect();
    let feed = Feed::begin(place.log(fleet.clock()), due, fleet.world);
    let done = harm(&mut fleet, &mut brokers, &mut seed, || {
        feed.is_done() && crowds.iter().all(Crowd::is_done)
    });
    let refused = feed.finish();
    let got: Vec<_> = crowds.into_iter().map(Crowd::finish).collect();

    let log = place.log(fleet.clock());
    fleet.wait_until_calm(&log);
    log.close(Duration::from_secs(10));
    fleet.let_pass(&place, PASSES, held);
    let recorded = place.read();
    let logged = recorded.event_ids();
    for got in &got {
        let lost: Vec<_> = got.accepted.difference(&logged).collect();
        assert!(lost.is_empty(), "accepted, and not on the log: {lost:?}");
    }
    let seen = recorded.as_the_oracle_says().expect("all is as the oracle says");
    recorded.as_a_replay_says();
    let told = Told::of(&recorded, &fleet);
    let again: u64 = got.iter().map(|got| got.again).sum();
    println!("{done:?}; {again} requests and {refused} messages sent again");
    println!("{told:?}\n{seen:?}");
    told.assert_believable(&seen);
    // Producers are idempotent: what was lost with one of them is its end, never something in the middle.
    assert_eq!(seen.gaps, 0, "a section is missing in the middle");
    // A short run may have none: whoever stood still had nothing to send.
    let zombies = told.zombies + u64::from(seconds < LONG);
    let happened = [
        ("outputs of zombies, in a long run", zombies),
        ("daemons killed", done.daemons_killed),
        ("daemons paused", done.daemons_paused),
        ("brokers killed or paused", done.brokers_killed + done.brokers_paused),
        ("requests sent again", again),
        ("rebalances", told.rebalances),
        ("shards restored from a snapshot", told.restored),
        ("verdicts sent again", seen.repeated_verdicts),
        ("assignments that were lost, not given back", told.lost),
        ("overlaps", seen.overlaps),
        ("duplicates", seen.duplicates),
        ("rejects", seen.rejected),
    ];
    let missing: Vec<_> = happened.iter().filter(|(_, times)| *times == 0).collect();
    assert!(missing.is_empty(), "did not happen: {missing:?}");
}

/// What our own principals bring, with so much rubbish among it.
fn messages(direct: [Vec<ParcelEvent>; 2], start: u64, rubbish: usize, seed: &mut u64) -> Vec<Due> {
    let mut due = Vec::new();
    for (form, events) in [Form::Single, Form::Batch].into_iter().zip(direct) {
        due.extend(feed::messages(&events, PARTITIONS.0, form, seed));
    }
    let start = start.cast_signed();
    let hours = (start, start + 30 * 3_600);
    due.extend(feed::rubbish(rubbish, PARTITIONS.0, hours, seed));
    due
}

/// Of a hundred parcels, six come over HTTP, in as many hands as there are daemons; the others by our own principals, in two
/// forms: what a broker or a daemon holds up is not late by the clock of whoever took it. Of four of them, evidence is held
/// back on our side, until its absence was told.
fn split(told: Vec<ParcelEvent>) -> ([Vec<ParcelEvent>; DAEMONS], [Vec<ParcelEvent>; 2], Vec<ParcelEvent>) {
    let mut http: [Vec<ParcelEvent>; DAEMONS] = Default::default();
    let mut direct: [Vec<ParcelEvent>; 2] = Default::default();
    let mut held = Vec::new();
    for event in told {
        let hash = event
            .waybill
            .bytes()
            .fold(7_usize, |hash, byte| (hash * 31 + usize::from(byte)) % 1_000_003);
        let is_evidence = matches!(
            event.happening,
            Some(Happening::IdentityChecked(_) | Happening::Inspected(_) | Happening::XrayScreened(_))
        );
        match hash % 100 {
            place @ 0..6 => http[place % DAEMONS].push(event),
            6..10 if is_evidence => held.push(event),
            place => direct[place % 2].push(event),
        }
    }
    (http, direct, held)
}

/// What is done.
#[derive(Clone, Copy, Debug)]
enum Harm {
    /// A daemon stands still, for longer than its session or not, and goes on.
    DaemonPaused,
    DaemonKilled,
    BrokerKilled,
    BrokerPaused,
    /// A broker is killed, so that outputs wait; whoever waits stands still until others have its partitions, and goes on.
    Zombie,
    /// The same, but whoever waits is killed: what it was to send, others must.
    BothKilled,
}

const HARMS: [Harm; 6] = [
    Harm::DaemonPaused,
    Harm::DaemonKilled,
    Harm::BrokerKilled,
    Harm::BrokerPaused,
    Harm::Zombie,
    Harm::BothKilled,
];

/// Does harm every few seconds, until everything was sent; then heals.
fn harm(fleet: &mut Fleet, brokers: &mut Brokers, seed: &mut u64, is_over: impl Fn() -> bool) -> Done {
    let mut done = Done::default();
    let begun = Instant::now();
    // Each kind once, then as the seed decides.
    for turn in 0.. {
        park_timeout(Duration::from_millis(1_000 + next(seed) % 2_000));
        if turn >= HARMS.len() && is_over() {
            break;
        }
        let drawn = next(seed) as usize % HARMS.len();
        let harm = HARMS[if turn < HARMS.len() { turn } else { drawn }];
        println!("{:?}: {harm:?}", begun.elapsed());
        apply(harm, fleet, brokers, seed, &mut done);
        fleet.assert_all_run();
        assert!(begun.elapsed() < Duration::from_secs(900), "nobody comes to an end");
    }
    done
}

fn apply(harm: Harm, fleet: &mut Fleet, brokers: &mut Brokers, seed: &mut u64, done: &mut Done) {
    let daemon = next(seed) as usize % DAEMONS;
    let broker = 1 + (next(seed) % u64::from(BROKERS)) as u16;
    let pause = Duration::from_millis(1_000 + next(seed) % 6_000);
    match harm {
        Harm::DaemonPaused => {
            fleet.signal(daemon, Signal::STOP);
            park_timeout(pause);
            fleet.signal(daemon, Signal::CONT);
            done.daemons_paused += 1;
        }
        Harm::DaemonKilled => {
            fleet.daemons[daemon].kill();
            park_timeout(pause / 3);
            fleet.daemons[daemon].again();
            done.daemons_killed += 1;
        }
        Harm::BrokerKilled => {
            brokers.kill(broker).expect("it runs");
            park_timeout(pause / 4);
            brokers.start_again(broker).expect("it starts again");
            done.brokers_killed += 1;
        }
        Harm::BrokerPaused => {
            brokers.pause(broker).expect("it runs");
            park_timeout(pause);
            brokers.resume(broker).expect("it runs");
            done.brokers_paused += 1;
        }
        Harm::Zombie => {
            brokers.kill(broker).expect("it runs");
            park_timeout(Duration::from_millis(1_500));
            fleet.signal(daemon, Signal::STOP);
            brokers.start_again(broker).expect("it starts again");
            park_timeout(pause);
            fleet.signal(daemon, Signal::CONT);
            done.brokers_killed += 1;
            done.daemons_paused += 1;
        }
        Harm::BothKilled => {
            brokers.kill(broker).expect("it runs");
            park_timeout(Duration::from_millis(2_500));
            fleet.daemons[daemon].kill();
            brokers.start_again(broker).expect("it starts again");
            fleet.daemons[daemon].again();
            done.brokers_killed += 1;
            done.daemons_killed += 1;
        }
    }
}
