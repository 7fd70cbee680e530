//! The network between daemons and brokers is slow, loses what is sent or what is answered, and breaks.

use std::thread::park_timeout;
use std::time::Duration;

use sanbai_rig::{Direction, Fault, Listener, Options, Proxy};

use crate::feed::{self, Feed, Form};
use crate::fleet::Fleet;
use crate::rig::{Place, alone};
use crate::story::{Story, setting};
use crate::told::Told;

/// Partitions of events and of sections.
const PARTITIONS: (u32, u32) = (6, 2);
/// Thirty hours take fifty-four seconds.
const SPEED: u32 = 2_000;

#[test]
fn whatever_the_network_does_nothing_is_lost() {
    let _alone = alone();
    let options = Options {
        count: 3,
        proxied: true,
        ..Options::default()
    };
    let Some(brokers) = sanbai_rig::brokers_as_asked_or_say_why(&options) else {
        return;
    };
    let proxy = Proxy::start(&brokers.proxied()).expect("it listens");
    let through = brokers.bootstrap_of(Listener::Proxied).expect("it was asked for");
    let mut seed = setting("SANBAI_KAFKA_SEED", 7);
    println!("SANBAI_KAFKA_SEED={seed}");
    let story = Story::new(4_000, seed).first_hours(30);
    let place = Place::new(&brokers, "network", PARTITIONS, &story);
    let mut fleet = Fleet::new(&place, 2, story.start, SPEED)
        .with("KAFKA__BROKERS", &through)
        .start();
    fleet.wait_until_registered(PARTITIONS.0);
    // Whoever brings events has a network of its own.
    let due = feed::messages(&story.told, PARTITIONS.0, Form::Single, &mut seed);
    let feed = Feed::begin(place.log(fleet.clock()), due, fleet.world);

    for (fault, seconds) in [
        (Fault::Delay(Duration::from_millis(150)), 6),
        // Answers are lost with their connections: what was appended is not known to be, and is sent again.
        (Fault::BlackHole(Direction::ToClient), 5),
        (Fault::Cut, 1),
        (Fault::BlackHole(Direction::ToBroker), 5),
        (Fault::Cut, 1),
        // Longer than a session; then all of it comes, late.
        (Fault::BlackHole(Direction::Both), 8),
        (Fault::Pass, 1),
        (Fault::Throttle(30_000), 6),
        (Fault::Pass, 1),
    ] {
        println!("{fault:?}");
        proxy.set_all(fault);
        park_timeout(Duration::from_secs(seconds));
    }
    proxy.set_all(Fault::Pass);
    for turn in 0..9 {
        proxy.cut_once(1 + turn % 3).expect("there are three");
        park_timeout(Duration::from_millis(300));
    }
    fleet.assert_all_run();

    let told = Told::in_the_end(&mut fleet, &place, feed);
    assert!(
        told.lost > 0,
        "no assignment was lost, so nobody was away for longer than a session"
    );
}
