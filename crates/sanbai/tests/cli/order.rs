//! Neither order nor repetition of lines changes a byte of the bodies.

use std::fs;

use proptest::prelude::*;

use crate::support::{Folder, Run, day, judge};

/// A shuffle of `lines` by a small generator, and some of them twice.
fn shuffled(lines: &[&str], mut seed: u64) -> String {
    let mut next = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).expect("31 bits") % below
    };
    let mut lines: Vec<&str> = lines.to_vec();
    for _ in 0..lines.len() / 3 {
        let again = lines[next(lines.len())];
        lines.push(again);
    }
    for end in (1..lines.len()).rev() {
        lines.swap(end, next(end + 1));
    }
    lines.join("\n")
}

fn assert_same(seed: u64) {
    let text = fs::read_to_string(&day().events).expect("events");
    let lines: Vec<&str> = text.lines().collect();
    let folder = Folder::new();
    let file = folder.write("shuffled.ndjson", shuffled(&lines, seed));
    let (plain, other) = (judge(&[&day().events]), judge(&[&file]));
    assert!(plain.out == other.out, "seed {seed} gives other bodies");
    let taken = |run: &Run| run.ledger("merged") + run.ledger("duplicate");
    assert_eq!(taken(&other), taken(&plain) + (lines.len() / 3) as u64, "seed {seed}");
    assert_eq!(other.ledger("events"), (lines.len() + lines.len() / 3) as u64);
}

#[test]
fn shuffles_with_repetitions_give_the_same_bodies() {
    for seed in [1, 2, 3, 20_260_310] {
        assert_same(seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_shuffle_gives_the_same_bodies(seed: u64) {
        assert_same(seed);
    }

    #[test]
    fn any_split_into_files_gives_the_same_bodies(cut in 0.0..1.0_f64, is_swapped: bool) {
        let text = fs::read_to_string(&day().events).expect("events");
        let lines: Vec<&str> = text.lines().collect();
        let (head, tail) = lines.split_at((lines.len() as f64 * cut) as usize);
        let folder = Folder::new();
        let mut files = [folder.write("a.ndjson", head.join("\n")), folder.write("b.ndjson", tail.join("\n"))];
        if is_swapped {
            files.reverse();
        }
        prop_assert!(judge(&[&files[0], &files[1]]).out == judge(&[&day().events]).out);
    }
}

#[test]
fn batches_and_several_formats_at_once_give_the_same_bodies() {
    let text = fs::read_to_string(&day().events).expect("events");
    let lines: Vec<&str> = text.lines().collect();
    let batches: Vec<String> = lines
        .chunks(97)
        .map(|chunk| format!("{{\"events\":[{}]}}", chunk.join(",")))
        .collect();
    let folder = Folder::new();
    let file = folder.write("batches.ndjson", batches.join("\r\n"));
    let plain = judge(&[&day().events]);
    assert!(judge(&[&file]).out == plain.out);
    assert!(judge(&[&file, &day().protobuf, &day().events]).out == plain.out);
}
