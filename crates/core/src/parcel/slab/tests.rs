//! Records that grow, shrink, move and go.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    /// Of how many bytes, with room for how many.
    Insert(usize, usize),
    /// Of which record, from where, how many bytes give way to how many, and how many come behind.
    Splice(usize, usize, usize, usize, usize),
    Fit(usize),
    Remove(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![8 => 1_usize..300, 1 => 900_usize..3_000];
    prop_oneof![
        3 => (length.clone(), 0_usize..500).prop_map(|(length, least)| Step::Insert(length, least)),
        4 => (0_usize..64, 1_usize..90).prop_map(|(which, more)| Step::Splice(which, 0, 0, 0, more)),
        4 => (0_usize..64, 0_usize..400, 0_usize..200, length, 0_usize..60)
            .prop_map(|(which, start, gone, new, more)| Step::Splice(which, start, gone, new, more)),
        1 => (0_usize..64).prop_map(Step::Fit),
        2 => (0_usize..64).prop_map(Step::Remove),
    ]
}

proptest! {
    #[test]
    fn records_stay_as_they_are_until_they_are_changed(steps in prop::collection::vec(step(), 1..300)) {
        let (mut slab, mut model) = (Slab::default(), BTreeMap::<usize, (Handle, Vec<u8>)>::new());
        for (number, step) in steps.into_iter().enumerate() {
            let fill = |length: usize| vec![u8::try_from(number % 251).expect("small"); length];
            let chosen = |which: usize, model: &BTreeMap<usize, _>| {
                model.keys().cycle().nth(which).copied()
            };
            match step {
                Step::Insert(length, least) => {
                    let record = fill(length);
                    model.insert(number, (slab.insert(&record, least), record));
                }
                Step::Splice(which, start, gone, new, more) => if let Some(key) = chosen(which, &model) {
                    let (handle, record) = model.get_mut(&key).expect("chosen");
                    let start = start.min(record.len());
                    let place = start..start.saturating_add(gone).min(record.len());
                    let (new, tail) = (fill(new), fill(more));
                    record.splice(place.clone(), new.iter().copied());
                    record.extend(&tail);
                    let (front, back) = new.split_at(new.len() / 3);
                    *handle = slab.splice(*handle, place, [front, back], &tail);
                },
                Step::Fit(which) => if let Some(key) = chosen(which, &model) {
                    let (handle, _) = model.get_mut(&key).expect("chosen");
                    *handle = slab.fit(*handle);
                },
                Step::Remove(which) => if let Some(key) = chosen(which, &model) {
                    let (handle, _) = model.remove(&key).expect("chosen");
                    slab.remove(handle);
                },
            }
            for old in slab.sparse().unwrap_or_default() {
                let moved = model.values_mut().find(|(handle, _)| *handle == old);
                moved.expect("what is in a block is known").0 = slab.relocate(old);
            }
            for (handle, record) in model.values() {
                prop_assert_eq!(slab.get(*handle), record.as_slice());
            }
        }
    }
}

#[test]
fn what_grows_together_leaves_no_holes() {
    let mut slab = Slab::default();
    let mut handles: Vec<Handle> = (0..5_000).map(|_| slab.insert(&[1; 60], 0)).collect();
    for _ in 0..8 {
        for handle in &mut handles {
            let end = slab.get(*handle).len();
            *handle = slab.splice(*handle, end..end, [&[], &[]], &[2; 40]);
        }
    }
    assert!(slab.idle.len() <= IDLE_MAX, "memory that nobody uses is given back");
    let used = 5_000 * (60 + 8 * 40);
    assert!(slab.bytes() < used * 115 / 100, "{} bytes for {used}", slab.bytes());
    // What was given back is used again, for blocks of both kinds.
    for length in [3_000, 40, 5_000, 700] {
        handles.drain(..).for_each(|handle| slab.remove(handle));
        assert!(slab.bytes() < used / 2, "{} bytes for nothing", slab.bytes());
        handles = (0..2_000).map(|_| slab.insert(&vec![3; length], 0)).collect();
        assert!(
            handles.iter().all(|handle| slab.get(*handle) == vec![3; length]),
            "{length}"
        );
    }
}
