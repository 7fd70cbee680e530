//! A client that sends until it is told that it was taken.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread::park_timeout;
use std::time::{Duration, SystemTime};

use sanbai_wire::proto::event::ParcelEvent;

use crate::daemon::Daemon;

/// Events that are sent together, not before their time.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Seconds since 1970, by the clock of the world.
    due: i64,
    body: String,
}

impl Batch {
    pub(crate) fn cut(events: Vec<ParcelEvent>, size: usize) -> Vec<Self> {
        let batches = events.chunks(size).map(|events| Self {
            due: events
                .iter()
                .filter_map(|event| event.intake_at)
                .map(|at| at.seconds)
                .max()
                .unwrap_or(0),
            body: events
                .iter()
                .map(|event| sanbai_wire::encode_json(event) + "\n")
                .collect(),
        });
        batches.collect()
    }

    /// To be sent whenever there is somebody to take it.
    pub(crate) fn at_once(self) -> Self {
        Self { due: 0, ..self }
    }
}

/// What became of what was sent.
#[derive(Debug, Default)]
pub(crate) struct Got {
    /// Ids of events that were accepted.
    pub(crate) accepted: BTreeSet<String>,
    /// Events that were refused, by code.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Requests that were sent again.
    pub(crate) again: u64,
    /// Requests that were turned away for a while, by code.
    pub(crate) turned_away: BTreeMap<String, u64>,
}

/// Nobody tries longer than that.
const MOST: Duration = Duration::from_secs(600);

/// What a request came to.
enum Answer {
    Taken(serde_json::Value),
    /// To be sent again; why, as the answer says.
    TurnedAway(String),
    /// Nobody knows what became of it.
    Unknown,
}

#[derive(Debug)]
pub(crate) struct Client {
    to: SocketAddr,
    since: SystemTime,
    start: u64,
    speed: u32,
}

impl Client {
    /// One that has the clock of a daemon.
    pub(crate) const fn new(daemon: &Daemon) -> Self {
        Self {
            to: daemon.http,
            since: daemon.since,
            start: daemon.start,
            speed: daemon.speed,
        }
    }

    fn now(&self) -> i64 {
        let passed = self.since.elapsed().unwrap_or_default() * self.speed;
        (self.start + passed.as_secs()) as i64
    }

    pub(crate) fn send_all(&self, batches: Vec<Batch>, got: &Mutex<Got>) {
        let mut connection = None;
        for batch in batches {
            while self.now() < batch.due {
                park_timeout(Duration::from_millis(5));
            }
            loop {
                let answer = self.send(&mut connection, &batch.body).unwrap_or(Answer::Unknown);
                let mut got = got.lock().expect("no client panics");
                if let Answer::Taken(answer) = answer {
                    self.take(&answer, &mut got);
                    break;
                }
                assert!(
                    self.since.elapsed().unwrap_or_default() < MOST,
                    "the daemon takes nothing any more"
                );
                got.again += 1;
                if let Answer::TurnedAway(code) = answer {
                    *got.turned_away.entry(code).or_default() += 1;
                }
                drop(got);
                connection = None;
                park_timeout(Duration::from_millis(50));
            }
        }
    }

    /// `None`: nobody knows what became of it.
    fn send(&self, connection: &mut Option<BufReader<TcpStream>>, body: &str) -> Option<Answer> {
        if connection.is_none() {
            let stream = TcpStream::connect_timeout(&self.to, Duration::from_secs(2)).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
            stream.set_nodelay(true).ok()?;
            *connection = Some(BufReader::new(stream));
        }
        let reader = connection.as_mut()?;
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        reader.get_mut().write_all((head + body).as_bytes()).ok()?;
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let status: u16 = line.split(' ').nth(1)?.parse().ok()?;
        let mut length = 0;
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).ok()?;
        match status {
            200 => serde_json::from_slice(&answer).ok().map(Answer::Taken),
            429 | 503 | 408 => {
                let answer: serde_json::Value = serde_json::from_slice(&answer).ok()?;
                Some(Answer::TurnedAway(answer["code"].as_str()?.to_owned()))
            }
            other => panic!("status {other}: {}", String::from_utf8_lossy(&answer)),
        }
    }

    fn take(&self, answer: &serde_json::Value, got: &mut Got) {
        for event in answer["events"].as_array().expect("an answer for each event") {
            if event["status"] == "accepted" {
                got.accepted
                    .insert(event["eventId"].as_str().expect("an id").to_owned());
            } else {
                let code = event["code"].as_str().expect("a code").to_owned();
                *got.refused.entry(code).or_default() += 1;
            }
        }
    }
}
