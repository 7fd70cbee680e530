//! A daemon in this process, a client that sends bytes, and a reader of metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use tempfile::TempDir;

use crate::config::Config;
use crate::daemon::{Daemon, runtime};
use crate::metrics::table::TABLE;

/// A daemon that runs until it is dropped.
pub(super) struct Running {
    daemon: Option<Daemon>,
    /// Goes with it.
    _directory: TempDir,
}

/// A sample: its name, its labels in their order, its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: Vec<(String, String)>,
    pub(super) value: f64,
}

impl Sample {
    pub(super) fn label(&self, name: &str) -> &str {
        let found = self.labels.iter().find(|(label, _)| label == name);
        found.map_or("", |(_, value)| value)
    }
}

impl Running {
    /// One whose clock stood at 2026-03-10 10:05 and runs an hour each second.
    pub(super) fn new(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut config = Config::default();
        config.data.directory = directory.path().join("data");
        config.data.parcel_partitions = 2;
        config.data.scope_partitions = 2;
        config.data.free_min = 0.0;
        config.intake.address = SocketAddr::from(([127, 0, 0, 1], 0));
        config.metrics.address = SocketAddr::from(([127, 0, 0, 1], 0));
        change(&mut config);
        std::fs::create_dir_all(&config.data.directory).expect("a directory");
        let start = Timestamp::parse("2026-03-10T10:05:00+08:00").expect("a time");
        let daemon = Daemon::start(config, Clock::fast(start, 3_600), runtime().expect("threads")).expect("it starts");
        Self {
            daemon: Some(daemon),
            _directory: directory,
        }
    }

    pub(super) fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().expect("it runs")
    }

    /// Posts lines of events; the status.
    pub(super) fn post(&self, lines: &[String]) -> u16 {
        let body = lines.join("\n");
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        status(&send(self.daemon().http, &format!("{head}{body}")))
    }

    /// Head and body of what is at a path.
    pub(super) fn get(&self, path: &str, more: &str) -> (String, String) {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n");
        let answer = send(self.daemon().metrics_at, &request);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        (head.to_ascii_lowercase(), unchunked(head, body))
    }

    /// Waits until something holds, at most 30 s.
    pub(super) fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let (signal, started) = (self.daemon().log.signal(), Instant::now());
        while !holds() {
            assert!(started.elapsed() < Duration::from_secs(30), "not in time: {what}");
            signal.wait(u64::MAX, Duration::from_millis(50));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let stopped = self.daemon.take().map(Daemon::stop);
        assert!(std::thread::panicking() || stopped.is_none_or(|stopped| stopped.is_ok()));
    }
}

pub(super) fn send(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let timeout = Some(Duration::from_secs(20));
    stream.set_read_timeout(timeout).expect("a timeout");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut bytes = Vec::new();
    // A reset after the answer is an end, too.
    drop(stream.read_to_end(&mut bytes));
    String::from_utf8(bytes).expect("text")
}

pub(super) fn status(answer: &str) -> u16 {
    let word = answer.split(' ').nth(1);
    word.and_then(|status| status.parse().ok()).expect("a status")
}

fn unchunked(head: &str, body: &str) -> String {
    assert!(!head.to_ascii_lowercase().contains("chunked"), "bodies have a length");
    body.to_owned()
}

/// An acceptance by a courier of an outlet.
pub(super) fn accepted(number: u32, site: &str, operator: &str) -> String {
    format!(
        r#"{{"eventId":"0190a8b2-7c4e-7d31-9c5b-{number:012x}","brand":"SF","waybill":"SF{number:013}","site":"{site}","operator":"{operator}","occurredAt":"2026-03-10T10:03:00+08:00","accepted":{{"itemKind":"PARCEL","transport":"ROAD","route":"INTER_PROVINCE","declaredItem":"书籍","destination":"430100"}}}}"#
    )
}

/// Reads a page in the format 0.0.4, and holds each line against the table.
pub(super) fn read(page: &str) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    let (mut current, mut seen) = (String::new(), BTreeSet::new());
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help");
            assert_eq!(TABLE[name].en, help);
            assert!(seen.insert(name.to_owned()), "{name} comes twice");
            name.clone_into(&mut current);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert_eq!(rest, format!("{current} {}", TABLE[&current].kind.as_str()));
        } else {
            let sample = sample(line);
            assert_eq!(sample.name, current, "samples stand together");
            let labels: Vec<&str> = sample.labels.iter().map(|(name, _)| &**name).collect();
            assert_eq!(labels, TABLE[&current].labels, "{line}");
            samples.push(sample);
        }
    }
    let mut keys = BTreeSet::new();
    for sample in &samples {
        let is_new = keys.insert((&sample.name, &sample.labels));
        assert!(is_new, "one series comes twice: {sample:?}");
    }
    samples
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').expect("a value");
    let value = value.parse().expect("a number");
    let Some((name, rest)) = series.split_once('{') else {
        return Sample {
            name: series.to_owned(),
            labels: Vec::new(),
            value,
        };
    };
    let (mut labels, mut rest) = (Vec::new(), rest);
    while rest != "}" {
        let (label, after) = rest.split_once("=\"").expect("a label");
        let mut text = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().expect("the value ends") {
                (at, '"') => break at,
                (_, '\\') => match characters.next().expect("something is escaped").1 {
                    'n' => text.push('\n'),
                    other => text.push(other),
                },
                (_, other) => text.push(other),
            }
        };
        labels.push((label.trim_start_matches(',').to_owned(), text));
        rest = &after[end + 1..];
    }
    Sample {
        name: name.to_owned(),
        labels,
        value,
    }
}

/// Sums of the samples of a metric, by the values of some labels.
pub(super) fn sums(samples: &[Sample], name: &str, by: &[&str]) -> BTreeMap<Vec<String>, f64> {
    let mut sums = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.name == name) {
        let key = by.iter().map(|label| sample.label(label).to_owned()).collect();
        *sums.entry(key).or_default() += sample.value;
    }
    sums
}
