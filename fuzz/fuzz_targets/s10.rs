//! Postal item numbers: any bytes get an answer, and the same one in canonical form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_core::document::Canonical;
use sanbai_core::document::s10::examine_s10;

fuzz_target!(|number: &[u8]| {
    let facts = examine_s10(number);
    match Canonical::of(number) {
        Some(canonical) => assert_eq!(examine_s10(canonical.as_bytes()).is_valid(), facts.is_valid()),
        None => assert!(!facts.is_valid()),
    }
});
