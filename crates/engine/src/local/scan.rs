//! Looking through the bytes of a segment: which records can be read, which cannot, and where it ends.
//!
//! ```text
//! frame frame ▒▒▒▒▒ frame      a later frame was written when the bytes before it were safe: they are damaged
//! frame frame ▒▒▒▒▒ (nothing)  nobody was told that they are safe: they are cut off
//! ```

use super::frame::{FRAME_MIN, HEAD, Head};
use sanbai_core::time::Timestamp;

/// Bytes of a segment between two places that its index names.
pub(super) const INDEX_EVERY: u64 = 64 << 10;

/// What a look through a segment has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Offsets and where their frames begin: the first, the first behind each damage, and one every now and then.
    pub(super) index: Vec<(u64, u64)>,
    /// Offsets that cannot be read, from and without.
    pub(super) damaged: Vec<(u64, u64)>,
    /// The offset that comes next.
    pub(super) next: u64,
    /// Where the next record belongs: behind the last one that counts, and behind damage that a mark proves.
    pub(super) end: u64,
    /// A mark stands there.
    pub(super) is_marked: bool,
    /// When the first record was taken.
    pub(super) first: Option<Timestamp>,
    /// When the last record was taken.
    pub(super) last: Option<Timestamp>,
}

/// Bytes that hold no frame.
#[derive(Debug)]
struct Hole {
    at: u64,
    /// What was found before it.
    before: Scan,
}

/// Looks through the last segment of a partition. Everything from `end` on is to be cut off.
pub(super) fn last(bytes: &[u8], base: u64, salt: u32) -> Scan {
    let mut look = Look::new(bytes, base, u64::MAX, salt);
    look.run();
    let torn = look.holes.into_iter().find(|hole| hole.at >= look.proven);
    torn.map_or(look.found, |hole| hole.before)
}

/// Looks through bytes that all were durable, and hold the records before `until`.
pub(super) fn durable(bytes: &[u8], base: u64, until: u64, salt: u32) -> Scan {
    let mut look = Look::new(bytes, base, until, salt);
    look.run();
    let mut found = look.found;
    if found.next < until {
        found.damaged.push((found.next, until));
        found.next = until;
    }
    found
}

struct Look<'b> {
    bytes: &'b [u8],
    /// Records from here on do not count: they are in the next segment.
    until: u64,
    salt: u32,
    found: Scan,
    /// Everything before this place was durable once.
    proven: u64,
    holes: Vec<Hole>,
}

impl<'b> Look<'b> {
    fn new(bytes: &'b [u8], base: u64, until: u64, salt: u32) -> Self {
        Self {
            bytes,
            until,
            salt,
            found: Scan {
                next: base,
                ..Scan::default()
            },
            proven: 0,
            holes: Vec::new(),
        }
    }

    fn run(&mut self) {
        let mut at = 0;
        while at < self.bytes.len() && self.found.next <= self.until {
            if let Some(head) = self.frame(at, self.found.next) {
                let is_over = head.is_record() && head.offset >= self.until;
                if is_over {
                    return;
                }
                self.take(&head, at, false);
                at += head.total();
                continue;
            }
            self.holes.push(Hole {
                at: at as u64,
                before: self.found.clone(),
            });
            let Some((after, head)) = self.search(at) else {
                return;
            };
            if head.offset >= self.until {
                return;
            }
            if head.offset > self.found.next {
                self.found.damaged.push((self.found.next, head.offset));
                self.found.next = head.offset;
            }
            self.take(&head, after, true);
            at = after + head.total();
        }
    }

    fn take(&mut self, head: &Head, at: usize, is_behind_hole: bool) {
        self.proven = self.proven.max(head.durable);
        let place = at as u64;
        if head.is_record() {
            let is_due = self.found.index.last().is_none_or(|(_, at)| place >= at + INDEX_EVERY);
            if is_due || is_behind_hole {
                self.found.index.push((head.offset, place));
            }
            self.found.next = head.offset + 1;
            self.found.first = self.found.first.or(Some(head.timestamp));
            self.found.last = Some(head.timestamp);
            self.found.end = place + head.total() as u64;
        } else {
            self.found.end = place;
        }
        self.found.is_marked = !head.is_record();
    }

    /// The frame at a place, if it is whole and could be there.
    fn frame(&self, at: usize, most: u64) -> Option<Head> {
        let bytes = self.bytes.get(at..)?;
        let head = Head::read(bytes, self.salt)?;
        let could_be = (self.found.next..=most).contains(&head.offset) && head.durable <= at as u64;
        (could_be && head.is_whole(bytes, self.salt)).then_some(head)
    }

    /// The first frame behind a place that holds none.
    fn search(&self, hole: usize) -> Option<(usize, Head)> {
        // A head that can be read tells how far it reaches.
        let head = Head::read(self.bytes.get(hole..)?, self.salt);
        let beyond = head
            .map(|head| hole + head.total())
            .filter(|end| *end < self.bytes.len());
        let start = beyond.unwrap_or(hole + 1);
        (start..(self.bytes.len() + 1).saturating_sub(HEAD)).find_map(|at| {
            let lost = ((at - hole) / FRAME_MIN + 1) as u64;
            let head = self.frame(at, self.found.next.saturating_add(lost))?;
            Some((at, head))
        })
    }
}
