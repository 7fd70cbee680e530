//! Brokers are away: some, most, all; and the group is in turmoil.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use sanbai_rig::Brokers;
use sanbai_wire::encode_json;

use crate::alone_with_brokers;
use crate::feed::{self, Feed, Form};
use crate::fleet::Fleet;
use crate::parks::get;
use crate::rig::Place;
use crate::story::{Story, setting};
use crate::told::Told;

/// Partitions of events and of sections.
const PARTITIONS: (u32, u32) = (6, 2);
/// Thirty hours take seventy-two seconds.
const SPEED: u32 = 1_500;
/// All brokers are away for so long.
const AWAY: Duration = Duration::from_secs(20);

#[test]
fn brokers_go_and_come_back_and_nothing_is_lost() {
    let Some((_alone, mut brokers)) = alone_with_brokers(3) else {
        return;
    };
    let mut seed = setting("SANBAI_KAFKA_SEED", 7);
    println!("SANBAI_KAFKA_SEED={seed}");
    let story = Story::new(6_000, seed).first_hours(30);
    let place = Place::new(&brokers, "outages", PARTITIONS, &story);
    let mut fleet = Fleet::new(&place, 2, story.start, SPEED).start();
    fleet.wait_until_registered(PARTITIONS.0);
    let body = encode_json(story.told.first().expect("events"));
    let due = feed::messages(&story.told, PARTITIONS.0, Form::Single, &mut seed);
    let feed = Feed::begin(place.log(fleet.clock()), due, fleet.world);

    most_are_away(&mut brokers, &fleet, &body);
    // With brokers away, told to end it ends in time.
    for id in [2, 1, 3] {
        brokers.kill(id).expect("it runs");
    }
    let begun = Instant::now();
    let (status, took) = fleet.daemons[1].ask_to_end(1);
    println!("told to end without brokers it ended after {took:?}: {status}");
    assert!(took < Duration::from_secs(25), "{took:?}");
    park_timeout(AWAY.saturating_sub(begun.elapsed()));
    let (ready, why) = get(fleet.daemons[0].metrics, "/readyz");
    assert_eq!(ready, 503, "{why}");
    brokers.start_all_again().expect("they start again");
    fleet.again_all();

    // Each broker in turn is killed while the group is being rebalanced: one of them coordinates it.
    for id in 1..=3 {
        fleet.daemons[1].kill();
        brokers.kill(id).expect("it runs");
        fleet.daemons[1].again();
        brokers.start_again(id).expect("it starts again");
        fleet.daemons[1].wait_until_up();
    }
    storm(&mut fleet);

    Told::in_the_end(&mut fleet, &place, feed);
}

/// Of three brokers two are away: nothing can be acknowledged, and whoever sends is told to come back.
fn most_are_away(brokers: &mut Brokers, fleet: &Fleet, body: &str) {
    brokers.kill(1).expect("it runs");
    brokers.kill(2).expect("it runs");
    let (status, answer) = post(fleet, body);
    assert_eq!(status, 503, "{answer}");
    brokers.start_all_again().expect("they start again");
    let until = Instant::now() + Duration::from_secs(60);
    while post(fleet, body).0 != 200 {
        assert!(Instant::now() < until, "nothing is taken again");
    }
}

/// A member comes and goes, again and again; the other gets on all the same.
fn storm(fleet: &mut Fleet) {
    for _ in 0..5 {
        fleet.daemons[1].kill();
        park_timeout(Duration::from_millis(500));
        fleet.daemons[1].again();
        fleet.daemons[1].wait_until_up();
        park_timeout(Duration::from_secs(1));
    }
    fleet.assert_all_run();
}

/// Sends an event: the status, and the answer.
fn post(fleet: &Fleet, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(fleet.daemons[0].http).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(90))).expect("a time");
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
        body.len() + 1
    );
    stream.write_all((head + body + "\n").as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), answer)
}
