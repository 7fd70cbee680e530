//! Brokers that want TLS, or a user with a password, or both; and what is said where that is wrong.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use sanbai_engine::clock::Clock;
use sanbai_engine::kafka::{KafkaLog, KafkaOpenError, KafkaSettings, Plan, Sasl, Security, Tls, Topics};
use sanbai_engine::local::Retention;
use sanbai_engine::log::{Append as _, Message, Topic};
use sanbai_rig::{Brokers, Listener, Options};

const PATIENCE: Duration = Duration::from_secs(60);

fn tls(authority: &Path, client: Option<(&Path, &Path)>) -> Tls {
    Tls {
        ca: Some(authority.to_owned()),
        certificate: client.map(|(certificate, _)| certificate.to_owned()),
        key: client.map(|(_, key)| key.to_owned()),
    }
}

fn settings(brokers: &Brokers, listener: Listener, tls: Option<Tls>, sasl: Option<Sasl>) -> KafkaSettings {
    let address = brokers.bootstrap_of(listener).expect("there is such a listener");
    KafkaSettings {
        security: Security { tls, sasl },
        ..KafkaSettings::new(address)
    }
}

/// Appends a record and reads it.
fn goes_round(settings: KafkaSettings, text: &str) {
    let log = KafkaLog::open(settings, Clock::SYSTEM).expect("it connects");
    let from = log.range(Topic::ParcelEvents, 0).expect("it answers").end;
    let (done, is_done) = sync_channel(1);
    let message = Message {
        topic: Topic::ParcelEvents,
        partition: 0,
        key: None,
        headers: Vec::new(),
        value: text.as_bytes().to_vec(),
    };
    let told = Box::new(move |delivery| done.send(delivery).expect("somebody waits"));
    log.append(vec![message], told).expect("there is room");
    is_done.recv_timeout(PATIENCE).expect("in time").expect("durable");
    let browser = log.browser().expect("a consumer");
    let read = browser.read(Topic::ParcelEvents, 0, from, 1).expect("it answers");
    assert_eq!(read[0].value.as_deref(), Some(text.as_bytes()));
    drop(browser);
    log.close(PATIENCE);
}

#[test]
fn tls_and_passwords_are_by_configuration_and_wrong_ones_are_refused() {
    let options = Options {
        tls: true,
        sasl: true,
        ..Options::default()
    };
    let Some(brokers) = sanbai_rig::brokers_as_asked_or_say_why(&options) else {
        return;
    };
    let plan = Plan {
        parcels: 1,
        scopes: 1,
        replication: None,
        is_rehearsal: false,
        retention: Retention::default(),
    };
    let security = brokers.security().expect("it was asked for");
    let authority = security.authority().expect("it was asked for");
    let sasl = |password: &str| {
        Some(Sasl {
            mechanism: "SCRAM-SHA-512".to_owned(),
            user: security.user().to_owned(),
            password: password.to_owned(),
        })
    };
    let right = sasl(security.password());
    let whole = settings(&brokers, Listener::SaslTls, Some(tls(authority, None)), right.clone());
    Topics::new(whole.clone())
        .and_then(|topics| topics.create(&plan))
        .expect("topics are made");
    goes_round(whole, "both");
    goes_round(settings(&brokers, Listener::Sasl, None, right), "password");
    let certified = tls(authority, security.client());
    goes_round(settings(&brokers, Listener::Tls, Some(certified), None), "certificate");

    let wrong = settings(&brokers, Listener::SaslTls, Some(tls(authority, None)), sasl("wrong"));
    assert!(!format!("{wrong:?}").contains("wrong"), "a password is never shown");
    assert!(matches!(
        KafkaLog::open(wrong, Clock::SYSTEM),
        Err(KafkaOpenError::Unavailable(_))
    ));
    // The authority of these brokers is not one of the system's.
    let strange = settings(&brokers, Listener::Tls, Some(Tls::default()), None);
    assert!(matches!(
        KafkaLog::open(strange, Clock::SYSTEM),
        Err(KafkaOpenError::Unavailable(_))
    ));
}

#[test]
fn what_the_log_rests_on_is_not_for_others_to_set() {
    for name in [
        "enable.idempotence",
        "auto.offset.reset",
        "sasl.password",
        "ssl.key.password",
    ] {
        let mut settings = KafkaSettings::new("127.0.0.1:1");
        settings.client.insert(name.to_owned(), "x".to_owned());
        let refused = KafkaLog::open(settings, Clock::SYSTEM).expect_err("it is ours");
        assert!(
            matches!(&refused, KafkaOpenError::Setting(reason) if reason.starts_with(name)),
            "{refused}"
        );
    }
}
