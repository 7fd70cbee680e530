//! `push` against servers that refuse, break off and come late, and against the real intake.

use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sanbai_core::rules::Rules;
use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use sanbai_engine::log::{Append, Busy, Done, Message};
use sanbai_engine::stage::Layout;
use sanbai_gateway::{Intake, Known, Parts, Settings, SourceToken, Sources, serve};
use sanbai_wire::{Decoder, Encoding, TokenKeys, encode_delimited};
use serde_json::Value;

use crate::support::{Folder, base, sanbai};

/// What a server does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// Closes the connection before anything is read.
    Hangs,
    /// Closes it in the middle of the request.
    BreaksOff,
    /// Takes the events, and closes it in the middle of the answer.
    CutsShort,
    /// Answers a status, with headers.
    Says(u16, &'static str),
}

/// A server that does what it is told, and then takes everything.
struct Flaky {
    address: SocketAddr,
    /// Bodies that were read to their end, with the heads of their requests.
    requests: Arc<Mutex<Vec<(String, String)>>>,
}

impl Flaky {
    fn new(acts: &[Act]) -> Self {
        Self::on(TcpListener::bind(("127.0.0.1", 0)).expect("a port"), acts)
    }

    fn on(listener: TcpListener, acts: &[Act]) -> Self {
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (mut acts, taken) = (VecDeque::from(acts.to_vec()), Arc::clone(&requests));
        // It ends with the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.expect("a connection"), acts.pop_front(), &taken);
            }
        });
        Self { address, requests }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The ids of each body that was taken.
    fn taken(&self) -> Vec<Vec<String>> {
        let requests = self.requests.lock().expect("nobody panics");
        let ids = |body: &str| body.lines().map(|line| field(line, "eventId")).collect();
        requests.iter().map(|(_, body)| ids(body)).collect()
    }
}

/// Answers one request, and closes.
fn answer(mut stream: TcpStream, act: Option<Act>, requests: &Mutex<Vec<(String, String)>>) {
    if act == Some(Act::Hangs) {
        return;
    }
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let (name, value) = line.split_once(": ").unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().expect("a length");
        }
        head.push_str(&line);
    }
    if act == Some(Act::BreaksOff) {
        return;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    let body = String::from_utf8_lossy(&body).into_owned();
    let (status, headers, text) = match act {
        Some(Act::Says(status, headers)) => (status, headers, r#"{"code":"x","detail":"y"}"#.to_owned()),
        _ => {
            let events = body
                .lines()
                .enumerate()
                .map(|(index, _)| format!(r#"{{"index":{index},"status":"accepted"}}"#));
            let text = format!(r#"{{"events":[{}]}}"#, events.collect::<Vec<_>>().join(","));
            requests.lock().expect("nobody panics").push((head, body));
            (200, "", text)
        }
    };
    let length = text.len();
    let mut answer =
        format!("HTTP/1.1 {status} X\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{text}");
    if act == Some(Act::CutsShort) {
        answer.truncate(answer.len() - 10);
    }
    drop(stream.write_all(answer.as_bytes()));
}

fn field(line: &str, name: &str) -> String {
    let json: Value = serde_json::from_str(line).expect("JSON");
    json[name].as_str().unwrap_or_default().to_owned()
}

/// Lines of events, each with an id of its own.
fn lines(parcels: usize) -> Vec<String> {
    (0..parcels)
        .flat_map(|parcel| base(&format!("SF{parcel:013}")))
        .collect()
}

#[test]
fn every_event_arrives_whatever_a_server_does() {
    let acts = [
        Act::Hangs,
        Act::BreaksOff,
        Act::CutsShort,
        Act::Says(503, "retry-after: 0\r\n"),
        Act::Says(429, "retry-after: 0\r\n"),
        Act::Says(408, ""),
        Act::CutsShort,
        Act::Says(500, ""),
    ];
    let server = Flaky::new(&acts);
    let folder = Folder::new();
    let lines = lines(5);
    let file = folder.write("events.ndjson", lines.join("\n"));
    let run = sanbai(&["push", &file, "--to", &server.url(), "--batch", "10", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let sum = &run.json()[0];
    assert_eq!((&sum["accepted"], &sum["refused"]), (&40.into(), &0.into()));
    assert_eq!(sum["repeated"], 8);
    assert!(run.err.contains("waiting for"), "{}", run.err);
    let ids: Vec<String> = lines.iter().map(|line| field(line, "eventId")).collect();
    let taken = server.taken();
    let arrived: BTreeSet<&String> = taken.iter().flatten().collect();
    assert_eq!(arrived, ids.iter().collect());
    let batches: Vec<&[String]> = ids.chunks(10).collect();
    let mut in_order = taken.clone();
    in_order.dedup();
    assert_eq!(in_order, batches, "each batch in its order, and one after the other");
    assert_eq!(taken.len(), 4 + 2, "those whose answer was cut short came twice");
}

#[test]
fn a_daemon_that_comes_late_is_waited_for_and_not_for_ever_if_asked() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{address}");
    let folder = Folder::new();
    let file = folder.write("events.ndjson", lines(1).join("\n"));
    let run = sanbai(&["push", &file, "--to", &url, "--give-up-after", "1s"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("events.ndjson line 1 on"), "{}", run.err);
    assert!(run.err.contains("did not take it in time"), "{}", run.err);
    let server = std::thread::spawn(move || {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(700) {
            std::thread::yield_now();
        }
        Flaky::on(TcpListener::bind(address).expect("the same port"), &[])
    });
    let run = sanbai(&["push", &file, "--to", &url]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(server.join().expect("no panic").taken().concat().len(), 8);
}

#[test]
fn several_batches_under_way_lose_nothing() {
    let server = Flaky::new(&[Act::Hangs, Act::CutsShort, Act::Says(503, ""), Act::BreaksOff]);
    let folder = Folder::new();
    let lines = lines(20);
    let file = folder.write("events.ndjson", lines.join("\n"));
    let run = sanbai(&[
        "push",
        &file,
        "--to",
        &server.url(),
        "--batch",
        "7",
        "--concurrency",
        "4",
        "--json",
    ]);
    assert_eq!((run.code, &run.json()[0]["accepted"]), (0, &160.into()), "{run:?}");
    let arrived: BTreeSet<String> = server.taken().into_iter().flatten().collect();
    assert_eq!(arrived.len(), 160);
}

#[test]
fn what_no_repetition_helps_is_an_error() {
    let folder = Folder::new();
    let file = folder.write("events.ndjson", lines(1).join("\n"));
    for (status, headers) in [
        (401, ""),
        (413, ""),
        (404, ""),
        (307, "location: http://127.0.0.1:1/\r\n"),
    ] {
        let server = Flaky::new(&[Act::Says(status, headers)]);
        let run = sanbai(&[
            "push",
            &file,
            "--to",
            &server.url(),
            "--concurrency",
            "3",
            "--batch",
            "1",
        ]);
        assert_eq!(run.code, 2, "{status}");
        assert!(
            run.err.contains(&format!("status {status} x y")),
            "{status}: {}",
            run.err
        );
    }
    for (url, says) in [
        ("http://192.0.2.1:1", "plain HTTP"),
        ("127.0.0.1:1", "http://"),
        ("ftp://127.0.0.1:1", "https://"),
    ] {
        let run = sanbai(&["push", &file, "--to", url]);
        assert_eq!(run.code, 2, "{url}");
        assert!(run.err.contains(says), "{url}: {}", run.err);
    }
}

#[test]
fn a_proxy_of_the_environment_sees_nothing() {
    let server = Flaky::new(&[]);
    let folder = Folder::new();
    let file = folder.write("events.ndjson", lines(1).join("\n"));
    let mut command = crate::support::command(&["push", &file, "--to", &server.url()]);
    command
        .env("http_proxy", "http://127.0.0.1:1")
        .env("ALL_PROXY", "http://127.0.0.1:1");
    let output = command.output().expect("the binary runs");
    assert!(output.status.success(), "{output:?}");
}

/// A log in memory.
#[derive(Default)]
struct Memory(Mutex<Vec<Message>>);

impl Append for Memory {
    fn append(&self, messages: Vec<Message>, done: Done) -> Result<(), Busy> {
        self.0.lock().expect("nobody panics").extend(messages);
        done(Ok(()));
        Ok(())
    }
}

const TOKEN: &str = "secret-secret-secret-secret";

/// The real intake, with what was appended. It ends with the tests.
fn real() -> (String, Arc<Memory>) {
    let log = Arc::new(Memory::default());
    let rules = Arc::new(Rules::builtin());
    let token = SourceToken::new(TOKEN).expect("a token");
    let intake = Intake::new(Parts {
        append: Arc::clone(&log) as Arc<dyn Append>,
        layout: Layout {
            generation: 1,
            parcels: 4,
            scopes: 2,
        },
        clock: Clock::fast(Timestamp::parse("2026-03-10T22:00:00+08:00").expect("a time"), 1),
        keys: TokenKeys::single("1", [7; 32]).expect("a version"),
        knows: Arc::new(move || Known {
            rules: Arc::clone(&rules),
            up_to: u64::MAX,
        }),
        sources: Sources::new([("outlet-7", token)]).expect("a source"),
        settings: Settings::default(),
    });
    let (begun, begins) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            begun
                .send(listener.local_addr().expect("an address"))
                .expect("somebody waits");
            serve(listener, intake, std::future::pending()).await
        })
    });
    (format!("http://{}", begins.recv().expect("it begins")), log)
}

#[test]
fn the_real_intake_says_what_it_refuses() {
    let (url, log) = real();
    let folder = Folder::new();
    let token = folder.write("token", format!("{TOKEN}\n"));
    let good = base("SF1000000000001");
    let tick = r#"{"tick":{"time":"2026-03-10T10:00:05+08:00"}}"#;
    let batch = format!(
        r#"{{"events":[{},{}]}}"#,
        good[2],
        good[3].replace("\"SF\"", "\"NONE\"")
    );
    let large = good[4].replace("C-17", &"x".repeat(70_000));
    let text = [&good[0], tick, "", "{", &batch, &large, &good[1]].join("\n");
    let file = folder.write("mixed.ndjson", &text);
    let rejects = folder.join("rejects.ndjson");
    let run = sanbai(&[
        "push",
        &file,
        "--to",
        &url,
        "--token-file",
        &token,
        "--rejects",
        &rejects,
    ]);
    assert_eq!(run.code, 1, "{run:?}");
    for says in [
        "mixed.ndjson line 4: json_syntax",
        "mixed.ndjson line 5 event 1: brand_unknown at /brand: no brand of this code",
        "mixed.ndjson line 6: event_too_large",
        "accepted 3 · 拒绝 refused 3",
        "control records (ticks and the like) passed over: 1",
    ] {
        assert!(run.out.contains(says), "{says}: {}", run.out);
    }
    let rejects: Vec<Value> = folder
        .read("rejects.ndjson")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let codes: BTreeSet<&str> = rejects.iter().filter_map(|reject| reject["code"].as_str()).collect();
    assert_eq!(
        codes,
        BTreeSet::from(["brand_unknown", "event_too_large", "json_syntax"])
    );
    let number = "11010519491231002X";
    assert!(text.contains(number), "the file is as the outlet wrote it");
    let logged: String = log
        .0
        .lock()
        .expect("nobody panics")
        .iter()
        .map(|message| String::from_utf8_lossy(&message.value).into_owned())
        .collect();
    assert!(logged.contains("hs256:1:") && logged.contains("outlet-7") && !logged.contains(number));
    assert!(!format!("{}{}", run.out, run.err).contains(number));
}

#[test]
fn the_real_intake_takes_protobuf_from_whom_it_knows() {
    let (url, _log) = real();
    let folder = Folder::new();
    let token = folder.write("token", format!("{TOKEN}\n"));
    let good = base("SF1000000000001");
    let decoder = Decoder::new(TokenKeys::single("1", [7; 32]).expect("a version"), |_| Some("SF"));
    let message = |line: &String| decoder.decode(line.as_bytes(), Encoding::Json).expect("good").message();
    let frames: Vec<u8> = good.iter().flat_map(|line| encode_delimited(&message(line))).collect();
    let file = folder.write("day.pb", frames);
    let run = sanbai(&[
        "push",
        &file,
        "--to",
        &url,
        "--token-file",
        &token,
        "--batch",
        "3",
        "--json",
    ]);
    assert_eq!((run.code, &run.json()[0]["accepted"]), (0, &8.into()), "{run:?}");

    let wrong = folder.write("wrong", "wrong-wrong-wrong-wrong-wrong");
    let run = sanbai(&["push", &file, "--to", &url, "--token-file", &wrong]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("auth_invalid") && !run.err.contains("wrong-wrong"),
        "{}",
        run.err
    );
}
