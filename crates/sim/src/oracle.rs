//! The judgement a second time: slow, naive, and written from `judging.md` alone.
//!
//! It shares nothing with `sanbai-core` but the proto, so a mistake has to be made twice to go unseen.
//! Every rule is one function over plain lists; comments quote the sentence of `judging.md` that it follows.

mod absence;
mod acceptance;
mod clock;
pub mod counting;
mod evidence;
mod inspection;
mod life;
pub mod log;
mod place;
mod prohibited;
mod real_name;
mod record;
mod register;
mod registered;
mod second;
pub mod watch;
mod waybill;
mod xray;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::proto::registry::RegistryRecord;

use self::clock::{Nanos, nanos, timestamp};
use self::evidence::{Case, Event};
use self::register::Register;

/// What nobody who declares it says anything with, in the starting rules.
pub const GENERIC_WORDS: &[&str] = &[
    "日用品",
    "物品",
    "货物",
    "东西",
    "其他",
    "其它",
    "杂物",
    "商品",
    "包裹",
    "快件",
    "goods",
    "item",
    "items",
    "stuff",
    "other",
    "parcel",
];

/// Which reading of the law decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Every parcel is screened.
    Strict100,
    /// Only class M must be screened.
    Statutory,
}

/// What the oracle cannot take from `judging.md`; [`Settings::default`] holds the starting values.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Declared items that say nothing (IN-06); compared without case and outer blanks.
    pub generic_words: &'a [&'a str],
    /// Whether letters are screened like parcels (`xray.letters`).
    pub xray_letters: bool,
    /// Content digest of an event whose `source`, `uploaded_at` and `intake_at` are cleared; the smaller counts (DQ-03).
    /// By default the text of the message, so only *whether* contents differ is meaningful, not which of them counts.
    pub digest: fn(&ParcelEvent) -> Vec<u8>,
    /// Whether a waybill (second) fits a pattern of its brand (first), or the brand has none (DQ-06).
    pub waybill_fits: fn(&str, &str) -> bool,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            generic_words: GENERIC_WORDS,
            xray_letters: true,
            digest: |event| format!("{event:?}").into_bytes(),
            waybill_fits: waybill::fits,
        }
    }
}

/// What the oracle says of one parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Brand code.
    pub brand: String,
    /// Waybill number.
    pub waybill: String,
    /// When the counting acceptance happened.
    pub accepted_at: Option<Timestamp>,
    /// Outlet of the counting acceptance, else site of the first movement, else of the first event.
    pub site: String,
    /// Operator of the same event.
    pub operator: String,
    /// When the same event happened: the day and hour of its row.
    pub happened_at: Timestamp,
    /// Whether a letter was accepted.
    pub letter: bool,
    /// Class of each find, 0 where nobody stated it.
    pub finds: Vec<u32>,
    /// Whether the parcel counts in the rates: it has a counting acceptance and was not taken out.
    pub counted: bool,
    /// Real name, inspection, X-ray.
    pub duties: [DutyJudged; 3],
    /// Severity (`C`, `H`, `M`, `L`, `I`) by code.
    pub findings: BTreeMap<String, char>,
    /// Rules that could not be answered: code, and the register or field that is missing.
    pub unanswered: BTreeSet<(String, String)>,
}

/// How one duty stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyJudged {
    /// `pending`, `pass`, `fail`, `not_applicable` or `unknown`.
    pub status: &'static str,
    /// Why the duty does not apply or cannot be told; else empty.
    pub ground: String,
    /// By when it had to be done; only of a pending or failed duty.
    pub deadline: Option<Timestamp>,
    /// Done, but after the limit.
    pub performed_late: bool,
    /// Done in time, received after the moment of judgement.
    pub reported_late: bool,
    /// From when the deciding evidence happened to its upload, in whole seconds; of a duty that was done.
    pub delay: Option<i64>,
    /// Ids of the evidence that decided; the oracle names only checks, inspections and screenings.
    pub events: BTreeSet<String>,
}

/// Judges the events of one parcel, in any order and with copies, as known at `as_of`, by the starting rules.
///
/// `None` if nothing of the parcel had been received by then.
pub fn judge(
    events: &[ParcelEvent],
    registry: &[RegistryRecord],
    profile: Profile,
    as_of: Timestamp,
) -> Option<Judged> {
    judge_by(&Settings::default(), events, registry, profile, as_of)
}

/// [`judge`] with other settings.
pub fn judge_by(
    settings: &Settings<'_>,
    events: &[ParcelEvent],
    registry: &[RegistryRecord],
    profile: Profile,
    as_of: Timestamp,
) -> Option<Judged> {
    let brand = &events.first()?.brand;
    judge_case(settings, events, Register::of(brand, registry), profile, as_of)
}

fn judge_case(
    settings: &Settings<'_>,
    events: &[ParcelEvent],
    register: Register<'_>,
    profile: Profile,
    as_of: Timestamp,
) -> Option<Judged> {
    let now = nanos(as_of);
    judge_known(settings, events, register, profile, (now, now))
}

/// Judges at a moment what had been received by another.
fn judge_known(
    settings: &Settings<'_>,
    events: &[ParcelEvent],
    register: Register<'_>,
    profile: Profile,
    moments: (Nanos, Nanos),
) -> Option<Judged> {
    let case = Case::gather(settings, events, register, profile, moments)?;
    let mut book = Book::default();
    let duties = if case.acceptance().is_some() {
        acceptance::judge(&case, &mut book)
    } else {
        absence::judge(&case, &mut book)
    };
    record::judge(&case, &mut book);
    registered::judge_screenings(&case, &mut book);
    prohibited::judge(&case, &mut book);
    prohibited::judge_suspects(&case, &mut book);
    book.forget_answered();
    let row = row_of(&case)?;
    Some(Judged {
        brand: case.brand.to_owned(),
        waybill: case.waybill.to_owned(),
        accepted_at: case.acceptance().map(|accepted| timestamp(accepted.event.at)),
        site: row.site.clone(),
        operator: row.operator.clone(),
        happened_at: row.occurred_at.unwrap_or_default(),
        letter: case
            .acceptance()
            .is_some_and(|accepted| acceptance::is_letter(&accepted)),
        finds: prohibited::classes(&case),
        counted: case.acceptance().is_some() && case.taken_out().is_none(),
        duties,
        findings: book.findings,
        unanswered: book.unanswered,
    })
}

/// [`judge`] for each parcel among `events`; events without a waybill belong to none.
pub fn judge_all(
    events: &[ParcelEvent],
    registry: &[RegistryRecord],
    profile: Profile,
    as_of: Timestamp,
) -> BTreeMap<(String, String), Judged> {
    judge_all_by(&Settings::default(), events, registry, profile, as_of)
}

/// [`judge_all`] with other settings.
pub fn judge_all_by(
    settings: &Settings<'_>,
    events: &[ParcelEvent],
    registry: &[RegistryRecord],
    profile: Profile,
    as_of: Timestamp,
) -> BTreeMap<(String, String), Judged> {
    let mut parcels: BTreeMap<(String, String), Vec<ParcelEvent>> = BTreeMap::new();
    for event in events {
        if !event.waybill.is_empty() {
            parcels
                .entry((event.brand.clone(), event.waybill.clone()))
                .or_default()
                .push(event.clone());
        }
    }
    let mut registers = BTreeMap::new();
    let mut all = BTreeMap::new();
    for (key, parcel) in parcels {
        let register = registers
            .entry(key.0.clone())
            .or_insert_with(|| Register::of(&key.0, registry));
        if let Some(judged) = judge_case(settings, &parcel, register.clone(), profile, as_of) {
            all.insert(key, judged);
        }
    }
    all
}

/// "Duties and findings count in the row of the acceptance"; without one in that of the first movement.
fn row_of<'c>(case: &'c Case<'_>) -> Option<&'c ParcelEvent> {
    let first = case.earliest();
    let event = match case.acceptance() {
        Some(accepted) => Some(accepted.event),
        None => case.first_movement().or(first),
    };
    event.map(|event| event.body)
}

/// What stands beside the duties, while it is written down.
#[derive(Debug, Default)]
struct Book {
    findings: BTreeMap<String, char>,
    unanswered: BTreeSet<(String, String)>,
}

impl Book {
    /// "One finding per rule and parcel, with the worst severity".
    fn raise(&mut self, code: &str, severity: char) {
        let rank = |severity: char| "CHMLI".find(severity);
        let entry = self.findings.entry(code.to_owned()).or_insert(severity);
        if rank(severity) < rank(*entry) {
            *entry = severity;
        }
    }

    /// "Not present: the rule is *unanswered*, listed in the verdict".
    fn leave_open(&mut self, code: &str, missing: &str) {
        self.unanswered.insert((code.to_owned(), missing.to_owned()));
    }

    /// A rule that found something has been answered, whatever else is missing.
    fn forget_answered(&mut self) {
        let findings = &self.findings;
        self.unanswered.retain(|(code, _)| !findings.contains_key(code));
    }
}

impl DutyJudged {
    fn new(status: &'static str) -> Self {
        Self {
            status,
            ground: String::new(),
            deadline: None,
            performed_late: false,
            reported_late: false,
            delay: None,
            events: BTreeSet::new(),
        }
    }

    fn not_applicable(ground: &str) -> Self {
        Self {
            ground: ground.to_owned(),
            ..Self::new("not_applicable")
        }
    }

    fn unknown(ground: &str) -> Self {
        Self {
            ground: ground.to_owned(),
            ..Self::new("unknown")
        }
    }

    /// "The body holds the deadline only of a pending or failed duty".
    fn pending(deadline: Option<Nanos>) -> Self {
        Self {
            deadline: deadline.map(timestamp),
            ..Self::new("pending")
        }
    }

    fn fail(deadline: Nanos, late: Option<&Event<'_>>) -> Self {
        Self {
            deadline: Some(timestamp(deadline)),
            performed_late: late.is_some(),
            delay: late.map(delay),
            ..Self::new("fail")
        }
    }

    /// "*Reported late* = done in time, `intakeAt` after that moment: the duty passes and says so."
    fn pass(evidence: &Event<'_>, moment: Nanos) -> Self {
        Self {
            reported_late: evidence.intake > moment,
            delay: Some(delay(evidence)),
            ..Self::new("pass")
        }
        .with(evidence)
    }

    fn with(mut self, evidence: &Event<'_>) -> Self {
        self.events.insert(evidence.body.event_id.clone());
        self
    }
}

/// Whole seconds from when something happened to its upload.
fn delay(event: &Event<'_>) -> i64 {
    i64::try_from((event.upload - event.at).div_euclid(clock::SECOND)).unwrap_or(i64::MAX)
}
