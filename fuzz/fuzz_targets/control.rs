//! Control records, on a log and in a file: any bytes are accepted or get one code; what is accepted comes back from both.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_core::time::Timestamp;
use sanbai_wire::control::{Control, Kind, Read, decode, encode, of_json_line, to_json_line};

fuzz_target!(|input: (u8, &[u8])| {
    let (kind, bytes) = input;
    if let Some(Ok(read)) = of_json_line(bytes) {
        again(&read.control, None);
    }
    let kind = Kind::ALL[usize::from(kind) % Kind::ALL.len()].as_str().as_bytes();
    if let Ok(read) = decode(kind, bytes, Timestamp::MIN) {
        again(&read.control, Some(Timestamp::MIN));
    }
});

/// What was read is read again, from a log and from a file.
fn again(control: &Control, recorded_at: Option<Timestamp>) {
    let (kind, value) = encode(control);
    let own = match control {
        Control::Tick(tick) => tick.time,
        _ => Timestamp::MIN,
    };
    let read = decode(kind.as_str().as_bytes(), &value, recorded_at.unwrap_or(own)).expect("was accepted before");
    assert_eq!((&read.control, read.unknown_fields), (control, 0));
    let line = to_json_line(control);
    let Read { control: line, .. } = of_json_line(line.as_bytes())
        .expect("a control record")
        .expect("was accepted before");
    assert_eq!(encode(&line), (kind, value));
}
