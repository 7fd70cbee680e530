//! Alerts: any bytes are read or get one code, and what was read is one line of JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_wire::alert::{decode, to_json};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(alert) = decode(bytes) {
        let json = to_json(&alert);
        assert!(json.starts_with("{\"kind\":\"alert\"") && !json.contains('\n'));
    }
});
