//! How a local log runs.

use std::time::Duration;

use crate::log::Topic;

/// How a local log runs. What is said of partitions counts when its directory is made; later the directory says it.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalSettings {
    /// Partitions of `sanbai.parcel-events`, `sanbai.verdicts` and `sanbai.rejects`, from 1 to 4096. Default 4.
    pub parcels: u32,
    /// Partitions of `sanbai.sightings`, `sanbai.compliance` and `sanbai.alerts`, from 1 to 4096. Default 1.
    pub scopes: u32,
    /// A segment that would grow beyond this is followed by the next. Default 64 MiB. What retention removes is removed in
    /// such pieces; where a segment is damaged, this much memory is needed to look through it.
    pub segment_bytes: u64,
    /// How long records are kept.
    pub retention: Retention,
    /// The share of the disk that must be free, or nothing more is taken from outside. Default 0.15.
    pub free_min: f64,
    /// Bytes that may wait to become durable. Default 64 MiB. What comes from outside may take half of it.
    pub queue_bytes: u64,
    /// Bytes of the newest records of each partition that are kept in memory too, for whoever reads at the end. Default 1 MiB.
    pub recent_bytes: u64,
    /// Threads that write, at least 1. Default 4. A partition is always written by the same one.
    pub writers: usize,
}

impl Default for LocalSettings {
    fn default() -> Self {
        Self {
            parcels: 4,
            scopes: 1,
            segment_bytes: 64 << 20,
            retention: Retention::default(),
            free_min: 0.15,
            queue_bytes: 64 << 20,
            recent_bytes: 1 << 20,
            writers: 4,
        }
    }
}

/// How long the records of each topic are kept; `None`: for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Of `sanbai.parcel-events`. Default 14 days.
    pub parcel_events: Option<Duration>,
    /// Of `sanbai.registry`. Default for ever: everything ever judged rests on it.
    pub registry: Option<Duration>,
    /// Of `sanbai.sightings`. Default 7 days.
    pub sightings: Option<Duration>,
    /// Of `sanbai.verdicts`. Default 30 days.
    pub verdicts: Option<Duration>,
    /// Of `sanbai.alerts`. Default 90 days.
    pub alerts: Option<Duration>,
    /// Of `sanbai.compliance`. Default 30 days.
    pub compliance: Option<Duration>,
    /// Of `sanbai.rejects`. Default 90 days.
    pub rejects: Option<Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days: u64| Some(Duration::from_secs(days * 24 * 60 * 60));
        Self {
            parcel_events: days(14),
            registry: None,
            sightings: days(7),
            verdicts: days(30),
            alerts: days(90),
            compliance: days(30),
            rejects: days(90),
        }
    }
}

impl Retention {
    /// How long the records of a topic are kept.
    pub const fn of(&self, topic: Topic) -> Option<Duration> {
        match topic {
            Topic::ParcelEvents => self.parcel_events,
            Topic::Registry => self.registry,
            Topic::Sightings => self.sightings,
            Topic::Verdicts => self.verdicts,
            Topic::Alerts => self.alerts,
            Topic::Compliance => self.compliance,
            Topic::Rejects => self.rejects,
        }
    }
}
