//! Scenarios: the story of one parcel and what must be said of it, as a text that a postal inspector can read.
//!
//! They are the tests of the rules and their documentation at once. A file holds any number of them:
//!
//! ```text
//! scenario RN-01 fails: 未验身份证即收寄
//! start: base                                # the parcel that kept all three duties; `nothing` for none
//! without: e1                                # leaves out an event
//! change: e4 letter, to 110101               # changes one
//! e9 03-11 09:00 delivered, at CD-0007       # adds one; on 2026-03-10 where no day stands
//! registry: site GZ-0001 licensed, place 440117001, licence 2020-01-01..2030-12-31
//! as-of: 03-12 00:00                         # the clock; only what was received by then is known
//! profile: strict100
//! expect: realName fail, inspection pass, xray pass
//! finding: RN-01 critical realName           # all findings, exactly
//! clause: 反恐怖主义法（2018）第20条            # all clauses of the finding above, if any is given
//! ```
//!
//! Every `expect` is one question, asked at the clock and under the profile that stand above it; what follows belongs to
//! it: `finding`, `clause`, `unanswered` (if given, all of them), `finds` (classes of prohibited goods), `published`,
//! `counted`. `hit: RN-08 realName` says that a pattern across parcels marks this one. `revisions` are the times at which
//! a verdict is published, from the first event to the last `as-of`. An event is received 30 s after it happened unless
//! `received 13:00` stands at it. Times are civil time at +08:00.
//!
//! Every scenario is judged twice: as `sanbai check` does, all events at once, and by the shards, event by event with a
//! clock. Both must say the same at every question; `revisions` are when the shards publish.
//!
//! A [`Story`] is about many parcels, and about what happens to those who judge them.

mod base;
mod clock;
mod expectation;
mod happening;
mod lines;
mod register;
mod replayed;
mod said;
mod story;

pub use base::{BASE, COMPLETE};
pub use lines::parse;
pub use story::{Story, parse_stories};

use std::fmt;

use sanbai_core::case::{Evidence, Mark, Marks};
use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::Judge;
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::proto::registry::RegistryRecord;
use sanbai_wire::registers::to_core;
use sanbai_wire::{Decoded, encode_json};

use expectation::Expectation;
use said::Said;

/// One parcel's story, and what must be said of it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Line of its file on which it begins, from 1.
    pub line: usize,
    /// What it shows: `RN-01 fails`, `example 3` …
    pub topic: String,
    /// One sentence for people.
    pub title: String,
    /// Its events as producers send them.
    pub messages: Vec<ParcelEvent>,
    /// Its events once they have passed the edge: tokens and facts instead of numbers.
    pub events: Vec<Decoded>,
    /// What is on file.
    pub registry: Vec<RegistryRecord>,
    /// What patterns across parcels say of it.
    pub hits: Vec<Mark>,
    /// What is asked and what must be answered; never empty.
    pub questions: Vec<Question>,
    /// When a verdict is published, if the scenario says so.
    pub revisions: Option<Vec<Timestamp>>,
}

/// One question: how the parcel stands at a time, under a profile.
#[derive(Clone, Debug)]
pub struct Question {
    /// The clock.
    pub as_of: Timestamp,
    /// The profile.
    pub profile: String,
    expected: Expectation,
}

impl Question {
    /// The same question at another time.
    #[must_use]
    pub fn at(&self, as_of: Timestamp) -> Self {
        Self { as_of, ..self.clone() }
    }
}

/// A line that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for Fault {}

impl Scenario {
    /// Code and outcome, where it is the passing (`true`) or failing scenario of a rule.
    pub fn rule(&self) -> Option<(&str, bool)> {
        match self.topic.split_once(' ')? {
            (code, "passes") => Some((code, true)),
            (code, "fails") => Some((code, false)),
            _ => None,
        }
    }

    /// Its events as lines of JSON, as `sanbai check` reads them.
    pub fn ndjson(&self) -> String {
        self.messages
            .iter()
            .map(|message| encode_json(message) + "\n")
            .collect()
    }

    /// Whether any of its questions expects a finding of this code.
    pub fn finds(&self, code: &str) -> bool {
        self.questions.iter().any(|question| question.expected.finds(code))
    }

    /// Whether any of its questions expects clauses under a finding of this code.
    pub fn cites(&self, code: &str) -> bool {
        self.questions.iter().any(|question| question.expected.cites(code))
    }

    /// What differs between what must be said and what is said, in lines for people; empty where nothing does.
    pub fn differences(&self) -> Vec<String> {
        let mut differences = Vec::new();
        for question in &self.questions {
            let found = question
                .expected
                .differences(self.said(&self.events, question).as_ref());
            if !found.is_empty() {
                differences.push(format!("as of {}, {}:", question.as_of, question.profile));
                differences.extend(found.into_iter().map(|line| format!("  {line}")));
            }
        }
        differences.extend(self.replay_differences());
        differences
    }

    /// The whole verdict on some of its events as a text, for comparing one with another; `None` where nothing is known.
    ///
    /// The events may stand in any order, and any of them more than once.
    pub fn verdict(&self, events: &[Decoded], question: &Question) -> Option<String> {
        self.judged(events, question, |verdict, _| format!("{verdict:#?}"))
    }

    fn said(&self, events: &[Decoded], question: &Question) -> Option<Said> {
        self.judged(events, question, Said::of)
    }

    /// What can be said of the verdict on some of its events, of which those count that were received by the time of the
    /// question; `None` where nothing is known.
    pub fn judged<T>(
        &self,
        events: &[Decoded],
        question: &Question,
        answer: impl FnOnce(&sanbai_core::verdict::Verdict<'_>, &Rules) -> T,
    ) -> Option<T> {
        let rules = Rules::builtin();
        let registry = on_file(&self.registry);
        let received = events
            .iter()
            .filter_map(Decoded::event)
            .filter(|event| event.intake_at <= question.as_of);
        let evidence = Evidence::of(received);
        let judge = Judge {
            profile: Some(&question.profile),
            ..Judge::new(&rules, registry.view())
        };
        let marks = Marks {
            hits: &self.hits,
            reused: false,
        };
        let verdict = judge.marked_verdict(&evidence, question.as_of, marks).ok()??;
        Some(answer(&verdict, &rules))
    }
}

/// Registers that hold these records, each at its place in the list.
fn on_file(records: &[RegistryRecord]) -> Registry {
    let mut registry = Registry::default();
    for (offset, record) in (0..).zip(records) {
        let record = to_core(record, offset).ok().flatten();
        record.into_iter().for_each(|record| registry.insert(record));
    }
    registry
}

/// Id of the event with a label such as `e7`.
fn event_id(label: &str) -> Result<String, String> {
    let number = label.strip_prefix('e').and_then(|number| number.parse::<u32>().ok());
    number
        .map(|number| format!("01957d3c-0000-7000-8000-{number:012}"))
        .ok_or_else(|| format!("`{label}` is not a label such as e7"))
}
