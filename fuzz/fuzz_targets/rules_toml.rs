//! Rule files: any text is a rule set or an error that says what is wrong.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_core::rules::Rules;
use sanbai_core::time::Timestamp;

fuzz_target!(|text: &str| {
    match Rules::with_overlays(&[text]) {
        Ok(rules) => {
            for at in [Timestamp::MIN, Timestamp::MAX] {
                assert!(!rules.in_force(at).profile.is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
