//! The oracle judges every generated parcel a second time, in its own way, and must agree.

use std::collections::BTreeMap;

use sanbai_core::parcel::Parcels;
use sanbai_core::registry::Registry;
use sanbai_core::rules::{Duty, Rules};
use sanbai_core::time::{Span, Timestamp};
use sanbai_core::verdict::{Judge, Verdict};
use sanbai_sim::oracle::{Judged, Profile, Settings, judge_all_by};
use sanbai_sim::world::{Plan, World, generate};
use sanbai_wire::proto::event::{ParcelEvent, parcel_event::Happening};
use sanbai_wire::{Decoded, Decoder, Encoding, TokenKeys, encode_json, encode_protobuf, registers};

/// What both must say alike of one duty.
#[derive(Debug, PartialEq)]
struct Duties {
    status: String,
    ground: String,
    deadline: Option<String>,
    performed_late: bool,
    reported_late: bool,
}

/// What both must say alike of one parcel.
#[derive(Debug, PartialEq)]
struct Body {
    accepted_at: Option<String>,
    site: String,
    counted: bool,
    duties: Vec<Duties>,
    findings: BTreeMap<String, char>,
}

fn of_core(verdict: &Verdict<'_>) -> Body {
    let duty = |duty| {
        let duty = verdict.duty(duty);
        Duties {
            status: duty.status.as_str().to_owned(),
            ground: duty.status.ground().unwrap_or_default().to_owned(),
            deadline: duty.deadline.map(|at| at.to_string()),
            performed_late: duty.performed_late,
            reported_late: duty.reported_late,
        }
    };
    Body {
        accepted_at: verdict.accepted_at.map(|at| at.to_string()),
        site: verdict.site.to_owned(),
        counted: verdict.counted,
        duties: Duty::ALL.map(duty).into(),
        findings: verdict
            .findings
            .iter()
            .map(|finding| (finding.code.as_str().to_owned(), finding.severity.letter()))
            .collect(),
    }
}

fn of_oracle(judged: &Judged) -> Body {
    let text = |at: sanbai_wire::proto::Timestamp| {
        Timestamp::from_parts(at.seconds, at.nanos)
            .map(|at| at.to_string())
            .unwrap_or_default()
    };
    Body {
        accepted_at: judged.accepted_at.map(text),
        site: judged.site.clone(),
        counted: judged.counted,
        duties: judged
            .duties
            .iter()
            .map(|duty| Duties {
                status: duty.status.to_owned(),
                ground: duty.ground.clone(),
                deadline: duty.deadline.map(text),
                performed_late: duty.performed_late,
                reported_late: duty.reported_late,
            })
            .collect(),
        findings: judged.findings.clone(),
    }
}

fn decoder<'r>(rules: &'r Rules) -> Decoder<impl Fn(&str) -> Option<&'r str>> {
    let keys = TokenKeys::single("test", [7; 32]).expect("a version of letters");
    Decoder::new(keys, |brand: &str| rules.brands().resolve(brand))
}

/// The digest by which the smaller of two contents counts is the one of the product.
fn digest(event: &ParcelEvent) -> Vec<u8> {
    let rules = Rules::builtin();
    let decoded = decoder(&rules)
        .decode(&encode_protobuf(event), Encoding::Protobuf)
        .expect("was decoded before");
    decoded.digest().0.to_be_bytes().into()
}

/// Compares both on a world, as of the end of the stream and of some moments before it.
fn agree(plan: &Plan, with_registers: bool) {
    let rules = Rules::builtin();
    let decoder = decoder(&rules);
    let world = World::new(plan);
    let mut decoded: Vec<Decoded> = Vec::new();
    let mut take = |event: ParcelEvent| {
        let one = decoder
            .decode(encode_json(&event).as_bytes(), Encoding::Json)
            .expect("a generated event is right");
        decoded.push(one);
    };
    generate(&world, &mut take, &mut |_| {});
    let records = if with_registers { world.registers() } else { Vec::new() };
    let mut registry = Registry::default();
    for (offset, record) in (0_u64..).zip(&records) {
        let record = registers::to_core(record, offset).expect("a generated record is right");
        record.into_iter().for_each(|record| registry.insert(record));
    }
    let end = decoded.iter().map(Decoded::intake_at).max().expect("events");
    let settings = Settings {
        digest,
        ..Settings::default()
    };
    let messages: Vec<ParcelEvent> = decoded.iter().map(|one| one.message().clone()).collect();
    for hours_before in [0, 5, 31, 70] {
        let as_of = end.minus(Span::hours(hours_before));
        let mut parcels = Parcels::default();
        for one in decoded.iter().filter(|one| one.intake_at() <= as_of) {
            if let Some(event) = one.event() {
                parcels.apply(&event).expect("a generated waybill is short");
            }
        }
        for (name, profile) in [("strict100", Profile::Strict100), ("statutory", Profile::Statutory)] {
            let (seconds, nanos) = as_of.to_parts();
            let at = sanbai_wire::proto::Timestamp { seconds, nanos };
            let theirs = judge_all_by(&settings, &messages, &records, profile, at);
            let judge = Judge {
                rules: &rules,
                registry: registry.view(),
                profile: Some(name),
            };
            assert_eq!(parcels.len(), theirs.len(), "parcels as of {as_of}");
            for evidence in parcels.iter_sorted() {
                let verdict = judge
                    .verdict(&evidence, as_of)
                    .expect("the profile is known")
                    .expect("has events");
                let key = (verdict.brand.to_owned(), verdict.waybill.to_owned());
                let theirs = theirs.get(&key).expect("judged by the oracle too");
                let story: Vec<_> = evidence.items().iter().map(|item| &item.event).collect();
                assert_eq!(
                    of_core(&verdict),
                    of_oracle(theirs),
                    "core, oracle: {key:?} {name} as of {as_of}: {story:#?}"
                );
            }
        }
    }
}

#[test]
fn oracle_agrees_on_every_parcel_of_several_worlds() {
    for seed in 1..=4 {
        agree(
            &Plan {
                parcels: 1_500,
                seed,
                violation_rate_per_10k: 3_000,
                ..Plan::default()
            },
            true,
        );
    }
}

#[test]
fn oracle_agrees_where_there_are_no_registers() {
    agree(
        &Plan {
            parcels: 1_500,
            seed: 9,
            violation_rate_per_10k: 3_000,
            ..Plan::default()
        },
        false,
    );
}

/// What a world says of itself, and what is found in it.
#[derive(Default)]
struct Found {
    /// Codes that were planted in each parcel that has some.
    planted: BTreeMap<String, Vec<String>>,
    /// Codes of the findings of each parcel that has some.
    found: BTreeMap<String, Vec<String>>,
    /// What the brands declare, by outlet and day.
    declared: BTreeMap<(String, String), u64>,
    /// What counts, by outlet and day of the acceptance.
    counted: BTreeMap<(String, String), u64>,
}

fn found(plan: &Plan) -> Found {
    let rules = Rules::builtin();
    let decoder = decoder(&rules);
    let world = World::new(plan);
    let (mut parcels, mut end) = (Parcels::default(), Timestamp::MIN);
    let mut answer = Found::default();
    generate(
        &world,
        &mut |event| {
            if let Some(Happening::DeclaredVolume(volume)) = &event.happening {
                let outlet = (event.subject.clone(), volume.day.clone());
                answer.declared.insert(outlet, volume.accepted.into());
            }
            let bytes = encode_protobuf(&event);
            let decoded = decoder
                .decode(&bytes, Encoding::Protobuf)
                .expect("a generated event is right");
            end = end.max(decoded.intake_at());
            if let Some(event) = decoded.event() {
                parcels.apply(&event).expect("a generated waybill is short");
            }
        },
        &mut |truth| {
            let codes: Vec<String> = truth.codes.iter().map(|code| (*code).to_owned()).collect();
            if !codes.is_empty() {
                answer
                    .planted
                    .insert(format!("{}:{}", truth.brand, truth.waybill), codes);
            }
        },
    );
    let mut registry = Registry::default();
    for (offset, record) in (0_u64..).zip(&world.registers()) {
        let record = registers::to_core(record, offset).expect("a generated record is right");
        record.into_iter().for_each(|record| registry.insert(record));
    }
    let judge = Judge::new(&rules, registry.view());
    for evidence in parcels.iter() {
        let verdict = judge
            .verdict(&evidence, end)
            .expect("the profile is known")
            .expect("has events");
        let codes: Vec<String> = verdict
            .findings
            .iter()
            .map(|finding| finding.code.as_str().to_owned())
            .collect();
        if !codes.is_empty() {
            answer
                .found
                .insert(format!("{}:{}", verdict.brand, verdict.waybill), codes);
        }
        if let Some(at) = verdict.accepted_at.filter(|_| verdict.counted) {
            let outlet = (verdict.site.to_owned(), at.civil_day().to_string());
            *answer.counted.entry(outlet).or_default() += 1;
        }
    }
    answer
}

#[test]
fn every_planted_violation_is_found_with_its_codes_and_none_is_invented() {
    for seed in [1, 20, 300] {
        let Found { planted, found, .. } = found(&Plan {
            parcels: 6_000,
            seed,
            violation_rate_per_10k: 1_000,
            ..Plan::default()
        });
        assert!(planted.len() > 500, "{} planted", planted.len());
        assert_eq!(planted, found, "seed {seed}");
    }
}

#[test]
fn benign_disorder_has_no_finding() {
    for seed in [4, 5] {
        let Found { planted, found, .. } = found(&Plan {
            parcels: 1_000,
            seed,
            violation_rate_per_10k: 0,
            ..Plan::default()
        });
        assert_eq!((planted.len(), found), (0, BTreeMap::new()), "seed {seed}");
    }
}

/// A week with machines, shifts and the brands' own counts.
fn week(seed: u64, violation_rate_per_10k: u32) -> Plan {
    Plan {
        parcels: 7_000,
        days: 7,
        seed,
        violation_rate_per_10k,
        subjects: true,
        ..Plan::default()
    }
}

#[test]
fn a_week_without_violations_has_no_finding_and_declares_what_counts() {
    let mut week = found(&week(6, 0));
    assert_eq!((week.planted.len(), week.found), (0, BTreeMap::new()));
    assert!(week.counted.values().sum::<u64>() > 4_000);
    week.declared.retain(|_, accepted| *accepted > 0);
    assert_eq!(week.declared, week.counted);
}

#[test]
fn every_violation_of_a_week_is_found_with_its_codes() {
    let week = found(&week(7, 1_000));
    assert!(week.planted.len() > 600, "{} planted", week.planted.len());
    assert_eq!(week.planted, week.found);
}

#[test]
fn a_parcel_takes_few_bytes() {
    let (mut parcels, rules) = (Parcels::default(), Rules::builtin());
    let decoder = decoder(&rules);
    let mut events = 0_usize;
    generate(
        &World::new(&Plan {
            parcels: 50_000,
            ..Plan::default()
        }),
        &mut |event| {
            let decoded = decoder
                .decode(&encode_protobuf(&event), Encoding::Protobuf)
                .expect("is right");
            let event = decoded.event().expect("is of a parcel");
            parcels.apply(&event).expect("a generated waybill is short");
            events += 1;
        },
        &mut |_| {},
    );
    let each = parcels.bytes() / parcels.len();
    assert!(
        each <= 340,
        "{each} bytes for a parcel of {} events",
        events / parcels.len()
    );
}
