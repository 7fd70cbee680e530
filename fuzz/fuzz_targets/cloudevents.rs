//! CloudEvents, structured and binary, and records with any headers, keys and partitions.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_fuzz::{assert_seen_as_decoded, decoder};
use sanbai_wire::{Encoding, Record};

fuzz_target!(
    |input: (&[u8], Option<&[u8]>, Vec<(&str, &[u8])>, Option<(u32, u32)>)| {
        let (value, key, headers, partition) = input;
        assert_seen_as_decoded(value, Encoding::CloudEvent);
        let decoder = decoder();
        let structured = decoder.decode(value, Encoding::CloudEvent);
        if let Err(reject) = &structured {
            assert!(!reject.detail.is_empty());
        }
        let record = Record {
            key,
            value: Some(value),
            headers: &headers,
            partition,
        };
        let mut answers = 0;
        let count = decoder.decode_record(&record, |_| answers += 1);
        assert_eq!(count.unwrap_or(0), answers);
    }
);
