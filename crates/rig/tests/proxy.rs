//! The proxy breaks what it is told to break, and nothing else.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::{self, park_timeout};
use std::time::{Duration, Instant};

use sanbai_rig::{Direction, Fault, Options, Proxy, brokers_as_asked_or_say_why};

/// Patience with what must come.
const MOST: Duration = Duration::from_secs(10);

/// Long enough for what must not come.
const QUIET: Duration = Duration::from_millis(300);

/// A proxy before somebody who says everything back.
fn before_an_echo() -> Proxy {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut answers = stream.try_clone().expect("cloned");
                std::io::copy(&mut &stream, &mut answers)
            });
        }
    });
    Proxy::start(&[(0, port)]).expect("it listens")
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.bootstrap()).expect("connected");
    stream.set_read_timeout(Some(MOST)).expect("set");
    stream
}

/// Sends so many bytes and waits for all of them; how long that took.
fn echo(stream: &mut TcpStream, length: usize) -> Duration {
    let begun = Instant::now();
    let sent: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).expect("small")).collect();
    let mut writer = stream.try_clone().expect("cloned");
    let mut got = vec![0; length];
    thread::scope(|scope| {
        scope.spawn(|| writer.write_all(&sent).expect("sent"));
        stream.read_exact(&mut got).expect("answered");
    });
    assert!(got == sent);
    begun.elapsed()
}

/// Whether anything comes within [`QUIET`].
fn is_quiet(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(QUIET)).expect("set");
    let read = stream.read(&mut [0]);
    stream.set_read_timeout(Some(MOST)).expect("set");
    read.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn bytes_pass_in_order_also_many_of_them() {
    let proxy = before_an_echo();
    let mut stream = connect(&proxy);
    echo(&mut stream, 3 << 20);
    assert_eq!(proxy.connections(1).unwrap(), 1);
    drop(stream);
    let deadline = Instant::now() + MOST;
    while proxy.connections(1).unwrap() > 0 {
        assert!(Instant::now() < deadline, "a connection of nobody");
        park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn delayed_bytes_come_later_but_not_one_after_the_other() {
    let proxy = before_an_echo();
    let mut stream = connect(&proxy);
    proxy.set_all(Fault::Delay(Duration::from_millis(150)));
    // There and back; a hundred chunks one after the other would take 15 s each way.
    let took = echo(&mut stream, 100 * (16 << 10));
    assert!(
        (Duration::from_millis(300)..Duration::from_secs(5)).contains(&took),
        "{took:?}"
    );
    proxy.set_all(Fault::Pass);
    assert!(echo(&mut stream, 100) < Duration::from_millis(300));
}

#[test]
fn a_black_hole_in_either_direction_is_quiet_and_gives_everything_back() {
    for direction in [Direction::ToBroker, Direction::ToClient, Direction::Both] {
        let proxy = before_an_echo();
        let mut stream = connect(&proxy);
        echo(&mut stream, 10);
        proxy.set(1, Fault::BlackHole(direction)).unwrap();
        stream.write_all(b"held").unwrap();
        assert!(is_quiet(&mut stream), "{direction:?}");
        proxy.set(1, Fault::Pass).unwrap();
        let mut got = [0; 4];
        stream.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"held");
    }
}

#[test]
fn a_throttled_connection_gets_its_share() {
    let proxy = before_an_echo();
    let mut stream = connect(&proxy);
    proxy.set_all(Fault::Throttle(20_000));
    let took = echo(&mut stream, 20_000);
    assert!(
        (Duration::from_millis(900)..Duration::from_secs(8)).contains(&took),
        "{took:?}"
    );
}

#[test]
fn cut_connections_are_closed_and_new_ones_too_until_it_is_over() {
    let proxy = before_an_echo();
    let mut stream = connect(&proxy);
    echo(&mut stream, 10);
    proxy.cut_once(1).unwrap();
    assert!(is_closed(&mut stream));
    let mut stream = connect(&proxy);
    echo(&mut stream, 10);
    proxy.set(1, Fault::Cut).unwrap();
    assert!(is_closed(&mut stream));
    assert!(is_closed(&mut connect(&proxy)));
    proxy.set(1, Fault::Pass).unwrap();
    echo(&mut connect(&proxy), 10);
    assert!(proxy.set(2, Fault::Pass).is_err(), "there is none");
}

#[test]
fn brokers_send_their_clients_to_the_proxy() {
    let options = Options {
        proxied: true,
        ..Options::default()
    };
    if std::env::var_os(sanbai_rig::GIVEN).is_some() {
        return;
    }
    let Some(brokers) = brokers_as_asked_or_say_why(&options) else {
        return;
    };
    let ports = brokers.proxied();
    let proxy = Proxy::start(&ports).unwrap();
    let mut stream = connect(&proxy);
    // Kind 3 (metadata), version 1, number 7, a client without a name, no topics.
    stream
        .write_all(&[0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 7, 0xff, 0xff, 0, 0, 0, 0])
        .unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut answer).unwrap();
    let names = |port: u16| {
        let address = [b"127.0.0.1".as_slice(), &u32::from(port).to_be_bytes()].concat();
        answer.windows(address.len()).any(|bytes| bytes == address)
    };
    let [(told, listening)] = ports.as_slice() else {
        panic!("one broker, not {ports:?}");
    };
    assert!(names(*told) && !names(*listening), "{answer:?}");
}
