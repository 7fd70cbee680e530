//! Records from rows.

use sanbai_core::time::{CivilDay, Timestamp};

use super::Kind;
use super::cells::Row;
use crate::code::Code;
use crate::proto;
use crate::proto::registry::registry_record::Value;
use crate::proto::registry::{
    Agreement, CalendarDay, Contract, DaySpan, KeyArea, Machine, Outage, RegistryRecord, Site, SiteKind, Staff, XrayWay,
};
use crate::reject::Reject;
use crate::schema::loosely_equal;
use crate::token::TokenKeys;

/// The record that a row says.
pub(super) fn record(kind: Kind, mut row: Row, keys: &TokenKeys) -> Result<RegistryRecord, Reject> {
    let row = &mut row;
    let key = required(row, "key")?;
    let brand = row.text("brand").to_ascii_uppercase();
    let (valid_from, valid_to) = (time(row, "validFrom")?, time(row, "validTo")?);
    let value = match kind {
        Kind::Sites => Value::Site(site(row)?),
        Kind::Staff => Value::Staff(staff(row, keys)?),
        Kind::Machines => Value::Machine(Machine {
            sites: row.list("sites"),
            owner: row.text("owner"),
            in_service: spans(row, "inService")?,
            rated_per_hour: count(row, "ratedPerHour")?,
        }),
        Kind::Contracts => Value::Contract(Contract {
            from: day(row, "from")?,
            to: day(row, "to")?,
        }),
        Kind::Agreements => Value::Agreement(agreement(row, keys)?),
        Kind::KeyAreas => Value::KeyArea(KeyArea {
            division: required(row, "division")?,
            from: time(row, "from")?,
            to: time(row, "to")?,
        }),
        Kind::Outages => Value::Outage(Outage {
            site: row.text("site"),
            from: Some(time(row, "from")?.ok_or_else(|| missing("from"))?),
            to: Some(time(row, "to")?.ok_or_else(|| missing("to"))?),
        }),
        Kind::Calendar => {
            CivilDay::parse(&key).ok_or_else(|| not_a_day().under("key"))?;
            Value::CalendarDay(CalendarDay {
                working: flag(row, "working")?,
            })
        }
    };
    Ok(RegistryRecord {
        key,
        brand,
        valid_from,
        valid_to,
        value: Some(value),
    })
}

fn site(row: &mut Row) -> Result<Site, Reject> {
    let kind = [
        SiteKind::Licensed,
        SiteKind::Branch,
        SiteKind::Terminal,
        SiteKind::ProcessingCentre,
    ];
    Ok(Site {
        kind: choice(
            row,
            "kind",
            &kind.map(|kind| (i32::from(kind), kind.as_str_name())),
            "SITE_KIND_",
        )?,
        place: row.text("place"),
        latitude: degrees(row, "latitude", -90.0..=90.0)?,
        longitude: degrees(row, "longitude", -180.0..=180.0)?,
        licence: row.text("licence"),
        licence_from: day(row, "licenceFrom")?,
        licence_to: day(row, "licenceTo")?,
        opened_on: day(row, "openedOn")?,
        filed_on: day(row, "filedOn")?,
        name: row.text("name"),
    })
}

fn staff(row: &mut Row, keys: &TokenKeys) -> Result<Staff, Reject> {
    let mut identity_tokens = row.list("identityTokens");
    identity_tokens.extend(
        row.list("identityNumber")
            .iter()
            .flat_map(|number| keys.identity(number)),
    );
    let mut phone_tokens = row.list("phoneTokens");
    phone_tokens.extend(row.list("phone").iter().flat_map(|number| keys.phone(number)));
    Ok(Staff {
        trained_until: day(row, "trainedUntil")?,
        screener_until: day(row, "screenerUntil")?,
        identity_tokens,
        phone_tokens,
        site: row.text("site"),
    })
}

fn agreement(row: &mut Row, keys: &TokenKeys) -> Result<Agreement, Reject> {
    let way = [XrayWay::Full, XrayWay::Special];
    let mut customer_tokens = row.list("customerTokens");
    customer_tokens.extend(
        row.list("identityNumber")
            .iter()
            .flat_map(|number| keys.identity(number)),
    );
    customer_tokens.extend(row.list("phone").iter().flat_map(|number| keys.phone(number)));
    customer_tokens.extend(row.list("name").iter().flat_map(|name| keys.name(name)));
    Ok(Agreement {
        sites: row.list("sites"),
        signed_on: day(row, "signedOn")?,
        filed_on: day(row, "filedOn")?,
        from: day(row, "from")?,
        to: day(row, "to")?,
        xray_way: choice(
            row,
            "xrayWay",
            &way.map(|way| (i32::from(way), way.as_str_name())),
            "XRAY_WAY_",
        )?,
        customer_tokens,
    })
}

fn required(row: &mut Row, name: &'static str) -> Result<String, Reject> {
    Some(row.text(name))
        .filter(|text| !text.is_empty())
        .ok_or_else(|| missing(name))
}

fn missing(name: &'static str) -> Reject {
    Reject::new(Code::FieldMissing, "the column is required; fill it in").under(name)
}

fn day(row: &mut Row, name: &'static str) -> Result<String, Reject> {
    let text = row.text(name);
    if text.is_empty() || CivilDay::parse(&text).is_some() {
        Ok(text)
    } else {
        Err(not_a_day().under(name))
    }
}

fn not_a_day() -> Reject {
    Reject::new(Code::EventTimeInvalid, "not a real day; write YYYY-MM-DD")
}

fn spans(row: &mut Row, name: &'static str) -> Result<Vec<DaySpan>, Reject> {
    let is_day = |text: &str| text.is_empty() || CivilDay::parse(text).is_some();
    let span = |text: &String| {
        let (from, to) = text.split_once('/')?;
        (is_day(from) && is_day(to)).then(|| DaySpan {
            from: from.to_owned(),
            to: to.to_owned(),
        })
    };
    let read: Option<Vec<DaySpan>> = row.list(name).iter().map(span).collect();
    let detail = "not a span of days; write YYYY-MM-DD/YYYY-MM-DD, with an end left out where there is none";
    read.ok_or_else(|| Reject::new(Code::EventTimeInvalid, detail).under(name))
}

fn time(row: &mut Row, name: &'static str) -> Result<Option<proto::Timestamp>, Reject> {
    let text = row.text(name);
    if text.is_empty() {
        return Ok(None);
    }
    let instant = Timestamp::parse(&text).or_else(|| CivilDay::parse(&text).and_then(CivilDay::checked_start));
    let detail =
        "not a time of RFC 3339 with a zone, and not a day, from 1678 to 2262; write YYYY-MM-DDThh:mm:ss+08:00";
    let instant = instant.ok_or_else(|| Reject::new(Code::EventTimeInvalid, detail).under(name))?;
    let (seconds, nanos) = instant.to_parts();
    Ok(Some(proto::Timestamp { seconds, nanos }))
}

fn count(row: &mut Row, name: &'static str) -> Result<u32, Reject> {
    let text = row.text(name);
    if text.is_empty() {
        return Ok(0);
    }
    let detail = "a whole number from 0 to 4,294,967,295 is needed here";
    text.parse()
        .map_err(|_| Reject::new(Code::TypeMismatch, detail).under(name))
}

fn degrees(row: &mut Row, name: &'static str, range: core::ops::RangeInclusive<f64>) -> Result<Option<f64>, Reject> {
    let text = row.text(name);
    if text.is_empty() {
        return Ok(None);
    }
    let degrees: f64 = text
        .parse()
        .map_err(|_| Reject::new(Code::TypeMismatch, "degrees with a decimal point are needed here").under(name))?;
    if range.contains(&degrees) {
        return Ok(Some(degrees));
    }
    Err(Reject::new(
        Code::ValueRange,
        "no such place on earth; latitude and longitude in degrees, WGS 84",
    )
    .under(name))
}

fn flag(row: &mut Row, name: &'static str) -> Result<bool, Reject> {
    match row.text(name).to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        "" => Err(missing(name)),
        _ => Err(Reject::new(Code::TypeMismatch, "true or false is needed here").under(name)),
    }
}

fn choice(row: &mut Row, name: &'static str, values: &[(i32, &str)], prefix: &str) -> Result<i32, Reject> {
    let text = row.text(name);
    if text.is_empty() {
        return Ok(0);
    }
    let is_it = |full: &str| {
        loosely_equal(full, &text)
            || full
                .strip_prefix(prefix)
                .is_some_and(|short| loosely_equal(short, &text))
    };
    let number = values.iter().find(|(_, full)| is_it(full)).map(|(number, _)| *number);
    number.ok_or_else(|| {
        Reject::new(
            Code::EventTypeUnknown,
            "a word that this version does not know; see docs/registers.md",
        )
        .under(name)
    })
}
