//! Appending, and waiting until it is durable.

use std::ops::Range;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sanbai_core::shard::input::{Behaviour, Tick};
use sanbai_core::time::Timestamp;
use sanbai_engine::log::{Append as _, Busy, Message, NotDelivered, Topic};
use sanbai_engine::parcel::control_message;
use sanbai_wire::control::Control;

use super::{Failure, Place, log};
use crate::exit::Exit;

/// How long an order waits for room, and for the disk.
const PATIENCE: Duration = Duration::from_secs(60);

/// Messages that are on their way to the disk.
pub(super) struct UnderWay(Receiver<Result<(), NotDelivered>>);

/// The registry is written by one order at a time, so each knows its offsets.
pub(super) fn lock_registry() -> MutexGuard<'static, ()> {
    static REGISTRY: Mutex<()> = Mutex::new(());
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands messages over, in their order; waits for room.
pub(super) fn begin(place: &Place<'_>, messages: Vec<Message>) -> Result<UnderWay, Failure> {
    let until = Instant::now() + PATIENCE;
    let signal = place.log.signal();
    loop {
        let seen = signal.now();
        let (done, is_done) = sync_channel(1);
        let done = Box::new(move |delivery| {
            // Whoever waited may have gone.
            done.try_send(delivery).ok();
        });
        match place.log.append(messages.clone(), done) {
            Ok(()) => return Ok(UnderWay(is_done)),
            Err(Busy::Full) if Instant::now() < until => {
                signal.wait(seen, Duration::from_millis(100));
            }
            Err(Busy::Full) => return Err(not_durable()),
            Err(Busy::NoRoom) => {
                let detail = "the disk is nearly full or cannot be written; make room, `sanbai doctor` says how much";
                return Err(Failure::new(Exit::InputOutput, "no_room", detail));
            }
            Err(Busy::Closing) => return Err(log::unavailable()),
        }
    }
}

impl UnderWay {
    /// Waits until they are durable.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self.0.recv_timeout(PATIENCE) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(NotDelivered)) | Err(RecvTimeoutError::Disconnected) => Err(log::unavailable()),
            Err(RecvTimeoutError::Timeout) => Err(not_durable()),
        }
    }
}

fn not_durable() -> Failure {
    let detail = "the disk did not keep it within a minute; it may be kept later: look at `sanbai doctor` first";
    Failure::new(Exit::TemporaryFailure, "not_durable", detail)
}

/// Appends messages and waits until they are durable.
pub(super) fn durable(place: &Place<'_>, messages: Vec<Message>) -> Result<(), Failure> {
    begin(place, messages)?.finish()
}

/// Appends to the registry, and says under which offsets. Whoever calls it holds the lock of the registry.
pub(super) fn to_registry(place: &Place<'_>, messages: Vec<Message>) -> Result<Range<u64>, Failure> {
    let from = place.range(Topic::Registry, 0)?.end;
    durable(place, messages)?;
    Ok(from..place.range(Topic::Registry, 0)?.end)
}

/// Appends control records to every partition of events, behind a tick which names all of the registry: what they order is
/// done by what is known now.
pub(super) fn to_all(place: &Place<'_>, controls: &[Control]) -> Result<(), Failure> {
    let tick = tick(place, place.clock.now(), false)?;
    let partitions = 0..place.log.layout().parcels;
    let mut messages = Vec::new();
    for partition in partitions {
        messages.extend(first(place, partition)?);
        let controls = [&tick].into_iter().chain(controls);
        messages.extend(controls.map(|control| control_message(partition, control)));
    }
    durable(place, messages)
}

/// What must stand first in a partition that holds nothing yet.
pub(super) fn first(place: &Place<'_>, partition: u32) -> Result<Option<Message>, Failure> {
    let is_empty = place.range(Topic::ParcelEvents, partition)?.end == 0;
    Ok(is_empty.then(|| control_message(partition, &Control::Activate(Behaviour::CURRENT))))
}

/// A tick that names all of the registry.
pub(super) fn tick(place: &Place<'_>, time: Timestamp, reset: bool) -> Result<Control, Failure> {
    Ok(Control::Tick(Tick {
        time,
        registry_offset: place.range(Topic::Registry, 0)?.end,
        reset,
        recorded_at: time,
    }))
}
