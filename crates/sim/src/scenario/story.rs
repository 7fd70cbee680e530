//! Stories: many parcels, and what happens to those who judge them, as a text that a postal inspector can read.
//!
//! ```text
//! story 积压三小时：结论和时间不变
//! waybill: SF0000000000001                   # what follows is about this parcel, as in a scenario
//! start: base
//! away: 11:00..14:00                         # nobody works on the log: events wait there, and there are no ticks
//! prints:                                    # exactly this, in this order
//! 14:00:05  SF0000000000001 r1 …
//! ```
//!
//! Beside the lines of a scenario that tell of events and registers: `partitions: 2` and `away: partition 1, 11:00..14:00`;
//! `known from 15:00: site GZ-0001 …` enters a record of a register at that time, `15:01 rejudge site GZ-0001` has parcels
//! judged again, `10:00 tick 2027-03-10 10:00` is a tick that claims a time; `show: rows` prints rows whenever they change,
//! otherwise they stand at the end; `as-of` is the end.

mod told;

use std::ops::RangeInclusive;

use sanbai_core::rules::Rules;
use sanbai_core::shard::input::Tick;
use sanbai_core::time::{CivilDay, Timestamp};
use sanbai_engine::replay::Replay;
use sanbai_wire::control::{Control, OwnedRejudge};
use sanbai_wire::proto::event::ParcelEvent;
use sanbai_wire::proto::registry::RegistryRecord;
use sanbai_wire::{Decoder, Encoding, encode_protobuf};

use super::clock::{from_proto, leading_time, next_word, time};
use super::lines::{Draft, without_comment};
use super::replayed::settings;
use super::{Fault, on_file, register};
use told::Told;

/// Many parcels, and what must come out.
#[derive(Clone, Debug)]
pub struct Story {
    /// Line of its file on which it begins, from 1.
    pub line: usize,
    /// One sentence for people.
    pub title: String,
    day: CivilDay,
    messages: Vec<ParcelEvent>,
    registry: Vec<RegistryRecord>,
    /// Records of it that are known from the start.
    known: u64,
    steps: Vec<(Timestamp, Step)>,
    partitions: u32,
    show_rows: bool,
    as_of: Timestamp,
    expected: Vec<String>,
}

/// What happens beside the events. Of what happens at one time, in this order.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody works on these partitions again.
    Back(RangeInclusive<u32>),
    /// The registry records before this one are known.
    Known(u64),
    /// An event comes in.
    Event(Box<ParcelEvent>),
    /// A control record comes in.
    Control(Control),
    /// Nobody works on these partitions any more.
    Away(RangeInclusive<u32>),
}

impl Step {
    fn rank(&self) -> u8 {
        match self {
            Self::Back(_) => 0,
            Self::Known(_) => 1,
            Self::Event(_) => 2,
            Self::Control(_) => 3,
            Self::Away(_) => 4,
        }
    }
}

/// Reads all stories of a file.
///
/// # Errors
/// The first line that cannot be understood.
pub fn parse_stories(text: &str) -> Result<Vec<Story>, Fault> {
    let mut stories = Vec::new();
    let mut draft: Option<StoryDraft> = None;
    for (line, text) in (1..).zip(text.lines()) {
        let at = |what| Fault { line, what };
        let text = without_comment(text);
        if text.is_empty() {
            continue;
        }
        if let Some(title) = text.strip_prefix("story ") {
            stories.extend(draft.take().map(StoryDraft::finish));
            draft = Some(StoryDraft::new(line, title).map_err(at)?);
        } else {
            let draft = draft.as_mut();
            let draft = draft.ok_or_else(|| at("stands before the first `story`".to_owned()))?;
            draft.line(text).map_err(at)?;
        }
    }
    stories.extend(draft.map(StoryDraft::finish));
    Ok(stories)
}

struct StoryDraft {
    draft: Draft,
    story: Story,
    /// Records that are known later.
    later: Vec<(Timestamp, RegistryRecord)>,
    /// What follows is what must come out.
    is_expected: bool,
}

impl StoryDraft {
    fn new(line: usize, title: &str) -> Result<Self, String> {
        let draft = Draft::new(line, &format!("story: {title}"))?;
        let story = Story {
            line,
            title: title.to_owned(),
            day: draft.day,
            messages: Vec::new(),
            registry: Vec::new(),
            known: 0,
            steps: Vec::new(),
            partitions: 1,
            show_rows: false,
            as_of: draft.day.plus_days(2).start(),
            expected: Vec::new(),
        };
        Ok(Self {
            draft,
            story,
            later: Vec::new(),
            is_expected: false,
        })
    }

    fn line(&mut self, text: &str) -> Result<(), String> {
        let day = self.draft.day;
        if self.is_expected {
            self.story.expected.push(text.to_owned());
        } else if text == "prints:" {
            self.is_expected = true;
        } else if text == "show: rows" {
            self.story.show_rows = true;
        } else if let Some(count) = text.strip_prefix("partitions: ") {
            self.story.partitions = count.parse().map_err(|_| format!("`{count}` is no number"))?;
        } else if let Some(span) = text.strip_prefix("away: ") {
            self.away(span)?;
        } else if let Some((from, record)) = text.strip_prefix("known from ").and_then(|text| text.split_once(": ")) {
            let record = register::record(record, "SF", day)?;
            self.later.push((time(from, day)?, record));
        } else if let Some(step) = control(text, day)? {
            self.story.steps.push(step);
        } else {
            self.draft.line(text)?;
        }
        Ok(())
    }

    /// `11:00..14:00`, or `partition 1, 11:00..14:00`.
    fn away(&mut self, text: &str) -> Result<(), String> {
        let (partitions, span) = match text.strip_prefix("partition ").and_then(|text| text.split_once(", ")) {
            Some((number, span)) => {
                let number: u32 = number.parse().map_err(|_| format!("`{number}` is no number"))?;
                (number..=number, span)
            }
            None => (0..=u32::MAX, text),
        };
        let (from, to) = span
            .split_once("..")
            .ok_or_else(|| format!("`{span}` is not FROM..TO"))?;
        let day = self.draft.day;
        self.story
            .steps
            .push((time(from, day)?, Step::Away(partitions.clone())));
        self.story.steps.push((time(to, day)?, Step::Back(partitions)));
        Ok(())
    }

    fn finish(self) -> Story {
        let Self {
            draft,
            mut story,
            mut later,
            ..
        } = self;
        story.day = draft.day;
        story.as_of = draft.as_of.unwrap_or(story.as_of);
        story.messages = draft.scenario.messages;
        // What was left out with `without` has no happening any more.
        story.messages.retain(|message| message.happening.is_some());
        story.registry = draft.scenario.registry;
        story.known = story.registry.len() as u64;
        later.sort_by_key(|(from, _)| *from);
        for (from, record) in later {
            story.registry.push(record);
            story.steps.push((from, Step::Known(story.registry.len() as u64)));
        }
        for message in &story.messages {
            let intake = from_proto(message.intake_at.as_ref());
            story.steps.push((intake, Step::Event(Box::new(message.clone()))));
        }
        story.steps.sort_by_key(|(at, step)| (*at, step.rank()));
        story
    }
}

/// `TIME tick TIME` or `TIME rejudge [site SITE]`.
fn control(text: &str, day: CivilDay) -> Result<Option<(Timestamp, Step)>, String> {
    let Some((at, rest)) = leading_time(text, day)? else {
        return Ok(None);
    };
    let (word, rest) = next_word(rest);
    let control = match word {
        "tick" => Control::Tick(Tick {
            time: time(rest, day)?,
            registry_offset: 0,
            reset: false,
            recorded_at: at,
        }),
        "rejudge" => Control::Rejudge(OwnedRejudge {
            site: rest.strip_prefix("site ").unwrap_or(rest).to_owned(),
            ..OwnedRejudge::default()
        }),
        _ => return Ok(None),
    };
    Ok(Some((at, Step::Control(control))))
}

impl Story {
    /// What comes out, line by line.
    pub fn printed(&self) -> Vec<String> {
        let rules = Rules::builtin();
        let settings = settings(None);
        let decoder = Decoder::new(settings.keys.clone(), |brand: &str| rules.brands().resolve(brand));
        let mut replay = Replay::new(&settings, on_file(&self.registry), self.partitions);
        replay.know_registry_before(self.known);
        let mut told = Told::new(self.day, self.show_rows);
        let of = |partitions: &RangeInclusive<u32>| *partitions.start()..=(*partitions.end()).min(self.partitions - 1);
        for (at, step) in self.steps.iter().filter(|(at, _)| *at <= self.as_of) {
            replay.advance(*at, &mut told);
            told.alarms(&replay.alarms());
            told.now = *at;
            match step {
                Step::Back(partitions) => of(partitions).for_each(|number| replay.resume(number, &mut told)),
                Step::Away(partitions) => of(partitions).for_each(|number| replay.leave(number)),
                Step::Known(offset) => replay.know_registry_before(*offset),
                Step::Control(control) => {
                    let applied = replay.control(control, *at, &mut told);
                    debug_assert!(applied.is_ok(), "no story names a behaviour");
                }
                Step::Event(message) => match decoder.decode(&encode_protobuf(message), Encoding::Protobuf) {
                    Ok(event) => {
                        told.waybill.clone_from(&message.waybill);
                        replay.event(&event, &mut told);
                    }
                    Err(reject) => told.rejected(&message.waybill, reject.code.as_str()),
                },
            }
            told.alarms(&replay.alarms());
        }
        replay.finish(self.as_of, &mut told);
        told.alarms(&replay.alarms());
        told.finish()
    }

    /// What differs between what must come out and what does; empty where nothing does.
    pub fn differences(&self) -> Vec<String> {
        let printed = self.printed();
        if printed == self.expected {
            return Vec::new();
        }
        let lines = |head: &str, lines: &[String]| format!("{head}:\n    {}", lines.join("\n    "));
        vec![lines("expected", &self.expected), lines("found", &printed)]
    }
}
