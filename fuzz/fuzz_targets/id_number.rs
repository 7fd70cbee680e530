//! Numbers of all kinds: any bytes get an answer to every question, the same one in canonical form, and no resident number
//! stays valid with one digit changed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_core::document::ask::{Question, answer};
use sanbai_core::document::{Canonical, DocumentKind, examine};
use sanbai_core::time::CivilDay;

fuzz_target!(|input: (u16, u8, u8, &[u8])| {
    let (today, at, digit, number) = input;
    let today = CivilDay::from_days(i32::from(today));
    let canonical = Canonical::of(number);
    for question in Question::all() {
        let outcome = answer(question, number, today).outcome;
        if let Some(canonical) = &canonical {
            assert_eq!(
                answer(question, canonical.as_bytes(), today).outcome,
                outcome,
                "{question:?}"
            );
        }
    }
    if examine(DocumentKind::Resident, number, today).is_valid() {
        let mut changed = canonical
            .expect("what is valid has a canonical form")
            .as_bytes()
            .to_vec();
        let at = usize::from(at) % changed.len();
        let digit = b'0' + digit % 10;
        let same = changed[at] == digit;
        changed[at] = digit;
        assert_eq!(examine(DocumentKind::Resident, &changed, today).is_valid(), same);
    }
});
