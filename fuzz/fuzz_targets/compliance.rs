//! Rows of compliance: any bytes are read or get one code; what was read is written and read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_wire::compliance::{decode, encode, key, to_json};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(row) = decode(bytes) {
        let again = decode(&encode(row.version, &row.row())).expect("was accepted before");
        assert_eq!(again, row);
        assert!(to_json(row.version, &row.row()).starts_with("{\"kind\":\"row\""));
        assert!(key(&row.row()).starts_with(&row.brand));
    }
});
