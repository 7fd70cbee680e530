//! Which partitions are ours just now.

use std::sync::atomic::{AtomicBool, Ordering};

use sanbai_wire::snapshot::ShardKind;

use crate::stage::Layout;

/// Which partitions are ours just now. Whoever gives and takes them says so here; shards look at each step.
///
/// A shard that goes on for a moment after its partition was taken does no harm: what it sends, its successor sends, too.
#[derive(Debug)]
pub struct Assignment {
    parcels: Vec<AtomicBool>,
    scopes: Vec<AtomicBool>,
}

impl Assignment {
    /// All partitions are ours, or none.
    pub fn new(layout: Layout, is_ours: bool) -> Self {
        let flags = |count: u32| (0..count).map(|_| AtomicBool::new(is_ours)).collect();
        Self {
            parcels: flags(layout.parcels),
            scopes: flags(layout.scopes),
        }
    }

    fn flag(&self, shard: ShardKind, partition: u32) -> Option<&AtomicBool> {
        let flags = match shard {
            ShardKind::Parcel => &self.parcels,
            ShardKind::Scope => &self.scopes,
        };
        flags.get(usize::try_from(partition).ok()?)
    }

    /// Whether a partition is ours.
    pub fn is_ours(&self, shard: ShardKind, partition: u32) -> bool {
        self.flag(shard, partition)
            .is_some_and(|flag| flag.load(Ordering::Acquire))
    }

    /// Says whose a partition is; `false` where that is nothing new, or there is no such partition.
    pub fn put(&self, shard: ShardKind, partition: u32, is_ours: bool) -> bool {
        self.flag(shard, partition)
            .is_some_and(|flag| flag.swap(is_ours, Ordering::AcqRel) != is_ours)
    }

    /// How many partitions are ours: of parcel shards and of scope shards.
    pub fn count(&self) -> (usize, usize) {
        let count = |flags: &[AtomicBool]| flags.iter().filter(|flag| flag.load(Ordering::Acquire)).count();
        (count(&self.parcels), count(&self.scopes))
    }
}
