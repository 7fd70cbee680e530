//! What is appended.

use sanbai_core::registry::Registry;
use sanbai_core::shard::input::Behaviour;
use sanbai_engine::log::{Message, Record, Topic};
use sanbai_engine::parcel::{ParcelSettings, ParcelStage};
use sanbai_engine::stage::{Layout, Stage as _};
use sanbai_wire::{RawValues, TokenKeys};

use crate::support::{PARTITIONS, Running, event, sealed};

/// Applies all records of a partition as the daemon does, and gives how many events were applied and how many rejected.
fn applied(messages: &[Message], partition: u32) -> (u64, usize) {
    let settings = ParcelSettings {
        keys: TokenKeys::single("2", [8; 32]).expect("a version"),
        raw_values: RawValues::Forbid,
        profile: None,
        behaviour: Behaviour::CURRENT,
    };
    let layout = Layout {
        generation: 1,
        parcels: PARTITIONS,
        scopes: 2,
    };
    let mut stage = ParcelStage::new(&settings, partition, layout);
    let registry = Registry::default();
    let mut out: Vec<Message> = Vec::new();
    for (offset, message) in (0..).zip(messages.iter().filter(|message| message.partition == partition)) {
        let record = Record {
            offset,
            key: message.key.clone(),
            headers: message.headers.clone(),
            value: Some(message.value.clone()),
            ..Record::default()
        };
        stage.apply(&record, &registry, 0, &mut out);
    }
    let rejects = out.iter().filter(|message| message.topic == Topic::Rejects).count();
    (stage.ledger().event_records, rejects)
}

#[test]
fn events_lie_in_their_partitions_in_their_order_and_shards_take_them() {
    let running = Running::new();
    let lines: Vec<String> = (0..300).map(|number| sealed(&format!("SF{number}"))).collect();
    assert_eq!(running.post_lines(&lines.join("\n")).json()["accepted"], 300);
    assert_eq!(running.post_json(&sealed("SF7")).status, 200);
    let messages = running.log.messages();
    let single = messages.last().expect("a record");
    assert_eq!(single.key.as_deref(), Some(&b"SF:SF7"[..]));
    assert_eq!(messages.len(), 5, "a batch for each partition, and one event");
    for partition in 0..PARTITIONS {
        let records = messages.iter().filter(|message| message.partition == partition).count() as u64;
        assert_eq!(applied(&messages, partition), (records, 0), "partition {partition}");
    }
    let text = messages
        .iter()
        .map(|message| String::from_utf8_lossy(&message.value).into_owned())
        .collect::<String>();
    for number in 0..300 {
        assert!(text.contains(&format!("SF{number}")), "{number}");
    }
}

#[test]
fn no_record_is_larger_than_it_may_be() {
    let running = Running::new();
    let tokens = format!(r#""hs256:1:{}","#, "A".repeat(86)).repeat(31);
    let party = format!(r#"{{"phoneTokens":[{}]}}"#, tokens.trim_end_matches(','));
    let line = event("SF1", &format!(r#","accepted":{{"sender":{party}}}"#));
    let body = format!("{line}\n").repeat(500);
    let packed = ruzstd::encoding::compress_to_vec(body.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let headers = [("content-type", "application/x-ndjson"), ("content-encoding", "zstd")];
    let answer = running.post("/v1/events", &headers, &packed);
    assert_eq!(answer.json()["accepted"], 500, "{answer:?}");
    let messages = running.log.messages();
    assert!(messages.len() > 1, "one partition, several records");
    assert!(messages.iter().all(|message| message.value.len() <= 1 << 20));
    assert_eq!(applied(&messages, messages[0].partition).1, 0);
}
