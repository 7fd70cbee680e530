//! The life of one parcel under a waybill, from its first event until it retires.

use std::collections::BTreeMap;

use sanbai_wire::proto::control::Hit;
use sanbai_wire::proto::event::{Accepted, ParcelEvent};
use sanbai_wire::proto::registry::RegistryRecord;

use super::clock::{HOUR, NEVER, Nanos, civil_day};
use super::evidence::Case;
use super::log::Said;
use super::register::Register;
use super::{DutyJudged, Profile, Settings, judge_known};

/// "*Open* until 7 days after the later of acceptance and first intake".
const OPEN: Nanos = 7 * 24 * HOUR;

/// The life of one parcel under a waybill.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// Events with offset and ordinal.
    pub(super) events: Vec<(u64, u32, ParcelEvent)>,
    /// What patterns said, with the offset of the record.
    pub(super) hits: Vec<(u64, Hit)>,
    /// "LC-02 unless the kept bits of the sender agree".
    pub(super) reused: bool,
    /// When it would retire as things stand.
    pub(super) ends_at: Nanos,
    /// The offset of the tick at which it retired, and what was known of the registry then.
    pub(super) ended: Option<(u64, u64)>,
}

impl Life {
    pub(super) fn begin(at: (u64, u32), event: &ParcelEvent, clock: Option<Nanos>, reused: bool) -> Self {
        let mut life = Self {
            reused,
            ..Self::default()
        };
        life.add(at, event, clock);
        life
    }

    pub(super) fn began(&self) -> (u64, u32) {
        self.events
            .first()
            .map_or((0, 0), |(offset, index, _)| (*offset, *index))
    }

    /// Whether it has retired.
    pub fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    pub(super) fn add(&mut self, (offset, index): (u64, u32), event: &ParcelEvent, clock: Option<Nanos>) {
        self.events.push((offset, index, event.clone()));
        let ends_at = self.with_case(|case, first_intake| {
            let accepted = case.acceptance().map_or(first_intake, |accepted| accepted.event.at);
            first_intake.max(accepted) + OPEN
        });
        // Where an acceptance was taken back, that moment may have passed long ago: it retires as of now.
        self.ends_at = ends_at.unwrap_or(NEVER).max(clock.unwrap_or(-NEVER));
    }

    fn with_case<T>(&self, ask: impl FnOnce(&Case<'_>, Nanos) -> T) -> Option<T> {
        let events: Vec<ParcelEvent> = self.events.iter().map(|(_, _, event)| event.clone()).collect();
        let settings = settings();
        let case = Case::gather(
            &settings,
            &events,
            Register::of("", &[]),
            Profile::Strict100,
            (0, NEVER),
        )?;
        let first_intake = case.events.iter().map(|event| event.intake).min()?;
        Some(ask(&case, first_intake))
    }

    /// The civil day of the acceptance, else of the first intake.
    pub(super) fn day(&self) -> i64 {
        let day = self.with_case(|case, first_intake| {
            civil_day(case.acceptance().map_or(first_intake, |accepted| accepted.event.at))
        });
        day.unwrap_or(0)
    }

    /// Whether the sender of the acceptance has a token in common with another.
    pub(super) fn has_sender(&self, other: &Accepted) -> bool {
        let tokens = |accepted: &Accepted| {
            let sender = accepted.sender.clone().unwrap_or_default();
            sender.phone_tokens
        };
        let common = self.with_case(|case, _| {
            let mine = case
                .acceptance()
                .map(|accepted| tokens(accepted.body))
                .unwrap_or_default();
            tokens(other).iter().any(|token| mine.contains(token))
        });
        common.unwrap_or(false)
    }

    pub(super) fn said(&self, until: (u64, u32), now: Nanos, ends: bool, records: &[RegistryRecord]) -> Option<Said> {
        let known = self
            .events
            .iter()
            .filter(|(offset, index, _)| (*offset, *index) <= until);
        let events: Vec<ParcelEvent> = known.map(|(_, _, event)| event.clone()).collect();
        let brand = events.first()?.brand.clone();
        let register = Register::of(&brand, records);
        let mut judged = judge_known(&settings(), &events, register, Profile::Strict100, (now, NEVER))?;
        if self.reused && judged.accepted_at.is_some() {
            judged.findings.insert("LC-02".to_owned(), 'M');
        }
        let marked = self.is_marked(until.0);
        if marked {
            judged.findings.insert("RN-08".to_owned(), 'H');
        }
        if ends {
            // "At retirement what is pending becomes `unknown{not_seen}`, published."
            for duty in judged.duties.iter_mut().filter(|duty| duty.status == "pending") {
                *duty = DutyJudged::unknown("not_seen");
            }
        }
        Some(Said { judged, marked })
    }

    /// "Of several with one id that with the highest version counts".
    fn is_marked(&self, until: u64) -> bool {
        let mut newest: BTreeMap<&str, &Hit> = BTreeMap::new();
        for (_, hit) in self.hits.iter().filter(|(offset, _)| *offset <= until) {
            let known = newest.entry(&hit.id).or_insert(hit);
            if known.version < hit.version {
                *known = hit;
            }
        }
        newest.values().any(|hit| hit.stands)
    }
}

/// Contents are compared as they travel; which of two counts is not asked here.
fn settings() -> Settings<'static> {
    Settings {
        digest: |event| prost::Message::encode_to_vec(event),
        ..Settings::default()
    }
}
