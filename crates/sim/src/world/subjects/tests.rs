//! Machines, shifts and counts fit the parcels.

use std::collections::{BTreeMap, BTreeSet};

use sanbai_wire::proto::event::{DevicePower, ParcelEvent, ShiftChange, parcel_event::Happening};

use crate::world::{Plan, Told, World};

fn events(plan: &Plan) -> Vec<ParcelEvent> {
    let world = World::new(plan);
    let told = world.stream().filter_map(|told| match told {
        Told::Event(event) => Some(*event),
        Told::Truth(_) => None,
    });
    told.collect()
}

fn week(seed: u64) -> Plan {
    Plan {
        parcels: 6_000,
        days: 7,
        seed,
        violation_rate_per_10k: 0,
        subjects: true,
        ..Plan::default()
    }
}

fn millis(at: Option<sanbai_wire::proto::Timestamp>) -> i64 {
    let at = at.expect("every event has all three times");
    at.seconds * 1_000 + i64::from(at.nanos) / 1_000_000
}

/// What the devices know at a moment: machines that are on, and people logged in with their machines.
#[derive(Default)]
struct Devices {
    on: BTreeSet<String>,
    minded: BTreeSet<(String, String)>,
}

impl Devices {
    /// Takes a change, and objects to one that changes nothing.
    fn take(&mut self, event: &ParcelEvent) {
        let subject = event.subject.clone();
        let changed = match event.happening.as_ref().expect("every event has one") {
            Happening::DeviceState(state) if state.power() == DevicePower::On => self.on.insert(subject),
            Happening::DeviceState(_) => self.on.remove(&subject),
            Happening::ScreenerShift(shift) if shift.change() == ShiftChange::In => {
                let elsewhere = self.minded.iter().any(|(person, _)| *person == subject);
                self.minded.insert((subject, shift.device.clone())) && !elsewhere
            }
            Happening::ScreenerShift(shift) => self.minded.remove(&(subject, shift.device.clone())),
            _ => true,
        };
        assert!(changed, "on twice, off twice or at two machines: {event:?}");
    }
}

#[test]
fn what_is_screened_is_screened_at_a_machine_that_is_on_by_somebody_logged_in() {
    for seed in [1, 2] {
        let mut events = events(&week(seed));
        let rank = |event: &ParcelEvent| u8::from(event.subject.is_empty());
        events.sort_by_key(|event| (millis(event.occurred_at), rank(event)));
        let (mut devices, mut screened) = (Devices::default(), 0);
        for event in &events {
            devices.take(event);
            let Some(Happening::XrayScreened(image)) = &event.happening else {
                continue;
            };
            let mark = image.mark.as_ref().expect("nothing is planted");
            assert_eq!((&image.screener, &mark.operator), (&event.operator, &event.operator));
            assert!(devices.on.contains(&image.device), "the machine is off: {event:?}");
            let minded = (event.operator.clone(), image.device.clone());
            assert!(devices.minded.contains(&minded), "not logged in: {event:?}");
            screened += 1;
        }
        assert!(screened > 3_000, "{screened} images");
    }
}

#[test]
fn subjects_come_in_the_order_of_their_intake_and_change_no_parcel_but_its_screeners() {
    let plan = Plan {
        violation_rate_per_10k: 500,
        ..week(3)
    };
    let with = events(&plan);
    assert!(with.is_sorted_by_key(|event| millis(event.intake_at)));
    let without = events(&Plan {
        subjects: false,
        ..plan
    });
    let parcels = |events: &[ParcelEvent]| -> Vec<(String, String)> {
        let parcels = events.iter().filter(|event| event.subject.is_empty());
        parcels
            .map(|event| (event.event_id.clone(), format!("{:?}", event.intake_at)))
            .collect()
    };
    assert_eq!(parcels(&with), parcels(&without));
    let last = |events: &[ParcelEvent]| events.iter().map(|event| millis(event.intake_at)).max();
    assert_eq!(last(&with), last(&without));
    let ids: BTreeSet<&str> = with
        .iter()
        .filter(|event| !event.subject.is_empty())
        .map(|event| event.event_id.as_str())
        .collect();
    assert!(without.iter().all(|event| !ids.contains(event.event_id.as_str())));
}

#[test]
fn every_outlet_declares_every_day_once() {
    let mut declared: BTreeMap<(String, String), u32> = BTreeMap::new();
    for event in events(&week(4)) {
        if let Some(Happening::DeclaredVolume(volume)) = event.happening {
            assert_eq!(event.site, event.subject);
            let before = declared.insert((event.subject, volume.day), volume.accepted);
            assert_eq!(before, None, "declared twice");
        }
    }
    // Seven days, and three on which nothing but the last deliveries happens.
    assert_eq!(declared.len(), 50 * 10);
    let accepted: u32 = declared.values().sum();
    assert!((3_500..6_000).contains(&accepted), "{accepted} of 6,000 parcels");
}
