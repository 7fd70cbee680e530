//! A published revision says what its verdict says, and where and when it came to be.

use prost::Message as _;
use sanbai_core::parcel::Parcels;
use sanbai_core::registry::Registry;
use sanbai_core::rules::{RuleSet, Rules};
use sanbai_core::shard::output::Revision;
use sanbai_core::shard::position::Position;
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::{Judge, Verdict};
use sanbai_wire::proto::verdict as message;
use sanbai_wire::verdict::{revision_to_bytes, revision_to_json, revision_to_message, to_json, to_message};
use sanbai_wire::{Decoder, Encoding, TokenKeys};

const LINE: &str = r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b01","brand":"SF","waybill":"SF1234567890123","site":"GZ-0001","occurredAt":"2026-03-10T10:03:00+08:00","accepted":{"declaredItem":"书籍"}}"#;

const VERSION: Position = Position {
    generation: 1,
    offset: 1_234,
    index: 7,
};

/// Gives the verdict on a parcel that was accepted without anything else, and a third revision of it.
fn with(check: impl FnOnce(&Verdict<'_>, &Revision<'_>, &Rules)) {
    let (rules, registry) = (Rules::builtin(), Registry::default());
    let time = |text| Timestamp::parse(text).expect("a time");
    let decoder = Decoder::new(TokenKeys::single("1", [7; 32]).expect("a version"), |_| Some("SF"));
    let decoded = decoder.decode(LINE.as_bytes(), Encoding::Json).expect("good");
    let mut parcels = Parcels::default();
    let event = decoded.event().expect("is of a parcel");
    parcels.apply(&event).expect("is small");
    let evidence = parcels.iter().next().expect("a parcel");
    let judge = Judge::new(&rules, registry.view());
    let verdict = judge.verdict(&evidence, time("2026-03-12T00:00:00+08:00"));
    let verdict = verdict.expect("the profile is built in").expect("has events");
    let of_the_log = RuleSet {
        version: "of-the-log".to_owned(),
        ..RuleSet::builtin()
    };
    let revision = Revision {
        number: 3,
        at: time("2026-03-10T12:03:00+08:00"),
        profile: "statutory",
        set: &of_the_log,
        verdict: &verdict,
    };
    check(&verdict, &revision, &rules);
}

#[test]
fn a_revision_is_the_verdict_with_its_version() {
    with(|verdict, revision, rules| {
        let plain = to_json(verdict, rules, Some("statutory"), 3).expect("JSON");
        let mut plain: serde_json::Value = serde_json::from_str(&plain).expect("JSON");
        assert!(plain.get("version").is_none() && plain.get("at").is_none() && plain.get("kind").is_none());
        let json = revision_to_json(VERSION, revision);
        assert!(json.starts_with(r#"{"kind":"verdict","brand":"SF","waybill":"SF1234567890123","revision":3,"#));
        plain["kind"] = "verdict".into();
        plain["version"] = "0001:00000000000000001234:00000007".into();
        plain["at"] = "2026-03-10T12:03:00+08:00".into();
        plain["rules"] = "of-the-log".into();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).expect("JSON"), plain);
    });
}

#[test]
fn the_message_of_a_revision_says_the_same() {
    with(|verdict, revision, rules| {
        let plain = to_message(verdict, rules, Some("statutory"), 3);
        assert_eq!((plain.version.as_str(), plain.at), ("", None));
        let message = revision_to_message(VERSION, revision);
        let expected = message::Verdict {
            version: "0001:00000000000000001234:00000007".into(),
            at: message.at,
            rules: "of-the-log".into(),
            ..plain
        };
        assert_eq!(message.at.map(|at| at.seconds), Some(1_773_115_380));
        assert_eq!(message, expected);
        let bytes = revision_to_bytes(VERSION, revision);
        assert_eq!(message::Verdict::decode(bytes.as_slice()), Ok(message));
    });
}
