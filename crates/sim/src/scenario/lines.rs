//! From lines to scenarios.

use std::collections::BTreeMap;

use sanbai_core::case::Mark;
use sanbai_core::finding::Code;
use sanbai_core::rules::{Duty, Rules};
use sanbai_core::time::{CivilDay, Span, Timestamp};
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::{Decoded, Decoder, Encoding, TokenKeys, encode_protobuf};

use super::base::{BASE, COMPLETE, whereabouts};
use super::clock::{leading_time, next_word, time, to_proto};
use super::expectation::Expectation;
use super::{Fault, Question, Scenario, event_id, happening, register};

/// Reads all scenarios of a file.
///
/// # Errors
/// The first line that cannot be understood.
pub fn parse(text: &str) -> Result<Vec<Scenario>, Fault> {
    let mut scenarios = Vec::new();
    let mut draft: Option<Draft> = None;
    for (line, text) in (1..).zip(text.lines()) {
        let at = |what| Fault { line, what };
        let text = without_comment(text);
        if text.is_empty() {
            continue;
        }
        if let Some(head) = text.strip_prefix("scenario ") {
            scenarios.extend(draft.take().map(Draft::finish).transpose()?);
            draft = Some(Draft::new(line, head).map_err(at)?);
        } else {
            let draft = draft
                .as_mut()
                .ok_or_else(|| at("stands before the first `scenario`".to_owned()))?;
            draft.line(text).map_err(at)?;
        }
    }
    scenarios.extend(draft.map(Draft::finish).transpose()?);
    Ok(scenarios)
}

/// A comment is a line that begins with `#`, or what follows two blanks and a `#`.
pub(super) fn without_comment(text: &str) -> &str {
    let text = text.trim();
    if text.starts_with('#') {
        ""
    } else {
        text.split("  #").next().unwrap_or_default().trim_end()
    }
}

/// Reads `RN-08 realName`.
fn hit(text: &str) -> Result<Mark, String> {
    let (code, duty) = next_word(text);
    let duty = Duty::ALL.into_iter().find(|known| known.as_str() == duty);
    Code::parse(code)
        .zip(duty)
        .map(|(code, duty)| Mark { code, duty })
        .ok_or_else(|| format!("`{text}` is not a code and a duty"))
}

/// A scenario that is being read.
pub(super) struct Draft {
    pub(super) scenario: Scenario,
    pub(super) day: CivilDay,
    /// Parcels before this one, which have events of the same labels.
    parcel: u32,
    brand: String,
    waybill: String,
    profile: String,
    pub(super) as_of: Option<Timestamp>,
    /// Place in the list of events, by label.
    labels: BTreeMap<String, usize>,
    unlabelled: u32,
}

impl Draft {
    pub(super) fn new(line: usize, head: &str) -> Result<Self, String> {
        let (topic, title) = head.split_once(": ").ok_or("a scenario is `scenario TOPIC: TITLE`")?;
        Ok(Self {
            scenario: Scenario {
                line,
                topic: topic.trim().to_owned(),
                title: title.trim().to_owned(),
                messages: Vec::new(),
                events: Vec::new(),
                registry: Vec::new(),
                hits: Vec::new(),
                questions: Vec::new(),
                revisions: None,
            },
            day: CivilDay::parse("2026-03-10").ok_or("no such day")?,
            parcel: 0,
            brand: "SF".to_owned(),
            waybill: "SF1234567890123".to_owned(),
            profile: "strict100".to_owned(),
            as_of: None,
            labels: BTreeMap::new(),
            unlabelled: 900,
        })
    }

    fn finish(mut self) -> Result<Scenario, Fault> {
        let line = self.scenario.line;
        // What was left out with `without` has no happening any more.
        self.scenario.messages.retain(|message| message.happening.is_some());
        self.scenario.events = decoded(&self.scenario.messages).map_err(|what| Fault { line, what })?;
        if self.scenario.questions.is_empty() {
            return Err(Fault {
                line,
                what: "has no `expect`".to_owned(),
            });
        }
        Ok(self.scenario)
    }

    pub(super) fn line(&mut self, text: &str) -> Result<(), String> {
        let Some((key, value)) = text
            .split_once(": ")
            .filter(|(key, _)| !key.contains(char::is_whitespace))
        else {
            return self.event(text);
        };
        let value = value.trim();
        match key {
            "day" => self.day = super::clock::day(value)?,
            "brand" => value.clone_into(&mut self.brand),
            "waybill" => self.next_parcel(value),
            "start" if value == "base" => BASE.lines().try_for_each(|line| self.line(line))?,
            "start" if value == "nothing" => {}
            "without" => value.split(',').try_for_each(|label| self.leave_out(label.trim()))?,
            "change" => self.change(value)?,
            "registry" if value == "complete" => COMPLETE.lines().try_for_each(|line| self.line(line))?,
            "registry" => self.file(value)?,
            "hit" => self.scenario.hits.push(hit(value)?),
            "as-of" => self.as_of = Some(time(value, self.day)?),
            "profile" => value.clone_into(&mut self.profile),
            "revisions" => self.revisions(value)?,
            "expect" => self.scenario.questions.push(Question {
                as_of: self.as_of.unwrap_or_else(|| self.day.plus_days(2).start()),
                profile: self.profile.clone(),
                expected: Expectation::of(value)?,
            }),
            "finding" | "clause" | "unanswered" | "finds" | "published" | "counted" => {
                let question = self.scenario.questions.last_mut();
                question
                    .ok_or("stands before the first `expect`")?
                    .expected
                    .add(key, value)?;
            }
            _ => return Err(format!("`{key}` is no keyword")),
        }
        Ok(())
    }

    /// What follows is about another parcel, if there were events before.
    fn next_parcel(&mut self, waybill: &str) {
        if !self.scenario.messages.is_empty() && waybill != self.waybill {
            self.parcel = self.parcel.saturating_add(1);
            self.labels.clear();
        }
        waybill.clone_into(&mut self.waybill);
    }

    fn file(&mut self, record: &str) -> Result<(), String> {
        // A later record of the same key replaces that of `complete`, as in the log of registers.
        self.scenario
            .registry
            .push(register::record(record, &self.brand, self.day)?);
        Ok(())
    }

    fn revisions(&mut self, text: &str) -> Result<(), String> {
        let times: Result<Vec<_>, _> = text
            .split(',')
            .filter(|text| *text != "none")
            .map(|text| time(text.trim(), self.day))
            .collect();
        self.scenario.revisions = Some(times?);
        Ok(())
    }

    /// `[LABEL] TIME HAPPENING [WORD], ATTRIBUTE, ATTRIBUTE …`
    fn event(&mut self, text: &str) -> Result<(), String> {
        let (label, rest) = match next_word(text) {
            (label, rest) if event_id(label).is_ok() => (Some(label), rest),
            _ => (None, text),
        };
        let (at, rest) =
            leading_time(rest, self.day)?.ok_or_else(|| format!("`{text}` is neither a keyword nor an event"))?;
        let (head, attributes) = rest.split_once(',').unwrap_or((rest, ""));
        let (name, word) = next_word(head);
        let (site, operator) = whereabouts(name);
        let label = label.map_or_else(|| format!("e{}", self.next_unlabelled()), str::to_owned);
        let mut event = ParcelEvent {
            event_id: event_id(&label)?,
            brand: self.brand.clone(),
            waybill: self.waybill.clone(),
            site: site.to_owned(),
            operator: operator.to_owned(),
            source: "gateway".to_owned(),
            happening: Some(happening::named(name, word.trim(), to_proto(at))?),
            ..ParcelEvent::default()
        };
        happened_at(&mut event, at);
        self.attributes(&mut event, attributes)?;
        of_parcel(&mut event, self.parcel);
        self.labels.insert(label, self.scenario.messages.len());
        self.scenario.messages.push(event);
        Ok(())
    }

    fn next_unlabelled(&mut self) -> u32 {
        self.unlabelled = self.unlabelled.saturating_add(1);
        self.unlabelled
    }

    /// `LABEL [TIME] ATTRIBUTE, ATTRIBUTE …`
    fn change(&mut self, text: &str) -> Result<(), String> {
        let (label, rest) = next_word(text.trim());
        let place = self.place(label.trim_end_matches(','))?;
        let mut event = self.scenario.messages.get(place).cloned().ok_or("no such event")?;
        let (at, rest) = leading_time(rest, self.day)?.map_or((None, rest), |(at, rest)| (Some(at), rest));
        if let Some(at) = at {
            happened_at(&mut event, at);
        }
        self.attributes(&mut event, rest)?;
        if let Some(slot) = self.scenario.messages.get_mut(place) {
            *slot = event;
        }
        Ok(())
    }

    fn leave_out(&mut self, label: &str) -> Result<(), String> {
        let place = self.place(label)?;
        if let Some(event) = self.scenario.messages.get_mut(place) {
            event.happening = None;
        }
        Ok(())
    }

    fn place(&self, label: &str) -> Result<usize, String> {
        self.labels
            .get(label)
            .copied()
            .ok_or_else(|| format!("there is no event `{label}`"))
    }

    fn attributes(&self, event: &mut ParcelEvent, text: &str) -> Result<(), String> {
        for attribute in text.split(',').map(str::trim).filter(|attribute| !attribute.is_empty()) {
            let (key, value) = next_word(attribute);
            match key {
                "at" => value.clone_into(&mut event.site),
                "by" => value.clone_into(&mut event.operator),
                "place" => value.clone_into(&mut event.place),
                "source" => value.clone_into(&mut event.source),
                "received" => event.intake_at = Some(to_proto(time(value, self.day)?)),
                "uploaded" => event.uploaded_at = Some(to_proto(time(value, self.day)?)),
                "id" => event.event_id = event_id(value.strip_prefix("of ").unwrap_or(value))?,
                _ => {
                    let happening = event.happening.as_mut().ok_or("this event was left out")?;
                    if !happening::apply(happening, attribute)? {
                        return Err(format!("`{attribute}` is no attribute of this happening"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Labels name events of one parcel, ids those of all.
fn of_parcel(event: &mut ParcelEvent, parcel: u32) {
    let of_parcel = |id: &str| id.replace("-7000-", &format!("-7{parcel:03}-"));
    event.event_id = of_parcel(&event.event_id);
    if let Some(Happening::Retracted(retracted)) = &mut event.happening {
        retracted.event_id = of_parcel(&retracted.event_id);
    }
}

/// Received 30 s after it happened, until something else is said.
fn happened_at(event: &mut ParcelEvent, at: Timestamp) {
    event.occurred_at = Some(to_proto(at));
    event.intake_at = Some(to_proto(at.plus(Span::seconds(30))));
}

/// What the events are once they have passed the edge.
fn decoded(messages: &[ParcelEvent]) -> Result<Vec<Decoded>, String> {
    let keys = TokenKeys::single("1", [7; 32]).map_err(|error| error.to_string())?;
    let rules = Rules::builtin();
    let decoder = Decoder::new(keys, |brand: &str| rules.brands().resolve(brand));
    let decode = |message: &ParcelEvent| decoder.decode(&encode_protobuf(message), Encoding::Protobuf);
    messages
        .iter()
        .map(|message| decode(message).map_err(|reject| reject.to_string()))
        .collect()
}
