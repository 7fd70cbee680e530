//! Scenarios by the shards: event by event, in the order of intake, with ticks.

use sanbai_core::shard::input::{Behaviour, Hit};
use sanbai_core::shard::position::Position;
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::Verdict;
use sanbai_engine::log::{Message, Topic};
use sanbai_engine::parcel::ParcelSettings;
use sanbai_engine::replay::Replay;
use sanbai_engine::stage::Outbox;
use sanbai_wire::control::Control;
use sanbai_wire::proto::verdict as message;
use sanbai_wire::verdict::to_message;
use sanbai_wire::{Decoded, RawValues, TokenKeys, verdict};

use super::clock::from_proto;
use super::{Question, Scenario, on_file};

/// What a replay of one parcel leaves behind.
#[derive(Default)]
struct Replayed {
    published: Vec<message::Verdict>,
    /// The verdict by the clock at the end; `None` where the parcel is retired or was never there.
    standing: Option<String>,
}

impl Outbox for Replayed {
    fn put(&mut self, message: Message) {
        if message.topic == Topic::Verdicts {
            self.published.extend(verdict::decode(&message.value));
        }
    }
}

impl Scenario {
    /// What differs between the verdicts of the shards and those of `check`, and between the times at which they are
    /// published and those of the scenario.
    pub(super) fn replay_differences(&self) -> Vec<String> {
        let mut differences = Vec::new();
        for question in &self.questions {
            let replayed = self.replayed(question);
            let checked = self.verdict(&self.events, question);
            let as_of = question.as_of;
            if replayed.standing.is_some() && replayed.standing != checked {
                let (check, shard) = (checked.unwrap_or_default(), replayed.standing.unwrap_or_default());
                differences.push(format!("as of {as_of}, check: {check}\nshard: {shard}"));
                continue;
            }
            let checked = self.judged(&self.events, question, |verdict, rules| {
                let body = to_message(verdict, rules, Some(&question.profile), 0);
                (verdict.is_publishable(), without_pending(body))
            });
            let published = replayed.published.last().cloned().map(body);
            match (checked, published) {
                // What was published is what stands, save what retirement says of a duty that is still pending.
                (Some((_, check)), Some(shard)) if replayed.standing.is_some() && check != shard => {
                    differences.push(format!("as of {as_of}, check: {check:#?}\npublished: {shard:#?}"));
                }
                (Some((true, _)), None) => differences.push(format!("as of {as_of}: nothing was published")),
                _ => {}
            }
        }
        if let (Some(expected), Some(last)) = (&self.revisions, self.last_question()) {
            let published = self.replayed(last).published;
            let found: Vec<Timestamp> = published
                .iter()
                .map(|verdict| from_proto(verdict.at.as_ref()))
                .collect();
            if found != *expected {
                differences.push(format!("revisions: expected {expected:?}, found {found:?}"));
            }
        }
        differences
    }

    fn last_question(&self) -> Option<&Question> {
        self.questions.iter().max_by_key(|question| question.as_of)
    }

    fn replayed(&self, question: &Question) -> Replayed {
        let settings = settings(Some(&question.profile));
        let mut replay = Replay::new(&settings, on_file(&self.registry), 1);
        let received = self.events.iter().filter(|event| event.intake_at() <= question.as_of);
        let mut received: Vec<&Decoded> = received.collect();
        received.sort_by_key(|event| event.intake_at());
        let (mut out, mut hits) = (Replayed::default(), self.hits.iter());
        for event in received {
            replay.advance(event.intake_at(), &mut out);
            replay.event(event, &mut out);
            // A pattern speaks of a parcel that is there.
            let Some(parcel) = event.event() else { continue };
            for (number, hit) in (1..).zip(hits.by_ref()) {
                let hit = Hit {
                    brand: parcel.brand,
                    waybill: parcel.waybill,
                    id: number,
                    code: hit.code,
                    duty: hit.duty,
                    stands: true,
                    version: Position::START,
                };
                let applied = replay.control(&Control::from(hit), event.intake_at(), &mut out);
                debug_assert!(applied.is_ok(), "a hit names no behaviour");
            }
        }
        replay.finish(question.as_of, &mut out);
        replay.each_verdict(|verdict: &Verdict<'_>| out.standing = Some(format!("{verdict:#?}")));
        out
    }
}

/// What shards are made from in scenarios.
pub(super) fn settings(profile: Option<&str>) -> ParcelSettings {
    ParcelSettings {
        keys: TokenKeys::single("1", [7; 32]).expect("a version of one digit"),
        raw_values: RawValues::Forbid,
        profile: profile.map(str::to_owned),
        behaviour: Behaviour::CURRENT,
    }
}

/// A published verdict without what says when it was published.
fn body(published: message::Verdict) -> message::Verdict {
    without_pending(message::Verdict {
        revision: 0,
        version: String::new(),
        at: None,
        ..published
    })
}

/// Deadlines of pending duties may move without a new revision.
fn without_pending(mut body: message::Verdict) -> message::Verdict {
    let duties = [&mut body.real_name, &mut body.inspection, &mut body.xray];
    for duty in duties.into_iter().flatten() {
        if duty.status() == message::Status::Pending {
            duty.deadline = None;
        }
    }
    body
}
