//! What `docs/streams.md` says is so.

use sanbai_core::shard::output::What;
use sanbai_core::shard::scope::{AlertChange, AlertRule};
use sanbai_core::shard::section::Subject;

use crate::control::{Kind, of_json_line, to_json_line};
use crate::rejects::{Rejected, Stage};
use crate::{Code, Reject, key, partition, scope_partition_of_outlet, scope_partition_of_subject};

const PAGE: &str = include_str!("../../../../docs/streams.md");

#[test]
fn the_control_records_of_the_page_are_read() {
    let mut kinds = Vec::new();
    for line in PAGE.lines().filter(|line| line.starts_with('{')) {
        let read = of_json_line(line.as_bytes()).expect(line).expect(line);
        assert_eq!((to_json_line(&read.control).as_str(), read.unknown_fields), (line, 0));
        kinds.push(read.control.kind());
    }
    assert_eq!(kinds, Kind::ALL);
}

#[test]
fn the_partitions_of_the_page_are_right() {
    let rows = [
        [7, 12, 50].map(|count| partition(&key("SF", "SF1234567890123"), count)),
        [7, 12, 50].map(|count| scope_partition_of_outlet("SF", "GZ-0001", count)),
        [7, 12, 50].map(|count| scope_partition_of_subject(Subject::Identity(0x0123_4567_89ab_cdef), count)),
    ];
    for row in rows {
        let [of_7, of_12, of_50] = row.map(|partition| partition.expect("there are some"));
        let cells = format!(" | {of_7} | {of_12} | {of_50} |");
        assert!(PAGE.lines().any(|line| line.ends_with(&cells)), "{cells}");
    }
}

#[test]
fn the_page_has_every_name() {
    let reject = Reject::new(Code::EmptyValue, "there are no bytes");
    let headers = Rejected::of_reject("topic", 0, 0, 0, &reject).headers();
    let names = headers.iter().map(|(name, _)| *name);
    let names = names.chain(AlertRule::ALL.map(AlertRule::as_str));
    let changes = [
        AlertChange::Raised,
        AlertChange::Worsened,
        AlertChange::Eased,
        AlertChange::Withdrawn,
    ];
    let names = names.chain(changes.map(AlertChange::as_str));
    let names = names.chain([Stage::Decode.as_str(), Stage::Apply.as_str(), crate::alert::FIND]);
    let outcomes = What::ALL.into_iter();
    let rejected = outcomes.filter(|what| Rejected::of_outcome("topic", 0, 0, 0, *what).is_some());
    for name in names.chain(rejected.map(What::as_str)) {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
}
