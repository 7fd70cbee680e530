//! Snapshots are damaged while the daemon is down.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::park_timeout;
use std::time::Duration;

use crate::daemon::wait;
use crate::story::next;
use crate::{begin, check_all, story};

/// How often it is killed.
const ROUNDS: usize = 3;

/// What is done to a file.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Flipped,
    Cut,
    Gone,
}

#[test]
fn a_damaged_snapshot_is_set_aside_and_built_anew() {
    let mut seed = story::setting("SANBAI_FAULT_SEED", 7);
    let (directory, mut daemon, crowd) = begin(story());
    let mut harmed = 0;
    for round in 0..ROUNDS {
        wait("snapshots", || newest(directory.path()).len() >= 5);
        park_timeout(Duration::from_millis(1_500));
        daemon.kill();
        let mut wanted = 0;
        for (number, manifest) in newest(directory.path()).into_iter().enumerate() {
            let harm = [Harm::Flipped, Harm::Cut, Harm::Gone][(number + round) % 3];
            let is_manifest = (number / 3 + round) % 2 == 0;
            let path = if is_manifest {
                manifest.clone()
            } else {
                manifest.with_extension("rows")
            };
            println!(
                "{}: {harm:?}",
                path.strip_prefix(directory.path()).expect("below").display()
            );
            apply(harm, &path, &mut seed);
            harmed += 1;
            // Without a manifest there is no snapshot, and nothing to set aside.
            wanted += usize::from(!(is_manifest && matches!(harm, Harm::Gone)));
        }
        daemon.again();
        wait("every damaged one is said", || {
            daemon.said_last().matches("snapshot_damaged").count() >= wanted
        });
        assert_eq!(daemon.said_last().matches("parked").count(), 0, "none parks");
    }
    let aside = files(&directory.path().join("snapshots/damaged"));
    assert!(!aside.is_empty(), "they are set aside");
    let got = crowd.finish();
    daemon.terminate();
    println!("{harmed} snapshots were damaged, {} files set aside", aside.len());
    check_all(directory.path(), &mut daemon, &got);
}

fn apply(harm: Harm, path: &Path, seed: &mut u64) {
    let mut bytes = fs::read(path).expect("a file");
    let place = next(seed) as usize % bytes.len();
    match harm {
        Harm::Flipped => bytes[place] ^= 1 << (next(seed) % 8),
        Harm::Cut => bytes.truncate(place),
        Harm::Gone => return fs::remove_file(path).expect("it is there"),
    }
    fs::write(path, bytes).expect("it is written");
}

/// The newest manifest of each shard.
fn newest(directory: &Path) -> Vec<PathBuf> {
    let mut newest: Vec<PathBuf> = Vec::new();
    let all = ["parcel", "scope"].map(|kind| files(&directory.join("snapshots").join(kind)));
    let manifests = all.into_iter().flatten();
    for path in manifests.filter(|path| path.extension().is_some_and(|end| end == "manifest")) {
        if newest.last().is_some_and(|last| last.parent() == path.parent()) {
            newest.pop();
        }
        newest.push(path);
    }
    newest
}

/// All files below a directory, in the order of their names.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else {
        return found;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
