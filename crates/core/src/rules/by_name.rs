//! A few dozen values by short names, found faster than a tree of texts or a map for any keys finds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Values by name, in the order of their names.
#[derive(Clone, Debug)]
pub struct ByName<T> {
    entries: Vec<(String, T)>,
    /// Places of entries, each at the first free slot from the one that its name falls on; most slots are free.
    slots: Vec<Option<Place>>,
}

/// Where an entry is, and how its name begins: most that are not it are told by that.
#[derive(Clone, Copy, Debug)]
struct Place {
    head: u64,
    entry: usize,
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self::from(BTreeMap::new())
    }
}

impl<T> From<BTreeMap<String, T>> for ByName<T> {
    fn from(values: BTreeMap<String, T>) -> Self {
        let count = values.len().saturating_mul(FREE).next_power_of_two();
        let mut slots = vec![None; count];
        for (entry, name) in values.keys().enumerate() {
            let head = head(name);
            let mut at = slot(head, count);
            while slots.get(at).is_some_and(Option::is_some) {
                at = after(at, count);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = Some(Place { head, entry });
            }
        }
        Self {
            entries: values.into_iter().collect(),
            slots,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(from).map(Self::from)
    }
}

impl<T> ByName<T> {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.get_key_value(name).map(|(_, value)| value)
    }

    /// The same with the name.
    pub fn get_key_value(&self, name: &str) -> Option<(&str, &T)> {
        let wanted = head(name);
        let count = self.slots.len();
        let mut at = slot(wanted, count);
        // Some slot is free, so it comes to an end.
        while let Some(Some(place)) = self.slots.get(at) {
            if place.head == wanted
                && let Some((known, value)) = self.entries.get(place.entry)
                // What has no more bytes than its head and is as long is the same.
                && known.len() == name.len()
                && (name.len() <= HEAD_BYTES || known == name)
            {
                return Some((known, value));
            }
            at = after(at, count);
        }
        None
    }

    /// Whether there is one.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All of them in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    /// The names in their order.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.iter().map(|(name, _)| name)
    }

    /// The values in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, value)| value)
    }
}

/// Of so many slots one is used, at most.
const FREE: usize = 4;

/// Bytes in a head.
const HEAD_BYTES: usize = 8;

/// The first bytes of a name, with zeros where it has fewer.
fn head(name: &str) -> u64 {
    match name.as_bytes().first_chunk() {
        Some(head) => u64::from_le_bytes(*head),
        None => name.bytes().rev().fold(0, |head, byte| head << 8 | u64::from(byte)),
    }
}

/// The slot among so many, a power of two, that a head falls on.
fn slot(head: u64, count: usize) -> usize {
    // The golden ratio: the highest bits of the product depend on all of the head.
    let mixed = head.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let place = mixed.checked_shr(u64::BITS.saturating_sub(count.trailing_zeros()));
    usize::try_from(place.unwrap_or(0)).unwrap_or(0)
}

/// The slot after one.
const fn after(at: usize, count: usize) -> usize {
    at.wrapping_add(1) & count.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_what_a_tree_finds(names in proptest::collection::btree_map("[ab\u{0}é]{0,10}", any::<u8>(), 0..40), asked in "[ab\u{0}é]{0,10}") {
            let values = ByName::from(names.clone());
            prop_assert!(values.iter().eq(names.iter()));
            for name in names.keys().chain([&asked]) {
                prop_assert_eq!(values.get(name), names.get(name));
            }
        }
    }
}
