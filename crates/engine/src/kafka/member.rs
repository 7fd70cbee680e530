//! The member of the group: says which partitions are ours, and announces how far they are. It reads nothing: what it is given
//! it holds paused, at the end, and what it still gets is dropped. So nothing that is known to go wrong between rebalances,
//! pauses and offsets can touch what is read.
//!
//! A rebalance is answered at once, on the thread that polls: nothing is waited for there, nothing is committed there. Group
//! offsets are for tools that show lag, and to announce snapshots; the truth is the offset in a snapshot.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, consumer::RebalanceProtocol};
use sanbai_wire::snapshot::ShardKind;

use super::context::{Context, Pulse};
use super::settings::{Choice, KafkaSettings};
use crate::assignment::Assignment;
use crate::log::{ReadError, Topic};
use crate::signal::Signal;
use crate::stage::Layout;

/// How long a poll waits where nothing happens.
const POLL: Duration = Duration::from_millis(100);

/// How long the coordinator may take to say what was announced.
const ANSWER: Duration = Duration::from_secs(2);

/// How far a shard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which shard.
    pub shard: ShardKind,
    /// Its partition.
    pub partition: u32,
    /// First offset that was not applied.
    pub next: u64,
    /// Offset of its newest snapshot.
    pub snapshot: u64,
}

/// What was seen of the group.
#[derive(Debug, Default)]
pub(super) struct GroupCounts {
    pub(super) rebalances: AtomicU64,
    pub(super) lost: AtomicU64,
}

struct Joining {
    plain: Context,
    assignment: Arc<Assignment>,
    counts: Arc<GroupCounts>,
    signal: Arc<Signal>,
    names: [(String, ShardKind); 2],
}

impl ClientContext for Joining {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.plain.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.plain.error(error, reason);
    }
}

impl ConsumerContext for Joining {
    fn rebalance(&self, member: &BaseConsumer<Self>, told: RDKafkaRespErr, list: &mut TopicPartitionList) {
        self.counts.rebalances.fetch_add(1, Ordering::Relaxed);
        let is_given = told == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let is_lost = member.assignment_lost();
        if !is_given && is_lost {
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
        }
        // Taken before it is given back, given after it is held: never ours for longer than it is.
        if !is_given {
            self.say(list, false);
        }
        if let Err(error) = hold(member, is_given, list) {
            self.plain.0.error(&error, "a rebalance cannot be answered");
        }
        if is_given {
            self.say(list, true);
        }
        tracing::info!(
            given = is_given,
            lost = is_lost,
            partitions = list.count(),
            "the group was rebalanced"
        );
        self.signal.bump();
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        // In a rebalance it fails, and the next one tells all of it.
        if let Err(error) = result {
            tracing::debug!(%error, "what was announced was not taken");
        }
    }
}

impl Joining {
    fn say(&self, list: &TopicPartitionList, is_ours: bool) {
        for element in list.elements() {
            let shard = self.names.iter().find(|(name, _)| name == element.topic());
            let partition = u32::try_from(element.partition());
            if let (Some((_, shard)), Ok(partition)) = (shard, partition) {
                self.assignment.put(*shard, partition, is_ours);
            }
        }
    }
}

/// Does with the assignment what the group told, and reads none of it.
fn hold(member: &BaseConsumer<Joining>, is_given: bool, list: &mut TopicPartitionList) -> KafkaResult<()> {
    let is_cooperative = matches!(member.rebalance_protocol(), RebalanceProtocol::Cooperative);
    match (is_given, is_cooperative) {
        (true, true) => {
            list.set_all_offsets(Offset::End)?;
            member.incremental_assign(list)?;
            member.pause(list)
        }
        (true, false) => {
            list.set_all_offsets(Offset::End)?;
            member.assign(list)?;
            member.pause(list)
        }
        (false, true) => member.incremental_unassign(list),
        (false, false) => member.unassign(),
    }
}

/// The member with the thread that polls it.
pub(super) struct Member {
    consumer: Arc<BaseConsumer<Joining>>,
    names: [(String, ShardKind); 2],
    assignment: Arc<Assignment>,
    counts: Arc<GroupCounts>,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Member {
    /// Joins the group, if partitions are to come from it.
    pub(super) fn start(
        settings: &KafkaSettings,
        layout: Layout,
        pulse: &Arc<Pulse>,
        signal: &Arc<Signal>,
    ) -> Result<Self, KafkaError> {
        let assignment = Arc::new(Assignment::new(layout, settings.assignment == Choice::All));
        if let Choice::List { parcels, scopes } = &settings.assignment {
            for (shard, partitions) in [(ShardKind::Parcel, parcels), (ShardKind::Scope, scopes)] {
                for partition in partitions {
                    assignment.put(shard, *partition, true);
                }
            }
        }
        let names = [
            (settings.name(Topic::ParcelEvents), ShardKind::Parcel),
            (settings.name(Topic::Sightings), ShardKind::Scope),
        ];
        let counts = Arc::new(GroupCounts::default());
        let context = Joining {
            plain: Context(Arc::clone(pulse)),
            assignment: Arc::clone(&assignment),
            counts: Arc::clone(&counts),
            signal: Arc::clone(signal),
            names: names.clone(),
        };
        let consumer: BaseConsumer<Joining> = settings.member().create_with_context(context)?;
        if settings.assignment == Choice::Group {
            let topics: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
            consumer.subscribe(&topics)?;
        }
        let (consumer, stop) = (Arc::new(consumer), Arc::new(AtomicBool::new(false)));
        let (polled, stopped) = (Arc::clone(&consumer), Arc::clone(&stop));
        let poll = move || {
            while !stopped.load(Ordering::Acquire) {
                // What it still gets of what it holds is read by the reader.
                if let Some(Err(error)) = polled.poll(POLL) {
                    polled.client().context().plain.0.error(&error, "the group");
                }
            }
            // Left at once, so that others need not wait until we are missed.
            polled.unsubscribe();
            polled.poll(POLL);
        };
        let thread = Builder::new().name("kafka-member".to_owned()).spawn(poll);
        let thread = thread.map_err(|error| KafkaError::Subscription(error.to_string()))?;
        Ok(Self {
            consumer,
            names,
            assignment,
            counts,
            stop,
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(super) const fn assignment(&self) -> &Arc<Assignment> {
        &self.assignment
    }

    pub(super) fn counts(&self) -> &GroupCounts {
        &self.counts
    }

    fn name(&self, shard: ShardKind) -> &str {
        let mut names = self.names.iter();
        names.find(|(_, known)| *known == shard).map_or("", |(name, _)| name)
    }

    /// Announces how far shards are, of the partitions that are ours.
    pub(super) fn announce(&self, standings: &[Standing]) {
        let mut list = TopicPartitionList::new();
        for standing in standings {
            if !self.assignment.is_ours(standing.shard, standing.partition) {
                continue;
            }
            let partition = i32::try_from(standing.partition).unwrap_or(i32::MAX);
            let offset = i64::try_from(standing.next).unwrap_or(i64::MAX);
            let mut element = list.add_partition(self.name(standing.shard), partition);
            element.set_offset(Offset::Offset(offset)).ok();
            element.set_metadata(format!("snapshot={}", standing.snapshot));
        }
        if list.count() > 0
            && let Err(error) = self.consumer.commit(&list, CommitMode::Async)
        {
            tracing::debug!(%error, "what is announced was not sent");
        }
    }

    /// The offset of the snapshot that was announced last; `None` where none was.
    pub(super) fn announced(&self, shard: ShardKind, partition: u32) -> Result<Option<u64>, ReadError> {
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition(self.name(shard), i32::try_from(partition).unwrap_or(i32::MAX));
        let told = self.consumer.committed_offsets(list, ANSWER);
        let told = told.map_err(|_| ReadError::Unavailable)?;
        let element = told.elements();
        let element = element.first();
        let told = element.and_then(|element| element.metadata().strip_prefix("snapshot=")?.parse().ok());
        Ok(told.filter(|offset| *offset > 0))
    }

    /// Leaves the group.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of the group had panicked");
        }
    }

    /// Whether its thread polls.
    pub(super) fn runs(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.stop();
    }
}
