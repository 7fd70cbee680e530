//! `check` and `replay` say the same of every parcel that is open and published, and count the same.

use std::collections::BTreeMap;

use sanbai_core::parcel::Parcels;
use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::shard::compliance::Counts;
use sanbai_core::shard::input::Behaviour;
use sanbai_core::tally::Tally;
use sanbai_core::time::{Span, Timestamp};
use sanbai_core::verdict::{Judge, Verdict};
use sanbai_engine::log::{Message, Topic};
use sanbai_engine::parcel::ParcelSettings;
use sanbai_engine::replay::Replay;
use sanbai_engine::stage::Outbox;
use sanbai_sim::world::{Plan, World, generate};
use sanbai_wire::compliance::{self, OwnedWindow};
use sanbai_wire::verdict::{decode, message_to_json, to_json};
use sanbai_wire::{Decoded, Decoder, Encoding, RawValues, TokenKeys, encode_protobuf, registers};
use serde_json::Value;

type Parcel = (String, String);

/// What the shards sent, the last of everything.
#[derive(Default)]
struct Sent {
    verdicts: BTreeMap<Parcel, Value>,
    rows: BTreeMap<(String, String, OwnedWindow), Counts>,
    retired: u64,
}

impl Outbox for Sent {
    fn put(&mut self, message: Message) {
        match message.topic {
            Topic::Verdicts => {
                let verdict = decode(&message.value).expect("a verdict");
                let json = serde_json::from_str(&message_to_json(&verdict)).expect("JSON");
                self.verdicts.insert((verdict.brand, verdict.waybill), json);
            }
            Topic::Compliance => {
                let row = compliance::decode(&message.value).expect("a row");
                self.rows.insert((row.brand, row.site, row.window), row.counts);
            }
            _ => {}
        }
    }

    fn retired(&mut self, _: &Verdict<'_>) {
        self.retired += 1;
    }
}

struct Files {
    keys: TokenKeys,
    events: Vec<Decoded>,
    registry: Registry,
}

fn files(plan: &Plan, with_registers: bool) -> Files {
    let (rules, world) = (Rules::builtin(), World::new(plan));
    let keys = TokenKeys::single("test", [7; 32]).expect("a version of letters");
    let decoder = Decoder::new(keys.clone(), |brand| rules.brands().resolve(brand));
    let (mut events, mut registry) = (Vec::new(), Registry::default());
    generate(
        &world,
        &mut |event| {
            events.push(
                decoder
                    .decode(&encode_protobuf(&event), Encoding::Protobuf)
                    .expect("is right"),
            )
        },
        &mut |_| {},
    );
    if with_registers {
        for (offset, record) in (0_u64..).zip(&world.registers()) {
            let record = registers::to_core(record, offset).expect("is right");
            record.into_iter().for_each(|record| registry.insert(record));
        }
    }
    Files { keys, events, registry }
}

/// The body: what a verdict says, whenever and wherever it says it, and without what pending duties have time for, which
/// is no news.
fn body(mut json: Value) -> Value {
    let object = json.as_object_mut().expect("an object");
    for name in ["kind", "version", "at", "revision"] {
        object.remove(name);
    }
    for duty in ["realName", "inspection", "xray"] {
        let duty = json["duties"][duty].as_object_mut().expect("an object");
        if duty["status"] == "pending" {
            duty.remove("deadline");
        }
    }
    json
}

fn agree(files: &Files, partitions: u32, profile: &str, before_end: Span) {
    let end = files.events.iter().map(Decoded::intake_at).max().expect("events");
    let as_of = end.minus(before_end);
    let received = || files.events.iter().filter(|event| event.intake_at() <= as_of);

    let settings = ParcelSettings {
        keys: files.keys.clone(),
        raw_values: RawValues::Forbid,
        profile: Some(profile.to_owned()),
        behaviour: Behaviour::CURRENT,
    };
    let (mut replay, mut sent) = (
        Replay::new(&settings, files.registry.clone(), partitions),
        Sent::default(),
    );
    let mut parcels = Parcels::default();
    for event in received() {
        replay.advance(event.intake_at(), &mut sent);
        replay.event(event, &mut sent);
        if let Some(event) = event.event() {
            parcels.apply(&event).expect("is short");
        }
    }
    replay.finish(as_of, &mut sent);
    assert_eq!(sent.retired, 0, "no world lasts a week");

    let judge = Judge {
        profile: Some(profile),
        ..Judge::of(files.registry.view())
    };
    let rules = files.registry.rules();
    let (mut checked, mut outlets) = (BTreeMap::new(), BTreeMap::<_, Tally>::new());
    let mut published = 0;
    for evidence in parcels.iter() {
        let verdict = judge.verdict(&evidence, as_of).expect("a profile").expect("has events");
        let key = (verdict.brand.to_owned(), verdict.waybill.to_owned());
        let json = to_json(&verdict, rules, Some(profile), 1).expect("can be written");
        let said: Value = serde_json::from_str(&json).expect("JSON");
        match sent.verdicts.get(&key) {
            Some(sent) => {
                published += 1;
                assert_eq!(body(sent.clone()), body(said), "{key:?} as of {as_of}, {profile}");
            }
            None => assert!(!verdict.is_publishable(), "{key:?} was not published as of {as_of}"),
        }
        let outlet = (verdict.brand.to_owned(), verdict.site.to_owned());
        let indicators = &rules.newest().indicator;
        outlets.entry(outlet).or_default().add(&verdict, indicators);
        checked.insert(key, json);
    }
    assert!(
        published * 2 > checked.len(),
        "{published} of {} published",
        checked.len()
    );
    let mut shown = BTreeMap::new();
    replay.each_verdict(|verdict| {
        let json = to_json(verdict, rules, Some(profile), 1).expect("can be written");
        shown.insert((verdict.brand.to_owned(), verdict.waybill.to_owned()), json);
    });
    assert!(shown == checked, "open parcels by the clock, as of {as_of}, {profile}");
    count_the_same(&outlets, &sent, as_of);
}

/// The tallies of `check` by outlet, and the sums of the rows.
fn count_the_same(outlets: &BTreeMap<Parcel, Tally>, sent: &Sent, as_of: Timestamp) {
    let (mut days, mut hours) = (BTreeMap::<Parcel, Counts>::new(), BTreeMap::<Parcel, Counts>::new());
    for ((brand, site, window), counts) in &sent.rows {
        let sums = match window {
            OwnedWindow::Day { .. } => &mut days,
            OwnedWindow::Hour { .. } => &mut hours,
        };
        sums.entry((brand.clone(), site.clone())).or_default().merge(counts);
    }
    assert_eq!(days, hours, "hours sum to days");
    for (outlet, tally) in outlets {
        let counts = days.get(outlet).cloned().unwrap_or_default();
        assert_eq!(
            (counts.parcels, counts.letters),
            (tally.parcels, tally.letters),
            "{outlet:?} as of {as_of}"
        );
        for duty in sanbai_core::rules::Duty::ALL {
            let (row, of) = (counts.duty(duty), tally.duty(duty));
            assert_eq!(
                (row.pass, row.fail, row.pending, row.unknown, &row.not_applicable),
                (of.pass, of.fail, of.pending, of.unknown, &of.not_applicable),
                "{outlet:?} {duty:?} as of {as_of}"
            );
            assert_eq!(counts.rate(duty), tally.rate(duty));
        }
        let mut findings = BTreeMap::new();
        for ((code, _), count) in &counts.findings {
            *findings.entry(*code).or_default() += count;
        }
        assert_eq!(findings, tally.findings, "{outlet:?} as of {as_of}");
    }
}

fn plan(seed: u64) -> Plan {
    Plan {
        parcels: 1_000,
        seed,
        violation_rate_per_10k: 3_000,
        subjects: seed.is_multiple_of(2),
        ..Plan::default()
    }
}

#[test]
fn check_and_replay_agree_with_registers() {
    for (seed, partitions) in [(1, 1), (2, 3), (3, 1)] {
        let files = files(&plan(seed), true);
        for (profile, hours) in [("strict100", 0), ("statutory", 0), ("strict100", 76), ("statutory", 90)] {
            agree(&files, partitions, profile, Span::hours(hours));
        }
    }
}

#[test]
fn check_and_replay_agree_without_registers() {
    for (seed, partitions) in [(4, 1), (5, 2)] {
        let files = files(&plan(seed), false);
        for (profile, hours) in [("strict100", 0), ("statutory", 80)] {
            agree(&files, partitions, profile, Span::hours(hours));
        }
    }
}
