//! Restoring: the newest snapshot that can be read, and whether the log and the registry are still those of its making.

use sanbai_core::shard::input::Behaviour;
use sanbai_core::shard::row::Row;
use sanbai_wire::control::{self, Control};
use sanbai_wire::snapshot::{Manifest, ShardKind, SnapshotReader, verify};
use sha2::{Digest as _, Sha256};

use super::snapshot::{expand, names, offset_of};
use super::{Held, Parked, Progress, Running, Task, TaskAlarm, digest, folder};
use crate::log::{Log, ReadError, Topic};
use crate::registry::RegistryCopy;
use crate::stage::{Stage, headers};
use crate::store::{Store, StoreError};

/// Why a task was not restored.
pub(super) enum Restored {
    /// It will be, later.
    Waits(Progress),
    /// It must not be.
    Parks(Parked),
}

impl From<StoreError> for Restored {
    fn from(_: StoreError) -> Self {
        Self::Waits(Progress::Unavailable)
    }
}

impl Restored {
    /// What a log that cannot be read means for a shard whose next record is at an offset.
    const fn of_read(error: ReadError, next: u64) -> Self {
        match error {
            ReadError::Unavailable => Self::Waits(Progress::Unavailable),
            ReadError::Gone { start } => Self::Parks(Parked::DataGap { from: next, to: start }),
            ReadError::Beyond { .. } => Self::Parks(Parked::LogDiverged),
            ReadError::Recreated => Self::Parks(Parked::TopicRecreated),
            ReadError::PartitionCountChanged => Self::Parks(Parked::PartitionCountChanged),
            ReadError::Damaged { from, to } => Self::Parks(Parked::Unreadable { from, to }),
        }
    }
}

impl<S: Stage> Task<S> {
    pub(super) fn restore(
        &mut self,
        log: &mut impl Log,
        store: &mut impl Store,
        registry: &RegistryCopy,
    ) -> Result<Running<S>, Restored> {
        let topics = [S::INPUT, Topic::Registry].map(|topic| log.topic_id(topic));
        let folder = folder::<S>(self.settings.layout, self.settings.partition);
        // Asked before the store is: what is announced stands there by then.
        let announced = log.announced(S::INPUT, self.settings.partition);
        let announced = announced.map_err(|error| Restored::of_read(error, 0))?;
        let list = store.list(&folder)?;
        self.is_shared(announced, &list, &folder, store)?;
        let mut offsets: Vec<u64> = list.iter().filter_map(|name| offset_of(name)).collect();
        offsets.sort_unstable();
        // Everything before the newest snapshot was acknowledged, whether or not it can be read.
        let silent_until = offsets.last().copied().unwrap_or(0);
        let oldest = offsets.first().copied().unwrap_or(0);
        // Why the newest cannot be read here, where that is another build's.
        let mut foreign: Option<Parked> = None;
        for offset in offsets.into_iter().rev() {
            let (_, name) = names(&folder, offset);
            let bytes = store.get(&name)?;
            let Some(manifest) = Manifest::decode(&bytes)
                .ok()
                .filter(|manifest| manifest.offset == offset)
            else {
                self.set_aside(store, &folder, offset)?;
                continue;
            };
            if manifest.format != Row::FORMAT {
                // It is whole, and not ours to judge.
                foreign.get_or_insert(Parked::SnapshotFormat(manifest.format));
                continue;
            }
            let own = S::own_behaviour(&self.settings.stage);
            if manifest.behaviour != own && !activates(own, &manifest, log)? {
                foreign.get_or_insert(Parked::BehaviourChanged(manifest.behaviour));
                continue;
            }
            self.check(&manifest, &topics, registry)?;
            let last = check_log::<S>(&manifest, manifest.behaviour == own, log)?;
            let rows = match store.get(&manifest.object) {
                Ok(rows) => rows,
                Err(StoreError::NotFound) => {
                    self.set_aside(store, &folder, offset)?;
                    continue;
                }
                Err(StoreError::Unavailable) => return Err(Restored::Waits(Progress::Unavailable)),
            };
            let Some(stage) = self.read(&manifest, rows) else {
                self.set_aside(store, &folder, offset)?;
                continue;
            };
            return Ok(Running {
                stage,
                last,
                silent_until,
                unacknowledged: std::collections::BTreeMap::new(),
                snapshot: None,
                snapshot_at: offset,
                snapshot_due: offset.saturating_add(self.settings.snapshot_every),
                needed_from: oldest,
                held: Held::default(),
                topics,
            });
        }
        match foreign {
            Some(parked) => Err(Restored::Parks(parked)),
            None => self.start(log, silent_until, topics),
        }
    }

    /// Whether the snapshot that was announced is where we look for it.
    fn is_shared(
        &self,
        announced: Option<u64>,
        list: &[String],
        folder: &str,
        store: &mut impl Store,
    ) -> Result<(), Restored> {
        let Some(announced) = announced.filter(|_| !self.is_alone) else {
            return Ok(());
        };
        let newest = |list: &[String]| list.iter().filter_map(|name| offset_of(name)).max().unwrap_or(0);
        // One that was set aside was there.
        if newest(list).max(newest(&store.list(&format!("damaged/{folder}"))?)) >= announced {
            return Ok(());
        }
        Err(Restored::Parks(Parked::SnapshotStoreNotShared(announced)))
    }

    /// Without a snapshot the whole log is applied again, which needs all of it.
    fn start(&self, log: &mut impl Log, silent_until: u64, topics: [String; 2]) -> Result<Running<S>, Restored> {
        match log.read(S::INPUT, self.settings.partition, 0, 1) {
            // Damaged records are met when it comes to them.
            Ok(_) | Err(ReadError::Damaged { .. }) => {}
            Err(error) => return Err(Restored::of_read(error, 0)),
        }
        Ok(Running {
            stage: S::new(&self.settings.stage, self.settings.partition, self.settings.layout),
            last: None,
            silent_until,
            unacknowledged: std::collections::BTreeMap::new(),
            snapshot: None,
            snapshot_at: 0,
            snapshot_due: self.settings.snapshot_every,
            needed_from: 0,
            held: Held::default(),
            topics,
        })
    }

    /// Whether a snapshot was made of this topic, laid out like this, with this registry.
    fn check(&self, manifest: &Manifest, topics: &[String; 2], registry: &RegistryCopy) -> Result<(), Restored> {
        let layout = self.settings.layout;
        let partitions = match manifest.shard {
            ShardKind::Parcel => layout.parcels,
            ShardKind::Scope => layout.scopes,
        };
        // A snapshot that names no id was made on a log that gives none.
        let is_another = |known: &str, now: &str| !known.is_empty() && known != now;
        let [topic, registry_topic] = topics;
        if is_another(&manifest.registry_topic_id, registry_topic) && !is_another(&manifest.topic_id, topic) {
            return Err(Restored::Parks(Parked::RegistryDiverged));
        }
        let is_another = is_another(&manifest.topic_id, topic);
        if is_another || manifest.shard != S::SHARD || manifest.generation != layout.generation {
            return Err(Restored::Parks(Parked::TopicRecreated));
        }
        if manifest.partition != self.settings.partition || manifest.partitions != partitions {
            return Err(Restored::Parks(Parked::PartitionCountChanged));
        }
        let Some(known) = registry.digest_before(manifest.registry_offset) else {
            return Err(Restored::Waits(Progress::AwaitsRegistry(manifest.registry_offset)));
        };
        if manifest.registry_digest != known.to_be_bytes() {
            return Err(Restored::Parks(Parked::RegistryDiverged));
        }
        Ok(())
    }

    /// The stage that rows hold; `None` where they are damaged.
    fn read(&self, manifest: &Manifest, stored: Vec<u8>) -> Option<S> {
        if <[u8; 32]>::from(Sha256::digest(&stored)) != manifest.object_sha256 {
            return None;
        }
        let rows = expand(&manifest.compression, stored)?;
        if verify([rows.as_slice()]).is_err() {
            return None;
        }
        let mut rows = SnapshotReader::new([rows.as_slice()]).map_while(Result::ok);
        S::restore(
            &self.settings.stage,
            self.settings.partition,
            self.settings.layout,
            manifest.offset,
            &mut rows,
        )
        .ok()
    }

    /// Puts a damaged snapshot where nobody restores from it, and says so.
    fn set_aside(&mut self, store: &mut impl Store, folder: &str, offset: u64) -> Result<(), Restored> {
        let (object, manifest) = names(folder, offset);
        for name in [manifest, object] {
            match store.get(&name) {
                Ok(bytes) => {
                    store.put(&format!("damaged/{name}"), bytes)?;
                    store.delete(&name)?;
                }
                Err(StoreError::NotFound) => {}
                Err(StoreError::Unavailable) => return Err(Restored::Waits(Progress::Unavailable)),
            }
        }
        self.alarms.push(TaskAlarm::SnapshotDamaged { offset });
        Ok(())
    }
}

/// Whether the first record after a snapshot of another build hands over to ours. Scope shards write nothing that
/// must be the same from build to build, and their log hands over nothing.
fn activates(own: Behaviour, manifest: &Manifest, log: &mut impl Log) -> Result<bool, Restored> {
    if manifest.shard == ShardKind::Scope {
        return Ok(true);
    }
    let record = match log.look_up(Topic::ParcelEvents, manifest.partition, manifest.offset) {
        Ok(record) => record,
        Err(ReadError::Gone { .. } | ReadError::Beyond { .. } | ReadError::Damaged { .. }) => return Ok(false),
        Err(error) => return Err(Restored::of_read(error, manifest.offset)),
    };
    Ok(record.is_some_and(|record| {
        let headers = headers(&record);
        let kind = control::kind_header(&headers).unwrap_or_default();
        let value = record.value.as_deref().unwrap_or_default();
        let read = control::decode(kind, value, record.timestamp);
        read.is_ok_and(|read| read.control == Control::Activate(own))
    }))
}

/// Whether the record before the snapshot is still the one that it was; gives its offset and digest. `is_all`: no other
/// place was looked at before.
fn check_log<S: Stage>(
    manifest: &Manifest,
    is_all: bool,
    log: &mut impl Log,
) -> Result<Option<(u64, [u8; 32])>, Restored> {
    let Some(before) = manifest.offset.checked_sub(1) else {
        return Ok(None);
    };
    let found = if is_all {
        let records = log.read(S::INPUT, manifest.partition, before, 1);
        records.map(|records| records.into_iter().next())
    } else {
        log.look_up(S::INPUT, manifest.partition, before)
    };
    let record = match found {
        Ok(record) => record,
        Err(ReadError::Gone { start }) if start <= manifest.offset => return Ok(None),
        Err(ReadError::Damaged { .. }) => return Ok(None),
        Err(error) => return Err(Restored::of_read(error, manifest.offset)),
    };
    // Under some offsets there is no record: then nothing can be compared.
    let Some(record) = record.filter(|record| record.offset == before) else {
        return Ok(None);
    };
    let digest = digest(&record);
    if manifest.record_digest.is_empty() || manifest.record_digest == digest {
        Ok(Some((before, digest)))
    } else {
        Err(Restored::Parks(Parked::LogDiverged))
    }
}
