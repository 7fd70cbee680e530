//! Metrics of the shards, from the board of the node.

use std::collections::BTreeMap;
use std::fmt::Display;

use sanbai_core::finding::Code;
use sanbai_core::shard::output::What;
use sanbai_core::shard::scope::{AlertChange, AlertRule};
use sanbai_engine::ledger::Ledger;
use sanbai_engine::log::Topic;
use sanbai_engine::node::{State, TaskStatus};
use sanbai_engine::task::Parked;
use sanbai_wire::snapshot::ShardKind;

use super::{Page, Watched};

const STAGES: [ShardKind; 2] = [ShardKind::Parcel, ShardKind::Scope];
const CHANGES: [AlertChange; 4] = [
    AlertChange::Raised,
    AlertChange::Worsened,
    AlertChange::Eased,
    AlertChange::Withdrawn,
];
const STATES: [&str; 6] = [
    "restoring",
    "running",
    "unavailable",
    "awaits_registry",
    "awaits_acknowledgements",
    "parked",
];

const ALARMS: [(ShardKind, &str); 14] = [
    (ShardKind::Parcel, "tick_ahead"),
    (ShardKind::Parcel, "hit_without_parcel"),
    (ShardKind::Parcel, "too_many_hits"),
    (ShardKind::Parcel, "snapshot_damaged"),
    (ShardKind::Parcel, "snapshot_not_written"),
    (ShardKind::Scope, "source_gap"),
    (ShardKind::Scope, "source_gap_healed"),
    (ShardKind::Scope, "source_left_out"),
    (ShardKind::Scope, "source_back"),
    (ShardKind::Scope, "source_unknown"),
    (ShardKind::Scope, "negative_count"),
    (ShardKind::Scope, "frozen_day_changed"),
    (ShardKind::Scope, "snapshot_damaged"),
    (ShardKind::Scope, "snapshot_not_written"),
];

pub(super) fn write(page: &mut Page, tasks: &[TaskStatus], watched: &Watched) {
    let tasks: Vec<Labelled<'_>> = tasks.iter().map(Labelled::new).collect();
    alerts(page, &tasks);
    records(page, &tasks);
    events(page, &tasks);
    states(page, &tasks);
    places(page, &tasks, watched);
    clocks(page, &tasks, watched);
    work(page, &tasks);
    snapshots(page, &tasks, watched);
}

/// A task, and the values of its labels.
struct Labelled<'t> {
    status: &'t TaskStatus,
    partition: String,
}

impl<'t> Labelled<'t> {
    fn new(status: &'t TaskStatus) -> Self {
        Self {
            status,
            partition: status.partition.to_string(),
        }
    }

    const fn stage(&self) -> &'static str {
        stage(self.status.shard)
    }

    fn is(&self, shard: ShardKind) -> bool {
        self.status.shard == shard
    }
}

const fn stage(shard: ShardKind) -> &'static str {
    match shard {
        ShardKind::Parcel => "parcel",
        ShardKind::Scope => "scope",
    }
}

/// One sample of each task for which there is a value.
fn each<V: Display>(page: &mut Page, name: &str, tasks: &[Labelled<'_>], value: impl Fn(&TaskStatus) -> Option<V>) {
    let mut family = page.family(name);
    for task in tasks {
        if let Some(value) = value(task.status) {
            family.put(&[task.stage(), &task.partition], value);
        }
    }
}

/// One sample of each stage: a sum over its tasks.
fn of_stage(page: &mut Page, name: &str, tasks: &[Labelled<'_>], value: impl Fn(&TaskStatus) -> u64) {
    let mut family = page.family(name);
    for shard in STAGES {
        let of_it = tasks.iter().filter(|task| task.is(shard));
        let sum: u64 = of_it.map(|task| value(task.status)).sum();
        family.put(&[stage(shard)], sum);
    }
}

fn alerts(page: &mut Page, tasks: &[Labelled<'_>]) {
    let changes = |shard| {
        let of_it = tasks.iter().filter(move |task: &&Labelled<'_>| task.is(shard));
        let mut sums: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for (alert, count) in of_it.flat_map(|task| &task.status.total.alerts) {
            *sums.entry(*alert).or_default() += count;
        }
        sums
    };
    let mut outlets = changes(ShardKind::Scope);
    for rule in AlertRule::ALL {
        for change in CHANGES {
            outlets.entry((rule.as_str(), change.as_str())).or_default();
        }
    }
    let mut urgent = changes(ShardKind::Parcel);
    for code in [Code::Pr01, Code::Pr02, Code::Xr06] {
        urgent.entry((code.as_str(), AlertChange::Raised.as_str())).or_default();
    }
    for (name, sums) in [
        ("sanbai_alert_changes_total", outlets),
        ("sanbai_urgent_alerts_total", urgent),
    ] {
        let mut family = page.family(name);
        for ((rule, change), count) in sums {
            family.put(&[rule, change], count);
        }
    }
}

fn records(page: &mut Page, tasks: &[Labelled<'_>]) {
    let mut family = page.family("sanbai_records_total");
    for task in tasks {
        let total = &task.status.total;
        for (kind, count) in [
            ("events", total.event_records),
            ("controls", total.control_records),
            ("gaps", total.gaps),
        ] {
            family.put(&[task.stage(), &task.partition, kind], count);
        }
    }
    each(page, "sanbai_consumed_offsets_total", tasks, |status| {
        Some(status.total.consumed())
    });
    let sum = |ledgers: &[&Ledger]| {
        let mut sum = Ledger::new();
        ledgers.iter().for_each(|ledger| sum.add(ledger));
        sum
    };
    of_stage(page, "sanbai_ledger_mismatch", tasks, |status| {
        let both = [&status.ledger, &status.total];
        u64::from(!both.iter().all(|ledger| ledger.adds_up()) || !sum(&both).adds_up())
    });
    of_stage(page, "sanbai_unreadable_controls_total", tasks, |status| {
        status.total.unreadable_controls
    });
    of_stage(page, "sanbai_unknown_control_fields_total", tasks, |status| {
        status.total.unknown_control_fields
    });
}

fn events(page: &mut Page, tasks: &[Labelled<'_>]) {
    let mut family = page.family("sanbai_events_total");
    let mut codes: BTreeMap<&str, u64> = sanbai_wire::Code::ALL.iter().map(|code| (code.as_str(), 0)).collect();
    for task in tasks.iter().filter(|task| task.is(ShardKind::Parcel)) {
        let total = &task.status.total;
        for what in What::ALL {
            let count = total.outcomes.get(&what).copied().unwrap_or(0);
            family.put(&[&task.partition, what.as_str()], count);
        }
        family.put(&[&task.partition, "rejected"], total.rejected.values().sum::<u64>());
        for (code, count) in &total.rejected {
            *codes.entry(code).or_default() += count;
        }
    }
    let mut family = page.family("sanbai_rejected_events_total");
    for (code, count) in codes {
        family.put(&[code], count);
    }
}

const fn state(status: &TaskStatus) -> &'static str {
    match status.state {
        State::Restoring => "restoring",
        State::Running => "running",
        State::Unavailable => "unavailable",
        State::AwaitsRegistry(_) => "awaits_registry",
        State::AwaitsAcknowledgements => "awaits_acknowledgements",
        State::Parked(_) => "parked",
        State::Elsewhere => "elsewhere",
    }
}

fn states(page: &mut Page, tasks: &[Labelled<'_>]) {
    let mut family = page.family("sanbai_shards");
    for shard in STAGES {
        for name in STATES {
            let in_it = tasks.iter().filter(|task| task.is(shard) && state(task.status) == name);
            family.put(&[stage(shard), name], in_it.count());
        }
    }
    let mut parked = BTreeMap::new();
    for shard in STAGES {
        parked.extend(Parked::CODES.map(|code| ((stage(shard), code), 0_u64)));
    }
    let mut alarms: BTreeMap<_, u64> = ALARMS.iter().map(|(shard, code)| ((stage(*shard), *code), 0)).collect();
    for task in tasks {
        if let State::Parked(why) = task.status.state {
            *parked.entry((task.stage(), why.code())).or_default() += 1;
        }
        for (code, count) in &task.status.alarms {
            *alarms.entry((task.stage(), code)).or_default() += count;
        }
    }
    for (name, counts) in [("sanbai_parked_shards", parked), ("sanbai_alarms_total", alarms)] {
        let mut family = page.family(name);
        for ((stage, code), count) in counts {
            family.put(&[stage, code], count);
        }
    }
}

/// Where in the log shards are.
fn places(page: &mut Page, tasks: &[Labelled<'_>], watched: &Watched) {
    each(page, "sanbai_lag_records", tasks, |status| {
        let end = watched.log.known_end(Topic::read_by(status.shard), status.partition)?;
        Some(end.saturating_sub(status.next))
    });
    each(page, "sanbai_next_offset", tasks, |status| Some(status.next));
    each(page, "sanbai_registry_offset", tasks, |status| {
        Some(status.registry_offset)
    });
    each(page, "sanbai_unacknowledged_messages", tasks, |status| {
        Some(status.unacknowledged)
    });
}

fn clocks(page: &mut Page, tasks: &[Labelled<'_>], watched: &Watched) {
    let now = watched.clock.now().as_nanos();
    let seconds = |nanos: i64| nanos as f64 / 1e9;
    each(page, "sanbai_shard_clock_timestamp_seconds", tasks, |status| {
        Some(seconds(status.clock?.as_nanos()))
    });
    each(page, "sanbai_shard_clock_offset_seconds", tasks, |status| {
        Some(seconds(status.clock?.as_nanos().saturating_sub(now)))
    });
    each(page, "sanbai_lag_seconds", tasks, |status| {
        Some(seconds(now.saturating_sub(status.clock?.as_nanos()).max(0)))
    });
}

fn work(page: &mut Page, tasks: &[Labelled<'_>]) {
    each(page, "sanbai_busy_seconds_total", tasks, |status| {
        Some(status.busy.as_secs_f64())
    });
    let mut family = page.family("sanbai_held_parcels");
    for task in tasks {
        if let Some(parcels) = task.status.parcels {
            family.put(&[&task.partition, "open"], parcels.open);
            family.put(&[&task.partition, "retired"], parcels.retired);
        }
    }
}

fn snapshots(page: &mut Page, tasks: &[Labelled<'_>], watched: &Watched) {
    each(page, "sanbai_snapshot_age_seconds", tasks, |status| {
        Some(status.snapshot_since?.elapsed().as_secs_f64())
    });
    each(page, "sanbai_snapshot_offset", tasks, |status| Some(status.snapshot_at));
    each(page, "sanbai_restores_total", tasks, |status| Some(status.restores));
    each(page, "sanbai_replayed_records_total", tasks, |status| {
        Some(status.replayed)
    });
    page.one("sanbai_snapshot_store_failures_total", watched.objects.failures());
}
