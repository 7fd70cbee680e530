//! Numbers, names and phones, in right and in wrong places: none is found anywhere afterwards.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread::park_timeout;
use std::time::Duration;

use lz4_flex::frame::FrameDecoder;
use sanbai_core::time::Timestamp;

use crate::daemon::{Daemon, wait};
use crate::snapshots::files;
use crate::{recorded, story};

/// What must be found nowhere: a number, a name and a phone that nobody else has.
const MARKS: [&str; 3] = ["440308198512276015", "闳諟璎", "13977553186"];

#[test]
fn no_number_name_or_phone_is_found_anywhere() {
    let story = story();
    let directory = tempfile::tempdir().expect("a directory");
    recorded::begin(directory.path(), &story.registers);
    let mut daemon = Daemon::new(directory.path(), story.start, 600).with("LOGGING__FILTER", "trace");
    daemon.begin();
    daemon.wait_until_up();
    // A day that any daemon sees fills logs and snapshots.
    let mut answers: Vec<u8> = Vec::new();
    for request in requests(story.start) {
        answers.extend(send(daemon.http, &request));
    }
    let text = String::from_utf8_lossy(&answers);
    for (status, least) in [("HTTP/1.1 200", 4), ("HTTP/1.1 4", 6)] {
        let found = text.matches(status).count();
        assert!(found >= least, "{found} times {status}: {text}");
    }
    assert!(text.contains(r#""status":"accepted""#), "{text}");
    let snapshots = directory.path().join("snapshots");
    wait("snapshots", || files(&snapshots).len() >= 10);
    park_timeout(Duration::from_millis(1_500));
    daemon.kill();
    daemon.again();
    daemon.terminate();
    let needles = needles();
    let mut found = Vec::new();
    let mut search = |place: &Path, bytes: &[u8]| {
        for (what, needle) in &needles {
            let places = memchr::memmem::find_iter(bytes, needle);
            found.extend(places.map(|at| format!("{} at {at}: {what}", place.display())));
        }
    };
    let mut searched = 0;
    for path in files(directory.path()) {
        let bytes = fs::read(&path).expect("a file");
        search(&path, &bytes);
        searched += bytes.len();
        if path.extension().is_some_and(|end| end == "rows") {
            let mut rows = Vec::new();
            let mut reader = FrameDecoder::new(bytes.as_slice());
            reader.read_to_end(&mut rows).expect("a snapshot is whole");
            search(&path, &rows);
            searched += rows.len();
        }
    }
    let said = daemon.said();
    assert!(said.contains("DEBUG"), "it says more than usual");
    search(Path::new("its log"), said.as_bytes());
    search(Path::new("its answers"), &answers);
    assert!(found.is_empty(), "found: {found:#?}");
    println!(
        "{searched} bytes of files searched, {} of its log, {} of answers",
        said.len(),
        answers.len()
    );
}

/// Each mark as it is, and as it would look after the usual codes.
fn needles() -> Vec<(String, Vec<u8>)> {
    let mut needles = Vec::new();
    for mark in MARKS {
        needles.push((mark.to_owned(), mark.as_bytes().to_vec()));
        let hex = mark.bytes().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a text takes it");
            hex
        });
        needles.push((format!("{mark} in upper hex"), hex.to_uppercase().into_bytes()));
        needles.push((format!("{mark} in hex"), hex.into_bytes()));
        let escaped: String = mark.bytes().map(|byte| format!("%{byte:02X}")).collect();
        needles.push((format!("{mark} as in a URL"), escaped.into_bytes()));
        for skip in 0..3 {
            // Base64 looks different wherever in a text it begins.
            let bytes = &mark.as_bytes()[skip..];
            let whole = &bytes[..bytes.len() / 3 * 3];
            needles.push((format!("{mark} in base64 from {skip}"), base64(whole).into_bytes()));
        }
    }
    needles
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks_exact(3).map(|three| {
        let number = three.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|by| char::from(LETTERS[number >> by & 63]))
    });
    groups.flatten().collect()
}

/// An event with its last fields.
fn event(start: u64, id: u32, rest: &str) -> String {
    let time = Timestamp::from_nanos(start.cast_signed() * 1_000_000_000);
    format!(
        r#"{{"eventId":"7b472e46-83e1-44f6-93fa-bfa6f8ca{id:04}","brand":"STO","waybill":"7734058568{id:05}","site":"CH-STO-02","operator":"STO02003","place":"440117111","occurredAt":"{time}",{rest}}}"#
    )
}

/// Events with marks in all of their fields, right and wrong ones.
fn events(start: u64) -> Vec<String> {
    let [number, name, phone] = MARKS;
    let document = format!(r#"{{"kind":"DOCUMENT_KIND_RESIDENT","number":"{number}","expiresOn":"2031-12-18"}}"#);
    let right = [
        format!(r#""identityChecked":{{"document":{document},"result":"IDENTITY_RESULT_PASS","nameMatches":true}}"#),
        format!(
            r#""identityChecked":{{"document":{document},"agentDocument":{document},"result":"IDENTITY_RESULT_FAIL"}}"#
        ),
        format!(r#""accepted":{{"declaredItem":"紫砂壶","sender":{{"name":"{name}","phone":"{phone}"}}}}"#),
    ];
    let wrong = [
        // Free text, codes, references. What is a name in free text, nobody can tell.
        format!(
            r#""accepted":{{"declaredItem":"书 {phone} {number}","agreement":"{number}","destination":"{phone}"}}"#
        ),
        format!(
            r#""accepted":{{"declaredItem":"书","sender":{{"maskedName":"{name}","maskedPhone":"{phone}","nameTokens":["{number}"]}}}}"#
        ),
        format!(
            r#""inspected":{{"result":"INSPECTION_RESULT_PASS","observedItem":"{number}","photoDigest":"{number}","mark":{{"unit":"{number}","sequence":"{phone}"}}}}"#
        ),
        format!(r#""reported":{{"to":"{phone}","reference":"{number}"}}"#),
        // Where no value is known: keys, kinds, types.
        format!(r#""{number}":"{name}","accepted":{{"{phone}":1}}"#),
        format!(r#""accepted":{{"itemKind":"{number}"}}"#),
        format!(r#""accepted":"{number}""#),
        format!(r#""accepted":{{"weightGrams":{number}}}"#),
        format!(r#""arrived":{{"from":"{number}"}}"#),
        format!(r#""departed":{{"to":"{phone}"}}"#),
    ];
    let all = (0..).zip(right.iter().chain(&wrong));
    all.map(|(id, rest)| event(start, id, rest)).collect()
}

/// Bodies with marks wherever somebody may put them.
fn bodies(start: u64, lines: &[String]) -> Vec<Vec<u8>> {
    let [number, name, phone] = MARKS;
    let mut bodies: Vec<Vec<u8>> = lines.iter().map(|line| line.clone().into_bytes()).collect();
    bodies.push(lines.join("\n").into_bytes());
    // Ids, brands, places.
    for field in [
        "eventId",
        "brand",
        "waybill",
        "site",
        "operator",
        "place",
        "occurredAt",
        "source",
    ] {
        bodies.push(format!(r#"{{"{field}":"{number}","brand":"STO","accepted":{{}}}}"#).into_bytes());
        let value = format!(r#""{field}":"#);
        let line = event(start, 77, r#""arrived":{"from":"SZ-HUB-1"},"source":"x""#);
        if let Some((before, after)) = line.split_once(&value) {
            let (_, after) = after.split_once([',', '}']).expect("a field ends");
            bodies.push(format!(r#"{before}{value}"{number}",{after}"#).into_bytes());
        }
    }
    // No JSON; no UTF-8; too large; broken off.
    bodies.push(format!("{number} {name} {phone}").into_bytes());
    bodies.push(format!("{{\"{number}\": ").into_bytes());
    bodies.push([b"{\"brand\":\"\xff".as_slice(), number.as_bytes(), b"\xfe\"}"].concat());
    let long = format!(r#""accepted":{{"declaredItem":"{}"}}"#, number.repeat(8_000));
    bodies.push(event(start, 88, &long).into_bytes());
    bodies.push(number.repeat(80_000).into_bytes());
    bodies
}

/// Requests with marks in bodies, paths, headers, and where no request is.
fn requests(start: u64) -> Vec<Vec<u8>> {
    let [number, name, phone] = MARKS;
    let lines = events(start);
    let bodies = bodies(start, &lines);
    let bodies = bodies.iter().map(|body| request("/v1/events", "", body));
    let mut requests: Vec<Vec<u8>> = bodies.collect();
    requests.push(request(&format!("/v1/events?{number}={phone}"), "", b"{}"));
    requests.push(request(&format!("/{number}"), "", b"{}"));
    requests.push(request(
        "/v1/events",
        &format!("x-sender: {name} {number}\r\n"),
        lines[0].as_bytes(),
    ));
    requests.push(request(
        "/v1/events",
        &format!("authorization: Bearer {number}\r\n"),
        b"{}",
    ));
    requests.push(request("/v1/events", &format!("content-encoding: {number}\r\n"), b"{}"));
    requests.push(format!("{number} /{phone} HTTP/1.1\r\nhost: {number}\r\nconnection: close\r\n\r\n").into_bytes());
    requests.push(format!("{number}\r\n\r\n").into_bytes());
    requests
}

fn request(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Sends a request, and returns all of the answer.
fn send(to: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(to).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a socket");
    // It may have answered before it has read all.
    stream.write_all(request).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    answer
}
