//! Rejections come back from their headers.

use proptest::prelude::*;
use sanbai_core::shard::output::What;

use super::{Rejected, Stage};
use crate::{Code, Reject};

fn borrowed<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a [u8])> {
    headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect()
}

proptest! {
    #[test]
    fn rejections_come_back(
        topic in "[a-z.-]{1,20}",
        numbers: (u32, u64, u32),
        code in prop::sample::select(Code::ALL.to_vec()),
        pointer in "(/[a-zA-Z0-9]{1,9}){0,3}",
        detail in ".{0,40}",
    ) {
        let (partition, offset, index) = numbers;
        let reject = Reject { code, pointer, detail };
        let rejected = Rejected::of_reject(&topic, partition, offset, index, &reject);
        let headers = rejected.headers();
        prop_assert_eq!(Rejected::of_headers(&borrowed(&headers)), Some(rejected));
    }

    #[test]
    fn noise_in_headers_is_read_without_a_panic(noise: Vec<u8>, at in 0_usize..9) {
        let headers = good().headers();
        let mut headers = borrowed(&headers);
        headers[at].1 = &noise;
        drop(Rejected::of_headers(&headers));
        headers.remove(at);
        let is_class = headers.iter().all(|(name, _)| *name != "__connect.errors.exception.class.name");
        prop_assert_eq!(Rejected::of_headers(&headers).is_some(), is_class, "all but one are needed");
    }
}

fn good() -> Rejected {
    let reject = Reject::new(Code::FieldMissing, "the field is required; send its value").under("site");
    Rejected::of_reject("sanbai.parcel-events", 3, 1_234, 7, &reject)
}

#[test]
fn the_headers_are_those_of_kafka_connect() {
    let expected = [
        ("__connect.errors.topic", "sanbai.parcel-events"),
        ("__connect.errors.partition", "3"),
        ("__connect.errors.offset", "1234"),
        ("__connect.errors.stage", "VALUE_CONVERTER"),
        ("__connect.errors.exception.class.name", "sanbai.field_missing"),
        (
            "__connect.errors.exception.message",
            "the field is required; send its value",
        ),
        ("sanbai-code", "field_missing"),
        ("sanbai-pointer", "/site"),
        ("sanbai-index", "7"),
    ];
    assert_eq!(good().headers(), expected.map(|(name, value)| (name, value.to_owned())));
}

#[test]
fn a_rejection_as_json() {
    let expected = r#"{"kind":"reject","topic":"sanbai.parcel-events","partition":3,"offset":1234,"index":7,"stage":"decode","code":"field_missing","pointer":"/site","detail":"the field is required; send its value"}"#;
    assert_eq!(good().to_json(), expected);
}

#[test]
fn only_what_was_not_taken_is_rejected() {
    let rejected: Vec<_> = What::ALL
        .into_iter()
        .filter_map(|what| Rejected::of_outcome("t", 0, 1, 2, what))
        .map(|rejected| (rejected.code.clone(), rejected.stage, rejected.key()))
        .collect();
    let expected = ["too_late", "parcel_full", "field_too_long"];
    assert_eq!(
        rejected,
        expected.map(|code| (code.to_owned(), Stage::Apply, "t-0-1-2".to_owned()))
    );
}
