//! Metrics of compliance: what scope shards were summed up to, added to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU8, Ordering};

use sanbai_core::rules::{Duty, Severity};
use sanbai_core::shard::scope::AlertRule;
use sanbai_core::time::CivilDay;
use sanbai_engine::node::{DaySummary, DutyFigures, Figures, Ranked, Ranking, Summary, TaskStatus};

use super::Page;
use crate::config;

/// Digits of a district.
pub(super) const DISTRICT: u8 = 6;

/// Most pairs of brand and place. Where there are more, places are told by fewer digits.
const PAIRS_MAX: usize = 1_000;

const DAYS: [&str; 2] = ["today", "yesterday"];
const READINGS: [&str; 2] = ["nominal", "credible"];

/// The severities of alerts on outlets.
const SEVERITIES: [Severity; 5] = [
    Severity::Info,
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
];

/// One figure of many.
type Figure<T> = fn(&T) -> u64;

/// A day of all shards.
struct Day {
    name: &'static str,
    places: BTreeMap<(String, String), Figures>,
    outlets: Ranking,
    couriers: Ranking,
}

pub(super) fn write(page: &mut Page, tasks: &[TaskStatus], settings: &config::Metrics, digits: &AtomicU8) {
    let summaries: Vec<&Summary> = tasks.iter().filter_map(|task| task.summary.as_deref()).collect();
    let today = summaries.iter().map(|summary| summary.days[0].day).max();
    let mut days = Vec::new();
    let mut digits_now = DISTRICT;
    if let Some(today) = today {
        let of = |day: CivilDay| {
            let all = summaries.iter().flat_map(|summary| &summary.days);
            all.filter(move |summed| summed.day == day).collect::<Vec<_>>()
        };
        let both = [today, today.plus_days(-1)].map(of);
        digits_now = fewer_digits(&both, digits);
        let merge = |(name, parts): (&'static str, &Vec<&DaySummary>)| Day::merged(name, parts, settings, digits_now);
        days = DAYS.into_iter().zip(&both).map(merge).collect();
    }
    page.one("sanbai_place_digits", digits_now);
    overall(page, &days);
    places(page, &days);
    ranked(page, &days);
    counted(page, &days);
    let mut family = page.family("sanbai_day_start_timestamp_seconds");
    for (name, day) in DAYS
        .iter()
        .zip(today.into_iter().flat_map(|day| [day, day.plus_days(-1)]))
    {
        family.put(&[name], day.start().to_parts().0);
    }
    shards(page, tasks);
    alerts(page, &summaries);
}

/// With how many digits places are told: as many as keep the pairs of brand and place within their bound.
fn fewer_digits(days: &[Vec<&DaySummary>; 2], digits: &AtomicU8) -> u8 {
    let mut now = digits.load(Ordering::Relaxed);
    let pairs = |digits: u8| {
        let all = days.iter().flatten().flat_map(|day| day.places.keys());
        let pairs: BTreeSet<_> = all
            .map(|(brand, district)| (&**brand, prefix(*district, digits)))
            .collect();
        pairs.len()
    };
    while now > 0 && pairs(now) > PAIRS_MAX {
        now -= 2;
    }
    digits.fetch_min(now, Ordering::Relaxed);
    now
}

fn prefix(district: u32, digits: u8) -> u32 {
    district / 10_u32.pow(u32::from(DISTRICT.saturating_sub(digits)))
}

/// A place as it is told.
fn place(district: u32, digits: u8) -> String {
    match (district, digits) {
        (_, 0) => "all".to_owned(),
        (0, _) => "unknown".to_owned(),
        _ => format!("{:0width$}", prefix(district, digits), width = usize::from(digits)),
    }
}

impl Day {
    fn merged(name: &'static str, parts: &[&DaySummary], settings: &config::Metrics, digits: u8) -> Self {
        let mut day = Self {
            name,
            places: BTreeMap::new(),
            outlets: Ranking::new(settings.outlets_max),
            couriers: Ranking::new(settings.couriers_max),
        };
        for part in parts {
            for ((brand, district), figures) in &part.places {
                let key = ((**brand).to_owned(), place(*district, digits));
                day.places.entry(key).or_default().add(figures);
            }
            day.outlets.merge(&part.outlets);
            day.couriers.merge(&part.couriers);
        }
        day
    }

    fn sum(&self) -> Figures {
        let mut sum = Figures::default();
        self.places.values().for_each(|figures| sum.add(figures));
        sum
    }
}

fn duties(figures: &Figures) -> impl Iterator<Item = (&'static str, &DutyFigures)> {
    Duty::ALL.into_iter().map(Duty::as_str).zip(&figures.duties)
}

const fn statuses(duty: &DutyFigures) -> [(&'static str, u64); 5] {
    [
        ("satisfied", duty.satisfied),
        ("failed", duty.failed),
        ("pending", duty.pending),
        ("unknown", duty.unknown),
        ("not_applicable", duty.not_applicable),
    ]
}

/// The two rates; none where nothing was judged.
fn ratios(duty: &DutyFigures) -> impl Iterator<Item = (&'static str, f64)> {
    let whole = duty.satisfied + duty.failed;
    let parts = READINGS.into_iter().zip([duty.satisfied, duty.credible]);
    parts
        .filter(move |_| whole > 0)
        .map(move |(reading, part)| (reading, part as f64 / whole as f64))
}

fn overall(page: &mut Page, days: &[Day]) {
    let mut family = page.family("sanbai_duty_overall_ratio");
    for day in days {
        for (duty, figures) in duties(&day.sum()) {
            for (reading, ratio) in ratios(figures) {
                family.put(&[day.name, duty, reading], ratio);
            }
        }
    }
}

fn places(page: &mut Page, days: &[Day]) {
    let rows = || {
        let all = days.iter().flat_map(|day| day.places.iter().map(|row| (day.name, row)));
        all.map(|(day, ((brand, place), figures))| ([brand.as_str(), place.as_str(), day], figures))
    };
    let rows_of_duties = || {
        rows().flat_map(|([brand, place, day], figures)| {
            duties(figures).map(move |(duty, figures)| ([brand, place, day, duty], figures))
        })
    };
    let mut family = page.family("sanbai_duty_ratio");
    for ([brand, place, day, duty], figures) in rows_of_duties() {
        for (reading, ratio) in ratios(figures) {
            family.put(&[brand, place, day, duty, reading], ratio);
        }
    }
    let mut family = page.family("sanbai_duty_parcels");
    for ([brand, place, day, duty], figures) in rows_of_duties() {
        for (status, count) in statuses(figures) {
            family.put(&[brand, place, day, duty, status], count);
        }
    }
    let mut family = page.family("sanbai_duty_credible_parcels");
    for (labels, figures) in rows_of_duties() {
        family.put(&labels, figures.credible);
    }
    let mut family = page.family("sanbai_duty_late_parcels");
    for (labels, figures) in rows_of_duties() {
        family.put(&labels, figures.late);
    }
    let figures: [(&str, Figure<Figures>); 3] = [
        ("sanbai_day_parcels", |figures| figures.parcels),
        ("sanbai_day_uncounted_parcels", |figures| figures.uncounted),
        ("sanbai_day_critical_findings", |figures| figures.critical_findings),
    ];
    for (name, figure) in figures {
        let mut family = page.family(name);
        for (labels, figures) in rows() {
            family.put(&labels, figure(figures));
        }
    }
}

/// The worst outlets and couriers.
fn ranked(page: &mut Page, days: &[Day]) {
    let ranking: fn(&Day, bool) -> &Ranking = |day, is_courier| {
        if is_courier { &day.couriers } else { &day.outlets }
    };
    let rows = |is_courier: bool| {
        let all = days.iter().flat_map(move |day| {
            let worst = ranking(day, is_courier).worst.iter();
            worst.map(move |ranked| (day.name, ranked))
        });
        all.flat_map(move |(day, ranked)| {
            duties(&ranked.figures).map(move |(duty, figures)| (labels(ranked, is_courier, day, duty), figures))
        })
    };
    for (is_courier, parcels, credible) in [
        (
            false,
            "sanbai_outlet_duty_parcels",
            "sanbai_outlet_duty_credible_parcels",
        ),
        (
            true,
            "sanbai_courier_duty_parcels",
            "sanbai_courier_duty_credible_parcels",
        ),
    ] {
        let mut family = page.family(parcels);
        for (mut labels, figures) in rows(is_courier) {
            for (status, count) in statuses(figures) {
                labels.push(status);
                family.put(&labels, count);
                labels.pop();
            }
        }
        let mut family = page.family(credible);
        for (labels, figures) in rows(is_courier) {
            family.put(&labels, figures.credible);
        }
    }
}

fn labels<'r>(ranked: &'r Ranked, is_courier: bool, day: &'r str, duty: &'r str) -> Vec<&'r str> {
    let operator = is_courier.then_some(&*ranked.operator);
    let names = [&*ranked.brand, &*ranked.site];
    names.into_iter().chain(operator).chain([day, duty]).collect()
}

/// How many there are, and how many are told by name.
fn counted(page: &mut Page, days: &[Day]) {
    let counts: [(&str, Figure<Day>); 4] = [
        ("sanbai_outlets", |day| day.outlets.all),
        ("sanbai_outlets_left_out", |day| day.outlets.left_out()),
        ("sanbai_couriers", |day| day.couriers.all),
        ("sanbai_couriers_left_out", |day| day.couriers.left_out()),
    ];
    for (name, count) in counts {
        let mut family = page.family(name);
        for day in days {
            family.put(&[day.name], count(day));
        }
    }
}

fn shards(page: &mut Page, tasks: &[TaskStatus]) {
    let summed = || {
        let all = tasks.iter();
        all.filter_map(|task| Some((task.partition.to_string(), task.summary.as_ref()?)))
    };
    let mut family = page.family("sanbai_missing_sources");
    for (partition, summary) in summed() {
        family.put(&[&partition], summary.missing);
    }
    let mut family = page.family("sanbai_summary_age_seconds");
    for (partition, summary) in summed() {
        family.put(&[&partition], summary.made.elapsed().as_secs_f64());
    }
    let mut family = page.family("sanbai_summary_duration_seconds");
    for (partition, summary) in summed() {
        family.put(&[&partition], summary.took.as_secs_f64());
    }
}

fn alerts(page: &mut Page, summaries: &[&Summary]) {
    let mut family = page.family("sanbai_alerts");
    for rule in AlertRule::ALL {
        for severity in SEVERITIES {
            let standing = summaries
                .iter()
                .filter_map(|summary| summary.alerts.get(&(rule, severity)));
            family.put(&[rule.as_str(), severity.as_str()], standing.sum::<u64>());
        }
    }
}
