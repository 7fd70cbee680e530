//! A waybill that is used again is another parcel, with alerts of its own.

use super::*;
use crate::event::{ProhibitedClass, XrayJudgement, XrayScreened};

/// Ids of the alerts, and whether they were raised.
#[derive(Default)]
struct Alerts(Vec<(u64, bool)>);

impl Sink for Alerts {
    fn put(&mut self, _: Position, output: Output<'_>) {
        if let Output::Alert(alert) = output {
            self.0.push((alert.id, alert.stands));
        }
    }
}

fn screened(class: u8) -> Happening<'static> {
    Happening::XrayScreened(XrayScreened {
        device: "X-01",
        screener: "S-03",
        judgement: XrayJudgement::Prohibited,
        at_destination: false,
        mark: Marking::NONE,
        third_party: "",
        prohibited_class: ProhibitedClass::new(class.into()),
    })
}

/// What follows from one event.
fn alerts(run: &mut Run, event: &Event<'_>) -> Vec<(u64, bool)> {
    let mut alerts = Alerts::default();
    let position = Position {
        generation: 1,
        offset: run.next,
        index: 0,
    };
    run.next = run.next.saturating_add(1);
    run.shard
        .handle(position, Input::Event(event), run.registry.view(), &mut alerts);
    alerts.0
}

#[test]
fn a_find_in_the_second_parcel_of_a_waybill_is_another_alert() {
    let mut run = Run::default();
    run.tick("10T10:00:00");
    run.event(&event(1, "SF1", "10T10:03:00", accepted(7)));
    let first = alerts(&mut run, &event(2, "SF1", "10T11:00:00", screened(12)));
    // An acceptance of the day before, which came late, is still the same parcel, and the next alert one of the same day.
    let late = Event {
        intake_at: at("10T11:01:00"),
        ..event(3, "SF1", "09T23:00:00", accepted(7))
    };
    run.event(&late);
    let same = alerts(&mut run, &event(4, "SF1", "10T11:02:00", screened(1)));
    assert_eq!((first.len(), same.len()), (1, 1));
    run.ticks("17T12:00:00");
    let begun = run.event(&event(5, "SF1", "18T10:00:00", accepted(8)));
    assert!(begun.iter().any(|line| line.contains("applied")), "{begun:?}");
    let second = alerts(&mut run, &event(6, "SF1", "18T11:00:00", screened(12)));
    assert_eq!(second.len(), 1);
    assert_ne!(first, second);
    // Restored, it takes back what was raised, under the id under which it was.
    let mut again = Run {
        shard: ParcelShard::restore(run.shard.rows()).expect("as written"),
        next: run.next,
        ..Run::default()
    };
    let shown = Event {
        digest: ContentDigest(0),
        ..event(6, "SF1", "18T11:00:00", screened(1))
    };
    for run in [&mut run, &mut again] {
        let changes = alerts(run, &shown);
        let taken_back: Vec<u64> = changes
            .iter()
            .filter(|(_, stands)| !stands)
            .map(|(id, _)| *id)
            .collect();
        assert_eq!(
            taken_back,
            [second[0].0],
            "of two contents the smaller digest counts: it was class 1"
        );
        assert_eq!(changes.len(), 2);
    }
}
