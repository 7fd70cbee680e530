//! What it costs to sum up a scope shard for whoever watches.
//!
//! A command, not a sampler: `cargo bench --package sanbai-benches --bench summary -- [OUTLETS …]`; under `cargo test` a
//! small run that only must work.

#![expect(clippy::print_stdout, reason = "a command that prints figures")]

use std::time::{Duration, Instant};

use sanbai_core::event::Place;
use sanbai_core::registry::{Record, Registry, Site, Value};
use sanbai_core::shard::contribution::{Contribution, Outcome, Share};
use sanbai_core::shard::position::Position;
use sanbai_core::shard::scope::{ScopeOutput, ScopeShard, ScopeSink, Territory};
use sanbai_core::shard::section::{Change, Entry, Section};
use sanbai_core::time::{CivilDay, Timestamp};
use sanbai_engine::node::{Summary, SummarySettings};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Registers are known from the start.
const REGISTRY_OFFSET: u64 = 100_000_000;

struct Nothing;

impl ScopeSink for Nothing {
    fn put(&mut self, _: Position, _: ScopeOutput<'_>) {}
}

/// Outlets with their places.
fn registry(sites: &[String]) -> Registry {
    let mut registry = Registry::default();
    for (offset, site) in (0_u64..).zip(sites) {
        registry.insert(Record {
            offset,
            brand: "SF".to_owned(),
            key: site.clone(),
            valid_from: None,
            valid_to: None,
            value: Value::Site(Site {
                place: Place::parse(&format!("{}", 440_100 + offset % 40)),
                ..Site::default()
            }),
        });
    }
    registry
}

/// One parcel of each outlet on a day.
fn section<'a>(sites: &'a [String], day: CivilDay, number: u64) -> Section<'a> {
    let at = |offset| Position {
        generation: 1,
        offset,
        index: 0,
    };
    let share = |outcome| Share {
        outcome,
        ..Share::NOTHING
    };
    let entry = |site: &'a String| {
        Entry::Change(Change {
            old: None,
            new: Some(Contribution {
                brand: "SF",
                site,
                operator: "C-1",
                day,
                hour: 10,
                counted: true,
                letter: false,
                duties: [Outcome::Pass, Outcome::Fail, Outcome::Pending].map(share),
                findings: Vec::new(),
            }),
        })
    };
    Section {
        source: 0,
        from: if number == 0 { Position::START } else { at(number) },
        to: at(number + 1),
        clock: Timestamp::parse("2026-03-10T12:00:00+08:00"),
        registry_offset: REGISTRY_OFFSET,
        entries: sites.iter().map(|site| (at(number + 1), entry(site))).collect(),
    }
}

fn measure(outlets: usize) {
    let sites: Vec<String> = (0..outlets).map(|number| format!("GZ-{number:07}")).collect();
    let registry = registry(&sites);
    let mut shard = ScopeShard::new(1, Territory::ALL);
    let today = CivilDay::parse("2026-03-10").unwrap_or(CivilDay::from_days(0));
    for (number, back) in (0_u64..).zip([0, -1]) {
        let section = section(&sites, today.plus_days(back), number);
        shard.handle(section.to, &section, registry.view(), &mut Nothing);
    }
    let started = Instant::now();
    let rows = shard.standing_rows(registry.view()).count();
    let walk = started.elapsed();
    let settings = SummarySettings::default();
    let summaries = (0..5).filter_map(|_| Summary::of(&shard, registry.view(), settings));
    let best = summaries.min_by_key(|summary| summary.took);
    let (took, piece) = best.map_or((Duration::ZERO, Duration::ZERO), |summary| {
        assert_eq!(summary.days[1].outlets.all, outlets as u64);
        (summary.took, summary.longest_piece)
    });
    println!(
        "{outlets} outlets on 2 days: a walk over {rows} rows {walk:?}; summed up in {took:?}, longest piece {piece:?}"
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Only `cargo bench` says so; `cargo test` starts it, too.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return measure(500);
    }
    let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10_000, 500_000] } else { sizes };
    sizes.into_iter().for_each(measure);
}
