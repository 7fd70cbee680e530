//! Two builds on one log: where one ends the other begins, and back again.

use sanbai_core::shard::input::Behaviour;
use sanbai_engine::parcel::ParcelStage;
use sanbai_engine::registry::RegistryCopy;
use sanbai_engine::stage::Stage as _;
use sanbai_engine::task::{Parked, Progress, Task};
use sanbai_wire::control::Control;
use sanbai_wire::snapshot::Manifest;

use super::support::*;

const OLD: Behaviour = Behaviour::CURRENT;
const NEW: Behaviour = Behaviour(OLD.0 + 1);

/// A shard of the build that has a behaviour, as it starts.
fn build(behaviour: Behaviour) -> Task<ParcelStage> {
    let mut settings = settings(layout());
    settings.stage.behaviour = behaviour;
    // None but those of which this is about.
    settings.snapshot_every = 1_000;
    Task::new(settings)
}

/// Offsets and behaviours of the snapshots.
fn snapshots(store: &Objects) -> Vec<(u64, Behaviour)> {
    let manifests = manifests(store).into_iter().map(|name| {
        let manifest = Manifest::decode(&store.0[name]).expect("a manifest");
        (manifest.offset, manifest.behaviour)
    });
    manifests.collect()
}

#[test]
fn the_new_build_goes_on_where_the_old_one_ends_and_back_again() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.control(&Control::Activate(OLD));
    log.ticks(3);
    log.control(&Control::Activate(NEW));
    log.ticks(2);
    let parked = |behaviour| Progress::Parked(Parked::BehaviourChanged(behaviour));
    let mut old = build(OLD);
    assert_eq!(settle(&mut old, &mut log, &mut store, &registry), parked(NEW));
    assert_eq!((old.next(), snapshots(&store)), (Some(4), vec![(4, OLD)]));
    let mut again = build(OLD);
    assert_eq!(
        settle(&mut again, &mut log, &mut store, &registry),
        parked(NEW),
        "started again it stays so"
    );
    assert_eq!(again.next(), Some(4));

    let mut new = build(NEW);
    assert_eq!(settle(&mut new, &mut log, &mut store, &registry), Progress::Idle);
    assert_eq!((new.snapshot_at(), new.next()), (Some(4), Some(7)));
    assert_eq!(new.stage().map(ParcelStage::behaviour), Some(NEW));
    new.snapshot_soon();
    // It is taken, then it is published.
    settle(&mut new, &mut log, &mut store, &registry);
    settle(&mut new, &mut log, &mut store, &registry);
    assert_eq!(snapshots(&store), [(4, OLD), (7, NEW)]);
    let mut again = build(NEW);
    assert_eq!(settle(&mut again, &mut log, &mut store, &registry), Progress::Idle);
    assert_eq!(again.snapshot_at(), Some(7), "it has one of its own");

    log.ticks(1);
    log.control(&Control::Activate(OLD));
    log.ticks(1);
    assert_eq!(settle(&mut again, &mut log, &mut store, &registry), parked(OLD));
    assert_eq!(snapshots(&store), [(4, OLD), (7, NEW), (8, NEW)]);
    let mut back = build(OLD);
    assert_eq!(settle(&mut back, &mut log, &mut store, &registry), Progress::Idle);
    assert_eq!((back.snapshot_at(), back.next()), (Some(8), Some(10)));
    assert_eq!(back.stage().map(ParcelStage::behaviour), Some(OLD));
}

#[test]
fn the_new_build_does_not_start_from_a_snapshot_that_is_not_at_its_activation() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.control(&Control::Activate(OLD));
    log.ticks(3);
    let mut old = build(OLD);
    old.step(&mut log, &mut store, &registry);
    old.snapshot_soon();
    settle(&mut old, &mut log, &mut store, &registry);
    assert_eq!(snapshots(&store).len(), 1);
    let before = snapshots(&store);
    log.ticks(1);
    // The old build is gone before it read this.
    log.control(&Control::Activate(NEW));
    log.ticks(1);
    let mut new = build(NEW);
    let waits = Progress::Parked(Parked::BehaviourChanged(OLD));
    assert_eq!(settle(&mut new, &mut log, &mut store, &registry), waits);
    assert_eq!(
        (new.next(), snapshots(&store)),
        (None, before),
        "it applies nothing, and writes nothing"
    );
    // The old build ends what is its own; then the new one goes on.
    let parked = Progress::Parked(Parked::BehaviourChanged(NEW));
    assert_eq!(settle(&mut build(OLD), &mut log, &mut store, &registry), parked);
    new.resume();
    assert_eq!(settle(&mut new, &mut log, &mut store, &registry), Progress::Idle);
    assert_eq!((new.snapshot_at(), new.next()), (Some(5), Some(7)));
}

#[test]
fn the_new_build_does_not_start_at_the_beginning_of_an_old_log() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.control(&Control::Activate(OLD));
    log.ticks(3);
    let waits = Progress::Parked(Parked::BehaviourChanged(OLD));
    assert_eq!(settle(&mut build(NEW), &mut log, &mut store, &registry), waits);
    assert_eq!(manifests(&store).len(), 0);
}
