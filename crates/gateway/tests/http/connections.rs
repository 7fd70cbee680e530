//! Clients that are slow, greedy or wrong about HTTP, and the end of a server.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use sanbai_gateway::{Gauge, Settings, Sources};

use crate::support::{Answer, Mood, Running, read_all, sealed};

const HEAD: &str = "POST /v1/events HTTP/1.1\r\nhost: sanbai\r\ncontent-type: application/x-ndjson\r\n";

fn impatient() -> Settings {
    Settings {
        head_timeout: Duration::from_millis(300),
        body_idle_timeout: Duration::from_millis(300),
        ..Settings::default()
    }
}

#[test]
fn slow_clients_stop_nobody_and_are_cut_off() {
    let running = Running::with(impatient(), Sources::local());
    let open = |text: &str| {
        let mut stream = running.connect();
        stream.write_all(text.as_bytes()).expect("it listens");
        stream
    };
    let mut slow: Vec<TcpStream> = (0..50).map(|_| open("POST /v1/ev")).collect();
    let body = format!("{HEAD}content-length: 100\r\n\r\n{{");
    let mut pausing: Vec<TcpStream> = (0..50).map(|_| open(&body)).collect();
    let begun = Instant::now();
    assert_eq!(running.post_lines(&sealed("SF1")).status, 200);
    assert!(begun.elapsed() < Duration::from_millis(250), "{:?}", begun.elapsed());
    for stream in &mut slow {
        assert_eq!(read_all(stream), "", "closed without a word");
    }
    for stream in &mut pausing {
        let answer = Answer::parse(&read_all(stream));
        assert_eq!(answer.problem(), (408, "request_timeout".to_owned()));
    }
}

/// Nobody else's connections are used up: here, those of another address of this machine.
#[tokio::test]
async fn an_address_with_many_slow_connections_stops_no_other() {
    let settings = Settings {
        address_connections_max: 64,
        ..Settings::default()
    };
    let running = Running::with(settings, Sources::local());
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = running.connect();
        drop(stream.write_all(b"POST /v1/events HTTP/1.1\r\nx: "));
        slow.push(stream);
    }
    for _ in 0..20 {
        let begun = Instant::now();
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket
            .bind(([127, 0, 0, 2], 0).into())
            .expect("another address of this machine");
        let stream = socket.connect(running.address).await.expect("it listens");
        let mut stream = stream.into_std().expect("a stream");
        stream.set_nonblocking(false).expect("a stream");
        let body = sealed("SF1");
        let request = format!(
            "{HEAD}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("open");
        assert_eq!(Answer::parse(&read_all(&mut stream)).status, 200);
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    assert_eq!(running.intake.counts().connections_closed(), 300 - 64);
    drop(slow);
}

/// Batches are sent, and no answer is read: the connection ends all the same.
#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_nobody_reads_holds_no_connection() {
    let settings = Settings {
        answer_timeout: Duration::from_millis(500),
        ..impatient()
    };
    let running = Running::with(settings, Sources::local());
    let mut stream = running.connect();
    stream
        .set_write_timeout(Some(Duration::from_millis(100)))
        .expect("a timeout");
    let body = "{}\n".repeat(500);
    let request = format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        if stream.write_all(request.as_bytes()).is_err() {
            break;
        }
    }
    while running.intake.counts().now(Gauge::Connections) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(15), "it is still held");
        std::thread::yield_now();
    }
}

#[test]
fn a_body_that_drips_has_an_end_too() {
    let settings = Settings {
        request_timeout: Duration::from_millis(400),
        ..impatient()
    };
    let running = Running::with(settings, Sources::local());
    let mut stream = running.connect();
    stream
        .write_all(format!("{HEAD}content-length: 1000\r\n\r\n").as_bytes())
        .expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("a timeout");
    let begun = Instant::now();
    let mut text = [0; 2_048];
    let count = loop {
        drop(stream.write_all(b" "));
        match stream.read(&mut text) {
            Ok(count) => break count,
            Err(_) => assert!(begun.elapsed() < Duration::from_secs(5)),
        }
    };
    let answer = Answer::parse(&String::from_utf8_lossy(&text[..count]));
    assert_eq!(answer.status, 408);
}

#[test]
fn what_is_no_http_is_refused_and_closed() {
    let running = Running::new();
    let body = sealed("SF1");
    let many: String = (0..70).map(|number| format!("x-{number}: 1\r\n")).collect();
    let status = |text: String| Answer::parse(&running.raw(text.as_bytes())).status;
    assert_eq!(status("GARBAGE\r\n\r\n".to_owned()), 400);
    assert_eq!(status(format!("{HEAD}content-length: x\r\n\r\n{body}")), 400);
    assert_eq!(
        status(format!("{HEAD}content-length: 5\r\ncontent-length: 6\r\n\r\n{body}")),
        400
    );
    assert_eq!(
        status(format!("{HEAD}transfer-encoding: chunked\r\n\r\nnot hex\r\n")),
        400
    );
    assert_eq!(status(format!("{HEAD}transfer-encoding: gzip\r\n\r\n")), 400);
    assert_eq!(status(format!("{HEAD}{many}\r\n")), 431);
    assert_eq!(status(format!("{HEAD}x: {}\r\n\r\n", "x".repeat(20_000))), 431);
    assert_eq!(running.log.messages(), []);
}

/// Where both are there, nothing is taken, and nothing that follows is a request, also behind requests that were right.
#[test]
fn a_request_with_two_lengths_is_refused_and_smuggles_nothing() {
    let running = Running::new();
    let body = sealed("SF1");
    let good = format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len());
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for lengths in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
    ] {
        let text = running.raw(format!("{HEAD}{lengths}\r\n{chunk}{good}").as_bytes());
        assert_eq!(
            Answer::parse(&text).problem(),
            (400, "http_framing".to_owned()),
            "{text}"
        );
        assert_eq!(text.matches("HTTP/1.1").count(), 1, "{text}");
        assert!(text.contains("connection: close"), "{text}");
        assert_eq!(running.log.messages(), []);
    }
    let chunked = format!("{HEAD}transfer-encoding: chunked\r\n\r\n{chunk}");
    let wrong = format!("{HEAD}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n{chunk}");
    let text = running.raw(format!("{good}{chunked}{wrong}{good}").as_bytes());
    assert_eq!(text.matches("HTTP/1.1 200").count(), 2, "{text}");
    assert_eq!(text.matches("HTTP/1.1 400").count(), 1, "{text}");
    assert_eq!(running.log.messages().len(), 2);
}

#[test]
fn one_connection_carries_many_requests() {
    let running = Running::new();
    let mut stream = running.connect();
    let body = sealed("SF1");
    for _ in 0..3 {
        stream
            .write_all(format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len()).as_bytes())
            .expect("open");
        let mut text = [0; 2_048];
        let count = stream.read(&mut text).expect("an answer");
        assert!(text[..count].starts_with(b"HTTP/1.1 200"));
    }
    assert_eq!(running.log.messages().len(), 3);
}

#[test]
fn an_address_has_so_many_connections_and_no_more() {
    let settings = Settings {
        address_connections_max: 2,
        ..Settings::default()
    };
    let running = Running::with(settings, Sources::local());
    let held = [running.connect(), running.connect()];
    while running.intake.counts().now(Gauge::Connections) < 2 {
        std::thread::yield_now();
    }
    assert_eq!(running.raw(b"GET / HTTP/1.1\r\n\r\n"), "");
    assert_eq!(running.intake.counts().connections_closed(), 1);
    drop(held);
    while running.intake.counts().now(Gauge::Connections) > 0 {
        std::thread::yield_now();
    }
    assert_eq!(running.post_lines(&sealed("SF1")).status, 200);
}

#[test]
fn the_end_waits_for_answers_under_way_and_not_for_ever() {
    let mut running = Running::new();
    *running.log.mood.lock().expect("nobody panics") = Mood::Waits;
    let mut idle = running.connect();
    let mut stream = running.connect();
    let body = sealed("SF1");
    stream
        .write_all(format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .expect("open");
    while running.log.waits() == 0 {
        std::thread::yield_now();
    }
    running.stop();
    assert_eq!(read_all(&mut idle), "", "who asks nothing is closed");
    assert!(TcpStream::connect(running.address).is_err(), "nobody else is let in");
    running.log.keep_what_waits();
    assert_eq!(Answer::parse(&read_all(&mut stream)).status, 200);
    assert!(running.stops_within(Duration::from_secs(2)));

    let settings = Settings {
        shutdown_timeout: Duration::from_millis(200),
        ..Settings::default()
    };
    let mut running = Running::with(settings, Sources::local());
    *running.log.mood.lock().expect("nobody panics") = Mood::Waits;
    let mut stream = running.connect();
    stream
        .write_all(format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .expect("open");
    while running.log.waits() == 0 {
        std::thread::yield_now();
    }
    running.stop();
    assert!(running.stops_within(Duration::from_secs(2)));
    assert_eq!(read_all(&mut stream), "", "nothing is claimed");
}

#[tokio::test]
async fn without_sources_nobody_else_can_reach_it() {
    let running = Running::new();
    let listener = tokio::net::TcpListener::bind(("0.0.0.0", 0)).await.expect("a port");
    let error = sanbai_gateway::serve(listener, running.intake.clone(), async {})
        .await
        .expect_err("anybody could send");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
