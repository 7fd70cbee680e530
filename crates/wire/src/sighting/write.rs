//! Sections as bytes.

use sanbai_core::event::EventId;
use sanbai_core::shard::contribution::{Contribution, Share};
use sanbai_core::shard::input::{SubjectEvent, SubjectHappening};
use sanbai_core::shard::position::Position;
use sanbai_core::shard::section::{Change, Entry, Seen, Sighting, Subject};
use sanbai_core::time::{CivilDay, Timestamp};

use super::{choices, number};
use crate::fields::severity_number;
use crate::protobuf::{put_bytes, put_number, put_time, put_varint};

/// Most bytes of a section besides its entries, and of what stands around it.
const HEAD_BYTES_MAX: usize = 128;

/// Makes the records that one source partition sends to one scope shard.
///
/// A section covers the positions after where the last one ended. Push its entries in the order of their positions, and
/// finish it after a tick, and before a further position once [`size`](Self::size) has reached
/// [`SECTION_BYTES_MAX`](super::SECTION_BYTES_MAX). The next section begins where this one ends.
///
/// ```
/// use sanbai_core::shard::position::Position;
/// use sanbai_wire::sighting::{SectionWriter, decode_sections};
///
/// let tick = Position { generation: 1, offset: 7, index: 0 };
/// let mut writer = SectionWriter::new(3, Position::START);
/// let record = writer.finish(tick, None, 0);
/// let sections = decode_sections(&record)?;
/// assert_eq!((sections[0].source, sections[0].from, sections[0].to), (3, Position::START, tick));
/// assert_eq!(writer.from(), tick);
/// # Ok::<(), sanbai_wire::Reject>(())
/// ```
#[derive(Clone, Debug)]
pub struct SectionWriter {
    source: u32,
    from: Position,
    last: Position,
    entries: Vec<u8>,
}

impl SectionWriter {
    /// A writer for the source partition of this number, which has covered everything up to and with `from`.
    pub const fn new(source: u32, from: Position) -> Self {
        Self {
            source,
            from,
            last: from,
            entries: Vec::new(),
        }
    }

    /// Adds what was found at a position: that of the last entry, or a later one.
    pub fn push(&mut self, at: Position, entry: &Entry<'_>) {
        debug_assert!(
            at >= self.last && at > self.from,
            "entries come in the order of their positions"
        );
        self.last = at;
        nest(&mut self.entries, number::SECTION_ENTRIES, |out| {
            put_entry(out, at, entry)
        });
    }

    /// Where the section begins: positions up to this one were covered before.
    pub const fn from(&self) -> Position {
        self.from
    }

    /// Position of the last entry; where there is none, [`from`](Self::from). A section that is cut ends here.
    pub const fn last(&self) -> Position {
        self.last
    }

    /// Whether there is no entry.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Most bytes that the record would have if it were finished now.
    pub const fn size(&self) -> usize {
        self.entries.len().saturating_add(HEAD_BYTES_MAX)
    }

    /// Ends the section: it covers everything up to and with `to`, at which the source has this clock and knows the
    /// registry records before this offset. Gives the value of a record.
    pub fn finish(&mut self, to: Position, clock: Option<Timestamp>, registry_offset: u64) -> Vec<u8> {
        debug_assert!(to >= self.last, "a section covers all of its entries");
        let mut head = Vec::with_capacity(HEAD_BYTES_MAX);
        put_some(&mut head, number::SECTION_SOURCE, self.source.into());
        put_position(&mut head, number::SECTION_FROM, self.from);
        put_position(&mut head, number::SECTION_TO, to);
        if let Some(clock) = clock {
            put_time(&mut head, number::SECTION_CLOCK, clock);
        }
        put_some(&mut head, number::SECTION_REGISTRY_OFFSET, registry_offset);
        let mut record = Vec::with_capacity(self.size());
        put_varint(&mut record, u64::from(number::SECTIONS) << 3 | 2);
        let length = head.len().saturating_add(self.entries.len());
        put_varint(&mut record, u64::try_from(length).unwrap_or(u64::MAX));
        record.extend_from_slice(&head);
        record.append(&mut self.entries);
        (self.from, self.last) = (to, to);
        record
    }
}

fn put_entry(out: &mut Vec<u8>, at: Position, entry: &Entry<'_>) {
    put_position(out, number::ENTRY_AT, at);
    match entry {
        Entry::Change(change) => nest(out, number::ENTRY_CHANGE, |out| put_change(out, change)),
        Entry::Sighting(sighting) => nest(out, number::ENTRY_SIGHTING, |out| put_sighting(out, sighting)),
        Entry::Subject(event) => nest(out, number::ENTRY_SUBJECT, |out| put_subject_event(out, event)),
    }
}

fn put_change(out: &mut Vec<u8>, change: &Change<'_>) {
    if let Some(old) = &change.old {
        nest(out, number::CHANGE_OLD, |out| put_contribution(out, old));
    }
    if let Some(new) = &change.new {
        nest(out, number::CHANGE_NEW, |out| put_contribution(out, new));
    }
}

fn put_contribution(out: &mut Vec<u8>, contribution: &Contribution<'_>) {
    put_text(out, number::CONTRIBUTION_BRAND, contribution.brand);
    put_text(out, number::CONTRIBUTION_SITE, contribution.site);
    put_text(out, number::CONTRIBUTION_OPERATOR, contribution.operator);
    put_day(out, number::CONTRIBUTION_DAY, contribution.day);
    put_some(out, number::CONTRIBUTION_HOUR, contribution.hour.into());
    put_some(out, number::CONTRIBUTION_COUNTED, contribution.counted.into());
    put_some(out, number::CONTRIBUTION_LETTER, contribution.letter.into());
    let [real_name, inspection, xray] = &contribution.duties;
    nest(out, number::CONTRIBUTION_REAL_NAME, |out| put_share(out, real_name));
    nest(out, number::CONTRIBUTION_INSPECTION, |out| put_share(out, inspection));
    nest(out, number::CONTRIBUTION_XRAY, |out| put_share(out, xray));
    for (code, severity) in &contribution.findings {
        nest(out, number::CONTRIBUTION_FINDINGS, |out| {
            put_text(out, number::FINDING_CODE, code.as_str());
            put_choice(out, number::FINDING_SEVERITY, severity_number(*severity));
        });
    }
}

fn put_share(out: &mut Vec<u8>, share: &Share) {
    let (outcome, ground) = choices::outcome(share.outcome);
    put_choice(out, number::SHARE_OUTCOME, outcome.into());
    put_choice(out, number::SHARE_GROUND, ground.into());
    put_some(out, number::SHARE_PERFORMED_LATE, share.performed_late.into());
    put_some(out, number::SHARE_REPORTED_LATE, share.reported_late.into());
    put_some(out, number::SHARE_MARKED, u64::from(!share.credible));
    put_choice(out, number::SHARE_DELAY, choices::delay(share.delay).into());
}

fn put_sighting(out: &mut Vec<u8>, sighting: &Sighting<'_>) {
    match sighting.subject {
        // One of several has its number even where it is 0.
        Subject::Identity(digest) => put_number(out, number::SIGHTING_IDENTITY, digest),
    }
    put_text(out, number::SIGHTING_BRAND, sighting.brand);
    put_text(out, number::SIGHTING_WAYBILL, sighting.waybill);
    if let Some(seen) = &sighting.seen {
        nest(out, number::SIGHTING_SEEN, |out| put_seen(out, seen));
    }
}

fn put_seen(out: &mut Vec<u8>, seen: &Seen<'_>) {
    put_text(out, number::SEEN_SITE, seen.site);
    put_text(out, number::SEEN_OPERATOR, seen.operator);
    put_day(out, number::SEEN_DAY, seen.day);
    put_event_id(out, number::SEEN_EVENT, seen.event);
    put_time(out, number::SEEN_OCCURRED_AT, seen.occurred_at);
}

fn put_subject_event(out: &mut Vec<u8>, event: &SubjectEvent<'_>) {
    put_event_id(out, number::SUBJECT_ID, event.id);
    put_text(out, number::SUBJECT_BRAND, event.brand);
    put_text(out, number::SUBJECT_SUBJECT, event.subject);
    put_text(out, number::SUBJECT_SITE, event.site);
    put_time(out, number::SUBJECT_OCCURRED_AT, event.occurred_at);
    put_time(out, number::SUBJECT_INTAKE_AT, event.intake_at);
    match event.happening {
        SubjectHappening::Device(power) => nest(out, number::SUBJECT_DEVICE_STATE, |out| {
            put_choice(out, number::DEVICE_POWER, choices::power(power).into());
        }),
        SubjectHappening::Shift { is_in, device } => nest(out, number::SUBJECT_SCREENER_SHIFT, |out| {
            put_some(out, number::SHIFT_IN, is_in.into());
            put_text(out, number::SHIFT_DEVICE, device);
        }),
        SubjectHappening::DeclaredVolume { day, accepted } => nest(out, number::SUBJECT_DECLARED_VOLUME, |out| {
            put_day(out, number::VOLUME_DAY, day);
            put_some(out, number::VOLUME_ACCEPTED, accepted.into());
        }),
    }
}

fn put_position(out: &mut Vec<u8>, number: u32, position: Position) {
    nest(out, number, |out| {
        put_some(out, number::POSITION_GENERATION, position.generation.into());
        put_some(out, number::POSITION_OFFSET, position.offset);
        put_some(out, number::POSITION_INDEX, position.index.into());
    });
}

fn put_event_id(out: &mut Vec<u8>, number: u32, id: EventId) {
    nest(out, number, |out| {
        put_bytes(out, number::EVENT_ID_BITS, &id.bits().to_be_bytes());
        put_some(out, number::EVENT_ID_ULID, id.is_ulid().into());
    });
}

/// A day with its sign in the lowest bit.
fn put_day(out: &mut Vec<u8>, number: u32, day: CivilDay) {
    let days = day.as_days();
    put_some(
        out,
        number,
        (days.wrapping_shl(1) ^ (days >> 31)).cast_unsigned().into(),
    );
}

/// A number; left out where it is 0.
fn put_some(out: &mut Vec<u8>, number: u32, value: u64) {
    if value != 0 {
        put_number(out, number, value);
    }
}

/// A value of an enum; left out where it is the one that says nothing.
fn put_choice(out: &mut Vec<u8>, number: u32, choice: i32) {
    put_some(out, number, choice.unsigned_abs().into());
}

/// A text; left out where it is empty.
fn put_text(out: &mut Vec<u8>, number: u32, text: &str) {
    if !text.is_empty() {
        put_bytes(out, number, text.as_bytes());
    }
}

/// A message whose bytes `write` appends, with its length in front.
fn nest(out: &mut Vec<u8>, number: u32, write: impl FnOnce(&mut Vec<u8>)) {
    put_varint(out, u64::from(number) << 3 | 2);
    let place = out.len();
    // Nearly all are shorter than 128 bytes: one byte for their length.
    out.push(0);
    write(out);
    let length = out.len().saturating_sub(place).saturating_sub(1);
    if let (Ok(short @ 0..=0x7f), Some(slot)) = (u8::try_from(length), out.get_mut(place)) {
        *slot = short;
        return;
    }
    let end = out.len();
    put_varint(out, u64::try_from(length).unwrap_or(u64::MAX));
    let longer = out.len().saturating_sub(end);
    // The length goes from the end to the front, where it takes the place of the one byte.
    if let Some(nested) = out.get_mut(place..) {
        nested.rotate_right(longer);
        out.remove(place.saturating_add(longer));
    }
}
