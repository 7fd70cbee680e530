//! Snapshots: the rows first, the manifest once every output caused before them is acknowledged.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, OnceLock};

use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use sanbai_core::time::Timestamp;
use sanbai_wire::snapshot::{Manifest, SnapshotWriter};
use sha2::{Digest as _, Sha256};

use super::{Running, Task, TaskAlarm, folder};
use crate::registry::RegistryCopy;
use crate::stage::Stage;
use crate::store::{Store, Writing};

/// How the rows of a snapshot are compressed.
pub(super) const COMPRESSION: &str = "lz4";

/// A snapshot that is not visible yet.
#[derive(Debug)]
pub(super) struct Pending {
    offset: u64,
    name: String,
    manifest: Manifest,
    /// `None` once the rows are written.
    writing: Option<Writing>,
    rows: Arc<OnceLock<Rows>>,
    /// That its manifest cannot be written was said.
    is_late: bool,
}

impl Pending {
    /// What was applied before it is in it.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }
}

/// What the manifest says of the rows.
#[derive(Debug)]
struct Rows {
    count: u64,
    bytes: u64,
    sha256: [u8; 32],
}

/// Names of the two objects of a snapshot.
pub(super) fn names(folder: &str, offset: u64) -> (String, String) {
    (
        format!("{folder}{offset:020}.rows"),
        format!("{folder}{offset:020}.manifest"),
    )
}

/// The offset in the name of a manifest.
pub(crate) fn offset_of(name: &str) -> Option<u64> {
    name.rsplit('/').next()?.strip_suffix(".manifest")?.parse().ok()
}

/// The offset in the name of rows.
fn rows_offset_of(name: &str) -> Option<u64> {
    name.rsplit('/').next()?.strip_suffix(".rows")?.parse().ok()
}

impl<S: Stage> Task<S> {
    /// Begins a snapshot of the state as it is: its rows are made from a copy and written beside. Where the store cannot
    /// take one now, it is asked again later.
    pub(super) fn take_snapshot(&mut self, store: &mut impl Store, registry: &RegistryCopy) {
        let folder = folder::<S>(self.settings.layout, self.settings.partition);
        let Some(running) = self.running.as_mut().filter(|running| running.snapshot.is_none()) else {
            return;
        };
        let offset = running.stage.ledger().next;
        let (object, name) = names(&folder, offset);
        let manifest = running.manifest(&self.settings, registry, object.clone(), store.now());
        let (stage, rows) = (running.stage.clone(), Arc::new(OnceLock::new()));
        let made = Arc::clone(&rows);
        let writing = store.begin(&object, Box::new(move || rows_of(&stage, &made)));
        // Whoever asks for the next one while this one is being written gets it.
        running.snapshot_due = offset.saturating_add(self.settings.snapshot_every);
        running.snapshot = Some(Pending {
            offset,
            name,
            manifest,
            writing: Some(writing),
            rows,
            is_late: false,
        });
    }

    /// Makes a snapshot visible once its rows are written and nothing before it is unacknowledged; `true` where it did.
    pub(super) fn publish_snapshot(&mut self, store: &mut impl Store) -> bool {
        let Some(running) = &mut self.running else {
            return false;
        };
        let Some(pending) = &mut running.snapshot else {
            return false;
        };
        let offset = pending.offset;
        if let Some(writing) = pending.writing {
            match store.written(writing) {
                None => return false,
                Some(Ok(())) => pending.writing = None,
                Some(Err(_)) => {
                    running.snapshot = None;
                    // Not at once again: the store has just failed.
                    let pause = self.settings.snapshot_every.div_ceil(8);
                    running.snapshot_due = running.stage.ledger().next.saturating_add(pause);
                    self.alarms.push(TaskAlarm::SnapshotNotWritten { offset });
                    return false;
                }
            }
        }
        // Causes rise with tickets, so the first one is the earliest.
        if running
            .unacknowledged
            .values()
            .next()
            .is_some_and(|cause| *cause < offset)
        {
            return false;
        }
        let Some(rows) = pending.rows.get() else {
            unreachable!("the rows were written, so they were made")
        };
        let manifest = Manifest {
            object_bytes: rows.bytes,
            object_sha256: rows.sha256,
            rows: rows.count,
            ..pending.manifest.clone()
        };
        if store.put(&pending.name, manifest.encode()).is_err() {
            // Asked again at each step; the store knows when to try.
            if !std::mem::replace(&mut pending.is_late, true) {
                self.alarms.push(TaskAlarm::SnapshotNotWritten { offset });
            }
            return false;
        }
        running.snapshot = None;
        running.snapshot_at = offset;
        self.refused_at = None;
        if let Some(oldest) = self.delete_old_snapshots(store)
            && let Some(running) = &mut self.running
        {
            running.needed_from = oldest;
        }
        true
    }

    /// Keeps the newest ones, and returns the offset of the oldest of them. What cannot be deleted now is deleted another
    /// time.
    fn delete_old_snapshots(&self, store: &mut impl Store) -> Option<u64> {
        let folder = folder::<S>(self.settings.layout, self.settings.partition);
        let list = store.list(&folder).ok()?;
        let mut offsets: Vec<u64> = list.iter().filter_map(|name| offset_of(name)).collect();
        offsets.sort_unstable();
        let surplus = offsets.len().saturating_sub(self.settings.snapshots_kept.max(1));
        let kept = offsets.split_off(surplus);
        for offset in offsets {
            let (object, manifest) = names(&folder, offset);
            // The manifest first: rows without one are not seen.
            if store.delete(&manifest).is_ok() {
                store.delete(&object).ok();
            }
        }
        // Rows whose snapshot was never published.
        let newest = kept.last().copied().unwrap_or(0);
        let rows = list.iter().filter_map(|name| Some((name, rows_offset_of(name)?)));
        for (name, offset) in rows {
            if offset < newest && kept.binary_search(&offset).is_err() {
                store.delete(name).ok();
            }
        }
        kept.first().copied()
    }
}

/// The rows of a stage, compressed.
fn rows_of<S: Stage>(stage: &S, made: &OnceLock<Rows>) -> Vec<u8> {
    let mut writer = SnapshotWriter::new();
    let mut out = FrameEncoder::new(Vec::new());
    let mut put = |bytes: &[u8]| match out.write_all(bytes) {
        Ok(()) => {}
        Err(error) => unreachable!("memory takes what is written: {error}"),
    };
    for row in stage.rows() {
        match writer.row(&row) {
            Ok(chunk) => put(chunk),
            Err(error) => unreachable!("a row is far below the limits of a snapshot: {error}"),
        }
    }
    let (end, summary) = writer.finish();
    put(&end);
    let bytes = match out.finish() {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("memory takes what is written: {error}"),
    };
    let rows = Rows {
        count: summary.rows,
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: Sha256::digest(&bytes).into(),
    };
    // Made once; a second time it would say the same.
    made.set(rows).ok();
    bytes
}

/// The rows as they were before they were compressed; `None` where they are damaged, or compressed in another way.
pub(crate) fn expand(compression: &str, stored: Vec<u8>) -> Option<Vec<u8>> {
    match compression {
        "" => Some(stored),
        COMPRESSION => {
            let mut rows = Vec::new();
            FrameDecoder::new(stored.as_slice()).read_to_end(&mut rows).ok()?;
            Some(rows)
        }
        _ => None,
    }
}

impl<S: Stage> Running<S> {
    fn manifest(
        &self,
        settings: &super::TaskSettings<S::Settings>,
        registry: &RegistryCopy,
        object: String,
        taken_at: Timestamp,
    ) -> Manifest {
        let registry_offset = self.stage.registry_offset();
        let registry_digest = registry.digest_before(registry_offset).unwrap_or(0);
        let partitions = match S::SHARD {
            sanbai_wire::snapshot::ShardKind::Parcel => settings.layout.parcels,
            sanbai_wire::snapshot::ShardKind::Scope => settings.layout.scopes,
        };
        Manifest {
            format: sanbai_core::shard::row::Row::FORMAT,
            shard: S::SHARD,
            topic: S::INPUT.name().to_owned(),
            topic_id: self.topics[0].clone(),
            generation: settings.layout.generation,
            partition: settings.partition,
            partitions,
            offset: self.stage.ledger().next,
            record_digest: self.last.map(|(_, digest)| digest.to_vec()).unwrap_or_default(),
            registry_topic_id: self.topics[1].clone(),
            registry_offset,
            registry_digest: registry_digest.to_be_bytes().to_vec(),
            behaviour: self.stage.behaviour(),
            object,
            object_bytes: 0,
            object_sha256: [0; 32],
            compression: COMPRESSION.to_owned(),
            rows: 0,
            clock: self.stage.clock(),
            taken_at,
        }
    }
}
