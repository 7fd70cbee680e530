//! What librdkafka tells beside messages: its log, its errors, how its brokers are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;

/// The same error is said again after so long.
const SAID_EVERY: Duration = Duration::from_secs(30);

/// How the clients of a process are, all together.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<Beat>);

#[derive(Debug, Default)]
struct Beat {
    /// Since when no broker answers, and what was said last.
    down: Option<(Instant, String)>,
    /// A client cannot go on.
    fatal: Option<String>,
    errors: BTreeMap<String, u64>,
    said: BTreeMap<String, Instant>,
    /// First offsets that are not there yet, as a broker said last: by name of topic and partition.
    ends: BTreeMap<(String, i32), u64>,
}

impl Pulse {
    fn beat(&self) -> MutexGuard<'_, Beat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of an error of a client that nothing replaces.
    pub(super) fn error(&self, error: &KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            self.beat().fatal.get_or_insert_with(|| reason.to_owned());
        }
        self.note(error, reason);
    }

    /// Takes note of an error, and says it, not too often.
    pub(super) fn note(&self, error: &KafkaError, reason: &str) {
        let code = error
            .rdkafka_error_code()
            .map_or_else(|| "other".to_owned(), |code| format!("{code:?}"));
        let mut beat = self.beat();
        *beat.errors.entry(code.clone()).or_default() += 1;
        if code == "AllBrokersDown" && beat.down.is_none() {
            beat.down = Some((Instant::now(), reason.to_owned()));
        }
        let now = Instant::now();
        let is_news = beat.said.get(&code).is_none_or(|said| now - *said >= SAID_EVERY);
        if is_news {
            beat.said.insert(code.clone(), now);
            drop(beat);
            tracing::warn!(code, reason, "Kafka");
        }
    }

    /// A broker answered.
    pub(super) fn up(&self) {
        let down = self.beat().down.take();
        if let Some((since, _)) = down {
            tracing::info!(seconds = since.elapsed().as_secs(), "brokers answer again");
        }
    }

    /// Since when no broker answers, and why.
    pub(super) fn down(&self) -> Option<(Duration, String)> {
        let beat = self.beat();
        beat.down
            .as_ref()
            .map(|(since, reason)| (since.elapsed(), reason.clone()))
    }

    /// Why a client cannot go on.
    pub(super) fn fatal(&self) -> Option<String> {
        self.beat().fatal.clone()
    }

    /// Errors since the process started, by code.
    pub(super) fn errors(&self) -> BTreeMap<String, u64> {
        self.beat().errors.clone()
    }

    pub(super) fn end(&self, topic: &str, partition: i32) -> Option<u64> {
        self.beat().ends.get(&(topic.to_owned(), partition)).copied()
    }

    fn statistics(&self, statistics: &Statistics) {
        let is_up = |broker: &rdkafka::statistics::Broker| broker.nodeid >= 0 && broker.state == "UP";
        if statistics.brokers.values().any(is_up) {
            self.up();
        }
        let mut beat = self.beat();
        for (name, topic) in &statistics.topics {
            for (partition, status) in &topic.partitions {
                if let Ok(end) = u64::try_from(status.hi_offset) {
                    beat.ends.insert((name.clone(), *partition), end);
                }
            }
        }
    }
}

/// Takes what a client tells.
#[derive(Clone, Debug)]
pub(super) struct Context(pub(super) Arc<Pulse>);

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                // Errors come as such, too, and are said there.
                tracing::debug!(target: "librdkafka", facility, text);
            }
            RDKafkaLogLevel::Warning => tracing::debug!(target: "librdkafka", facility, text),
            _ => tracing::trace!(target: "librdkafka", facility, text),
        }
    }

    fn stats(&self, statistics: Statistics) {
        self.0.statistics(&statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(&error, reason);
    }
}

impl ConsumerContext for Context {}
