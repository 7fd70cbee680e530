//! Unified social credit codes: any bytes get an answer, and no valid code stays so with one character changed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_core::document::{Canonical, DocumentKind, examine};
use sanbai_core::time::CivilDay;

const DAY: CivilDay = CivilDay::from_days(20_000);

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (at, instead, number) = input;
    if !examine(DocumentKind::CreditCode, number, DAY).is_valid() {
        return;
    }
    let canonical = Canonical::of(number).expect("what is valid has a canonical form");
    let mut changed = canonical.as_bytes().to_vec();
    let at = usize::from(at) % changed.len();
    changed[at] = instead;
    let facts = examine(DocumentKind::CreditCode, &changed, DAY);
    let same = Canonical::of(&changed).is_some_and(|other| other.as_bytes() == canonical.as_bytes());
    assert_eq!(facts.is_valid(), same);
});
