//! What shards cost: time for one event, memory for one parcel, snapshots, a tick on which everything is due.
//!
//! A command, not a sampler: each figure is of one long run, printed beside the limit that it is held against.
//! `cargo bench --package sanbai-benches --bench shards -- [PARCELS …] [shard|scope|retirement|backlog …]`; under
//! `cargo test` a small run that only must work.

#![expect(clippy::print_stdout, reason = "a command that prints figures")]

use std::hint::black_box;
use std::time::Duration;

use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::shard::input::{Input, Tick};
use sanbai_core::shard::output::{Output, Sink};
use sanbai_core::shard::parcel::ParcelShard;
use sanbai_core::shard::position::Position;
use sanbai_core::shard::row::Row;
use sanbai_core::shard::scope::{ScopeOutput, ScopeShard, ScopeSink, Territory};
use sanbai_core::shard::section::Entry;
use sanbai_core::time::{Span, Timestamp};
use sanbai_sim::world::{Plan, Told, World};
use sanbai_wire::sighting::{SectionWriter, decode_sections};
use sanbai_wire::{Decoder, Encoding, Seen, TokenKeys, encode_protobuf, likely_waybills};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What can be asked for by name; all of it where none is named.
const GROUPS: [&str; 4] = ["shard", "scope", "retirement", "backlog"];
/// Events that are made before they are handed to a shard, so that making them is not measured.
const CHUNK: usize = 20_000;
/// Records that a stage reads from its log at once.
const RECORDS: usize = 256;
/// Seconds between two ticks.
const TICK: i64 = 5;
/// Registers are known from the start.
const REGISTRY_OFFSET: u64 = 1_000_000;

/// Measures the time that this thread spends on a core, whatever else the machine does meanwhile.
struct Stopwatch(Duration);

impl Stopwatch {
    fn start() -> Self {
        Self(on_core())
    }

    fn elapsed(&self) -> Duration {
        on_core() - self.0
    }
}

fn on_core() -> Duration {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    let nanos = times.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("nanoseconds on a core come first"))
}

/// Counts outputs, which keeps none.
#[derive(Default)]
struct Count {
    outputs: u64,
    verdicts: u64,
    changes: u64,
}

impl Sink for Count {
    fn put(&mut self, _: Position, output: Output<'_>) {
        self.outputs += 1;
        self.verdicts += u64::from(matches!(output, Output::Verdict(_)));
        self.changes += u64::from(matches!(output, Output::Change(_)));
        black_box(&output);
    }
}

/// A shard that is fed.
struct Feed {
    shard: ParcelShard,
    registry: Registry,
    out: Count,
    offset: u64,
    clock: Option<Timestamp>,
}

impl Feed {
    fn new(world: &World) -> Self {
        let mut registry = Registry::default();
        for (offset, record) in (0_u64..).zip(&world.registers()) {
            let record = sanbai_wire::registers::to_core(record, offset).expect("a generated record is right");
            record.into_iter().for_each(|record| registry.insert(record));
        }
        Self {
            shard: ParcelShard::default(),
            registry,
            out: Count::default(),
            offset: 0,
            clock: None,
        }
    }

    fn put(&mut self, input: Input<'_>) {
        let at = Position {
            generation: 1,
            offset: self.offset,
            index: 0,
        };
        self.offset += 1;
        self.shard.handle(at, input, self.registry.view(), &mut self.out);
    }

    /// Ticks until an instant, as often as a log would.
    fn tick_until(&mut self, at: Timestamp, every: Span) {
        let mut next = self.clock.map_or(at, |clock| clock.plus(every));
        while next <= at {
            self.tick(next);
            next = next.plus(every);
        }
    }

    fn tick(&mut self, time: Timestamp) {
        let tick = Tick {
            time,
            registry_offset: REGISTRY_OFFSET,
            reset: false,
            recorded_at: time,
        };
        self.put(Input::Tick(tick));
        self.clock = Some(time);
    }

    fn event(&mut self, seen: &Seen<'_>) {
        self.tick_until(seen.intake_at, Span::seconds(TICK));
        if let Some(event) = &seen.event {
            self.put(Input::Event(event));
        }
    }
}

/// What a run came to.
struct Run {
    feed: Feed,
    events: u64,
    /// Of reading bytes alone.
    decoding: Duration,
    /// Of reading them and handling what was read, one event after the other, as a stage does.
    whole: Duration,
}

fn run(parcels: u64) -> Run {
    let world = World::new(&Plan {
        parcels,
        ..Plan::default()
    });
    let rules = Rules::builtin();
    let keys = TokenKeys::single("bench", [7; 32]).expect("a version of letters");
    let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
    let (mut decoding, mut whole, mut events, mut spare) = (Duration::ZERO, Duration::ZERO, 0, Vec::new());
    let mut feed = Feed::new(&world);
    let mut chunk: Vec<Vec<u8>> = Vec::with_capacity(CHUNK);
    let mut stream = world.stream();
    loop {
        // On a log events carry tokens, not numbers: these bytes are what a gateway would have sent.
        chunk.clear();
        for told in stream.by_ref() {
            if let Told::Event(event) = told {
                let decoded = decoder
                    .decode(&encode_protobuf(&event), Encoding::Protobuf)
                    .expect("is right");
                chunk.push(decoded.as_bytes().to_vec());
                if chunk.len() == CHUNK {
                    break;
                }
            }
        }
        if chunk.is_empty() {
            break;
        }
        let mut see = |bytes: &[u8], each: &mut dyn FnMut(&Seen<'_>)| {
            let seen = decoder.see_each(bytes, Encoding::Protobuf, &mut spare, |seen| {
                each(&seen.expect("is right"))
            });
            seen.expect("is right");
        };
        let start = Stopwatch::start();
        chunk
            .iter()
            .for_each(|bytes| see(bytes, &mut |seen| _ = black_box(seen)));
        decoding += start.elapsed();
        let start = Stopwatch::start();
        for records in chunk.chunks(RECORDS) {
            feed.shard.warm(records.iter().flat_map(|bytes| likely_waybills(bytes)));
            records
                .iter()
                .for_each(|bytes| see(bytes, &mut |seen| feed.event(seen)));
        }
        whole += start.elapsed();
        events += chunk.len() as u64;
    }
    Run {
        feed,
        events,
        decoding,
        whole,
    }
}

/// Bytes that the allocator has handed out, rounded up as it rounds.
fn allocated() -> usize {
    tikv_jemalloc_ctl::epoch::advance().expect("jemalloc is the allocator");
    tikv_jemalloc_ctl::stats::allocated::read().expect("built with statistics")
}

fn nanos(whole: Duration, each: u64) -> f64 {
    whole.as_secs_f64() * 1e9 / each.max(1) as f64
}

fn shard(parcels: u64) {
    let run = run(parcels);
    let open = run.feed.shard.open() as u64;
    println!(
        "{parcels} parcels, {open} open, {} events, {} verdicts, {} changes",
        run.events, run.feed.out.verdicts, run.feed.out.changes
    );
    let (decode, whole) = (nanos(run.decoding, run.events), nanos(run.whole, run.events));
    println!(
        "  decoding alone: {decode:.0} ns an event; the rest: {:.0} ns",
        whole - decode
    );
    println!(
        "  from bytes: {whole:.0} ns an event, {:.0} events/s (limit 500000, at least)",
        1e9 / whole
    );
    snapshot(&run.feed, open);
    // What is given back when the shard goes is what it took.
    let (own, _) = run.feed.shard.bytes();
    let with = allocated();
    drop(run.feed.shard);
    let each = with.saturating_sub(allocated()) as u64 / open;
    println!(
        "  memory for each open parcel, all told: {each} bytes (limit 350); by its own count {}",
        own as u64 / open
    );
}

fn snapshot(feed: &Feed, open: u64) {
    let start = Stopwatch::start();
    let mut bytes = 0;
    let rows: Vec<Row> = feed
        .shard
        .rows()
        .inspect(|row| bytes += row.key.len() + row.body.len())
        .collect();
    let made = start.elapsed();
    println!(
        "  snapshot: {:.2} s and {} MB for a million parcels",
        nanos(made, open) / 1e3,
        bytes as u64 / open
    );
    let start = Stopwatch::start();
    let restored = ParcelShard::restore(rows).expect("rows of a shard");
    println!(
        "  restore: {:.2} s for a million parcels",
        nanos(start.elapsed(), open) / 1e3
    );
    assert_eq!(restored.open(), feed.shard.open());
    let ((before, _), (after, _)) = (feed.shard.bytes(), restored.bytes());
    println!(
        "  restored, each open parcel takes {} bytes by its own count, {} before",
        after as u64 / open,
        before as u64 / open
    );
}

/// Gathers contribution changes into sections, one for each tick.
struct Gather {
    writer: SectionWriter,
    entries: u64,
}

impl Sink for Gather {
    fn put(&mut self, at: Position, output: Output<'_>) {
        let entry = match output {
            Output::Change(change) => Entry::Change(change),
            Output::Sighting(sighting) => Entry::Sighting(sighting),
            _ => return,
        };
        self.entries += 1;
        self.writer.push(at, &entry);
    }
}

/// Counts the rows and alerts of a scope shard.
#[derive(Default)]
struct Counted(u64);

impl ScopeSink for Counted {
    fn put(&mut self, _: Position, output: ScopeOutput<'_>) {
        self.0 += 1;
        black_box(&output);
    }
}

/// A scope shard on everything that a day of parcels contributes, in sections of one tick each.
fn scope(parcels: u64) {
    let world = World::new(&Plan {
        parcels,
        ..Plan::default()
    });
    let rules = Rules::builtin();
    let keys = TokenKeys::single("bench", [7; 32]).expect("a version of letters");
    let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
    let registry = Feed::new(&world).registry;
    let (mut shard, mut clock, mut offset) = (ParcelShard::default(), None::<Timestamp>, 0);
    let mut gather = Gather {
        writer: SectionWriter::new(0, Position::START),
        entries: 0,
    };
    let mut records = Vec::new();
    for told in world.stream() {
        let Told::Event(event) = told else { continue };
        let decoded = decoder
            .decode(&encode_protobuf(&event), Encoding::Protobuf)
            .expect("is right");
        while clock.is_none_or(|clock| clock.plus(Span::seconds(TICK)) <= decoded.intake_at()) {
            let time = clock.map_or(decoded.intake_at(), |clock| clock.plus(Span::seconds(TICK)));
            clock = Some(time);
            let tick = Tick {
                time,
                registry_offset: REGISTRY_OFFSET,
                reset: false,
                recorded_at: time,
            };
            let at = |index| Position {
                generation: 1,
                offset,
                index,
            };
            shard.handle(at(0), Input::Tick(tick), registry.view(), &mut gather);
            records.push(gather.writer.finish(at(99_999_999), clock, REGISTRY_OFFSET));
            offset += 1;
        }
        let at = Position {
            generation: 1,
            offset,
            index: 0,
        };
        shard.handle(
            at,
            Input::Event(&decoded.event().expect("of a parcel")),
            registry.view(),
            &mut gather,
        );
        offset += 1;
    }
    let (mut scope, mut out) = (ScopeShard::new(1, Territory::ALL), Counted::default());
    let start = Stopwatch::start();
    for (offset, record) in (0..).zip(&records) {
        for section in decode_sections(record).expect("its own bytes") {
            let at = Position {
                generation: 1,
                offset,
                index: 0,
            };
            scope.handle(at, &section, registry.view(), &mut out);
        }
    }
    println!(
        "scope shard: {:.0} ns for each of {} contributions and sightings in {} sections, from bytes to {} rows and alerts",
        nanos(start.elapsed(), gather.entries),
        gather.entries,
        records.len(),
        out.0
    );
}

/// All parcels retire; then what is left of each is weighed.
fn retirement(parcels: u64) {
    let mut run = run(parcels);
    let end = run.feed.clock.expect("ticked").plus(Span::days(9));
    let start = Stopwatch::start();
    run.feed.tick_until(end, Span::minutes(10));
    let (took, retired) = (start.elapsed(), run.feed.shard.retired() as u64);
    assert_eq!(run.feed.shard.open(), 0, "all have retired");
    // Some of what the open ones took is kept for the next: only rows tell what the retired take.
    let rows: Vec<Row> = run.feed.shard.rows().collect();
    drop(run.feed.shard);
    let restored = ParcelShard::restore(rows).expect("rows of a shard");
    assert_eq!(restored.retired() as u64, retired);
    let with = allocated();
    drop(restored);
    let each = with.saturating_sub(allocated()) as f64 / retired as f64;
    println!(
        "{retired} retired: {each:.1} bytes each, all told (limit 16), {:.0} ns to retire one",
        nanos(took, retired)
    );
}

/// Hours without ticks, then one tick that catches up: everything that fell due comes at once.
fn backlog(parcels: u64) {
    let mut each = Vec::new();
    for many in [parcels / 4, parcels] {
        // Nearly each is accepted; of a story only that is told.
        let world = World::new(&Plan {
            parcels: many,
            ..Plan::default()
        });
        let rules = Rules::builtin();
        let keys = TokenKeys::single("bench", [7; 32]).expect("a version of letters");
        let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
        let mut feed = Feed::new(&world);
        for told in world.stream() {
            let Told::Event(mut event) = told else { continue };
            // Accepted and nothing else, all in one minute: every duty will fall due at once.
            if !matches!(
                event.happening,
                Some(sanbai_wire::proto::event::parcel_event::Happening::Accepted(_))
            ) {
                continue;
            }
            let at = feed.clock.map_or(event.occurred_at, |clock| {
                let (seconds, nanos) = clock.to_parts();
                Some(sanbai_wire::proto::Timestamp { seconds, nanos })
            });
            (event.occurred_at, event.uploaded_at, event.intake_at) = (at, at, at);
            let decoded = decoder
                .decode(&encode_protobuf(&event), Encoding::Protobuf)
                .expect("is right");
            if feed.clock.is_none() {
                feed.tick(decoded.intake_at());
            }
            feed.put(Input::Event(&decoded.event().expect("of a parcel")));
        }
        let clock = feed.clock.expect("ticked");
        // The clock moves by ten minutes a tick: up to the last before the first moment, and over it.
        let mut due = (0, Duration::ZERO);
        let mut next = clock;
        while next < clock.plus(Span::hours(27)) {
            next = next.plus(Span::minutes(10));
            let before = feed.out.verdicts;
            let start = Stopwatch::start();
            feed.tick(next);
            due = due.max((feed.out.verdicts - before, start.elapsed()));
        }
        let (due, took) = due;
        each.push(nanos(took, due));
        println!(
            "{due} verdicts fell due in one tick: {:.2} s, {:.0} ns each",
            took.as_secs_f64(),
            nanos(took, due)
        );
    }
    if let [small, large] = each.as_slice() {
        println!(
            "  four times as many take {:.2} times as long each (limit 2: linear)",
            large / small
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Only `cargo bench` says so; `cargo test` starts it, too.
    if !arguments.iter().any(|argument| argument == "--bench") {
        shard(500);
        scope(500);
        retirement(500);
        backlog(400);
        return;
    }
    let sizes: Vec<u64> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() {
        vec![200_000, 2_000_000]
    } else {
        sizes
    };
    let smallest = sizes.iter().copied().min().unwrap_or(200_000);
    let is_asked_for = |name: &str| {
        let mut groups = arguments.iter().filter(|argument| GROUPS.contains(&argument.as_str()));
        groups.clone().next().is_none() || groups.any(|group| group == name)
    };
    if is_asked_for("shard") {
        sizes.iter().for_each(|size| shard(*size));
    }
    if is_asked_for("scope") {
        scope(smallest);
    }
    if is_asked_for("retirement") {
        retirement(smallest);
    }
    if is_asked_for("backlog") {
        backlog(smallest);
    }
}
