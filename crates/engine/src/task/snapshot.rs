//! Snapshots: the rows first, the manifest once every output caused before them is acknowledged.

use sanbai_core::time::Timestamp;
use sanbai_wire::snapshot::{Manifest, SnapshotWriter};
use sha2::{Digest as _, Sha256};

use super::{Running, Task, folder};
use crate::registry::RegistryCopy;
use crate::stage::Stage;
use crate::store::Store;

/// A snapshot whose rows are written, and that is not visible yet.
#[derive(Debug)]
pub(super) struct Pending {
    offset: u64,
    name: String,
    manifest: Vec<u8>,
}

/// Names of the two objects of a snapshot.
pub(super) fn names(folder: &str, offset: u64) -> (String, String) {
    (
        format!("{folder}{offset:020}.rows"),
        format!("{folder}{offset:020}.manifest"),
    )
}

/// The offset in the name of a manifest.
pub(super) fn offset_of(name: &str) -> Option<u64> {
    name.rsplit('/').next()?.strip_suffix(".manifest")?.parse().ok()
}

impl<S: Stage> Task<S> {
    pub(super) fn has_pending_snapshot(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.snapshot.is_some())
    }

    /// Writes the rows, if no other snapshot is on its way. A store that does not answer is asked again later.
    pub(super) fn take_snapshot(&mut self, store: &mut impl Store, registry: &RegistryCopy) {
        let folder = folder::<S>(self.settings.layout, self.settings.partition);
        let Some(running) = self.running.as_mut().filter(|running| running.snapshot.is_none()) else {
            return;
        };
        let offset = running.stage.ledger().next;
        let mut writer = SnapshotWriter::new();
        let mut bytes = Vec::new();
        for row in running.stage.rows() {
            match writer.row(&row) {
                Ok(chunk) => bytes.extend_from_slice(chunk),
                Err(error) => unreachable!("a row is far below the limits of a snapshot: {error}"),
            }
        }
        let (end, summary) = writer.finish();
        bytes.extend_from_slice(&end);
        let (object, name) = names(&folder, offset);
        let sha256: [u8; 32] = Sha256::digest(&bytes).into();
        let manifest = running.manifest(
            &self.settings,
            registry,
            object.clone(),
            (summary.rows, summary.bytes),
            sha256,
        );
        if store.put(&object, bytes).is_ok() {
            running.snapshot = Some(Pending {
                offset,
                name,
                manifest: manifest.encode(),
            });
        }
    }

    /// Makes a snapshot visible once nothing before it is unacknowledged; `true` where it did.
    pub(super) fn publish_snapshot(&mut self, store: &mut impl Store) -> bool {
        let Some(running) = &mut self.running else {
            return false;
        };
        let Some(pending) = &running.snapshot else {
            return false;
        };
        let offset = pending.offset;
        if running.unacknowledged.values().any(|cause| *cause < offset) {
            return false;
        }
        if store.put(&pending.name, pending.manifest.clone()).is_err() {
            return false;
        }
        running.snapshot = None;
        running.snapshot_at = offset;
        self.refused_at = None;
        self.delete_old_snapshots(store);
        true
    }

    /// Keeps the newest ones. What cannot be deleted now is deleted another time.
    fn delete_old_snapshots(&self, store: &mut impl Store) {
        let folder = folder::<S>(self.settings.layout, self.settings.partition);
        let Ok(list) = store.list(&folder) else { return };
        let mut offsets: Vec<u64> = list.iter().filter_map(|name| offset_of(name)).collect();
        offsets.sort_unstable();
        let surplus = offsets.len().saturating_sub(self.settings.snapshots_kept.max(1));
        for offset in offsets.into_iter().take(surplus) {
            let (object, manifest) = names(&folder, offset);
            // The manifest first: rows without one are not seen.
            if store.delete(&manifest).is_ok() {
                store.delete(&object).ok();
            }
        }
    }
}

impl<S: Stage> Running<S> {
    fn manifest(
        &self,
        settings: &super::TaskSettings<S::Settings>,
        registry: &RegistryCopy,
        object: String,
        (rows, object_bytes): (u64, u64),
        object_sha256: [u8; 32],
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
            topic_id: String::new(),
            generation: settings.layout.generation,
            partition: settings.partition,
            partitions,
            offset: self.stage.ledger().next,
            record_digest: self.last.map(|(_, digest)| digest.to_vec()).unwrap_or_default(),
            registry_topic_id: String::new(),
            registry_offset,
            registry_digest: registry_digest.to_be_bytes().to_vec(),
            behaviour: self.stage.behaviour(),
            object,
            object_bytes,
            object_sha256,
            compression: String::new(),
            rows,
            clock: self.stage.clock(),
            taken_at: self.stage.clock().unwrap_or(Timestamp::from_nanos(0)),
        }
    }
}
