//! Configurations of the daemon, of Alertmanager and of Compose.

use std::process::Command;

use sanbai_rig::program_or_say_why;

use crate::{repository, run, text};

#[test]
fn the_daemon_understands_the_configuration_of_the_container() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    std::fs::write(&token, "0123456789abcdef0123456789abcdef0123456789abcdef").expect("written");
    let config =
        text("deploy/container/sanbai.toml").replace("/run/secrets/outlets-token", &token.display().to_string());
    let file = folder.path().join("sanbai.toml");
    std::fs::write(&file, config).expect("written");
    run(Command::new(env!("CARGO_BIN_EXE_sanbai"))
        .args(["config", "check", "--config"])
        .arg(&file));
}

#[test]
fn alertmanager_sends_everything_to_somebody() {
    let Some(amtool) = program_or_say_why("amtool", "install Alertmanager (Debian: prometheus-alertmanager)") else {
        return;
    };
    let file = repository("deploy/alertmanager/alertmanager.yml");
    run(Command::new(&amtool).arg("check-config").arg(&file));
    for (labels, receiver) in [
        (["severity=critical", "team=operators"], "on-duty"),
        (["severity=critical", "team=supervisors"], "on-duty"),
        (["severity=warning", "team=operators"], "operators"),
        (["severity=warning", "team=supervisors"], "supervisors"),
    ] {
        let mut test = Command::new(&amtool);
        test.args(["config", "routes", "test", "--config.file"])
            .arg(&file)
            .args(labels);
        let output = test.output().expect("it starts");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), receiver, "{labels:?}");
    }
}

/// Compose is no package of every system, so its absence fails nobody.
#[test]
fn compose_understands_its_file_where_it_is_there() {
    let works = Command::new("docker").args(["compose", "version"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        println!("passed over: `docker compose` is missing");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("outlets-token"), "token").expect("written");
    let mut config = Command::new("docker");
    config
        .args(["compose", "--file"])
        .arg(repository("deploy/compose.yaml"));
    run(config.args(["config", "--quiet"]));
}
