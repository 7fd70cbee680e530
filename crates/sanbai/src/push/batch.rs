//! From what stands in files to batches, each event with its place.

use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use sanbai_wire::control::Read;
use sanbai_wire::limits::EVENT_BYTES_MAX;
use sanbai_wire::{Code, Encoding, Reject, parts};

use crate::push::report::Report;
use crate::reading::Take;
use crate::rejects::Place;

/// Most bytes of a batch; with one event more it is still below the 1 MiB that a daemon takes.
const BYTES_MAX: usize = (1 << 20) - (EVENT_BYTES_MAX + 16);

/// Events that are sent together, in the order of their file.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) body: Vec<u8>,
    /// JSON, an event on each line; or protobuf, each event after its length.
    pub(crate) encoding: Encoding,
    /// Where each event stands.
    pub(crate) places: Vec<(Arc<PathBuf>, Place)>,
}

impl Batch {
    fn new(encoding: Encoding) -> Self {
        Self {
            body: Vec::new(),
            encoding,
            places: Vec::new(),
        }
    }

    /// Where it begins. There is none without an event.
    pub(crate) fn first(&self) -> (&Path, Place) {
        let (path, place) = &self.places[0];
        (path, *place)
    }

    fn push(&mut self, event: &[u8], path: &Arc<PathBuf>, place: Place) {
        match self.encoding {
            Encoding::Protobuf => put_length(&mut self.body, event.len()),
            Encoding::Json | Encoding::CloudEvent => {}
        }
        self.body.extend_from_slice(event);
        if self.encoding != Encoding::Protobuf {
            self.body.push(b'\n');
        }
        self.places.push((Arc::clone(path), place));
    }
}

/// A length as a varint.
fn put_length(out: &mut Vec<u8>, mut length: usize) {
    while length > 0x7f {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// Fills batches with what is read, and gives the full ones to whoever sends them.
pub(crate) struct Batches<'a> {
    events_max: usize,
    sender: SyncSender<Batch>,
    report: &'a Mutex<Report>,
    path: Arc<PathBuf>,
    next: Batch,
}

impl<'a> Batches<'a> {
    pub(crate) fn new(events_max: usize, sender: SyncSender<Batch>, report: &'a Mutex<Report>) -> Self {
        Self {
            events_max,
            sender,
            report,
            path: Arc::default(),
            next: Batch::new(Encoding::Json),
        }
    }

    /// Gives away what there is.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        if self.next.places.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.next, Batch::new(Encoding::Json));
        self.sender.send(full).map_err(|_| anyhow!("nobody sends any more"))
    }

    fn event(&mut self, event: &[u8], encoding: Encoding, place: Place) -> anyhow::Result<()> {
        if self.next.encoding != encoding {
            self.flush()?;
            self.next.encoding = encoding;
        }
        self.next.push(event, &self.path, place);
        if self.next.places.len() >= self.events_max || self.next.body.len() > BYTES_MAX {
            self.flush()?;
        }
        Ok(())
    }

    fn refuse(&self, place: Place, reject: &Reject) -> anyhow::Result<()> {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report.refuse(&self.path, place, reject.code.as_str(), &reject.pointer, &reject.detail)
    }
}

impl Take for Batches<'_> {
    fn file(&mut self, path: &Path, _unit: &'static str) {
        self.path = Arc::new(path.to_owned());
    }

    fn record(&mut self, _path: &Path, place: Place, bytes: &[u8], encoding: Encoding) -> anyhow::Result<()> {
        let events = match parts(bytes, encoding) {
            Ok(events) => events,
            Err(reject) => return self.refuse(place, &reject),
        };
        let is_single = matches!(events.as_slice(), [one] if one.len() == bytes.len());
        for (index, event) in events.into_iter().enumerate() {
            let place = Place {
                index: (!is_single).then_some(index),
                ..place
            };
            // The daemon would say the same, and a batch in a batch would be taken for several events.
            let is_event =
                is_single || matches!(parts(event, encoding).as_deref(), Ok([one]) if one.len() == event.len());
            if event.len() > EVENT_BYTES_MAX {
                let detail = format!(
                    "the event has {} bytes, over the limit of {EVENT_BYTES_MAX}",
                    event.len()
                );
                self.refuse(place, &Reject::new(Code::EventTooLarge, detail))?;
            } else if is_event {
                self.event(event, encoding, place)?;
            } else {
                let detail = "an event is needed here; a batch is in another";
                self.refuse(place, &Reject::new(Code::TypeMismatch, detail))?;
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, _path: &Path, place: Place, reject: Reject) -> anyhow::Result<()> {
        self.refuse(place, &reject)
    }

    fn control(&mut self, _path: &Path, _place: Place, _read: Read) -> anyhow::Result<()> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).control();
        Ok(())
    }
}
