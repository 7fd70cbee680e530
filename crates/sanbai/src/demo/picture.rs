//! What is shown: kept from what the daemon publishes, as any reader keeps it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use anyhow::anyhow;
use prost::Message as _;
use sanbai_core::rules::Duty;
use sanbai_core::shard::compliance::Counts;
use sanbai_engine::any::{AnyBrowser, AnyLog};
use sanbai_engine::log::{Record, Topic};
use sanbai_wire::compliance::{self, OwnedRow, OwnedWindow};
use sanbai_wire::proto::alert::{Alert, Change};
use sanbai_wire::proto::verdict::Verdict;

use super::TOPICS;

/// Alerts and parcels that are kept to be shown, the newest.
const NEWEST_MAX: usize = 500;
/// Records read at once.
const BATCH: usize = 1_000;
/// So many parcels must be decided before an outlet or courier is compared with others.
const DECIDED_MIN: u64 = 5;

/// What a reader of the topics knows.
#[derive(Debug, Default)]
pub(super) struct Picture {
    next: BTreeMap<(Topic, u32), u64>,
    /// Days of operators, by key: of several versions the highest.
    rows: BTreeMap<String, OwnedRow>,
    /// Alerts by id: of several versions the highest.
    alerts: BTreeMap<String, Alert>,
    /// Words on alerts as they came.
    pub(super) news: VecDeque<Alert>,
    /// How many words on alerts came in all.
    pub(super) news_total: u64,
    /// Parcels with findings, the newest first.
    pub(super) parcels: VecDeque<Verdict>,
    /// Revisions that were published.
    pub(super) revisions: u64,
}

/// The counts of an outlet, or of a courier of one.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) brand: String,
    pub(super) site: String,
    /// Empty for the whole outlet.
    pub(super) operator: String,
    pub(super) counts: Counts,
}

impl Line {
    /// The lowest of its rates, in hundredths of a percent; nothing while too little is decided.
    fn lowest(&self) -> Option<u64> {
        let rates = Duty::ALL.map(|duty| self.counts.rate(duty));
        let rates = rates.into_iter().filter(|rate| rate.whole >= DECIDED_MIN);
        rates.filter_map(sanbai_core::tally::Rate::basis_points).min()
    }
}

impl Picture {
    /// Reads what is new.
    pub(super) fn follow(&mut self, log: &AnyLog, browser: &AnyBrowser) -> anyhow::Result<()> {
        let layout = log.layout();
        for topic in TOPICS {
            for partition in 0..layout.parcels {
                loop {
                    let next = self.next.entry((topic, partition)).or_default();
                    if *next >= log.known_end(topic, partition).unwrap_or(0) {
                        break;
                    }
                    let records = browser.read(topic, partition, *next, BATCH);
                    let records = records.map_err(|error| anyhow!("{topic} cannot be read: {error:?}"))?;
                    let Some(last) = records.last() else { break };
                    *next = last.offset + 1;
                    records.iter().for_each(|record| self.take(topic, record));
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, topic: Topic, record: &Record) {
        let value = record.value.as_deref().unwrap_or_default();
        match topic {
            Topic::Compliance => self.take_row(record, value),
            Topic::Alerts => {
                if let Ok(alert) = Alert::decode(value) {
                    self.take_alert(alert);
                }
            }
            Topic::Verdicts => {
                if let Ok(verdict) = Verdict::decode(value) {
                    self.take_verdict(verdict);
                }
            }
            Topic::ParcelEvents | Topic::Registry | Topic::Sightings | Topic::Rejects => {}
        }
    }

    fn take_row(&mut self, record: &Record, value: &[u8]) {
        let (Ok(row), Some(key)) = (compliance::decode(value), record.key.as_ref()) else {
            return;
        };
        // Hours sum to the same: one kind is enough.
        if !matches!(row.window, OwnedWindow::Day { .. }) {
            return;
        }
        let key = String::from_utf8_lossy(key).into_owned();
        let is_newer = self.rows.get(&key).is_none_or(|known| known.version < row.version);
        if is_newer {
            self.rows.insert(key, row);
        }
    }

    fn take_alert(&mut self, alert: Alert) {
        let known = self.alerts.get(&alert.id);
        if known.is_some_and(|known| known.version >= alert.version) {
            return;
        }
        self.news.push_front(alert.clone());
        self.news.truncate(NEWEST_MAX);
        self.news_total += 1;
        self.alerts.insert(alert.id.clone(), alert);
    }

    fn take_verdict(&mut self, verdict: Verdict) {
        self.revisions += 1;
        let is_same = |other: &Verdict| (&other.brand, &other.waybill) == (&verdict.brand, &verdict.waybill);
        if verdict.findings.is_empty() {
            self.parcels.retain(|other| !is_same(other));
            return;
        }
        match self.parcels.iter_mut().find(|other| is_same(other)) {
            Some(known) if known.version < verdict.version => *known = verdict,
            Some(_) => {}
            None => {
                self.parcels.push_front(verdict);
                self.parcels.truncate(NEWEST_MAX);
            }
        }
    }

    /// Everything together.
    pub(super) fn whole(&self) -> Counts {
        let mut whole = Counts::default();
        self.rows.values().for_each(|row| whole.merge(&row.counts));
        whole
    }

    /// Outlets, the worst first.
    pub(super) fn outlets(&self) -> Vec<Line> {
        self.lines(|_| String::new())
    }

    /// Couriers, the worst first.
    pub(super) fn couriers(&self) -> Vec<Line> {
        let lines = self.lines(|row| match &row.window {
            OwnedWindow::Day { operator, .. } => operator.clone(),
            OwnedWindow::Hour { .. } => String::new(),
        });
        lines.into_iter().filter(|line| !line.operator.is_empty()).collect()
    }

    fn lines(&self, operator: impl Fn(&OwnedRow) -> String) -> Vec<Line> {
        let mut lines: BTreeMap<(&str, &str, String), Line> = BTreeMap::new();
        for row in self.rows.values() {
            let key = (row.brand.as_str(), row.site.as_str(), operator(row));
            let line = lines.entry(key).or_insert_with_key(|(brand, site, operator)| Line {
                brand: (*brand).to_owned(),
                site: (*site).to_owned(),
                operator: operator.clone(),
                counts: Counts::default(),
            });
            line.counts.merge(&row.counts);
        }
        let mut lines: Vec<Line> = lines.into_values().collect();
        lines.sort_by_key(|line| (line.lowest().unwrap_or(u64::MAX), Reverse(line.counts.parcels)));
        lines
    }

    /// Alerts that stand.
    pub(super) fn standing(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values().filter(|alert| alert.change() != Change::Withdrawn)
    }
}
