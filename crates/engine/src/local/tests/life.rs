//! A log that nothing happens to: appended, read, closed, opened.

use super::*;
use crate::log::Log as _;

#[test]
fn what_was_appended_is_read_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
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
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
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
    let directory = tempfile::tempdir().unwrap();
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
