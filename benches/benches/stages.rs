//! What each stage costs for one event, one parcel, one number.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sanbai_core::case::Evidence;
use sanbai_core::document::{DocumentKind, examine};
use sanbai_core::parcel::Parcels;
use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::time::{CivilDay, Timestamp};
use sanbai_core::verdict::Judge;
use sanbai_sim::world::{Plan, World, generate};
use sanbai_wire::{Decoded, Decoder, Encoding, TokenKeys};

/// Parcels of the world that is decoded and judged.
const PARCELS: u64 = 1_000;

fn events() -> Vec<(Vec<u8>, Vec<u8>)> {
    let world = World::new(&Plan {
        parcels: PARCELS,
        ..Plan::default()
    });
    let mut events = Vec::new();
    generate(
        &world,
        &mut |event| {
            let json = sanbai_wire::encode_json(&event).into_bytes();
            events.push((json, sanbai_wire::encode_protobuf(&event)));
        },
        &mut |_| {},
    );
    events
}

fn decode_and_judge(criterion: &mut Criterion) {
    let rules = Rules::builtin();
    let keys = TokenKeys::single("bench", [7; 32]).expect("a version of letters");
    let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
    let events = events();
    let count = u64::try_from(events.len()).expect("a few thousand");

    let mut group = criterion.benchmark_group("event");
    group.throughput(Throughput::Elements(count));
    group.bench_function("decode_json", |bench| {
        bench.iter(|| {
            events
                .iter()
                .filter(|(json, _)| decoder.decode(json, Encoding::Json).is_ok())
                .count()
        });
    });
    group.bench_function("decode_protobuf", |bench| {
        bench.iter(|| {
            events
                .iter()
                .filter(|(_, bytes)| decoder.decode(bytes, Encoding::Protobuf).is_ok())
                .count()
        });
    });
    let decoded: Vec<Decoded> = events
        .iter()
        .filter_map(|(json, _)| decoder.decode(json, Encoding::Json).ok())
        .collect();
    let apply_all = || {
        let mut parcels = Parcels::default();
        for event in decoded.iter().filter_map(Decoded::event) {
            parcels.apply(&event).expect("generated waybills are short");
        }
        parcels
    };
    group.bench_function("apply", |bench| {
        bench.iter_batched(|| (), |()| apply_all(), BatchSize::LargeInput)
    });
    group.finish();

    let parcels = apply_all();
    let registry = Registry::default();
    let judge = Judge::new(&rules, registry.view());
    let as_of = Timestamp::parse("2026-03-20T00:00:00+08:00").expect("a time");
    let mut group = criterion.benchmark_group("parcel");
    group.throughput(Throughput::Elements(u64::try_from(parcels.len()).expect("a thousand")));
    group.bench_function("unpack", |bench| {
        bench.iter(|| parcels.iter().map(|evidence| evidence.items().len()).sum::<usize>());
    });
    let evidence: Vec<Evidence<'_>> = parcels.iter().collect();
    group.bench_function("judge", |bench| {
        bench.iter(|| {
            evidence
                .iter()
                .filter(|evidence| judge.verdict(evidence, as_of).is_ok())
                .count()
        });
    });
    group.finish();
}

fn validate_numbers(criterion: &mut Criterion) {
    let numbers = [
        "440308199901101512",
        "371001198010082394",
        "321083197812162119",
        "440308199901101513",
    ];
    let today = CivilDay::from_ymd(2026, 3, 10).expect("a day");
    let mut group = criterion.benchmark_group("number");
    group.throughput(Throughput::Elements(4));
    group.bench_function("sanbai", |bench| {
        bench.iter(|| {
            numbers
                .iter()
                .filter(|number| examine(DocumentKind::Resident, std::hint::black_box(number), today).is_valid())
                .count()
        });
    });
    group.bench_function("china_identification_card", |bench| {
        bench.iter(|| {
            numbers
                .iter()
                .filter(|number| {
                    china_identification_card::ChineseIdCard::is_valid_id_number(std::hint::black_box(number))
                })
                .count()
        });
    });
    group.finish();
}

criterion_group!(benches, decode_and_judge, validate_numbers);
criterion_main!(benches);
