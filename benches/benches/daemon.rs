//! The daemon as a whole: events over HTTP until they are judged, from a post to an urgent alert, and back after a kill.
//!
//! `cargo bench --package sanbai-benches --bench daemon [-- PARCELS]`: so many open parcels to recover, 1,000,000 if nothing
//! is said. Beside each figure stands what the disk alone allows.

#![expect(clippy::print_stdout, reason = "a command that prints figures")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::shard::input::Behaviour;
use sanbai_engine::clock::Clock;
use sanbai_engine::local::{LocalLog, LocalSettings};
use sanbai_engine::log::{Append as _, Message, Topic};
use sanbai_engine::node::{Node, NodeSettings};
use sanbai_engine::objects::Objects;
use sanbai_engine::parcel::ParcelSettings;
use sanbai_gateway::{Intake, Known, Parts, Settings, Sources};
use sanbai_wire::snapshot::ShardKind;
use sanbai_wire::{Decoder, Encoding, RawValues, TokenKeys, encode_batch};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Events of a request.
const BATCH: usize = 500;
/// Clients that post at the same time.
const CLIENTS: usize = 8;

/// A daemon without its command line.
struct Daemon {
    log: LocalLog,
    node: Arc<Node>,
    http: SocketAddr,
    runtime: Runtime,
    stop: tokio::sync::oneshot::Sender<()>,
}

impl Daemon {
    fn start(directory: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let settings = LocalSettings {
            free_min: 0.01,
            ..LocalSettings::default()
        };
        let log = LocalLog::open(directory, &settings, Clock::SYSTEM).expect("a log");
        let objects = Objects::local(&directory.join("snapshots"), runtime.handle().clone()).expect("objects");
        let keys = TokenKeys::single("1", [7; 32]).expect("a version of one digit");
        let parcel = ParcelSettings {
            keys: keys.clone(),
            raw_values: RawValues::Forbid,
            profile: None,
            behaviour: Behaviour::CURRENT,
        };
        let settings = NodeSettings::new(parcel);
        let node = Node::start(&log, &objects, Registry::default(), Clock::SYSTEM, &settings).expect("a node");
        let node = Arc::new(node);
        let known = Arc::clone(&node);
        let intake = Intake::new(Parts {
            append: Arc::new(log.clone()),
            layout: log.layout(),
            clock: Clock::SYSTEM,
            keys,
            knows: Arc::new(move || Known {
                rules: known.rules(),
                up_to: known.registry_known_to_all(),
            }),
            sources: Sources::local(),
            settings: Settings::default(),
        });
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let http = listener.local_addr().expect("an address");
        let (stop, stopped) = tokio::sync::oneshot::channel();
        runtime.spawn(sanbai_gateway::serve(listener, intake, async {
            stopped.await.ok();
        }));
        Self {
            log,
            node,
            http,
            runtime,
            stop,
        }
    }

    /// Waits until parcel shards have applied all that is on the log, and scope shards all that those have sent; ticks
    /// that come meanwhile aside.
    fn caught_up(&self) {
        for shard in [ShardKind::Parcel, ShardKind::Scope] {
            let ends = self.ends(shard);
            let is_there = || {
                let tasks = self.node.tasks();
                let mut tasks = tasks.iter().filter(|task| task.shard == shard);
                tasks.all(|task| task.unacknowledged == 0 && task.next >= ends[task.partition as usize])
            };
            while !is_there() {
                std::thread::park_timeout(Duration::from_millis(2));
            }
        }
    }

    /// The first offset of each partition that shards read and that is not there yet.
    fn ends(&self, shard: ShardKind) -> Vec<u64> {
        let layout = self.log.layout();
        let count = match shard {
            ShardKind::Parcel => layout.parcels,
            ShardKind::Scope => layout.scopes,
        };
        let ends = (0..count).map(|partition| self.log.range(Topic::read_by(shard), partition).end);
        ends.collect()
    }

    /// As a kill: what is under way is not finished.
    fn kill(self) {
        self.node.stop(&self.log, Duration::ZERO);
        self.stop.send(()).ok();
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        self.log.close().expect("the disk takes it");
    }
}

/// One connection.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Self(BufReader::new(stream))
    }

    fn post(&mut self, body: &str) {
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: l\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let stream = self.0.get_mut();
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .expect("it listens");
        let (mut line, mut length) = (String::new(), 0);
        self.0.read_line(&mut line).expect("an answer");
        assert!(line.starts_with("HTTP/1.1 200"), "{line}");
        while line.trim() != "" {
            line.clear();
            self.0.read_line(&mut line).expect("an answer");
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().expect("a number");
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer).expect("an answer");
        let text = String::from_utf8(answer).expect("JSON");
        assert!(text.contains("\"refused\":0"), "{text}");
    }
}

/// A made-up resident number, for each of some millions another one.
fn resident(number: u64) -> String {
    let (sequence, rest) = (number % 1_000, number / 1_000);
    let (day, month, year) = (1 + rest % 28, 1 + rest / 28 % 12, 1950 + rest / 336 % 50);
    let digits = format!("440308{year}{month:02}{day:02}{sequence:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = b"10X98765432"[sum as usize % 11];
    digits + char::from(check).encode_utf8(&mut [0; 4])
}

/// A parcel's events as lines of JSON, happening now.
fn parcel(number: u64, extra: &str) -> String {
    let now = Clock::SYSTEM.now();
    let head = |step: u32| {
        format!(
            r#"{{"eventId":"01957d3c-{step:04x}-7000-8000-{number:012x}","brand":"SF","waybill":"SF{number:013}","site":"GZ-0001","operator":"C-{:02}","occurredAt":"{now}","#,
            number % 20
        )
    };
    let accepted = r#""accepted":{"itemKind":"ITEM_KIND_PARCEL","transport":"TRANSPORT_ROAD","route":"ROUTE_INTER_PROVINCE","declaredItem":"书籍"}}"#;
    let checked = format!(
        r#""identityChecked":{{"document":{{"kind":"DOCUMENT_KIND_RESIDENT","number":"{}"}},"result":"IDENTITY_RESULT_PASS"}}}}"#,
        resident(number)
    );
    let inspected = r#""inspected":{"result":"INSPECTION_RESULT_PASS"}}"#;
    let screened = r#""xrayScreened":{"device":"X-1","judgement":"XRAY_JUDGEMENT_CLEAR"}}"#;
    let steps = [accepted, &checked, inspected, screened, r#""sealed":{}}"#];
    let mut lines: String = (0..).zip(steps).map(|(step, text)| head(step) + text + "\n").collect();
    if !extra.is_empty() {
        lines += &(head(9) + extra + "\n");
    }
    lines
}

/// Events of a parcel.
const STEPS: u64 = 5;

/// How fast the disk makes batches of a size durable, one after the other, from several threads in files of their own.
fn disk(directory: &Path, bytes: usize, threads: usize, batches: usize) -> f64 {
    let started = Instant::now();
    let writers: Vec<JoinHandle<()>> = (0..threads)
        .map(|number| {
            let path = directory.join(format!("disk-{number}"));
            std::thread::spawn(move || {
                let mut file = File::create(path).expect("a file");
                let batch = vec![7; bytes];
                for _ in 0..batches {
                    file.write_all(&batch)
                        .and_then(|()| file.sync_data())
                        .expect("the disk takes it");
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().expect("it writes"));
    (threads * batches) as f64 / started.elapsed().as_secs_f64()
}

fn end_to_end(parcels: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let daemon = Daemon::start(directory.path());
    let parcels_each = BATCH as u64 / STEPS;
    let bodies: Vec<String> = (0..parcels / parcels_each)
        .map(|batch| {
            (0..parcels_each)
                .map(|number| parcel(batch * parcels_each + number, ""))
                .collect()
        })
        .collect();
    let bytes = bodies[0].len();
    let count = bodies.len();
    let bodies = Arc::new(bodies);
    let started = Instant::now();
    let clients: Vec<JoinHandle<()>> = (0..CLIENTS)
        .map(|number| {
            let (bodies, http) = (Arc::clone(&bodies), daemon.http);
            std::thread::spawn(move || {
                let mut client = Client::connect(http);
                bodies
                    .iter()
                    .skip(number)
                    .step_by(CLIENTS)
                    .for_each(|body| client.post(body));
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().expect("it posts"));
    let answered = started.elapsed().as_secs_f64();
    daemon.caught_up();
    let judged = started.elapsed().as_secs_f64();
    let events = (count * BATCH) as f64;
    let alone = disk(directory.path(), bytes, CLIENTS, 40) * BATCH as f64;
    println!("end to end, {CLIENTS} clients, batches of {BATCH} events of JSON, durable before the answer:");
    println!(
        "  answered {:>9.0} events/s, judged {:>9.0} events/s",
        events / answered,
        events / judged
    );
    println!(
        "  the disk alone, as many bytes flushed from {CLIENTS} threads: {alone:>9.0} events/s; ratio {:.2}",
        alone / (events / answered)
    );
    daemon.kill();
}

fn alert(posts: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    let daemon = Daemon::start(directory.path());
    let mut client = Client::connect(daemon.http);
    let found = r#""inspected":{"result":"INSPECTION_RESULT_PROHIBITED","prohibitedClass":12}}"#;
    let signal = daemon.log.signal();
    let mut times = Vec::new();
    for number in 0..posts as u64 {
        let body = parcel(1_000_000 + number, found);
        let scopes = daemon.log.layout().scopes;
        let alerts = || {
            (0..scopes)
                .map(|scope| daemon.log.range(Topic::Alerts, scope).end)
                .sum::<u64>()
        };
        let before = alerts();
        let started = Instant::now();
        client.post(&body);
        loop {
            let seen = signal.now();
            if alerts() > before {
                break;
            }
            signal.wait(seen, Duration::from_millis(100));
        }
        times.push(started.elapsed());
        std::thread::park_timeout(Duration::from_millis(5));
    }
    times.sort_unstable();
    let mut flushes: Vec<Duration> = (0..100)
        .map(|_| {
            let seconds = 1.0 / disk(directory.path(), 4_096, 1, 1);
            Duration::from_secs_f64(seconds)
        })
        .collect();
    flushes.sort_unstable();
    println!(
        "from a post to its urgent alert on the log: p50 {:.1?}, p99 {:.1?}; two flushes of the disk alone: p50 {:.1?}, p99 {:.1?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        flushes[50] * 2,
        flushes[98] * 2
    );
    daemon.kill();
}

/// Puts the events of so many parcels on a log, as an intake does.
fn fill(directory: &Path, parcels: u64) {
    let settings = LocalSettings {
        free_min: 0.01,
        ..LocalSettings::default()
    };
    let log = LocalLog::open(directory, &settings, Clock::SYSTEM).expect("a log");
    let rules = Rules::builtin();
    let keys = TokenKeys::single("1", [7; 32]).expect("a version of one digit");
    let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
    let decoder = decoder.stamp("local", Clock::SYSTEM.now());
    let count = log.layout().parcels;
    let mut batches: Vec<Vec<Vec<u8>>> = (0..count).map(|_| Vec::new()).collect();
    let send = |partition: usize, events: &mut Vec<Vec<u8>>| {
        let message = Message {
            topic: Topic::ParcelEvents,
            partition: partition as u32,
            key: None,
            headers: vec![("content-type".to_owned(), b"application/protobuf".to_vec())],
            value: encode_batch(events.iter().map(Vec::as_slice)),
        };
        events.clear();
        while log
            .append(vec![message.clone()], Box::new(|done| done.expect("durable")))
            .is_err()
        {
            std::thread::park_timeout(Duration::from_millis(1));
        }
    };
    for number in 0..parcels {
        for line in parcel(number, "").lines() {
            let decoded = decoder.decode(line.as_bytes(), Encoding::Json).expect("an event");
            let partition = decoded.partition(count).expect("there are some") as usize;
            batches[partition].push(decoded.as_bytes().to_vec());
            if batches[partition].len() == BATCH {
                send(partition, &mut batches[partition]);
            }
        }
    }
    for (partition, events) in batches.iter_mut().enumerate() {
        if !events.is_empty() {
            send(partition, events);
        }
    }
    log.close().expect("the disk takes it");
}

/// Stops a daemon as a kill does, starts it again, and says how long both took.
fn again(daemon: Daemon, directory: &Path) -> (Daemon, Duration, Duration) {
    let started = Instant::now();
    daemon.kill();
    let stopped = started.elapsed();
    let started = Instant::now();
    let daemon = Daemon::start(directory);
    daemon.caught_up();
    (daemon, stopped, started.elapsed())
}

fn recovery(parcels: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    fill(directory.path(), parcels);
    let started = Instant::now();
    let daemon = Daemon::start(directory.path());
    daemon.caught_up();
    let first = started.elapsed();
    println!("{parcels} open parcels, {} events:", parcels * STEPS);
    println!("  judged from the beginning of the log in {first:.1?}");
    // By whatever snapshot there is: so much work lies between two, at most, as a recovery may take.
    let (daemon, stopped, late) = again(daemon, directory.path());
    println!("  killed before the next snapshot: ended in {stopped:.1?}, caught up {late:.1?} after its start");
    let (parcels, scopes) = (daemon.ends(ShardKind::Parcel), daemon.ends(ShardKind::Scope));
    daemon.node.snapshot_soon();
    let has_all = |daemon: &Daemon| {
        let tasks = daemon.node.tasks();
        tasks.iter().all(|task| {
            let ends = if task.shard == ShardKind::Parcel {
                &parcels
            } else {
                &scopes
            };
            task.snapshot_at >= ends[task.partition as usize]
        })
    };
    while !has_all(&daemon) {
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let (daemon, stopped, fresh) = again(daemon, directory.path());
    println!("  killed just after its snapshots: ended in {stopped:.1?}, caught up {fresh:.1?} after its start");
    daemon.kill();
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let is_full = std::env::args().any(|argument| argument == "--bench");
    let parcels = arguments
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    if is_full {
        end_to_end(200_000);
        alert(400);
        recovery(parcels);
    } else {
        // As a test: that it runs.
        end_to_end(2_000);
        alert(5);
        recovery(1_000);
    }
}
