//! One pile: records in chunks that never move.
//!
//! ```text
//! record = length · key · origin · event
//! origin = 0 for a record that was settled before
//!        | 1 + 2 × difference to the number before + 1 where file or index are others than before · file · index
//! ```

use super::bytes::{put_number, take_number};
use super::{CHUNK, Origin, key};

/// What stands for the origin of a record that was counted when its pile was settled.
const KEPT: u64 = 0;

/// Records of many parcels, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Pile {
    chunks: Vec<Vec<u8>>,
    bytes: usize,
    /// How many of them were left when it was settled last.
    kept_bytes: usize,
    /// Where the last event stood when it was settled last: what came since is told from there on.
    first: Origin,
    /// Where the last event stood.
    last: Origin,
}

/// The records of a pile, those of a parcel in a row.
#[derive(Debug)]
pub(super) struct Runs {
    records: Vec<u32>,
    /// Where the records of each parcel end.
    ends: Vec<usize>,
}

impl Runs {
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.ends
            .iter()
            .map(move |end| &self.records[std::mem::replace(&mut start, *end)..*end])
    }
}

impl Pile {
    /// In place of one that is settled: what is in it stays.
    pub(super) fn settled(mut self, before: &Self) -> Self {
        self.kept_bytes = self.bytes;
        (self.first, self.last) = (before.last, before.last);
        self
    }

    /// Whether it is time to look for copies: it has so many bytes, and twice as many as were left the last time.
    pub(super) fn is_due(&self, bytes: usize) -> bool {
        self.bytes >= bytes.max(2 * self.kept_bytes)
    }

    /// Adds what comes behind the length of a record.
    pub(super) fn push(&mut self, record: &[u8]) {
        let length = record.len() + 1 + usize::from(record.len() > 0x7f);
        assert!(
            length <= CHUNK,
            "a waybill number and four tokens are far shorter than a chunk"
        );
        let fits = self.chunks.last().is_some_and(|chunk| chunk.len() + length <= CHUNK);
        if !fits {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let chunk = self.chunks.last_mut().expect("there is one by now");
        put_number(chunk, record.len() as u64);
        chunk.extend_from_slice(record);
        self.bytes += length;
    }

    /// Appends an origin.
    pub(super) fn put_origin(&mut self, origin: Origin, out: &mut Vec<u8>) {
        let difference = origin.number.wrapping_sub(self.last.number).cast_signed();
        let zigzag = (difference << 1 ^ difference >> 63).cast_unsigned();
        let is_odd = (origin.file, origin.index) != (self.last.file, self.last.index);
        put_number(out, 1 + (zigzag << 1 | u64::from(is_odd)));
        if is_odd {
            put_number(out, origin.file as u64);
            put_number(out, origin.index as u64);
        }
        self.last = origin;
    }

    /// Appends the origin of a record that is settled.
    pub(super) fn put_kept(out: &mut Vec<u8>) {
        put_number(out, KEPT);
    }

    /// The key of the record at a place.
    pub(super) fn key(&self, at: u32) -> &[u8] {
        key::of(self.record(at))
    }

    /// The event in the record at a place, and whether it was settled before.
    pub(super) fn event(&self, at: u32) -> (&[u8], bool) {
        let record = self.record(at);
        let mut event = &record[key::of(record).len()..];
        let is_kept = take_origin(&mut event, &mut Origin::default());
        (event, is_kept)
    }

    /// Appends where the events of the records at some places stood; the places ascend.
    #[cold]
    pub(super) fn origins(&self, places: &[u32], out: &mut Vec<Origin>) {
        let mut places = places.iter().peekable();
        let mut origin = self.first;
        for (at, record) in self.records() {
            take_origin(&mut &record[key::of(record).len()..], &mut origin);
            if places.next_if_eq(&&at).is_some() {
                out.push(origin);
            }
        }
    }

    /// All records by their keys, those of one key in the order in which they came.
    pub(super) fn runs(&self) -> Runs {
        self.runs_by(key::hash)
    }

    fn runs_by(&self, hash: impl Fn(&[u8]) -> u64) -> Runs {
        let keys = self.records().map(|(at, record)| (hash(key::of(record)), at));
        let mut sorted: Vec<(u64, u32)> = keys.collect();
        sorted.sort_unstable();
        let mut ends = Vec::new();
        let mut end = 0;
        for run in sorted.chunk_by_mut(|(one, _), (other, _)| one == other) {
            let first = self.key(run[0].1);
            if run.iter().any(|(_, at)| self.key(*at) != first) {
                run.sort_by(|(_, one), (_, other)| self.key(*one).cmp(self.key(*other)));
            }
            for parcel in run.chunk_by(|(_, one), (_, other)| self.key(*one) == self.key(*other)) {
                end += parcel.len();
                ends.push(end);
            }
        }
        let records = sorted.into_iter().map(|(_, at)| at).collect();
        Runs { records, ends }
    }

    /// All records and where they stand.
    fn records(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.chunks.iter().enumerate().flat_map(|(index, chunk)| {
            let mut rest = chunk.as_slice();
            std::iter::from_fn(move || {
                let at = index * CHUNK + chunk.len() - rest.len();
                let length = if rest.is_empty() {
                    return None;
                } else {
                    take_number(&mut rest)
                };
                let record = rest.split_off(..length as usize)?;
                Some((u32::try_from(at).expect("a pile is far below 4 GiB"), record))
            })
        })
    }

    /// What stands behind the length of the record at a place.
    fn record(&self, at: u32) -> &[u8] {
        let at = at as usize;
        let mut rest = &self.chunks[at / CHUNK][at % CHUNK..];
        let length = take_number(&mut rest) as usize;
        &rest[..length]
    }
}

/// Reads an origin behind the last one, and goes on behind it; `true` where the record was settled before.
fn take_origin(bytes: &mut &[u8], last: &mut Origin) -> bool {
    let coded = take_number(bytes);
    if coded == KEPT {
        return true;
    }
    let (zigzag, is_odd) = ((coded - 1) >> 1, (coded - 1) & 1 == 1);
    let difference = (zigzag >> 1).cast_signed() ^ (zigzag & 1).cast_signed().wrapping_neg();
    last.number = last.number.wrapping_add_signed(difference);
    if is_odd {
        last.file = take_number(bytes) as usize;
        last.index = take_number(bytes) as usize;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_one_parcel_stand_in_a_row_even_where_all_hashes_are_one() {
        let mut pile = Pile::default();
        for number in 0..2_000_u64 {
            let mut record = Vec::new();
            key::put(number % 3, &(number % 7).to_string(), &mut record);
            let origin = Origin {
                number,
                ..Origin::default()
            };
            pile.put_origin(origin, &mut record);
            pile.push(&record);
        }
        let sorted = |runs: Runs| {
            let mut runs: Vec<Vec<u32>> = runs.iter().map(<[u32]>::to_vec).collect();
            runs.sort();
            runs
        };
        let runs = sorted(pile.runs());
        assert_eq!(runs.len(), 21);
        assert!(runs.iter().all(|run| run.is_sorted()));
        assert_eq!(runs, sorted(pile.runs_by(|_| 7)));
    }
}
