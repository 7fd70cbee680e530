//! `sanbai demo`: what is seen of a district within minutes.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::Child;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::park_timeout;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::{command, sanbai};

const ROWS: u16 = 40;
const COLUMNS: u16 = 150;

const FAST: [&str; 9] = [
    "demo",
    "--speed",
    "6000",
    "--hours",
    "30",
    "--parcels",
    "600",
    "--metrics",
    "127.0.0.1:0",
];

#[test]
fn off_a_terminal_it_prints_a_line_each_hour_and_how_it_came_out() {
    let run = sanbai(&FAST);
    assert_eq!(run.code, 0, "{}", run.err);
    for wanted in [
        "03-10 09:00  收寄 parcels",
        "03-11 13:00  收寄 parcels",
        "预警 raised",
        "结果 How it came out",
        "网点 Outlets, the worst first",
        "快递员 Couriers, the worst first",
        "未解除的预警 Standing alerts: ",
        "applied",
    ] {
        assert!(run.out.contains(wanted), "{wanted}: {}", run.out);
    }
    let directory = run
        .err
        .lines()
        .find_map(|line| line.strip_prefix("数据目录 data directory: "));
    let directory = directory.expect("it says where its data is");
    assert!(!std::path::Path::new(directory).exists(), "it leaves nothing behind");
}

#[test]
fn on_a_terminal_it_shows_tables_and_tells_a_parcels_story() {
    let (mut terminal, shown, mut child) = on_a_terminal(&FAST);
    let mut press = |bytes: &[u8], then: u64| {
        terminal.write_all(bytes).expect("it listens");
        park_timeout(Duration::from_millis(then));
    };
    park_timeout(Duration::from_secs(8));
    // Once, or as soon as there is a parcel to tell of: Enter opens a story, and closes it.
    for _ in 0..4 {
        press(b"\x1b[B", 300);
        press(b"\x1b[A", 300);
        press(b"\r", 1_000);
    }
    press(b"\x1b", 300);
    press(b"q", 300);
    let status = child.wait().expect("it ends");
    drop(terminal);
    let mut wanted = BTreeSet::from([
        "三百 Sanbai",
        "网点 Outlets",
        "快递员 Couriers",
        "预警 Alerts",
        "问题快件 Parcels with findings",
        "快件详情 A parcel's story",
        "三项义务",
        "结果 How it came out",
    ]);
    let mut screen = vt100::Parser::new(ROWS, COLUMNS, 0);
    for bytes in shown.recv().expect("all that was shown").chunks(512) {
        screen.process(bytes);
        let shown = screen.screen().contents();
        wanted.retain(|word| !shown.contains(word));
    }
    assert!(status.success(), "{status:?}");
    assert!(
        wanted.is_empty(),
        "never shown: {wanted:?}; at last: {}",
        screen.screen().contents()
    );
}

/// Runs it on a terminal: what is pressed there, what it has shown at the end, and the process.
fn on_a_terminal(arguments: &[&str]) -> (File, Receiver<Vec<u8>>, Child) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let controller = openpt(flags).expect("a terminal");
    grantpt(&controller)
        .and_then(|()| unlockpt(&controller))
        .expect("a terminal");
    let size = Winsize {
        ws_row: ROWS,
        ws_col: COLUMNS,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&controller, size).expect("its size");
    let path = ptsname(&controller, Vec::new())
        .expect("its name")
        .into_string()
        .expect("a path");
    let terminal = || {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .expect("the terminal")
    };
    let child = command(arguments)
        .env("TERM", "xterm")
        .stdin(terminal())
        .stdout(terminal())
        .stderr(terminal())
        .spawn()
        .expect("the binary runs");
    let controller = File::from(controller);
    let mut reader = controller.try_clone().expect("a second handle");
    let (done, shown) = sync_channel(1);
    std::thread::spawn(move || {
        // Where nobody has the terminal open any more, reading fails: then that was all.
        let (mut all, mut bytes) = (Vec::new(), [0; 4_096]);
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            all.extend_from_slice(&bytes[..count]);
        }
        done.send(all).ok();
    });
    (controller, shown, child)
}
