//! A log that nothing happens to: appended, read, closed, opened.

use super::*;
use crate::log::Log as _;

#[test]
fn what_was_appended_is_read_as_it_was() {
    let directory = folder();
    let log = open(directory.path());
    let plain = Message {
        key: None,
        headers: Vec::new(),
        value: Vec::new(),
        ..event(1, "plain")
    };
    let rich = Message {
        headers: vec![("a".to_owned(), vec![0, 255]), (String::new(), Vec::new())],
        value: (0..=255).cycle().take(300_000).collect(),
        ..event(1, "rich")
    };
    append(&log, vec![plain.clone(), rich.clone()]);
    for _ in 0..2 {
        let records = log.read(Topic::ParcelEvents, 1, 0, 10).unwrap();
        for (record, message) in records.iter().zip([&plain, &rich]) {
            let value = record.value.as_ref();
            assert_eq!(
                (&record.key, &record.headers, value),
                (&message.key, &message.headers, Some(&message.value))
            );
        }
        assert_eq!(log.read(Topic::ParcelEvents, 1, 2, 10), Ok(Vec::new()));
        assert_eq!(
            log.read(Topic::ParcelEvents, 1, 3, 10),
            Err(ReadError::Beyond { end: 2 })
        );
    }
    assert_eq!(log.range(Topic::ParcelEvents, 1), 0..2);
    assert_eq!(log.range(Topic::ParcelEvents, 0), 0..0);
}

#[test]
fn everything_durable_is_there_after_a_restart_and_goes_on() {
    let directory = folder();
    let log = LocalLog::open(directory.path(), &small(), clock()).unwrap();
    let (id, layout) = (log.topic_id().to_owned(), log.layout());
    append_events(&log, 0..100);
    log.close().unwrap();
    let other = LocalSettings { parcels: 9, ..small() };
    let log = open_with(directory.path(), &other);
    assert_eq!(
        (log.topic_id(), log.layout()),
        (id.as_str(), layout),
        "the directory says how it is laid out"
    );
    append_events(&log, 100..120);
    assert_eq!(texts(&log, 0), events(0..120));
}

#[test]
fn a_producer_is_told_of_each_of_its_messages() {
    let directory = folder();
    let log = open(directory.path());
    let mut producer = log.producer();
    let signal = log.signal();
    let mut tickets: Vec<_> = (0..50)
        .map(|number: u32| producer.send(event(number % 2, "x")))
        .collect();
    tickets.push(producer.send(event(7, "no such partition")));
    let mut told = Vec::new();
    while told.len() < tickets.len() {
        let seen = signal.now();
        let new = producer.deliveries();
        if new.is_empty() {
            signal.wait(seen, WAIT);
        }
        told.extend(new);
    }
    told.sort_by_key(|(ticket, _)| *ticket);
    let expected = tickets.iter().enumerate();
    let expected: Vec<_> = expected
        .map(|(number, ticket)| (*ticket, if number < 50 { Ok(()) } else { Err(NotDelivered) }))
        .collect();
    assert_eq!(told, expected);
    assert_eq!(producer.read(Topic::ParcelEvents, 0, 0, 100).unwrap().len(), 25);
}

#[test]
fn a_second_opener_is_told_who_has_it() {
    let directory = folder();
    let log = open(directory.path());
    let refused = LocalLog::open(directory.path(), &small(), clock()).unwrap_err();
    let pid = std::process::id();
    assert_eq!(
        refused.to_string(),
        format!("process {pid} has the data directory open")
    );
    assert_eq!(refused.code(), "log_locked");
    let other = log.clone();
    log.close().unwrap();
    assert_eq!(other.read(Topic::ParcelEvents, 0, 0, 1), Err(ReadError::Unavailable));
    assert_eq!(try_append(&other, vec![event(0, "late")]), Err(Busy::Closing));
    let mut late = other.producer();
    let ticket = late.send(event(0, "late"));
    assert_eq!(late.deliveries(), [(ticket, Err(NotDelivered))]);
    drop(open(directory.path()));
    drop(open(directory.path()));
}

#[test]
fn nobody_else_may_look_into_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = folder();
    let path = directory.path().join("data");
    let log = open(&path);
    append_events(&log, 0..60);
    let mut folders = vec![path];
    while let Some(folder) = folders.pop() {
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
            }
        }
    }
}

#[test]
fn what_spans_partitions_is_told_once_and_when_all_of_it_is_durable() {
    let directory = folder();
    let log = open(directory.path());
    let (tell, told) = sync_channel(10);
    for number in 0..50 {
        let (tell, log) = (tell.clone(), log.clone());
        let messages = vec![event(0, "a"), event(1, "b"), event(1, "c")];
        let seen = log.clone();
        let done = move |result| {
            let ends = [0, 1].map(|partition| seen.range(Topic::ParcelEvents, partition).end);
            tell.send((result, ends)).unwrap();
        };
        log.append(messages, Box::new(done)).unwrap();
        let (result, ends) = told.recv_timeout(WAIT).unwrap();
        assert_eq!((result, ends), (Ok(()), [number + 1, 2 * (number + 1)]));
    }
    drop(tell);
    assert!(told.recv().is_err(), "once");
    assert_eq!(try_append(&log, Vec::new()), Ok(Ok(())), "nothing is durable at once");
    assert_eq!(
        try_append(&log, vec![event(0, "a"), event(2, "b")]),
        Ok(Err(NotDelivered))
    );
    assert_eq!(log.range(Topic::ParcelEvents, 0).end, 50, "all or nothing");
}

#[test]
fn closing_waits_until_all_that_was_handed_over_is_durable() {
    let directory = folder();
    let log = open(directory.path());
    let mut producer = log.producer();
    let tickets: Vec<_> = (0..2_000)
        .map(|number| producer.send(event(0, &number.to_string())))
        .collect();
    log.close().unwrap();
    let told = producer.deliveries();
    assert_eq!(
        told,
        tickets.into_iter().map(|ticket| (ticket, Ok(()))).collect::<Vec<_>>()
    );
    drop(producer);
    assert_eq!(texts(&open(directory.path()), 0), events(0..2_000));
}

#[test]
fn whoever_drops_the_last_handle_closes_it() {
    let directory = folder();
    let log = open(directory.path());
    let mut producer = log.producer();
    for number in 0..100 {
        producer.send(event(0, &number.to_string()));
    }
    drop((log, producer));
    assert_eq!(texts(&open(directory.path()), 0), events(0..100));
}

/// Many append, one reads as they do: from memory, from the disk, or from both.
fn each_partition_is_in_order(recent_bytes: u64) {
    let directory = folder();
    let settings = LocalSettings {
        recent_bytes,
        ..small()
    };
    let log = open_with(directory.path(), &settings);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let log = &log;
            scope.spawn(move || {
                for number in 0..100 {
                    append(log, vec![event(0, &format!("{thread}:{number:03}")), event(1, "other")]);
                }
            });
        }
        let signal = log.signal();
        let mut next = 0;
        let mut last = [None, None, None, None];
        while next < 400 {
            let seen = signal.now();
            let records = log.read(Topic::ParcelEvents, 0, next, 13).unwrap();
            if records.is_empty() {
                signal.wait(seen, WAIT);
            }
            for record in records {
                assert_eq!(record.offset, next);
                next += 1;
                let text = text(&record);
                let (thread, number) = text.strip_prefix("event ").unwrap().split_once(':').unwrap();
                let last = &mut last[thread.parse::<usize>().unwrap()];
                assert!(last.as_deref() < Some(number), "{text} after {last:?}");
                *last = Some(number.to_owned());
            }
        }
    });
    assert_eq!(log.range(Topic::ParcelEvents, 1), 0..400);
}

#[test]
fn many_append_and_one_reads_each_partition_in_its_order() {
    [0, 3_000, 1 << 20].into_iter().for_each(each_partition_is_in_order);
}

#[test]
fn a_callback_that_panics_stops_nothing() {
    let directory = folder();
    let log = open(directory.path());
    log.append(vec![event(0, "0")], Box::new(|_| panic!("on purpose")))
        .unwrap();
    append_events(&log, 1..3);
    assert_eq!(texts(&log, 0), events(0..3));
}
