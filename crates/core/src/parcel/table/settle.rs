//! Moving records out of blocks that most others have left.

use std::hash::BuildHasher as _;

use super::{Handle, Slot, Table, parts};

impl Table {
    /// Empties a block that most records have left, so that its memory can be used for others.
    pub(super) fn settle(&mut self) {
        let Some(sparse) = self.slab.sparse() else { return };
        // One step for all of them, then the next: so none waits for the far memory that another asks for.
        let hashes: Vec<(Handle, u64)> = sparse
            .into_iter()
            .filter_map(|old| {
                let parts = parts(self.slab.get(old))?;
                Some((old, self.hasher.hash_one(parts.waybill)))
            })
            .collect();
        let found: Vec<(Handle, Option<u32>)> = hashes
            .into_iter()
            .map(|(old, hash)| {
                let is_it = |slot: &u32| self.slots.get(Slot(*slot).place()) == Some(&old);
                (old, self.index.find(hash, is_it).copied())
            })
            .collect();
        for (old, slot) in found {
            let new = self.slab.relocate(old);
            if let Some(place) = slot.and_then(|slot| self.slots.get_mut(Slot(slot).place())) {
                *place = new;
            }
        }
    }
}
