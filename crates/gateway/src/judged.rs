//! What became of the events of a request, and the records that they become.

use std::collections::BTreeMap;

use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::log::{Message, Topic};
use sanbai_wire::limits::{BATCH_EVENTS_MAX, EVENT_BYTES_MAX, RECORD_BYTES_MAX};
use sanbai_wire::{Code, Decoded, Decoder, Reject, TokenKeys, encode_batch};

use crate::form::Events;
use crate::intake::Known;

/// Most bytes that a batch needs beside those of an event: its tag and its length.
const FRAME_BYTES_MAX: usize = 4;
/// How a record says what it is made of.
const CONTENT_TYPE: (&str, &[u8]) = ("content-type", b"application/protobuf");

/// What became of the events of a request, in their order.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) events: Vec<Result<Decoded, Reject>>,
    /// The request is one event, and no batch of one.
    pub(crate) is_single: bool,
}

impl Judged {
    /// Judges the events of a request: each stands alone.
    pub(crate) fn of(events: &Events<'_>, source: &str, now: Timestamp, keys: &TokenKeys, known: &Known) -> Self {
        let limits = known.rules.newest_as_known(known.up_to).limits;
        let decoder = Decoder::new(keys.clone(), |name: &str| known.rules.brand_as_known(name, known.up_to))
            .max_age(Span::days(limits.event_age_days_max.into()))
            .max_ahead(Span::hours(limits.event_future_hours_max.into()))
            .stamp(source, now);
        let judge = |part: &Result<&[u8], Reject>| -> Result<Decoded, Reject> {
            let decoded = decoder.decode(part.clone()?, events.encoding)?;
            // Tokens may be longer than what they stand for.
            if decoded.as_bytes().len() > EVENT_BYTES_MAX {
                let detail =
                    format!("the event has more than {EVENT_BYTES_MAX} bytes once it is put into canonical form");
                return Err(Reject::new(Code::EventTooLarge, detail));
            }
            Ok(decoded)
        };
        Self {
            events: events.parts.iter().map(judge).collect(),
            is_single: events.is_single,
        }
    }

    /// How many were refused.
    pub(crate) fn refused(&self) -> usize {
        self.events.iter().filter(|event| event.is_err()).count()
    }

    /// What was accepted, as records: of each partition one, or as many as it takes. The order is kept.
    pub(crate) fn messages(&self, partitions: u32) -> Vec<Message> {
        let mut piles: BTreeMap<u32, Vec<&Decoded>> = BTreeMap::new();
        for event in self.events.iter().flatten() {
            piles
                .entry(event.partition(partitions).unwrap_or(0))
                .or_default()
                .push(event);
        }
        let mut messages = Vec::new();
        for (partition, pile) in piles {
            let mut rest = pile.as_slice();
            while let Some(count) = fitting(rest) {
                let (record, behind) = rest.split_at(count);
                messages.push(message(partition, record));
                rest = behind;
            }
        }
        messages
    }
}

/// How many of these events go into one record; `None` where there are none.
fn fitting(events: &[&Decoded]) -> Option<usize> {
    let mut size = 0;
    let fits = events.iter().take(BATCH_EVENTS_MAX).take_while(|event| {
        size += event.as_bytes().len() + FRAME_BYTES_MAX;
        size <= RECORD_BYTES_MAX
    });
    // One event always fits.
    (!events.is_empty()).then(|| fits.count().max(1))
}

/// One event stands under its key, several are a batch.
fn message(partition: u32, events: &[&Decoded]) -> Message {
    let (key, value) = match events {
        [event] => (Some(event.key().into_bytes()), event.as_bytes().to_vec()),
        _ => (None, encode_batch(events.iter().map(|event| event.as_bytes()))),
    };
    Message {
        topic: Topic::ParcelEvents,
        partition,
        key,
        headers: vec![(CONTENT_TYPE.0.to_owned(), CONTENT_TYPE.1.to_vec())],
        value,
    }
}
