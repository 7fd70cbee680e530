//! Sums, caps and places, from summaries that are made up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::{Duration, Instant};

use sanbai_core::time::{CivilDay, Timestamp};
use sanbai_engine::node::{DaySummary, DutyFigures, Figures, Ranking, Summary, TaskStatus};
use sanbai_wire::snapshot::ShardKind;

use super::world::{Sample, read, sums};
use crate::config;
use crate::metrics::rates::{self, DISTRICT};
use crate::metrics::{Form, Page};

/// Parcels of an outlet: so many failed real-name sending, so many are kept in name only, so many are right.
fn figures(failed: u64, marked: u64, right: u64) -> Figures {
    let satisfied = marked + right;
    let duty = DutyFigures {
        satisfied,
        credible: right,
        failed,
        ..DutyFigures::default()
    };
    let pending = DutyFigures {
        pending: failed + satisfied,
        ..DutyFigures::default()
    };
    Figures {
        parcels: failed + satisfied,
        duties: [duty, pending, pending],
        ..Figures::default()
    }
}

/// A shard with outlets of one day: brand, site, district, figures.
fn shard(day: CivilDay, caps: (usize, usize), outlets: &[(&str, String, u32, Figures)]) -> TaskStatus {
    let empty = |day| DaySummary {
        day,
        places: BTreeMap::new(),
        outlets: Ranking::new(caps.0),
        couriers: Ranking::new(caps.1),
    };
    let mut today = empty(day);
    for (brand, site, district, figures) in outlets {
        let key = ((*brand).into(), *district);
        today.places.entry(key).or_default().add(figures);
        today.outlets.offer(brand, site, "", figures);
        today.couriers.offer(brand, site, "C-1", figures);
    }
    today.outlets.sort();
    today.couriers.sort();
    let mut status = TaskStatus::new(ShardKind::Scope, 0);
    status.summary = Some(Arc::new(Summary {
        as_of: day.start(),
        made: Instant::now(),
        took: Duration::ZERO,
        longest_piece: Duration::ZERO,
        missing: 0,
        days: [today, empty(day.plus_days(-1))],
        alerts: BTreeMap::new(),
    }));
    status
}

/// Numbers the partitions, and reads what is written of them.
fn written(tasks: &[TaskStatus], caps: (usize, usize)) -> Vec<Sample> {
    let settings = config::Metrics {
        outlets_max: caps.0,
        couriers_max: caps.1,
        ..config::Metrics::default()
    };
    let mut tasks = tasks.to_vec();
    for (partition, task) in (0..).zip(&mut tasks) {
        task.partition = partition;
    }
    let mut page = Page::new(Form::Prometheus);
    rates::write(&mut page, &tasks, &settings, &AtomicU8::new(DISTRICT));
    read(&page.finish())
}

fn day(text: &str) -> CivilDay {
    Timestamp::parse(&format!("{text}T12:00:00+08:00"))
        .expect("a time")
        .civil_day()
}

#[test]
fn brands_sum_to_outlets_and_outlets_to_couriers_under_the_cap() {
    let outlets: Vec<_> = (0..40)
        .map(|number| {
            let brand = ["SF", "YTO"][usize::from(number % 3 == 0)];
            (
                brand,
                format!("GZ-{number}"),
                440_303,
                figures(number % 5, number % 2, number),
            )
        })
        .collect();
    let (one, other) = outlets.split_at(17);
    let (today, caps) = (day("2026-03-10"), (100, 100));
    let samples = written(&[shard(today, caps, one), shard(today, caps, other)], caps);
    let by = ["brand", "day", "duty", "status"];
    let brands = sums(&samples, "sanbai_duty_parcels", &by);
    assert_eq!(brands, sums(&samples, "sanbai_outlet_duty_parcels", &by));
    assert_eq!(brands, sums(&samples, "sanbai_courier_duty_parcels", &by));
    let by = ["brand", "day", "duty"];
    let credible = sums(&samples, "sanbai_duty_credible_parcels", &by);
    assert_eq!(credible, sums(&samples, "sanbai_outlet_duty_credible_parcels", &by));
    let parcels: u64 = outlets.iter().map(|(.., figures)| figures.parcels).sum();
    assert_eq!(
        sums(&samples, "sanbai_day_parcels", &["day"])[&vec!["today".to_owned()]],
        parcels as f64
    );
}

#[test]
fn the_worst_come_first_and_the_rest_is_counted() {
    let outlets: Vec<_> = (0..30)
        .map(|number| ("SF", format!("GZ-{number}"), 0, figures(number, 0, 9)))
        .collect();
    let caps = (3, 0);
    let samples = written(&[shard(day("2026-03-10"), caps, &outlets)], caps);
    let sites: Vec<&str> = samples
        .iter()
        .filter(|sample| sample.name == "sanbai_outlet_duty_credible_parcels" && sample.label("duty") == "xray")
        .map(|sample| sample.label("site"))
        .collect();
    assert_eq!(sites, ["GZ-29", "GZ-28", "GZ-27"]);
    let today = vec!["today".to_owned()];
    assert_eq!(sums(&samples, "sanbai_outlets", &["day"])[&today], 30.0);
    assert_eq!(sums(&samples, "sanbai_outlets_left_out", &["day"])[&today], 27.0);
    assert_eq!(sums(&samples, "sanbai_couriers_left_out", &["day"])[&today], 30.0);
    assert!(
        !samples
            .iter()
            .any(|sample| sample.name == "sanbai_courier_duty_parcels")
    );
}

#[test]
fn a_rate_stands_only_where_something_was_judged_and_keeps_both_readings() {
    let outlets = [("SF", "GZ-1".to_owned(), 440_303, figures(1, 1, 2))];
    let caps = (9, 9);
    let samples = written(&[shard(day("2026-03-10"), caps, &outlets)], caps);
    let ratios: Vec<(&str, &str, f64)> = samples
        .iter()
        .filter(|sample| sample.name == "sanbai_duty_ratio")
        .map(|sample| (sample.label("duty"), sample.label("reading"), sample.value))
        .collect();
    assert_eq!(ratios, [("realName", "nominal", 0.75), ("realName", "credible", 0.5)]);
}

#[test]
fn a_shard_that_is_a_day_behind_tells_of_yesterday() {
    let outlets = [("SF", "GZ-1".to_owned(), 0, figures(1, 0, 0))];
    let caps = (9, 9);
    let tasks = [
        shard(day("2026-03-11"), caps, &outlets),
        shard(day("2026-03-10"), caps, &outlets),
        shard(day("2026-03-01"), caps, &outlets),
    ];
    let samples = written(&tasks, caps);
    let parcels = sums(&samples, "sanbai_day_parcels", &["day"]);
    let wanted = [("today", 1.0), ("yesterday", 1.0)].map(|(day, count)| (vec![day.to_owned()], count));
    assert_eq!(parcels, wanted.into());
}

#[test]
fn places_are_told_by_fewer_digits_before_there_are_too_many() {
    let outlets: Vec<_> = (0..1_500_u32)
        .map(|number| ("SF", format!("GZ-{number}"), 110_000 + number * 100, figures(1, 0, 1)))
        .chain([("SF", "GZ-X1".to_owned(), 0, figures(1, 0, 1))])
        .collect();
    let caps = (0, 0);
    let samples = written(&[shard(day("2026-03-10"), caps, &outlets)], caps);
    let digits = sums(&samples, "sanbai_place_digits", &[])[&Vec::new()];
    assert_eq!(digits, 2.0, "1,500 cities are too many, too");
    let places = sums(&samples, "sanbai_day_parcels", &["place"]);
    assert_eq!(places.values().sum::<f64>(), 3_002.0, "nothing is lost");
    assert_eq!(places[&vec!["unknown".to_owned()]], 2.0);
    assert_eq!(places[&vec!["11".to_owned()]], 200.0);
}

#[test]
fn a_page_at_the_highest_caps_stays_within_its_bounds() {
    let outlets: Vec<_> = (0..4_000_u32)
        .map(|number| {
            let place = 110_000 + number % 1_000 * 100;
            ("SF", format!("GZ-{number:04}"), place, figures(u64::from(number), 1, 9))
        })
        .collect();
    let caps = (2_000, 2_000);
    let mut tasks = vec![shard(day("2026-03-10"), caps, &outlets)];
    let mut yesterday = shard(day("2026-03-09"), caps, &outlets);
    yesterday.partition = 1;
    tasks.push(yesterday);
    let settings = config::Metrics {
        outlets_max: caps.0,
        couriers_max: caps.1,
        ..config::Metrics::default()
    };
    let started = Instant::now();
    let mut page = Page::new(Form::Prometheus);
    rates::write(&mut page, &tasks, &settings, &AtomicU8::new(DISTRICT));
    let (page, took) = (page.finish(), started.elapsed());
    let samples = page.lines().filter(|line| !line.starts_with('#')).count();
    println!("{samples} samples, {} bytes in {took:?}", page.len());
    assert!((150_000..200_000).contains(&samples), "{samples}");
    assert!(page.len() < 32 << 20, "{}", page.len());
}
