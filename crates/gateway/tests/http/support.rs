//! An intake on loopback with a log in memory, and a client that sends bytes as they are.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use sanbai_core::rules::Rules;
use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use sanbai_engine::log::{Append, Busy, Done, Message, NotDelivered};
use sanbai_engine::stage::Layout;
use sanbai_gateway::{Intake, Known, Parts, Settings, Sources, serve};
use sanbai_wire::TokenKeys;

pub(crate) const ID: &str = "0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77";
pub(crate) const PARTITIONS: u32 = 4;

/// What the log does with what it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It keeps it.
    #[default]
    Keeps,
    /// It takes it, and cannot keep it.
    Fails,
    /// It takes it, and says nothing more until it is in another mood.
    Waits,
    /// It takes nothing.
    Is(Busy),
}

/// A log in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) mood: Mutex<Mood>,
    pub(crate) messages: Mutex<Vec<Message>>,
    waiting: Mutex<Vec<Done>>,
    /// Whoever asks for the rules meets a fault of ours.
    pub(crate) breaks_rules: AtomicBool,
}

impl Memory {
    pub(crate) fn keep_what_waits(&self) {
        *self.mood.lock().expect("nobody panics") = Mood::Keeps;
        for done in std::mem::take(&mut *self.waiting.lock().expect("nobody panics")) {
            done(Ok(()));
        }
    }

    pub(crate) fn waits(&self) -> usize {
        self.waiting.lock().expect("nobody panics").len()
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages.lock().expect("nobody panics").clone()
    }
}

impl Append for Memory {
    fn append(&self, messages: Vec<Message>, done: Done) -> Result<(), Busy> {
        match *self.mood.lock().expect("nobody panics") {
            Mood::Is(busy) => return Err(busy),
            Mood::Fails => done(Err(NotDelivered)),
            Mood::Waits => self.waiting.lock().expect("nobody panics").push(done),
            Mood::Keeps => {
                self.messages.lock().expect("nobody panics").extend(messages);
                done(Ok(()));
            }
        }
        Ok(())
    }
}

/// An intake that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) log: Arc<Memory>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    stopped: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// One with the usual limits, to which anybody on this machine may send.
    pub(crate) fn new() -> Self {
        Self::with(Settings::default(), Sources::local())
    }

    pub(crate) fn with(settings: Settings, sources: Sources) -> Self {
        let log = Arc::new(Memory::default());
        let rules = Arc::new(Rules::builtin());
        let now = Timestamp::parse("2026-03-10T10:05:00+08:00").expect("a time");
        let breaking = Arc::clone(&log);
        let intake = Intake::new(Parts {
            append: Arc::clone(&log) as Arc<dyn Append>,
            layout: Layout {
                generation: 1,
                parcels: PARTITIONS,
                scopes: 2,
            },
            clock: Clock::fast(now, 1),
            keys: TokenKeys::single("1", [7; 32]).expect("a version"),
            knows: Arc::new(move || {
                assert!(
                    !breaking.breaks_rules.load(Ordering::Relaxed),
                    "a fault that a test asked for"
                );
                Known {
                    rules: Arc::clone(&rules),
                    up_to: u64::MAX,
                }
            }),
            sources,
            settings,
        });
        let (stop, stopping) = tokio::sync::oneshot::channel();
        let (has_stopped, stopped) = sync_channel(1);
        let (begun, begins) = sync_channel(1);
        let serving = Arc::clone(&intake);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
                begun
                    .send(listener.local_addr().expect("an address"))
                    .expect("somebody waits");
                let stopping = async { drop(stopping.await) };
                serve(listener, serving, stopping).await.expect("a local listener");
            });
            has_stopped.send(()).ok();
        });
        Self {
            log,
            intake,
            address: begins.recv().expect("it begins"),
            stop: Some(stop),
            stopped: Mutex::new(stopped),
            thread: Some(thread),
        }
    }

    /// Begins the shutdown.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
    }

    /// Whether it stops in time.
    pub(crate) fn stops_within(&self, time: Duration) -> bool {
        self.stopped.lock().expect("nobody panics").recv_timeout(time).is_ok()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        stream
    }

    /// Sends bytes as they are, and reads all that comes until the connection is closed.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // It may be closed while it is written to.
        drop(stream.write_all(bytes));
        read_all(&mut stream)
    }

    /// Posts a body, and gives status, head and body of the answer.
    pub(crate) fn post(&self, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("POST {target} HTTP/1.1\r\nhost: sanbai\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        Answer::parse(&self.raw(&[head.as_bytes(), body].concat()))
    }

    pub(crate) fn post_json(&self, body: &str) -> Answer {
        self.post("/v1/events", &[("content-type", "application/json")], body.as_bytes())
    }

    pub(crate) fn post_lines(&self, body: &str) -> Answer {
        self.post(
            "/v1/events",
            &[("content-type", "application/x-ndjson")],
            body.as_bytes(),
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.log.keep_what_waits();
        self.stop();
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_none_or(|ended| ended.is_ok()));
    }
}

/// Reads until the connection is closed.
pub(crate) fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    // A reset after the answer is an end, too.
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self {
            status: status.unwrap_or(0),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Status and code of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The events of an answer: `ok`, or the code.
    pub(crate) fn events(&self) -> Vec<String> {
        let json = self.json();
        let events = json["events"].as_array().cloned().unwrap_or_default();
        events
            .iter()
            .map(|event| event["code"].as_str().unwrap_or("ok").to_owned())
            .collect()
    }
}

/// An event with a waybill, and with some fields more.
pub(crate) fn event(waybill: &str, fields: &str) -> String {
    format!(
        r#"{{"eventId":"{ID}","brand":"SF","waybill":"{waybill}","site":"GZ-1","occurredAt":"2026-03-10T10:00:00+08:00"{fields}}}"#
    )
}

/// An event that is sealed.
pub(crate) fn sealed(waybill: &str) -> String {
    event(waybill, r#","sealed":{}"#)
}
