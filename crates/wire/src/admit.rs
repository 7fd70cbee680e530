//! What makes a well-formed event one that counts: required fields, identifiers in canonical form, times.

use std::borrow::Cow;

use sanbai_core::event::EventId;
use sanbai_core::time::{Span, Timestamp};

use crate::check::Notes;
use crate::code::Code;
use crate::form::{event_id, personal};
use crate::happening::{first_text, read_leg};
use crate::proto::schema::{PARCEL_EVENT, arrived, declared_volume, parcel_event, retracted};
use crate::reject::Reject;
use crate::subject::{read_change, read_day};
use crate::text::{Run, find_personal};
use crate::view::View;

/// How far the time of an event may lie from its intake; beyond it the event is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AgeLimits {
    /// Before its intake.
    pub(crate) past: Span,
    /// After its intake.
    pub(crate) future: Span,
}

/// What was found out on the way.
#[derive(Clone, Debug)]
pub(crate) struct Admitted<'a, 'r> {
    pub(crate) id: EventId,
    pub(crate) occurred_at: Timestamp,
    pub(crate) intake_at: Timestamp,
    /// Canonical code of the brand.
    pub(crate) brand: &'r str,
    /// Canonical waybill; owned where the producer wrote another form.
    pub(crate) waybill: Cow<'a, str>,
}

/// Checks the event and finds the canonical form of brand and waybill.
pub(crate) fn admit<'a, 'r>(
    view: &View<'a>,
    notes: &Notes,
    resolve: impl Fn(&str) -> Option<&'r str>,
    age: AgeLimits,
) -> Result<Admitted<'a, 'r>, Reject> {
    let (occurred_at, happening) = required(view, notes)?;
    let id = event_id(view.event_id).map_err(|reject| reject.under("eventId"))?;
    let brand = resolve(view.brand).ok_or_else(|| {
        Reject::new(
            Code::BrandUnknown,
            "no brand of this code in the rules; see `sanbai rules show`",
        )
        .under("brand")
    })?;
    let waybill = canonical(view.waybill).map_err(|reject| reject.under("waybill"))?;
    let intake_at = view.intake_at.or(view.uploaded_at).unwrap_or(occurred_at);
    check_age(occurred_at, intake_at, age).map_err(|reject| reject.under("occurredAt"))?;
    let (number, bytes) = happening;
    required_within(number, bytes, notes)?;
    Ok(Admitted {
        id,
        occurred_at,
        intake_at,
        brand,
        waybill,
    })
}

/// The time and the happening of an event that has all that it must have.
fn required<'a>(view: &View<'a>, notes: &Notes) -> Result<(Timestamp, (u32, &'a [u8])), Reject> {
    let need = |text: &str, field: &'static str| {
        if text.is_empty() {
            Err(missing(notes, "ParcelEvent", field).under(field))
        } else {
            Ok(())
        }
    };
    need(view.event_id, "eventId")?;
    need(view.brand, "brand")?;
    need(view.site, "site")?;
    let occurred_at = view
        .occurred_at
        .ok_or_else(|| missing(notes, "ParcelEvent", "occurredAt").under("occurredAt"))?;
    let happening = view.happening.ok_or_else(|| no_happening(notes))?;
    if is_about_subject(happening.0) {
        need(view.subject, "subject")?;
    } else {
        need(view.waybill, "waybill")?;
    }
    Ok((occurred_at, happening))
}

/// Whether a happening is keyed by its subject, having no waybill.
const fn is_about_subject(happening: u32) -> bool {
    matches!(
        happening,
        parcel_event::DEVICE_STATE | parcel_event::SCREENER_SHIFT | parcel_event::DECLARED_VOLUME
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
    let mut happenings = PARCEL_EVENT
        .fields
        .iter()
        .filter(|field| field.is_happening())
        .map(|field| field.json);
    match happenings.find(|name| notes.nulls.contains(&("ParcelEvent", *name))) {
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

/// What a happening says nothing without.
fn required_within(happening: u32, bytes: &[u8], notes: &Notes) -> Result<(), Reject> {
    let (message, name, field, present) = match happening {
        parcel_event::DEPARTED => ("Departed", "departed", "leg", read_leg(bytes).is_some()),
        parcel_event::ARRIVED => (
            "Arrived",
            "arrived",
            "from",
            !first_text(bytes, arrived::FROM).is_empty(),
        ),
        parcel_event::SCREENER_SHIFT => ("ScreenerShift", "screenerShift", "change", read_change(bytes).is_some()),
        parcel_event::DECLARED_VOLUME => {
            let is_there = !first_text(bytes, declared_volume::DAY).is_empty();
            if is_there && read_day(bytes).is_none() {
                let detail = "the brand's count is of one day; write YYYY-MM-DD";
                let reject = Reject::new(Code::EventTimeInvalid, detail);
                return Err(reject.under("day").under("declaredVolume"));
            }
            ("DeclaredVolume", "declaredVolume", "day", is_there)
        }
        parcel_event::RETRACTED => {
            let target = first_text(bytes, retracted::EVENT_ID);
            if !target.is_empty() {
                let target = event_id(target);
                return target
                    .map(|_| ())
                    .map_err(|reject| reject.under("eventId").under("retracted"));
            }
            ("Retracted", "retracted", "eventId", false)
        }
        _ => return Ok(()),
    };
    if present {
        Ok(())
    } else {
        Err(missing(notes, message, field).under(field).under(name))
    }
}

/// A waybill number in canonical form: upper case, without blanks.
///
/// ```
/// assert_eq!(sanbai_wire::canonical_waybill(" sf 123 "), "SF123");
/// ```
pub fn canonical_waybill(waybill: &str) -> String {
    let letters = waybill.chars().filter(|character| !character.is_whitespace());
    letters.map(|character| character.to_ascii_uppercase()).collect()
}

/// Whether a waybill number is in canonical form.
pub(crate) fn is_canonical(waybill: &str) -> bool {
    waybill
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_lowercase())
}

fn canonical(waybill: &str) -> Result<Cow<'_, str>, Reject> {
    if is_canonical(waybill) {
        return Ok(Cow::Borrowed(waybill));
    }
    let canonical = canonical_waybill(waybill);
    if !is_canonical(&canonical) {
        let detail = "a waybill number has letters, digits and signs of ASCII only";
        return Err(Reject::new(Code::TextInvalid, detail));
    }
    // What blanks had hidden.
    if find_personal(&canonical, Run::Key).is_some() {
        Err(personal())
    } else {
        Ok(Cow::Owned(canonical))
    }
}

fn check_age(occurred_at: Timestamp, intake_at: Timestamp, age: AgeLimits) -> Result<(), Reject> {
    if intake_at.since(occurred_at) > age.past {
        let detail = "the event lies further before its own intake than is allowed; such evidence no longer counts";
        return Err(Reject::new(Code::EventTimeTooOld, detail));
    }
    if occurred_at.since(intake_at) > age.future {
        let detail = "the event lies further after its own intake than is allowed; set the clock of the device";
        return Err(Reject::new(Code::EventTimeFuture, detail));
    }
    Ok(())
}
