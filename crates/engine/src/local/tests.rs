//! A local log: what it promises, and that the promises hold when the disk fails.

mod damage;
mod faults;
mod faulty;
mod life;
mod retention;
mod stop;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use sanbai_core::time::Timestamp;

use super::disk::{Disk, OpenFile, Patience};
use super::{LocalLog, LocalSettings};
use crate::clock::Clock;
use crate::log::{Append as _, Busy, Message, NotDelivered, ReadError, Record, Topic};

const WAIT: Duration = Duration::from_secs(20);

/// Two partitions of everything, small segments, nothing kept in memory: every read is of the disk.
fn small() -> LocalSettings {
    LocalSettings {
        parcels: 2,
        scopes: 1,
        segment_bytes: 4_000,
        recent_bytes: 0,
        writers: 2,
        free_min: 0.0,
        ..LocalSettings::default()
    }
}

fn open(directory: &Path) -> LocalLog {
    open_with(directory, &small())
}

fn open_with(directory: &Path, settings: &LocalSettings) -> LocalLog {
    open_at(directory, settings, clock())
}

fn open_at(directory: &Path, settings: &LocalSettings, clock: Clock) -> LocalLog {
    let disk: Arc<dyn Disk> = Arc::new(QuickDisk);
    LocalLog::open_on(directory, settings, clock, (disk, Patience::USUAL)).expect("opens")
}

/// A folder of its own; in memory, where the machine has such a place.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

/// The disk of the machine, which is not asked to make anything safe: tests that cut no power need not wait for it.
#[derive(Debug)]
struct QuickDisk;

impl Disk for QuickDisk {
    fn sync(&self, _: &OpenFile) -> std::io::Result<()> {
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> std::io::Result<()> {
        Ok(())
    }
}

fn clock() -> Clock {
    Clock::fast(Timestamp::parse("2026-03-10T08:00:00+08:00").expect("a time"), 1)
}

/// An event with a text in it.
fn event(partition: u32, text: &str) -> Message {
    Message {
        topic: Topic::ParcelEvents,
        partition,
        key: Some(text.as_bytes().to_vec()),
        headers: vec![("content-type".to_owned(), b"text".to_vec())],
        value: format!("event {text}").into_bytes(),
    }
}

/// Hands messages over and waits until they are durable.
fn append(log: &LocalLog, messages: Vec<Message>) {
    assert_eq!(try_append(log, messages), Ok(Ok(())));
}

fn try_append(log: &LocalLog, messages: Vec<Message>) -> Result<Result<(), NotDelivered>, Busy> {
    let (tell, told) = sync_channel(1);
    log.append(messages, Box::new(move |result| tell.send(result).expect("waits")))?;
    Ok(told.recv_timeout(WAIT).expect("is told in time"))
}

/// The texts of a partition, with what cannot be read.
fn texts(log: &LocalLog, partition: u32) -> Vec<String> {
    let range = log.range(Topic::ParcelEvents, partition);
    let mut texts = Vec::new();
    let mut next = range.start;
    while next < range.end {
        match log.read(Topic::ParcelEvents, partition, next, 7) {
            Ok(records) => {
                for record in records {
                    assert_eq!(record.offset, next, "offsets are dense");
                    texts.push(text(&record));
                    next += 1;
                }
            }
            Err(ReadError::Damaged { from, to }) => {
                assert!(from == next && to > from, "damage says how far it reaches");
                texts.push(format!("damaged {from}..{to}"));
                next = to;
            }
            Err(error) => panic!("at {next}: {error:?}"),
        }
    }
    texts
}

fn text(record: &Record) -> String {
    String::from_utf8(record.value.clone().expect("a value")).expect("text")
}

fn events(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("event {number}")).collect()
}

/// Gives a file another content. Under a new inode: a file that is emptied and written anew is flushed by some systems.
fn rewrite(path: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::remove_file(path).ok();
    std::fs::write(path, bytes).expect("is written");
}

/// One event after the other, each durable before the next.
fn append_events(log: &LocalLog, numbers: std::ops::Range<usize>) {
    for number in numbers {
        append(log, vec![event(0, &number.to_string())]);
    }
}
