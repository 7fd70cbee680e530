//! One broker, one daemon, every form of event.

use std::collections::BTreeMap;
use std::path::Path;

use prost::Message as _;
use sanbai_core::shard::position::Position;
use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use sanbai_engine::local::{LocalLog, LocalSettings};
use sanbai_engine::log::{Message, Record, Topic};
use sanbai_engine::stage::Layout;
use sanbai_sim::simulation::Records as _;
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::proto::verdict::Verdict;

use crate::alone_with_brokers;
use crate::crowd::Crowd;
use crate::daemon::Daemon;
use crate::feed::{self, Feed, Form};
use crate::fleet::Fleet;
use crate::recorded::{self, Output, Recorded};
use crate::rig::{Place, append};
use crate::story::{Story, setting};

/// Partitions of events and of sections.
const PARTITIONS: (u32, u32) = (4, 2);
/// What is sent within so many hours of the world.
const HOURS: u64 = 20;
/// They take twelve seconds.
const SPEED: u32 = 6_000;

#[test]
fn what_is_pushed_is_judged_as_on_the_local_log() {
    let Some((_alone, brokers)) = alone_with_brokers(1) else {
        return;
    };
    let events = setting("SANBAI_KAFKA_EVENTS", 8_000).min(20_000) as usize;
    let mut seed = setting("SANBAI_KAFKA_SEED", 7);
    println!("SANBAI_KAFKA_EVENTS={events} SANBAI_KAFKA_SEED={seed}");
    let story = Story::new(events, seed).first_hours(HOURS);
    let place = Place::new(&brokers, "smoke", PARTITIONS, &story);
    let mut fleet = Fleet::new(&place, 1, story.start, SPEED).start();

    // Each parcel comes one way: over HTTP, or by one of our own principals in one of three forms.
    let mut ways: [Vec<ParcelEvent>; 4] = Default::default();
    for event in story.told {
        let way = event.waybill.bytes().map(usize::from).sum::<usize>() % ways.len();
        ways[way].push(event);
    }
    let [http, single, json, batch] = ways;
    let mut due = Vec::new();
    for (events, form) in [(single, Form::Single), (json, Form::Json), (batch, Form::Batch)] {
        due.extend(feed::messages(&events, PARTITIONS.0, form, &mut seed));
    }
    let start = story.start.cast_signed();
    due.extend(feed::rubbish(
        20,
        PARTITIONS.0,
        (start, start + HOURS.cast_signed() * 3_600),
        &mut seed,
    ));
    let crowd = Crowd::send(&fleet.daemons[0], http);
    let feed = Feed::begin(place.log(fleet.clock()), due, fleet.world);
    let (got, refused) = (crowd.finish(), feed.finish());
    assert_eq!(refused, 0, "nothing was in the way");

    fleet.let_all_fall_due(&place);
    let recorded = place.read();
    let lost: Vec<_> = got.accepted.difference(&recorded.event_ids()).cloned().collect();
    assert!(lost.is_empty(), "accepted, and not on the log: {lost:?}");
    let seen = as_the_oracle_reads(&recorded)
        .as_the_oracle_says()
        .expect("all is as the oracle says");
    recorded.as_a_replay_says();
    println!("{} accepted over HTTP; {seen:?}", got.accepted.len());
    let happened = [
        seen.revisions,
        seen.duplicates,
        seen.alerts_raised,
        seen.urgent_raised,
        seen.hits,
        seen.rejected,
    ];
    assert!(!happened.contains(&0), "not everything happened: {seen:?}");
    as_on_the_local_log(&recorded, fleet.daemons[0].now());
    a_wrong_partition_is_refused(&place, &mut fleet);
}

/// The oracle reads protobuf alone.
pub(crate) fn as_the_oracle_reads(recorded: &Recorded) -> Recorded {
    let plain = |record: &Record| {
        let is_json = record.value.as_ref().is_some_and(|value| value.first() == Some(&b'{'));
        let event = is_json.then(|| feed::from_json(record.value.as_deref().unwrap_or_default()));
        Record {
            value: event.map_or_else(|| record.value.clone(), Some),
            ..record.clone()
        }
    };
    let mut records = BTreeMap::new();
    for topic in Topic::ALL {
        for partition in 0..recorded.layout.partitions(topic) {
            let all = recorded.records(topic, partition).iter();
            records.insert((topic, partition), all.map(plain).collect());
        }
    }
    Recorded::of(recorded.layout, records)
}

/// The same records on a log in a directory, with a daemon there, have the same bytes follow.
fn as_on_the_local_log(recorded: &Recorded, now: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut ends = BTreeMap::new();
    let mut messages = Vec::new();
    for topic in [Topic::Registry, Topic::ParcelEvents] {
        for partition in 0..recorded.layout.partitions(topic) {
            let records = recorded.records(topic, partition);
            ends.insert((topic, partition), records.len() as u64);
            messages.extend(records.iter().enumerate().map(|(number, record)| {
                assert_eq!(record.offset, number as u64, "offsets have no gap");
                Message {
                    topic,
                    partition,
                    key: record.key.clone(),
                    headers: record.headers.clone(),
                    value: record.value.clone().unwrap_or_default(),
                }
            }));
        }
    }
    begin_with(directory.path(), recorded.layout, messages, now);
    let mut daemon = Daemon::new(directory.path(), now, 1);
    daemon.begin();
    for _ in 0..20 {
        daemon.terminate();
        if !daemon.said_last().contains("not everything was applied in time") {
            break;
        }
        daemon.again();
    }
    let local = Recorded::read(directory.path());
    let before = |output: &Output| {
        let at = verdict_of(output).version;
        let position = Position::parse(&at).expect("a position");
        position.offset < ends[&(Topic::ParcelEvents, output.partition)]
    };
    let (ours, theirs) = (recorded.outputs(Topic::Verdicts), local.outputs(Topic::Verdicts));
    let theirs: std::collections::BTreeSet<Output> = theirs.into_iter().filter(|output| before(output)).collect();
    assert!(!ours.is_empty());
    assert!(
        ours == theirs,
        "{} verdicts, {} on the local log",
        ours.len(),
        theirs.len()
    );
    assert_eq!(
        recorded.outputs(Topic::Rejects).len(),
        local.outputs(Topic::Rejects).len()
    );
}

/// Makes a data directory of another layout, with messages on its log that were recorded at a moment.
fn begin_with(directory: &Path, layout: Layout, messages: Vec<Message>, now: u64) {
    let settings = LocalSettings {
        parcels: layout.parcels,
        scopes: layout.scopes,
        free_min: 0.01,
        ..LocalSettings::default()
    };
    let now = Timestamp::from_nanos(now.cast_signed() * 1_000_000_000);
    let log = LocalLog::open(directory, &settings, Clock::fast(now, 1)).expect("a new log");
    for some in messages.chunks(1_000) {
        recorded::append(&log, some.to_vec());
    }
    log.close().expect("durable");
}

/// A verdict.
pub(crate) fn verdict_of(output: &Output) -> Verdict {
    Verdict::decode(output.value.as_deref().unwrap_or_default()).expect("a verdict")
}

/// An event where its key does not belong is refused by name.
fn a_wrong_partition_is_refused(place: &Place, fleet: &mut Fleet) {
    let told = Story::new(60, 1).told;
    let mut due = feed::messages(&told, PARTITIONS.0, Form::Single, &mut 1);
    let mut message = due.pop().expect("events").message;
    message.partition = (message.partition + 1) % PARTITIONS.0;
    let log = place.log(fleet.clock());
    append(&log, vec![message]);
    fleet.again_all();
    fleet.stop_at_rest(&log);
    log.close(std::time::Duration::from_secs(10));
    let rejects = place.read();
    let codes = rejects.all(Topic::Rejects).flat_map(|record| record.headers.iter());
    let wrong = codes.filter(|(_, value)| value == b"wrong_partition").count();
    assert!(wrong > 0, "it was refused by name");
}
