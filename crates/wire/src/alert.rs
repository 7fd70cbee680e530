//! Alerts as messages and JSON, `proto/sanbai/alert/v1`: those on one parcel that cannot wait, and those on an outlet's day.
//!
//! An alert is published with the position of its cause as its version: of several with one id the highest counts.

mod json;
#[cfg(test)]
mod tests;
mod words;

use prost::Message as _;
use sanbai_core::rules::RuleSet;
use sanbai_core::shard::output::UrgentAlert;
use sanbai_core::shard::position::Position;
use sanbai_core::shard::scope::{AlertChange, OutletAlert};

use crate::check::unknown_choice;
use crate::fields::{
    day_of, digest_of, digest_text, message as read, missing, out_of_range, place_of, position_of, severity_number,
    severity_of, time_message, time_of,
};
use crate::proto::alert as message;
use crate::reject::Reject;
use words::Words;

pub use json::to_json;

/// The rule of an urgent alert on a find of class 1 or 12 that was rightly handled, where no code says it.
pub const FIND: &str = "find";

/// The highest number of a field of an alert.
const LAST: u32 = 21;

/// The key of the record of an alert: its id as 16 hex digits.
///
/// ```
/// assert_eq!(sanbai_wire::alert::key(0xab), "00000000000000ab");
/// ```
pub fn key(id: u64) -> String {
    digest_text(id)
}

/// An alert on a parcel as a message. `version` is the position of its cause; its words are those of a rule set, that
/// in force when it came to be.
pub fn urgent_to_message(version: Position, alert: &UrgentAlert<'_>, set: &RuleSet) -> message::Alert {
    let [title_zh, title_en, next_zh, next_en] = match alert.code.and_then(|code| set.rule(code)) {
        Some(rule) => [&rule.title_zh, &rule.title_en, &rule.next_zh, &rule.next_en].map(Clone::clone),
        None => owned(words::of_find(alert.class)),
    };
    let change = if alert.stands {
        AlertChange::Raised
    } else {
        AlertChange::Withdrawn
    };
    message::Alert {
        id: key(alert.id),
        subject: message::Subject::Parcel.into(),
        rule: alert.code.map_or(FIND, |code| code.as_str()).to_owned(),
        change: change_message(change).into(),
        severity: severity_number(alert.severity),
        police_first: alert.police_first,
        class: alert.class.map_or(0, u32::from),
        brand: alert.brand.to_owned(),
        waybill: alert.waybill.to_owned(),
        site: alert.site.to_owned(),
        operator: alert.operator.to_owned(),
        outlet: alert.outlet.to_owned(),
        at: Some(time_message(alert.at)),
        version: version.to_string(),
        title_zh,
        title_en,
        next_zh,
        next_en,
        ..message::Alert::default()
    }
}

/// An alert on an outlet as a message. `version` is the position of its cause.
pub fn outlet_to_message(version: Position, alert: &OutletAlert<'_>) -> message::Alert {
    let [title_zh, title_en, next_zh, next_en] = owned(words::of_rule(alert.rule));
    message::Alert {
        id: key(alert.id),
        subject: message::Subject::Outlet.into(),
        rule: alert.rule.as_str().to_owned(),
        change: change_message(alert.change).into(),
        severity: severity_number(alert.severity),
        brand: alert.brand.to_owned(),
        site: alert.site.to_owned(),
        outlet: alert.site.to_owned(),
        place: alert.place.map(|place| place.to_string()).unwrap_or_default(),
        day: alert.day.to_string(),
        values: alert
            .values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect(),
        at: Some(time_message(alert.at)),
        version: version.to_string(),
        title_zh,
        title_en,
        next_zh,
        next_en,
        ..message::Alert::default()
    }
}

/// An alert on a parcel as protobuf: [`urgent_to_message`], encoded.
pub fn encode_urgent(version: Position, alert: &UrgentAlert<'_>, set: &RuleSet) -> Vec<u8> {
    urgent_to_message(version, alert, set).encode_to_vec()
}

/// An alert on an outlet as protobuf: [`outlet_to_message`], encoded.
pub fn encode_outlet(version: Position, alert: &OutletAlert<'_>) -> Vec<u8> {
    outlet_to_message(version, alert).encode_to_vec()
}

/// An alert on a parcel as JSON: [`urgent_to_message`], by [`to_json`].
pub fn urgent_to_json(version: Position, alert: &UrgentAlert<'_>, set: &RuleSet) -> String {
    to_json(&urgent_to_message(version, alert, set))
}

/// An alert on an outlet as JSON: [`outlet_to_message`], by [`to_json`].
pub fn outlet_to_json(version: Position, alert: &OutletAlert<'_>) -> String {
    to_json(&outlet_to_message(version, alert))
}

/// Reads an alert, and checks that its id, version, times, day and words of a closed list can be read. Fields that nobody
/// knows are passed over.
///
/// # Errors
///
/// What is wrong with it.
pub fn decode(bytes: &[u8]) -> Result<message::Alert, Reject> {
    let (alert, _): (message::Alert, _) = read(bytes, LAST)?;
    digest_of(&alert.id).map_err(|reject| reject.under("id"))?;
    position_of(&alert.version).map_err(|reject| reject.under("version"))?;
    severity_of(alert.severity).map_err(|reject| reject.under("severity"))?;
    match message::Change::try_from(alert.change) {
        Ok(message::Change::Unspecified) => return Err(missing("change")),
        Ok(_) => {}
        Err(_) => return Err(unknown_choice().under("change")),
    }
    time_of(alert.at.ok_or_else(|| missing("at"))?).map_err(|reject| reject.under("at"))?;
    place_of(&alert.place).map_err(|reject| reject.under("place"))?;
    if alert.class > 19 {
        return Err(out_of_range("a class of prohibited goods is at most 19").under("class"));
    }
    for (text, field) in [
        (&alert.rule, "rule"),
        (&alert.brand, "brand"),
        (&alert.outlet, "outlet"),
    ] {
        if text.is_empty() {
            return Err(missing(field));
        }
    }
    match message::Subject::try_from(alert.subject) {
        Ok(message::Subject::Parcel) if alert.waybill.is_empty() => return Err(missing("waybill")),
        Ok(message::Subject::Parcel) => {}
        Ok(message::Subject::Outlet) => {
            day_of(&alert.day).map_err(|reject| reject.under("day"))?;
        }
        Ok(message::Subject::Unspecified) => return Err(missing("subject")),
        Err(_) => return Err(unknown_choice().under("subject")),
    }
    Ok(alert)
}

const fn change_message(change: AlertChange) -> message::Change {
    match change {
        AlertChange::Raised => message::Change::Raised,
        AlertChange::Worsened => message::Change::Worsened,
        AlertChange::Eased => message::Change::Eased,
        AlertChange::Withdrawn => message::Change::Withdrawn,
    }
}

fn owned(words: &Words) -> [String; 4] {
    [words.title_zh, words.title_en, words.next_zh, words.next_en].map(str::to_owned)
}
