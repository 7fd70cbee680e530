//! Shards under one set of rules, and what they said.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use sanbai_core::registry::Registry;
use sanbai_core::rules::{Indicator, Rules};
use sanbai_core::verdict::Verdict;
use sanbai_engine::log::{Message, Topic};
use sanbai_engine::parcel::ParcelSettings;
use sanbai_engine::replay::Replay;
use sanbai_engine::stage::Outbox;
use sanbai_wire::{RawValues, TokenKeys, alert, compliance, verdict};

use super::alerts::Alerts;
use super::difference::Found;
use crate::output;
use crate::table::Summary;

/// Shards, and what they said.
pub(super) struct Side {
    pub(super) replay: Replay,
    pub(super) told: Told,
}

/// What the shards said.
pub(super) struct Told {
    /// Where every output goes as a line of JSON.
    answers: Option<io::BufWriter<io::StdoutLock<'static>>>,
    failed: Option<io::Error>,
    indicators: BTreeMap<String, Indicator>,
    pub(super) summary: Summary,
    /// For the difference between two sets of rules, where there are two.
    pub(super) found: Option<Found>,
    pub(super) alerts: Alerts,
    /// Codes and details of events that their parcels could not take, and of those that the stage could not read.
    pub(super) rejected: Vec<(String, String)>,
}

impl Side {
    pub(super) fn new(keys: &TokenKeys, registry: Registry, records: u64, profile: Option<&str>, json: bool) -> Self {
        let settings = ParcelSettings {
            keys: keys.clone(),
            raw_values: RawValues::Forbid,
            profile: profile.map(str::to_owned),
        };
        let told = Told::new(registry.rules(), json);
        let mut replay = Replay::new(&settings, registry, 1);
        replay.know_registry_before(records);
        Self { replay, told }
    }

    /// Sums up the parcels that are still open.
    pub(super) fn sum_up(&mut self) {
        let Self { replay, told } = self;
        replay.each_verdict(|verdict| told.add(verdict));
    }
}

impl Told {
    /// Nothing yet.
    pub(super) fn new(rules: &Rules, json: bool) -> Self {
        Self {
            answers: json.then(output::answers),
            failed: None,
            indicators: rules.newest().indicator.clone(),
            summary: Summary::default(),
            found: None,
            alerts: Alerts::default(),
            rejected: Vec::new(),
        }
    }

    /// Whether nothing was found and no alert stands.
    pub(super) fn is_clean(&self) -> bool {
        self.summary.parcels_with_findings == 0 && self.alerts.are_none()
    }

    /// What could not be written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match (self.failed.take(), &mut self.answers) {
            (Some(error), _) => Err(error),
            (None, Some(answers)) => answers.flush(),
            (None, None) => Ok(()),
        }
    }

    /// The first thing that could not be written.
    pub(super) fn failure(&mut self) -> io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }

    pub(super) fn add(&mut self, verdict: &Verdict<'_>) {
        self.summary.add(verdict, &self.indicators);
        if let Some(found) = &mut self.found {
            found.add(verdict);
        }
    }

    /// Writes a line where lines of JSON are wanted.
    pub(super) fn write(&mut self, line: impl FnOnce() -> Option<String>) {
        if let Some(answers) = &mut self.answers
            && self.failed.is_none()
            && let Some(line) = line()
        {
            self.failed = writeln!(answers, "{line}").err();
        }
    }
}

impl Outbox for Told {
    fn put(&mut self, message: Message) {
        let bytes = message.value.as_slice();
        match message.topic {
            Topic::Verdicts => self.write(|| Some(verdict::message_to_json(&verdict::decode(bytes).ok()?))),
            Topic::Compliance => self.write(|| {
                let row = compliance::decode(bytes).ok()?;
                Some(compliance::to_json(row.version, &row.row()))
            }),
            Topic::Alerts => {
                if let Ok(alert) = alert::decode(bytes) {
                    self.write(|| Some(alert::to_json(&alert)));
                    self.alerts.take(alert);
                }
            }
            Topic::Rejects => {
                let header = |name: &str| {
                    let found = message.headers.iter().find(|(known, _)| known == name);
                    found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
                };
                self.rejected
                    .extend(header("sanbai-code").zip(header("__connect.errors.exception.message")));
            }
            // They stay among the shards.
            Topic::ParcelEvents | Topic::Registry | Topic::Sightings => {}
        }
    }

    fn retired(&mut self, verdict: &Verdict<'_>) {
        self.add(verdict);
    }
}
