//! The unit of systemd.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};

use sanbai_rig::{Tied, program_or_say_why};

use crate::{PATIENCE, run, text};

const HOW_TO_GET: &str = "install systemd (Debian: systemd)";

/// Tenths of what `systemd-analyze security` calls exposure; docs/deploying.md says how much it is.
const EXPOSURE_MOST: &str = "--threshold=11";

/// The unit with the program as it was built.
fn unit(folder: &Path) -> std::path::PathBuf {
    let unit = text("deploy/systemd/sanbai.service").replace("/usr/bin/sanbai", env!("CARGO_BIN_EXE_sanbai"));
    let file = folder.join("sanbai.service");
    std::fs::write(&file, unit).expect("written");
    file
}

#[test]
fn systemd_understands_all_of_the_unit() {
    let Some(analyze) = program_or_say_why("systemd-analyze", HOW_TO_GET) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let unit = unit(folder.path());
    assert_eq!(run(Command::new(&analyze).arg("verify").arg(&unit)), "");
    let said = run(Command::new(&analyze)
        .args(["security", "--offline=true", EXPOSURE_MOST])
        .arg(&unit));
    assert!(said.contains("Overall exposure level"), "{said}");
}

#[test]
fn the_daemon_says_that_it_is_ready_that_it_lives_and_that_it_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("bound");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    let said = || {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).expect("it says something");
        String::from_utf8_lossy(&buffer[..length]).trim().to_owned()
    };
    let mut daemon = Tied::start(Path::new(env!("CARGO_BIN_EXE_sanbai")), |command| {
        command
            .args([
                "serve",
                "--http",
                "127.0.0.1:0",
                "--metrics",
                "127.0.0.1:0",
                "--data-dir",
            ])
            .arg(folder.path().join("data"))
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "300000")
            .stderr(Stdio::null());
    })
    .expect("it starts");
    // The first word of the watchdog may come before.
    let mut first = [said(), said()];
    first.sort();
    assert_eq!(first, ["READY=1", "WATCHDOG=1"]);
    assert_eq!(said(), "WATCHDOG=1");
    assert_eq!(said(), "WATCHDOG=1");
    assert!(daemon.stop().expect("told").success());
    let after = std::iter::repeat_with(said).find(|said| said != "WATCHDOG=1");
    assert_eq!(after.as_deref(), Some("STOPPING=1"));
}
