//! Logs: partitioned, append-only, with offsets that rise.

use std::fmt;

use sanbai_core::time::Timestamp;
use sanbai_wire::snapshot::ShardKind;

/// What is logged where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Events of parcels, and the control records among them.
    ParcelEvents,
    /// Registers and rules; one partition.
    Registry,
    /// Sections, from parcel shards to scope shards.
    Sightings,
    /// Published verdicts.
    Verdicts,
    /// Alerts of both kinds.
    Alerts,
    /// Rows of outlets.
    Compliance,
    /// What could not be read or taken.
    Rejects,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 7] = [
        Self::ParcelEvents,
        Self::Registry,
        Self::Sightings,
        Self::Verdicts,
        Self::Alerts,
        Self::Compliance,
        Self::Rejects,
    ];

    /// What shards of a kind read.
    pub const fn read_by(shard: ShardKind) -> Self {
        match shard {
            ShardKind::Parcel => Self::ParcelEvents,
            ShardKind::Scope => Self::Sightings,
        }
    }

    /// Name of the topic.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ParcelEvents => "sanbai.parcel-events",
            Self::Registry => "sanbai.registry",
            Self::Sightings => "sanbai.sightings",
            Self::Verdicts => "sanbai.verdicts",
            Self::Alerts => "sanbai.alerts",
            Self::Compliance => "sanbai.compliance",
            Self::Rejects => "sanbai.rejects",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Headers of a record: names and values.
pub type Headers = Vec<(String, Vec<u8>)>;

/// A record as it lies in a partition.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Record {
    /// Its offset. Offsets rise; some may be missing.
    pub offset: u64,
    /// When the log took it, by its own clock.
    pub timestamp: Timestamp,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Headers,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
}

/// A message to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where.
    pub topic: Topic,
    /// In which partition.
    pub partition: u32,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Headers,
    /// Its value.
    pub value: Vec<u8>,
}

/// Names a message that was handed over, until its delivery is reported. The log hands them out, rising.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Why records cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// Nobody answers just now; try again.
    Unavailable,
    /// The offset is gone: the log begins later.
    Gone {
        /// First offset that is there.
        start: u64,
    },
    /// The offset was never there: the log ends before.
    Beyond {
        /// First offset that is not there yet.
        end: u64,
    },
    /// The topic is another one of the same name now.
    Recreated,
    /// The topic has another number of partitions now.
    PartitionCountChanged,
    /// The records were there and cannot be read any more: what holds them is damaged.
    Damaged {
        /// The offset that was asked for.
        from: u64,
        /// The first offset after it that can be read.
        to: u64,
    },
}

/// Why a message was not delivered. The producer that had it is of no more use: what came after it may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDelivered;

/// A log as one process sees it: what it reads, and the one producer that it has.
///
/// Messages of one producer to one partition are appended in their order, or not at all. A delivery that is reported as
/// failed may have been appended.
pub trait Log {
    /// The next records from an offset on, in their order, at most `max`; none where the log ends.
    ///
    /// # Errors
    /// Where they cannot be read, now or ever.
    fn read(&mut self, topic: Topic, partition: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError>;

    /// The first record from an offset on, out of the row; `None` where the log ends. Waits for it for a moment where it must
    /// be fetched: whoever needs two places before it can go on would ask for the one and the other for ever.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn look_up(&mut self, topic: Topic, partition: u32, from: u64) -> Result<Option<Record>, ReadError> {
        Ok(self.read(topic, partition, from, 1)?.into_iter().next())
    }

    /// The id that a topic was given when it was created, empty where the log gives none. Created anew it has another.
    fn topic_id(&self, _topic: Topic) -> String {
        String::new()
    }

    /// Takes back records that were read last and are wanted again, the first of them first. A log that reads them again
    /// without much ado forgets them.
    fn give_back(&mut self, _topic: Topic, _partition: u32, _records: Vec<Record>) {}

    /// Nobody here reads a partition any more: what was read ahead is forgotten.
    fn forget(&mut self, _topic: Topic, _partition: u32) {}

    /// Up to which offset somebody has said that a snapshot stands; `None` where nobody has.
    ///
    /// # Errors
    /// Where nobody can tell now.
    fn announced(&self, _topic: Topic, _partition: u32) -> Result<Option<u64>, ReadError> {
        Ok(None)
    }

    /// Hands a message to the producer. Waits while the producer has as much as it may hold.
    fn send(&mut self, message: Message) -> Ticket;
}

/// A log whose producer tells what became of its messages.
pub trait Producer: Log {
    /// What became of messages since it was asked last.
    fn deliveries(&mut self) -> Vec<(Ticket, Result<(), NotDelivered>)>;

    /// Closes the producer after a message was not delivered, and goes on with a new one.
    fn reopen(&mut self);
}

/// What is called once when messages are durable, or when it is certain that they will not be.
pub type Done = Box<dyn FnOnce(Result<(), NotDelivered>) + Send>;

/// Why messages are not taken now. Nothing of them is appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// As much waits as may wait.
    Full,
    /// The disk is nearly full, or cannot be written: what is left of it is for what follows from what was taken.
    NoRoom,
    /// The log is being closed.
    Closing,
}

/// Takes what comes from outside, from many threads at once.
pub trait Append: Send + Sync + 'static {
    /// Hands messages over, to be appended in their order. Never waits.
    ///
    /// # Errors
    /// Where they are not taken; then `done` is not called.
    fn append(&self, messages: Vec<Message>, done: Done) -> Result<(), Busy>;
}
