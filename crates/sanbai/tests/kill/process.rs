//! The process itself: started twice, told to end, without files.

use std::net::TcpStream;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use crate::crowd::Crowd;
use crate::daemon::{Daemon, wait};
use crate::recorded::{self, Recorded};
use crate::{SPEED, begin, check_all, story};

/// Seconds within which it ends in order.
const END: Duration = Duration::from_secs(5);

#[test]
fn a_stop_in_order_takes_no_time_and_leaves_nothing_undone() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut daemon = Daemon::start(directory.path(), 1_773_100_000, 1);
    daemon.wait_until_up();
    let begun = Instant::now();
    daemon.terminate();
    assert!(begun.elapsed() < END);
    Recorded::read(directory.path())
        .as_the_oracle_says()
        .expect("nothing happened");
}

#[test]
fn a_second_daemon_on_a_directory_ends_and_names_the_first() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut daemon = Daemon::start(directory.path(), 1_773_100_000, 1);
    daemon.wait_until_up();
    let second = daemon.second();
    let said = String::from_utf8(second.stderr).expect("text");
    assert_eq!(second.status.code(), Some(75), "{said}");
    let named = format!("process {} has the data directory open", daemon.pid());
    assert!(said.contains(&named), "{said}");
    // The first has lost nothing by it, and its place is free once it is killed.
    daemon.kill();
    daemon.again();
    daemon.terminate();
}

#[test]
fn told_to_end_under_load_it_ends_in_time_and_nothing_is_lost() {
    let (directory, mut daemon, crowd) = begin(story());
    let mut before = 0;
    for times in [1, 2, 1] {
        wait("events are accepted", || {
            crowd.accepted() > before + 200 || crowd.is_done()
        });
        before = crowd.accepted();
        let (status, took) = daemon.ask_to_end(times);
        println!("told {times} times it ended after {took:?}: {status}");
        // Told twice it may end at once, as after a kill.
        let codes: &[i32] = if times > 1 { &[0, 75] } else { &[0] };
        assert!(status.code().is_some_and(|code| codes.contains(&code)), "{status}");
        assert!(took < END, "it took {took:?}");
        daemon.again();
        daemon.wait_until_up();
    }
    let got = crowd.finish();
    daemon.terminate();
    assert!(got.again > 0, "no request was ever sent again");
    check_all(directory.path(), &mut daemon, &got);
}

/// Connections take all files that it may have, and nothing that stops it needs one more.
#[test]
fn without_files_it_ends_in_order_when_told() {
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &[]);
    let mut daemon = Daemon::new(directory.path(), 1_773_100_000, 1).by(["prlimit", "--nofile=64"]);
    daemon.begin();
    daemon.wait_until_up();
    let idle: Vec<TcpStream> = (0..100)
        .filter_map(|_| TcpStream::connect_timeout(&daemon.http, Duration::from_secs(2)).ok())
        .collect();
    let files = format!("/proc/{}/fd", daemon.pid());
    // One is set aside for whoever comes next to its Unix socket, and not in the list.
    wait("it has all files that it may have", || {
        std::fs::read_dir(&files).expect("it runs").count() >= 63
    });
    let (status, took) = daemon.ask_to_end(1);
    assert_eq!(status.code(), Some(0), "{}", daemon.said_last());
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    drop(idle);
}

#[test]
fn without_files_it_says_so_and_goes_on_once_it_has_some() {
    let story = story();
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &story.registers);
    let mut daemon = Daemon::new(directory.path(), story.start, SPEED).by(["prlimit", "--nofile=64"]);
    daemon.begin();
    daemon.wait_until_up();
    let crowd = Crowd::send(&daemon, story.told);
    wait("events are accepted", || crowd.accepted() > 200);
    let idle: Vec<TcpStream> = (0..100)
        .filter_map(|_| TcpStream::connect_timeout(&daemon.http, Duration::from_secs(2)).ok())
        .collect();
    println!("{} connections that say nothing", idle.len());
    wait("it says so", || daemon.said().contains("Too many open files"));
    park_timeout(Duration::from_secs(2));
    drop(idle);
    let before = crowd.accepted();
    wait("events are accepted again", || {
        crowd.accepted() > before || crowd.is_done()
    });
    let got = crowd.finish();
    daemon.terminate();
    let lines = daemon.said().lines().count();
    assert!(lines < 500, "it says {lines} lines");
    daemon.by_itself(directory.path());
    check_all(directory.path(), &mut daemon, &got);
}
