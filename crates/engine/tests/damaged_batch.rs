//! A batch of records that its broker gives back damaged: the partition stops there, says from where to where, and goes on
//! behind it once that is passed over. Other partitions go on.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::{KafkaLog, KafkaProducer, KafkaSettings, Plan, Topics};
use sanbai_engine::local::Retention;
use sanbai_engine::log::{Append as _, Log as _, Message, ReadError, Topic};
use sanbai_rig::Options;

const PATIENCE: Duration = Duration::from_secs(120);

fn message(partition: u32, text: &str) -> Message {
    Message {
        topic: Topic::ParcelEvents,
        partition,
        key: None,
        headers: Vec::new(),
        value: text.as_bytes().to_vec(),
    }
}

fn append(log: &KafkaLog, messages: Vec<Message>) {
    let (done, is_done) = sync_channel(1);
    let told = Box::new(move |delivery| done.send(delivery).expect("somebody waits"));
    log.append(messages, told).expect("there is room");
    is_done.recv_timeout(PATIENCE).expect("in time").expect("durable");
}

/// Reads until so many records came, or an error other than that nothing answers.
fn read(
    log: &KafkaLog,
    producer: &mut KafkaProducer,
    partition: u32,
    from: u64,
    count: usize,
) -> Result<Vec<String>, ReadError> {
    let (mut texts, mut next, begun) = (Vec::new(), from, Instant::now());
    while texts.len() < count {
        let health = || log.health();
        assert!(
            begun.elapsed() < PATIENCE,
            "{} of {count} records came: {:?}",
            texts.len(),
            health()
        );
        match producer.read(Topic::ParcelEvents, partition, next, 100) {
            Ok(records) => {
                for record in records {
                    next = record.offset + 1;
                    texts.push(String::from_utf8(record.value.unwrap_or_default()).expect("a text"));
                }
            }
            Err(ReadError::Unavailable) => {}
            Err(error) => return Err(error),
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    Ok(texts)
}

/// Turns one bit of the batch that holds a text, in the files under a folder. Says in how many files.
fn damage(folder: &Path, text: &str) -> usize {
    let mut found = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "log") {
                let mut bytes = fs::read(&path).expect("a file");
                let place = bytes.windows(text.len()).position(|bytes| bytes == text.as_bytes());
                if let Some(place) = place {
                    bytes[place] ^= 1;
                    fs::write(&path, bytes).expect("the file is written");
                    found += 1;
                }
            }
        }
    }
    found
}

#[test]
fn a_damaged_batch_stops_its_partition_and_says_from_where_to_where() {
    let Some(mut brokers) = sanbai_rig::brokers_as_asked_or_say_why(&Options::default()) else {
        return;
    };
    let Some(log_file) = brokers.log(1) else { return };
    let settings = KafkaSettings {
        // So that the text is found in the file.
        client: [("compression.type".to_owned(), "none".to_owned())].into(),
        ..KafkaSettings::new(brokers.bootstrap())
    };
    let plan = Plan {
        parcels: 2,
        scopes: 1,
        replication: None,
        is_rehearsal: false,
        retention: Retention::default(),
    };
    let topics = Topics::new(settings.clone()).expect("a client");
    topics.create(&plan).expect("topics are made");
    let log = KafkaLog::open(settings.clone(), Clock::SYSTEM).expect("topics");
    // Each batch is acknowledged before the next is sent.
    let batches = ["before", "damaged", "behind"];
    for name in batches {
        append(
            &log,
            (0..5).map(|number| message(0, &format!("{name}-{number}"))).collect(),
        );
    }
    append(&log, vec![message(1, "elsewhere")]);
    log.close(PATIENCE);

    brokers.stop(1).expect("it stops");
    let folder = log_file.parent().expect("a folder");
    assert_eq!(damage(folder, "damaged-2"), 1, "the batch lies in one file");
    brokers.start_again(1).expect("it starts");

    let log = KafkaLog::open(settings, Clock::SYSTEM).expect("topics");
    let mut producer = log.producer();
    let before = read(&log, &mut producer, 0, 0, 5).expect("it can be read");
    assert_eq!(before, [0, 1, 2, 3, 4].map(|number| format!("before-{number}")));
    let stopped = read(&log, &mut producer, 0, 5, 1);
    assert_eq!(stopped, Err(ReadError::Damaged { from: 5, to: 10 }));
    assert_eq!(read(&log, &mut producer, 1, 0, 1), Ok(vec!["elsewhere".to_owned()]));
    let behind = read(&log, &mut producer, 0, 10, 5).expect("it can be read");
    assert_eq!(behind, [0, 1, 2, 3, 4].map(|number| format!("behind-{number}")));
    log.close(PATIENCE);
}
