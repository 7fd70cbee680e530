//! What the intake has done, in numbers.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use sanbai_wire::Code;

use crate::refusal::Why;

/// What the intake has done since it began, and does now. Read at any time, by whoever exports it.
#[derive(Debug, Default)]
pub struct IntakeCounts {
    /// By the first digit of the status.
    answers: [AtomicU64; 6],
    accepted: AtomicU64,
    refused: ByCode,
    turned_away: [AtomicU64; Why::OWN.len()],
    turned_away_bodies: ByCode,
    unknown_fields: AtomicU64,
    body_bytes: AtomicU64,
    connections_closed: AtomicU64,
    pub(crate) bytes: AtomicUsize,
    pub(crate) requests: AtomicUsize,
    pub(crate) connections: AtomicUsize,
}

/// A number for each code of the decoder.
#[derive(Debug)]
struct ByCode([AtomicU64; Code::ALL.len()]);

impl Default for ByCode {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; Code::ALL.len()])
    }
}

impl ByCode {
    fn add(&self, code: Code) {
        if let Some(place) = Code::ALL.iter().position(|other| *other == code) {
            self.0[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn all(&self) -> impl Iterator<Item = (Code, u64)> {
        Code::ALL.into_iter().zip(self.0.iter().map(read))
    }
}

/// What is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauge {
    /// Bytes of bodies that are not answered yet.
    Bytes,
    /// Requests that are not answered yet.
    Requests,
    /// Open connections.
    Connections,
}

impl IntakeCounts {
    /// Answers whose status begins with a digit, 2 to 5.
    pub fn answers(&self, class: u8) -> u64 {
        self.answers.get(usize::from(class)).map_or(0, read)
    }

    /// Events that are accepted, and durable.
    pub fn accepted(&self) -> u64 {
        read(&self.accepted)
    }

    /// Events that were refused, by the reason. Those of requests that were turned away as a whole are not among them.
    pub fn refused(&self) -> impl Iterator<Item = (Code, u64)> {
        self.refused.all()
    }

    /// Requests that were turned away as a whole, by the reason.
    pub fn turned_away(&self) -> impl Iterator<Item = (Why, u64)> {
        let own = Why::OWN.into_iter().zip(self.turned_away.iter().map(read));
        let bodies = self.turned_away_bodies.all();
        own.chain(bodies.map(|(code, count)| (Why::Body(code), count)))
    }

    /// Fields of accepted events that this version does not know.
    pub fn unknown_fields(&self) -> u64 {
        read(&self.unknown_fields)
    }

    /// Bytes of bodies, as they came.
    pub fn body_bytes(&self) -> u64 {
        read(&self.body_bytes)
    }

    /// Connections that were closed at once, for one address had too many.
    pub fn connections_closed(&self) -> u64 {
        read(&self.connections_closed)
    }

    /// How much is under way.
    pub fn now(&self, gauge: Gauge) -> usize {
        let count = match gauge {
            Gauge::Bytes => &self.bytes,
            Gauge::Requests => &self.requests,
            Gauge::Connections => &self.connections,
        };
        count.load(Ordering::Relaxed)
    }

    pub(crate) fn answer(&self, status: u16) {
        if let Some(count) = self.answers.get(usize::from(status / 100)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn accept(&self, events: usize) {
        self.accepted.fetch_add(events as u64, Ordering::Relaxed);
    }

    pub(crate) fn refuse(&self, code: Code) {
        self.refused.add(code);
    }

    pub(crate) fn pass_over(&self, unknown_fields: u32) {
        self.unknown_fields.fetch_add(unknown_fields.into(), Ordering::Relaxed);
    }

    pub(crate) fn turn_away(&self, why: Why) {
        if let Why::Body(code) = why {
            self.turned_away_bodies.add(code);
        } else if let Some(place) = Why::OWN.iter().position(|own| *own == why) {
            self.turned_away[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn body(&self, bytes: usize) {
        self.body_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn close_connection(&self) {
        self.connections_closed.fetch_add(1, Ordering::Relaxed);
    }
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}
