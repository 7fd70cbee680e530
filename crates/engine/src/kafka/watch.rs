//! Which topics there are, and whether they are still those that they were.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::context::Pulse;
use super::settings::KafkaSettings;
use super::{KafkaOpenError, describe as ask, topics};
use crate::log::{ReadError, Topic};
use crate::signal::Signal;
use crate::stage::Layout;

/// How long brokers may take to answer at the start.
const START: Duration = Duration::from_secs(20);

/// How often it is looked whether the topics are still those that they were.
const LOOK: Duration = Duration::from_secs(5);

/// Whether topics are still those that they were at the start.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) stop: AtomicBool,
    /// 0: it is; 1: another topic of its name; 2: another number of partitions.
    topics: [AtomicU8; Topic::ALL.len()],
}

impl Changes {
    pub(super) fn look(&self, topic: Topic) -> Result<(), ReadError> {
        let place = Topic::ALL.iter().position(|known| *known == topic);
        let change = place.and_then(|place| self.topics.get(place));
        match change.map(|change| change.load(Ordering::Acquire)) {
            Some(1) => Err(ReadError::Recreated),
            Some(2) => Err(ReadError::PartitionCountChanged),
            _ => Ok(()),
        }
    }
}

/// Ids and numbers of partitions, by topic.
pub(super) type Found = BTreeMap<Topic, (String, u32)>;

fn describe(
    asking: &topics::Asking,
    settings: &KafkaSettings,
    most: Duration,
) -> Option<BTreeMap<Topic, Option<(String, u32)>>> {
    let names: Vec<String> = Topic::ALL.map(|topic| settings.name(topic)).to_vec();
    let told = ask::topics(asking.inner(), &names, most)?;
    let of = |topic: Topic| {
        let name = settings.name(topic);
        let described = told.iter().find(|described| described.name == name)?;
        Some((topic, described.found.clone()))
    };
    Topic::ALL.into_iter().map(of).collect()
}

pub(super) fn find(settings: &KafkaSettings, pulse: &Arc<Pulse>) -> Result<Found, KafkaOpenError> {
    let asking = topics::asking(settings, pulse)?;
    let until = Instant::now() + START;
    let told = loop {
        if let Some(told) = describe(&asking, settings, Duration::from_secs(5)) {
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

/// Looks now and then whether the topics are still those that they were.
pub(super) fn watch(
    settings: &KafkaSettings,
    pulse: &Arc<Pulse>,
    found: Found,
    changes: Arc<Changes>,
    signal: Arc<Signal>,
) -> std::io::Result<JoinHandle<()>> {
    let settings = settings.clone();
    let asking = topics::asking(&settings, pulse).map_err(std::io::Error::other)?;
    Builder::new().name("kafka-topics".to_owned()).spawn(move || {
        let mut next = Instant::now() + LOOK;
        while !changes.stop.load(Ordering::Acquire) {
            let seen = signal.now();
            let left = next.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                signal.wait(seen, left);
                continue;
            }
            next = Instant::now() + LOOK;
            let Some(told) = describe(&asking, &settings, Duration::from_secs(2)) else {
                continue;
            };
            for (place, topic) in Topic::ALL.into_iter().enumerate() {
                let (Some(Some(now)), Some(before)) = (told.get(&topic), found.get(&topic)) else {
                    continue;
                };
                let change = match (now.0 == before.0, now.1 == before.1) {
                    (true, true) => 0,
                    (false, _) => 1,
                    (true, false) => 2,
                };
                let Some(known) = changes.topics.get(place) else {
                    continue;
                };
                if known.swap(change, Ordering::AcqRel) != change {
                    tracing::error!(topic = topic.name(), change, "a topic is not the one that it was");
                    signal.bump();
                }
            }
        }
    })
}
