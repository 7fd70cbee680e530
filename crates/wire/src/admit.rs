//! What makes a well-formed event one that counts: required fields, identifiers in canonical form, times, ranges.

use sanbai_core::event::{EventId, ProhibitedClass};
use sanbai_core::time::{Span, Timestamp};

use crate::code::Code;
use crate::json::Notes;
use crate::limits::{SCHEMA_VERSION, WEIGHT_GRAMS_MAX};
use crate::proto;
use crate::proto::event::parcel_event::Happening;
use crate::proto::event::{Leg, Mark, ParcelEvent};
use crate::reject::Reject;
use crate::survey::personal;
use crate::text::{Run, find_personal};

/// How far the time of an event may lie from its intake; beyond it the event is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AgeLimits {
    /// Before its intake.
    pub(crate) past: Span,
    /// After its intake.
    pub(crate) future: Span,
}

/// What was read on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub(crate) id: EventId,
    pub(crate) occurred_at: Timestamp,
    pub(crate) uploaded_at: Option<Timestamp>,
    pub(crate) intake_at: Timestamp,
}

/// Checks the event and puts brand and waybill into canonical form.
pub(crate) fn admit<'r>(
    event: &mut ParcelEvent,
    notes: &Notes,
    resolve: impl Fn(&str) -> Option<&'r str>,
    age: AgeLimits,
) -> Result<Admitted, Reject> {
    schema_version(event.schema_version)?;
    required(event, notes)?;
    let id = EventId::parse(&event.event_id).ok_or_else(|| {
        Reject::new(Code::EventIdInvalid, "an event id is a UUID with hyphens or a ULID").under("eventId")
    })?;
    let brand = resolve(&event.brand).ok_or_else(unknown_brand)?;
    if event.brand != brand {
        event.brand = brand.to_owned();
    }
    check_waybill(&mut event.waybill).map_err(|reject| reject.under("waybill"))?;
    let occurred_at = instant(event.occurred_at).map_err(|reject| reject.under("occurredAt"))?;
    let uploaded_at = instant(event.uploaded_at).map_err(|reject| reject.under("uploadedAt"))?;
    let intake_at = instant(event.intake_at).map_err(|reject| reject.under("intakeAt"))?;
    let occurred_at = occurred_at.unwrap_or_default();
    let intake_at = intake_at.or(uploaded_at).unwrap_or(occurred_at);
    check_age(occurred_at, intake_at, age).map_err(|reject| reject.under("occurredAt"))?;
    if let Some(happening) = &mut event.happening {
        admit_happening(happening, notes)?;
    }
    Ok(Admitted {
        id,
        occurred_at,
        uploaded_at,
        intake_at,
    })
}

fn schema_version(version: Option<u32>) -> Result<(), Reject> {
    let (code, what) = match version {
        None | Some(SCHEMA_VERSION) => return Ok(()),
        Some(0) => (Code::SchemaTooOld, "older"),
        Some(_) => (Code::SchemaTooNew, "newer"),
    };
    let detail = format!("written for a {what} schema than the only one read here, version {SCHEMA_VERSION}");
    Err(Reject::new(code, detail).under("schemaVersion"))
}

fn required(event: &ParcelEvent, notes: &Notes) -> Result<(), Reject> {
    let need = |present: bool, field: &'static str| {
        if present {
            Ok(())
        } else {
            Err(missing(notes, "ParcelEvent", field).under(field))
        }
    };
    need(!event.event_id.is_empty(), "eventId")?;
    need(!event.brand.is_empty(), "brand")?;
    need(!event.site.is_empty(), "site")?;
    need(event.occurred_at.is_some(), "occurredAt")?;
    let Some(happening) = &event.happening else {
        return Err(no_happening(notes));
    };
    if is_about_subject(happening) {
        need(!event.subject.is_empty(), "subject")
    } else {
        need(!event.waybill.is_empty(), "waybill")
    }
}

/// Whether it is keyed by its subject, having no waybill.
pub(crate) const fn is_about_subject(happening: &Happening) -> bool {
    matches!(
        happening,
        Happening::DeviceState(_) | Happening::ScreenerShift(_) | Happening::DeclaredVolume(_)
    )
}

fn missing(notes: &Notes, message: &'static str, field: &'static str) -> Reject {
    if notes.nulls.contains(&(message, field)) {
        Reject::new(Code::FieldNull, "the field is null, yet it is required; send its value")
    } else {
        Reject::new(Code::FieldMissing, "the field is required; send its value")
    }
}

fn no_happening(notes: &Notes) -> Reject {
    if notes.unknown_happening {
        let detail = "what happened is nothing that this version knows; use one of the documented happenings";
        return Reject::new(Code::EventTypeUnknown, detail);
    }
    let fields = proto::schema::PARCEL_EVENT.fields.iter().filter(|field| field.oneof);
    let null = fields
        .map(|field| field.json)
        .find(|name| notes.nulls.contains(&("ParcelEvent", *name)));
    match null {
        Some(name) => Reject::new(
            Code::FieldNull,
            "what happened is null; send an object, if an empty one",
        )
        .under(name),
        None => Reject::new(
            Code::FieldMissing,
            "nothing says what happened; send exactly one happening",
        ),
    }
}

fn unknown_brand() -> Reject {
    Reject::new(
        Code::BrandUnknown,
        "no brand of this code in the rules; see `sanbai rules show`",
    )
    .under("brand")
}

fn check_waybill(waybill: &mut String) -> Result<(), Reject> {
    if !waybill.bytes().all(is_canonical) {
        *waybill = canonical_waybill(waybill);
    }
    if !waybill.bytes().all(is_canonical) {
        let detail = "a waybill number has letters, digits and signs of ASCII only";
        return Err(Reject::new(Code::TextInvalid, detail));
    }
    // What blanks had hidden.
    if find_personal(waybill, Run::Code).is_some() {
        Err(personal())
    } else {
        Ok(())
    }
}

/// A waybill number in canonical form: upper case, without blanks.
///
/// ```
/// assert_eq!(sanbai_wire::canonical_waybill(" sf 123 "), "SF123");
/// ```
pub fn canonical_waybill(waybill: &str) -> String {
    waybill
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| character.to_ascii_uppercase())
        .collect()
}

const fn is_canonical(byte: u8) -> bool {
    byte.is_ascii_graphic() && !byte.is_ascii_lowercase()
}

/// A time as the core has it.
fn instant(time: Option<proto::Timestamp>) -> Result<Option<Timestamp>, Reject> {
    let Some(time) = time else { return Ok(None) };
    let instant = Timestamp::from_parts(time.seconds, time.nanos);
    match instant {
        Some(instant) if instant >= FIRST => Ok(Some(instant)),
        Some(_) if time.seconds >= 0 => Err(unit("the time lies in 1970: were seconds taken for milliseconds?")),
        None if time.seconds > 0 && (0..1_000_000_000).contains(&time.nanos) => {
            Err(unit("the time lies after 2262: were milliseconds taken for seconds?"))
        }
        Some(_) | None => Err(Reject::new(
            Code::EventTimeInvalid,
            "a time before 1970, or not a time at all",
        )),
    }
}

/// The beginning of 1971: before it, somebody has mistaken a unit.
const FIRST: Timestamp = Timestamp::from_nanos(31_536_000_000_000_000);

fn unit(detail: &str) -> Reject {
    Reject::new(Code::EventTimeUnit, detail)
}

fn check_age(occurred_at: Timestamp, intake_at: Timestamp, age: AgeLimits) -> Result<(), Reject> {
    let before = intake_at.since(occurred_at);
    if before > age.past {
        let detail = "the event lies further before its own intake than is allowed; such evidence no longer counts";
        return Err(Reject::new(Code::EventTimeTooOld, detail));
    }
    if occurred_at.since(intake_at) > age.future {
        let detail = "the event lies further after its own intake than is allowed; set the clock of the device";
        return Err(Reject::new(Code::EventTimeFuture, detail));
    }
    Ok(())
}

fn admit_happening(happening: &mut Happening, notes: &Notes) -> Result<(), Reject> {
    match happening {
        Happening::Accepted(accepted) => match accepted.weight_grams {
            Some(0) | Some(WEIGHT_OVER..) => {
                let detail = format!("a weight is 1 to {WEIGHT_GRAMS_MAX} grams; leave it out where it is not known");
                Err(Reject::new(Code::ValueRange, detail)
                    .under("weightGrams")
                    .under("accepted"))
            }
            Some(_) | None => Ok(()),
        },
        Happening::Inspected(inspected) => {
            // The digest is compared as text: one case of letters only.
            inspected.photo_digest.make_ascii_lowercase();
            let check = class(inspected.prohibited_class).and_then(|()| mark(inspected.mark.as_ref()));
            check.map_err(|reject| reject.under("inspected"))
        }
        Happening::XrayScreened(screened) => {
            let check = class(screened.prohibited_class).and_then(|()| mark(screened.mark.as_ref()));
            check.map_err(|reject| reject.under("xrayScreened"))
        }
        Happening::OpenChecked(checked) => {
            class(checked.prohibited_class).map_err(|reject| reject.under("openChecked"))
        }
        Happening::Departed(departed) if departed.leg == i32::from(Leg::Unspecified) => {
            Err(missing(notes, "Departed", "leg").under("leg").under("departed"))
        }
        Happening::Arrived(arrived) if arrived.from.is_empty() => {
            Err(missing(notes, "Arrived", "from").under("from").under("arrived"))
        }
        Happening::Retracted(retracted) if retracted.event_id.is_empty() => Err(missing(notes, "Retracted", "eventId")
            .under("eventId")
            .under("retracted")),
        Happening::IdentityChecked(_)
        | Happening::Sealed(_)
        | Happening::Departed(_)
        | Happening::Arrived(_)
        | Happening::Delivered(_)
        | Happening::Held(_)
        | Happening::Released(_)
        | Happening::Reported(_)
        | Happening::Rejected(_)
        | Happening::Returned(_)
        | Happening::Voided(_)
        | Happening::Retracted(_)
        | Happening::DeviceState(_)
        | Happening::ScreenerShift(_)
        | Happening::DeclaredVolume(_) => Ok(()),
    }
}

/// The first weight over the limit.
const WEIGHT_OVER: u32 = WEIGHT_GRAMS_MAX + 1;

fn class(class: u32) -> Result<(), Reject> {
    if class == 0 || ProhibitedClass::new(class).is_some() {
        return Ok(());
    }
    let detail = "a class of prohibited goods is 1 to 19, or 0 for none";
    Err(Reject::new(Code::ValueRange, detail).under("prohibitedClass"))
}

fn mark(mark: Option<&Mark>) -> Result<(), Reject> {
    let time = mark.and_then(|mark| mark.time);
    instant(time)
        .map(|_| ())
        .map_err(|reject| reject.under("time").under("mark"))
}
