//! What the doctor finds.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sanbai_core::shard::input::Behaviour;
use sanbai_engine::parcel::control_message;
use sanbai_wire::control::Control;
use sanbai_wire::snapshot::Manifest;

use super::daemon::Site;

/// The codes that the doctor finds, but for those of the machine on which the tests run, and its exit code.
fn codes(site: &Site) -> (i32, Vec<String>) {
    let run = site.run(&["doctor", "--json"]);
    let findings = run.json().into_iter().filter(|line| line["severity"] != "notice");
    let codes = findings.map(|line| line["code"].as_str().expect("a code").to_owned());
    let codes = codes.filter(|code| !code.starts_with("disk_")).collect();
    (run.code, codes)
}

#[test]
fn nothing_is_wrong_with_a_daemon_that_runs() {
    let site = Site::running();
    assert_eq!(codes(&site).1, [""; 0]);
}

#[test]
fn a_stopped_daemon_and_files_that_others_can_read_are_found() {
    let mut site = Site::stopped();
    assert_eq!(codes(&site), (1, vec!["daemon_stopped".to_owned()]));
    let data = Path::new(&site.data).to_owned();
    fs::set_permissions(data.join("token-keys"), Permissions::from_mode(0o644)).expect("set");
    fs::set_permissions(&data, Permissions::from_mode(0o755)).expect("set");
    let (_, found) = codes(&site);
    for code in ["key_file_open", "directory_open", "daemon_stopped"] {
        assert!(found.iter().any(|found| found == code), "{found:?}");
    }
    site.start();
    let words = site.run(&["doctor"]).out;
    assert!(words.contains("严重 error key_file_open"), "{words}");
    assert!(words.contains("chmod go="), "{words}");
    fs::remove_file(data.join("token-keys")).expect("removed");
    assert!(codes(&site).1.contains(&"key_file_missing".to_owned()));
}

#[test]
fn a_missing_directory_is_found_and_not_made() {
    let site = Site::at("nowhere");
    assert_eq!(codes(&site), (1, vec!["directory_missing".to_owned()]));
    assert!(!Path::new(&site.data).exists());
}

#[test]
fn an_empty_registry_is_a_notice() {
    let site = Site::running();
    assert!(site.run(&["doctor"]).out.contains("提示 notice registry_empty"));
}

#[test]
fn a_wrong_configuration_is_an_error() {
    let site = Site::running();
    let bad = site.folder.write("bad.toml", "[data]\nunheard = 1\n");
    assert_eq!(site.run(&["doctor", "--config", &bad]).code, 78);
}

#[test]
fn a_parked_shard_is_named_with_what_to_do() {
    let mut site = Site::stopped();
    let another = Control::Activate(Behaviour(Behaviour::CURRENT.0 + 1));
    site.append(vec![control_message(1, &another)]);
    site.start();
    let words = site.eventually("it parks", || {
        let words = site.run(&["doctor"]).out;
        words.contains("error behaviour_changed").then_some(words)
    });
    assert!(words.contains("shard parcel 1 is parked"), "{words}");
    assert!(words.contains("→ 启动日志所指明的版本。"), "{words}");
    assert!(
        words.contains("→ Start the build whose behaviour the log names."),
        "{words}"
    );
    assert!(site.ok(&["status"]).contains("停住 parked: behaviour_changed"));
    assert_eq!(site.run(&["doctor"]).code, 1);
}

#[test]
fn snapshots_of_another_format_are_left_alone() {
    let mut site = Site::running();
    site.parcel("W1");
    site.ok(&["snapshot", "take"]);
    site.stop();
    let manifests = manifests(&Path::new(&site.data).join("snapshots/parcel"));
    assert!(!manifests.is_empty());
    for path in &manifests {
        let written = Manifest::decode(&fs::read(path).expect("it is there")).expect("a manifest");
        let later = Manifest {
            format: written.format + 1,
            ..written
        };
        fs::write(path, later.encode()).expect("written");
    }
    site.start();
    let words = site.eventually("it parks", || {
        let words = site.run(&["doctor"]).out;
        words.contains("error snapshot_format").then_some(words)
    });
    assert!(words.contains("start that build"), "{words}");
    let left = manifests.iter().filter(|path| path.exists());
    assert_eq!(left.count(), manifests.len(), "none is set aside");
    // Without them it is built anew.
    for path in &manifests {
        fs::remove_file(path).expect("it was there");
    }
    for partition in ["0", "1"] {
        site.run(&["resume", "parcel", partition]);
    }
    site.eventually("it goes on", || {
        let words = site.run(&["doctor"]).out;
        (!words.contains("error snapshot_format")).then_some(())
    });
}

fn manifests(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .flat_map(|path| match path.extension() {
            _ if path.is_dir() => manifests(&path),
            Some(extension) if extension == "manifest" => vec![path],
            _ => Vec::new(),
        })
        .collect()
}
