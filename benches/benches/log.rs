//! What the local log costs, beside what the disk itself costs.
//!
//! A command, not a sampler: `cargo bench --package sanbai-benches --bench log -- [MIB] [DIRECTORY]`, by default 512 MiB in
//! the temporary directory; under `cargo test` a small run that only must work. On a machine that does other things too the
//! disk is the first to show it: each figure of the log stands beside that of the disk, measured right before it.

#![expect(clippy::print_stdout, reason = "a command that prints figures")]

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use sanbai_engine::clock::Clock;
use sanbai_engine::local::{LocalLog, LocalSettings};
use sanbai_engine::log::{Append as _, Busy, Message, NotDelivered, Topic};

/// Bytes of a batch of 500 events.
const BATCH: usize = 100_000;
/// Bytes that are flushed at once where only the disk is measured: as much as the log flushes at most.
const FLUSH: usize = 8 << 20;
const PARTITIONS: u32 = 4;

fn open(directory: &Path, recent_bytes: u64) -> LocalLog {
    let settings = LocalSettings {
        parcels: PARTITIONS,
        recent_bytes,
        free_min: 0.0,
        ..LocalSettings::default()
    };
    LocalLog::open(directory, &settings, Clock::SYSTEM).expect("a directory that can be written")
}

fn message(partition: u32, bytes: usize) -> Message {
    Message {
        topic: Topic::ParcelEvents,
        partition,
        key: None,
        headers: vec![("content-type".to_owned(), b"application/protobuf".to_vec())],
        value: (0..=250).cycle().take(bytes).collect(),
    }
}

/// Hands a message over as soon as there is room for it.
fn append(log: &LocalLog, message: &Message) -> Receiver<Result<(), NotDelivered>> {
    let signal = log.signal();
    loop {
        let seen = signal.now();
        let (tell, told) = sync_channel(1);
        let done = move |result| tell.send(result).expect("somebody waits for it");
        match log.append(vec![message.clone()], Box::new(done)) {
            Ok(()) => return told,
            Err(Busy::Closing) => unreachable!("nobody closes it"),
            Err(Busy::Full | Busy::NoRoom) => drop(signal.wait(seen, Duration::from_millis(100))),
        }
    }
}

fn throughput(directory: &Path, bytes: usize) {
    let count = (bytes / BATCH).max(1);
    let raw = {
        let file = File::create(directory.join("raw")).expect("can be written");
        let block = message(0, FLUSH.min(bytes)).value;
        let start = Instant::now();
        for number in 0..bytes / block.len() {
            file.write_all_at(&block, (number * block.len()) as u64)
                .expect("has room");
            file.sync_data().expect("is flushed");
        }
        (bytes / block.len() * block.len()) as f64 / start.elapsed().as_secs_f64()
    };
    std::fs::remove_file(directory.join("raw")).expect("was written");
    let log = open(directory, 0);
    let messages: Vec<Message> = (0..PARTITIONS).map(|partition| message(partition, BATCH)).collect();
    let start = Instant::now();
    let told: Vec<_> = (0..count)
        .map(|number| append(&log, &messages[number % messages.len()]))
        .collect();
    for told in told {
        told.recv().expect("is told").expect("is durable");
    }
    let own = (count * BATCH) as f64 / start.elapsed().as_secs_f64();
    println!(
        "append     {count} batches of {} KB: {:.0} MB/s; the disk alone, {} MiB at a flush: {:.0} MB/s; ratio {:.2}",
        BATCH / 1000,
        own / 1e6,
        FLUSH >> 20,
        raw / 1e6,
        own / raw
    );
    read(&log, "read, disk", count);
    log.close().expect("all is durable");
}

fn read(log: &LocalLog, what: &str, count: usize) {
    let start = Instant::now();
    let (mut records, mut bytes) = (0, 0);
    for partition in 0..PARTITIONS {
        let range = log.range(Topic::ParcelEvents, partition);
        let mut next = range.start;
        while next < range.end {
            let read = log
                .read(Topic::ParcelEvents, partition, next, 500)
                .expect("can be read");
            next += read.len() as u64;
            records += read.len();
            bytes += read
                .iter()
                .filter_map(|record| record.value.as_ref())
                .map(Vec::len)
                .sum::<usize>();
        }
    }
    assert_eq!(records, count, "all of them");
    let took = start.elapsed().as_secs_f64();
    println!(
        "{what} {records} records: {:.0} MB/s, {:.0} records/s",
        bytes as f64 / took / 1e6,
        records as f64 / took
    );
}

fn latency(directory: &Path, count: usize) {
    let raw = {
        let file = File::create(directory.join("raw")).expect("can be written");
        let block = message(0, 4096).value;
        let times = (0..count).map(|number| {
            let start = Instant::now();
            file.write_all_at(&block, (number * block.len()) as u64)
                .expect("has room");
            file.sync_data().expect("is flushed");
            start.elapsed()
        });
        percentiles(times.collect())
    };
    let log = open(directory, 1 << 20);
    let event = message(0, 200);
    let times = (0..count).map(|_| {
        let start = Instant::now();
        append(&log, &event).recv().expect("is told").expect("is durable");
        start.elapsed()
    });
    let (half, most) = percentiles(times.collect());
    println!(
        "latency    one event of 200 bytes, {count} times: p50 {half:.2} ms, p99 {most:.2} ms; the disk alone, 4 KiB: p50 {:.2} ms, p99 {:.2} ms",
        raw.0, raw.1
    );
    log.close().expect("all is durable");
}

fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    (at(50), at(99))
}

fn memory(directory: &Path, count: usize) {
    let log = open(directory, 1 << 30);
    let told: Vec<_> = (0..count)
        .map(|number| append(&log, &message(number as u32 % PARTITIONS, 200)))
        .collect();
    for told in told {
        told.recv().expect("is told").expect("is durable");
    }
    read(&log, "read, memory, 200 bytes each:", count);
    log.close().expect("all is durable");
    let log = open(directory, 0);
    read(&log, "read, disk, 200 bytes each:", count);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let small = !arguments.iter().any(|argument| argument == "--bench");
    let folder = arguments.iter().find(|argument| Path::new(argument).is_dir());
    let folder = || {
        let folder = folder.map_or_else(tempfile::tempdir, tempfile::tempdir_in);
        folder.expect("a directory that can be written")
    };
    let mib = arguments
        .iter()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(512);
    let (bytes, count) = if small { (1 << 20, 5) } else { (mib << 20, 500) };
    throughput(folder().path(), bytes);
    latency(folder().path(), count);
    memory(folder().path(), count * 200);
}
