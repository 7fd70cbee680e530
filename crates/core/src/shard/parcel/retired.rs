//! Retired parcels: what is left of each in 14 bytes, for as long as its waybill may come again.
//!
//! ```text
//! 4,096 lists by the first 12 bits of the key's digest, each sorted
//! entry = further 48 bits of the digest · last day remembered u16 · day of acceptance u16 · bits of the sender 4
//! ```

use crate::digest::Digest;
use crate::event::TokenSet;
use crate::time::{CivilDay, Timestamp};

const LISTS: usize = 1 << 12;

/// Digest of brand and waybill, 60 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

impl Key {
    pub(super) fn of(brand: &str, waybill: &str) -> Self {
        let mut digest = Digest::default();
        digest.text(brand);
        digest.text(waybill);
        Self(digest.finish() >> 4)
    }

    /// From the eight bytes of a row.
    pub(super) fn from_bits(bits: u64) -> Option<Self> {
        (bits >> 60 == 0).then_some(Self(bits))
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    fn list(self) -> usize {
        usize::try_from(self.0 >> 48).unwrap_or(0)
    }

    fn rest(self) -> [u8; 6] {
        let [_, _, rest @ ..] = self.0.to_be_bytes();
        rest
    }

    fn of_parts(list: usize, rest: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = rest;
        let list = u64::try_from(list).unwrap_or(0);
        Self(list << 48 | u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }
}

/// What is left of a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest {
    /// The last day on which it is remembered.
    pub(super) until: CivilDay,
    /// The day of its acceptance, else of its first intake.
    pub(super) day: CivilDay,
    /// Of its sender.
    pub(super) sender: SenderBits,
}

/// Sixteen bits of each of two tokens of a sender; 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct SenderBits([u16; 2]);

impl SenderBits {
    pub(super) fn of(tokens: &TokenSet) -> Self {
        let mut bits = Self::default();
        for (place, digest) in bits.0.iter_mut().zip(tokens.iter()) {
            // Zero stands for no token.
            *place = u16::try_from(digest & 0xffff).unwrap_or(0).max(1);
        }
        bits
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        Self([
            u16::try_from(bits >> 16).unwrap_or(0),
            u16::try_from(bits & 0xffff).unwrap_or(0),
        ])
    }

    pub(super) fn bits(self) -> u32 {
        let [first, second] = self.0;
        u32::from(first) << 16 | u32::from(second)
    }

    /// Whether the same sender may have sent both.
    pub(super) fn agrees_with(self, tokens: &TokenSet) -> bool {
        let other = Self::of(tokens);
        self.0.iter().any(|bits| *bits != 0 && other.0.contains(bits))
    }
}

/// Days are kept as sixteen bits: until 2149.
fn packed_day(day: CivilDay) -> [u8; 2] {
    let days = day.as_days().clamp(0, u16::MAX.into());
    u16::try_from(days).unwrap_or(u16::MAX).to_be_bytes()
}

fn day_of(bytes: [u8; 2]) -> CivilDay {
    CivilDay::from_days(u16::from_be_bytes(bytes).into())
}

type Entry = [u8; 14];

fn entry_of(key: Key, rest: Rest) -> Entry {
    let mut entry = [0; 14];
    let bits = rest.sender.bits().to_be_bytes();
    let bytes = key
        .rest()
        .into_iter()
        .chain(packed_day(rest.until))
        .chain(packed_day(rest.day))
        .chain(bits);
    entry.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    entry
}

fn rest_of(entry: &Entry) -> Rest {
    let [_, _, _, _, _, _, until @ .., a, b, c, d, e, f] = *entry;
    Rest {
        until: day_of(until),
        day: day_of([a, b]),
        sender: SenderBits::from_bits(u32::from_be_bytes([c, d, e, f])),
    }
}

fn key_part(entry: &Entry) -> [u8; 6] {
    let [key @ .., _, _, _, _, _, _, _, _] = *entry;
    key
}

/// All retired parcels.
#[derive(Clone, Debug)]
pub(super) struct Retired {
    lists: Vec<Vec<Entry>>,
    length: usize,
    /// The day up to which those that are no longer remembered were forgotten.
    swept: Option<CivilDay>,
}

impl Default for Retired {
    fn default() -> Self {
        Self {
            lists: vec![Vec::new(); LISTS],
            length: 0,
            swept: None,
        }
    }
}

impl Retired {
    pub(super) const fn len(&self) -> usize {
        self.length
    }

    /// What is left of the parcel under a key.
    pub(super) fn find(&self, key: Key) -> Option<Rest> {
        let list = self.lists.get(key.list())?;
        let place = place_in(list, key).ok()?;
        list.get(place).map(rest_of)
    }

    /// Remembers a parcel, instead of an earlier one under its key.
    pub(super) fn put(&mut self, key: Key, rest: Rest) {
        let Some(list) = self.lists.get_mut(key.list()) else {
            return;
        };
        let entry = entry_of(key, rest);
        match place_in(list, key) {
            Ok(place) => {
                if let Some(old) = list.get_mut(place) {
                    *old = entry;
                }
            }
            Err(place) => {
                if list.len() == list.capacity() {
                    // By little, for there are very many of them.
                    list.reserve_exact((list.len() / 32).max(4));
                }
                list.insert(place, entry);
                self.length = self.length.saturating_add(1);
            }
        }
    }

    /// Forgets a parcel.
    pub(super) fn remove(&mut self, key: Key) {
        let Some(list) = self.lists.get_mut(key.list()) else {
            return;
        };
        if let Ok(place) = place_in(list, key) {
            list.remove(place);
            self.length = self.length.saturating_sub(1);
        }
    }

    /// Forgets those whose last day is over. Does something once a day.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        let today = now.civil_day();
        if self.swept.is_some_and(|swept| swept >= today) {
            return;
        }
        self.swept = Some(today);
        for list in &mut self.lists {
            list.retain(|entry| rest_of(entry).until >= today);
        }
        self.length = self.lists.iter().map(Vec::len).sum();
    }

    /// All of them in the order of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, Rest)> {
        self.lists.iter().enumerate().flat_map(|(number, list)| {
            list.iter()
                .map(move |entry| (Key::of_parts(number, key_part(entry)), rest_of(entry)))
        })
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        let entries = self.lists.iter().map(Vec::capacity).sum::<usize>();
        let lists = self.lists.capacity().saturating_mul(size_of::<Vec<Entry>>());
        entries.saturating_mul(size_of::<Entry>()).saturating_add(lists)
    }
}

fn place_in(list: &[Entry], key: Key) -> Result<usize, usize> {
    list.binary_search_by_key(&key.rest(), key_part)
}
