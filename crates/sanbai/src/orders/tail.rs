//! Tail: what a topic holds and what comes, its partitions merged by time.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sanbai_engine::log::{Record, Topic};
use serde_json::{Value, json};

use super::{Answers, Failure, Place, Stream, log};

/// How long it waits for something new before it looks whether anybody still listens.
const PAUSE: Duration = Duration::from_secs(2);

/// A partition that is followed.
struct Lane {
    partition: u32,
    next: u64,
    /// First offset that is not wanted.
    end: u64,
    read: VecDeque<Record>,
}

/// Prints the records of a topic in the order of their times, as far as they are there.
pub(super) fn follow(
    place: &Place<'_>,
    stream: Stream,
    (from_beginning, until_end): (bool, bool),
    only: Option<u32>,
    answers: &mut dyn Answers,
) -> Result<Value, Failure> {
    let topic = stream.topic();
    let count = place.log.layout().partitions(topic);
    if let Some(only) = only.filter(|only| *only >= count) {
        let detail = format!("{topic} has {count} partitions, from 0 on, and no {only}");
        return Err(Failure::usage("partition_unknown", detail));
    }
    let partitions = (0..count).filter(|partition| only.is_none_or(|only| only == *partition));
    let lane = |partition| {
        let range = place.range(topic, partition)?;
        Ok(Lane {
            partition,
            next: if from_beginning { range.start } else { range.end },
            end: if until_end { range.end } else { u64::MAX },
            read: VecDeque::new(),
        })
    };
    let mut lanes = partitions.map(lane).collect::<Result<Vec<Lane>, Failure>>()?;
    let signal = place.log.signal();
    let mut count = 0_u64;
    while !place.stopping.load(Ordering::Acquire) {
        let seen = signal.now();
        count += print_all(place, topic, &mut lanes, answers)?;
        if until_end {
            break;
        }
        answers.idle()?;
        signal.wait(seen, PAUSE);
    }
    Ok(json!({"lines": count}))
}

/// Prints all that is there now.
fn print_all(place: &Place<'_>, topic: Topic, lanes: &mut [Lane], answers: &mut dyn Answers) -> Result<u64, Failure> {
    let mut count = 0;
    loop {
        for lane in lanes.iter_mut().filter(|lane| lane.read.is_empty()) {
            if lane.next < lane.end {
                let records = log::read(place, topic, lane.partition, &mut lane.next)?;
                let end = lane.end;
                lane.read = records.into_iter().filter(|record| record.offset < end).collect();
            }
        }
        let waiting = lanes.iter_mut().filter(|lane| !lane.read.is_empty());
        let earliest = waiting.min_by_key(|lane| lane.read.front().map(|record| (record.timestamp, lane.partition)));
        let Some(lane) = earliest else {
            return Ok(count);
        };
        if let Some(record) = lane.read.pop_front() {
            answers.line(&log::line(topic, lane.partition, &record))?;
            count += 1;
        }
    }
}
