//! Records from rows.

use sanbai_core::time::{CivilDay, Timestamp};

use super::Kind;
use super::cells::Row;
use crate::code::Code;
use crate::form::named;
use crate::proto;
use crate::proto::registry::registry_record::Value;
use crate::proto::registry::{
    Agreement, CalendarDay, Contract, DaySpan, KeyArea, Machine, Outage, RegistryRecord, Site, SiteKind, Staff, XrayWay,
};
use crate::reject::Reject;
use crate::schema::loosely_equal;
use crate::text::is_name;
use crate::token::TokenKeys;

/// The record that a row says, or everything that is wrong with the row.
pub(super) fn record(kind: Kind, mut row: Row, keys: &TokenKeys) -> Result<RegistryRecord, Vec<Reject>> {
    if row.is_broken() {
        return Err(row.into_faults());
    }
    let key = required(&mut row, "key");
    if matches!(kind, Kind::Sites | Kind::Staff | Kind::Machines) && is_name(&key) {
        // No event can name it: see `TextKind::WorkIdentifier`.
        row.fault(named().under("key"));
    }
    let record = RegistryRecord {
        brand: row.text("brand").to_ascii_uppercase(),
        valid_from: time(&mut row, "validFrom"),
        valid_to: time(&mut row, "validTo"),
        value: Some(value(kind, &key, &mut row, keys)),
        key,
    };
    let faults = row.into_faults();
    if faults.is_empty() { Ok(record) } else { Err(faults) }
}

/// What the columns of its own say. What cannot be read is a fault of the row and left empty.
fn value(kind: Kind, key: &str, row: &mut Row, keys: &TokenKeys) -> Value {
    match kind {
        Kind::Sites => Value::Site(site(row)),
        Kind::Staff => Value::Staff(staff(row, keys)),
        Kind::Machines => Value::Machine(Machine {
            sites: row.list("sites"),
            owner: row.text("owner"),
            in_service: spans(row, "inService"),
            rated_per_hour: count(row, "ratedPerHour"),
        }),
        Kind::Contracts => Value::Contract(Contract {
            from: day(row, "from"),
            to: day(row, "to"),
        }),
        Kind::Agreements => Value::Agreement(agreement(row, keys)),
        Kind::KeyAreas => Value::KeyArea(KeyArea {
            division: required(row, "division"),
            from: time(row, "from"),
            to: time(row, "to"),
        }),
        Kind::Outages => Value::Outage(Outage {
            site: row.text("site"),
            from: required_time(row, "from"),
            to: required_time(row, "to"),
        }),
        Kind::Calendar => {
            if !key.is_empty() && CivilDay::parse(key).is_none() {
                row.fault(not_a_day().under("key"));
            }
            Value::CalendarDay(CalendarDay {
                working: flag(row, "working"),
            })
        }
    }
}

fn site(row: &mut Row) -> Site {
    let kind = [
        SiteKind::Licensed,
        SiteKind::Branch,
        SiteKind::Terminal,
        SiteKind::ProcessingCentre,
    ];
    Site {
        kind: choice(
            row,
            "kind",
            &kind.map(|kind| (i32::from(kind), kind.as_str_name())),
            "SITE_KIND_",
        ),
        place: row.text("place"),
        latitude: degrees(row, "latitude", -90.0..=90.0),
        longitude: degrees(row, "longitude", -180.0..=180.0),
        licence: row.text("licence"),
        licence_from: day(row, "licenceFrom"),
        licence_to: day(row, "licenceTo"),
        opened_on: day(row, "openedOn"),
        filed_on: day(row, "filedOn"),
        name: row.text("name"),
    }
}

fn staff(row: &mut Row, keys: &TokenKeys) -> Staff {
    let mut identity_tokens = row.list("identityTokens");
    identity_tokens.extend(
        row.list("identityNumber")
            .iter()
            .flat_map(|number| keys.identity(number)),
    );
    let mut phone_tokens = row.list("phoneTokens");
    phone_tokens.extend(row.list("phone").iter().flat_map(|number| keys.phone(number)));
    Staff {
        trained_until: day(row, "trainedUntil"),
        screener_until: day(row, "screenerUntil"),
        identity_tokens,
        phone_tokens,
        site: row.text("site"),
    }
}

fn agreement(row: &mut Row, keys: &TokenKeys) -> Agreement {
    let way = [XrayWay::Full, XrayWay::Special];
    let mut customer_tokens = row.list("customerTokens");
    customer_tokens.extend(
        row.list("identityNumber")
            .iter()
            .flat_map(|number| keys.identity(number)),
    );
    customer_tokens.extend(row.list("phone").iter().flat_map(|number| keys.phone(number)));
    customer_tokens.extend(row.list("name").iter().flat_map(|name| keys.name(name)));
    Agreement {
        sites: row.list("sites"),
        signed_on: day(row, "signedOn"),
        filed_on: day(row, "filedOn"),
        from: day(row, "from"),
        to: day(row, "to"),
        xray_way: choice(
            row,
            "xrayWay",
            &way.map(|way| (i32::from(way), way.as_str_name())),
            "XRAY_WAY_",
        ),
        customer_tokens,
    }
}

fn required(row: &mut Row, name: &'static str) -> String {
    let text = row.text(name);
    if text.is_empty() {
        row.fault(missing(name));
    }
    text
}

fn missing(name: &'static str) -> Reject {
    Reject::new(Code::FieldMissing, "the column is required; fill it in").under(name)
}

fn day(row: &mut Row, name: &'static str) -> String {
    let text = row.text(name);
    if !text.is_empty() && CivilDay::parse(&text).is_none() {
        row.fault(not_a_day().under(name));
    }
    text
}

fn not_a_day() -> Reject {
    Reject::new(Code::EventTimeInvalid, "not a real day; write YYYY-MM-DD")
}

fn spans(row: &mut Row, name: &'static str) -> Vec<DaySpan> {
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
    row.or_fault(read, name, Code::EventTimeInvalid, detail)
        .unwrap_or_default()
}

fn time(row: &mut Row, name: &'static str) -> Option<proto::Timestamp> {
    let text = row.text(name);
    if text.is_empty() {
        return None;
    }
    let instant = Timestamp::parse(&text).or_else(|| CivilDay::parse(&text).and_then(CivilDay::checked_start));
    let detail =
        "not a time of RFC 3339 with a zone, and not a day, from 1678 to 2262; write YYYY-MM-DDThh:mm:ss+08:00";
    let instant = row.or_fault(instant, name, Code::EventTimeInvalid, detail)?;
    let (seconds, nanos) = instant.to_parts();
    Some(proto::Timestamp { seconds, nanos })
}

fn required_time(row: &mut Row, name: &'static str) -> Option<proto::Timestamp> {
    let time = time(row, name);
    if time.is_none() {
        row.fault(missing(name));
    }
    time
}

fn count(row: &mut Row, name: &'static str) -> u32 {
    let text = row.text(name);
    if text.is_empty() {
        return 0;
    }
    let detail = "a whole number from 0 to 4,294,967,295 is needed here";
    row.or_fault(text.parse().ok(), name, Code::TypeMismatch, detail)
        .unwrap_or_default()
}

fn degrees(row: &mut Row, name: &'static str, range: core::ops::RangeInclusive<f64>) -> Option<f64> {
    let text = row.text(name);
    if text.is_empty() {
        return None;
    }
    let detail = "degrees with a decimal point are needed here";
    let degrees: f64 = row.or_fault(text.parse().ok(), name, Code::TypeMismatch, detail)?;
    let detail = "no such place on earth; latitude and longitude in degrees, WGS 84";
    let on_earth = range.contains(&degrees).then_some(degrees);
    row.or_fault(on_earth, name, Code::ValueRange, detail)
}

fn flag(row: &mut Row, name: &'static str) -> bool {
    match row.text(name).to_ascii_lowercase().as_str() {
        "true" => true,
        "false" => false,
        "" => {
            row.fault(missing(name));
            false
        }
        _ => {
            row.fault(Reject::new(Code::TypeMismatch, "true or false is needed here").under(name));
            false
        }
    }
}

fn choice(row: &mut Row, name: &'static str, values: &[(i32, &str)], prefix: &str) -> i32 {
    let text = row.text(name);
    if text.is_empty() {
        return 0;
    }
    let is_it = |full: &str| {
        loosely_equal(full, &text)
            || full
                .strip_prefix(prefix)
                .is_some_and(|short| loosely_equal(short, &text))
    };
    let number = values.iter().find(|(_, full)| is_it(full)).map(|(number, _)| *number);
    let detail = "a word that this version does not know; see docs/registers.md";
    row.or_fault(number, name, Code::EventTypeUnknown, detail)
        .unwrap_or_default()
}
