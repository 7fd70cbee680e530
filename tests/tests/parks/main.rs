//! Why a task does nothing more, each reason once: it says so, and nothing is reset in silence.

mod support;
mod upgrade;

use sanbai_core::shard::input::{Behaviour, Skip, Tick};
use sanbai_core::time::Span;
use sanbai_engine::log::{NotDelivered, Record};
use sanbai_engine::parcel::ParcelStage;
use sanbai_engine::registry::{RegistryCopy, message_of_rules};
use sanbai_engine::stage::{Layout, Stage};
use sanbai_engine::task::{Parked, Progress, Task, TaskAlarm, TaskSettings};
use sanbai_wire::control::Control;
use sanbai_wire::snapshot::Manifest;

use support::*;

#[test]
fn another_behaviour_parks_with_a_snapshot_exactly_there() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(6);
    log.control(&Control::Activate(Behaviour(2)));
    log.ticks(3);
    let mut task = task();
    let parked = Parked::BehaviourChanged(Behaviour(2));
    assert_eq!(
        settle(&mut task, &mut log, &mut store, &registry),
        Progress::Parked(parked)
    );
    assert_eq!(
        manifests(&store).last(),
        Some(&"parcel/0001/00000/00000000000000000006.manifest")
    );
    assert_eq!(task.next(), Some(6), "the record of the other build was not applied");
    assert!(task.alarms().contains(&TaskAlarm::Parked(parked)));
}

#[test]
fn it_parks_for_another_behaviour_only_once_its_snapshot_stands() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(2);
    log.control(&Control::Activate(Behaviour(2)));
    let mut task = task();
    for beside in [Beside::Slow, Beside::Fails] {
        store.1 = beside;
        for _ in 0..50 {
            task.step(&mut log, &mut store, &registry);
            for ticket in std::mem::take(&mut log.sent) {
                task.delivered(ticket, Ok(()));
            }
        }
        assert_eq!(task.parked(), None, "whoever goes on from here has no snapshot yet");
        assert_eq!(manifests(&store).len(), 0);
    }
    let alarm = TaskAlarm::SnapshotNotWritten { offset: 2 };
    assert!(task.alarms().contains(&alarm), "a store that fails is said so");
    store.1 = Beside::AtOnce;
    let parked = Parked::BehaviourChanged(Behaviour(2));
    assert_eq!(
        settle(&mut task, &mut log, &mut store, &registry),
        Progress::Parked(parked)
    );
    assert_eq!(manifests(&store), ["parcel/0001/00000/00000000000000000002.manifest"]);
}

#[test]
fn a_manifest_that_cannot_be_written_is_said_once_and_holds_nothing_up() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    let mut task = task();
    log.ticks(20);
    store.2 = 30;
    settle(&mut task, &mut log, &mut store, &registry);
    assert_eq!(task.next(), Some(20), "records are applied meanwhile");
    let late = |alarm: &TaskAlarm| matches!(alarm, TaskAlarm::SnapshotNotWritten { .. });
    assert_eq!(task.alarms().iter().filter(|alarm| late(alarm)).count(), 1);
    while store.2 > 0 {
        assert_eq!(task.snapshot_at(), Some(0));
        task.step(&mut log, &mut store, &registry);
    }
    settle(&mut task, &mut log, &mut store, &registry);
    assert_eq!(task.alarms(), []);
    assert!(task.snapshot_at() > Some(0));
}

#[test]
fn a_snapshot_says_when_it_was_taken_and_where_the_clock_of_its_shard_stood() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(5);
    let mut task = task();
    settle(&mut task, &mut log, &mut store, &registry);
    let name = manifests(&store).last().copied().expect("a snapshot").to_owned();
    let manifest = Manifest::decode(&store.0[&name]).expect("a manifest");
    assert_eq!(manifest.taken_at, now());
    assert_eq!(manifest.offset, 4);
    assert_eq!(manifest.clock, Some(start().plus(Span::minutes(30))));
}

#[test]
fn a_snapshot_that_is_asked_for_while_another_is_written_is_taken_afterwards() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    let mut task = task();
    log.ticks(4);
    store.1 = Beside::Slow;
    for _ in 0..20 {
        task.step(&mut log, &mut store, &registry);
        for ticket in std::mem::take(&mut log.sent) {
            task.delivered(ticket, Ok(()));
        }
    }
    assert_eq!(manifests(&store).len(), 0, "one is being written");
    log.ticks(1);
    task.snapshot_soon();
    store.1 = Beside::AtOnce;
    settle(&mut task, &mut log, &mut store, &registry);
    assert_eq!(task.snapshot_at(), Some(5));
}

#[test]
fn rows_without_a_manifest_are_cleared_away_once_a_newer_snapshot_stands() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    let orphan = "parcel/0001/00000/00000000000000000003.rows";
    store
        .0
        .insert(orphan.to_owned(), b"begun by a process that is gone".to_vec());
    log.ticks(9);
    settle(&mut task(), &mut log, &mut store, &registry);
    assert!(!manifests(&store).is_empty());
    assert!(!store.0.contains_key(orphan));
}

#[test]
fn an_activation_of_this_build_goes_on() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.control(&Control::Activate(Behaviour::CURRENT));
    log.ticks(3);
    let mut task = task();
    assert_eq!(settle(&mut task, &mut log, &mut store, &registry), Progress::Idle);
    assert_eq!(task.next(), Some(4));
}

#[test]
fn records_that_are_gone_are_a_gap_and_not_passed_over() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(6);
    log.start = 3;
    let mut task = task();
    let parked = Parked::DataGap { from: 0, to: 3 };
    assert_eq!(
        settle(&mut task, &mut log, &mut store, &registry),
        Progress::Parked(parked)
    );
    assert_eq!(parked.code(), "data_gap");
}

#[test]
fn another_log_under_the_same_name_is_seen() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(9);
    settle(&mut task(), &mut log, &mut store, &registry);
    let offset = 8;
    assert_eq!(
        manifests(&store).last(),
        Some(&"parcel/0001/00000/00000000000000000008.manifest")
    );
    log.input[offset - 1].value = Some(b"something else".to_vec());
    let stopped = settle(&mut task(), &mut log, &mut store, &registry);
    assert_eq!(stopped, Progress::Parked(Parked::LogDiverged));
    log.input.truncate(5);
    let stopped = settle(&mut task(), &mut log, &mut store, &registry);
    assert_eq!(
        stopped,
        Progress::Parked(Parked::LogDiverged),
        "a log that lost its end, too"
    );
}

#[test]
fn a_topic_that_was_created_anew_is_seen_though_it_looks_the_same() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ids = ["first", "registry"];
    log.ticks(9);
    settle(&mut task(), &mut log, &mut store, &registry);
    assert!(!manifests(&store).is_empty());
    assert_eq!(settle(&mut task(), &mut log, &mut store, &registry), Progress::Idle);
    log.ids = ["second", "registry"];
    let parked = Parked::TopicRecreated;
    assert_eq!(parked.code(), "topic_recreated");
    let stopped = settle(&mut task(), &mut log, &mut store, &registry);
    assert_eq!(stopped, Progress::Parked(parked));
    log.ids = ["first", "another"];
    let stopped = settle(&mut task(), &mut log, &mut store, &registry);
    assert_eq!(
        stopped,
        Progress::Parked(Parked::RegistryDiverged),
        "and the registry's, too"
    );
    log.ids = ["", ""];
    let stopped = settle(&mut task(), &mut log, &mut store, &registry);
    assert_eq!(
        stopped,
        Progress::Parked(Parked::TopicRecreated),
        "a log that gives none is another one"
    );
}

#[test]
fn another_registry_under_the_same_name_is_seen() {
    let (mut log, mut store) = (Memory::default(), Objects::default());
    let registry = |text: &str| {
        let mut registry = RegistryCopy::default();
        let message = message_of_rules(text);
        registry.apply(&Record {
            headers: message.headers,
            value: Some(message.value),
            ..Record::default()
        });
        registry
    };
    let one = registry("version = \"1\"\neffective = \"2026-01-01\"\n");
    log.control(&Control::Tick(Tick {
        time: start(),
        registry_offset: 1,
        reset: false,
        recorded_at: start(),
    }));
    log.ticks(6);
    settle(&mut task(), &mut log, &mut store, &one);
    let other = registry("version = \"2\"\neffective = \"2026-01-01\"\n");
    let stopped = settle(&mut task(), &mut log, &mut store, &other);
    assert_eq!(stopped, Progress::Parked(Parked::RegistryDiverged));
    let unread = RegistryCopy::default();
    let stopped = settle(&mut task(), &mut log, &mut store, &unread);
    assert_eq!(
        stopped,
        Progress::AwaitsRegistry(1),
        "a copy that is not so far yet waits"
    );
}

#[test]
fn a_damaged_snapshot_is_set_aside_and_the_one_before_is_restored() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(9);
    let mut first = task();
    settle(&mut first, &mut log, &mut store, &registry);
    let rows = "parcel/0001/00000/00000000000000000008.rows";
    store.0.get_mut(rows).expect("was written")[40] ^= 1;
    let mut second = task();
    assert_eq!(settle(&mut second, &mut log, &mut store, &registry), Progress::Idle);
    assert!(second.alarms().contains(&TaskAlarm::SnapshotDamaged { offset: 8 }));
    assert!(
        store.0.contains_key(&format!("damaged/{rows}")),
        "kept for whoever looks into it"
    );
    assert_eq!(first.clock(), second.clock());
}

#[test]
fn a_message_that_is_refused_twice_parks_and_a_released_task_goes_on() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(2);
    let mut task = task();
    let refuse = |task: &mut Task<ParcelStage>, log: &mut Memory, store: &mut Objects| {
        while log.sent.is_empty() && task.parked().is_none() {
            task.step(log, store, &registry);
        }
        for ticket in std::mem::take(&mut log.sent) {
            task.delivered(ticket, Err(NotDelivered));
        }
    };
    refuse(&mut task, &mut log, &mut store);
    assert_eq!(task.parked(), None, "once is a bad day");
    refuse(&mut task, &mut log, &mut store);
    assert_eq!(task.parked(), Some(Parked::OutputRefused(0)));
    task.resume();
    assert_eq!(settle(&mut task, &mut log, &mut store, &registry), Progress::Idle);
    assert_eq!(task.next(), Some(2));
}

#[test]
fn a_record_on_which_the_shard_panics_parks_until_a_skip_lets_it_pass() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(5);
    // A snapshot falls on every record, the one behind the skipped record too.
    let every = TaskSettings {
        snapshot_every: 1,
        snapshots_kept: 10,
        batch_max: 1,
        ..settings(layout())
    };
    let mut task: Task<Fragile> = Task::new(every.clone());
    let parked = Progress::Parked(Parked::Panicked(2));
    assert_eq!(settle(&mut task, &mut log, &mut store, &registry), parked);
    log.control(&Control::Skip(Skip { from: 3, to: 4 }));
    assert_eq!(
        settle(&mut task, &mut log, &mut store, &registry),
        parked,
        "another record"
    );
    log.control(&Control::Skip(Skip { from: 2, to: 3 }));
    assert_eq!(settle(&mut task, &mut log, &mut store, &registry), Progress::Idle);
    let ledger = task.stage().expect("is running").ledger();
    assert_eq!((ledger.next, ledger.gaps, ledger.adds_up()), (7, 1, true));
    // Whoever restores from the snapshot behind the skipped record finds the log as it was.
    store.0.retain(|name, _| name.contains("00000000000000000003."));
    log.input.truncate(3);
    let mut later: Task<Fragile> = Task::new(every);
    assert_eq!(settle(&mut later, &mut log, &mut store, &registry), Progress::Idle);
    assert_eq!(later.next(), Some(3));
}

#[test]
fn records_that_cannot_be_read_park_until_a_skip_of_all_of_them_lets_it_pass() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(6);
    log.damaged = Some((2, 4));
    let every = TaskSettings {
        snapshot_every: 1,
        snapshots_kept: 10,
        ..settings(layout())
    };
    let mut task: Task<ParcelStage> = Task::new(every.clone());
    let unreadable = Parked::Unreadable { from: 2, to: 4 };
    let parked = Progress::Parked(unreadable);
    assert_eq!(unreadable.code(), "record_unreadable");
    assert_eq!(settle(&mut task, &mut log, &mut store, &registry), parked);
    assert!(task.alarms().contains(&TaskAlarm::Parked(unreadable)));
    log.control(&Control::Skip(Skip { from: 2, to: 3 }));
    assert_eq!(
        settle(&mut task, &mut log, &mut store, &registry),
        parked,
        "only one of them"
    );
    log.control(&Control::Skip(Skip { from: 1, to: 5 }));
    // Somebody who starts anew finds the same, and the same way on.
    let mut anew: Task<ParcelStage> = Task::new(every.clone());
    let mut other = Objects::default();
    assert_eq!(settle(&mut anew, &mut log, &mut other, &registry), parked);
    for (task, store) in [(&mut task, &mut store), (&mut anew, &mut other)] {
        assert_eq!(settle(task, &mut log, store, &registry), Progress::Idle);
        let ledger = task.stage().expect("is running").ledger();
        assert_eq!((ledger.next, ledger.gaps, ledger.adds_up()), (8, 2, true));
    }
    // Also whoever restores from the snapshot right behind them, though nothing is left to hold it against.
    store.0.retain(|name, _| name.contains("00000000000000000004."));
    assert_eq!(manifests(&store).len(), 1);
    let mut later: Task<ParcelStage> = Task::new(every);
    assert_eq!(settle(&mut later, &mut log, &mut store, &registry), Progress::Idle);
    assert_eq!(later.stage().map(|stage| stage.ledger().gaps), Some(0));
}

#[test]
fn whoever_parks_has_sent_what_was_held_back() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks_each(5, 6);
    log.damaged = Some((4, 5));
    let mut task: Task<ParcelStage> = Task::new(TaskSettings {
        snapshot_every: 1_000,
        batch_max: 1_000,
        ..settings(layout())
    });
    let scopes = usize::try_from(layout().scopes).expect("a few");
    let steps = (0..10).map(|_| (task.step(&mut log, &mut store, &registry), log.sent.len()));
    let steps: Vec<(Progress, usize)> = steps.collect();
    // The first tick is told at once, the others together, once nothing more can be read.
    assert!(steps.contains(&(Progress::Worked(4), scopes)), "{steps:?}");
    let parked = Progress::Parked(Parked::Unreadable { from: 4, to: 5 });
    assert_eq!(steps.last(), Some(&(parked, 2 * scopes)), "{steps:?}");
}

#[test]
fn another_number_of_partitions_is_seen() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(9);
    settle(&mut task(), &mut log, &mut store, &registry);
    let more = Layout { parcels: 2, ..layout() };
    let mut task: Task<ParcelStage> = Task::new(settings(more));
    let stopped = settle(&mut task, &mut log, &mut store, &registry);
    assert_eq!(stopped, Progress::Parked(Parked::PartitionCountChanged));
}

#[test]
fn a_skip_is_a_record_like_any_other_where_nothing_panics() {
    let (mut log, mut store, registry) = (Memory::default(), Objects::default(), RegistryCopy::default());
    log.ticks(2);
    log.control(&Control::Skip(Skip { from: 0, to: 1 }));
    let mut task = task();
    assert_eq!(settle(&mut task, &mut log, &mut store, &registry), Progress::Idle);
    assert_eq!(
        task.stage().map(|stage| stage.shard().clock()),
        Some(Some(start().plus(Span::minutes(10))))
    );
}
