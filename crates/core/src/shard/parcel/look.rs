//! Looking at open parcels without touching them.

use super::ParcelShard;
use super::follow::marks;
use crate::case::Marks;
use crate::registry::RegistryView;
use crate::time::Timestamp;
use crate::verdict::{Judge, Verdict};

impl ParcelShard {
    /// Reads the parcels under some waybills, so that they are near when their events come. Nothing changes, and nothing
    /// is sent.
    pub fn warm<'k>(&self, waybills: impl Iterator<Item = &'k [u8]>) {
        self.table.warm(waybills);
    }

    /// Judges every open parcel by the clock, in the order of brand and waybill, published or not. Nothing changes, and
    /// nothing is sent.
    ///
    /// `registry` knows at least as much as the ticks so far have named; what it knows beyond is not used.
    pub fn each_verdict(&self, registry: RegistryView<'_>, mut each: impl FnMut(&Verdict<'_>)) {
        let view = registry.limited_to(self.registry_offset);
        let judge = Judge {
            profile: self.profile.as_deref(),
            ..Judge::of(view)
        };
        let now = self.clock.unwrap_or(Timestamp::MIN);
        for slot in self.table.sorted() {
            let (evidence, kept) = (self.table.evidence(slot), self.kept(slot));
            let marks = Marks {
                hits: &marks(&kept.hits),
                reused: kept.reused,
            };
            let verdict = judge
                .marked_verdict(&evidence, now, marks)
                .expect("rules name a profile that they define, and whoever names another has looked for it");
            verdict.iter().for_each(&mut each);
        }
    }
}
