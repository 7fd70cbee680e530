//! Snapshots as an operator looks at them: which there are, and whether they can be read. Changes nothing.

use sanbai_wire::snapshot::{Manifest, ShardKind, SnapshotError, SnapshotReader, Summary, verify as verify_rows};
use sha2::{Digest as _, Sha256};

use crate::parcel::ParcelStage;
use crate::scope::ScopeStage;
use crate::stage::{Layout, Stage};
use crate::store::{Store, StoreError};
use crate::task::{expand, folder, offset_of};

/// A snapshot that is kept.
#[derive(Debug)]
pub struct Kept {
    /// Of which shard.
    pub shard: ShardKind,
    /// Its partition.
    pub partition: u32,
    /// First offset that is not in it.
    pub offset: u64,
    /// What it says of itself, or why that cannot be read.
    pub manifest: Result<Manifest, SnapshotError>,
}

/// Why a snapshot is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The store does not answer.
    Unavailable,
    /// The object with its rows is not there.
    Missing,
    /// The object is not the one that the manifest names, or cannot be expanded.
    Digest,
    /// It holds another number of rows than the manifest says.
    Rows,
    /// The manifest or the rows cannot be read.
    Unreadable(SnapshotError),
}

impl Fault {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Missing => "missing",
            Self::Digest => "digest",
            Self::Rows => "rows",
            Self::Unreadable(error) => error.code(),
        }
    }
}

fn folders(layout: Layout) -> impl Iterator<Item = (ShardKind, u32, String)> {
    let parcels = (0..layout.parcels).map(move |partition| {
        let folder = folder::<ParcelStage>(layout, partition);
        (ShardKind::Parcel, partition, folder)
    });
    let scopes = (0..layout.scopes).map(move |partition| {
        let folder = folder::<ScopeStage>(layout, partition);
        (ShardKind::Scope, partition, folder)
    });
    parcels.chain(scopes)
}

/// All snapshots, shard by shard, the oldest first. What is deleted meanwhile is left out.
///
/// # Errors
/// Where the store does not answer.
pub fn list(store: &mut impl Store, layout: Layout) -> Result<Vec<Kept>, StoreError> {
    let mut all = Vec::new();
    for (shard, partition, folder) in folders(layout) {
        for name in store.list(&folder)? {
            let Some(offset) = offset_of(&name) else { continue };
            match store.get(&name) {
                Ok(bytes) => all.push(Kept {
                    shard,
                    partition,
                    offset,
                    manifest: Manifest::decode(&bytes),
                }),
                Err(StoreError::NotFound) => {}
                Err(StoreError::Unavailable) => return Err(StoreError::Unavailable),
            }
        }
    }
    Ok(all)
}

/// The names of objects that were set aside because they are damaged.
///
/// # Errors
/// Where the store does not answer.
pub fn set_aside(store: &mut impl Store, layout: Layout) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for (_, _, folder) in folders(layout) {
        all.extend(store.list(&format!("damaged/{folder}"))?);
    }
    Ok(all)
}

/// Reads a snapshot to its end: its digest, its checksum, how many rows it has.
///
/// # Errors
/// What is wrong with it.
pub fn verify(store: &mut impl Store, kept: &Kept) -> Result<Summary, Fault> {
    let (manifest, rows) = rows(store, kept)?;
    let summary = verify_rows([rows.as_slice()]).map_err(Fault::Unreadable)?;
    if summary.rows != manifest.rows {
        return Err(Fault::Rows);
    }
    Ok(summary)
}

/// The shard that a snapshot holds.
///
/// # Errors
/// What is wrong with it.
pub fn restore<S: Stage>(
    store: &mut impl Store,
    kept: &Kept,
    settings: &S::Settings,
    layout: Layout,
) -> Result<S, Fault> {
    verify(store, kept)?;
    let (_, rows) = rows(store, kept)?;
    let mut rows = SnapshotReader::new([rows.as_slice()]).map_while(Result::ok);
    S::restore(settings, kept.partition, layout, kept.offset, &mut rows).map_err(|_| Fault::Rows)
}

fn rows<'k>(store: &mut impl Store, kept: &'k Kept) -> Result<(&'k Manifest, Vec<u8>), Fault> {
    let manifest = kept.manifest.as_ref().map_err(|error| Fault::Unreadable(*error))?;
    if manifest.offset != kept.offset {
        return Err(Fault::Unreadable(SnapshotError::Field { name: "offset" }));
    }
    let stored = match store.get(&manifest.object) {
        Ok(stored) => stored,
        // Whether the snapshot as a whole was deleted meanwhile, its manifest tells.
        Err(StoreError::NotFound) => return Err(Fault::Missing),
        Err(StoreError::Unavailable) => return Err(Fault::Unavailable),
    };
    if <[u8; 32]>::from(Sha256::digest(&stored)) != manifest.object_sha256 {
        return Err(Fault::Digest);
    }
    let rows = expand(&manifest.compression, stored).ok_or(Fault::Digest)?;
    Ok((manifest, rows))
}
