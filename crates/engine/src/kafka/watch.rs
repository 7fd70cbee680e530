//! Which topics there are, and whether they are still those that they were.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::KafkaOpenError;
use super::context::Pulse;
use super::describe;
use super::settings::KafkaSettings;
use super::topics::{Asking, asking};
use crate::log::{ReadError, Topic};
use crate::signal::Signal;
use crate::stage::Layout;

/// How long brokers may take to answer at the start.
const START: Duration = Duration::from_secs(20);

/// How long they may take later.
const ANSWER: Duration = Duration::from_secs(2);

/// How often it is looked whether the topics are still those that they were.
const LOOK: Duration = Duration::from_secs(5);

/// Ids and numbers of partitions, by topic.
pub(super) type Found = BTreeMap<Topic, (String, u32)>;

fn describe(
    asking: &Asking,
    settings: &KafkaSettings,
    most: Duration,
) -> Option<BTreeMap<Topic, Option<(String, u32)>>> {
    let names: Vec<String> = Topic::ALL.map(|topic| settings.name(topic)).to_vec();
    let told = describe::topics(asking.inner(), &names, most)?;
    let of = |topic: Topic| {
        let name = settings.name(topic);
        let described = told.iter().find(|described| described.name == name)?;
        Some((topic, described.found.clone()))
    };
    Topic::ALL.into_iter().map(of).collect()
}

pub(super) fn find(settings: &KafkaSettings, pulse: &Arc<Pulse>) -> Result<Found, KafkaOpenError> {
    let client = asking(settings, pulse)?;
    let until = Instant::now() + START;
    let told = loop {
        if let Some(told) = describe(&client, settings, Duration::from_secs(5)) {
            break told;
        }
        if Instant::now() >= until {
            let reason = pulse.down().map(|(_, reason)| reason);
            let reason = reason.unwrap_or_else(|| format!("{} is silent", settings.brokers));
            return Err(KafkaOpenError::Unavailable(reason));
        }
    };
    let missing: Vec<String> = told
        .iter()
        .filter(|(_, found)| found.is_none())
        .map(|(topic, _)| settings.name(*topic))
        .collect();
    if missing.is_empty() {
        Ok(told
            .into_iter()
            .filter_map(|(topic, found)| Some((topic, found?)))
            .collect())
    } else {
        Err(KafkaOpenError::Missing(missing))
    }
}

pub(super) fn layout(settings: &KafkaSettings, found: &Found) -> Result<Layout, KafkaOpenError> {
    let count = |topic: Topic| found.get(&topic).map_or(0, |(_, partitions)| *partitions);
    let layout = Layout {
        generation: settings.generation,
        parcels: count(Topic::ParcelEvents),
        scopes: count(Topic::Sightings),
    };
    for topic in Topic::ALL {
        let (found, wanted) = (count(topic), layout.partitions(topic));
        if found != wanted {
            return Err(KafkaOpenError::Partitions {
                topic: settings.name(topic),
                found,
                wanted,
            });
        }
    }
    Ok(layout)
}

/// Whether topics are still those that they were at the start.
pub(super) struct Watch {
    settings: KafkaSettings,
    asking: Asking,
    found: Found,
    stop: AtomicBool,
    /// 0: it is; 1: another topic of its name; 2: another number of partitions.
    changes: [AtomicU8; Topic::ALL.len()],
}

impl Watch {
    pub(super) fn new(settings: &KafkaSettings, pulse: &Arc<Pulse>, found: Found) -> Result<Self, KafkaOpenError> {
        Ok(Self {
            settings: settings.clone(),
            asking: asking(settings, pulse)?,
            found,
            stop: AtomicBool::new(false),
            changes: Default::default(),
        })
    }

    /// The id that a topic had.
    pub(super) fn id(&self, topic: Topic) -> &str {
        self.found.get(&topic).map_or("", |(id, _)| id)
    }

    /// Begins to ask now and then, until it is stopped.
    pub(super) fn begin(self: &Arc<Self>, signal: Arc<Signal>) -> std::io::Result<JoinHandle<()>> {
        let watch = Arc::clone(self);
        Builder::new().name("kafka-topics".to_owned()).spawn(move || {
            let mut next = Instant::now() + LOOK;
            while !watch.stop.load(Ordering::Acquire) {
                let seen = signal.now();
                let left = next.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    signal.wait(seen, left);
                    continue;
                }
                next = Instant::now() + LOOK;
                // Where nobody answers it is asked again.
                watch.ask(&signal).ok();
            }
        })
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// What was seen of a topic when it was asked last.
    pub(super) fn look(&self, topic: Topic) -> Result<(), ReadError> {
        let change = Topic::ALL
            .into_iter()
            .zip(&self.changes)
            .find(|(known, _)| *known == topic);
        match change.map(|(_, change)| change.load(Ordering::Acquire)) {
            Some(1) => Err(ReadError::Recreated),
            Some(2) => Err(ReadError::PartitionCountChanged),
            _ => Ok(()),
        }
    }

    /// Asks brokers whether the topics are the same. One that is not there just now may be on its way.
    pub(super) fn ask(&self, signal: &Signal) -> Result<(), ReadError> {
        let told = describe(&self.asking, &self.settings, ANSWER).ok_or(ReadError::Unavailable)?;
        let mut is_whole = true;
        for (topic, known) in Topic::ALL.into_iter().zip(&self.changes) {
            let (Some(Some(now)), Some(before)) = (told.get(&topic), self.found.get(&topic)) else {
                is_whole = false;
                continue;
            };
            let change = match (now.0 == before.0, now.1 == before.1) {
                (true, true) => 0,
                (false, _) => 1,
                (true, false) => 2,
            };
            if known.swap(change, Ordering::AcqRel) != change {
                tracing::error!(topic = topic.name(), change, "a topic is not the one that it was");
                signal.bump();
            }
        }
        if is_whole { Ok(()) } else { Err(ReadError::Unavailable) }
    }
}
