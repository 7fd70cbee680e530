//! Alerts as lines of JSON.

use std::collections::BTreeMap;

use sanbai_core::time::Timestamp;
use serde::Serialize;

use crate::proto::alert as message;

/// The alert as a JSON object without a line break, which begins with `"kind":"alert"`.
pub fn to_json(alert: &message::Alert) -> String {
    let at = alert.at.and_then(|at| Timestamp::from_parts(at.seconds, at.nanos));
    let json = AlertJson {
        kind: "alert",
        id: &alert.id,
        subject: match alert.subject() {
            message::Subject::Unspecified => "",
            message::Subject::Parcel => "parcel",
            message::Subject::Outlet => "outlet",
        },
        rule: &alert.rule,
        change: match alert.change() {
            message::Change::Unspecified => "",
            message::Change::Raised => "raised",
            message::Change::Worsened => "worsened",
            message::Change::Eased => "eased",
            message::Change::Withdrawn => "withdrawn",
        },
        severity: match alert.severity() {
            message::Severity::Unspecified => "",
            message::Severity::Info => "info",
            message::Severity::Low => "low",
            message::Severity::Medium => "medium",
            message::Severity::High => "high",
            message::Severity::Critical => "critical",
        },
        police_first: alert.police_first,
        class: alert.class,
        brand: &alert.brand,
        waybill: &alert.waybill,
        site: &alert.site,
        operator: &alert.operator,
        outlet: &alert.outlet,
        place: &alert.place,
        day: &alert.day,
        values: &alert.values,
        at: at.map(|at| at.to_string()),
        version: &alert.version,
        title_zh: &alert.title_zh,
        title_en: &alert.title_en,
        next_zh: &alert.next_zh,
        next_en: &alert.next_en,
    };
    serde_json::to_string(&json).expect("texts and numbers are always JSON")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlertJson<'a> {
    kind: &'static str,
    id: &'a str,
    subject: &'static str,
    rule: &'a str,
    change: &'static str,
    severity: &'static str,
    police_first: bool,
    #[serde(skip_serializing_if = "is_zero")]
    class: u32,
    brand: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    waybill: &'a str,
    site: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    operator: &'a str,
    outlet: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    place: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    day: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    values: &'a BTreeMap<String, i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    version: &'a str,
    title_zh: &'a str,
    title_en: &'a str,
    next_zh: &'a str,
    next_en: &'a str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
