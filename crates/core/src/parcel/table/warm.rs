//! Fetching what will be needed.
//!
//! Where a parcel stands is told by memory that tells where the next stands, and so on: four waits for a far memory, one
//! after the other. Those of many parcels need not wait for each other.

use core::hint::black_box;
use std::hash::BuildHasher as _;

use super::{Handle, Slot, Table};

/// Parcels that are looked for together.
const TOGETHER: usize = 32;
/// Bytes that memory hands over at once.
const LINE: usize = 64;

impl Table {
    /// Reads the parcels under some waybills, so that they are near when they are asked for. Nothing else comes of it.
    pub(crate) fn warm<'k>(&self, waybills: impl Iterator<Item = &'k [u8]>) {
        let mut waybills = waybills.peekable();
        while waybills.peek().is_some() {
            self.warm_few(waybills.by_ref().take(TOGETHER));
        }
    }

    fn warm_few<'k>(&self, waybills: impl Iterator<Item = &'k [u8]>) {
        let (mut hashes, mut places, mut handles) = ([None; TOGETHER], [None; TOGETHER], [Handle::NONE; TOGETHER]);
        for (hash, waybill) in hashes.iter_mut().zip(waybills) {
            *hash = Some(self.hasher.hash_one(waybill));
        }
        for (place, hash) in places.iter_mut().zip(hashes) {
            // The first that may be it: another one is rarely meant, and then only time is lost.
            *place = hash.and_then(|hash| self.index.find(hash, |_| true).copied());
        }
        for (handle, place) in handles.iter_mut().zip(places) {
            let place = place.and_then(|place| usize::try_from(place).ok());
            *handle = place
                .and_then(|place| self.slots.get(place).copied())
                .unwrap_or(Handle::NONE);
        }
        let records = handles.map(|handle| self.slab.get(handle));
        let lines = records.iter().flat_map(|record| record.iter().step_by(LINE));
        black_box(lines.fold(0, |all, byte| all ^ byte));
    }

    /// What shards keep of some parcels, of which it is asked next.
    pub(crate) fn states<'t>(&'t self, slots: &'t [Slot]) -> impl Iterator<Item = &'t [u8]> {
        let records = slots
            .iter()
            .map(|slot| self.handle(*slot).map_or(0, |handle| self.slab.get(handle).len()));
        black_box(records.fold(0, |all, length| all ^ length));
        slots.iter().map(|slot| self.state(*slot))
    }
}
