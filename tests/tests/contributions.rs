//! What a parcel shard tells those who count.

use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::shard::contribution::Delay;
use sanbai_core::shard::input::{Input, Tick};
use sanbai_core::shard::output::{Output, Sink};
use sanbai_core::shard::parcel::ParcelShard;
use sanbai_core::shard::position::Position;
use sanbai_core::time::Timestamp;
use sanbai_wire::{Decoder, Encoding, TokenKeys};

/// The delays that the last contribution names.
#[derive(Default)]
struct Last([Option<Delay>; 3]);

impl Sink for Last {
    fn put(&mut self, _: Position, output: Output<'_>) {
        if let Output::Change(change) = output {
            let new = change.new.expect("the parcel goes on to count");
            self.0 = new.duties.map(|share| share.delay);
        }
    }
}

#[test]
fn the_delay_of_what_was_performed_late_is_its_own() {
    // The acceptance was uploaded after 30 s, the late inspection after an hour and a half.
    let lines = [
        r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b01","brand":"SF","waybill":"SF1234567890123","site":"GZ-1","occurredAt":"2026-03-10T10:00:00+08:00","intakeAt":"2026-03-10T10:00:30+08:00","accepted":{}}"#,
        r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b02","brand":"SF","waybill":"SF1234567890123","site":"GZ-1","occurredAt":"2026-03-10T10:05:00+08:00","intakeAt":"2026-03-10T11:35:00+08:00","inspected":{"result":"INSPECTION_RESULT_PASS"}}"#,
    ];
    let (rules, registry) = (Rules::builtin(), Registry::default());
    let keys = TokenKeys::single("1", [7; 32]).expect("a version of one digit");
    let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
    let (mut shard, mut last) = (ParcelShard::default(), Last::default());
    let at = |offset| Position {
        generation: 1,
        offset,
        index: 0,
    };
    for (offset, line) in (0..).zip(lines) {
        let decoded = decoder
            .decode(line.as_bytes(), Encoding::Json)
            .expect("the line is right");
        let event = decoded.event().expect("it is about a parcel");
        shard.handle(at(offset), Input::Event(&event), registry.view(), &mut last);
    }
    let time = Timestamp::parse("2026-03-10T12:30:00+08:00").expect("a time");
    let tick = Tick {
        time,
        registry_offset: 0,
        reset: false,
        recorded_at: time,
    };
    shard.handle(at(2), Input::Tick(tick), registry.view(), &mut last);
    assert_eq!(last.0, [None, Some(Delay::TwoHours), None]);
}
