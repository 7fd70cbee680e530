//! Parcels in the order of their keys.

use super::{Slot, Table};

/// Bytes with which a key begins.
const HEAD: usize = 24;

impl Table {
    /// All parcels in the order of brand and waybill.
    pub(crate) fn sorted(&self) -> Vec<Slot> {
        // Nearly all are told apart by how their keys begin: only for others the records are looked at again.
        let mut slots: Vec<([u8; HEAD], Slot)> = self.slots().map(|slot| (head(self.key(slot)), slot)).collect();
        slots.sort_unstable_by(|(a, one), (b, other)| a.cmp(b).then_with(|| self.key(*one).cmp(&self.key(*other))));
        slots.into_iter().map(|(_, slot)| slot).collect()
    }
}

/// How a key begins. Heads are in the order of the keys, for no text holds a control character.
fn head((brand, waybill): (&str, &str)) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    let key = brand.bytes().chain([0]).chain(waybill.bytes());
    head.iter_mut().zip(key).for_each(|(place, byte)| *place = byte);
    head
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::head;

    proptest! {
        #[test]
        fn heads_never_stand_in_another_order_than_keys(keys in proptest::collection::vec(("[ABé]{0,3}", "[0-1A]{0,30}"), 2)) {
            let [one, other] = [0, 1].map(|place| (keys[place].0.as_str(), keys[place].1.as_str()));
            let order = one.cmp(&other);
            prop_assert!(head(one).cmp(&head(other)).then(order) == order);
        }
    }
}
