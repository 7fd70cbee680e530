//! What a shard keeps of an open parcel beside its events.
//!
//! ```text
//! flags u8 · due 5 · [calm 3] · [revision · digest 8] · [urgent alerts u8 · [day]] · [contribution] · [sighting 12] · [hits]
//! ```
//! Calm is written in memory only. With a contribution it takes no bytes of its own: the shares of the duties leave bits.
//! Where it outlives the memory of a process, due is a number as long as it must be.

use super::calm::Calm;
use super::urgent::Urgent;
use crate::bytes::{Reader, Writer};
use crate::duty::Ground;
use crate::finding::Code;
use crate::parcel::packed::{Texts, TextsOf};
use crate::rules::{Duty, Severity};
use crate::shard::contribution::{Contribution, Delay, Outcome, Share};
use crate::shard::position::Position;
use crate::time::{CivilDay, Timestamp};

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept<'a> {
    /// When the parcel must be looked at next.
    pub(super) due: Timestamp,
    /// Number and body digest of the last published revision.
    pub(super) published: Option<(u32, u64)>,
    /// Its waybill was used before by another sender.
    pub(super) reused: bool,
    /// Urgent alerts that stand.
    pub(super) urgent: Urgent,
    /// What it adds to the counts.
    pub(super) contribution: Option<Contribution<'a>>,
    /// Whose identity was sighted with it, and a digest of what was seen.
    pub(super) sighting: Option<(u64, u32)>,
    /// What patterns say of it, in the order of their ids.
    pub(super) hits: Vec<KeptHit>,
    /// What it awaits.
    pub(super) calm: Calm,
}

/// The last that a pattern said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeptHit {
    pub(super) id: u64,
    pub(super) version: Position,
    pub(super) code: Code,
    pub(super) duty: Duty,
    pub(super) stands: bool,
}

impl Default for Kept<'_> {
    fn default() -> Self {
        Self {
            due: Timestamp::MAX,
            published: None,
            reused: false,
            urgent: Urgent::default(),
            contribution: None,
            sighting: None,
            hits: Vec::new(),
            calm: Calm::default(),
        }
    }
}

/// Days are differences to this one (2024-10-04), which take two bytes for twenty-two years around it.
pub(super) const DAYS_NEAR: i64 = 20_000;

/// In memory moments are milliseconds since this one (2020-01-01), which take five bytes for thirty-four years.
const DUE_NEAR: i64 = 1_577_836_800_000;

const REUSED: u8 = 1;
const PUBLISHED: u8 = 2;
const URGENT: u8 = 4;
const CONTRIBUTES: u8 = 8;
const SIGHTED: u8 = 16;
const HIT: u8 = 32;
const NANOS: u8 = 64;
const CALM: u8 = 128;

impl Kept<'_> {
    /// Writes it. Codes are numbers in memory, and texts where they outlive it.
    pub(super) fn write(&self, out: &mut Writer, texts: &mut Texts<'_>) {
        let flag = |bit: u8, set: bool| if set { bit } else { 0 };
        let due = self.due.as_nanos();
        let (near, calm) = match texts {
            Texts::Inline => (None, 0),
            Texts::Held(_) | Texts::Known(_) => (near(self.due), self.calm.bits()),
        };
        let in_nanos = match texts {
            Texts::Inline => due % 1_000_000 != 0,
            Texts::Held(_) | Texts::Known(_) => near.is_none(),
        };
        let is_calm_apart = calm != 0 && self.contribution.is_none();
        out.byte(
            flag(REUSED, self.reused)
                | flag(PUBLISHED, self.published.is_some())
                | flag(URGENT, self.urgent != Urgent::default())
                | flag(CONTRIBUTES, self.contribution.is_some())
                | flag(SIGHTED, self.sighting.is_some())
                | flag(HIT, !self.hits.is_empty())
                | flag(NANOS, in_nanos)
                | flag(CALM, is_calm_apart),
        );
        match near {
            Some(near) => out.fixed(&near),
            None => out.signed(if in_nanos { due } else { due / 1_000_000 }),
        }
        if is_calm_apart {
            let [calm @ .., _] = calm.to_le_bytes();
            out.fixed(&calm);
        }
        if let Some((revision, digest)) = self.published {
            out.number(revision.into());
            out.fixed(&digest.to_le_bytes());
        }
        self.urgent.write(out);
        if let Some(contribution) = &self.contribution {
            write_contribution(contribution, calm, out, texts);
        }
        if let Some((identity, details)) = self.sighting {
            out.fixed(&identity.to_le_bytes());
            out.fixed(&details.to_le_bytes());
        }
        if !self.hits.is_empty() {
            out.number(u64::try_from(self.hits.len()).unwrap_or(0));
            for hit in &self.hits {
                write_hit(hit, out, texts);
            }
        }
    }
}

impl<'a> Kept<'a> {
    /// Reads it; `None` for bytes that were not written by [`write`](Self::write). `brand` is that of the parcel.
    pub(super) fn read(bytes: &'a [u8], brand: &'a str, texts: TextsOf<'a>) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let flags = reader.byte()?;
        let due = match texts {
            TextsOf::Inline => written_due(&mut reader, flags)?,
            TextsOf::Held(_) | TextsOf::Numbers(_) => due(&mut reader, flags)?,
        };
        let has = |bit: u8| flags & bit != 0;
        let calm = calm_apart(&mut reader, flags)?;
        let published = if has(PUBLISHED) {
            Some((reader.narrow()?, u64::from_le_bytes(reader.take()?)))
        } else {
            None
        };
        let urgent = if has(URGENT) {
            Urgent::read(&mut reader)?
        } else {
            Urgent::default()
        };
        let (contribution, calm) = if has(CONTRIBUTES) {
            let (contribution, calm) = read_contribution(&mut reader, brand, texts)?;
            (Some(contribution), calm)
        } else {
            (None, calm)
        };
        if matches!(texts, TextsOf::Inline) && calm != Calm::default() {
            return None;
        }
        let sighting = if has(SIGHTED) {
            Some((u64::from_le_bytes(reader.take()?), u32::from_le_bytes(reader.take()?)))
        } else {
            None
        };
        let mut hits = Vec::new();
        if has(HIT) {
            for _ in 0..reader.narrow::<u16>()? {
                hits.push(read_hit(&mut reader, texts)?);
            }
        }
        reader.is_empty().then_some(Self {
            due,
            published,
            reused: has(REUSED),
            urgent,
            contribution,
            sighting,
            hits,
            calm,
        })
    }

    /// When the parcel must be looked at next, without reading the rest.
    pub(super) fn due_of(bytes: &[u8]) -> Option<Timestamp> {
        let mut reader = Reader::new(bytes);
        let flags = reader.byte()?;
        due(&mut reader, flags)
    }
}

/// When the parcel must be looked at next and what it awaits, without reading the rest.
pub(super) fn calm(state: &[u8]) -> Option<(Timestamp, Calm)> {
    let mut reader = Reader::new(state);
    let flags = reader.byte()?;
    let due = due(&mut reader, flags)?;
    let calm = calm_apart(&mut reader, flags)?;
    if !skip_to_contribution(&mut reader, flags)? {
        return Some((due, calm));
    }
    reader.number()?;
    reader.number()?;
    reader.number()?;
    reader.byte()?;
    Some((due, calm_in(&duties(&mut reader)?)))
}

fn calm_apart(reader: &mut Reader<'_>, flags: u8) -> Option<Calm> {
    if flags & CALM == 0 {
        return Some(Calm::default());
    }
    let [a, b, c] = reader.take()?;
    Some(Calm::from_bits(u32::from_le_bytes([a, b, c, 0])))
}

/// Passes over what stands before the contribution, and says whether there is one.
fn skip_to_contribution(reader: &mut Reader<'_>, flags: u8) -> Option<bool> {
    if flags & PUBLISHED != 0 {
        reader.narrow::<u32>()?;
        reader.take::<8>()?;
    }
    if flags & URGENT != 0 {
        Urgent::read(reader)?;
    }
    Some(flags & CONTRIBUTES != 0)
}

/// Bits of what is kept of each duty.
fn duties(reader: &mut Reader<'_>) -> Option<[u16; 3]> {
    let mut duty = || Some(u16::from_le_bytes(reader.take()?));
    Some([duty()?, duty()?, duty()?])
}

/// What stands in the bits that the shares leave.
fn calm_in(duties: &[u16; 3]) -> Calm {
    let bits = duties
        .iter()
        .fold(0, |bits, duty| bits << SPARE_BITS | u32::from(duty >> SHARE_BITS));
    Calm::from_bits(bits)
}

/// A moment as five bytes; `None` where it is no whole number of milliseconds, or too far away.
fn near(due: Timestamp) -> Option<[u8; 5]> {
    let nanos = due.as_nanos();
    let since = (nanos / 1_000_000).checked_sub(DUE_NEAR)?;
    match u64::try_from(since).ok()?.to_le_bytes() {
        [near @ .., 0, 0, 0] if nanos % 1_000_000 == 0 => Some(near),
        _ => None,
    }
}

/// When the parcel must be looked at next, as it is kept in memory.
fn due(reader: &mut Reader<'_>, flags: u8) -> Option<Timestamp> {
    if flags & NANOS != 0 {
        return reader.signed().map(Timestamp::from_nanos);
    }
    let [a, b, c, d, e] = reader.take()?;
    let millis = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]).cast_signed();
    let nanos = millis.checked_add(DUE_NEAR)?.checked_mul(1_000_000)?;
    Some(Timestamp::from_nanos(nanos))
}

/// The same as it is written in rows.
fn written_due(reader: &mut Reader<'_>, flags: u8) -> Option<Timestamp> {
    let amount = reader.signed()?;
    Some(Timestamp::from_nanos(if flags & NANOS != 0 {
        amount
    } else {
        amount.checked_mul(1_000_000)?
    }))
}

fn write_contribution(contribution: &Contribution<'_>, calm: u32, out: &mut Writer, texts: &mut Texts<'_>) {
    texts.put(out, contribution.site);
    texts.put(out, contribution.operator);
    out.signed(i64::from(contribution.day.as_days()).wrapping_sub(DAYS_NEAR));
    out.byte(contribution.hour | u8::from(contribution.counted) << 5 | u8::from(contribution.letter) << 6);
    for (share, place) in contribution.duties.into_iter().zip([2 * SPARE_BITS, SPARE_BITS, 0]) {
        let spare = calm >> place & ((1 << SPARE_BITS) - 1);
        let spare = u16::try_from(spare).unwrap_or(0) << SHARE_BITS;
        out.fixed(&(share_bits(share) | spare).to_le_bytes());
    }
    out.number(u64::try_from(contribution.findings.len()).unwrap_or(0));
    for (code, severity) in &contribution.findings {
        write_code(*code, out, texts);
        out.byte(severity_number(*severity));
    }
}

fn read_contribution<'a>(
    reader: &mut Reader<'a>,
    brand: &'a str,
    texts: TextsOf<'a>,
) -> Option<(Contribution<'a>, Calm)> {
    let (site, operator) = (texts.get(reader)?, texts.get(reader)?);
    let day = reader.signed()?.checked_add(DAYS_NEAR)?;
    let day = CivilDay::from_days(i32::try_from(day).ok()?);
    let bits = reader.byte()?;
    let bits_of_duties = duties(reader)?;
    let mut duties = [Share::NOTHING; 3];
    for (share, bits) in duties.iter_mut().zip(bits_of_duties) {
        *share = share_of(bits)?;
    }
    let mut findings = Vec::new();
    for _ in 0..reader.narrow::<u8>()? {
        findings.push((read_code(reader, texts)?, severity_of(reader.byte()?)?));
    }
    let contribution = Contribution {
        brand,
        site,
        operator,
        day,
        hour: bits & 31,
        counted: bits & 32 != 0,
        letter: bits & 64 != 0,
        duties,
        findings,
    };
    Some((contribution, calm_in(&bits_of_duties)))
}

fn write_hit(hit: &KeptHit, out: &mut Writer, texts: &Texts<'_>) {
    out.fixed(&hit.id.to_le_bytes());
    out.number(hit.version.generation.into());
    out.number(hit.version.offset);
    out.number(hit.version.index.into());
    write_code(hit.code, out, texts);
    let duty = Duty::ALL.iter().position(|duty| *duty == hit.duty);
    out.byte(duty.and_then(|duty| u8::try_from(duty).ok()).unwrap_or(0));
    out.flag(hit.stands);
}

fn read_hit<'a>(reader: &mut Reader<'a>, texts: TextsOf<'a>) -> Option<KeptHit> {
    Some(KeptHit {
        id: u64::from_le_bytes(reader.take()?),
        version: Position {
            generation: reader.narrow()?,
            offset: reader.number()?,
            index: reader.narrow()?,
        },
        code: read_code(reader, texts)?,
        duty: *Duty::ALL.get(usize::from(reader.byte()?))?,
        stands: reader.flag()?,
    })
}

fn write_code(code: Code, out: &mut Writer, texts: &Texts<'_>) {
    match texts {
        Texts::Inline => out.text(code.as_str()),
        Texts::Held(_) | Texts::Known(_) => {
            let place = Code::ALL.iter().position(|known| *known == code);
            out.byte(place.and_then(|place| u8::try_from(place).ok()).unwrap_or(0));
        }
    }
}

fn read_code<'a>(reader: &mut Reader<'a>, texts: TextsOf<'a>) -> Option<Code> {
    match texts {
        TextsOf::Inline => Code::parse(reader.text()?),
        TextsOf::Held(_) | TextsOf::Numbers(_) => Code::ALL.get(usize::from(reader.byte()?)).copied(),
    }
}

const fn severity_number(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

const fn severity_of(number: u8) -> Option<Severity> {
    match number {
        0 => Some(Severity::Info),
        1 => Some(Severity::Low),
        2 => Some(Severity::Medium),
        3 => Some(Severity::High),
        4 => Some(Severity::Critical),
        _ => None,
    }
}

/// Bits of a share, and those that it leaves.
const SHARE_BITS: u32 = 10;
const SPARE_BITS: u32 = u16::BITS - SHARE_BITS;
const _: () = assert!(Calm::BITS <= 3 * SPARE_BITS);

/// Outcome 4 bits (not applicable: from 4 on by ground), flags 3 bits, delay 3 bits.
fn share_bits(share: Share) -> u16 {
    let place_of = |place: Option<usize>| place.and_then(|place| u16::try_from(place).ok()).unwrap_or(0);
    let outcome = match share.outcome {
        Outcome::Pending => 0,
        Outcome::Pass => 1,
        Outcome::Fail => 2,
        Outcome::Unknown => 3,
        Outcome::NotApplicable(ground) => {
            place_of(Ground::ALL.iter().position(|known| *known == ground)).saturating_add(4)
        }
    };
    let delay = share.delay.map_or(0, |delay| {
        place_of(Delay::ALL.iter().position(|known| *known == delay)).saturating_add(1)
    });
    outcome
        | u16::from(share.performed_late) << 4
        | u16::from(share.reported_late) << 5
        | u16::from(share.credible) << 6
        | delay << 7
}

fn share_of(bits: u16) -> Option<Share> {
    let outcome = match bits & 15 {
        0 => Outcome::Pending,
        1 => Outcome::Pass,
        2 => Outcome::Fail,
        3 => Outcome::Unknown,
        ground => Outcome::NotApplicable(*Ground::ALL.get(usize::from(ground.checked_sub(4)?))?),
    };
    let delay = match usize::from(bits >> 7 & 7).checked_sub(1) {
        Some(place) => Some(*Delay::ALL.get(place)?),
        None => None,
    };
    Some(Share {
        outcome,
        performed_late: bits & 16 != 0,
        reported_late: bits & 32 != 0,
        credible: bits & 64 != 0,
        delay,
    })
}

/// The numbers of the two texts in a state, which it holds: outlet and operator of the contribution; 0 for none.
pub(super) fn numbers(state: &[u8]) -> [u32; 2] {
    let read = || {
        let mut reader = Reader::new(state);
        let flags = reader.byte()?;
        due(&mut reader, flags)?;
        calm_apart(&mut reader, flags)?;
        if !skip_to_contribution(&mut reader, flags)? {
            return None;
        }
        Some([reader.narrow()?, reader.narrow()?])
    };
    read().unwrap_or([0, 0])
}
