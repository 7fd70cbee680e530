//! Snapshots in a bucket: a daemon that loses its directory, a bucket that is away, damaged, set back, or not ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sanbai_rig::{Bucket, Manner};
use serde_json::Value;

use super::daemon::Site;

/// A directory whose snapshots go into a bucket.
fn site(bucket: &Bucket, secret: &str) -> Site {
    let site = Site::new();
    let secret_file = site.folder.write("secret-key", format!("{secret}\n"));
    let config = format!(
        "[snapshots]\nurl = \"s3://{}/district/7\"\nat-most-every = \"1s\"\n\
         [snapshots.s3]\nendpoint = \"{}\"\naccess-key = \"{}\"\nsecret-key-file = \"{secret_file}\"\n\
         timeout = \"2s\"\n",
        Bucket::NAME,
        bucket.endpoint(),
        Bucket::ACCESS_KEY
    );
    site.folder.write("sanbai.toml", &config);
    site
}

/// How far the newest snapshots of all three shards are, together; 0 where one has none, or nobody can tell.
fn far(site: &Site) -> u64 {
    let run = site.run(&["snapshot", "list", "--json"]);
    let snapshots = run.json();
    let newest = |(shard, partition): (&str, u64)| {
        let of_it = snapshots
            .iter()
            .filter(|line| line["shard"] == shard && line["partition"] == partition);
        of_it.filter_map(|line| line["offset"].as_u64()).max().unwrap_or(0)
    };
    let each = [("parcel", 0), ("parcel", 1), ("scope", 0)].map(newest);
    if each.contains(&0) { 0 } else { each.iter().sum() }
}

/// Waits for snapshots that are newer than these.
fn wait_for_newer(site: &Site, than: u64) -> u64 {
    site.eventually("newer snapshots", || {
        site.ok(&["snapshot", "take"]);
        Some(far(site)).filter(|now| *now > than + 2)
    })
}

/// Copies a folder with all that is in it, but for sockets.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (kind, target) = (entry.file_type().expect("a kind"), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// All files below a folder whose names end so.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_str().is_some_and(|name| name.ends_with(end)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The newest verdict of each parcel.
fn verdicts(site: &Site) -> Vec<Value> {
    let lines = site.lines(&["export", "--verdicts"]);
    lines.into_iter().filter(|line| line["kind"] != "end").collect()
}

#[test]
fn a_daemon_on_another_directory_restores_from_the_bucket() {
    let bucket = Bucket::start().expect("a bucket");
    let mut site = site(&bucket, Bucket::SECRET_KEY);
    site.start();
    site.parcel("W1");
    wait_for_newer(&site, 0);
    let before = verdicts(&site);
    site.stop();
    assert!(
        !Path::new(&site.data).join("snapshots").exists(),
        "none are kept beside it"
    );
    let other = site.folder.join("other");
    copy(Path::new(&site.data), Path::new(&other));
    site.data = other;
    site.start();
    site.eventually("both are restored", || {
        let said = site.folder.read("log.txt");
        (said.matches("restored from a snapshot").count() >= 3).then_some(())
    });
    assert_eq!(verdicts(&site), before);
    site.parcel("W2");
    site.ok(&["snapshot", "verify"]);
}

#[test]
fn a_bucket_that_is_not_ours_or_not_there_ends_the_start_with_a_reason() {
    let bucket = Bucket::start().expect("a bucket");
    let start = |secret: &str, within: Duration| {
        let site = site(&bucket, secret);
        let begun = Instant::now();
        let output = site.serve().output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(begun.elapsed() < within, "{:?}", begun.elapsed());
        assert!(!said.contains("SECRET") && !said.contains("somebody-else"), "{said}");
        assert!(said.contains("snapshots"), "{said}");
        (output.status.code(), said)
    };
    let soon = Duration::from_secs(20);
    let (code, said) = start("somebody-else-0123456789", soon);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("does not let us"), "{said}");
    for manner in [Manner::Away, Manner::Errors, Manner::Silent] {
        bucket.be(manner);
        let (code, said) = start(Bucket::SECRET_KEY, soon);
        assert_eq!(code, Some(69), "{manner:?}: {said}");
    }
    let site = site(&bucket, Bucket::SECRET_KEY);
    let config = site.folder.join("sanbai.toml");
    let shown = site.ok(&["config", "show", "--config", &config]);
    assert!(
        shown.contains("secret-key-file") && !shown.contains("SECRET"),
        "{shown}"
    );
}

#[test]
fn a_bucket_that_is_away_for_a_while_holds_nothing_up() {
    let bucket = Bucket::start().expect("a bucket");
    let mut site = site(&bucket, Bucket::SECRET_KEY);
    site.start();
    site.parcel("W0");
    for (number, manner) in [Manner::Silent, Manner::Errors, Manner::Away].into_iter().enumerate() {
        let before = wait_for_newer(&site, 0);
        bucket.be(manner);
        site.ok(&["snapshot", "take"]);
        let words = site.eventually("the doctor says it", || {
            let words = site.run(&["doctor"]).out;
            words.contains("error snapshot_store_unavailable").then_some(words)
        });
        assert!(!words.contains("SECRET"), "{words}");
        let asked = Instant::now();
        site.parcel(&format!("W{}", number + 1));
        assert!(
            asked.elapsed() < Duration::from_secs(20),
            "{manner:?}: {:?}",
            asked.elapsed()
        );
        let status = site.json(&["status"]);
        let shards = status["shards"].as_array().expect("shards");
        assert!(shards.iter().all(|shard| shard["state"] == "running"), "{status}");
        assert!(status["snapshots"]["failures"].as_u64() > Some(0), "{status}");
        bucket.be(Manner::Well);
        wait_for_newer(&site, before);
        site.eventually("nothing is wrong any more", || {
            let words = site.run(&["doctor"]).out;
            (!words.contains("snapshot_store_unavailable")).then_some(())
        });
    }
    let said = site.folder.read("log.txt");
    assert!(!said.contains("SECRET"));
    assert!(
        said.matches("the snapshot store does not answer").count() < 30,
        "it is said once"
    );
}

#[test]
fn a_daemon_whose_bucket_goes_away_while_it_restores_waits_for_it() {
    let bucket = Bucket::start().expect("a bucket");
    let mut site = site(&bucket, Bucket::SECRET_KEY);
    site.start();
    site.parcel("W1");
    wait_for_newer(&site, 0);
    // What follows has no snapshot yet.
    site.kill();
    bucket.be(Manner::Slow(Duration::from_millis(400)));
    site.start();
    bucket.be(Manner::Silent);
    let unavailable = site.eventually("some wait", || {
        let status = site.json(&["status"]);
        let shards = status["shards"].as_array().expect("shards").clone();
        let waiting = shards.iter().filter(|shard| shard["state"] == "unavailable").count();
        (waiting > 0 || shards.iter().all(|shard| shard["state"] == "running")).then_some(waiting)
    });
    println!("{unavailable} shards waited");
    bucket.be(Manner::Well);
    site.parcel("W2");
    let said = site.folder.read("log.txt");
    assert_eq!(
        said.matches("begins at the start of its log").count(),
        0,
        "none is built anew"
    );
}

#[test]
fn damaged_objects_are_set_aside_and_a_bucket_of_yesterday_is_caught_up_with() {
    let bucket = Bucket::start().expect("a bucket");
    let mut site = site(&bucket, Bucket::SECRET_KEY);
    site.start();
    site.parcel("W1");
    let first = wait_for_newer(&site, 0);
    let yesterday = PathBuf::from(site.folder.join("yesterday"));
    site.kill();
    copy(&bucket.objects(), &yesterday);
    site.start();
    site.parcel("W2");
    wait_for_newer(&site, first);
    let before = verdicts(&site);
    site.kill();
    // The bucket is set back: what follows is applied again, and told again under the same versions.
    fs::remove_dir_all(bucket.objects()).expect("removed");
    copy(&yesterday, &bucket.objects());
    site.start();
    site.parcel("W3");
    let now = verdicts(&site);
    assert!(
        before.iter().all(|verdict| now.contains(verdict)),
        "{before:?}\n{now:?}"
    );
    assert_eq!(now.len(), before.len() + 1);
    wait_for_newer(&site, first);
    site.kill();
    // Of those that were being written when it was killed there is no manifest: nobody restores from them.
    let mut rows = files(&bucket.objects().join("district/7/parcel"), ".rows");
    rows.retain(|rows| rows.with_extension("manifest").is_file());
    for (number, path) in rows.iter().enumerate() {
        let mut bytes = fs::read(path).expect("rows");
        let middle = bytes.len() / 2;
        match number % 2 {
            0 => bytes.truncate(middle),
            _ => bytes[middle] ^= 1,
        }
        fs::write(path, bytes).expect("written");
    }
    site.start();
    site.parcel("W4");
    assert!(site.folder.read("log.txt").contains("snapshot_damaged"));
    let aside = files(&bucket.objects().join("district/7/damaged"), ".rows");
    assert_eq!(aside.len(), rows.len(), "all of them are set aside");
    assert!(now.iter().all(|verdict| verdicts(&site).contains(verdict)));
}
