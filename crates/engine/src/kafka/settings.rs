//! How a Kafka log runs, and what librdkafka is told.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use rdkafka::ClientConfig;

use crate::log::Topic;

/// How a Kafka log runs.
#[derive(Clone, Debug)]
pub struct KafkaSettings {
    /// Where brokers are: `HOST:PORT,…`.
    pub brokers: String,
    /// The consumer group. Default `sanbai`.
    pub group: String,
    /// Which partitions are ours.
    pub assignment: Choice,
    /// Re-creations of the topics, from 1.
    pub generation: u16,
    /// What stands before the names of the topics. Default nothing.
    pub prefix: String,
    /// How connections are secured.
    pub security: Security,
    /// How long a daemon that is silent keeps its partitions, in a group. Default 30 s.
    pub session_timeout: Duration,
    /// Bytes of records that wait to be applied, all partitions together. Default 64 MiB.
    pub buffer_bytes: usize,
    /// Settings of librdkafka that are passed on; see [`KafkaSettings::forbidden`].
    pub client: BTreeMap<String, String>,
}

/// Which partitions a process works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// All of them: there is one process.
    All,
    /// These, whoever else there is.
    List {
        /// Partitions of `sanbai.parcel-events`.
        parcels: Vec<u32>,
        /// Partitions of `sanbai.sightings`.
        scopes: Vec<u32>,
    },
    /// Those that the group gives.
    Group,
}

/// How connections are secured.
#[derive(Clone, Debug, Default)]
pub struct Security {
    /// TLS; `None`: in plain.
    pub tls: Option<Tls>,
    /// Who we are, by user and password; `None`: nobody, or by certificate.
    pub sasl: Option<Sasl>,
}

/// TLS. What is not given is the system's.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// A file with the certificates that are trusted, in PEM.
    pub ca: Option<PathBuf>,
    /// A file with our certificate, in PEM.
    pub certificate: Option<PathBuf>,
    /// A file with its key, in PEM.
    pub key: Option<PathBuf>,
}

/// SASL/SCRAM.
#[derive(Clone)]
pub struct Sasl {
    /// `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub mechanism: String,
    /// The user.
    pub user: String,
    /// The password. Never shown.
    pub password: String,
}

impl fmt::Debug for Sasl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sasl")
            .field("mechanism", &self.mechanism)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Settings of librdkafka on which it rests that nothing is lost or read twice: nobody else sets them.
const OURS: [&str; 23] = [
    "allow.auto.create.topics",
    "auto.offset.reset",
    "batch.size",
    "bootstrap.servers",
    "check.crcs",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "partition.assignment.strategy",
    "request.required.acks",
    "acks",
    "retries",
    "transactional.id",
];

/// Most bytes of messages that go to a partition together, before they are compressed. A topic's `max.message.bytes` is of
/// such a batch, not of a message: a larger one is refused whole.
const BATCH_BYTES: u32 = 262_144;

impl KafkaSettings {
    /// All partitions of the brokers at an address.
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            group: "sanbai".to_owned(),
            assignment: Choice::All,
            generation: 1,
            prefix: String::new(),
            security: Security::default(),
            session_timeout: Duration::from_secs(30),
            buffer_bytes: 64 << 20,
            client: BTreeMap::new(),
        }
    }

    /// The first setting of librdkafka among those passed on that must not be: what is right rests on ours. Passwords and
    /// certificates have settings of their own, which are never shown.
    pub fn forbidden(&self) -> Option<&str> {
        let mut names = self.client.keys().map(String::as_str);
        names.find(|name| OURS.contains(name) || name.starts_with("sasl.") || name.starts_with("ssl."))
    }

    /// Name of a topic on the brokers. Put together each time: whoever needs it often keeps it.
    pub fn name(&self, topic: Topic) -> String {
        format!("{}{}", self.prefix, topic.name())
    }

    /// What every client is told.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "sanbai")
            .set("allow.auto.create.topics", "false")
            .set("socket.keepalive.enable", "true")
            .set("reconnect.backoff.max.ms", "2000")
            .set("topic.metadata.refresh.fast.interval.ms", "100");
        self.secure(&mut config);
        for (name, value) in &self.client {
            config.set(name, value);
        }
        config
    }

    fn secure(&self, config: &mut ClientConfig) {
        let protocol = match (&self.security.tls, &self.security.sasl) {
            (None, None) => "plaintext",
            (Some(_), None) => "ssl",
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), Some(_)) => "sasl_ssl",
        };
        config.set("security.protocol", protocol);
        if let Some(tls) = &self.security.tls {
            config.set("ssl.endpoint.identification.algorithm", "https");
            let files = [
                ("ssl.ca.location", &tls.ca),
                ("ssl.certificate.location", &tls.certificate),
                ("ssl.key.location", &tls.key),
            ];
            for (name, path) in files {
                if let Some(path) = path {
                    config.set(name, path.display().to_string());
                }
            }
        }
        if let Some(sasl) = &self.security.sasl {
            config
                .set("sasl.mechanism", &sasl.mechanism)
                .set("sasl.username", &sasl.user)
                .set("sasl.password", &sasl.password);
        }
    }

    /// A consumer that is told what to read, and from where. It is in no group and commits nothing: the truth is the offset in
    /// a snapshot. What is not there is an error, never a reason to begin elsewhere.
    pub(super) fn consumer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", &self.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("check.crcs", "true")
            .set("enable.partition.eof", "false")
            .set("statistics.interval.ms", "2000");
        let queues = [
            ("queued.min.messages", "50000"),
            ("queued.max.messages.kbytes", "32768"),
            ("fetch.message.max.bytes", "1048576"),
            ("fetch.max.bytes", "16777216"),
            ("receive.message.max.bytes", "17000000"),
            ("fetch.queue.backoff.ms", "20"),
            ("fetch.wait.max.ms", "100"),
        ];
        for (name, value) in queues {
            if !self.client.contains_key(name) {
                config.set(name, value);
            }
        }
        config
    }

    /// A member of the group: it says which partitions are ours, and announces how far they are. It reads nothing.
    pub(super) fn member(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", &self.group)
            .set("group.protocol", "classic")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("max.poll.interval.ms", "600000")
            .set("session.timeout.ms", self.session_timeout.as_millis().to_string())
            .set(
                "heartbeat.interval.ms",
                (self.session_timeout.as_millis() / 10).max(100).to_string(),
            );
        config
    }

    /// A producer of outputs: what it was given is appended in its order, however long that takes. A message that is given
    /// up in the middle would be a gap.
    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.idempotent();
        config.set("message.timeout.ms", "0");
        config
    }

    /// A producer of what comes from outside: whoever sent it is told no after a while, and sends it again.
    pub(super) fn appender(&self) -> ClientConfig {
        let mut config = self.idempotent();
        config.set("message.timeout.ms", "30000");
        config
    }

    fn idempotent(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("batch.size", BATCH_BYTES.to_string());
        let queues = [
            ("compression.type", "lz4"),
            ("linger.ms", "5"),
            ("queue.buffering.max.kbytes", "65536"),
            ("queue.buffering.max.messages", "200000"),
            ("message.max.bytes", "1000000"),
        ];
        for (name, value) in queues {
            if !self.client.contains_key(name) {
                config.set(name, value);
            }
        }
        config
    }
}
