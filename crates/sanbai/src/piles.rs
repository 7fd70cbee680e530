//! The evidence of all parcels of a run: piled up while files are read, judged when all is read.
//!
//! ```text
//! add    event ──▶ record, about 65 bytes ──▶ appended to one of 256 piles, by the hash of its key
//! each   pile after pile: records sorted by their hash, so that those of a parcel stand in a row ──▶ evidence
//! ```
//! Before all is read nobody asks for a parcel. So none is looked up: that would be a walk through memory that no cache
//! holds, for each event. Only the ends of the piles are written to, and a pile is small enough to be sorted in a cache.
//!
//! Copies lie in the piles until these are judged. A file of nothing but copies must not fill the memory: a pile that has
//! grown to [`PILE_BYTES`], and then whenever it has doubled, is settled, and keeps one record for each event.

mod bytes;
mod key;
mod pile;
#[cfg(test)]
mod tests;

use sanbai_core::bytes::Writer;
use sanbai_core::case::{Evidence, merge};
use sanbai_core::event::Event;
use sanbai_core::parcel::packed::{self, Follows, Names, Texts, TextsOf};
use sanbai_core::time::Timestamp;

use pile::{Pile, Runs};

/// Events that a parcel holds; further ones are left out.
const EVENTS_MAX: usize = 1_024;
/// A power of two: so many piles.
const PILES: usize = 256;
/// Bytes of a pile that stand in a row. A record has a few hundred at most.
const CHUNK: usize = 1 << 14;
/// Bytes from which on a pile is looked through for copies.
const PILE_BYTES: usize = 1 << 20;

/// Where an event stood: the file, the line or offset in it, and its place in a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) file: usize,
    pub(crate) number: u64,
    pub(crate) index: usize,
}

/// What became of the events that have been looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// They changed the evidence of their parcel.
    pub(crate) merged: u64,
    /// Copies that changed nothing.
    pub(crate) duplicate: u64,
    /// Those left out, for their parcel held as many as it may.
    pub(crate) full: Vec<Origin>,
}

/// In which order parcels are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// In none that means anything: the quickest.
    Any,
    /// By brand and waybill.
    Sorted,
}

/// The evidence of all parcels.
#[derive(Debug)]
pub(crate) struct Piles {
    names: Names,
    piles: Vec<Pile>,
    /// When the first event happened: times are written as differences to it.
    base: Option<Timestamp>,
    record: Vec<u8>,
    pile_bytes: usize,
    settled: Settled,
}

impl Default for Piles {
    fn default() -> Self {
        Self::with_pile_bytes(PILE_BYTES)
    }
}

impl Piles {
    /// Of which each is looked through for copies from so many bytes on.
    fn with_pile_bytes(pile_bytes: usize) -> Self {
        Self {
            names: Names::default(),
            base: None,
            piles: std::iter::repeat_with(Pile::default).take(PILES).collect(),
            record: Vec::new(),
            pile_bytes,
            settled: Settled::default(),
        }
    }

    /// Adds an event that stood at `origin`.
    pub(crate) fn add(&mut self, event: &Event<'_>, origin: Origin) {
        let base = *self.base.get_or_insert(event.occurred_at);
        self.record.clear();
        let brand = self.names.hold(event.brand);
        key::put(brand.into(), event.waybill, &mut self.record);
        let place = key::hash(&self.record) as usize % PILES;
        let pile = &mut self.piles[place];
        pile.put_origin(origin, &mut self.record);
        let mut record = Writer::over(std::mem::take(&mut self.record));
        let texts = &mut Texts::Held(&mut self.names);
        packed::put(&mut record, (event, false), Follows::alone(event, base), texts);
        self.record = record.finish();
        pile.push(&self.record);
        if pile.is_due(self.pile_bytes) {
            self.settle(place);
        }
    }

    fn name(&self, number: u64) -> &str {
        u32::try_from(number).map_or("", |number| self.names.text(number))
    }

    /// Takes the events that were left out so far: they may be many.
    pub(crate) fn take_full(&mut self) -> Vec<Origin> {
        std::mem::take(&mut self.settled.full)
    }

    /// Gives the evidence of every parcel, and then what became of all events; stops at the first error.
    pub(crate) fn each<E>(
        mut self,
        order: Order,
        mut judge: impl FnMut(&Evidence<'_>) -> Result<(), E>,
    ) -> Result<Settled, E> {
        let mut settled = std::mem::take(&mut self.settled);
        let mut each = |pile: &Pile, records: &[u32]| {
            let key = pile.key(records[0]);
            self.set(pile, key, records, &mut settled, |set| judge(&Evidence::of_set(set)))
        };
        match order {
            Order::Any => {
                for pile in &self.piles {
                    pile.runs().iter().try_for_each(|records| each(pile, records))?;
                }
            }
            Order::Sorted => {
                let runs: Vec<Runs> = self.piles.iter().map(Pile::runs).collect();
                let piles = self.piles.iter().zip(&runs);
                let mut parcels: Vec<(&Pile, &[u32])> = piles
                    .flat_map(|(pile, runs)| runs.iter().map(move |records| (pile, records)))
                    .collect();
                parcels.sort_by_cached_key(|(pile, records)| {
                    let mut waybill = String::new();
                    let brand = key::take(pile.key(records[0]), &mut waybill);
                    (self.name(brand), waybill)
                });
                parcels
                    .into_iter()
                    .try_for_each(|(pile, records)| each(pile, records))?;
            }
        }
        Ok(settled)
    }

    /// Gives the set of events in the records of one parcel, which stand in the order in which they came.
    fn set<T>(
        &self,
        pile: &Pile,
        key: &[u8],
        records: &[u32],
        settled: &mut Settled,
        done: impl FnOnce(Vec<(Event<'_>, bool)>) -> T,
    ) -> T {
        let base = self.base.unwrap_or_default();
        let mut waybill = String::new();
        let brand = self.name(key::take(key, &mut waybill));
        let mut set: Vec<(Event<'_>, bool)> = Vec::with_capacity(records.len().min(EVENTS_MAX));
        let mut full = Vec::new();
        for at in records {
            let (bytes, is_kept) = pile.event(*at);
            let report = packed::alone(bytes, base, (brand, &waybill), TextsOf::Held(&self.names))
                .expect("what was piled up can be read: tests pile up every happening");
            let (id, source) = (report.0.id, report.0.source);
            let held = set.len();
            match set
                .iter_mut()
                .find(|(known, _)| known.id == id && known.source == source)
            {
                Some(known) => {
                    let merged = merge(*known, report);
                    if is_same(&merged, known) {
                        settled.duplicate += 1;
                    } else {
                        *known = merged;
                        settled.merged += 1;
                    }
                }
                None if held >= EVENTS_MAX => full.push(*at),
                None => {
                    settled.merged += u64::from(!is_kept);
                    set.push(report);
                }
            }
        }
        if !full.is_empty() {
            pile.origins(&full, &mut settled.full);
        }
        done(set)
    }

    /// Leaves one record for each event in a pile.
    #[cold]
    fn settle(&mut self, place: usize) {
        let base = self.base.unwrap_or_default();
        let pile = std::mem::take(&mut self.piles[place]);
        let mut settled = std::mem::take(&mut self.settled);
        let (mut fresh, mut record) = (Pile::default(), Vec::new());
        for records in pile.runs().iter() {
            let key = pile.key(records[0]);
            self.set(&pile, key, records, &mut settled, |set| {
                for event in set {
                    record.clear();
                    record.extend_from_slice(key);
                    Pile::put_kept(&mut record);
                    let mut whole = Writer::over(std::mem::take(&mut record));
                    let texts = &mut Texts::Known(&self.names);
                    packed::put(&mut whole, (&event.0, event.1), Follows::alone(&event.0, base), texts);
                    record = whole.finish();
                    fresh.push(&record);
                }
            });
        }
        (self.piles[place], self.settled) = (fresh.settled(&pile), settled);
    }
}

/// Whether a merged event says no more than one of the two.
fn is_same((merged, conflicted): &(Event<'_>, bool), (known, was_conflicted): &(Event<'_>, bool)) -> bool {
    let said = |event: &Event<'_>| (event.digest, event.intake_at, event.upload_at());
    conflicted == was_conflicted && said(merged) == said(known)
}
