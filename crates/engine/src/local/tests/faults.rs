//! A log whose disk fails: nothing is lost, nothing comes twice, and it goes on by itself.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::faulty::{Deed, Dice, FaultyDisk};
use super::*;
use crate::log::Log as _;

fn open_on(directory: &Path, disk: &Arc<FaultyDisk>) -> LocalLog {
    try_open_on(directory, disk).expect("opens")
}

fn try_open_on(directory: &Path, disk: &Arc<FaultyDisk>) -> Result<LocalLog, super::super::OpenError> {
    let patience = Patience {
        first: Duration::from_micros(200),
        longest: Duration::from_millis(1),
        closing: Duration::from_millis(2),
    };
    let disk: Arc<FaultyDisk> = Arc::clone(disk);
    LocalLog::open_on(directory, &small(), clock(), (disk, patience))
}

/// Waits until something holds of the log.
fn until(log: &LocalLog, holds: impl Fn(&LocalLog) -> bool) {
    let signal = log.signal();
    for _ in 0..20_000 {
        if holds(log) {
            return;
        }
        signal.wait(u64::MAX, Duration::from_millis(1));
    }
    panic!("it never does: {:?}", log.health());
}

/// After so many events, whatever fails so often, then no more: what was handed over meanwhile is there, once, also after a restart.
fn survives(first: usize, deeds: &[(Deed, u32)], expected: &str) -> tempfile::TempDir {
    let directory = folder();
    let disk = Arc::new(FaultyDisk::default());
    let log = open_on(directory.path(), &disk);
    append_events(&log, 0..first);
    // For ever, as it seems.
    deeds.iter().for_each(|(deed, _)| disk.fail(*deed, u32::MAX));
    let (tell, told) = sync_channel(1);
    let done = move |result| tell.send(result).unwrap();
    let messages = (first..first + 20)
        .map(|number| event(0, &number.to_string()))
        .collect();
    log.append(messages, Box::new(done)).unwrap();
    until(&log, |log| log.health().stalled.is_some());
    let health = log.health();
    let stall = health.stalled.unwrap();
    assert!(stall.reason.contains(expected), "{}", stall.reason);
    assert!(health.intake_stopped && health.queued_messages == 20 && health.queued_bytes > 0);
    assert_eq!(try_append(&log, vec![event(0, "more")]), Err(Busy::NoRoom));
    assert!(told.try_recv().is_err(), "nobody is told anything");
    assert_eq!(texts(&log, 0), events(0..first), "nobody sees anything");
    deeds.iter().for_each(|(deed, times)| disk.fail(*deed, *times));
    assert_eq!(told.recv_timeout(WAIT), Ok(Ok(())));
    until(&log, |log| log.health().stalled.is_none());
    append_events(&log, first + 20..first + 40);
    assert_eq!(texts(&log, 0), events(0..first + 40));
    log.close().unwrap();
    assert_eq!(texts(&open(directory.path()), 0), events(0..first + 40));
    directory
}

#[test]
fn a_full_disk_stalls_until_there_is_room() {
    survives(20, &[(Deed::Write, 3)], "No space left on device");
}

#[test]
fn a_full_disk_that_cannot_even_cut_stalls_until_there_is_room() {
    survives(20, &[(Deed::Write, 3), (Deed::Cut, 2)], "No space left on device");
}

#[test]
fn after_a_failed_flush_everything_is_written_once_more() {
    let directory = survives(20, &[(Deed::Sync, 3)], "Input/output error");
    let next = "log/sanbai.parcel-events/0/00000000000000000020.log";
    assert!(
        directory.path().join(next).exists(),
        "into a segment of which everything is known"
    );
}

#[test]
fn after_a_failed_flush_and_with_no_way_to_cut_what_is_behind_does_not_count() {
    survives(20, &[(Deed::Sync, 3), (Deed::Cut, 3)], "Input/output error");
}

#[test]
fn a_folder_that_takes_no_new_files_stalls() {
    survives(40, &[(Deed::Create, 3)], "No space left on device");
}

#[test]
fn a_folder_whose_names_cannot_be_made_safe_stalls() {
    survives(40, &[(Deed::SyncFolder, 3)], "Input/output error");
}

#[test]
fn a_disk_that_takes_a_few_bytes_at_once_gets_them_all() {
    let directory = folder();
    let disk = Arc::new(FaultyDisk::default());
    let log = open_on(directory.path(), &disk);
    disk.write_at_most(Some(7));
    append_events(&log, 0..30);
    assert_eq!(texts(&log, 0), events(0..30));
}

#[test]
fn below_the_share_that_must_be_free_only_outputs_are_taken() {
    let directory = folder();
    let disk = Arc::new(FaultyDisk::default());
    disk.free(14);
    let settings = LocalSettings {
        free_min: 0.15,
        ..small()
    };
    let log = LocalLog::open_on(
        directory.path(),
        &settings,
        clock(),
        (Arc::clone(&disk) as _, Patience::USUAL),
    )
    .unwrap();
    assert_eq!(try_append(&log, vec![event(0, "x")]), Err(Busy::NoRoom));
    let health = log.health();
    assert!(health.intake_stopped && health.stalled.is_none() && health.free_bytes == 14);
    let mut producer = log.producer();
    producer.send(event(0, "0"));
    until(&log, |log| log.range(Topic::ParcelEvents, 0).end == 1);
    disk.free(15);
    assert!(!log.health().intake_stopped);
    append(&log, vec![event(0, "1")]);
    assert_eq!(texts(&log, 0), events(0..2));
}

#[test]
fn what_waits_has_a_bound_and_outputs_come_before_intake() {
    let directory = folder();
    let disk = Arc::new(FaultyDisk::default());
    let settings = LocalSettings {
        queue_bytes: 10_000,
        ..small()
    };
    let log = LocalLog::open_on(
        directory.path(),
        &settings,
        clock(),
        (Arc::clone(&disk) as _, Patience::USUAL),
    )
    .unwrap();
    disk.fail(Deed::Sync, u32::MAX);
    let big = |bytes: usize| Message {
        value: vec![b'x'; bytes],
        ..event(0, "big")
    };
    let told = Arc::new(AtomicUsize::new(0));
    let count = || {
        let told = Arc::clone(&told);
        Box::new(move |_| {
            told.fetch_add(1, Ordering::SeqCst);
        })
    };
    log.append(vec![big(4_000)], count()).unwrap();
    let refused = log.append(vec![big(4_000)], count());
    assert!(matches!(refused, Err(Busy::Full | Busy::NoRoom)), "{refused:?}");
    let mut producer = log.producer();
    producer.send(big(4_000));
    let (tell, sent) = sync_channel(1);
    let waits = std::thread::spawn(move || {
        producer.send(big(4_000));
        tell.send(()).unwrap();
    });
    assert!(
        sent.recv_timeout(Duration::from_millis(50)).is_err(),
        "the producer waits"
    );
    assert!(log.health().queued_bytes < 10_000);
    disk.fail(Deed::Sync, 0);
    sent.recv_timeout(WAIT).expect("goes on by itself");
    waits.join().unwrap();
    until(&log, |log| log.range(Topic::ParcelEvents, 0).end == 3);
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[test]
fn a_log_that_cannot_be_written_until_it_is_closed_says_what_is_lost() {
    let directory = folder();
    let disk = Arc::new(FaultyDisk::default());
    let log = open_on(directory.path(), &disk);
    append_events(&log, 0..5);
    disk.fail(Deed::Write, u32::MAX);
    let (tell, told) = sync_channel(1);
    log.append(vec![event(0, "5")], Box::new(move |result| tell.send(result).unwrap()))
        .unwrap();
    assert_eq!(log.close(), Err(super::super::NotDrained(1)));
    assert_eq!(told.recv_timeout(WAIT), Ok(Err(NotDelivered)));
    assert_eq!(texts(&open(directory.path()), 0), events(0..5));
}

#[test]
fn whatever_fails_by_chance_nothing_is_lost_or_comes_twice() {
    for seed in 0..100 {
        let directory = folder();
        let disk = Arc::new(FaultyDisk::new(seed));
        let log = open_on(directory.path(), &disk);
        disk.fail_one_in(Some(4 + seed % 9));
        disk.write_at_most((seed % 3 == 0).then_some(700));
        let mut producer = log.producer();
        for number in 0..60 {
            producer.send(event(number % 2, &(number / 2).to_string()));
            if number % 9 == 0 {
                until(&log, |log| log.health().queued_messages < 5);
            }
        }
        until(&log, |log| log.health().queued_messages == 0);
        disk.fail_one_in(None);
        assert_eq!(texts(&log, 0), events(0..30), "seed {seed}");
        assert_eq!(texts(&log, 1), events(0..30), "seed {seed}");
        drop(producer);
        log.close().unwrap();
        let log = open(directory.path());
        assert_eq!(texts(&log, 0), events(0..30), "seed {seed}, after a restart");
        assert_eq!(texts(&log, 1), events(0..30), "seed {seed}, after a restart");
    }
}

#[test]
fn whatever_was_acknowledged_survives_a_power_cut() {
    // Most of the time is spent waiting for what never comes, so many wait at once.
    let acknowledged: usize = std::thread::scope(|scope| {
        let threads = (0..10).map(|thread| {
            scope.spawn(move || -> usize { (0..100).map(|number| cut_power_thrice(thread * 100 + number)).sum() })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(acknowledged > 10_000, "too little happened: {acknowledged}");
}

/// Says how much was acknowledged. The first opening makes the directory: it is cut short too.
fn cut_power_thrice(seed: u64) -> usize {
    let directory = folder();
    let mut dice = Dice(seed);
    let mut there = Vec::new();
    let mut acknowledged = 0;
    for round in 0..3 {
        let disk = Arc::new(FaultyDisk::new(seed * 10 + round));
        disk.cut_power_after(dice.below(120));
        let (safe, handed) = try_open_on(directory.path(), &disk)
            .map(|log| append_until_the_power_is_cut(log, &format!("of {round}"), &mut dice))
            .unwrap_or((0, 0));
        acknowledged += safe;
        let mut safe = there.len() + safe;
        let handed = there.len() + handed;
        // Sometimes the process is killed first, and another one shows what it found.
        disk.restore_power();
        if dice.below(2) == 0
            && let Ok(log) = try_open_on(directory.path(), &disk)
        {
            safe = safe.max(texts(&log, 0).len());
            disk.cut_power_after(0);
        }
        disk.forget();
        let log = open(directory.path());
        let left = texts(&log, 0);
        assert!(
            (safe..=handed).contains(&left.len()),
            "seed {seed}: {} of {safe}",
            left.len()
        );
        // Nothing of an earlier round comes back that was gone in between.
        let new = (0..left.len() - there.len()).map(|number| format!("event {number} of {round}"));
        there.extend(new);
        assert_eq!(left, there, "seed {seed}");
        log.close().unwrap();
    }
    acknowledged
}

/// Says how many events were acknowledged by then, and how many were handed over.
fn append_until_the_power_is_cut(log: LocalLog, what: &str, dice: &mut Dice) -> (usize, usize) {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut handed = 0;
    for _ in 0..30 {
        let upto = handed + 1 + dice.below(4) as usize;
        let messages = (handed..upto).map(|number| event(0, &format!("{number} {what}")));
        let (tell, told) = sync_channel(1);
        let safe = Arc::clone(&acknowledged);
        let done = move |result: Result<(), NotDelivered>| {
            if result.is_ok() {
                safe.fetch_max(upto, Ordering::SeqCst);
            }
            tell.send(()).ok();
        };
        if log.append(messages.collect(), Box::new(done)).is_err() {
            break;
        }
        handed = upto;
        // Some are awaited, others share a flush.
        if dice.below(2) == 0 && told.recv_timeout(Duration::from_millis(5)).is_err() {
            break;
        }
    }
    log.close().ok();
    (acknowledged.load(Ordering::SeqCst), handed)
}

/// A disk that breaks the code that writes to it.
#[derive(Debug)]
struct Breaking;

impl Disk for Breaking {
    fn write(&self, _: &OpenFile, _: &[u8], _: u64) -> std::io::Result<usize> {
        panic!("on purpose")
    }
}

#[test]
fn a_writer_that_panics_lets_nobody_wait_and_says_so() {
    let directory = folder();
    open(directory.path()).close().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(Breaking);
    let log = LocalLog::open_on(directory.path(), &small(), clock(), (disk, Patience::USUAL)).unwrap();
    log.append(vec![event(0, "0")], Box::new(|_| {})).unwrap();
    until(&log, |log| log.health().stalled.is_some());
    let mut producer = log.producer();
    let ticket = producer.send(event(1, "1"));
    assert_eq!(producer.deliveries(), [(ticket, Err(NotDelivered))]);
    assert!(log.close().is_err());
    assert_eq!(texts(&open(directory.path()), 0), events(0..0));
}
