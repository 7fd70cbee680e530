//! A few dozen values by name, found faster than a tree of texts finds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Values by name, in the order of their names.
#[derive(Clone, Debug)]
pub struct ByName<T> {
    entries: Vec<(String, T)>,
    /// The first eight bytes of each name, in the same order.
    heads: Vec<u64>,
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self::from(BTreeMap::new())
    }
}

impl<T> From<BTreeMap<String, T>> for ByName<T> {
    fn from(values: BTreeMap<String, T>) -> Self {
        Self {
            heads: values.keys().map(|name| head(name)).collect(),
            entries: values.into_iter().collect(),
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
        let first = self.heads.partition_point(|head| *head < wanted);
        // Those that begin alike stand in a row, nearly always one.
        let alike = self.heads.get(first..)?.iter().take_while(|head| **head == wanted);
        let mut alike = alike.zip(self.entries.get(first..)?);
        // What has no more bytes than its head and is as long is the same.
        let is_it = |known: &str| known.len() == name.len() && (name.len() <= 8 || known == name);
        alike
            .find(|(_, (known, _))| is_it(known))
            .map(|(_, (known, value))| (known.as_str(), value))
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

/// The first eight bytes of a name, with zeros where it has fewer: they are in the order of the names.
fn head(name: &str) -> u64 {
    match name.as_bytes().first_chunk() {
        Some(head) => u64::from_be_bytes(*head),
        None => {
            let bits = u32::try_from(name.len().saturating_mul(8)).unwrap_or(0);
            let head = name.bytes().fold(0, |head, byte| head << 8 | u64::from(byte));
            head.checked_shl(u64::BITS.saturating_sub(bits)).unwrap_or(0)
        }
    }
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
