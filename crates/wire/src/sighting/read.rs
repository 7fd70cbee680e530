//! Sections from bytes.

use sanbai_core::event::EventId;
use sanbai_core::finding::Code as FindingCode;
use sanbai_core::rules::Severity;
use sanbai_core::shard::contribution::{Contribution, Share};
use sanbai_core::shard::input::{SubjectEvent, SubjectHappening};
use sanbai_core::shard::position::Position;
use sanbai_core::shard::section::{Change, Entry, Section, Seen, Sighting, Subject};
use sanbai_core::time::CivilDay;

use super::choices::{self, choice};
use super::{RECORD_BYTES_MAX, number};
use crate::code::Code;
use crate::fields::{
    check_length, civil_day, event_id, finding_code, flag, missing, nested, number, out_of_range, severity_of, text,
    time,
};
use crate::proto::sighting as message;
use crate::protobuf::{Entries, Value};
use crate::reject::Reject;

/// Fewest bytes of an entry for which room is made beforehand: all that are written have more. Without it a record of
/// empty entries would take a hundred times its size.
const ENTRY_BYTES_MIN: usize = 16;

/// Reads the value of a record: all of its sections, or what is wrong with the first that is not right.
///
/// What is read borrows from the bytes. Fields that nobody knows are passed over; a value that nobody knows is an error,
/// for it would be counted wrongly.
///
/// # Errors
///
/// Where the bytes were not made by a [`SectionWriter`](super::SectionWriter), or of another version: also where entries
/// are out of order or outside of what their section covers.
pub fn decode_sections(record: &[u8]) -> Result<Vec<Section<'_>>, Reject> {
    check_length(record, RECORD_BYTES_MAX)?;
    let mut sections = Vec::new();
    for entry in Entries::of(record) {
        let entry = entry?;
        if entry.number == number::SECTIONS {
            sections.push(section(nested(entry.value)?)?);
        }
    }
    Ok(sections)
}

/// The fields of a message.
fn each<'a>(bytes: &'a [u8], mut field: impl FnMut(u32, Value<'a>) -> Result<(), Reject>) -> Result<(), Reject> {
    for entry in Entries::of(bytes) {
        let entry = entry?;
        field(entry.number, entry.value)?;
    }
    Ok(())
}

fn section(bytes: &[u8]) -> Result<Section<'_>, Reject> {
    let mut section = Section {
        source: 0,
        from: Position::START,
        to: Position::START,
        clock: None,
        registry_offset: 0,
        entries: Vec::with_capacity(entries_in(bytes)?),
    };
    each(bytes, |field, value| {
        match field {
            number::SECTION_SOURCE => section.source = number(value)?,
            number::SECTION_FROM => section.from = position(value)?,
            number::SECTION_TO => section.to = position(value)?,
            number::SECTION_CLOCK => section.clock = Some(time(value)?),
            number::SECTION_REGISTRY_OFFSET => section.registry_offset = number(value)?,
            number::SECTION_ENTRIES => section.entries.push(entry(nested(value)?)?),
            _ => {}
        }
        Ok(())
    })?;
    check_order(&section)?;
    Ok(section)
}

/// For how many entries room is made: as many as the section has, but no more than its bytes can hold.
fn entries_in(bytes: &[u8]) -> Result<usize, Reject> {
    let mut count = 0_usize;
    each(bytes, |field, _| {
        count = count.saturating_add(usize::from(field == number::SECTION_ENTRIES));
        Ok(())
    })?;
    Ok(count.min(bytes.len().div_euclid(ENTRY_BYTES_MIN)))
}

fn check_order(section: &Section<'_>) -> Result<(), Reject> {
    if section.to < section.from {
        return Err(out_of_range("a section ends before its beginning"));
    }
    let mut last = section.from;
    for (at, _) in &section.entries {
        if *at < last || *at == section.from || *at > section.to {
            return Err(out_of_range(
                "an entry is out of order, or its section does not cover it",
            ));
        }
        last = *at;
    }
    Ok(())
}

fn position(value: Value<'_>) -> Result<Position, Reject> {
    let mut position = Position::START;
    each(nested(value)?, |field, value| {
        match field {
            number::POSITION_GENERATION => position.generation = number(value)?,
            number::POSITION_OFFSET => position.offset = number(value)?,
            number::POSITION_INDEX => position.index = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(position)
}

fn entry(bytes: &[u8]) -> Result<(Position, Entry<'_>), Reject> {
    let (mut at, mut what) = (None, None);
    each(bytes, |field, value| {
        match field {
            number::ENTRY_AT => at = Some(position(value)?),
            number::ENTRY_CHANGE => what = Some(Entry::Change(change(nested(value)?)?)),
            number::ENTRY_SIGHTING => what = Some(Entry::Sighting(sighting(nested(value)?)?)),
            number::ENTRY_SUBJECT => what = Some(Entry::Subject(subject_event(nested(value)?)?)),
            _ => {}
        }
        Ok(())
    })?;
    let what = what.ok_or_else(|| Reject::new(Code::FieldMissing, "an entry says nothing that this version knows"))?;
    Ok((at.ok_or_else(|| missing("at"))?, what))
}

fn change(bytes: &[u8]) -> Result<Change<'_>, Reject> {
    let mut change = Change::default();
    each(bytes, |field, value| {
        match field {
            number::CHANGE_OLD => change.old = Some(contribution(nested(value)?)?),
            number::CHANGE_NEW => change.new = Some(contribution(nested(value)?)?),
            _ => {}
        }
        Ok(())
    })?;
    if change.old.is_none() && change.new.is_none() {
        return Err(missing("new"));
    }
    Ok(change)
}

fn contribution(bytes: &[u8]) -> Result<Contribution<'_>, Reject> {
    let (mut brand, mut site, mut operator) = ("", "", "");
    let (mut day, mut hour, mut counted, mut letter) = (CivilDay::from_days(0), 0_u8, false, false);
    let (mut real_name, mut inspection, mut xray) = (None, None, None);
    let mut findings = Vec::new();
    each(bytes, |field, value| {
        match field {
            number::CONTRIBUTION_BRAND => brand = text(value)?,
            number::CONTRIBUTION_SITE => site = text(value)?,
            number::CONTRIBUTION_OPERATOR => operator = text(value)?,
            number::CONTRIBUTION_DAY => day = civil_day(value)?,
            number::CONTRIBUTION_HOUR => hour = number(value)?,
            number::CONTRIBUTION_COUNTED => counted = flag(value)?,
            number::CONTRIBUTION_LETTER => letter = flag(value)?,
            number::CONTRIBUTION_REAL_NAME => real_name = Some(share(nested(value)?)?),
            number::CONTRIBUTION_INSPECTION => inspection = Some(share(nested(value)?)?),
            number::CONTRIBUTION_XRAY => xray = Some(share(nested(value)?)?),
            number::CONTRIBUTION_FINDINGS if findings.len() >= FindingCode::ALL.len() => {
                return Err(Reject::new(Code::FieldTooLong, "more findings than there are codes"));
            }
            number::CONTRIBUTION_FINDINGS => findings.push(finding(nested(value)?)?),
            _ => {}
        }
        Ok(())
    })?;
    if hour > 23 {
        return Err(out_of_range("an hour of the day is at most 23"));
    }
    Ok(Contribution {
        brand,
        site,
        operator,
        day,
        hour,
        counted,
        letter,
        duties: [
            real_name.ok_or_else(|| missing("realName"))?,
            inspection.ok_or_else(|| missing("inspection"))?,
            xray.ok_or_else(|| missing("xray"))?,
        ],
        findings,
    })
}

fn share(bytes: &[u8]) -> Result<Share, Reject> {
    let (mut outcome, mut ground) = (message::Outcome::Unspecified, message::Ground::Unspecified);
    let mut delay = message::Delay::Unspecified;
    let (mut performed_late, mut reported_late, mut marked) = (false, false, false);
    each(bytes, |field, value| {
        match field {
            number::SHARE_OUTCOME => outcome = choice(value)?,
            number::SHARE_GROUND => ground = choice(value)?,
            number::SHARE_PERFORMED_LATE => performed_late = flag(value)?,
            number::SHARE_REPORTED_LATE => reported_late = flag(value)?,
            number::SHARE_MARKED => marked = flag(value)?,
            number::SHARE_DELAY => delay = choice(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(Share {
        outcome: choices::outcome_of(outcome, ground)?,
        performed_late,
        reported_late,
        credible: !marked,
        delay: choices::delay_of(delay),
    })
}

fn finding(bytes: &[u8]) -> Result<(FindingCode, Severity), Reject> {
    let (mut code, mut severity) = ("", 0_u32);
    each(bytes, |field, value| {
        match field {
            number::FINDING_CODE => code = text(value)?,
            number::FINDING_SEVERITY => severity = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((finding_code(code)?, severity_of(i32::try_from(severity).unwrap_or(0))?))
}

fn sighting(bytes: &[u8]) -> Result<Sighting<'_>, Reject> {
    let (mut subject, mut brand, mut waybill, mut seen) = (None, "", "", None);
    each(bytes, |field, value| {
        match field {
            number::SIGHTING_IDENTITY => subject = Some(Subject::Identity(number(value)?)),
            number::SIGHTING_BRAND => brand = text(value)?,
            number::SIGHTING_WAYBILL => waybill = text(value)?,
            number::SIGHTING_SEEN => seen = Some(self::seen(nested(value)?)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(Sighting {
        subject: subject.ok_or_else(|| missing("identity"))?,
        brand,
        waybill,
        seen,
    })
}

fn seen(bytes: &[u8]) -> Result<Seen<'_>, Reject> {
    let (mut site, mut operator, mut day) = ("", "", CivilDay::from_days(0));
    let (mut event, mut occurred_at) = (None, None);
    each(bytes, |field, value| {
        match field {
            number::SEEN_SITE => site = text(value)?,
            number::SEEN_OPERATOR => operator = text(value)?,
            number::SEEN_DAY => day = civil_day(value)?,
            number::SEEN_EVENT => event = Some(id(nested(value)?)?),
            number::SEEN_OCCURRED_AT => occurred_at = Some(time(value)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(Seen {
        site,
        operator,
        day,
        event: event.ok_or_else(|| missing("event"))?,
        occurred_at: occurred_at.ok_or_else(|| missing("occurredAt"))?,
    })
}

fn subject_event(bytes: &[u8]) -> Result<SubjectEvent<'_>, Reject> {
    let (mut id, mut brand, mut subject, mut site) = (None, "", "", "");
    let (mut occurred_at, mut intake_at, mut happening) = (None, None, None);
    each(bytes, |field, value| {
        match field {
            number::SUBJECT_ID => id = Some(self::id(nested(value)?)?),
            number::SUBJECT_BRAND => brand = text(value)?,
            number::SUBJECT_SUBJECT => subject = text(value)?,
            number::SUBJECT_SITE => site = text(value)?,
            number::SUBJECT_OCCURRED_AT => occurred_at = Some(time(value)?),
            number::SUBJECT_INTAKE_AT => intake_at = Some(time(value)?),
            number::SUBJECT_DEVICE_STATE => happening = Some(device(nested(value)?)?),
            number::SUBJECT_SCREENER_SHIFT => happening = Some(shift(nested(value)?)?),
            number::SUBJECT_DECLARED_VOLUME => happening = Some(volume(nested(value)?)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(SubjectEvent {
        id: id.ok_or_else(|| missing("id"))?,
        brand,
        subject,
        site,
        occurred_at: occurred_at.ok_or_else(|| missing("occurredAt"))?,
        intake_at: intake_at.ok_or_else(|| missing("intakeAt"))?,
        happening: happening
            .ok_or_else(|| Reject::new(Code::FieldMissing, "nothing says what happened that this version knows"))?,
    })
}

fn device(bytes: &[u8]) -> Result<SubjectHappening<'_>, Reject> {
    let mut power = message::Power::Unspecified;
    each(bytes, |field, value| {
        if field == number::DEVICE_POWER {
            power = choice(value)?;
        }
        Ok(())
    })?;
    Ok(SubjectHappening::Device(choices::power_of(power)))
}

fn shift(bytes: &[u8]) -> Result<SubjectHappening<'_>, Reject> {
    let (mut is_in, mut device) = (false, "");
    each(bytes, |field, value| {
        match field {
            number::SHIFT_IN => is_in = flag(value)?,
            number::SHIFT_DEVICE => device = text(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(SubjectHappening::Shift { is_in, device })
}

fn volume(bytes: &[u8]) -> Result<SubjectHappening<'_>, Reject> {
    let (mut day, mut accepted) = (CivilDay::from_days(0), 0);
    each(bytes, |field, value| {
        match field {
            number::VOLUME_DAY => day = civil_day(value)?,
            number::VOLUME_ACCEPTED => accepted = number(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(SubjectHappening::DeclaredVolume { day, accepted })
}

fn id(bytes: &[u8]) -> Result<EventId, Reject> {
    let (mut bits, mut is_ulid): (&[u8], bool) = (&[], false);
    each(bytes, |field, value| {
        match field {
            number::EVENT_ID_BITS => bits = nested(value)?,
            number::EVENT_ID_ULID => is_ulid = flag(value)?,
            _ => {}
        }
        Ok(())
    })?;
    event_id(bits, is_ulid)
}
