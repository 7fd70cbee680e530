//! What an operator may do to topics, and should not.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::runtime::Runtime;

/// How long brokers may take.
const ANSWER: Duration = Duration::from_secs(20);

pub(crate) struct Admin {
    client: AdminClient<DefaultClientContext>,
    runtime: Runtime,
}

impl Admin {
    pub(crate) fn of(brokers: &str) -> Self {
        let mut config = ClientConfig::new();
        Self {
            client: config.set("bootstrap.servers", brokers).create().expect("a client"),
            runtime: Runtime::new().expect("threads"),
        }
    }

    fn options() -> AdminOptions {
        AdminOptions::new()
            .request_timeout(Some(ANSWER))
            .operation_timeout(Some(ANSWER))
    }

    pub(crate) fn create(&self, name: &str, partitions: u32, settings: &[(&str, &str)]) {
        let partitions = i32::try_from(partitions).expect("few");
        let until = Instant::now() + ANSWER;
        loop {
            let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(-1));
            let topic = settings.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
            let wanted = [topic];
            let made = self.client.create_topics(&wanted, &Self::options());
            let made = self.runtime.block_on(made).expect("brokers answer").remove(0);
            // One of that name may be about to go.
            let Err(error) = made else { return };
            assert!(Instant::now() < until, "{name} is not made: {error:?}");
        }
    }

    pub(crate) fn delete(&self, name: &str) {
        let gone = self.client.delete_topics(&[name], &Self::options());
        let gone = self.runtime.block_on(gone).expect("brokers answer").remove(0);
        gone.expect("it is there");
    }

    /// Gives a topic more partitions.
    pub(crate) fn raise(&self, name: &str, partitions: usize) {
        let wanted = [NewPartitions::new(name, partitions)];
        let more = self.client.create_partitions(&wanted, &Self::options());
        let more = self.runtime.block_on(more).expect("brokers answer").remove(0);
        more.expect("it takes more");
    }

    /// What lies before an offset is gone, as if it had been kept long enough.
    pub(crate) fn forget(&self, name: &str, partition: u32, before: u64) {
        let mut list = TopicPartitionList::new();
        let (partition, before) = (partition.cast_signed(), before.cast_signed());
        list.add_partition_offset(name, partition, Offset::Offset(before))
            .expect("a place");
        let options = Self::options();
        let gone = self.client.delete_records(&list, &options);
        self.runtime.block_on(gone).expect("brokers answer");
    }
}
