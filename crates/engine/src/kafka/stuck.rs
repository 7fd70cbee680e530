//! Partitions that stand still though there is more: a batch of records that cannot be read (its checksum is wrong, or it
//! cannot be expanded) is fetched again and again by the client, which says nothing of it.
//!
//! Whoever looks finds up to where nothing can be read, with a consumer of its own: further and further ahead until something
//! comes, then by halves. The shard parks there with `record_unreadable`; only a `skip`, on record, lets it pass. Nothing is
//! passed over by itself.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::{Offset, error::RDKafkaErrorCode};

use super::context::Context;

/// A partition of which nothing came for so long is looked at.
pub(super) const STILL: Duration = Duration::from_secs(30);

/// How long a record may take to come that is there.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The record can be read: it was the consumer that stood still.
    Readable,
    /// Nothing can be read before this offset.
    Damaged(u64),
    /// Nothing can be read up to the end: perhaps there are no records any more, perhaps no broker answers.
    Nothing,
}

/// Looks from `from` on, where the partition ends at `end`.
pub(super) fn look(consumer: &BaseConsumer<Context>, name: &str, partition: i32, (from, end): (u64, u64)) -> Found {
    let mut can_read = |offset: u64| try_at(consumer, name, partition, offset);
    let found = search(from, end, &mut can_read);
    consumer.unassign().ok();
    found
}

/// Finds where reading can go on. `read` gives the offset of the first record that comes from an offset on.
fn search(from: u64, end: u64, read: &mut dyn FnMut(u64) -> Option<u64>) -> Found {
    if read(from).is_some() {
        return Found::Readable;
    }
    let (mut bad, mut step) = (from, 1);
    let mut good = loop {
        let ahead = from.saturating_add(step);
        if ahead >= end {
            match end.checked_sub(1).filter(|last| *last > bad).and_then(&mut *read) {
                Some(at) => break at,
                None => return Found::Nothing,
            }
        }
        if let Some(at) = read(ahead) {
            break at;
        }
        bad = ahead;
        step *= 2;
    };
    while good - bad > 1 {
        let middle = bad + (good - bad) / 2;
        match read(middle) {
            // What comes may lie further on than what was asked for.
            Some(at) => good = at.min(good).max(middle),
            None => bad = middle,
        }
        if bad >= good {
            break;
        }
    }
    Found::Damaged(good)
}

/// The first record that comes from an offset on.
fn try_at(consumer: &BaseConsumer<Context>, name: &str, partition: i32, offset: u64) -> Option<u64> {
    let mut list = TopicPartitionList::with_capacity(1);
    let at = i64::try_from(offset).ok()?;
    list.add_partition_offset(name, partition, Offset::Offset(at)).ok()?;
    consumer.assign(&list).ok()?;
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(std::time::Instant::now());
        if left.is_zero() {
            return None;
        }
        match consumer.poll(left) {
            Some(Ok(message)) => {
                let came = u64::try_from(message.offset()).ok()?;
                if came >= offset {
                    return Some(came);
                }
            }
            Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::BadMessage))) => return None,
            Some(Err(_)) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found where records up to an offset cannot be read.
    fn found(from: u64, readable: u64, end: u64) -> Found {
        let mut reads = 0;
        let found = search(from, end, &mut |offset| {
            reads += 1;
            (offset >= readable && offset < end).then_some(offset)
        });
        assert!(reads < 50, "{reads} reads");
        found
    }

    #[test]
    fn it_finds_where_reading_goes_on() {
        for readable in 8..200 {
            assert_eq!(found(7, readable, 200), Found::Damaged(readable));
        }
        assert_eq!(found(7, 7, 200), Found::Readable);
        assert_eq!(found(7, 200, 200), Found::Nothing);
        assert_eq!(found(0, 1_000_000, 2_000_000), Found::Damaged(1_000_000));
    }
}
