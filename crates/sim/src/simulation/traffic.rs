//! What comes to the log from outside, and when: events, registers, orders of operators, and bytes that are none of these.

mod network;
mod steps;
mod story;

use prost::Message as _;
use sanbai_core::shard::input::Skip;
use sanbai_engine::log::{Headers, Message, Topic};
use sanbai_engine::parcel::control_message;
use sanbai_engine::registry::message_of_record;
use sanbai_wire::control::{Control, KIND_HEADER, OwnedRejudge};
use sanbai_wire::proto::event::{DeclaredVolume, ParcelEvent, ParcelEventBatch, parcel_event::Happening};
use sanbai_wire::{key, partition};

use super::log::Place;
use super::plan::Plan;
use crate::world::civil::{HOUR, MINUTE, date, midnight, timestamp};
use crate::world::dice::{Dice, Use, uuid};

/// Something that is appended at a moment.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) at: i64,
    pub(super) place: Place,
    pub(super) key: Option<Vec<u8>>,
    pub(super) headers: Headers,
    pub(super) value: Option<Vec<u8>>,
}

impl Due {
    pub(super) fn of(at: i64, message: Message) -> Self {
        Self {
            at,
            place: (message.topic, message.partition),
            key: message.key,
            headers: message.headers,
            value: Some(message.value),
        }
    }
}

/// Everything that comes, in the order of time.
pub(super) fn of(plan: &Plan) -> Vec<Due> {
    let mut dice = Dice::new(plan.seed, Use::Traffic, 0);
    let mut events = story::tell(plan, &mut dice);
    declare(plan, &mut events, &mut dice);
    let mut due = network::registry(plan, &mut dice);
    orders(plan, &mut due, &mut dice);
    copies(&mut events, &mut dice);
    events.sort_by_key(|(at, _)| *at);
    records(plan, events, &mut due, &mut dice);
    rubbish(plan, &mut due, &mut dice);
    due.sort_by_key(|due| due.at);
    due
}

/// The partition of an event among those of a plan.
fn partition_of(event: &ParcelEvent, plan: &Plan) -> (Vec<u8>, u32) {
    let about = if event.waybill.is_empty() {
        &event.subject
    } else {
        &event.waybill
    };
    let key = key(&event.brand, about);
    let partition = partition(&key, plan.parcel_partitions).unwrap_or(0);
    (key.into_bytes(), partition)
}

/// Brands say how many parcels their outlets accepted; some say too many.
fn declare(plan: &Plan, events: &mut Vec<(i64, ParcelEvent)>, dice: &mut Dice) {
    for outlet in network::outlets().filter(|outlet| outlet.place_in_brand < 2) {
        if dice.chance(4_000) {
            continue;
        }
        for turn in 0..1 + dice.below(2) {
            let at = midnight(plan.day) + 22 * HOUR + dice.between(0, 50) * MINUTE + turn as i64 * HOUR;
            let accepted = dice.below(30) as u32;
            let event = ParcelEvent {
                event_id: uuid(dice),
                brand: outlet.brand.to_owned(),
                subject: outlet.key(),
                site: outlet.key(),
                source: "brand".to_owned(),
                occurred_at: Some(timestamp(at)),
                intake_at: Some(timestamp(at + 900)),
                happening: Some(Happening::DeclaredVolume(DeclaredVolume {
                    day: date(plan.day),
                    accepted,
                })),
                ..ParcelEvent::default()
            };
            events.push((at + 900, event));
        }
    }
}

/// Some events come again, minutes or days later.
fn copies(events: &mut Vec<(i64, ParcelEvent)>, dice: &mut Dice) {
    for place in 0..events.len() {
        if dice.chance(700) {
            let (at, mut copy) = events[place].clone();
            let later = dice.between(1, 40 * HOUR);
            if dice.chance(5_000) && copy.uploaded_at.is_some() {
                copy.uploaded_at = copy.intake_at;
            }
            copy.intake_at = Some(timestamp(at + later));
            events.push((at + later, copy));
        }
    }
}

/// Events become records: one by one, or many of one partition together.
fn records(plan: &Plan, events: Vec<(i64, ParcelEvent)>, due: &mut Vec<Due>, dice: &mut Dice) {
    let batches = dice.chance(5_000);
    let mut waiting: Vec<Vec<ParcelEvent>> = vec![Vec::new(); plan.parcel_partitions as usize];
    for (at, event) in events {
        // Whatever its own clock says, nothing comes before the first tick.
        let at = at.max(plan.start() + 1);
        let (key, partition) = partition_of(&event, plan);
        let place = (Topic::ParcelEvents, partition);
        if !batches {
            let (headers, value) = (Headers::new(), Some(event.encode_to_vec()));
            due.push(Due {
                at,
                place,
                key: Some(key),
                headers,
                value,
            });
            continue;
        }
        let batch = &mut waiting[partition as usize];
        batch.push(event);
        if dice.chance(4_000) {
            due.push(batch_of(at, place, batch));
        }
    }
    for (partition, batch) in (0..).zip(&mut waiting) {
        if let Some(last) = batch.last() {
            let at = last.intake_at.map_or(0, |at| at.seconds * 1_000 + 1_000);
            due.push(batch_of(at, (Topic::ParcelEvents, partition), batch));
        }
    }
}

fn batch_of(at: i64, place: Place, batch: &mut Vec<ParcelEvent>) -> Due {
    let events = std::mem::take(batch);
    Due {
        at,
        place,
        key: None,
        headers: Headers::new(),
        value: Some(ParcelEventBatch { events }.encode_to_vec()),
    }
}

/// What operators order: which behaviour runs, what is judged again, what is skipped.
fn orders(plan: &Plan, due: &mut Vec<Due>, dice: &mut Dice) {
    for partition in 0..plan.parcel_partitions {
        if dice.chance(5_000) {
            let activate = Control::Activate(sanbai_core::shard::input::Behaviour::CURRENT);
            due.push(Due::of(plan.start() - 1_000, control_message(partition, &activate)));
        }
        if dice.chance(4_000) {
            let at = plan.start() + dice.between(2 * HOUR, 40 * HOUR);
            let brand = if dice.chance(5_000) { network::BRANDS[0] } else { "" };
            let rejudge = Control::Rejudge(OwnedRejudge {
                brand: brand.to_owned(),
                ..OwnedRejudge::default()
            });
            due.push(Due::of(at, control_message(partition, &rejudge)));
        }
        if dice.chance(1_000) {
            let at = plan.start() + dice.between(2 * HOUR, 40 * HOUR);
            let skip = Control::Skip(Skip { from: 1, to: 2 });
            due.push(Due::of(at, control_message(partition, &skip)));
        }
    }
}

/// Bytes that are no event, no record that anybody knows, or an event where it does not belong.
fn rubbish(plan: &Plan, due: &mut Vec<Due>, dice: &mut Dice) {
    for _ in 0..dice.below(6) {
        let at = plan.start() + dice.between(HOUR, 30 * HOUR);
        let partition = dice.below(plan.parcel_partitions.into()) as u32;
        let kind = |kind: &str| vec![(KIND_HEADER.to_owned(), kind.as_bytes().to_vec())];
        let (headers, value) = match dice.below(4) {
            0 => (Headers::new(), Some(vec![0xff; 9])),
            1 => (Headers::new(), None),
            2 => (kind("tock"), Some(vec![1, 2, 3])),
            _ => (kind("tick"), Some(vec![0xff; 3])),
        };
        due.push(Due {
            at,
            place: (Topic::ParcelEvents, partition),
            key: Some(b"SF:?".to_vec()),
            headers,
            value,
        });
    }
}

/// A register's record, entered at a moment.
fn entered(at: i64, record: &sanbai_wire::proto::registry::RegistryRecord) -> Due {
    Due::of(at, message_of_record(record))
}
