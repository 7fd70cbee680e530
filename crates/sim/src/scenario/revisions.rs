//! When a verdict would be published: first as soon as it may be, then exactly when its body changes.

use std::collections::BTreeSet;

use sanbai_core::duty::Status;
use sanbai_core::time::{Span, Timestamp};
use sanbai_wire::proto::registry::registry_record::Value;

use super::clock::from_proto;
use super::{Question, Scenario};

impl Scenario {
    /// The times at which a verdict would be published, up to the last question and under its profile.
    ///
    /// Found by judging at every instant at which something can change: whatever comes in, and every span of the rules
    /// after whatever happened or came in.
    pub(super) fn published_at(&self) -> Vec<Timestamp> {
        let Some(last) = self.questions.iter().max_by_key(|question| question.as_of) else {
            return Vec::new();
        };
        let mut published = Vec::new();
        let mut body = None;
        for as_of in self.instants().into_iter().filter(|at| *at <= last.as_of) {
            let question = Question { as_of, ..last.clone() };
            let judged = self.judged(&self.events, &question, |verdict, _| {
                let mut body = verdict.clone();
                body.next_change = None;
                for duty in body.duties.iter_mut().filter(|duty| duty.status == Status::Pending) {
                    duty.deadline = None;
                }
                (verdict.is_publishable(), format!("{body:?}"))
            });
            let Some((is_publishable, text)) = judged else { continue };
            let is_news = if body.is_none() {
                is_publishable
            } else {
                body.as_ref() != Some(&text)
            };
            if is_news {
                published.push(as_of);
                body = Some(text);
            }
        }
        published
    }

    fn instants(&self) -> BTreeSet<Timestamp> {
        let happened = self
            .messages
            .iter()
            .flat_map(|event| [&event.occurred_at, &event.intake_at]);
        let outages = self.registry.iter().filter_map(|record| match &record.value {
            Some(Value::Outage(outage)) => Some(&outage.to),
            _ => None,
        });
        let spans = [
            Span::ZERO,
            Span::seconds(60),
            Span::minutes(30),
            Span::hours(24),
            Span::hours(72),
        ];
        let graces = [Span::ZERO, Span::minutes(10), Span::hours(2)];
        let starts: BTreeSet<Timestamp> = happened.chain(outages).map(|at| from_proto(at.as_ref())).collect();
        starts
            .iter()
            .flat_map(|at| spans.map(|span| at.plus(span)))
            .flat_map(|at| graces.map(|grace| at.plus(grace)))
            .collect()
    }
}
