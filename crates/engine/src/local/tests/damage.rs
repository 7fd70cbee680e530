//! A log whose files are cut, overwritten, removed.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::faulty::Dice;
use super::*;

/// The files of a partition, oldest first.
fn files(directory: &Path) -> Vec<PathBuf> {
    let folder = directory.join("log/sanbai.parcel-events/0");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.collect::<BTreeSet<PathBuf>>().into_iter().collect()
}

/// A log with so many events; its files, closed.
fn written(count: usize) -> (tempfile::TempDir, Vec<(PathBuf, Vec<u8>)>) {
    let directory = folder();
    let log = open(directory.path());
    append_events(&log, 0..count);
    log.close().unwrap();
    let files = files(directory.path()).into_iter();
    let files = files.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    (directory, files)
}

fn restore(files: &[(PathBuf, Vec<u8>)]) {
    for (path, bytes) in files {
        rewrite(path, bytes);
    }
}

/// Every event is there as it was, or said to be damaged. Says how many are damaged.
fn nothing_is_wrong(texts: &[String], count: usize, what: &str) -> usize {
    let mut next = 0;
    let mut damaged = 0;
    for text in texts {
        if let Some(range) = text.strip_prefix("damaged ") {
            let (from, to) = range.split_once("..").unwrap();
            let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(from, next, "{what}");
            damaged += to - from;
            next = to;
        } else {
            assert_eq!(*text, format!("event {next}"), "{what}");
            next += 1;
        }
    }
    assert_eq!(next, count, "{what}: {texts:?}");
    damaged
}

#[test]
fn a_torn_end_is_cut_and_whole_frames_stay() {
    let (directory, written) = written(6);
    let (path, bytes) = &written[0];
    let (mut before, mut whole) = (0, 0);
    for length in 0..=bytes.len() {
        rewrite(path, &bytes[..length]);
        let log = open(directory.path());
        let left = texts(&log, 0);
        assert_eq!(left, events(0..left.len()), "cut at {length}");
        assert!(left.len() == before || left.len() == before + 1, "cut at {length}");
        // Whatever is left behind could be taken for records once their offsets are due.
        let kept = fs::metadata(path).unwrap().len();
        assert!(
            left.len() > before || kept == whole || length == bytes.len(),
            "cut at {length}: {kept} bytes are kept"
        );
        (before, whole) = (left.len(), kept);
        append(&log, vec![event(0, &before.to_string())]);
        assert_eq!(texts(&log, 0), events(0..before + 1), "goes on after a cut at {length}");
        log.close().unwrap();
    }
    assert_eq!(before, 6);
}

#[test]
fn what_was_durable_and_is_damaged_is_reported_and_the_rest_is_read() {
    let (directory, written) = written(6);
    let (path, bytes) = &written[0];
    let mut dice = Dice(1);
    let mut most = 0;
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << dice.below(8);
        rewrite(path, damaged);
        let log = open(directory.path());
        let what = format!("byte {at} of {}", bytes.len());
        let lost = nothing_is_wrong(&texts(&log, 0), 6, &what);
        assert!(lost <= 1, "{what}: one byte takes one record");
        assert_eq!(log.health().damaged_offsets, lost as u64);
        log.close().unwrap();
        // What was reported once is reported again, also once there is more.
        let log = open(directory.path());
        assert_eq!(nothing_is_wrong(&texts(&log, 0), 6, &what), lost);
        most = most.max(lost);
        append(&log, vec![event(0, "6")]);
        assert_eq!(nothing_is_wrong(&texts(&log, 0), 7, &what), lost);
        log.close().unwrap();
        let log = open(directory.path());
        assert_eq!(nothing_is_wrong(&texts(&log, 0), 7, &what), lost);
        log.close().unwrap();
    }
    assert_eq!(most, 1);
}

#[test]
fn damage_in_old_segments_is_found_when_it_is_read() {
    let (directory, written) = written(200);
    assert!(written.len() > 4, "segments are small");
    for seed in 0..300 {
        restore(&written);
        let mut dice = Dice(seed);
        // Anywhere but in the last one: a flip, bytes that are something else, an end that is gone.
        for _ in 0..1 + dice.below(3) {
            let (path, bytes) = &written[dice.below(written.len() as u64 - 1) as usize];
            let mut bytes = bytes.clone();
            let at = dice.below(bytes.len() as u64) as usize;
            match dice.below(3) {
                0 => bytes[at] ^= 1 << dice.below(8),
                1 => bytes.iter_mut().skip(at).take(200).for_each(|byte| *byte = 0),
                _ => bytes.truncate(at),
            }
            rewrite(path, bytes);
        }
        let log = open(directory.path());
        let what = format!("seed {seed}");
        nothing_is_wrong(&texts(&log, 0), 200, &what);
        // Whoever begins anywhere sees the same.
        for _ in 0..5 {
            let from = dice.below(200);
            match log.read(Topic::ParcelEvents, 0, from, 3) {
                Ok(records) => {
                    let first = records.first().unwrap();
                    assert_eq!((first.offset, text(first)), (from, format!("event {from}")), "{what}");
                }
                Err(error) => assert!(matches!(error, ReadError::Damaged { .. }), "{what}: {error:?}"),
            }
        }
        log.close().unwrap();
    }
}

#[test]
fn an_old_segment_that_is_gone_is_damage_and_a_partition_that_is_gone_is_refused() {
    let (directory, written) = written(200);
    fs::remove_file(&written[1].0).unwrap();
    let log = open(directory.path());
    let damaged = nothing_is_wrong(&texts(&log, 0), 200, "a file is gone");
    assert!(damaged > 10);
    log.close().unwrap();
    for path in files(directory.path()) {
        fs::remove_file(path).unwrap();
    }
    let refused = LocalLog::open(directory.path(), &small(), clock()).unwrap_err();
    assert_eq!(refused.code(), "log_incomplete");
}

#[test]
fn a_layout_that_is_damaged_or_gone_is_refused_and_nothing_is_made_in_its_place() {
    let (directory, _) = written(3);
    let path = directory.path().join("layout.json");
    let layout = fs::read_to_string(&path).unwrap();
    let later = layout.replace("\"format\": 1", "\"format\": 2");
    for text in ["", "{}", &layout[..layout.len() / 2], &later] {
        rewrite(&path, text);
        let refused = LocalLog::open(directory.path(), &small(), clock()).unwrap_err();
        assert_eq!(refused.code(), "log_layout", "{text}");
    }
    fs::remove_file(&path).unwrap();
    let refused = LocalLog::open(directory.path(), &small(), clock()).unwrap_err();
    assert_eq!(refused.code(), "log_layout");
    rewrite(&path, layout);
    assert_eq!(texts(&open(directory.path()), 0), events(0..3));
}

#[test]
fn a_message_that_looks_like_a_frame_is_only_a_message() {
    let (_elsewhere, stolen) = written(20);
    let directory = folder();
    let log = open(directory.path());
    append(&log, vec![event(0, "0")]);
    append(
        &log,
        vec![Message {
            value: stolen[0].1.clone(),
            ..event(0, "1")
        }],
    );
    append(&log, vec![event(0, "2")]);
    log.close().unwrap();
    let path = files(directory.path()).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    // The head of the message is damaged, so what follows it is searched for.
    let second = bytes.windows(5).position(|window| window == b"event").unwrap() + 7;
    bytes[second + 1] ^= 1;
    rewrite(&path, bytes);
    assert_eq!(
        texts(&open(directory.path()), 0),
        ["event 0", "damaged 1..2", "event 2"]
    );
}
