//! Records of registers to values of `sanbai-core`.

use sanbai_core::event::Place;
use sanbai_core::registry::{
    Agreement, Contract, Days, KeyArea, Machine, Outage, Record, Site, SiteKind, Staff, Value,
};
use sanbai_core::time::{CivilDay, Timestamp};

use crate::proto::registry::registry_record::Value as Proto;
use crate::proto::registry::{self as proto, RegistryRecord, XrayWay};
use crate::{Code, Reject};

/// The value of a record, which stands at `offset` of the log; `None` for what the core has no use for, now nothing.
///
/// # Errors
/// Where a day or place is not one, or the record says nothing.
pub fn to_core(record: &RegistryRecord, offset: u64) -> Result<Option<Record>, Reject> {
    let Some(value) = &record.value else {
        return Err(Reject::new(Code::FieldMissing, "the record holds no value"));
    };
    let value = match value {
        Proto::Site(value) => Value::Site(site(value)?),
        Proto::Staff(value) => Value::Staff(Staff {
            trained_until: day(&value.trained_until, "trainedUntil")?,
            screener_until: day(&value.screener_until, "screenerUntil")?,
        }),
        Proto::Machine(value) => Value::Machine(Machine {
            sites: value.sites.iter().cloned().collect(),
            in_service: value
                .in_service
                .iter()
                .map(|span| days(&span.from, &span.to))
                .collect::<Result<_, _>>()?,
        }),
        Proto::Contract(value) => Value::Contract(Contract {
            term: days(&value.from, &value.to)?,
        }),
        Proto::Agreement(value) => Value::Agreement(Agreement {
            sites: value.sites.iter().cloned().collect(),
            signed_on: day(&value.signed_on, "signedOn")?,
            filed_on: day(&value.filed_on, "filedOn")?,
            term: days(&value.from, &value.to)?,
            special_way: value.xray_way() == XrayWay::Special,
        }),
        Proto::KeyArea(value) => Value::KeyArea(KeyArea {
            division: place(&value.division, "division")?
                .ok_or_else(|| Reject::new(Code::FieldMissing, "a key area needs its division").under("division"))?,
            from: instant(value.from, "from")?,
            to: instant(value.to, "to")?,
        }),
        Proto::Outage(value) => Value::Outage(Outage {
            site: value.site.clone(),
            from: needed(instant(value.from, "from")?, "from")?,
            to: needed(instant(value.to, "to")?, "to")?,
        }),
        Proto::CalendarDay(value) => Value::CalendarDay { working: value.working },
    };
    Ok(Some(Record {
        offset,
        brand: record.brand.clone(),
        key: record.key.clone(),
        valid_from: instant(record.valid_from, "validFrom")?,
        valid_to: instant(record.valid_to, "validTo")?,
        value,
    }))
}

fn site(value: &proto::Site) -> Result<Site, Reject> {
    Ok(Site {
        kind: match value.kind() {
            proto::SiteKind::Unspecified => SiteKind::Unspecified,
            proto::SiteKind::Licensed => SiteKind::Licensed,
            proto::SiteKind::Branch => SiteKind::Branch,
            proto::SiteKind::Terminal => SiteKind::Terminal,
            proto::SiteKind::ProcessingCentre => SiteKind::ProcessingCentre,
        },
        place: place(&value.place, "place")?,
        has_licence: !value.licence.is_empty(),
        licence: days(&value.licence_from, &value.licence_to)?,
        opened_on: day(&value.opened_on, "openedOn")?,
        filed_on: day(&value.filed_on, "filedOn")?,
        name: value.name.clone(),
    })
}

fn place(text: &str, field: &str) -> Result<Option<Place>, Reject> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || Reject::new(Code::ValueRange, "a division code is 2 to 12 digits").under(field);
    Place::parse(text).map(Some).ok_or_else(wrong)
}

fn day(text: &str, field: &str) -> Result<Option<CivilDay>, Reject> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || Reject::new(Code::EventTimeInvalid, "a day is written YYYY-MM-DD").under(field);
    CivilDay::parse(text).map(Some).ok_or_else(wrong)
}

fn days(from: &str, to: &str) -> Result<Days, Reject> {
    Ok(Days {
        from: day(from, "from")?,
        to: day(to, "to")?,
    })
}

fn instant(at: Option<crate::proto::Timestamp>, field: &str) -> Result<Option<Timestamp>, Reject> {
    let Some(at) = at else { return Ok(None) };
    let wrong = || Reject::new(Code::EventTimeInvalid, "is no instant between 1678 and 2262").under(field);
    Timestamp::from_parts(at.seconds, at.nanos).map(Some).ok_or_else(wrong)
}

fn needed(at: Option<Timestamp>, field: &str) -> Result<Timestamp, Reject> {
    at.ok_or_else(|| Reject::new(Code::FieldMissing, "an outage needs its first and its last moment").under(field))
}
