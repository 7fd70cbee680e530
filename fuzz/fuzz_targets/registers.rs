//! Registers: any bytes give records and faults; what was read is written and read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_fuzz::keys;
use sanbai_wire::registers::{Format, Kind, read, to_core, write};

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (kind, is_csv, bytes) = input;
    let kind = Kind::ALL[usize::from(kind) % Kind::ALL.len()];
    let format = if is_csv { Format::Csv } else { Format::JsonLines };
    let keys = keys();
    let first = read(kind, format, bytes, &keys);
    for (offset, record) in (0..).zip(&first.records) {
        drop(to_core(record, offset));
    }
    let again = read(kind, format, &write(kind, format, &first.records), &keys);
    assert_eq!((again.records, again.faults.len()), (first.records, 0));
});
