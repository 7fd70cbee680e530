//! Real brokers start, are killed, come back, and leave nothing behind.

use std::io::{BufRead as _, BufReader, Error, Read as _, Result, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use sanbai_rig::{Brokers, Listener, Options, brokers_as_asked_or_say_why, brokers_or_say_why, program_or_say_why};

/// Patience with an answer.
const ANSWER_MOST: Duration = Duration::from_secs(10);

/// Asks which requests a broker understands, the first question of every client; the error code of the answer.
fn api_versions(address: &str) -> Result<u16> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_MOST))?;
    // Length, kind 18, version 0, number 7, a client without a name.
    stream.write_all(&[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff])?;
    let mut head = [0; 10];
    stream.read_exact(&mut head)?;
    let [_, _, _, _, 0, 0, 0, 7, high, low] = head else {
        return Err(Error::other(format!("not the answer: {head:?}")));
    };
    Ok(u16::from_be_bytes([high, low]))
}

/// Whether brokers of our own can be had; where not, why is said.
fn can_start() -> bool {
    program_or_say_why("java", "install Java").is_some() && program_or_say_why("mvn", "install Maven").is_some()
}

/// Command lines of the processes that work in a folder.
fn running_in(folder: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").expect("a list of processes").flatten();
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(folder))
        .collect()
}

/// The folder of all brokers of a rig.
fn folder(brokers: &Brokers) -> PathBuf {
    let log = brokers.log(1).expect("ours");
    log.ancestors().nth(2).expect("a folder").to_owned()
}

#[test]
fn one_broker_answers_is_killed_comes_back_and_is_gone_in_the_end() {
    let Some(mut brokers) = brokers_or_say_why(1) else {
        return;
    };
    let address = brokers.bootstrap();
    assert_eq!(api_versions(&address).unwrap(), 0);
    if brokers.log(1).is_none() {
        assert!(brokers.kill(1).is_err(), "brokers of others are not killed");
        return;
    }
    brokers.kill(1).unwrap();
    assert!(api_versions(&address).is_err());
    brokers.start_again(1).unwrap();
    assert_eq!(api_versions(&address).unwrap(), 0);
    assert!(brokers.start_again(1).is_err(), "it runs");
    brokers.pause(1).unwrap();
    brokers.resume(1).unwrap();
    assert_eq!(api_versions(&address).unwrap(), 0);
    brokers.stop(1).unwrap();
    assert!(api_versions(&address).is_err());
    brokers.start_again(1).unwrap();
    assert!(brokers.kill(2).is_err(), "there is none");

    let folder = folder(&brokers);
    let name = folder.display().to_string();
    assert_eq!(running_in(&name).len(), 1);
    drop(brokers);
    assert_eq!(running_in(&name), [""; 0]);
    assert!(!folder.exists());
}

#[test]
fn three_brokers_with_tls_and_a_user_answer_on_every_plain_port() {
    let options = Options {
        count: 3,
        tls: true,
        sasl: true,
        ..Options::default()
    };
    if std::env::var_os(sanbai_rig::GIVEN).is_some() {
        return;
    }
    let Some(mut brokers) = brokers_as_asked_or_say_why(&options) else {
        return;
    };
    for listener in [Listener::Plain, Listener::Sasl] {
        for address in brokers.bootstrap_of(listener).unwrap().split(',') {
            assert_eq!(api_versions(address).unwrap(), 0, "{address}");
        }
    }
    assert_eq!(brokers.bootstrap_of(Listener::Proxied), None);
    assert_eq!(brokers.bootstrap_of(Listener::SaslTls).unwrap().split(',').count(), 3);
    let security = brokers.security().unwrap();
    assert!(security.authority().unwrap().is_file());
    assert_eq!(security.password().len(), 32);

    for id in 1..=3 {
        brokers.kill(id).unwrap();
    }
    brokers.start_all_again().unwrap();
    for address in brokers.bootstrap().split(',') {
        assert_eq!(api_versions(address).unwrap(), 0, "{address}");
    }
}

#[test]
fn a_broker_that_does_not_start_says_why() {
    if !can_start() {
        return;
    }
    let options = |key: &str, value: &str| Options {
        settings: vec![(key.to_owned(), value.to_owned())],
        ..Options::default()
    };
    let error = Brokers::start(options("num.io.threads", "none"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("num.io.threads"), "{error}");
    // This one is seen by the broker itself.
    let error = Brokers::start(options("metric.reporters", "no.such.Reporter"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("it ended at its start") && error.contains("no.such.Reporter"),
        "{error}"
    );
    let none = Options {
        count: 0,
        ..Options::default()
    };
    assert!(Brokers::start(none).is_err());
}

/// Set for [`a_process_holds_a_broker_until_it_is_killed`] in a process of its own.
const HOLD: &str = "SANBAI_RIG_HOLD";

/// Says before the folder of its brokers.
const HOLDS: &str = "holds ";

#[test]
fn a_process_holds_a_broker_until_it_is_killed() {
    if std::env::var_os(HOLD).is_some() {
        let brokers = Brokers::start(Options::default()).unwrap();
        println!("\n{HOLDS}{}", folder(&brokers).display());
        // Until we are killed.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    if !can_start() {
        return;
    }
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_process_holds_a_broker_until_it_is_killed", "--nocapture"])
        .env(HOLD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let folder = lines
        .filter_map(|line| line.strip_prefix(HOLDS).map(str::to_owned))
        .next();
    let folder = folder.expect("it says where");
    assert_eq!(running_in(&folder).len(), 1);
    holder.kill().unwrap();
    holder.wait().unwrap();
    let deadline = Instant::now() + ANSWER_MOST;
    while !running_in(&folder).is_empty() {
        assert!(Instant::now() < deadline, "the broker outlives who started it");
        park_timeout(Duration::from_millis(20));
    }
    drop(Brokers::start(Options::default()).unwrap());
    assert!(!Path::new(&folder).exists(), "the next rig removes it");
}
