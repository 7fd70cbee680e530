//! Producers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::LocalLog;
use super::queue::Entry;
use crate::delivery::{Deliveries, Receipt};
use crate::log::{Log, Message, NotDelivered, ReadError, Record, Ticket, Topic};

/// A producer of a local log, which also reads it. What it has sent becomes durable also after it was dropped.
#[derive(Debug)]
pub struct LocalProducer {
    log: LocalLog,
    deliveries: Arc<Deliveries>,
}

impl LocalProducer {
    pub(super) fn new(log: LocalLog) -> Self {
        Self {
            log,
            deliveries: Arc::default(),
        }
    }

    /// What became of its messages, since it was asked last. They fail only where the log is closed, or where there is no
    /// such partition.
    pub fn deliveries(&mut self) -> Vec<(Ticket, Result<(), NotDelivered>)> {
        self.deliveries.take()
    }
}

impl Log for LocalProducer {
    fn read(&mut self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        self.log.read(topic, partition, from, max)
    }

    fn topic_id(&self, _: Topic) -> String {
        self.log.topic_id().to_owned()
    }

    /// Hands a message over. Waits while as much waits as may wait: while the disk is slower than the shards, and while it
    /// cannot be written ([`LocalLog::health`] says why).
    fn send(&mut self, message: Message) -> Ticket {
        let shared = &self.log.open.shared;
        let ticket = Ticket(shared.tickets.fetch_add(1, Ordering::Relaxed) + 1);
        let taken = shared.lane_for(&message).is_some_and(|lane| {
            shared.queue.push(Entry {
                lane,
                message,
                receipt: Receipt::Sent(Arc::clone(&self.deliveries), ticket),
            })
        });
        if !taken {
            self.deliveries.tell(ticket, Err(NotDelivered));
        }
        ticket
    }
}
