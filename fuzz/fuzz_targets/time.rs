//! Times and days: any text is read or refused, and what is read prints as text that reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_core::time::{CivilDay, Timestamp};

fuzz_target!(|text: &str| {
    if let Some(time) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        let (seconds, nanos) = time.to_parts();
        assert_eq!(Timestamp::from_parts(seconds, nanos), Some(time));
    }
    if let Some(day) = CivilDay::parse(text) {
        assert_eq!(CivilDay::parse(&day.to_string()), Some(day));
        // An instant reaches from 1678 to 2262, a day from 1 to 9999.
        if (1_678..2_262).contains(&day.year()) {
            assert_eq!(day.start().civil_day(), day);
        }
    }
});
