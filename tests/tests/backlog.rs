//! Everything falls due in one tick: what is sent meanwhile stays bounded, for the log makes the shard wait.

use std::collections::BTreeMap;

use sanbai_core::rules::Rules;
use sanbai_core::shard::input::Tick;
use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::log::{Log, Message, ReadError, Record, Ticket, Topic};
use sanbai_engine::parcel::{ParcelSettings, ParcelStage, control_message};
use sanbai_engine::registry::RegistryCopy;
use sanbai_engine::stage::Layout;
use sanbai_engine::store::{Make, Store, StoreError, Writing};
use sanbai_engine::task::{Progress, Task, TaskSettings};
use sanbai_wire::control::Control;
use sanbai_wire::{Decoder, Encoding, RawValues, TokenKeys};

/// Parcels that fall due at once, twice each: for want of an inspection and of an identity check.
const PARCELS: usize = 20_000;
/// Messages that the producer may hold.
const HELD_MAX: usize = 100;

/// A log of one partition, with a producer that holds a few messages and makes whoever sends more wait.
#[derive(Default)]
struct Narrow {
    input: Vec<Record>,
    held: usize,
    held_max: usize,
    appended: BTreeMap<Topic, usize>,
    next: u64,
}

impl Narrow {
    fn append(&mut self, message: Message, timestamp: Timestamp) {
        self.input.push(Record {
            offset: self.input.len() as u64,
            timestamp,
            key: message.key,
            headers: message.headers,
            value: Some(message.value),
        });
    }
}

impl Log for Narrow {
    fn read(&mut self, topic: Topic, _: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        let records = match topic {
            Topic::ParcelEvents => self.input.as_slice(),
            _ => &[],
        };
        let from = usize::try_from(from).expect("short");
        Ok(records.iter().skip(from).take(max).cloned().collect())
    }

    fn send(&mut self, message: Message) -> Ticket {
        if self.held == HELD_MAX {
            // What the producer holds is appended while the sender waits.
            self.held = 0;
        }
        self.held += 1;
        self.held_max = self.held_max.max(self.held);
        *self.appended.entry(message.topic).or_default() += 1;
        self.next += 1;
        Ticket(self.next)
    }
}

struct NoStore;

impl Store for NoStore {
    fn put(&mut self, _: &str, _: Vec<u8>) -> Result<(), StoreError> {
        Ok(())
    }

    fn get(&mut self, _: &str) -> Result<Vec<u8>, StoreError> {
        Err(StoreError::NotFound)
    }

    fn list(&mut self, _: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    fn delete(&mut self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    fn is_busy(&self) -> bool {
        false
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(0)
    }

    fn begin(&mut self, name: &str, make: Make) -> Writing {
        self.put(name, make()).expect("memory takes it");
        Writing(0)
    }

    fn written(&mut self, _: Writing) -> Option<Result<(), StoreError>> {
        Some(Ok(()))
    }
}

fn accepted(number: usize) -> String {
    format!(
        r#"{{"eventId":"01957d3c-0000-7000-8000-{number:012}","brand":"SF","waybill":"SF{number:013}","site":"GZ-0001",
        "operator":"C-17","occurredAt":"2026-03-10T10:00:00+08:00","intakeAt":"2026-03-10T10:00:30+08:00",
        "accepted":{{"itemKind":"ITEM_KIND_PARCEL","transport":"TRANSPORT_ROAD","route":"ROUTE_INTER_PROVINCE",
        "declaredItem":"书籍"}}}}"#
    )
}

#[test]
fn what_is_in_flight_stays_bounded_while_everything_falls_due_in_one_tick() {
    let layout = Layout {
        generation: 1,
        parcels: 1,
        scopes: 1,
    };
    let keys = TokenKeys::single("test", [7; 32]).expect("a version of letters");
    let rules = Rules::builtin();
    let decoder = Decoder::new(keys.clone(), |brand: &str| rules.brands().resolve(brand));
    let start = Timestamp::parse("2026-03-10T10:00:00+08:00").expect("a time");
    let mut log = Narrow::default();
    let tick = |log: &mut Narrow, time: Timestamp| {
        let tick = Tick {
            time,
            registry_offset: 0,
            reset: false,
            recorded_at: time,
        };
        log.append(control_message(0, &Control::Tick(tick)), time);
    };
    tick(&mut log, start);
    for number in 0..PARCELS {
        let decoded = decoder
            .decode(accepted(number).as_bytes(), Encoding::Json)
            .expect("is right");
        let message = Message {
            topic: Topic::ParcelEvents,
            partition: 0,
            key: Some(decoded.key().into_bytes()),
            headers: Vec::new(),
            value: decoded.as_bytes().to_vec(),
        };
        log.append(message, start);
    }
    // Ten hours without ticks; then they catch up, ten minutes each.
    for step in 1..=15 {
        tick(&mut log, start.plus(Span::minutes(10 * step)));
    }
    let mut task: Task<ParcelStage> = Task::new(TaskSettings {
        partition: 0,
        layout,
        stage: ParcelSettings {
            keys,
            raw_values: RawValues::Forbid,
            profile: None,
        },
        snapshot_every: u64::MAX,
        snapshots_kept: 1,
        batch_max: 100,
        unacknowledged_max: usize::MAX,
    });
    let registry = RegistryCopy::default();
    let (mut most, mut before) = (0, 0);
    while !matches!(task.step(&mut log, &mut NoStore, &registry), Progress::Idle) {
        let sent = log.appended.values().sum::<usize>();
        most = most.max(sent - before);
        before = sent;
    }
    let stage = task.stage().expect("is running");
    assert!(stage.shard().open() == PARCELS, "{} are open", stage.shard().open());
    assert!(
        most >= 2 * PARCELS,
        "one step sent {most} messages: they fell due together"
    );
    assert!(log.appended[&Topic::Verdicts] >= 2 * PARCELS);
    assert!(log.held_max <= HELD_MAX, "{} in flight", log.held_max);
}
