//! The files of a daemon: its socket, its lock, its snapshots.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use super::daemon::{Site, plain};

#[test]
fn the_socket_is_the_daemons_alone_and_goes_with_it() {
    let mut site = Site::running();
    let socket = Path::new(&site.data).join("sanbai.sock");
    let mode = fs::metadata(&socket).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    site.stop();
    assert!(!socket.exists());
    assert!(!Path::new(&site.data).join("addresses.json").exists());
    // What a daemon that was killed leaves is replaced by the next one, and in nobody's way until then.
    site.start();
    site.kill();
    assert!(socket.exists());
    assert_eq!(site.json(&["status"])["daemon"], serde_json::Value::Null);
    site.start();
    assert_eq!(site.json(&["status"])["daemon"]["pid"], site.pid());
}

#[test]
fn a_second_daemon_names_the_first_and_ends() {
    let site = Site::running();
    let output = site.serve().output().expect("it runs");
    assert_eq!(output.status.code(), Some(75));
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains(&format!("process {}", site.pid())), "{err}");
    assert_eq!(site.json(&["status"])["daemon"]["pid"], site.pid(), "the first goes on");
}

#[test]
fn a_directory_that_is_in_use_by_whoever_does_not_answer_is_left_alone() {
    let site = Site::stopped();
    let log = site.log();
    let run = site.run(&["status"]);
    assert_eq!(run.code, 75, "{}", run.err);
    assert!(run.err.contains(&std::process::id().to_string()), "{}", run.err);
    assert!(site.run(&["doctor"]).out.contains("daemon_silent"));
    drop(log);
    // Somebody accepts, and says nothing.
    let listener = UnixListener::bind(Path::new(&site.data).join("sanbai.sock")).expect("a socket");
    let gone = std::thread::spawn(move || drop(listener.accept()));
    let run = site.run(&["status"]);
    assert_eq!(run.code, 69, "{}", run.err);
    gone.join().expect("it ends");
}

#[test]
fn no_directory_is_made_by_a_slip_of_the_pen() {
    let site = Site::at("typo");
    for arguments in [
        &["status"][..],
        &["registry", "show"],
        &["export"],
        &["clock", "set", "now"],
    ] {
        let run = site.run(arguments);
        assert_eq!(run.code, 69, "{}", run.err);
        assert!(run.err.contains("is no data directory"), "{}", run.err);
    }
    assert!(!Path::new(&site.data).exists());
}

#[test]
fn a_directory_with_a_long_name_has_a_socket_all_the_same() {
    let mut site = Site::at(&"deep/".repeat(30));
    site.start();
    assert_eq!(site.json(&["status"])["daemon"]["pid"], site.pid());
    site.stop();
}

#[test]
fn snapshots_are_taken_listed_and_verified_and_damage_is_found() {
    let mut site = Site::running();
    site.parcel("SF1000000000001");
    site.ok(&["snapshot", "take"]);
    let list = |site: &Site| site.lines(&["snapshot", "list", "--json"]);
    site.eventually("snapshots", || (list(&site).len() >= 3).then_some(()));
    assert_eq!(site.run(&["snapshot", "verify"]).code, 0);
    site.kill();
    let before = list(&site);
    assert!(before.iter().all(|line| line["behaviour"].is_u64()));
    let rows = find(&Path::new(&site.data).join("snapshots/parcel"), ".rows");
    let mut bytes = fs::read(&rows[0]).expect("rows");
    let last = bytes.len() / 2;
    bytes[last] ^= 1;
    fs::write(&rows[0], bytes).expect("written");
    let run = site.run(&["snapshot", "verify", "--json"]);
    assert_eq!(run.code, 65, "{}", run.err);
    assert_eq!(run.json().iter().filter(|line| line["damaged"] == "digest").count(), 1);
    // The daemon sets it aside and goes on without.
    site.start();
    site.eventually("it is set aside", || {
        site.run(&["doctor", "--json"])
            .out
            .contains("snapshots_damaged")
            .then_some(())
    });
    site.verdict("SF1000000000001", |_| true);
}

fn find(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(find(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_configuration_is_checked_and_shown_without_its_secrets() {
    let site = Site::new();
    let token = "c2FuYmFpLXRva2VuLW9mLW91dGxldC03";
    let file = site.folder.write(
        "sanbai.toml",
        format!("[[intake.sources]]\nname = \"outlet-7\"\ntoken = \"{token}\"\n"),
    );
    assert_eq!(plain(&["config", "check", "--config", &file]).code, 0);
    let shown = plain(&["config", "show", "--config", &file]);
    assert!(
        shown.out.contains("outlet-7") && !shown.out.contains(token),
        "{}",
        shown.out
    );
    let bad = site
        .folder
        .write("bad.toml", format!("[intake]\nadress = \"{token}\"\n"));
    let run = plain(&["config", "check", "--config", &bad]);
    assert_eq!(run.code, 78);
    assert!(
        run.err.contains("intake.adress") && !run.err.contains(token),
        "{}",
        run.err
    );
    let short = site
        .folder
        .write("short.toml", "[[intake.sources]]\nname = \"a\"\ntoken = \"short\"\n");
    let run = plain(&["config", "check", "--config", &short]);
    assert!(run.code == 78 && run.err.contains("intake.sources[0]"), "{}", run.err);
    let schema: serde_json::Value = serde_json::from_str(&plain(&["config", "schema"]).out).expect("JSON");
    assert!(schema["properties"]["intake"].is_object());
}
