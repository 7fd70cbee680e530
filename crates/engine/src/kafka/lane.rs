//! What was read of one partition and waits to be taken.

use std::collections::VecDeque;
use std::time::Instant;

use crate::delivery::record_weight;
use crate::log::Record;

/// What there is for whoever reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The next records; none where there are none just now.
    Records(Vec<Record>),
    /// The first record after the position that was asked for is on its way.
    OnItsWay,
    /// The lane stands elsewhere: it must be put where it is wanted, and the offset looked at.
    Elsewhere,
    /// Up to this offset records cannot be read.
    Damaged(u64),
}

/// Whether the consumer is to deliver, and does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetch {
    /// It does not.
    Off,
    /// It is to begin.
    Start,
    /// It does.
    On,
    /// It is to stop.
    Stop,
    /// It is to begin anew, at what is expected next.
    Again,
}

/// One partition.
#[derive(Debug)]
pub(super) struct Lane {
    buffer: VecDeque<Record>,
    bytes: usize,
    /// What is handed out next; `None`: it was never asked for.
    next: Option<u64>,
    /// What the consumer delivers next. What is before it is dropped: rewinds exist in every version of the client.
    expected: u64,
    /// The end of the partition when the lane was put where it is.
    end: u64,
    /// Something was delivered since.
    has_delivered: bool,
    /// The consumer said of some partition that its offset is out of range; perhaps of this one.
    is_doubted: bool,
    /// A record came instead of the one that was expected. It is believed when it comes again.
    gap: Option<u64>,
    damaged: Option<u64>,
    pub(super) fetch: Fetch,
    /// When the consumer delivered last, or began to.
    pub(super) moved: Instant,
    /// When it was asked for last.
    pub(super) asked: Instant,
}

/// What became of a record that the consumer delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivered {
    /// It waits to be taken; it is the first one, or there were others.
    Taken { is_first: bool },
    /// It was there before.
    Rewind,
    /// Something is missing before it: it must be read again.
    Gap,
}

impl Lane {
    pub(super) fn new() -> Self {
        Self {
            buffer: VecDeque::new(),
            bytes: 0,
            next: None,
            expected: 0,
            end: 0,
            has_delivered: false,
            is_doubted: false,
            gap: None,
            damaged: None,
            fetch: Fetch::Off,
            moved: Instant::now(),
            asked: Instant::now(),
        }
    }

    /// The next records from an offset on.
    pub(super) fn take(&mut self, from: u64, max: usize, bytes_max: usize) -> Taken {
        self.asked = Instant::now();
        let Some(next) = self.next else { return Taken::Elsewhere };
        if from < next || from > self.expected {
            return Taken::Elsewhere;
        }
        while self.buffer.front().is_some_and(|record| record.offset < from) {
            self.pop();
        }
        self.next = Some(from);
        if self.buffer.is_empty() {
            if let Some(to) = self.damaged {
                return Taken::Damaged(to);
            }
            if self.is_doubted {
                return Taken::Elsewhere;
            }
            self.begin_if_room(bytes_max);
            let is_there = self.has_delivered || self.expected >= self.end;
            return if is_there {
                Taken::Records(Vec::new())
            } else {
                Taken::OnItsWay
            };
        }
        let mut records = Vec::with_capacity(max.min(self.buffer.len()));
        while records.len() < max {
            let Some(record) = self.pop() else { break };
            self.next = Some(record.offset + 1);
            records.push(record);
        }
        self.begin_if_room(bytes_max);
        Taken::Records(records)
    }

    /// Goes on where it had stopped for want of room. Also looked at when there is nothing to take: the consumer may have
    /// been taken off only after everything was taken.
    fn begin_if_room(&mut self, bytes_max: usize) {
        if self.fetch == Fetch::Off && self.bytes <= bytes_max / 2 && self.damaged.is_none() {
            self.fetch = Fetch::Start;
        }
    }

    fn pop(&mut self) -> Option<Record> {
        let record = self.buffer.pop_front()?;
        self.bytes = self.bytes.saturating_sub(record_weight(&record));
        Some(record)
    }

    /// Takes back what was taken and is wanted again, in its order.
    pub(super) fn give_back(&mut self, records: Vec<Record>) {
        let Some(first) = records.first().map(|record| record.offset) else {
            return;
        };
        let follows = records.last().map(|record| record.offset + 1) == self.next;
        if !follows {
            return;
        }
        for record in records.into_iter().rev() {
            self.bytes += record_weight(&record);
            self.buffer.push_front(record);
        }
        self.next = Some(first);
    }

    /// Puts it at an offset, where the partition ends at `end`.
    pub(super) fn put(&mut self, from: u64, end: u64) {
        // Where it stands still already, it has stood still since then.
        if from != self.expected {
            self.moved = Instant::now();
        }
        self.buffer.clear();
        self.bytes = 0;
        self.next = Some(from);
        self.expected = from;
        self.end = end;
        self.has_delivered = false;
        self.is_doubted = false;
        self.gap = None;
        self.damaged = None;
        self.fetch = match self.fetch {
            Fetch::Off | Fetch::Start => Fetch::Start,
            Fetch::On | Fetch::Stop | Fetch::Again => Fetch::Again,
        };
    }

    /// Takes a record that the consumer delivered at about this time, where it is the one that is expected.
    pub(super) fn deliver(
        &mut self,
        offset: u64,
        bytes_max: usize,
        now: Instant,
        record: impl FnOnce() -> Record,
    ) -> Delivered {
        if self.fetch != Fetch::On || offset < self.expected {
            return Delivered::Rewind;
        }
        if offset > self.expected && self.gap != Some(offset) {
            self.gap = Some(offset);
            self.fetch = Fetch::Again;
            return Delivered::Gap;
        }
        let record = record();
        self.gap = None;
        self.expected = offset + 1;
        self.bytes += record_weight(&record);
        let is_first = self.buffer.is_empty();
        self.buffer.push_back(record);
        self.has_delivered = true;
        self.moved = now;
        if self.bytes > bytes_max {
            self.fetch = Fetch::Stop;
        }
        Delivered::Taken { is_first }
    }

    /// Gives up what waits, for want of room: it is read again once it is asked for.
    pub(super) fn shed(&mut self) {
        let Some(next) = self.next.filter(|_| !self.buffer.is_empty()) else {
            return;
        };
        self.empty();
        // There is a record, so whoever asks for it must wait, and not take it for the end.
        self.end = self.end.max(self.expected);
        self.has_delivered = false;
        self.expected = next;
        self.gap = None;
        self.damaged = None;
    }

    fn empty(&mut self) {
        self.buffer = VecDeque::new();
        self.bytes = 0;
        self.fetch = match self.fetch {
            Fetch::Off | Fetch::Start => Fetch::Off,
            Fetch::On | Fetch::Stop | Fetch::Again => Fetch::Stop,
        };
    }

    /// The consumer says of some partition that its offset is out of range: once what waits is taken, the offset of this
    /// one is looked at again.
    pub(super) const fn doubt(&mut self) {
        self.is_doubted = true;
    }

    /// Nobody reads it any more.
    pub(super) fn forget(&mut self) {
        self.empty();
        self.next = None;
    }

    /// Records before an offset cannot be read.
    pub(super) fn is_damaged_until(&mut self, from: u64, to: u64) {
        if self.expected == from {
            self.damaged = Some(to);
            self.fetch = Fetch::Stop;
        }
    }

    /// The consumer stands still where it could go on: it is to begin anew.
    pub(super) fn again(&mut self, from: u64) {
        if self.expected == from && self.fetch == Fetch::On {
            self.fetch = Fetch::Again;
        }
    }

    /// What the consumer delivers next.
    pub(super) const fn expected(&self) -> u64 {
        self.expected
    }

    /// Bytes that wait.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: u64) -> Record {
        Record {
            offset,
            ..Record::default()
        }
    }

    fn deliver(lane: &mut Lane, offset: u64) -> Delivered {
        lane.deliver(offset, 10_000, Instant::now(), || record(offset))
    }

    fn offsets(taken: &Taken) -> Vec<u64> {
        match taken {
            Taken::Records(records) => records.iter().map(|record| record.offset).collect(),
            _ => Vec::new(),
        }
    }

    fn lane(from: u64, end: u64) -> Lane {
        let mut lane = Lane::new();
        assert_eq!(lane.take(from, 10, 10_000), Taken::Elsewhere);
        lane.put(from, end);
        assert_eq!(lane.fetch, Fetch::Start);
        lane.fetch = Fetch::On;
        lane
    }

    #[test]
    fn records_come_in_their_order_once() {
        let mut lane = lane(5, 8);
        assert_eq!(lane.take(5, 10, 10_000), Taken::OnItsWay);
        for offset in [5, 6] {
            assert!(matches!(deliver(&mut lane, offset), Delivered::Taken { .. }));
        }
        assert_eq!(deliver(&mut lane, 5), Delivered::Rewind);
        let taken = lane.take(5, 10, 10_000);
        assert_eq!(offsets(&taken), [5, 6]);
        assert_eq!(lane.take(7, 10, 10_000), Taken::Records(Vec::new()));
        assert_eq!(lane.take(5, 10, 10_000), Taken::Elsewhere);
    }

    #[test]
    fn what_was_given_back_is_taken_again() {
        let mut lane = lane(0, 3);
        for offset in 0..3 {
            deliver(&mut lane, offset);
        }
        let Taken::Records(mut records) = lane.take(0, 10, 10_000) else {
            unreachable!("three records were delivered");
        };
        let rest = records.split_off(1);
        lane.give_back(rest);
        assert_eq!(offsets(&lane.take(1, 10, 10_000)), [1, 2]);
    }

    #[test]
    fn a_gap_is_believed_when_it_is_seen_twice() {
        let mut lane = lane(0, 9);
        assert_eq!(deliver(&mut lane, 3), Delivered::Gap);
        assert_eq!(lane.fetch, Fetch::Again);
        lane.fetch = Fetch::On;
        assert!(matches!(deliver(&mut lane, 3), Delivered::Taken { .. }));
        assert_eq!(offsets(&lane.take(0, 10, 10_000)), [3]);
    }

    #[test]
    fn a_doubted_offset_is_looked_at_once_everything_before_it_was_taken() {
        let mut lane = lane(0, 9);
        deliver(&mut lane, 0);
        lane.doubt();
        assert_eq!(offsets(&lane.take(0, 10, 10_000)), [0]);
        assert_eq!(lane.take(1, 10, 10_000), Taken::Elsewhere);
        lane.put(1, 9);
        assert_eq!((lane.fetch, lane.take(1, 10, 10_000)), (Fetch::Again, Taken::OnItsWay));
    }

    #[test]
    fn a_full_lane_stops_its_own_partition_and_goes_on_when_half_is_taken() {
        let mut lane = lane(0, 9);
        let room = 3 * record_weight(&record(0));
        for offset in 0..4 {
            lane.deliver(offset, room, Instant::now(), || record(offset));
        }
        assert_eq!(lane.fetch, Fetch::Stop);
        lane.fetch = Fetch::Off;
        lane.take(0, 1, room);
        assert_eq!(lane.fetch, Fetch::Off);
        lane.take(1, 2, room);
        assert_eq!((lane.fetch, lane.expected()), (Fetch::Start, 4));
    }

    #[test]
    fn what_was_given_up_is_read_again_once_it_is_asked_for() {
        let mut lane = lane(0, 9);
        for offset in 0..4 {
            deliver(&mut lane, offset);
        }
        lane.take(0, 2, 10_000);
        lane.shed();
        assert_eq!((lane.fetch, lane.bytes(), lane.expected()), (Fetch::Stop, 0, 2));
        assert_eq!(deliver(&mut lane, 4), Delivered::Rewind);
        // Only now the consumer is taken off.
        lane.fetch = Fetch::Off;
        assert_eq!(lane.take(2, 10, 10_000), Taken::OnItsWay);
        assert_eq!((lane.fetch, lane.expected()), (Fetch::Start, 2));
        lane.fetch = Fetch::On;
        deliver(&mut lane, 2);
        assert_eq!(offsets(&lane.take(2, 10, 10_000)), [2]);
    }

    #[test]
    fn what_was_never_taken_is_not_lost_by_giving_it_up() {
        let mut lane = lane(5, 9);
        lane.shed();
        assert_eq!((lane.fetch, lane.expected()), (Fetch::On, 5));
        deliver(&mut lane, 5);
        lane.shed();
        assert_eq!((lane.fetch, lane.expected()), (Fetch::Stop, 5));
    }
}
