//! `push` over TLS, against a server on loopback with a certificate of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};

use crate::support::{Folder, base, sanbai};

/// A certificate that vouches for itself, for a name.
struct Identity {
    key: PKey<Private>,
    certificate: X509,
}

impl Identity {
    fn new(name: &SubjectAlternativeName) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
        let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
        let mut subject = X509NameBuilder::new().expect("a name");
        subject.append_entry_by_text("CN", "a test of sanbai").expect("a name");
        let subject = subject.build();
        let mut builder = X509::builder().expect("a certificate");
        builder.set_version(2).expect("version 3");
        let serial = BigNum::from_u32(7).and_then(|number| number.to_asn1_integer());
        builder.set_serial_number(&serial.expect("a number")).expect("a number");
        builder.set_subject_name(&subject).expect("a name");
        builder.set_issuer_name(&subject).expect("a name");
        let (from, to) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(2));
        builder.set_not_before(&from.expect("a time")).expect("a time");
        builder.set_not_after(&to.expect("a time")).expect("a time");
        builder.set_pubkey(&key).expect("a key");
        let name = name.build(&builder.x509v3_context(None, None)).expect("a name");
        builder.append_extension(name).expect("a name");
        builder.sign(&key, MessageDigest::sha256()).expect("a signature");
        let certificate = builder.build();
        Self { key, certificate }
    }

    fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().expect("a certificate")
    }
}

/// Takes everything that reaches it by TLS.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(identity: &Identity) -> Self {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("OpenSSL");
        acceptor.set_private_key(&identity.key).expect("its key");
        acceptor
            .set_certificate(&identity.certificate)
            .expect("its certificate");
        let acceptor = acceptor.build();
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&requests);
        // It ends with the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(&acceptor, stream.expect("a connection"), &taken);
            }
        });
        Self { address, requests }
    }

    fn taken(&self) -> Vec<String> {
        self.requests.lock().expect("nobody panics").clone()
    }
}

/// Answers one request; whoever does not trust it sends none.
fn serve(acceptor: &SslAcceptor, stream: TcpStream, requests: &Mutex<Vec<String>>) {
    let Ok(stream) = acceptor.accept(stream) else { return };
    let mut reader = BufReader::new(stream);
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
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    let body = String::from_utf8(body).expect("text");
    let events = body
        .lines()
        .enumerate()
        .map(|(index, _)| format!(r#"{{"index":{index},"status":"accepted"}}"#));
    let text = format!(r#"{{"events":[{}]}}"#, events.collect::<Vec<_>>().join(","));
    requests.lock().expect("nobody panics").push(head + &body);
    let length = text.len();
    let answer = format!("HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{text}");
    let mut stream = reader.into_inner();
    stream.write_all(answer.as_bytes()).expect("it reads");
    stream.shutdown().ok();
}

fn here() -> SubjectAlternativeName {
    let mut name = SubjectAlternativeName::new();
    name.ip("127.0.0.1");
    name
}

#[test]
fn a_server_that_is_trusted_is_sent_everything() {
    let folder = Folder::new();
    let identity = Identity::new(&here());
    let server = Server::new(&identity);
    let ca = folder.write("ca.pem", identity.pem());
    let token = folder.write("token", "a-token-of-an-outlet");
    let file = folder.write("day.ndjson", base("SF1000000000001").join("\n"));
    let url = format!("https://{}", server.address);
    let run = sanbai(&["push", &file, "--to", &url, "--ca", &ca, "--token-file", &token]);
    assert_eq!(run.code, 0, "{}", run.err);
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].starts_with("POST /v1/events ") && taken[0].contains("Bearer a-token-of-an-outlet"));
    assert_eq!(
        taken[0].matches("SF1000000000001").count(),
        base("SF1000000000001").len()
    );
}

#[test]
fn nobody_else_is_sent_anything() {
    let folder = Folder::new();
    let file = folder.write("day.ndjson", base("SF1000000000001").join("\n"));
    let mut elsewhere = SubjectAlternativeName::new();
    elsewhere.dns("sanbai.example");
    let (identity, another) = (Identity::new(&here()), Identity::new(&elsewhere));
    let ca = folder.write("ca.pem", [identity.pem(), another.pem()].concat());
    let unknown = Server::new(&Identity::new(&here()));
    let misnamed = Server::new(&another);
    let of = |server: &Server| format!("https://{}", server.address);
    // Not of the authorities of this system, not of the file, of the file but under another name.
    let trusted = Server::new(&identity);
    for (server, arguments) in [
        (&trusted, vec![]),
        (&unknown, vec!["--ca", ca.as_str()]),
        (&misnamed, vec!["--ca", ca.as_str()]),
    ] {
        let url = of(server);
        let run = sanbai(&[&["push", &file, "--to", &url][..], &arguments].concat());
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(
            run.err.contains("cannot be trusted, and was sent nothing"),
            "{}",
            run.err
        );
        assert!(server.taken().is_empty());
    }
    let run = sanbai(&["push", &file, "--to", &of(&trusted), "--ca", &ca]);
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn a_file_of_authorities_must_hold_some_and_be_of_use() {
    let folder = Folder::new();
    let file = folder.write("day.ndjson", base("SF1000000000001").join("\n"));
    let none = folder.write("none.pem", "none");
    for (url, ca, says) in [
        ("https://127.0.0.1:1", none.as_str(), "holds no certificate"),
        ("https://127.0.0.1:1", "/nowhere.pem", "cannot read"),
        ("http://127.0.0.1:1", none.as_str(), "plain HTTP"),
    ] {
        let run = sanbai(&["push", &file, "--to", url, "--ca", ca]);
        assert_eq!(run.code, 2, "{url} {ca}");
        assert!(run.err.contains(says), "{url} {ca}: {}", run.err);
    }
}
